"""The customers of the API."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from dangol.staff import reads as staff_reads
from dangol.staff.models import Access
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens


class Api:
    """A caller with a token."""

    def __init__(self, member):
        held = [right.value for right in Right if staff_reads.may(member, right)]
        _view, self.secret = tokens.create_token(by=member, name="test", scopes=held)
        self.client = Client()

    def __call__(self, method, path, body=None):
        sent = json.dumps(body) if body is not None else ""
        return self.client.generic(
            method, f"/api/v1{path}", sent, content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}"},
        )  # fmt: skip


@pytest.fixture
def rep(cast):
    return Api(cast.rep)


def test_the_list_is_masked_paged_and_within_the_tree(rep, cast):
    first = rep("GET", "/customers?limit=1&sort=-name").json()
    assert [row["name"] for row in first["items"]] == ["박지호"]
    assert (first["count"], first["exact"]) == (2, True)
    second = rep("GET", f"/customers?limit=1&sort=-name&cursor={first['next']}").json()
    assert [(row["name"], row["phone"]) for row in second["items"]] == [("김민아", "010-****-5678")]
    assert second["next"] is None
    assert rep("GET", "/customers?text=이소연").json()["items"] == []
    assert rep("GET", f"/customers?rep_id={cast.busan_rep.pk}").json()["count"] == 0


@pytest.mark.parametrize("query", ["sort=phone", "sort=-email", "limit=0", "limit=100000", "unit_id=x", "cursor=x", "kind=x",
                                   "text=" + "x" * 101, "last_from=yesterday", "amount_from=1e400"])  # fmt: skip
def test_a_list_nobody_may_ask_for_is_a_problem(rep, query):
    assert rep("GET", f"/customers?{query}").status_code == 422


def test_one_customer_is_masked_says_where_values_come_from_and_is_logged(rep, cast):
    body = rep("GET", f"/customers/{cast.mina.pk}").json()
    assert body["values"]["email"] == {
        "value": "m***@example.com", "masked": True, "generated": False, "source": "", "at": "", "by_hand": ""
    }  # fmt: skip
    assert Access.objects.filter(verb="view", customer_id=cast.mina.pk).count() == 1


def test_a_foreign_customer_and_a_missing_one_are_one_answer(rep, cast):
    for method, end, body in (
        ("GET", "", None),
        ("GET", "/timeline", None),
        ("PATCH", "", {"seen_at": "2026-01-01T00:00:00Z"}),
    ):
        foreign = rep(method, f"/customers/{cast.soyeon.pk}{end}", body)
        missing = rep(method, f"/customers/987654{end}", body)
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json()["detail"] == missing.json()["detail"]


def test_a_change_is_made_once_and_a_stale_one_is_a_conflict(rep, cast):
    path, before = f"/customers/{cast.mina.pk}", datetime.now(UTC).isoformat()
    assert rep("PATCH", path, {"seen_at": before, "name": "김민하"}).json()["values"]["name"]["value"] == "김민하"
    late = rep("PATCH", path, {"seen_at": before, "name": "김미나"})
    assert late.status_code == 409
    assert "김민하" in late.json()["detail"]
    for wrong in (
        {"name": "x"},
        {"seen_at": before, "kind": "x"},
        {"seen_at": before, "email": "x"},
        {"seen_at": "2026-01-01T00:00:00"},
    ):
        assert rep("PATCH", path, wrong).status_code == 422


def test_the_timeline_is_paged(rep, cast):
    now = datetime.now(UTC).isoformat()
    for name in ("김민하", "김민희"):
        now = datetime.now(UTC).isoformat()
        rep("PATCH", f"/customers/{cast.mina.pk}", {"seen_at": now, "name": name})
    first = rep("GET", f"/customers/{cast.mina.pk}/timeline?kind=change&limit=1").json()
    assert first["items"][0]["params"]["after"] == "김민희"
    second = rep("GET", f"/customers/{cast.mina.pk}/timeline?kind=change&limit=1&cursor={first['next']}").json()
    assert second["items"][0]["params"]["after"] == "김민하"
    assert second["next"] is None
