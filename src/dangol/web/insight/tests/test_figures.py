"""The page of figures, its files and its API: what is asked is in the address, nothing leaves as a formula."""

import io
from dataclasses import replace

import openpyxl
import pytest
from django.test import Client

from dangol.insight.warehouse import actions
from dangol.staff.tokens import actions as tokens
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale

URL = "/insight/figures/"


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.generated = ["branch"]
    loaded.customer("a", age_band="=1+1", branch="강남")
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


def test_generated_branches_are_marked(loaded, analyst):
    assert "badge-generated" in analyst.get(URL, {"measure": "orders", "by": "branch"}).content.decode()
    assert "badge-generated" not in analyst.get(URL, {"measure": "orders", "by": "month"}).content.decode()


def test_a_condition_that_cannot_be_read_keeps_what_was_typed_and_says_where(loaded, analyst):
    answer = analyst.get(URL, {"measure": "orders", "by": "month", "where": "brand = soap"})
    assert answer.status_code == 422
    assert "Put texts in quotes" in answer.content.decode()
    assert 'value="brand = soap"' in answer.content.decode()


def test_before_any_data_the_page_says_what_to_do(analyst):
    answer = analyst.get(URL)
    assert answer.status_code == 200
    assert "Load a source" in answer.content.decode()


def test_files_hold_amounts_in_major_units_and_no_formula(loaded, analyst):
    asked = {"measure": "sales_amount", "by": "age_band"}
    text = analyst.get(URL, asked | {"format": "csv"}).content.decode("utf-8-sig")
    assert text.splitlines() == ["age_band,sales_amount", "'=1+1,12.35"]
    book = openpyxl.load_workbook(io.BytesIO(analyst.get(URL, asked | {"format": "xlsx"}).content))
    cells = [[(cell.value, cell.data_type) for cell in row] for row in book.active]
    assert cells[1] == [("=1+1", "s"), (12.35, "n")]


def test_a_rep_sees_no_figures(loaded, cast):
    client = Client()
    client.force_login(cast.rep)
    assert client.get(URL).status_code == 403


def test_the_api_answers_the_same_figures(loaded, cast):
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    answer = client.get("/api/v1/figures?measure=sales_amount&by=month&order=-sales_amount")
    assert answer.json()["rows"] == [
        {"month": "2026-01", "sales_amount": 12.34},
        {"month": "2026-02", "sales_amount": 0.01},
    ]
    assert client.get("/api/v1/figures?measure=sals").status_code == 422
    assert client.get("/api/v1/figures").status_code == 422
