"""Take people out of the ledger; that a message was sent stays."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from dangol.base.identifiers import token as new_token
from dangol.channels.models import Message, Undeliverable
from dangol.channels.rules import (
    CANCELLED,
    HELD,
    QUEUED,
)
from dangol.customers.consent.rules import SUPPRESSED

CHUNK = 1000


def forget(*, customer_ids: Sequence[int]) -> int:
    """Take addresses and personal values out of the messages to customers; what has not left is cancelled.

    That a message was sent, when and with which consent stays: the law keeps records of advertising for 6 months
    (E-Commerce Act art. 6, Decree art. 6). The token changes, so that no link of an old message opens anything.
    Harmless when repeated. Returns how many messages were emptied.
    """
    own = Message.objects.filter(customer_id__in=customer_ids)
    with transaction.atomic():
        Undeliverable.objects.filter(customer_id__in=customer_ids).delete()
        own.filter(state__in=(QUEUED, HELD)).update(
            state=CANCELLED, reason=SUPPRESSED, not_before=None, ended_at=datetime.now(UTC)
        )
        rows = list(own.exclude(address="").only("pk"))
        return _empty(rows)


def _empty(rows: Sequence[Message]) -> int:
    for row in rows:
        row.address, row.values, row.answer, row.token = "", {}, "", new_token()
    Message.objects.bulk_update(rows, ["address", "values", "answer", "token"], batch_size=CHUNK // 5)
    return len(rows)


def forget_before(*, before: datetime) -> int:
    """The same for every message that ended before a moment; returns how many."""
    emptied = 0
    while rows := list(Message.objects.filter(ended_at__lt=before).exclude(address="").only("pk")[:CHUNK]):
        with transaction.atomic():
            emptied += _empty(rows)
    return emptied
