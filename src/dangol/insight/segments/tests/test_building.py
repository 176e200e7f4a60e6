"""Drafts, saving, versions, lists, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.base.errors import BadInput, Cancelled, Conflict, NotAllowed, NotFound, TooMuch
from dangol.customers.identify import actions as identity
from dangol.insight.segments import actions, reads, rules
from dangol.insight.segments.rules import Event, Filter, Group, InSegment, Profile, Purchase, Window, editing, sentences
from dangol.work import actions as work
from dangol.work.actions import Quiet

OFTEN = Purchase("orders", 3, None, Window("last", 90), (Filter("brand", ("설화",)),))
WOMEN = Profile("gender", "one_of", ("F",))
ROOT = Group("all", (OFTEN, Group("none", (WOMEN,))))


def words(language):
    return sentences.Words(language, lambda _kind, name: {"Brand": "브랜드", "Campaign": "캠페인", "gender": "성별"}.get(name, name) if language == "ko" else name,
                           lambda _field, value: value, lambda minor: f"{minor:,.0f}원", str)  # fmt: skip


def test_a_definition_comes_back_from_json_as_it_was():
    assert rules.from_dict(rules.to_dict(ROOT)) == ROOT


@pytest.mark.parametrize(
    "given",
    [
        None, [], {}, {"version": 2, "match": "all", "parts": []}, {"version": 1, "match": "some", "parts": []},
        {"version": 1, "match": "all", "parts": [{"kind": "sql", "text": "drop"}]},
        {"version": 1, "match": "all", "parts": [{"kind": "purchase", "least": {"select": 1}}]},
        {"version": 1, "match": "all", "parts": [{"kind": "purchase", "least": float("nan")}]},
        {"version": 1, "match": "all", "parts": [{"kind": "profile", "field": "gender", "__class__": "x"}]},
        {"version": 1, "match": "all", "parts": [{"kind": "purchase", "window": {"kind": "last", "days": True}}]},
        {"version": 1, "match": "all", "parts": [{"kind": "event", "what": "contact", "filters": [{"field": "id", "values": ["1"]}]}]},
    ],
)  # fmt: skip
def test_what_is_no_definition_is_refused(given):
    with pytest.raises(BadInput):
        rules.from_dict(given)


def test_expensive_definitions_are_refused_with_the_limit_named():
    condition = {"kind": "profile", "field": "gender", "test": "known"}
    deep = condition
    for _level in range(500):
        deep = {"match": "all", "parts": [deep]}
    for given in ({"match": "any", "parts": [condition] * 10_000}, deep,
                  {"match": "any", "parts": [{**condition, "values": [str(n) for n in range(201)]}]}):  # fmt: skip
        with pytest.raises((TooMuch, BadInput)) as refused:
            rules.from_dict({"version": 1, **given})
        assert isinstance(refused.value, TooMuch)
        assert refused.value.params["limit"]


def test_parts_are_moved_wrapped_and_taken_out_without_losing_any():
    three = Group("all", (OFTEN, WOMEN, Group("any", ())))
    assert editing.move(three, (0,), (2,)) == Group("all", (WOMEN, Group("any", (OFTEN,))))
    assert editing.move(three, (1,), (), 0) == Group("all", (WOMEN, OFTEN, Group("any", ())))
    assert editing.sink(three, (1,)) == Group("all", (OFTEN, Group("any", (WOMEN,)), Group("any", ())))
    assert editing.lift(ROOT, (1, 0)) == Group("all", (OFTEN, Group("none", ()), WOMEN))
    assert editing.shift(three, (0,), 1) == Group("all", (WOMEN, OFTEN, Group("any", ())))
    assert editing.unwrap(ROOT, (1,)) == Group("all", (OFTEN, WOMEN))
    with pytest.raises(BadInput):
        editing.move(ROOT, (1,), (1,))


def test_a_definition_reads_as_a_sentence_in_both_languages():
    assert sentences.sentence(ROOT, words("ko")) == (
        "최근 90일 동안 브랜드 설화를 3회 이상 구매했고, 성별이 F가 아닌 고객"
    )
    assert sentences.sentence(ROOT, words("en")) == (
        "Customers who bought brand 설화 at least 3 times in the last 90 days and whose gender is not F"
    )
    never = Group(parts=(Purchase("orders", None, 0, Window("last", 30)),))
    assert sentences.sentence(never, words("ko")) == "최근 30일 동안 구매하지 않은 고객"
    since = Group(parts=(Purchase("amount", 100_000, None, Window("last", 90, quiet_days=30)),))
    assert sentences.sentence(since, words("ko")) == (
        "최근 30일 전까지 90일 동안 구매 금액이 100,000원 이상이고 그 뒤로는 구매하지 않은 고객"
    )


def test_what_happened_at_all_is_said_as_people_say_it():
    priced = Purchase("orders", 1, filters=OFTEN.filters, price_from=1000, price_to=1999)
    last = Event("contact", filters=(Filter("campaign", (rules.LAST_CAMPAIGN,)),))
    named = Event("click", filters=(Filter("campaign", ("Spring", rules.LAST_CAMPAIGN)),))
    for one, english, korean in (
        (
            Purchase("orders", 1, None, Window("last", 90)),
            "Customers who bought something in the last 90 days",
            "최근 90일 동안 구매한 고객",
        ),
        (
            priced,
            "Customers who bought brand 설화 at a unit price of 1,000원 to 1,999원",
            "개당 가격이 1,000원~1,999원인 브랜드 설화를 구매한 고객",
        ),
        (
            Purchase("orders", None, 0, price_to=500),
            "Customers who bought nothing at a unit price of at most 500원",
            "개당 가격이 500원 이하인 상품을 구매하지 않은 고객",
        ),
        (last, "Customers who received a message of the last campaign", "마지막 캠페인의 메시지를 받은 고객"),
        (
            named,
            "Customers who clicked in a message of campaign Spring or @last",
            "캠페인 Spring 또는 @last의 메시지 링크 클릭이 있는 고객",
        ),
    ):
        assert sentences.sentence(Group(parts=(one,)), words("en")) == english
        assert sentences.sentence(Group(parts=(one,)), words("ko")) == korean


def test_a_draft_remembers_every_step_until_it_is_saved(cast):
    by = cast.marketer
    actions.edit_draft(by=by, root=Group(parts=(WOMEN,)))
    actions.edit_draft(by=by, root=ROOT)
    assert actions.step_draft(by=by, steps=-1).root == Group(parts=(WOMEN,))
    assert actions.step_draft(by=by, steps=-1).root == Group()
    assert actions.step_draft(by=by, steps=2).root == ROOT
    assert not reads.draft(cast.analyst).changed
    made = actions.create(by=by, name="자주 오는 고객", root=reads.draft(by).root)
    assert reads.draft(by).root == Group()
    changed = actions.edit_draft(by=by, segment_id=made.id, root=Group(parts=(WOMEN,)))
    assert (changed.changed, changed.undo) == (True, True)
    assert not reads.draft(cast.analyst, made.id).changed


def test_a_segment_keeps_its_versions_and_refuses_a_stale_change(cast):
    made = actions.create(by=cast.marketer, name="여성", root=Group(parts=(WOMEN,)))
    actions.update(by=cast.analyst, segment_id=made.id, version=1, root=ROOT)
    with pytest.raises(Conflict):
        actions.update(by=cast.marketer, segment_id=made.id, version=1, name="옛 이름")
    assert [number for number, *_rest in reads.versions(cast.marketer, made.id)] == [2, 1]


def test_somebody_elses_own_segment_is_not_there_and_a_shared_one_not_to_be_changed_without_right(cast):
    own = actions.create(by=cast.marketer, name="내 것", root=Group(parts=(WOMEN,)), shared=False)
    shared = actions.create(by=cast.marketer, name="함께", root=Group(parts=(WOMEN,)))
    for look in (lambda: reads.segment(cast.analyst, own.id), lambda: reads.draft(cast.analyst, own.id),
                 lambda: reads.overlap(cast.analyst, [own.id, shared.id]), lambda: reads.members_of(cast.analyst, own.id),
                 lambda: actions.create(by=cast.analyst, name="x", root=Group(parts=(InSegment(own.id),)))):  # fmt: skip
        with pytest.raises(NotFound):
            look()
    with pytest.raises(NotAllowed):
        actions.archive(by=cast.branch_manager, segment_ids=[shared.id])


def test_no_segment_is_made_from_itself_nor_put_away_while_another_needs_it(cast):
    by = cast.marketer
    first = actions.create(by=by, name="가", root=Group(parts=(WOMEN,)))
    second = actions.create(by=by, name="나", root=Group(parts=(InSegment(first.id),)))
    with pytest.raises(BadInput):
        actions.update(by=by, segment_id=first.id, version=1, root=Group(parts=(InSegment(second.id),)))
    with pytest.raises(Conflict):
        actions.archive(by=by, segment_ids=[first.id])
    assert [one.id for one in reads.users(by, first.id)] == [second.id]
    assert actions.archive(by=by, segment_ids=[second.id]) == 1
    assert actions.archive(by=by, segment_ids=[first.id]) == 1
    assert actions.restore(by=by, segment_ids=[first.id]) == 1


def test_unfinished_or_empty_definitions_are_not_saved(cast):
    for root in (Group(), Group(parts=(Profile("gender"),)), Group(parts=(Group("any"),))):
        with pytest.raises(BadInput):
            actions.create(by=cast.marketer, name="모두", root=root)


LINES = "H-0001\nH-0003\n없는 코드\n\nH-0001,again\n" + "x" * 300
TALLY = {"lines": 5, "customers": 1, "unknown": 2, "twice": 1, "bad": 1}


def test_a_list_holds_whom_its_maker_may_see_and_says_what_became_of_every_line(cast):
    by = cast.branch_manager
    made = actions.upload(by=by, name="행사", text=LINES)
    assert made.tally == TALLY  # 소연 is in 부산: not told from a code that is not there
    assert reads.members_of(by, made.id) == [cast.mina.pk]
    assert (made.kind, made.size) == ("static", 1)
    assert "없는 코드,unknown" in reads.left_out(by, made.id).read_text(encoding="utf-8-sig").splitlines()
    assert actions.refresh(Quiet(), made.id) == {"customers": 0}  # a list is never worked out
    with pytest.raises(NotFound):
        reads.left_out(cast.marketer, made.id)
    assert actions.prune(now=datetime.now(UTC)) == 0
    assert actions.prune(now=datetime.now(UTC) + timedelta(days=31)) == 1
    with pytest.raises(BadInput):
        actions.upload(by=by, name="행사", text="없는 코드")


def test_a_large_list_is_written_down_by_a_job_that_can_be_stopped_and_begun_again(cast, monkeypatch):
    monkeypatch.setattr(reads, "LARGE", 2)
    by = cast.branch_manager
    made = actions.upload(by=by, name="행사", text=LINES)
    assert not made.counted
    assert str(made.id) not in dict(reads.choices(by))
    assert reads.freezing(by, made.id).kind == "segments.list"

    def stopped(done, total, note):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        actions.run_list(Quiet(show=stopped), made.id, "codes")
    assert reads.member_ids(made.id) == []
    for _again in range(2):  # killed after the last line of the first run, a second one finds it done
        assert actions.run_list(Quiet(), made.id, "codes") == {"tally": TALLY}
    assert reads.member_ids(made.id) == [cast.mina.pk]
    assert not reads.laid_aside(made.id, "codes").exists()
    copied = actions.copy(by=by, segment_id=made.id, name="사본")
    assert copied.size == 1
    given_up = actions.upload(by=by, name="행사", text=LINES)
    work.cancel(by=by, job_id=reads.freezing(by, given_up.id).id)
    actions.again(by=by, segment_id=given_up.id)
    with pytest.raises(Conflict):
        actions.forget(by=by, segment_id=given_up.id)
    work.cancel(by=by, job_id=reads.freezing(by, given_up.id).id)
    actions.forget(by=by, segment_id=given_up.id)
    with pytest.raises(NotFound):
        reads.segment(by, given_up.id)


def test_publishing_members_writes_the_difference_and_repeating_it_nothing(cast):
    assert identity.publish_members(segment_id=7, customer_ids=[1, 2, 3]) == (3, 0)
    assert identity.publish_members(segment_id=7, customer_ids=[2, 3, 4]) == (1, 1)
    assert identity.publish_members(segment_id=7, customer_ids=[2, 3, 4]) == (0, 0)
