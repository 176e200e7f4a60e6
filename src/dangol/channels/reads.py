"""Looks at the send ledger and the channels that are switched on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from dangol.base.errors import NotFound
from dangol.channels import Channel, rules
from dangol.channels.models import Message, Undeliverable
from dangol.customers.consent import reads as consent

CHUNK = 900


@dataclass(frozen=True)
class MessageView:
    """A message of the ledger; the address is masked."""

    id: int
    campaign_key: str
    step: str
    customer_id: int
    channel: str
    state: str
    reason: str
    address: str
    attempts: int
    answer: str
    queued_at: datetime
    sending_at: datetime | None
    ended_at: datetime | None
    not_before: datetime | None


def channel(name: str) -> Channel:
    """A new adapter of a channel that is switched on. Raises NotFound."""
    try:
        adapter: Channel = import_string(settings.CHANNELS[name])()
    except KeyError:
        raise NotFound("The channel {name} is not switched on.", name=name) from None
    return adapter


@cache
def names() -> tuple[str, ...]:
    """Names of the channels that are switched on."""
    return tuple(settings.CHANNELS)


def mask(address: str) -> str:
    """An address with most of its local part hidden: mina@example.com is m•••@example.com."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"


def _view(row: Message) -> MessageView:
    return MessageView(
        id=row.pk, campaign_key=row.campaign_key, step=row.step, customer_id=row.customer_id, channel=row.channel,
        state=row.state, reason=row.reason, address=mask(row.address), attempts=row.attempts, answer=row.answer,
        queued_at=row.queued_at, sending_at=row.sending_at, ended_at=row.ended_at, not_before=row.not_before,
    )  # fmt: skip


def _of(campaign_key: str) -> QuerySet[Message]:
    return Message.objects.filter(campaign_key=campaign_key)


def counts(campaign_key: str) -> dict[str, int]:
    """How many messages of a campaign are in each state; every state is named, also with 0."""
    found = _of(campaign_key).values_list("state").annotate(n=Count("pk")).order_by()
    return dict.fromkeys(rules.STATES, 0) | dict(found)


def by_answer(campaign_key: str, state: str) -> list[tuple[str, int]]:
    """The answers that messages in a state ended with, most frequent first."""
    rows = _of(campaign_key).filter(state=state).values_list("answer").annotate(n=Count("pk"))
    return list(rows.order_by("-n", "answer")[:10])


def listed(campaign_key: str, state: str, *, limit: int = 200) -> list[MessageView]:
    """Messages in one state, oldest first."""
    return [_view(row) for row in _of(campaign_key).filter(state=state).order_by("pk")[:limit]]


def of_customer(*ids: int, limit: int = 50) -> list[MessageView]:
    """A customer's messages, newest first. ids: those under which the person is known; limit: for each of them."""
    rows = Message.objects.filter(customer_id__in=ids).order_by("-pk")
    return [_view(row) for row in rows[: limit * len(ids)]]


def of_token(token: str) -> MessageView:
    """The message a link's token names. Raises NotFound."""
    row = Message.objects.filter(token=token).first()
    if row is None:
        raise NotFound("This link is not valid or no longer valid.")
    return _view(row)


def one(message_id: int) -> MessageView:
    """One message. Raises NotFound."""
    row = Message.objects.filter(pk=message_id).first()
    if row is None:
        raise NotFound("There is no such message.")
    return _view(row)


def delivered(campaign_key: str, *, unrecorded_only: bool, limit: int) -> list[tuple[int, int, datetime]]:
    """Messages that left: (message id, customer id, when)."""
    rows: Any = _of(campaign_key).filter(state__in=(rules.SENT, rules.BOUNCED))
    if unrecorded_only:
        rows = rows.filter(recorded=False)
    return list(rows.order_by("pk").values_list("pk", "customer_id", "ended_at")[:limit])


def next_due(campaign_key: str) -> datetime | None:
    """When the next waiting message of a campaign may go; None when none waits for a time."""
    waiting = _of(campaign_key).filter(state__in=(rules.QUEUED, rules.HELD), not_before__isnull=False)
    found: datetime | None = waiting.aggregate(first=Min("not_before"))["first"]
    return found


def outcomes(campaign_key: str, states: Sequence[str]) -> list[MessageView]:
    """Messages under one key that stand in some states and were not carried on yet, oldest first."""
    return [_view(row) for row in _of(campaign_key).filter(state__in=states, recorded=False).order_by("pk")]


def known_steps(campaign_key: str) -> set[str]:
    """The steps under one key that have a message, whatever became of it."""
    return set(_of(campaign_key).values_list("step", flat=True))


def named(before: datetime) -> int:
    """How many messages that ended before a moment still hold an address."""
    return Message.objects.filter(ended_at__lt=before).exclude(address="").count()


@dataclass(frozen=True)
class Refused:
    """What an address's own server answered when it refused it for good."""

    channel: str
    answer: str
    at: datetime


def undeliverable(channel: str, addresses: Mapping[int, str]) -> set[int]:
    """Which customers have an address that its own server refused for good in the last half year.

    addresses: customer -> present address; a customer with another address than then is reachable again.
    """
    found: set[int] = set()
    known = _believed().filter(channel=channel)
    if not known.exists():
        return found
    ids = list(addresses)
    for start in range(0, len(ids), CHUNK):
        rows = known.filter(customer_id__in=ids[start : start + CHUNK]).values_list("customer_id", "digest")
        found |= {one for one, digest in rows if digest == consent.digest(channel, addresses[one])}
    return found


def _believed() -> QuerySet[Undeliverable]:
    return Undeliverable.objects.filter(at__gte=timezone.now() - rules.BELIEVED)


def refused(*ids: int) -> list[Refused]:
    """What is known of a customer's addresses being refused for good. ids: those the person is known under."""
    return [Refused(row.channel, row.answer, row.at) for row in _believed().filter(customer_id__in=ids)]
