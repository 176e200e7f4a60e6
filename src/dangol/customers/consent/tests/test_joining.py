"""Customers that are joined and parted: the most restrictive word holds while they are one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from dangol.base.errors import Conflict
from dangol.customers.consent import actions, reads, rules
from dangol.customers.consent.rules import Permit, Said

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 2, 12, tzinfo=SEOUL)
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


def _may(*ids, channel="email"):
    answers = reads.permits(ids, "marketing", channel, NOON, SEOUL)
    return [isinstance(answers[one], Permit) for one in ids]


def _say(cast, customer, *, given, channel="email", at=None, origin="customer"):
    word = {"by": cast.agent, "customer_ids": [customer.pk], "purpose": "marketing", "channel": channel,
            "at": at or OCTOBER, "text_version": "2026-10", "proof": "form 7", "origin": origin}  # fmt: skip
    return actions.give(**word) if given else actions.withdraw(**word)


def _words(customer):
    return [(word.channel, word.given, word.at, word.proof) for word in reads.of_customer(customer.pk) if word.current]


def test_refusal_of_one_holds_for_both_while_they_are_one(cast):
    actions.merged(kept=cast.mina.pk, gone=cast.jiho.pk, merge=1)
    assert _may(cast.mina.pk, cast.jiho.pk) == [False, False]


def test_parting_gives_each_the_own_words_back(cast):
    _say(cast, cast.jiho, given=True, channel="sms")
    before = [_words(cast.mina), _words(cast.jiho)]
    actions.merged(kept=cast.mina.pk, gone=cast.jiho.pk, merge="m-1")
    assert _may(cast.mina.pk, channel="sms") == [True]
    actions.parted(kept=cast.mina.pk, gone=cast.jiho.pk, merge="m-1")
    assert [_words(cast.mina), _words(cast.jiho)] == before
    assert all(not word.merges for word in reads.of_customer(cast.mina.pk))


def test_refusal_said_while_they_were_one_stays_with_both(cast):
    actions.merged(kept=cast.mina.pk, gone=cast.soyeon.pk, merge=1)
    assert _may(cast.mina.pk, cast.soyeon.pk) == [True, True]
    _say(cast, cast.soyeon, given=False)
    assert _may(cast.mina.pk, cast.soyeon.pk) == [False, False]
    actions.parted(kept=cast.mina.pk, gone=cast.soyeon.pk, merge=1)
    assert _may(cast.mina.pk, cast.soyeon.pk) == [False, False]


def test_agreement_said_while_they_were_one_stays_with_who_said_it(cast):
    actions.merged(kept=cast.mina.pk, gone=cast.jiho.pk, merge=1)
    _say(cast, cast.mina, given=True)
    assert _may(cast.mina.pk, cast.jiho.pk) == [True, True]
    actions.parted(kept=cast.mina.pk, gone=cast.jiho.pk, merge=1)
    assert _may(cast.mina.pk, cast.jiho.pk) == [True, False]


def test_of_two_agreements_the_older_counts_so_that_joining_lengthens_none(cast):
    _say(cast, cast.mina, given=True, channel="sms", at=datetime(2024, 5, 1, tzinfo=UTC))
    _say(cast, cast.soyeon, given=True, channel="sms")
    actions.merged(kept=cast.soyeon.pk, gone=cast.mina.pk, merge=1)
    assert _may(cast.mina.pk, cast.soyeon.pk, channel="sms") == [False, False]


def test_a_family_of_three_is_parted_one_by_one(cast):
    actions.merged(kept=cast.mina.pk, gone=cast.soyeon.pk, merge=1)
    actions.merged(kept=cast.mina.pk, gone=cast.jiho.pk, merge=2)
    assert _may(cast.mina.pk, cast.soyeon.pk, cast.jiho.pk) == [False, False, False]
    actions.parted(kept=cast.mina.pk, gone=cast.soyeon.pk, merge=1)
    assert _may(cast.mina.pk, cast.soyeon.pk, cast.jiho.pk) == [False, True, False]
    actions.parted(kept=cast.mina.pk, gone=cast.jiho.pk, merge=2)
    assert _may(cast.mina.pk, cast.soyeon.pk, cast.jiho.pk) == [True, True, False]


def test_joining_and_parting_are_harmless_when_repeated(cast):
    for _turn in range(2):
        actions.merged(kept=cast.mina.pk, gone=cast.jiho.pk, merge=1)
    with pytest.raises(Conflict, match="joined already"):
        actions.merged(kept=cast.jiho.pk, gone=cast.mina.pk, merge=2)
    for _turn in range(2):
        actions.parted(kept=cast.mina.pk, gone=cast.jiho.pk, merge=1)
    assert _may(cast.mina.pk, cast.jiho.pk) == [True, False]


def test_notice_of_a_refusal_is_due_once_for_a_joined_person(cast):
    at = datetime.now(UTC) - timedelta(days=1)
    actions.merged(kept=cast.mina.pk, gone=cast.soyeon.pk, merge=1)
    _say(cast, cast.soyeon, given=False, at=at)
    due = [one.customer_id for one in reads.waiting_notices(NOON, SEOUL) if one.at == at]
    assert due == [cast.mina.pk]


WORDS = st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), min_size=1, max_size=6)


@examples(WORDS)
@settings(max_examples=60)
def test_strictest_word_is_a_refusal_wherever_there_is_one(words):
    said = [Said(n, n, given, OCTOBER + timedelta(days=day), ()) for n, (given, day) in enumerate(words)]
    chosen = rules.strictest(said)
    assert chosen.given is all(word.given for word in said)
    if chosen.given:
        assert chosen.at == min(word.at for word in said)
