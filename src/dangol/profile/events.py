"""What happened to one customer, from every room, as entries of one timeline."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from dangol.channels import reads as channels
from dangol.customers.identify import reads as identify
from dangol.customers.surveys import reads as surveys
from dangol.profile.facts import Facts

KINDS = ("purchase", "contact", "response", "survey", "consent", "change")
ITEMS_SHOWN = 4


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


KIND_NAMES = {
    "purchase": N_("Purchases"), "contact": N_("Campaigns"), "response": N_("Responses"), "survey": N_("Surveys"),
    "consent": N_("Consent"), "change": N_("Changes"),
}  # fmt: skip
MESSAGE_STATES = {
    "queued": N_("waiting"), "held": N_("held until the morning"), "sending": N_("being sent"), "sent": N_("sent"),
    "in_doubt": N_("unclear whether it arrived"), "failed": N_("failed"), "cancelled": N_("cancelled"),
    "bounced": N_("came back"),
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One entry of the timeline. title: a sentence template with {names} of params; amount: minor units."""

    kind: str
    at: datetime
    title: str
    params: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    amount: int | None = None
    whole_day: bool = False
    generated: bool = False


def events_of(ids: Sequence[int], facts: Facts, consents: Sequence[Any]) -> Iterator[Event]:
    """ids: those under which the person is known, the customer itself first; messages stay with whom they went to."""
    yield from _purchases(facts.lines)
    messages = channels.of_customer(*ids)
    yield from _messages(messages)
    if any(message.state == "failed" for message in messages):
        yield from _refused(ids)
    yield from _contacts(facts.contacts, {message.campaign_key for message in messages})
    yield from _responses(facts.responses)
    yield from _surveys(ids)
    yield from _consents(consents)
    yield from _changes(ids)


def _purchases(lines: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    orders: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        orders[line["order_id"]].append(line)
    for order_id, rows in orders.items():
        best = sorted(rows, key=lambda row: -row["amount"])
        items = list(dict.fromkeys(row["product_minor"] or row["product"] or row["product_key"] for row in best))
        yield Event(
            "purchase", _moment(rows[0]["sold_at"]), N_("Order {order}: {lines} lines"),
            {"order": order_id, "lines": len(rows)},
            detail=", ".join(items[:ITEMS_SHOWN]) + (" …" if len(items) > ITEMS_SHOWN else ""),
            amount=sum(row["amount"] for row in rows),
        )  # fmt: skip


def _messages(messages: Sequence[Any]) -> Iterator[Event]:
    for message in messages:
        yield Event(
            "contact", message.ended_at or message.sending_at or message.queued_at,
            N_("Campaign {campaign} by {channel}"), {"campaign": message.campaign_key, "channel": message.channel},
            detail=MESSAGE_STATES.get(message.state, message.state),
        )  # fmt: skip


def _refused(ids: Sequence[int]) -> Iterator[Event]:
    """Addresses that their own servers do not know."""
    for word in channels.refused(*ids):
        title = N_("The address was refused for good, nothing more is sent to it: {answer}")
        yield Event("contact", word.at, title, {"answer": word.answer})


def _contacts(rows: Sequence[Mapping[str, Any]], known: set[str]) -> Iterator[Event]:
    """Contacts from sources; those of our own messages are shown as messages already."""
    for row in rows:
        day = row["contacted_on"] or row["starts_on"]
        if day is None or row["campaign_key"] in known:
            continue
        yield Event(
            "contact", _noon(day), N_("Received campaign {campaign}"),
            {"campaign": row["campaign"] or row["campaign_key"]}, detail=row["channel"] or "", whole_day=True,
        )  # fmt: skip


def _responses(rows: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    for row in rows:
        yield Event(
            "response", _noon(row["responded_on"]), N_("Responded to campaign {campaign}"),
            {"campaign": row["campaign"] or row["campaign_key"]}, detail=row["kind"] or "", whole_day=True,
        )  # fmt: skip


def _surveys(ids: Sequence[int]) -> Iterator[Event]:
    for told in surveys.of_customer(*ids, language=(get_language() or "ko")[:2]):
        said = " · ".join(f"{question} {answer}" for question, answer in told.answers)
        yield Event("survey", told.at, N_("Answered “{survey}”"), {"survey": told.survey}, detail=said[:400])


def _consents(words: Sequence[Any]) -> Iterator[Event]:
    for word in words:
        title = N_("Agreed: {purpose}, {channel}") if word.given else N_("Refused: {purpose}, {channel}")
        yield Event(
            "consent", word.at, title, {"purpose": word.purpose, "channel": word.channel}, detail=word.text_version,
            generated=word.generated,
        )  # fmt: skip


def _changes(ids: Sequence[int]) -> Iterator[Event]:
    for row in identify.changes(*ids):
        if row["undone_at"] is None:
            title = N_("Changed {field}: “{before}” became “{after}”")
            yield Event(
                "change", row["at"], title,
                {"field": row["field"], "before": row["before"] or "–", "after": row["after"] or "–"},
                detail=row["member"] or row["source"],
            )  # fmt: skip


def _moment(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _noon(day: date) -> datetime:
    """A calendar day without a time stands at the company's noon, so that no zone moves it to another day."""
    return datetime.combine(day, time(12), tzinfo=settings.DANGOL.zone)
