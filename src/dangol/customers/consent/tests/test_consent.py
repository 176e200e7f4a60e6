"""Who may be sent advertising, and when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.base.errors import BadInput
from dangol.customers.consent import actions, reads, rules
from dangol.customers.consent.rules import Permit, Refusal

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 2, 12, tzinfo=SEOUL)


def _give(cast, customer, channel="email", at=None, purpose="marketing", **more):
    return actions.give(by=cast.agent, customer_ids=[customer.pk], purpose=purpose, channel=channel,
                        at=at or datetime(2026, 10, 1, tzinfo=UTC), text_version="2026-10", proof="form 7", **more)  # fmt: skip


def _ask(customer, channel="email", at=NOON, purpose="marketing"):
    return reads.permits([customer.pk], purpose, channel, at, SEOUL)[customer.pk]


def test_consent_permits_and_everything_else_is_left_out_with_its_reason(cast):
    answers = reads.permits([c.pk for c in (cast.mina, cast.jiho, cast.coded)], "marketing", "email", NOON, SEOUL)
    assert isinstance(answers[cast.mina.pk], Permit)
    assert answers[cast.mina.pk].text_version == "2026-01"
    assert answers[cast.jiho.pk] == Refusal(cast.jiho.pk, rules.WITHDRAWN)
    assert answers[cast.coded.pk] == Refusal(cast.coded.pk, rules.NO_CONSENT)


def test_consent_to_one_channel_is_none_to_another(cast):
    assert _ask(cast.mina, "sms") == Refusal(cast.mina.pk, rules.NO_CONSENT)


def test_refusal_works_at_once_and_no_import_undoes_it(cast):
    now = datetime.now(UTC)
    actions.withdraw(
        by=cast.agent, customer_ids=[cast.mina.pk], purpose="marketing", channel="email", at=now - timedelta(1)
    )
    assert _ask(cast.mina, at=now).reason == rules.WITHDRAWN
    assert _give(cast, cast.mina, at=now, origin="import") == 0
    assert _ask(cast.mina, at=now).reason == rules.WITHDRAWN
    assert _give(cast, cast.mina, at=now, origin="customer") == 1
    assert isinstance(_ask(cast.mina, at=now), Permit)


def test_an_agreement_older_than_the_refusal_changes_nothing(cast):
    assert _give(cast, cast.jiho, at=datetime(2025, 1, 1, tzinfo=UTC)) == 0
    assert _ask(cast.jiho).reason == rules.WITHDRAWN


@pytest.mark.parametrize(
    ("clock", "goes"),
    [("20:59:59", True), ("21:00:00", False), ("23:59:59", False), ("00:00:00", False), ("07:59:59", False), ("08:00:00", True)],
)  # fmt: skip
def test_the_night_rule_to_the_second(cast, clock, goes):
    _give(cast, cast.mina, "sms")
    at = datetime.fromisoformat(f"2026-11-02T{clock}").replace(tzinfo=SEOUL)
    answer = _ask(cast.mina, "sms", at)
    assert isinstance(answer, Permit) is goes
    if not goes:
        assert answer.reason == rules.QUIET_HOURS
        assert answer.until.astimezone(SEOUL).strftime("%H:%M") == "08:00"
        assert timedelta(0) < answer.until - at <= timedelta(hours=11)


def test_night_consent_lifts_the_night_rule_and_email_is_exempt(cast):
    night = datetime(2026, 11, 2, 22, tzinfo=SEOUL)
    assert isinstance(_ask(cast.mina, "email", night), Permit)
    _give(cast, cast.mina, "sms")
    _give(cast, cast.mina, "sms", purpose="night")
    assert isinstance(_ask(cast.mina, "sms", night), Permit)


def test_night_consent_alone_is_no_consent(cast):
    _give(cast, cast.mina, "sms", purpose="night")
    assert _ask(cast.mina, "sms").reason == rules.NO_CONSENT


def test_service_messages_need_no_consent_and_are_never_held(cast):
    assert isinstance(_ask(cast.jiho, "sms", datetime(2026, 11, 2, 3, tzinfo=SEOUL), rules.SERVICE), Permit)


def test_consent_must_be_confirmed_before_the_same_day_two_years_later(cast):
    given = datetime(2024, 3, 1, 15, tzinfo=SEOUL)
    actions.give(by=cast.agent, customer_ids=[cast.coded.pk], purpose="marketing", channel="email", at=given,
                 text_version="1", proof="x")  # fmt: skip
    assert isinstance(_ask(cast.coded, at=datetime(2026, 2, 28, 23, 59, tzinfo=SEOUL)), Permit)
    assert _ask(cast.coded, at=datetime(2026, 3, 1, 0, 0, tzinfo=SEOUL)).reason == rules.NOT_RECONFIRMED
    _give(cast, cast.coded, at=datetime(2026, 3, 2, tzinfo=UTC))
    assert isinstance(_ask(cast.coded), Permit)


def test_a_leap_day_counts_as_the_last_of_february():
    policy = reads.policies()[-1]
    assert rules.oldest_valid(policy, datetime(2028, 2, 29, 12, tzinfo=SEOUL), SEOUL).astimezone(SEOUL).day == 1


def test_consent_without_proof_or_from_the_future_is_refused(cast):
    with pytest.raises(BadInput, match="proof"):
        actions.give(
            by=cast.agent, customer_ids=[1], purpose="marketing", channel="email", at=NOON, text_version="1", proof=""
        )
    with pytest.raises(BadInput, match="future"):
        _give(cast, cast.mina, at=datetime.now(UTC) + timedelta(days=1))


def test_every_word_is_kept_with_its_proof(cast):
    now = datetime.now(UTC)
    actions.withdraw(
        by=cast.agent, customer_ids=[cast.mina.pk], purpose="marketing", channel="email", at=now, proof="call 12"
    )
    words = reads.of_customer(cast.mina.pk)
    assert [(word.given, word.current) for word in words] == [(False, True), (True, False)]
    assert words[0].proof == "call 12"


def test_an_erased_address_is_known_by_its_hash_only(cast):
    actions.suppress(by=cast.administrator, channel="email", address="Mina@example.com")
    assert reads.suppressed("email", ["mina@example.com", "jiho@example.com"]) == {"mina@example.com"}
    assert "mina" not in reads.digest("email", "mina@example.com")


def test_a_million_and_one_are_asked_by_the_same_rule(cast):
    many = reads.permits(range(1, 12_001), "marketing", "email", NOON, SEOUL)
    assert many[cast.mina.pk] == _ask(cast.mina)
    assert many[cast.jiho.pk] == _ask(cast.jiho)
    assert len(many) == 12_000


def test_policies_are_dated_and_an_earlier_day_is_held_to_the_first():
    [policy] = reads.policies()
    assert policy.articles["night"] == "50(3)"
    assert rules.in_force([policy], policy.in_force_from.replace(year=2000)) is policy
