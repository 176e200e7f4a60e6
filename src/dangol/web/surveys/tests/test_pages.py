"""The pages of surveys, as makers and the public use them."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dangol.customers.identify.models import Customer
from dangol.customers.surveys import actions, links, reads
from dangol.customers.surveys.models import Response, Survey
from dangol.customers.surveys.tests.test_surveys import BRANCHED, FORM, published

HOSTILE = "<script>alert(1)</script>\u202e=cmd()"


def signed_in(member):
    client = Client()
    client.force_login(member)
    return client


def hidden(page):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_every_page_of_the_maker_opens_in_both_languages(cast):
    view = published(cast, BRANCHED | {"consents": FORM["consents"]})
    actions.create(by=cast.marketer, name="빈 초안")
    base = f"/customers/surveys/{view.id}/"
    paths = ["/customers/surveys/", "/customers/surveys/?q=fair&state=open&sort=-responses", "/customers/surveys/new/", base,
             f"{base}question/?kind=single", f"{base}question/?key=bought", f"{base}question/?key=score",
             f"{base}settings/", f"{base}preview/", f"{base}preview/?lang=en", f"{base}share/", f"{base}results/",
             f"{base}results/words/?question=why&q=x", f"{base}qr.svg", f"{base}qr.png?download=1"]  # fmt: skip
    for language in ("ko", "en"):
        cast.marketer.language = language
        cast.marketer.save()
        client = signed_in(cast.marketer)
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            assert " style=" not in answer.content.decode("utf-8", "replace")
    assert signed_in(cast.rep).get(base).status_code == 403


def test_a_survey_is_built_with_forms_alone(cast):
    client = signed_in(cast.marketer)
    made = client.post("/customers/surveys/new/", {"name": "만족도", "kind": "survey"})
    base = made["Location"]
    survey = Survey.objects.get()
    question = {"text_ko": "또 오실까요?", "required": "on", "option_0_ko": "예", "option_1_ko": "아니요",
                "key_0": "", "key_1": "", "key_2": "", "revision": survey.revision}  # fmt: skip
    assert client.post(f"{base}question/?kind=single", question).status_code == 302
    client.post(f"{base}question/?kind=text", {"text_en": "Why not?"})
    keys = [one["key"] for one in Survey.objects.get().content["questions"]]
    assert keys == ["q1", "q2"]
    client.post(f"{base}question/?key=q1", question | {"key_0": "o1", "key_1": "o2", "to_0": "end", "revision": ""})
    assert Survey.objects.get().content["questions"][0]["jumps"] == [{"option": "o1", "to": "end"}]
    client.post(f"{base}do/", {"act": "move", "key": "q2", "place": "0"})
    assert [one["key"] for one in Survey.objects.get().content["questions"]] == ["q2", "q1"]
    stale = client.post(f"{base}question/?key=q1", question | {"revision": survey.revision})
    assert stale.status_code == 409
    settings = {"name": "만족도", "title_ko": "만족도 조사", "minors": "refuse", "consent_0_ko": "광고 동의",
                "purpose_0": "marketing", "channel_0": "email", "quota": "5"}  # fmt: skip
    assert client.post(f"{base}settings/", settings).status_code == 302
    content = Survey.objects.get().content
    assert (content["title"]["ko"], content["quota"], len(content["consents"])) == ("만족도 조사", 5, 1)
    assert client.post(f"{base}do/", {"act": "publish"})["Location"].endswith("/share/")
    assert client.post(f"{base}share/", {"code": "H-0001"}).content.decode().count("/s/me/") == 1


def test_the_public_answers_page_by_page_without_a_script_or_session(cast):
    view = published(cast, BRANCHED)
    client = Client()
    page = client.get(f"/s/{view.token}").content.decode()
    carried = hidden(page)
    assert "q.bought" in page
    assert "q.score" not in page
    second = client.post(f"/s/{view.token}", carried | {"q.bought": "yes", "go": "on"})
    text = second.content.decode()
    assert (second.status_code, hidden(text)["q.bought"]) == (200, "yes")
    back = client.post(f"/s/{view.token}", hidden(text) | {"go": "back"}).content.decode()
    assert re.search(r'value="yes" checked', back)
    missing = client.post(f"/s/{view.token}", hidden(text) | {"go": "on"})
    assert missing.status_code == 422
    assert 'href="#f-score"' in missing.content.decode()
    done = client.post(f"/s/{view.token}", hidden(text) | {"go": "on", "q.score": "9", "q.likes": ["price", "staff"]})
    assert done.status_code == 200
    assert Response.objects.get().answers == {"bought": "yes", "score": 9, "likes": ["price", "staff"]}
    assert Session.objects.count() == 0
    assert not client.cookies


def test_scanners_opening_links_change_nothing_and_sending_again_is_harmless(cast):
    """Test 17: GET changes no row; POST works once and again harmlessly."""
    view = published(cast, BRANCHED)
    path = "/s/me/" + links.personal_url(view.token, cast.mina.pk).rsplit("/", 1)[1]
    with CaptureQueriesContext(
        connection,
    ) as seen:
        for one in (path, f"/s/{view.token}"):
            for _turn in range(3):
                assert Client().get(one).status_code == 200
                assert Client().head(one).status_code == 200
    assert [q["sql"] for q in seen if re.match(r"(INSERT|UPDATE|DELETE)", q["sql"])] == []
    carried = hidden(Client().get(path).content.decode())
    for _turn in range(3):
        assert Client().post(path, carried | {"q.bought": "no", "go": "on", "at": "1"}).status_code == 200
    assert Response.objects.filter(customer_id=cast.mina.pk).count() == 1
    assert "checked" not in Client().get(path).content.decode()


def test_links_that_are_not_valid_all_get_the_same_page(cast):
    """Tests 17 and 18: forged, swapped, cut, of another purpose or of a draft: one neutral page, one status."""
    view = published(cast, BRANCHED)
    draft = actions.create(by=cast.marketer, name="초안", content=BRANCHED)
    signed = links.personal_url(view.token, cast.mina.pk).rsplit("/", 1)[1]
    from dangol.channels.links import sign

    paths = [f"/s/{view.token[:-1]}", f"/s/{view.token}x", f"/s/{draft.token}", "/s/" + "a" * 27, f"/s/me/{signed[:-1]}",
             f"/s/me/{signed}x", f"/s/me/{view.token}", f"/s/me/{sign('preference', view.token)}", "/s/1"]  # fmt: skip
    answers = [getattr(Client(), verb)(path) for path in paths for verb in ("get", "post")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert len(view.token) >= 22  # 128 bits and more in base 64


def test_a_machine_that_fills_every_field_is_thanked_and_not_kept(cast):
    view = published(cast, BRANCHED)
    carried = hidden(Client().get(f"/s/{view.token}").content.decode())
    answer = Client().post(
        f"/s/{view.token}", carried | {"q.bought": "no", "website": "http://spam.example", "go": "on"}
    )
    assert answer.status_code == 200
    assert Response.objects.count() == 0


def test_hostile_text_is_shown_as_text_and_exported_as_text(cast):
    """Tests 14 and 24."""
    view = published(cast, BRANCHED)
    actions.send(token=view.token, posted={"q.bought": ["no"], "q.why": [HOSTILE]}, page=actions.Page("p"))
    actions.send(token=view.token, posted={"q.bought": ["no"], "q.why": ["=HYPERLINK(1)"]}, page=actions.Page("p2"))
    client = signed_in(cast.administrator)
    page = client.get(f"/customers/surveys/{view.id}/results/words/?question=why").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    refused = client.post(f"/customers/surveys/{view.id}/results/export/", {"reason": ""})
    assert refused.status_code == 422
    file = client.post(f"/customers/surveys/{view.id}/results/export/", {"reason": "분기 보고"})
    assert "'=HYPERLINK(1)" in file.content.decode()
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "sent",
    [
        {"q.score": "NaN"}, {"q.score": "1e400"}, {"q.score": ["9", "10"]}, {"q.likes": "role"}, {"q.bought": "__class__"},
        {"at": "-1" * 50}, {"at": "9" * 40}, {"once": "x" * 5000}, {"q.why": "\x00\ud7ff" * 50}, {"customer_id": "1", "state": "done"},
    ],
)  # fmt: skip
def test_values_of_another_type_break_nothing_and_set_nothing(cast, sent):
    """Test 25: no 500, nothing that was not asked for is written."""
    view = published(cast, BRANCHED)
    carried = hidden(Client().get(f"/s/{view.token}").content.decode())
    answer = Client().post(
        f"/s/{view.token}", carried | {"q.bought": "yes", "q.score": "9", "at": "1", "go": "on"} | sent
    )
    assert answer.status_code in (200, 422)
    assert all(row.customer_id is None and not row.personal for row in Response.objects.all())


def test_a_sign_up_shows_consent_apart_and_unticked_and_tells_it_back(cast):
    view = published(cast, FORM)
    client = Client()
    page = client.get(f"/s/{view.token}?lang=ko").content.decode()
    assert "광고 수신 동의" in page
    assert not re.search(r'name="consent\.0"[^>]*(checked|required)', page)
    given = hidden(page) | {"q.name": "김새봄", "q.tel": "010-7777-8888", "age": "over", "notice": "yes", "go": "on"}
    assert "광고 수신 동의" not in client.post(f"/s/{view.token}?lang=ko", given).content.decode()
    again = hidden(client.get(f"/s/{view.token}?lang=ko").content.decode()) | given | {"consent.0": "yes"}
    again["once"] = "another-page-of-mine-1234"
    assert "광고 수신 동의" in client.post(f"/s/{view.token}?lang=ko", again).content.decode()
    assert Customer.objects.filter(name="김새봄").count() == 2
    assert "Sign up" in client.get(f"/s/{view.token}?lang=en").content.decode()


def test_a_guardian_is_asked_on_the_results_page(cast):
    view = published(cast, FORM | {"minors": "guardian"})
    client = Client()
    given = hidden(client.get(f"/s/{view.token}").content.decode()) | {
        "q.name": "김새싹", "q.tel": "010-7777-8888", "age": "under", "notice": "yes", "go": "on",
    }  # fmt: skip
    assert "guardian_name" in client.post(f"/s/{view.token}", given).content.decode()
    client.post(f"/s/{view.token}", given | {"guardian_name": "김어른", "guardian_phone": "010-1111-2222"})
    maker = signed_in(cast.marketer)
    assert "김어른" in maker.get(f"/customers/surveys/{view.id}/results/").content.decode()
    row = Response.objects.get()
    maker.post(f"/customers/surveys/{view.id}/results/guardian/",
               {"response": row.pk, "act": "agree", "proof": "전화로 확인함"})  # fmt: skip
    assert reads.survey(cast.marketer, view.id).responses == 1


def test_a_closed_survey_says_so(cast):
    view = published(cast, BRANCHED)
    signed_in(cast.marketer).post(f"/customers/surveys/{view.id}/do/", {"act": "close"})
    assert "q.bought" not in Client().get(f"/s/{view.token}").content.decode()
