"""The ledger of messages: written with the consent they rely on, taken over after a crash, resolved by people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.identifiers import token as new_token
from dangol.channels import Answering, Channel
from dangol.channels.models import Message
from dangol.channels.rules import (
    BOUNCED,
    CANCELLED,
    HELD,
    IN_DOUBT,
    N_,
    QUEUED,
    SENDING,
    SENT,
    may_become,
)
from dangol.customers.consent.rules import Permit
from dangol.staff.actions import note_access

CHUNK = 1000
LEFT_BEHIND = N_("The sender stopped while this message was on its way.")


@dataclass(frozen=True)
class Person:
    """Whom a message is for: address, what the template says to them, and the permit it relies on."""

    address: str
    values: dict[str, Any]
    permit: Permit


def queue(*, campaign_key: str, step: str, channel: Channel, people: Iterable[Person]) -> int:
    """Write messages to the ledger; call it inside the transaction that freezes the targets. Returns how many.

    Raises BadInput for an address that does not fit the channel; a second message for the same person, step and
    channel breaks the transaction.
    """
    rows: list[Message] = []
    written = 0
    for person in people:
        if problem := channel.unfit(person.address):
            raise BadInput("An address cannot be used: {problem}.", field="address", problem=problem)
        rows.append(_row(campaign_key, step, channel.name, person))
        if len(rows) == CHUNK:
            written += len(Message.objects.bulk_create(rows))
            rows = []
    return written + len(Message.objects.bulk_create(rows))


def _row(campaign_key: str, step: str, channel: str, person: Person) -> Message:
    permit = person.permit
    return Message(
        campaign_key=campaign_key, step=step, channel=channel, customer_id=permit.customer_id, token=new_token(),
        address=person.address, values=person.values,
        permit={"consent": permit.consent_id, "text": permit.text_version,
                "given_at": permit.given_at.isoformat() if permit.given_at else None}
        | ({"deal": permit.deal.isoformat()} if permit.deal else {}),
    )  # fmt: skip


def take_over(*, campaign_key: str, sender: str) -> int:
    """Put what an earlier loop left in `sending` into doubt, as that loop is gone; returns how many."""
    left = Message.objects.filter(campaign_key=campaign_key, state=SENDING).exclude(sender=sender)
    return left.update(state=IN_DOUBT, answer=LEFT_BEHIND)


def ask(*, campaign_key: str, channel: Channel) -> int:
    """Ask the counterpart about the messages in doubt, where it can be asked; returns how many turned out sent.

    Only proof that a message arrived counts: one that the counterpart does not know stays in doubt.
    """
    if not isinstance(channel, Answering):
        return 0
    known = 0
    for row in Message.objects.filter(campaign_key=campaign_key, channel=channel.name, state=IN_DOUBT).iterator():
        receipt = channel.ask(row.token)
        if receipt is not None:
            known += Message.objects.filter(pk=row.pk, state=IN_DOUBT).update(
                state=SENT, answer=receipt.answer[:300], provider_id=receipt.provider_id, ended_at=row.sending_at
            )
    return known


def cancel_waiting(*, campaign_key: str, reason: str) -> int:
    """Cancel what has not left yet; returns how many."""
    waiting = Message.objects.filter(campaign_key=campaign_key, state__in=(QUEUED, HELD))
    return waiting.update(state=CANCELLED, reason=reason, not_before=None, ended_at=datetime.now(UTC))


def resolve(*, by: Any, message_id: int, delivered: bool) -> None:
    """A person's word on a message in doubt: it was delivered, or it is to be sent again. Raises Conflict, NotFound."""
    following = SENT if delivered else QUEUED
    with transaction.atomic():
        row = Message.objects.select_for_update().filter(pk=message_id).first()
        if row is None:
            raise NotFound("There is no such message.")
        if row.state != IN_DOUBT:
            raise Conflict("This message is no longer in doubt: it was resolved by {name}.", name=row.resolved_by)
        row.state, row.resolved_by, row.not_before = following, by.name, None
        row.ended_at = (row.sending_at or datetime.now(UTC)) if delivered else None
        row.save(update_fields=["state", "resolved_by", "not_before", "ended_at"])
        note_access(
            by=by, verb="change", what="message", customer_id=row.customer_id, detail={"resolved": following}
        )  # fmt: skip


def bounced(*, token: str, answer: str) -> bool:
    """Note that a mail came back; forward only and harmless when told twice. Returns whether it was news."""
    ways = [state for state in (SENT, IN_DOUBT) if may_become(state, BOUNCED)]
    return bool(Message.objects.filter(token=token, state__in=ways).update(state=BOUNCED, answer=answer[:300]))


def mark_recorded(*, message_ids: list[int]) -> None:
    """These messages stand in the contacts now."""
    Message.objects.filter(pk__in=message_ids).update(recorded=True)
