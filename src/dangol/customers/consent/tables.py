"""The one rule of consent, as Ibis: compiled to SQL of the operations database, for a million people or for one."""

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis.expr.types import Table

from dangol.customers.consent.rules import NIGHT, NO_CONSENT, NOT_RECONFIRMED, QUIET_HOURS, WITHDRAWN

CONSENTS = ibis.table(
    {
        "id": "int64", "customer_id": "int64", "purpose": "string", "channel": "string", "given": "boolean",
        "current": "boolean", "at": "timestamp", "text_version": "string",
    },
    name="consent_consent",
)  # fmt: skip


def verdicts(
    consents: Table, *, customer_ids: Sequence[int], purpose: str, channel: str, oldest: datetime, quiet: bool
) -> Table:
    """One row per customer who ever said a word: customer_id, consent_id, reason (empty where permitted).

    oldest: consent before it has lapsed (naive UTC). quiet: whether it is night, when consent to `night` is needed too.
    """
    said = consents.filter(
        consents.current,
        consents.channel == channel,
        consents.purpose.isin([purpose, NIGHT]),
        consents.customer_id.isin(list(customer_ids)),
    )
    asked = said.purpose == purpose
    night = (said.purpose == NIGHT) & said.given & (said["at"] >= oldest)

    def any_of(condition: ibis.Value) -> ibis.Value:
        return ibis.cases((condition, 1), else_=0).max()

    each = said.group_by("customer_id").agg(
        consent_id=ibis.cases((asked, said.id)).max(),
        answered=any_of(asked),
        given=any_of(asked & said.given),
        valid=any_of(asked & said.given & (said["at"] >= oldest)),
        night=any_of(night),
    )
    waits = (each.night == 0) if quiet else ibis.literal(False)
    return each.select(
        "customer_id",
        "consent_id",
        reason=ibis.cases(
            (each.answered == 0, NO_CONSENT),
            (each.given == 0, WITHDRAWN),
            (each.valid == 0, NOT_RECONFIRMED),
            (waits, QUIET_HOURS),
            else_="",
        ),
    )
