"""The explorer's pages: what is asked is in the address, steps are links, a cell leads to its customers."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from dangol.insight.segments import reads as segments
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale

URL = "/explorer/"
HTMX = {"hx-request": "true", "hx-target": "explorer"}


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch"]
    loaded.customer("a", age_band="<i>30s", branch="강남")
    loaded.batch("sales", [sale("1", "a", "soap", "2026-01-05T01:00:00", 1234), sale("2", "a", "cream", "2026-02-05T01:00:00", 1)])  # fmt: skip
    actions.refresh(Quiet())
    return loaded


@pytest.fixture
def analyst(cast):
    client = Client(headers={"accept-language": "en"})
    cast.analyst.language = "en"
    cast.analyst.save()
    client.force_login(cast.analyst)
    return client


def test_the_page_shows_sales_by_month_at_first(loaded, analyst):
    page = analyst.get(URL).content.decode()
    assert "$12.34" in page
    assert "Jan 2026" in page
    assert "$12.35" in page  # the total


def test_generated_branches_are_marked_and_texts_are_text(loaded, analyst):
    assert "badge-generated" in analyst.get(URL, {"show": "orders", "rows": "branch"}).content.decode()
    page = analyst.get(URL, {"show": "orders", "rows": "age_band"}).content.decode()
    assert "badge-generated" not in page.split("<main")[1]
    assert "<i>30s" not in page


def test_a_condition_that_cannot_be_read_keeps_what_was_typed_and_says_where(loaded, analyst):
    answer = analyst.get(URL, {"show": "orders", "rows": "month", "where": "brand = soap"})
    assert answer.status_code == 422
    assert "Put texts in quotes" in answer.content.decode()
    assert "brand = soap</textarea>" in answer.content.decode()


def test_fields_that_do_not_go_together_are_called_as_the_page_calls_them(loaded, analyst):
    answer = analyst.get(URL, {"show": "sales_amount", "rows": "web_page"})
    assert answer.status_code == 422
    assert "Sales cannot be split or filtered by Web page." in answer.content.decode()


def test_before_any_data_the_page_says_what_to_do(analyst):
    answer = analyst.get(URL)
    assert answer.status_code == 200
    assert "Load a source" in answer.content.decode()


def test_a_step_is_answered_without_asking_the_engine(loaded, analyst, monkeypatch):
    monkeypatch.setattr("dangol.insight.olap.reads.ask", lambda *_a, **_k: pytest.fail("asked"))
    answer = analyst.get(URL + "?rows=month&show=orders&do=cols|branch", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/explorer/?rows=month&cols=branch&show=orders"
    assert "<main" not in answer.content.decode()


def test_a_drop_that_does_not_fit_changes_nothing_and_says_why(loaded, analyst):
    answer = analyst.get(URL + "?rows=month&show=orders&do=rows|orders", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/explorer/?rows=month&show=orders"
    assert "does not fit there" in answer.content.decode()


def test_a_cell_leads_to_as_many_customers_as_it_counts(loaded, analyst):
    asked = {"rows": "month", "show": "sales_amount", "at": '[["2026-01"],[]]'}
    panel = analyst.get(URL + "cell/", asked).content.decode()
    assert "Show the 1 customers" in panel
    address = re.search(r'href="(/explorer/customers/\?[^"]+)"', panel)[1].replace("&amp;", "&")
    answer = analyst.get(address)
    assert answer.status_code == 302
    assert "month+%3D+%272026-01%27" in answer["Location"]
    assert "<b>1</b>" in analyst.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("at", ["", "[]", "[[],[]", '[["a","b"],[]]', "[[{}],[]]", "[[[1]],[]]", "1"])
def test_no_such_cell_is_refused(loaded, analyst, at):
    assert analyst.get(URL + "cell/", {"rows": "month", "show": "orders", "at": at}).status_code == 422


def test_files_hold_amounts_in_major_units(loaded, analyst):
    asked = {"show": "sales_amount", "rows": "month"}
    text = analyst.get(URL + "file/", asked | {"format": "csv"}).content.decode("utf-8-sig")
    assert text.splitlines() == ["Month,Sales", "Jan 2026,12.34", "Feb 2026,0.01", "Total,12.35"]
    assert analyst.get(URL + "file/", asked | {"format": "exe"}).status_code == 422


def test_values_of_a_field_can_be_found(loaded, analyst):
    page = analyst.get(
        URL + "values/", {"show": "orders", "rows": "month", "dimension": "product", "find": "so"}
    ).content.decode()
    assert 'name="is.product" value="soap"' in page
    assert "cream" not in page
    assert analyst.get(URL + "values/", {"dimension": "nothing"}).status_code == 404


def test_the_former_address_leads_to_the_same_question(loaded, analyst):
    answer = analyst.get("/insight/figures/?measure=orders&by=month&by2=branch&where=brand = 'a'&order=-")
    assert answer["Location"] == "/explorer/?rows=month&rows=branch&show=orders&where=brand+%3D+%27a%27&sort=-0&depth=2"


def test_a_rep_sees_no_figures(loaded, cast):
    client = Client()
    client.force_login(cast.rep)
    for address in ("", "result/", "values/?dimension=month", "cell/?at=[[],[]]", "file/?format=csv"):
        assert client.get(URL + address).status_code == 403


def test_the_customers_of_a_cell_become_a_segment_named_after_it(loaded, analyst, cast):
    one = cast.mina
    loaded.numbers["pos", "a"] = one.pk
    actions.refresh(Quiet())
    address = URL + "customers/?cell=month+%3D+%272026-01%27"
    page = analyst.get(address).content.decode()
    assert 'value="Jan 2026"' in page
    action = re.search(r'action="(/explorer/customers/segment/[^"]+)"', page)[1]
    assert analyst.post(action, {"name": " "})["Location"] == address
    made = analyst.post(action, {"name": "January"})
    [segment] = segments.segments(cast.analyst)
    assert made["Location"] == f"/segments/{segment.id}/"
    assert (segment.name, segment.kind, segment.origin) == ("January", "static", "Explorer · Jan 2026")
    assert segments.member_ids(segment.id) == [one.pk]
    assert analyst.get(made["Location"]).status_code == 200
    other = Client()
    other.force_login(cast.rep)
    assert other.post(action, {"name": "January"}).status_code == 403
