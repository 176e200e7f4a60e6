"""The pages of consent, requests, retention and breaches."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.identify.models import Customer
from dangol.privacy import actions, reads
from dangol.privacy.models import Request
from dangol.staff.models import Access
from dangol.web.entry.proof import PROVED_AT

AT = datetime(2026, 10, 1, tzinfo=UTC)
HOME = "/customers/privacy/"


def _client(member, *, proved=True, language="en"):
    type(member).objects.filter(pk=member.pk).update(language=language)
    member.refresh_from_db()
    client = Client()
    client.force_login(member)
    session = client.session
    session[PROVED_AT] = int(time.time()) if proved else 0
    session.save()
    return client


def _ask(cast, kind, *, checked=True):
    made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind=kind)
    if checked:
        actions.check_identity(by=cast.steward, request_id=made, how="call")
    return made


PAGES = ("", "notices/", "texts/", "texts/new/", "requests/", "requests/new/", "retention/", "breach/")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_opens_for_those_who_handle_privacy(cast, language):
    client = _client(cast.steward, language=language)
    consent.note_births(grown={cast.mina.pk: date(2099, 1, 1)})
    made = [_ask(cast, kind) for kind in ("access", "erasure", "explanation")] + [
        _ask(cast, "objection", checked=False)
    ]
    own = [f"customers/{cast.mina.pk}/", f"requests/{made[1]}/erase/", *[f"requests/{one}/" for one in made]]
    answers = {path: client.get(HOME + path).status_code for path in (*PAGES, *own)}
    assert set(answers.values()) == {200}


@pytest.mark.parametrize("path", PAGES)
def test_others_are_kept_out(cast, path):
    assert _client(cast.marketer).get(HOME + path).status_code == 403


def test_a_customer_of_another_branch_and_a_missing_one_give_the_same_answer(cast):
    client = _client(cast.rep)
    assert client.get(f"{HOME}customers/{cast.mina.pk}/").status_code == 200
    foreign, missing = (client.get(f"{HOME}customers/{one}/") for one in (cast.soyeon.pk, 999_999))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert "권리" not in foreign.content.decode()
    assert client.post(f"{HOME}customers/{cast.soyeon.pk}/say/", {}).status_code == 404


def test_looking_changes_nothing(cast):
    _ask(cast, "access")
    client, made = _client(cast.steward), Request.objects.get().pk
    before = list(Request.objects.values())
    for path in ("report/", "erase/", ""):
        client.get(f"{HOME}requests/{made}/{path}")
    for path in ("do/", "export/"):
        assert client.get(f"{HOME}requests/{made}/{path}").status_code == 405
    assert list(Request.objects.values()) == before


def test_a_request_goes_from_intake_to_its_report(cast):
    client = _client(cast.steward)
    answer = client.post(f"{HOME}requests/new/", {
        "customer": cast.mina.pk, "kind": "access", "received_at": "2026-11-02T10:00", "country": "KR", "wish": "보여 주세요",
    })  # fmt: skip
    place = answer["Location"]
    made = reads.request(cast.steward, int(place.split("/")[-2]))
    assert made.due_on == date(2026, 11, 12)
    assert client.post(place + "report/").status_code == 409
    client.post(place + "do/", {"act": "check", "how": "id", "remark": ""})
    report = client.post(place + "report/").content.decode()
    assert "mina@example.com" in report
    assert "010-1234-5678" in report
    assert Access.objects.filter(verb="export", what="personal data", customer_id=cast.mina.pk).exists()
    assert client.post(place + "do/", {"act": "done", "answer": " "}).status_code == 422
    client.post(place + "do/", {"act": "done", "answer": "우편으로 보냈습니다."})
    assert reads.request(cast.steward, made.id).state == "done"


def test_documents_and_erasing_ask_for_the_password_again(cast):
    client = _client(cast.steward, proved=False)
    for kind, path in (("access", "report/"), ("access", "export/"), ("erasure", "erase/")):
        answer = client.post(f"{HOME}requests/{_ask(cast, kind)}/{path}", {"form": "json", "confirm": "H-0001"})
        assert answer["Location"].startswith("/confirm/")
    assert Customer.objects.get(pk=cast.mina.pk).name == "김민아"


def test_erasing_on_the_page_asks_for_the_code(cast):
    client, made = _client(cast.steward), _ask(cast, "erasure")
    assert client.post(f"{HOME}requests/{made}/erase/", {"confirm": "예"}).status_code == 422
    assert client.post(f"{HOME}requests/{made}/erase/", {"confirm": "H-0001"}).status_code == 302
    assert reads.request(cast.steward, made).job_id


def test_a_word_on_paper_is_written_down_with_its_proof(cast):
    client = _client(cast.agent)
    word = {"about": "marketing:sms", "given": "yes", "at": "2026-10-05T10:00", "through": "paper",
            "text_version": "standard-1", "proof": "신청서 12"}  # fmt: skip
    assert client.post(f"{HOME}customers/{cast.mina.pk}/say/", word | {"proof": ""}).status_code == 422
    assert client.post(f"{HOME}customers/{cast.mina.pk}/say/", word).status_code == 302
    said = next(one for one in consents.of_customer(cast.mina.pk) if one.channel == "sms")
    assert (said.through, said.proof, said.by) == ("paper", "신청서 12", cast.agent.name)
    assert "신청서 12" in client.get(f"{HOME}customers/{cast.mina.pk}/").content.decode()


def test_home_warns_while_somebody_was_not_told_in_time(cast):
    client = _client(cast.steward)
    assert "were not told in time" in client.get("/").content.decode()
    everything = [one.consent_id for one in consents.waiting_notices(datetime.now(UTC), _zone(), limit=None)]
    client.post(f"{HOME}notices/", {"consent": everything, "how": "phone"})
    assert "were not told in time" not in client.get("/").content.decode()


def _zone():
    from django.conf import settings

    return settings.DANGOL.zone


def test_a_text_is_drafted_published_and_then_stands(cast):
    client = _client(cast.steward)
    form = {"purpose": "marketing", "language": "ko", "version": "2027-01", "title": "동의", "text": "소식을 보냅니다."}
    place = client.post(f"{HOME}texts/new/", form)["Location"]
    client.post(place, form | {"act": "publish", "text": "새 소식을 보냅니다."})
    assert consents.in_force("marketing", "ko").text == "새 소식을 보냅니다."
    assert client.post(place, form | {"act": "save"}).status_code == 422


def test_breach_gives_the_notice_and_the_list_with_a_reason(cast):
    """Personal Information Protection Act art. 34: the people touched and the five things they are told."""
    client = _client(cast.steward)
    form = {"customers": f"{cast.mina.pk}, {cast.jiho.pk}", "when": "2026-11-20 02:00", "what": "노트북 분실", "taken": "이름",
            "advice": "비밀번호 변경", "done": "원격 삭제", "language": "ko", "reason": ""}  # fmt: skip
    page = client.post(f"{HOME}breach/", form | {"act": "notice"}).content.decode()
    assert "노트북 분실" in page
    assert client.post(f"{HOME}breach/", form | {"act": "list"}).status_code == 422
    rows = (
        client.post(f"{HOME}breach/", form | {"act": "list", "reason": "유출 통지"})
        .content.decode("utf-8-sig")
        .splitlines()
    )
    assert len(rows) == 3
    assert Access.objects.get(what="breach list").reason == "유출 통지"


def test_breach_by_an_account_lists_whom_it_looked_at(cast):
    from dangol.staff.actions import note_access

    note_access(by=cast.agent, verb="view", what="customer", customer_id=cast.mina.pk)
    now = datetime.now(UTC)
    which = reads.Affected(member_id=cast.agent.pk, since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    assert reads.affected(cast.administrator, which) == [cast.mina.pk]
