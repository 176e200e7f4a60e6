"""Surveys: made, published, answered once, landing on the customer; minors, limits and erasure."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound, TooMuch
from dangol.customers.collect import reads as collected
from dangol.customers.collect.models import Event, Person
from dangol.customers.consent import reads as consented
from dangol.customers.identify.models import Customer
from dangol.customers.surveys import actions, links, reads, rules
from dangol.customers.surveys.actions import Page
from dangol.customers.surveys.models import Answer, Knock, Response

BOTH = {"ko": "질문", "en": "Question"}


def q(key, kind, **more):
    return {"key": key, "kind": kind, "text": BOTH, **more}


def options(*keys):
    return [{"key": key, "text": {"ko": key, "en": key}} for key in keys]


BRANCHED = {
    "title": {"ko": "만족도", "en": "Satisfaction"},
    "questions": [
        q("bought", "single", required=True, options=options("yes", "no"), jumps=[{"option": "no", "to": "why"}]),
        q("score", "nps", required=True, attribute="nps"),
        q("likes", "multiple", options=options("price", "staff", "goods")),
        q("why", "text"),
    ],
}
FORM = {
    "title": {"ko": "가입", "en": "Sign up"},
    "notice": {"ko": "연락을 위해 2년간 보관합니다.", "en": "Kept for two years to contact you."},
    "questions": [
        q("name", "contact", contact="name", required=True), q("tel", "contact", contact="phone", required=True),
        q("mail", "contact", contact="email"), q("skin", "single", options=options("dry", "oily"), attribute="skin_type"),
    ],
    "consents": [{"purpose": "marketing", "channel": "email", "text": {"ko": "광고 수신 동의", "en": "Advertising"}}],
}  # fmt: skip
PERSON = {"q.name": ["김새봄"], "q.tel": ["010-7777-8888"], "q.mail": ["bom@example.com"], "q.skin": ["dry"],
          "age": ["over"], "notice": ["yes"]}  # fmt: skip


def published(cast, content, code="fair"):
    view = actions.create(by=cast.marketer, name="봄 박람회", code=code, content=content)
    return actions.publish(by=cast.marketer, survey_id=view.id)


def send(view, posted, once="page-1", **more):
    return actions.send(token=view.token, posted=posted, page=Page(once=once, **more))


def test_answers_of_a_personal_link_land_on_the_customer_and_in_the_loop(cast):
    view = published(cast, BRANCHED)
    token, customer, _campaign = links.opened(links.personal_url(view.token, cast.mina.pk).rsplit("/", 1)[1])
    posted = {"q.bought": ["yes"], "q.score": ["9"], "q.likes": ["staff", "price"], "q.why": ["친절해요"]}
    sent = actions.send(token=token, posted=posted, page=Page("p1", customer_id=customer))
    assert (sent.state, sent.customer_id) == ("done", cast.mina.pk)
    assert Customer.objects.get(pk=cast.mina.pk).attributes["nps"] == "9"
    assert [told.survey for told in reads.of_customer(cast.mina.pk)] == ["봄 박람회"]
    facts = {(e.fields["question_key"], e.fields["answer"], e.fields.get("score"), e.fields["customer_key"])
             for e in Event.objects.filter(source__kind="survey_answers")}  # fmt: skip
    assert facts == {("bought", "yes", None, "H-0001"), ("score", "9", 9, "H-0001"), ("likes", "price", None, "H-0001"),
                     ("likes", "staff", None, "H-0001")}  # fmt: skip
    assert collected.raw_files("survey_answers")[0].rows == 4
    assert send(view, posted, once="p2", customer_id=customer).state == "again"
    assert Response.objects.count() == 1


def test_a_branch_leaves_out_what_lies_between_and_drops_answers_given_before(cast):
    view = published(cast, BRANCHED)
    send(view, {"q.bought": ["no"], "q.score": ["3"], "q.why": ["비싸서"]})
    assert Response.objects.get().answers == {"bought": "no", "why": "비싸서"}
    assert rules.step(view.content, {}, -1, datetime.now(UTC).date()).questions[0]["key"] == "bought"
    with pytest.raises(BadInput) as refused:
        send(view, {"q.bought": ["yes"]}, once="p2")
    assert refused.value.field == "score"


def test_a_sign_up_makes_a_person_with_consent_and_proof(cast):
    view = published(cast, FORM)
    sent = send(view, PERSON | {"consent.0": ["yes"]})
    person = Customer.objects.get(pk=sent.customer_id)
    assert (person.name, person.phone_e164, person.email) == ("김새봄", "+821077778888", "bom@example.com")
    assert person.attributes["skin_type"] == "dry"
    assert person.origins["name"]["source"] == "form:fair"
    word = consented.of_customer(person.pk)[0]
    assert (word.given, word.purpose, word.channel, word.origin) == (True, "marketing", "email", "customer")
    assert word.text_version == "fair v1"
    assert str(sent.response_id) in word.proof
    assert Person.objects.get(source__code="form:fair").fields["name"] == "김새봄"


def test_refusing_advertising_never_blocks(cast):
    """Personal Information Protection Act art. 22: consent to advertising is apart and never required."""
    sent = send(published(cast, FORM), PERSON)
    assert sent.state == "done"
    assert consented.of_customer(sent.customer_id) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"q.name": ["홍길동"]}, "name"), ({"q.tel": ["0131234567"]}, "tel"), ({"q.mail": ["a@b.kr\r\nBcc: c@d.kr"]}, "mail"),
        ({"q.name": ["김민아 900101-1234568"]}, "name"), ({"q.skin": ["other"]}, "skin"), ({"age": [""]}, "age"),
        ({"notice": [""]}, "notice"), ({"q.tel": []}, "tel"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_its_place(cast, change, place):
    view = published(cast, FORM)
    with pytest.raises(BadInput) as refused:
        send(view, PERSON | change)
    assert refused.value.field == place
    assert Response.objects.count() == 0
    assert Person.objects.count() == 0


def test_people_under_14_are_refused_or_wait_for_their_guardian(cast):
    """Personal Information Protection Act art. 22-2."""
    child = PERSON | {"age": ["under"]}
    with pytest.raises(Conflict):
        send(published(cast, FORM), child)
    view = published(cast, FORM | {"minors": "guardian"}, code="kids")
    with pytest.raises(BadInput) as refused:
        send(view, child)
    assert refused.value.field == "guardian_name"
    asked = child | {"guardian_name": ["김어른"], "guardian_phone": ["010-1111-2222"], "consent.0": ["yes"]}
    first, second, third = (send(view, asked, once=f"p{n}") for n in range(3))
    assert (first.state, first.customer_id) == ("guardian", None)
    assert Person.objects.count() == Answer.objects.count() == 0
    done = actions.confirm_guardian(by=cast.marketer, response_id=first.response_id, proof="전화로 확인, 11월 23일")
    assert Customer.objects.get(pk=done.customer_id).name == "김새봄"
    actions.refuse_guardian(by=cast.marketer, response_id=second.response_id)
    assert actions.drop_unconfirmed(now=datetime.now(UTC) + timedelta(days=4)) == 0
    assert actions.drop_unconfirmed(now=datetime.now(UTC) + timedelta(days=6)) == 1
    for gone in (second, third):
        row = Response.objects.get(pk=gone.response_id)
        assert (row.state, row.answers, row.guardian) == ("dropped", {}, {})


def test_a_birth_date_under_14_counts_more_than_the_box(cast):
    form = FORM | {"questions": [*FORM["questions"], q("born", "contact", contact="birth")]}
    young = f"{datetime.now(UTC).year - 10}-01-01"
    with pytest.raises(Conflict):
        send(published(cast, form), PERSON | {"q.born": [young]})


def test_days_quota_and_closing_are_kept(cast):
    today = datetime.now(UTC).date()
    view = published(cast, BRANCHED | {"quota": 1})
    send(view, {"q.bought": ["no"]})
    with pytest.raises(Conflict, match="Enough"):
        send(view, {"q.bought": ["no"]}, once="p2")
    late = published(cast, BRANCHED | {"starts_on": (today + timedelta(days=3)).isoformat()}, code="late")
    with pytest.raises(Conflict, match="not begun"):
        send(late, {"q.bought": ["no"]})
    shut = published(cast, BRANCHED, code="shut")
    actions.close(by=cast.marketer, survey_id=shut.id)
    with pytest.raises(Conflict, match="closed"):
        send(shut, {"q.bought": ["no"]})
    actions.reopen(by=cast.marketer, survey_id=shut.id)
    assert send(shut, {"q.bought": ["no"]}).state == "done"


def test_sending_twice_is_one_answer_and_a_flood_is_slowed(cast):
    view = published(cast, BRANCHED)
    assert [send(view, {"q.bought": ["no"]}, address="1.2.3.4").state for _ in range(3)] == ["done", "again", "again"]
    for n in range(30 - 3):
        send(view, {"q.bought": ["no"]}, once=f"n{n}", address="1.2.3.4")
    with pytest.raises(TooMuch):
        send(view, {"q.bought": ["no"]}, once="last", address="1.2.3.4")
    assert send(view, {"q.bought": ["no"]}, once="else", address="5.6.7.8").state == "done"
    assert not Knock.objects.filter(digest__contains="1.2.3.4").exists()


def test_a_published_version_never_changes_and_a_draft_has_no_link(cast):
    view = actions.create(by=cast.marketer, name="초안", content=BRANCHED)
    with pytest.raises(NotFound):
        reads.opened(view.token)
    first = actions.publish(by=cast.marketer, survey_id=view.id)
    send(first, {"q.bought": ["no"]})
    actions.put_question(by=cast.marketer, survey_id=view.id, question=q("bought", "text"))
    assert reads.opened(view.token).content["questions"][0]["kind"] == "single"
    assert reads.survey(cast.marketer, view.id).changed
    assert actions.publish(by=cast.marketer, survey_id=view.id).version == 2
    assert actions.publish(by=cast.marketer, survey_id=view.id).version == 2
    assert Response.objects.get().version.content["questions"][0]["kind"] == "single"


def test_editing_is_checked_and_two_editors_notice_each_other(cast):
    view = actions.create(by=cast.marketer, name="초안")
    added = actions.put_question(by=cast.marketer, survey_id=view.id, question=q("", "text"), revision=view.revision)
    assert [one["key"] for one in added.content["questions"]] == ["q1"]
    with pytest.raises(Conflict):
        actions.drop_question(by=cast.marketer, survey_id=view.id, key="q1", revision=view.revision)
    actions.put_question(by=cast.marketer, survey_id=view.id, question=q("", "date"))
    moved = actions.move_question(by=cast.marketer, survey_id=view.id, key="q2", place=0)
    assert [one["key"] for one in moved.content["questions"]] == ["q2", "q1"]
    with pytest.raises(NotAllowed):
        actions.create(by=cast.rep, name="x")
    with pytest.raises(BadInput):
        actions.publish(by=cast.marketer, survey_id=actions.create(by=cast.marketer, name="빈 설문").id)


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "essay"}, {"kind": "text", "role": "administrator"}, {"kind": "scale", "low": 5, "high": 1},
        {"kind": "text", "text": {"ko": ["x"]}}, {"kind": "text", "key": "Q 1"}, {"kind": "contact", "contact": "ssn"},
        {"kind": "single", "options": {"a": 1}}, {"kind": "text", "text": {"ko": "900101-1234568"}}, ["text"],
        {"kind": "text", "attribute": "__class__"}, {"kind": "scale", "low": True, "high": 10**100},
    ],
)  # fmt: skip
def test_a_question_of_another_shape_is_refused(question):
    with pytest.raises(BadInput):
        rules.question(question)


def test_a_jump_leads_forward_only():
    content = rules.canonical({"title": BOTH, "questions": [
        q("a", "single", options=options("x", "y"), jumps=[{"option": "x", "to": "a"}]), q("b", "text"),
    ]})  # fmt: skip
    assert [problem.place for problem in rules.problems(content)] == ["a"]


def test_nps_has_an_interval_and_too_few_answers_give_none():
    assert rules.nps({10: 5, 3: 4}).score is None
    found = rules.nps({10: 50, 8: 30, 2: 20})
    assert (found.promoters, found.passives, found.detractors, found.score) == (50, 30, 20, 30.0)
    assert found.low < 30 < found.high
    everybody = rules.nps({10: 20})
    assert everybody.score == 100
    assert everybody.low < 100 == everybody.high or everybody.high <= 100


def test_results_count_every_question_and_search_words(cast):
    view = published(cast, BRANCHED)
    for n, score in enumerate([10] * 8 + [2] * 4):
        send(
            view,
            {"q.bought": ["yes"], "q.score": [str(score)], "q.likes": ["staff"], "q.why": [f"친절 {n}"]},
            once=f"n{n}",
        )
    found = reads.results(cast.marketer, view.id)
    by_key = {one.question["key"]: one for one in found.tallies}
    assert found.people == 12
    assert by_key["likes"].bars[1] == ("staff", 12, 1.0)
    assert round(by_key["score"].nps.score, 1) == 33.3
    assert sum(n for _day, n in found.by_day) == 12
    assert reads.texts(cast.marketer, view.id, "why", search="친절 3") == (["친절 3"], 1)
    with pytest.raises(BadInput):
        reads.export(cast.marketer, view.id, reason="")
    rows = reads.export(cast.marketer, view.id, reason="분기 보고서")
    assert len(rows) == 12
    assert rows[0]["likes"] == "staff"


def test_an_erased_person_leaves_figures_and_nothing_else(cast):
    view = published(cast, BRANCHED)
    send(view, {"q.bought": ["yes"], "q.score": ["9"], "q.why": ["제 이름은 김민아"]}, customer_id=cast.mina.pk)
    assert actions.forget(customer_id=cast.mina.pk) == 1
    assert reads.of_customer(cast.mina.pk) == []
    found = {one.question["key"]: one.people for one in reads.results(cast.marketer, view.id).tallies}
    assert found == {"bought": 1, "score": 1, "likes": 0, "why": 0}
    assert "김민아" not in str(list(Response.objects.values())) + str(list(Answer.objects.values()))


def test_who_stays_unknown_is_asked_for_no_consent_and_none_is_kept(cast):
    view = published(cast, BRANCHED | {"consents": FORM["consents"]})
    send(view, {"q.bought": ["no"], "consent.0": ["yes"]})
    assert Response.objects.get().consents == []
    sent = send(view, {"q.bought": ["no"], "consent.0": ["yes"]}, once="p2", customer_id=cast.jiho.pk)
    word = consented.of_customer(sent.customer_id)[0]
    assert (word.given, word.text_version) == (True, "fair v1")


def test_links_that_are_forged_swapped_or_cut_are_all_the_same(cast):
    view = published(cast, BRANCHED)
    good = links.personal_url(view.token, cast.mina.pk).rsplit("/", 1)[1]
    assert links.opened(good) == (view.token, cast.mina.pk, "")
    said = set()
    for bad in (good[:-1], good[1:], "1." + view.token, view.token, "", good.replace("~", "."), good + "x"):
        with pytest.raises(NotFound) as refused:
            links.opened(bad)
        said.add(str(refused.value))
    assert len(said) == 1
