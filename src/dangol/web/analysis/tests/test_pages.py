"""The reports as pages, files and API: findings lead to a campaign, nothing leaves as a formula."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils.html import escape

from dangol.insight.analysis.rules.catalogue import KINDS
from dangol.insight.answers import waiting
from dangol.insight.segments import reads as segments
from dangol.insight.segments import rules as definitions
from dangol.insight.warehouse import actions
from dangol.staff.tokens import actions as tokens
from dangol.work import actions as work
from dangol.work import reads as jobs
from dangol.work import worker
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch"]
    for key in "abcd":
        loaded.customer(key, branch="=1+1" if key == "a" else "강남")
    loaded.batch("sales", [
        sale(f"{key}{month}", key, "soap", f"2026-0{month}-05T01:00:00", amount)
        for key, month, amount in (("a", 1, 123400), ("a", 2, 50000), ("b", 1, 50000), ("c", 2, 100), ("d", 1, 7))
    ])  # fmt: skip
    loaded.batch("products", [{"product_key": "soap", "brand": "Hana", "product_major": "BODY"}])
    loaded.batch("sales", [sale("z", "a", "soap", "2026-02-28T01:00:00", 300)])
    actions.refresh(Quiet())
    return loaded


def client_of(member, language="en"):
    member.language = language
    member.save()
    client = Client(headers={"accept-language": language})
    client.force_login(member)
    return client


def test_every_report_opens_with_its_definitions(loaded, cast):
    client = client_of(cast.analyst, "ko")
    assert client.get("/analysis/").content.decode().count('class="tile start"') == len(KINDS) + 1
    for name in KINDS:
        answer = client.get(f"/analysis/{name}/")
        assert (answer.status_code, "어떻게 계산하나요?" in answer.content.decode()) == (200, True)


def test_a_finding_leads_to_a_campaign_with_all_it_says(loaded, cast):
    client = client_of(cast.marketer)
    page = client.get("/analysis/causes/", {"end": "2026-02", "months": "1", "in_brand": "Hana"}).content.decode()
    assert "Sales fell by $1,230.07" in page
    links = [unescape(one) for one in re.findall(r'href="(/campaigns/new/[^"]+)"', page)]
    link = next(one for one in links if "aim=reactivate" in one)
    [reason] = parse_qs(link)["why"]
    draft = client.get(link).content.decode()
    assert escape(reason) in draft, "the finding is the plan's reason"
    assert 'value="reactivate" selected' in draft
    fields = {
        name: parse_qs(link.partition("?")[2])[name][0] for name in ("aim", "name", "why", "why_from", "why_at", "who")
    }
    made = client.post("/campaigns/new/", fields)
    plan = client.get(made.headers["location"]).content.decode()
    assert (
        "/analysis/causes/?months=1&amp;end=2026-02&amp;against=previous&amp;split=product_major&amp;in_brand=Hana"
        in plan
    ), "the way back"
    [kept] = segments.segments(cast.marketer)
    rfm, bought = definitions.from_dict(kept.definition).parts
    assert rfm.values == ("LHH", "LHL", "LLH")
    assert bought.filters == (definitions.Filter("brand", ("Hana",)),)
    window = bought.window
    assert (window.since, window.until, window.not_since) == (date(2026, 1, 1), date(2026, 1, 31), True)
    assert f'value="{kept.id}" checked' in plan
    assert client.post("/campaigns/new/", fields | {"who": "[" * 9}).status_code == 422
    assert "/campaigns/new/" not in client_of(cast.analyst).get("/analysis/causes/").content.decode()


def test_a_pair_of_a_basket_leads_to_who_bought_both_and_to_a_segment_of_them(loaded, cast):
    loaded.batch("products", [{"product_key": "oil", "brand": "Duri", "product_major": "HAIR"}])
    loaded.batch("sales", [sale(f"p{n}", key, good, "2026-02-10T01:00:00", 100, line_no=line)
                           for n, key in enumerate("abc") for line, good in enumerate(("soap", "oil"))])  # fmt: skip
    actions.refresh(Quiet())
    client = client_of(cast.analyst)
    page = client.get("/analysis/basket/", {"end": "2026-02", "split": "brand", "least": "2"}).content.decode()
    [link] = {unescape(one) for one in re.findall(r'href="(/analysis/people/[^"]+)"', page) if "Draft" not in one}
    assert "Duri + Hana" in client.get(link).content.decode()
    client.post(link, {"name": "both"})
    [kept] = segments.segments(cast.analyst)
    goods = [one.filters[0].values for one in definitions.from_dict(kept.definition).parts]
    assert goods == [("Duri",), ("Hana",)]
    assert client.get("/analysis/people/?who=x").status_code == 422


def test_a_group_of_a_report_opens_in_the_explorer_with_the_same_figures(loaded, cast):
    client = client_of(cast.analyst)
    page = client.get("/analysis/causes/", {"end": "2026-02", "months": "1", "split": "brand"}).content.decode()
    [link] = {one.replace("&amp;", "&") for one in re.findall(r'href="(/explorer/[^"]+is\.brand=Hana[^"]*)"', page)}
    opened = client.get(link).content.decode()
    assert "$1,734.07" in opened, "sales of January, as the report says"
    assert "$504.00" in opened
    assert "These figures in the explorer" in page


def test_a_price_band_opens_in_the_explorer_with_the_same_sales(loaded, cast):
    client = client_of(cast.analyst)
    page = client.get("/analysis/prices/", {"end": "2026-02", "months": "1"}).content.decode()
    links = [unescape(one) for one in re.findall(r'href="(/explorer/[^"]+from\.price_band[^"]*)"', page)]
    [band] = [one for one in links if "from.price_band=50000&to.price_band=50000" in one]
    opened = client.get(band).content.decode()
    assert "$500.00" in opened
    assert "$1,234.00" not in opened
    split = client.get("/explorer/?rows=price_band&show=sales_amount").content.decode()
    assert "$500.00 – $1,000.00" in split


def test_a_price_band_of_a_finding_leads_to_who_bought_at_its_prices(loaded, cast):
    page = client_of(cast.marketer).get("/analysis/prices/", {"end": "2026-02", "months": "1"}).content.decode()
    [link] = [unescape(one) for one in re.findall(r'href="(/campaigns/new/[^"]+)"', page)]
    bought = definitions.from_dict(json.loads(parse_qs(link)["who"][0])).parts[-1]
    assert (bought.price_from, bought.price_to) == (100_000, 199_999)
    assert bought.window.until == date(2026, 1, 31), "who bought at those prices before"


def test_a_table_as_a_file_counts_in_major_units_and_holds_no_formula(loaded, cast):
    answer = client_of(cast.analyst).get(
        "/analysis/causes/", {"end": "2026-02", "months": "1", "split": "branch", "format": "csv", "table": "groups"}
    )
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0][:4] == ["Branch (generated)", "Before", "Now", "Change"]
    assert ["'=1+1", "1234.00", "503.00", "-731.00"] in [row[:4] for row in rows]
    assert client_of(cast.analyst).get("/analysis/causes/", {"format": "csv", "table": "none"}).status_code == 404


def test_what_cannot_be_asked_keeps_the_form_and_says_why(loaded, cast):
    client = client_of(cast.analyst)
    answer = client.get("/analysis/funnel/", {"current_days": "2", "where": "brand = 'x'"})
    assert answer.status_code == 422
    assert "Give a number from 7 to 3660" in answer.content.decode()
    assert "brand = &#x27;x&#x27;" in answer.content.decode()
    assert client.get("/analysis/causes/", {"months": "x"}).status_code == 422
    assert client.get("/analysis/none/").status_code == 404
    assert client_of(cast.agent).get("/analysis/").status_code == 403


def test_before_any_data_the_page_says_what_to_do(cast):
    answer = client_of(cast.analyst).get("/analysis/causes/")
    assert answer.status_code == 200
    assert "/sources/" in answer.content.decode()


def test_the_api_gives_findings_as_templates_and_tables_as_rows(loaded, cast):
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    listed = client.get("/api/v1/analysis/reports").json()["reports"]
    assert [one["name"] for one in listed] == list(KINDS)
    found = client.get("/api/v1/analysis/reports/causes?end=2026-02&months=1&split=").json()
    assert found["findings"][0]["values"]["amount"] == {"kind": "money", "value": 123007}
    [effects] = [table for table in found["tables"] if table["name"] == "effects"]
    assert [row.get("level") for row in effects["rows"]][-1] == 50400
    assert client.get("/api/v1/analysis/reports/funnel?option=current_days=30").json()["options"]["current_days"] == 30
    assert client.get("/api/v1/analysis/reports/funnel?option=colour=30").status_code == 422


def test_a_report_that_takes_longer_is_worked_out_in_the_background_and_shown_at_its_address(loaded, cast, monkeypatch):
    monkeypatch.setattr(waiting, "FIRST_SECONDS", 1e-9)
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 1e-9)
    client, here = client_of(cast.analyst), "/analysis/prices/?end=2026-02&months=1"
    page = client.get(here).content.decode()
    assert "Asking for the figures" in page  # the page is there at once and fetches what takes longer
    assert f'hx-get="{here}"'.replace("&", "&amp;") in page
    page = client.get(here, headers={"hx-request": "true"}).content.decode()
    assert "This report takes longer" in page
    assert 'hx-trigger="load, submit"' in page
    assert "<html" not in page
    there = client.post("/analysis/prices/answer/?end=2026-02&months=1").headers["location"]
    assert "Waiting for its turn" in client.get(here).content.decode()
    [job] = jobs.jobs(cast.analyst)
    work.cancel(by=cast.analyst, job_id=job.id)
    stopped = client.get(there).content.decode()
    assert "This report was stopped" in stopped
    assert 'hx-trigger="load, submit"' not in stopped
    marketer = client_of(cast.marketer).get(there, headers={"hx-request": "true"})
    assert "This report takes longer" in marketer.content.decode()  # an address passed on
    client.post("/analysis/prices/answer/?end=2026-02&months=1")
    worker.run_until_empty()
    for address in (here, there):
        assert "Biggest gain" in client.get(address).content.decode()
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    api = Client(headers={"authorization": f"Bearer {secret}"})
    assert api.get("/api/v1/analysis/reports/prices?end=2026-02&months=1").status_code == 200
    assert api.get("/api/v1/analysis/reports/seasons").status_code == 202
