"""The one rule of consent, as Ibis: compiled to SQL of the operations database, for a million people or for one."""

from collections.abc import Sequence
from datetime import date, datetime

import ibis
from ibis.expr.types import Table

from dangol.customers.consent.rules import (
    EXPIRED,
    GUARDIAN,
    NIGHT,
    NO_CONSENT,
    NOT_RECONFIRMED,
    QUIET_HOURS,
    WITHDRAWN,
)

CONSENTS = ibis.table(
    {
        "id": "int64", "customer_id": "int64", "purpose": "string", "channel": "string", "given": "boolean",
        "current": "boolean", "at": "timestamp", "until": "date",
    },
    name="consent_consent",
)  # fmt: skip
MINORS = ibis.table({"customer_id": "int64", "grown_on": "date", "agreed_at": "timestamp"}, name="consent_minor")


def verdicts(
    consents: Table,
    minors: Table,
    *,
    customer_ids: Sequence[int],
    purpose: str,
    channel: str,
    day: date,
    oldest: datetime,
    quiet: bool,
) -> Table:
    """One row per customer who ever said a word: customer_id, consent_id, reason (empty where permitted).

    day: the company's day. oldest: consent before it has lapsed (naive UTC). quiet: whether it is night, when consent
    to `night` is needed too.
    """
    said = consents.filter(
        consents.current,
        consents.channel == channel,
        consents.purpose.isin([purpose, NIGHT]),
        consents.customer_id.isin(list(customer_ids)),
    )
    asked = said.purpose == purpose
    running = said.until.isnull() | (said.until > ibis.literal(day))
    fresh = said["at"] >= oldest
    night = (said.purpose == NIGHT) & said.given & fresh & running

    def any_of(condition: ibis.Value) -> ibis.Value:
        return ibis.cases((condition, 1), else_=0).max()

    each = said.group_by("customer_id").agg(
        consent_id=ibis.cases((asked, said.id)).max(),
        answered=any_of(asked),
        given=any_of(asked & said.given),
        running=any_of(asked & said.given & running),
        valid=any_of(asked & said.given & fresh),
        night=any_of(night),
    )
    waits = (each.night == 0) if quiet else ibis.literal(False)
    unguarded = minors.filter(minors.grown_on > ibis.literal(day), minors.agreed_at.isnull())
    return each.select(
        "customer_id",
        "consent_id",
        reason=ibis.cases(
            (each.answered == 0, NO_CONSENT),
            (each.given == 0, WITHDRAWN),
            (each.customer_id.isin(unguarded.customer_id), GUARDIAN),
            (each.running == 0, EXPIRED),
            (each.valid == 0, NOT_RECONFIRMED),
            (waits, QUIET_HOURS),
            else_="",
        ),
    )
