"""The sending loop over the ledger: never twice, never lost, and only to those who permit it now.

One commit per message: it writes how the one before ended and that the next is `sending`, before the network is
touched. A crash therefore leaves at most one message in `sending`; whoever takes the campaign over finds it and puts it
`in_doubt`, where a person decides. Nothing is ever sent again blindly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from dangol.base.errors import BadInput, Cancelled, TooMuch
from dangol.channels import Channel, reads
from dangol.channels.models import Message, Undeliverable
from dangol.channels.rules import (
    CANCELLED,
    FAILED,
    HELD,
    IN_DOUBT,
    MOST_ATTEMPTS,
    N_,
    QUEUED,
    SENDING,
    SENT,
    UNDELIVERABLE,
    Delivery,
    Outgoing,
    wait_before,
)
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import SUPPRESSED, Refusal

WINDOW = 100
PATIENCE = 3  # faults of the counterpart in a row before the loop gives up for now


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    state: str
    answer: str = ""
    provider_id: str = ""
    not_before: datetime | None = None
    counterpart: bool = False
    unknown: bool = False


@dataclass
class Tally:
    """What one turn of the loop did; `broken` is the counterpart's last answer when it gave up."""

    sent: int = 0
    failed: int = 0
    held: int = 0
    cancelled: int = 0
    in_doubt: int = 0
    retried: int = 0
    broken: str = ""

    def add(self, state: str) -> None:
        name = {QUEUED: "retried"}.get(state, state)
        setattr(self, name, getattr(self, name) + 1)


