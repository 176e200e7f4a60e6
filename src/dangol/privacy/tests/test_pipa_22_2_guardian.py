"""Personal Information Protection Act art. 22-2: the consent of a guardian for children under 14."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.rules import GUARDIAN, Permit
from dangol.privacy import actions

NOON = datetime(2026, 11, 2, 12, tzinfo=ZoneInfo("Asia/Seoul"))


def _ask(customer):
    return consents.permits([customer.pk], "marketing", "email", NOON, NOON.tzinfo)[customer.pk]


def test_a_child_found_in_a_source_gets_nothing_before_the_guardian_agreed(people):
    child = people.person("P-3")
    consent.give(by=people.cast.agent, customer_ids=[child.pk], purpose="marketing", channel="email",
                 at=datetime(2026, 10, 1, tzinfo=UTC), text_version="1", proof="form")  # fmt: skip
    assert isinstance(_ask(child), Permit)
    assert actions.note_minors() == 1
    assert _ask(child).reason == GUARDIAN
    consent.agree_for(by=people.cast.agent, customer_id=child.pk, guardian="이엄마", relation="어머니", proof="통화 3",
                      at=datetime(2026, 10, 2, tzinfo=UTC))  # fmt: skip
    assert actions.note_minors() == 0
    assert isinstance(_ask(child), Permit)


def test_a_corrected_birth_ends_the_need_of_a_guardian(people):
    child = people.person("P-3")
    actions.note_minors()
    child.birth_year = 1990
    child.save()
    assert actions.note_minors() == 1
    assert consents.guardianship(child.pk, NOON.date()) is None
