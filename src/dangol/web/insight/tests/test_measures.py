"""The pages of measures."""

import pytest
from django.test import Client

from dangol.insight.olap.own.tests.test_own import loaded  # noqa: F401  the fixture
from dangol.reports.actions import keep

FILLED = {"name": "net_ticket", "label_en": "Net ticket", "label_ko": "순객단가", "unit": "money", "condition": "",
          "formula": "(sales_amount - discount) / orders", "version": "0", "star": ""}  # fmt: skip


@pytest.fixture
def marketer(cast):
    client = Client()
    client.force_login(cast.marketer)
    return client


def test_a_measure_is_checked_while_it_is_written_kept_changed_and_taken_away(loaded, marketer, cast):  # noqa: F811
    told = marketer.get("/insight/measures/check/", FILLED).content.decode()
    assert "÷" in told
    assert "$11.33" in told
    assert "14" in marketer.get("/insight/measures/check/", {**FILLED, "formula": "sales_amount % 2"}).content.decode()
    assert marketer.post("/insight/measures/new/", FILLED).status_code == 302
    assert "net_ticket" in marketer.get("/insight/measures/").content.decode()
    assert marketer.post("/insight/measures/new/", FILLED).status_code == 422
    changed = {**FILLED, "formula": "sales_amount / orders", "version": "1"}
    assert marketer.post("/insight/measures/net_ticket/", changed).status_code == 302
    page = marketer.get("/insight/measures/net_ticket/").content.decode()
    assert "(sales_amount - discount) / orders" in page
    assert "net_ticket" in marketer.get("/explorer/", {"show": "net_ticket"}).content.decode()
    keep(by=cast.marketer, name="내 보기", query="rows=brand&show=net_ticket")
    keep(by=cast.analyst, name="비밀", query="rows=brand&show=net_ticket:last")
    page = marketer.get("/insight/measures/net_ticket/").content.decode()
    assert "내 보기" in page
    assert cast.analyst.name in page
    assert "비밀" not in page, "a view that somebody keeps for themselves is not named"
    refused = marketer.post("/insight/measures/net_ticket/remove/", follow=True).content.decode()
    assert refused.count("내 보기") == 2, "the refusal names it, and so does the page"
    other = Client()
    other.force_login(cast.branch_manager)
    assert other.get("/insight/measures/net_ticket/").status_code == 200
    assert other.post("/insight/measures/net_ticket/remove/").status_code == 403
    assert marketer.post("/insight/measures/net_ticket/remove/", {"anyway": "1"}).status_code == 302
    assert marketer.get("/insight/measures/net_ticket/").status_code == 404
