"""Consent and privacy requests through the API."""

import pytest
from django.test import Client

from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens

RIGHTS = (Right.CUSTOMERS_VIEW, Right.CUSTOMERS_EDIT, Right.CUSTOMERS_UNMASK, Right.PRIVACY_HANDLE)


@pytest.fixture
def call(cast):
    """call(path, body): a call in the steward's name; POST where there is a body."""
    _made, secret = tokens.create_token(by=cast.steward, name="t", days=1, scopes=[right.value for right in RIGHTS])
    key = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}

    def answer(path, body=None):
        if body is None:
            return Client().get(f"/api/v1{path}", **key)
        return Client().post(f"/api/v1{path}", body, content_type="application/json", **key)

    return answer


def test_a_word_is_written_down_and_read_with_its_proof(cast, call):
    word = {"purpose": "marketing", "channel": "sms", "given": True, "at": "2026-10-05T10:00:00+09:00", "through": "paper",
            "text_version": "standard-1", "proof": "form 12"}  # fmt: skip
    assert call(f"/customers/{cast.mina.pk}/consent", word).json() == {"changed": 1}
    assert call(f"/customers/{cast.mina.pk}/consent", word | {"proof": ""}).status_code == 422
    said = next(one for one in call(f"/customers/{cast.mina.pk}/consent").json()["words"] if one["channel"] == "sms")
    assert (said["proof"], said["through"], said["given"]) == ("form 12", "paper", True)
    assert {one["channel"] for one in call("/consent").json()["cells"]} == {"email", "sms"}


def test_a_request_goes_its_way(cast, call):
    made = call("/privacy/requests", {"customer_id": cast.mina.pk, "kind": "portability"})
    assert made.status_code == 201
    place = f"/privacy/requests/{made.json()['id']}"
    assert call(place + "/export", {}).status_code == 409
    assert call(place + "/check", {"how": "account"}).json()["state"] == "open"
    assert "derived" not in call(place + "/export", {}).json()["parts"]
    assert call(place + "/close", {"answer": "보냈습니다"}).json()["state"] == "done"
    assert [one["id"] for one in call("/privacy/requests?state=done").json()["items"]] == [made.json()["id"]]
    assert {line["keep"]["what"] for line in call("/privacy/retention").json()} >= {"access_log", "purchases"}


def test_erasing_needs_the_typed_code(cast, call):
    made = call("/privacy/requests", {"customer_id": cast.mina.pk, "kind": "erasure"}).json()["id"]
    call(f"/privacy/requests/{made}/check", {"how": "id"})
    assert call(f"/privacy/requests/{made}/erasure").json()["confirm"] == "H-0001"
    assert call(f"/privacy/requests/{made}/erasure", {"confirm": "yes"}).status_code == 422
    assert call(f"/privacy/requests/{made}/erasure", {"confirm": "H-0001"}).status_code == 202
