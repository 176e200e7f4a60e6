"""Figures over the API."""

from dataclasses import replace

from django.test import Client

from dangol.insight.warehouse import actions
from dangol.staff.tokens import actions as tokens
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale


def test_the_api_answers_the_same_figures(home, monkeypatch, settings, cast):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.batch("sales", [sale("1", "a", "soap", "2026-01-05T01:00:00", 1234), sale("2", "a", "cream", "2026-02-05T01:00:00", 1)])  # fmt: skip
    actions.refresh(Quiet())
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    answer = client.get("/api/v1/figures?measure=sales_amount&by=month&order=-sales_amount")
    assert answer.json()["rows"] == [
        {"month": "2026-01", "sales_amount": 12.34},
        {"month": "2026-02", "sales_amount": 0.01},
    ]
    assert client.get("/api/v1/figures?measure=sals").status_code == 422
    assert client.get("/api/v1/figures").status_code == 422
