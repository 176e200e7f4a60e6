"""Texts, guardians, deals, expiry, what is due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.customers.consent import actions, reads, rules
from dangol.customers.consent.rules import Permit, Refusal

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 2, 12, tzinfo=SEOUL)


def _give(cast, customer, channel="email", at=None, purpose="marketing", **more):
    return actions.give(by=cast.agent, customer_ids=[customer.pk], purpose=purpose, channel=channel,
                        at=at or datetime(2026, 10, 1, tzinfo=UTC), text_version="2026-10", proof="form 7", **more)  # fmt: skip


def _ask(customer, channel="email", at=NOON, **more):
    return reads.permits([customer.pk], "marketing", channel, at, SEOUL, **more)[customer.pk]


def test_no_consent_of_a_child_counts_before_the_guardian_agreed(cast):
    """Personal Information Protection Act art. 22-2: under 14 the guardian's consent."""
    actions.note_births(grown={cast.mina.pk: date(2027, 5, 1)})
    assert _ask(cast.mina).reason == rules.GUARDIAN
    actions.agree_for(by=cast.agent, customer_id=cast.mina.pk, guardian="김영희", relation="어머니", proof="form 9",
                      at=datetime(2026, 10, 1, tzinfo=UTC))  # fmt: skip
    assert isinstance(_ask(cast.mina), Permit)
    assert reads.guardianship(cast.mina.pk, NOON.date()).relation == "어머니"
    actions.withdraw_for(by=cast.agent, customer_id=cast.mina.pk)
    assert _ask(cast.mina).reason == rules.GUARDIAN


def test_the_fourteenth_birthday_ends_the_need_for_a_guardian(cast):
    policy = reads.policies()[-1]
    day = rules.grown_on(policy, born=date(2012, 11, 3), year=2012)
    assert day == date(2026, 11, 3)
    actions.note_births(grown={cast.mina.pk: day})
    assert _ask(cast.mina).reason == rules.GUARDIAN
    assert isinstance(_ask(cast.mina, at=NOON + timedelta(days=1)), Permit)
    assert reads.guardianship(cast.mina.pk, day) is None


def test_a_year_of_birth_alone_is_taken_at_its_latest():
    assert rules.grown_on(reads.policies()[-1], born=None, year=2012) == date(2027, 1, 1)


def test_guardian_of_somebody_grown_is_not_recorded(cast):
    with pytest.raises(NotFound):
        actions.agree_for(by=cast.agent, customer_id=cast.jiho.pk, guardian="a", relation="b", proof="c", at=NOON)


@pytest.mark.parametrize(("ended", "goes"), [("2026-05-02", True), ("2026-05-01", False), ("2026-11-02", True)])
def test_deal_in_the_same_goods_stands_in_for_consent_for_six_months(cast, ended, goes):
    """Network Act art. 50(1) no. 1, Decree art. 61(1)."""
    answer = _ask(cast.coded, deals={cast.coded.pk: date.fromisoformat(ended)})
    assert isinstance(answer, Permit) is goes
    if goes:
        assert answer.deal == date.fromisoformat(ended)


def test_no_deal_stands_in_for_a_refusal_and_the_night_rule_holds(cast):
    deals = {cast.jiho.pk: date(2026, 11, 1), cast.coded.pk: date(2026, 11, 1)}
    assert _ask(cast.jiho, deals=deals) == Refusal(cast.jiho.pk, rules.WITHDRAWN)
    night = datetime(2026, 11, 2, 22, tzinfo=SEOUL)
    assert _ask(cast.coded, "sms", night, deals=deals).reason == rules.QUIET_HOURS


def test_consent_given_for_a_time_ends_on_its_day(cast):
    _give(cast, cast.coded, until=date(2026, 11, 3))
    assert isinstance(_ask(cast.coded), Permit)
    assert _ask(cast.coded, at=NOON + timedelta(days=1)).reason == rules.EXPIRED
    with pytest.raises(BadInput, match="last day"):
        _give(cast, cast.coded, until=date(2026, 9, 1))


def test_agreements_are_due_again_thirty_and_seven_days_before_they_lapse(cast):
    """Network Act art. 50(8), Decree art. 62-3: before the same date two years later."""
    _give(cast, cast.coded, "sms", at=datetime(2024, 11, 5, 12, tzinfo=SEOUL))
    _give(cast, cast.mina, "sms", at=datetime(2024, 11, 30, 12, tzinfo=SEOUL))
    week, month = (reads.due_again(NOON, SEOUL, days=days) for days in (7, 30))
    assert [(one.customer_id, one.by_day) for one in week] == [(cast.coded.pk, date(2026, 11, 5))]
    assert [one.customer_id for one in month] == [cast.coded.pk, cast.mina.pk]
    [cell] = [one for one in reads.overview(NOON, SEOUL) if one.channel == "sms"]
    assert (cell.agreed, cell.due_soon, cell.due_now, cell.lapsed) == (2, 2, 1, 0)
    later = next(one for one in reads.overview(NOON + timedelta(days=10), SEOUL) if one.channel == "sms")
    assert (later.agreed, later.lapsed) == (1, 1)


def test_notice_of_the_result_is_due_within_fourteen_days(cast):
    """Network Act art. 50(7), Decree art. 62-2."""
    at = datetime(2026, 11, 1, tzinfo=SEOUL)
    _give(cast, cast.coded, "sms", at=at)
    due = reads.waiting_notices(NOON, SEOUL)[-1]
    assert (due.customer_id, due.by_day) == (cast.coded.pk, date(2026, 11, 15))
    overdue = reads.overdue_notices(at + timedelta(days=14, seconds=1), SEOUL)
    assert overdue == reads.overdue_notices(at + timedelta(days=14), SEOUL) + 1
    everything = [one.consent_id for one in reads.waiting_notices(NOON, SEOUL, limit=None)]
    assert actions.noticed(by=cast.agent, consent_ids=everything, at=NOON, how="phone") == len(everything)
    assert reads.overdue_notices(NOON + timedelta(days=99), SEOUL) == 0


def test_a_published_text_never_changes_and_is_what_customers_see(cast):
    """Personal Information Protection Act art. 22: which text, in which version."""
    assert reads.in_force("marketing", "en").version == "standard-1"
    one = actions.draft_wording(by=cast.steward, purpose="marketing", version="2027-01", language="ko", title="동의",
                                text="소식을 보내 드립니다.")  # fmt: skip
    assert reads.in_force("marketing", "ko").version == "standard-1"
    actions.edit_wording(
        by=cast.steward, wording_id=one, version="2027-01", title="동의", text="새 소식을 보내 드립니다."
    )
    actions.publish_wording(by=cast.steward, wording_id=one)
    assert reads.in_force("marketing", "ko").text == "새 소식을 보내 드립니다."
    assert reads.in_force("marketing", "en").version == "2027-01"
    for change in (lambda: actions.edit_wording(by=cast.steward, wording_id=one, version="2027-01", title="x", text="y"),
                   lambda: actions.discard_wording(by=cast.steward, wording_id=one),
                   lambda: actions.publish_wording(by=cast.steward, wording_id=one)):  # fmt: skip
        with pytest.raises(Conflict, match="never changes"):
            change()
    _give(cast, cast.coded)
    assert reads.version_text("marketing", "2027-01", "ko").text == "새 소식을 보내 드립니다."
    assert reads.version_text("marketing", "lost", "ko") is None


def test_texts_are_written_by_those_who_handle_privacy(cast):
    with pytest.raises(NotAllowed):
        actions.draft_wording(by=cast.marketer, purpose="marketing", version="1", language="ko", title="a", text="b")
