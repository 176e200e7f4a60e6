"""Personal Information Protection Act art. 24-2: resident registration numbers are refused in every note and proof."""

from datetime import UTC, datetime

import pytest

from dangol.base.errors import BadInput
from dangol.customers.consent import actions as consent
from dangol.privacy import actions

NUMBER = "880101-1234568"
AT = datetime(2026, 10, 1, tzinfo=UTC)


def _receive(cast, **more):
    return actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind="access", **more)


def test_no_free_words_of_this_room_take_a_resident_number(cast):
    made = _receive(cast)
    consent.note_births(grown={cast.mina.pk: datetime(2099, 1, 1).date()})
    word = {"by": cast.agent, "customer_ids": [cast.mina.pk], "purpose": "marketing", "channel": "sms", "at": AT,
            "text_version": "1"}  # fmt: skip
    guardian = {"by": cast.agent, "customer_id": cast.mina.pk, "relation": "부", "at": AT}
    for attempt in (
        lambda: _receive(cast, wish=f"제 번호는 {NUMBER} 입니다"),
        lambda: actions.check_identity(by=cast.steward, request_id=made, how="id", remark=NUMBER),
        lambda: actions.refuse(by=cast.steward, request_id=made, ground="law", answer=f"{NUMBER} 확인"),
        lambda: consent.give(**word, proof=NUMBER),
        lambda: consent.agree_for(**guardian, guardian="김", proof=NUMBER),
    ):
        with pytest.raises(BadInput, match="resident registration number"):
            attempt()
