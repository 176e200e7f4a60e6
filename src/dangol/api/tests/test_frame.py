"""What every API call passes through."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db import OperationalError
from django.test import Client

from dangol.staff import actions as staff_actions
from dangol.staff import reads as staff_reads
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens
from dangol.staff.tokens import rules as token_rules
from dangol.work import actions as work

ApiToken, KeyedCall, Member, OrgUnit = (
    apps.get_model("staff", name) for name in ("ApiToken", "KeyedCall", "Member", "OrgUnit")
)


class Api:
    """A caller with a token."""

    def __init__(self, member, scopes=None):
        held = scopes or [right.value for right in Right if staff_reads.may(member, right)]
        self.view, self.secret = tokens.create_token(by=member, name="test", scopes=held)
        self.client = Client(raise_request_exception=False)

    def __call__(self, method, path, body=None, raw=None, **headers):
        sent = raw if raw is not None else (json.dumps(body) if body is not None else "")
        return self.client.generic(
            method, f"/api/v1{path}", sent, content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )  # fmt: skip


@pytest.fixture
def api(cast):
    return Api(cast.administrator)


def unit(name, cast):
    return {"name": name, "kind": "team", "parent_id": cast.gangnam.pk}


def test_call_without_a_good_token_is_refused_with_one_answer(cast, client):
    bare = client.get("/api/v1/me")
    wrong = client.get("/api/v1/me", headers={"Authorization": "Bearer dgl_wrong"})
    assert (bare.status_code, bare.content) == (401, wrong.content)
    assert bare["Content-Type"] == "application/problem+json"
    assert "Bearer" in bare["WWW-Authenticate"]


def test_signed_in_browser_without_a_token_is_refused(cast, client):
    client.force_login(cast.administrator)
    assert client.get("/api/v1/me").status_code == 401


def test_token_carries_only_its_scopes(cast):
    narrow = Api(cast.administrator, ["log.view"])
    assert narrow("GET", "/me").json()["rights"] == ["log.view"]
    assert narrow("GET", "/members").status_code == 403


@pytest.mark.parametrize("change", ["revoked", "expired", "disabled"])
def test_token_ends_with_revocation_expiry_or_account(cast, change):
    api = Api(cast.marketer)
    if change == "revoked":
        tokens.revoke_token(by=cast.marketer, token_id=api.view.id)
    elif change == "expired":
        ApiToken.objects.update(expires_at=datetime.now(UTC))
    else:
        Member.objects.filter(pk=cast.marketer.pk).update(is_active=False)
    assert api("GET", "/me").status_code == 401


def test_secret_of_a_token_is_not_in_the_database(cast, api):
    assert api.secret not in str(list(ApiToken.objects.values()))


def test_token_cannot_be_given_rights_its_maker_lacks(cast):
    api = Api(cast.rep)
    answer = api("POST", "/tokens", {"name": "more", "scopes": ["staff.manage"]})
    assert answer.status_code == 422
    narrow = Api(cast.administrator, ["log.view"])
    assert narrow("POST", "/tokens", {"name": "more", "scopes": ["staff.manage"]}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/members/999999", 404),
        ("GET", "/members/99999999999999999999999", 422),
        ("GET", "/jobs/1", 404),
        ("DELETE", "/me", 405),
        ("GET", "/members?limit=1e3", 422),
        ("GET", "/members?limit=0", 422),
        ("GET", "/members?text=%00", 422),
        ("GET", "/members?cursor=forged", 422),
    ],
)
def test_failure_is_a_problem_document(api, method, path, status):
    answer = api(method, path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answer.json())
    assert answer.json()["status"] == status


def test_problem_is_told_in_the_callers_language(api):
    korean = api("GET", "/members/999999", **{"Accept-Language": "ko"}).json()["detail"]
    english = api("GET", "/members/999999", **{"Accept-Language": "en"}).json()["detail"]
    assert english == "This account does not exist."
    assert korean == "계정이 없습니다."


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"name": "A", "name": "B", "kind": "team"}',
        b'{"name": NaN, "kind": "team"}',
        b'{"name": "A", "kind": "team", "parent_id": 1e400}',
        b'{"name": "A", "kind": "team", "parent_id": ' + b"9" * 5000 + b"}",
        b'{"name": "\\ud800", "kind": "team"}',
        b'{"name": "a\\u0000b", "kind": "team"}',
        b'{"name": "A", "kind": "team", "path": "/1/"}',
        b'{"name": {"select": 1}, "kind": "team"}',
        b'{"name": ["A"], "kind": "team"}',
        b'{"name": "' + b"A" * 101 + b'", "kind": "team"}',
        b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b', "kind": "team"}',
        b'{"name": "A", "kind": "_connector"}',
    ],
)
def test_malformed_or_surprising_json_is_refused_and_writes_nothing(api, raw):
    before = OrgUnit.objects.count()
    answer = api("POST", "/units", raw=raw)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert OrgUnit.objects.count() == before


def test_refusal_names_the_field(api):
    answer = api("POST", "/members", {"email": "x@y.kr", "name": "나", "role": "king"})
    assert answer.json()["errors"][0]["field"] == "/role"


def test_body_above_the_limit_is_refused(api):
    assert api("POST", "/units", raw=b'{"name": "' + b"A" * 2**20 + b'"}').status_code == 413


def test_repeated_call_under_a_key_has_one_effect_and_the_same_answer(api, cast):
    first = api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    again = api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    assert (first.status_code, first.content) == (201, again.content)
    assert again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert OrgUnit.objects.filter(name="신규팀").count() == 1


def test_key_used_for_another_body_is_refused(api, cast):
    api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    other = api("POST", "/units", unit("다른팀", cast), **{"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert not OrgUnit.objects.filter(name="다른팀").exists()


def test_same_key_of_another_caller_is_another_call(api, cast):
    other = Api(cast.administrator)
    api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    other("POST", "/units", unit("다른팀", cast), **{"Idempotency-Key": "k1"})
    assert OrgUnit.objects.filter(name__in=["신규팀", "다른팀"]).count() == 2


def claim(api, cast):
    import hashlib

    body = json.dumps(unit("신규팀", cast)).encode()
    return tokens.claim_call(
        token_id=api.view.id, key="k1", route="/api/v1/units", body_hash=hashlib.sha256(body).hexdigest()
    )


def test_call_whose_first_run_is_not_over_answers_409(api, cast):
    claim(api, cast)
    answer = api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    assert answer.status_code == 409
    assert not OrgUnit.objects.filter(name="신규팀").exists()


def test_call_whose_process_died_can_be_repeated_and_the_dead_one_records_nothing(api, cast):
    dead = claim(api, cast)
    past = datetime.now(UTC) - timedelta(seconds=token_rules.TAKE_OVER_SECONDS + 1)
    KeyedCall.objects.update(started_at=past)
    answer = api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"})
    assert answer.status_code == 201
    assert not tokens.keep_answer(dead, token_rules.Answer(201, {}, b"{}"))


def test_key_of_a_refused_call_can_be_used_after_correction(api, cast):
    assert api("POST", "/units", {"name": ""}, **{"Idempotency-Key": "k1"}).status_code == 422
    assert api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"}).status_code == 201


def test_effect_of_a_keyed_call_is_undone_where_its_answer_cannot_be_kept(api, cast, monkeypatch):
    def taken_over(claim, answer):
        return False

    monkeypatch.setattr("dangol.api.frame.tokens.keep_answer", taken_over)
    assert api("POST", "/units", unit("신규팀", cast), **{"Idempotency-Key": "k1"}).status_code == 409
    assert not OrgUnit.objects.filter(name="신규팀").exists()


def test_call_above_the_limit_of_the_minute_is_told_how_long_to_wait(api, monkeypatch):
    monkeypatch.setattr("dangol.staff.tokens.actions.CALLS_PER_MINUTE", 2)
    ApiToken.objects.update(minute=int(datetime.now(UTC).timestamp()) // 60, calls=2)
    answer = api("GET", "/me")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


def test_pages_by_cursor_show_every_member_once(api, cast):
    seen, path = [], "/members?limit=4"
    while path:
        page = api("GET", path).json()
        seen += [one["id"] for one in page["items"]]
        path = f"/members?limit=4&cursor={page['next']}" if page["next"] else None
    assert seen == sorted(member.pk for member in cast.members.values())


@pytest.mark.parametrize(("error", "status"), [(OperationalError("locked"), 503), (ZeroDivisionError("secret"), 500)])
def test_breakdown_is_a_neutral_problem(api, monkeypatch, error, status):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr("dangol.api.staff.reads.member", broken)
    answer = api("GET", "/me")
    assert answer.status_code == status
    assert b"secret" not in answer.content
    assert b"locked" not in answer.content


def test_member_is_opened_changed_and_switched_off(api, cast):
    made = api("POST", "/members", {"email": "New@Hanbit.example", "name": "새직원", "role": "rep",
                                    "unit_id": cast.team.pk, "password": "단골가게-오픈-준비"})  # fmt: skip
    assert made.status_code == 201
    assert made.json()["email"] == "new@hanbit.example"
    path = f"/members/{made.json()['id']}"
    change = {"name": "새직원", "role": "team_leader", "unit_id": cast.team.pk, "active": False}
    assert api("PUT", path, change).json()["active"] is False
    assert api("GET", path).json()["role"] == "team_leader"


def test_job_is_shown_and_cancelled(cast):
    api = Api(cast.marketer)
    pk = work.enqueue(kind="execute.send", arguments={}, by=cast.marketer)
    assert api("GET", "/jobs").json()["items"][0]["state"] == "queued"
    assert api("POST", f"/jobs/{pk}/cancel").json()["state"] == "cancelled"
    assert Api(cast.rep)("POST", f"/jobs/{pk}/cancel").status_code == 404


def test_description_names_every_operation_and_its_failures(client):
    described = client.get("/api/v1/openapi.json").json()
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert len(operations) >= 14
    assert all("401" in one["responses"] and one["description"] for one in operations)


def test_disabled_member_keeps_no_token_after_being_enabled_again(cast):
    api = Api(cast.marketer)
    for active in (False, True):
        staff_actions.edit_member(
            by=cast.administrator,
            member_id=cast.marketer.pk,
            name="최다은",
            role="marketer",
            unit_id=None,
            active=active,
        )
    assert api("GET", "/me").status_code == 401


@pytest.mark.parametrize("path", ["/me?limt=5", "/jobs?stat=done", "/customers?txt=a", "/members?x=1&limit=2"])
def test_an_unknown_parameter_is_refused_by_name_wherever_it_is_given(api, path):
    answer = api("GET", path)
    assert answer.status_code == 422
    name = path.partition("?")[2].partition("=")[0]
    assert answer.json()["errors"][0]["field"] == name
    assert name in answer.json()["errors"][0]["detail"]


def test_every_operation_refuses_unknown_parameters(api):
    paths = api("GET", "/openapi.json").json()["paths"]
    asked = [re.sub(r"{\w+}", "1", path) for path, verbs in paths.items() if "get" in verbs]
    assert len(asked) > 20
    for path in asked:
        answer = api("GET", path.removeprefix("/api/v1") + "?nonsense=1")
        assert (path, answer.status_code, answer.json()["errors"][0]["field"]) == (path, 422, "nonsense")
