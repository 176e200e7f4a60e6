"""The sending loop over the ledger: never twice, never lost, and only to those who permit it now.

One commit per message: it writes how the one before ended and that the next is `sending`, before the network is
touched. A crash therefore leaves at most one message in `sending`; whoever takes the campaign over finds it and puts it
`in_doubt`, where a person decides. Nothing is ever sent again blindly.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from dangol.base.errors import BadInput, Cancelled, Conflict, NotFound, TooMuch
from dangol.base.identifiers import token as new_token
from dangol.channels import Answering, Channel
from dangol.channels.models import Message
from dangol.channels.rules import (
    BOUNCED,
    CANCELLED,
    FAILED,
    HELD,
    IN_DOUBT,
    MOST_ATTEMPTS,
    N_,
    QUEUED,
    SENDING,
    SENT,
    Delivery,
    Outgoing,
    may_become,
    wait_before,
)
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import SUPPRESSED, Permit, Refusal
from dangol.staff.actions import note_access

CHUNK = 1000
WINDOW = 100
LEFT_BEHIND = N_("The sender stopped while this message was on its way.")
PATIENCE = 3  # faults of the counterpart in a row before the loop gives up for now


@dataclass(frozen=True)
class Person:
    """Whom a message is for: address, what the template says to them, and the permit it relies on."""

    address: str
    values: dict[str, Any]
    permit: Permit


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    state: str
    answer: str = ""
    provider_id: str = ""
    not_before: datetime | None = None
    counterpart: bool = False


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
            return Outcome(FAILED, error.answer)
        return Outcome(QUEUED, error.answer, not_before=self.clock() + wait_before(attempts))

    def _flush(self) -> None:
        with transaction.atomic():
            overtaken = not self._write_pending()
        self._settled(overtaken)

    def _settled(self, overtaken: bool) -> None:
        self.pending = None
        if overtaken:
            raise Cancelled(N_("Another sender has taken this campaign over."))

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
            return True
        Message.objects.filter(pk=message_id, state=IN_DOUBT, sender=self.sender).update(**changes)
        return False


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


def forget(*, customer_ids: Sequence[int]) -> int:
    """Take addresses and personal values out of the messages to customers; what has not left is cancelled.

    That a message was sent, when and with which consent stays: the law keeps records of advertising for 6 months
    (E-Commerce Act art. 6, Decree art. 6). The token changes, so that no link of an old message opens anything.
    Harmless when repeated. Returns how many messages were emptied.
    """
    own = Message.objects.filter(customer_id__in=customer_ids)
    with transaction.atomic():
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
