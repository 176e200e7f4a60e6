"""Personal Information Safety Measures notice art. 8 (access log) and art. 5: who, when, from where, whose, what; masking."""

import time

import pytest
from django.test import Client

from dangol.base.errors import NotAllowed
from dangol.privacy import actions
from dangol.privacy.reads import Affected
from dangol.staff.models import Access
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens
from dangol.web.entry.proof import PROVED_AT

FROM = "198.51.100.7"


def _client(member):
    client = Client(REMOTE_ADDR=FROM)
    client.force_login(member)
    session = client.session
    session[PROVED_AT] = int(time.time())
    session.save()
    return client


def _api(member, *scopes):
    _made, secret = tokens.create_token(by=member, name="t", days=1, scopes=[scope.value for scope in scopes])
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}", "REMOTE_ADDR": FROM}


def _lines(cast):
    return Access.objects.filter(customer_id=cast.mina.pk, address=FROM).values_list("member", "verb", "what")


def test_every_road_to_a_person_s_data_writes_who_from_where_whose_and_what(cast):
    made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind="access")
    client, home = _client(cast.steward), f"/customers/privacy/requests/{made}/"
    client.get(f"/customers/privacy/customers/{cast.mina.pk}/")
    client.post(home + "do/", {"act": "check", "how": "id"})
    client.post(home + "report/")
    client.post(home + "export/", {"form": "csv"})
    client.post(f"/customers/privacy/customers/{cast.mina.pk}/link/")
    key = _api(cast.steward, Right.CUSTOMERS_VIEW, Right.PRIVACY_HANDLE)
    assert Client().get(f"/api/v1/customers/{cast.mina.pk}/consent", **key).status_code == 200
    who = cast.steward.pk
    found = list(_lines(cast))
    assert found.count((who, "view", "consent")) >= 2
    assert found.count((who, "export", "personal data")) == 2
    assert (who, "change", f"privacy request {made}") in found
    assert (who, "change", "consent") in found


def test_no_page_of_this_room_shows_a_number_in_full_without_being_a_logged_export(cast):
    made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind="erasure")
    actions.check_identity(by=cast.steward, request_id=made, how="id")
    client = _client(cast.steward)
    for path in (
        "",
        "notices/",
        "requests/",
        f"requests/{made}/",
        f"requests/{made}/erase/",
        f"customers/{cast.mina.pk}/",
    ):
        text = client.get(f"/customers/privacy/{path}").content.decode()
        assert "mina@example.com" not in text
        assert "1234-5678" not in text


def test_a_role_that_may_not_unmask_gets_no_report_and_no_list(cast):
    made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind="access")
    actions.check_identity(by=cast.steward, request_id=made, how="id")
    steward = cast.steward
    steward.scopes = frozenset({Right.PRIVACY_HANDLE.value, Right.CUSTOMERS_VIEW.value})
    for verb in (lambda: actions.report(by=steward, request_id=made),
                 lambda: actions.export(by=steward, request_id=made, form="json"),
                 lambda: actions.affected_list(by=steward, which=Affected(everybody=True), reason="유출 통지")):  # fmt: skip
        with pytest.raises(NotAllowed):
            verb()


def test_api_refuses_those_without_the_right_and_hides_foreign_customers(cast):
    foreign = _api(cast.rep, Right.CUSTOMERS_VIEW)
    answers = [Client().get(f"/api/v1/customers/{one}/consent", **foreign) for one in (cast.soyeon.pk, 99_999)]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert Client().get("/api/v1/privacy/requests", **foreign).status_code == 403
    assert Client().get("/api/v1/consent", **foreign).status_code == 403