class Loop:
    """One sender's turn through the waiting messages of a campaign step."""

    def __init__(
        self, *, campaign_key: str, channel: Channel, purpose: str, sender: str,
        make: Callable[[str, dict[str, Any], str], Outgoing], zone: ZoneInfo,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        """make(token, values, address) builds the message; clock gives aware UTC."""
        self.key, self.channel, self.purpose, self.sender = campaign_key, channel, purpose, sender
        self.make, self.zone, self.clock = make, zone, clock
        self.tally = Tally()
        self.pending: tuple[int, Outcome] | None = None

    def run(self, tick: Callable[[], bool]) -> Tally:
        """Send until nothing is due, `tick` (asked before each message) says no, or the counterpart is broken.

        Raises Cancelled when another sender has taken over, or as `tick` does.
        """
        faults = 0
        try:
            while faults < PATIENCE and (due := self._due()):
                for message_id in due:
                    if not tick():
                        return self.tally
                    outcome = self._one(message_id)
                    faults = faults + 1 if outcome and outcome.counterpart else 0
                    if faults == PATIENCE:
                        self.tally.broken = outcome.answer if outcome else ""
                        break
        finally:
            self._flush()
            self.channel.close()
        return self.tally

    def _due(self) -> list[int]:
        self._flush()
        now = self.clock()
        waiting = Message.objects.filter(
            Q(not_before=None) | Q(not_before__lte=now), campaign_key=self.key, state__in=(QUEUED, HELD)
        )
        return list(waiting.order_by("pk").values_list("pk", flat=True)[:WINDOW])

    def _one(self, message_id: int) -> Outcome | None:
        row = self._begin(message_id)
        if row is None:
            return None
        outcome = self._attempt(row)
        self.pending = (message_id, outcome)
        self.tally.add(outcome.state)
        return outcome

    def _begin(self, message_id: int) -> Message | None:
        """Commit the last outcome and, where consent and clock still permit, that this one is `sending`."""
        begun: Message | None = None
        with transaction.atomic():
            overtaken = not self._write_pending()
            row = Message.objects.select_for_update().get(pk=message_id)
            if overtaken or row.state not in (QUEUED, HELD):
                begun = None
            elif refusal := self._refusal(row):
                self._refuse(row, refusal)
                begun = None
            else:
                row.state, row.sender, row.sending_at = SENDING, self.sender, self.clock()
                row.reason, row.attempts = "", row.attempts + 1
                row.save(update_fields=["state", "sender", "sending_at", "reason", "attempts"])
                begun = row
        self._settled(overtaken)
        return begun

    def _refusal(self, row: Message) -> Refusal | None:
        ended = row.permit.get("deal")
        deals = {row.customer_id: date.fromisoformat(ended)} if ended else None
        answer = consent.permits(
            [row.customer_id], self.purpose, self.channel.name, self.clock(), self.zone, deals=deals
        )  # fmt: skip
        verdict = answer[row.customer_id]
        if isinstance(verdict, Refusal):
            return verdict
        if consent.suppressed(self.channel.name, [row.address]):
            return Refusal(row.customer_id, SUPPRESSED)
        if reads.undeliverable(self.channel.name, {row.customer_id: row.address}):
            return Refusal(row.customer_id, UNDELIVERABLE)
        return None

    def _refuse(self, row: Message, refusal: Refusal) -> None:
        """Hold a message that only has to wait for the morning; cancel one that may not go at all."""
        row.state = HELD if refusal.until else CANCELLED
        row.reason, row.not_before = refusal.reason, refusal.until
        row.ended_at = None if refusal.until else self.clock()
        row.save(update_fields=["state", "reason", "not_before", "ended_at"])
        self.tally.add(row.state)

    def _attempt(self, row: Message) -> Outcome:
        try:
            receipt = self.channel.send(self.make(row.token, row.values, row.address))
        except Delivery as error:
            return self._after(error, row.attempts)
        except (BadInput, TooMuch) as error:
            return Outcome(FAILED, str(error)[:300])
        return Outcome(SENT, receipt.answer, receipt.provider_id)

    def _after(self, error: Delivery, attempts: int) -> Outcome:
        if error.doubtful:
            return Outcome(IN_DOUBT, error.answer)
        if error.counterpart:
            return Outcome(QUEUED, error.answer, not_before=self.clock() + wait_before(1), counterpart=True)
        if error.permanent or attempts >= MOST_ATTEMPTS:
            return Outcome(FAILED, error.answer, unknown=error.unknown)
        return Outcome(QUEUED, error.answer, not_before=self.clock() + wait_before(attempts))

    def _flush(self) -> None:
        with transaction.atomic():
            overtaken = not self._write_pending()
        self._settled(overtaken)

    def _settled(self, overtaken: bool) -> None:
        self.pending = None
        if overtaken:
            raise Cancelled(N_("Another sender has taken this campaign over."))

    def _note_unknown(self, row: Message) -> None:
        """Nothing more is sent to an address that is not there, as long as it is the customer's."""
        Undeliverable.objects.update_or_create(
            channel=self.channel.name, customer_id=row.customer_id,
            defaults={"digest": consent.digest(self.channel.name, row.address), "answer": _said(row),
                      "at": self.clock()},
        )  # fmt: skip

    def _write_pending(self) -> bool:
        """Write how the last attempt ended; False where another sender has taken over meanwhile (fencing).

        What this loop knows of its own message it still tells: the other put it in doubt for want of that knowledge.
        """
        if self.pending is None:
            return True
        message_id, outcome = self.pending
        held = Message.objects.filter(pk=message_id, state=SENDING, sender=self.sender)
        changes: dict[str, Any] = {
            "state": outcome.state, "answer": outcome.answer, "provider_id": outcome.provider_id,
            "not_before": outcome.not_before, "ended_at": self.clock() if outcome.state in (SENT, FAILED) else None,
        }  # fmt: skip
        if outcome.counterpart:
            held.update(attempts=0)  # the server's fault is not counted against the message
        if held.update(**changes):
            if outcome.unknown:
                self._note_unknown(Message.objects.get(pk=message_id))
            return True
        Message.objects.filter(pk=message_id, state=IN_DOUBT, sender=self.sender).update(**changes)
        return False


def _said(row: Message) -> str:
    """The answer to a message, without the address it may repeat."""
    return row.answer.replace(row.address, reads.mask(row.address)) if row.address else row.answer
