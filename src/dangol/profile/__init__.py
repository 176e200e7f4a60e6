"""One customer from every room: Customer 360 and the screen pop.

The operations database gives the person, consents, messages, changes and the published standing; the warehouse gives
the purchase lines, laid down in order of customer by `publish`, from which everything else is worked out here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from dangol.base.errors import Damaged, NotFound
from dangol.channels import reads as channels
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.customers.surveys import reads as surveys
from dangol.insight.score import reads as score
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as customer_index
from dangol.insight.score.lifetime import reads as lifetime
from dangol.profile.facts import Facts, facts_of, publish

KINDS = ("purchase", "contact", "response", "survey", "consent", "change")
EVENTS_PER_PAGE = 30
CLASSES_SHOWN = 6
ITEMS_SHOWN = 4

__all__ = ["KINDS", "KIND_NAMES", "Event", "Profile", "Spend", "Value", "customer", "publish", "timeline"]


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


@dataclass(frozen=True)
class Spend:
    """A product class and what was spent on it (minor units)."""

    name: str
    amount: int
    share: float


@dataclass(frozen=True)
class Value:
    """What a customer is worth: amounts in minor units; cycle_days is the mean number of days between purchase days."""

    orders: int
    amount: int
    average_ticket: int | None
    first_day: date | None
    last_day: date | None
    recency_days: int | None
    cycle_days: float | None
    as_of: date | None


@dataclass(frozen=True)
class Profile:
    """One customer from every room.

    segment: code; strategy: its name, aim and text in the reader's language, or None where there is none. history:
    standings at month ends, oldest first. worth: lifetime figures, None where there is no model; track: (day, P(alive))
    at the latest month ends. monthly: (first of the month, amount). available: False where the warehouse
    could not be read, so that purchases are missing for a reason. groups: (grouping, group).
    indexes: (name, 0..100, grade).
    """

    person: identify.Person
    value: Value
    segment: str
    strategy: Any
    consents: Sequence[Any]
    last_contact: Event | None
    history: Sequence[Any]
    worth: lifetime.Worth | None
    track: Sequence[tuple[date, float]]
    monthly: Sequence[tuple[date, int]]
    classes: Sequence[Spend]
    events: Sequence[Event]
    counts: Mapping[str, int]
    more: bool
    available: bool
    groups: Sequence[tuple[str, str]] = ()
    indexes: Sequence[tuple[str, float, str]] = ()


def customer(by: Any, customer_id: int, *, kind: str = "", page: int = 1) -> Profile:
    """Everything about one customer the reader may see.

    kind: one of KINDS to show only these entries of the timeline. page: of the timeline, from 1; each page holds the
    earlier ones too, so that the place in it is kept. Raises NotFound for a missing and a foreign customer alike.
    """
    person = identify.customer(by, customer_id)
    facts = facts_of(*person.ids)
    consents = consent.of_customer(person.id)
    events = sorted(_events(person.ids, facts, consents), key=lambda event: event.at, reverse=True)
    chosen = [event for event in events if not kind or event.kind == kind]
    shown = EVENTS_PER_PAGE * max(1, min(page, 1000))
    segment = person.standing.segment if person.standing else ""
    return Profile(
        person=person, value=_value(person, facts.lines), segment=segment,
        strategy=score.strategies().get(segment) if segment else None,
        consents=[word for word in consents if word.current],
        last_contact=next((event for event in events if event.kind == "contact"), None),
        history=_history(person.id), worth=lifetime.of_customer(person.id), track=_track(facts.lines),
        monthly=_monthly(facts.lines), classes=_classes(facts.lines),
        events=chosen[:shown], counts=Counter(event.kind for event in events), more=len(chosen) > shown,
        available=facts.available, groups=_whole(groups.of_customer, person.id),
        indexes=_whole(customer_index.of_customer, person.id),
    )  # fmt: skip


def timeline(by: Any, customer_id: int, *, kind: str = "") -> list[Event]:
    """All entries of a customer's timeline, newest first. Raises NotFound."""
    ids = identify.customer(by, customer_id).ids
    found = _events(ids, facts_of(*ids), consent.of_customer(ids[0]))
    return sorted((one for one in found if not kind or one.kind == kind), key=lambda one: one.at, reverse=True)


def _whole(told: Callable[[int], Sequence[Any]], customer_id: int) -> Sequence[Any]:
    """What a snapshot tells of a customer; nothing where no whole one is left."""
    try:
        return told(customer_id)
    except (NotFound, Damaged):
        return []


def _history(customer_id: int) -> Sequence[Any]:
    return _whole(score.history, customer_id)


def _track(lines: Sequence[Mapping[str, Any]]) -> Sequence[tuple[date, float]]:
    """Days on which something was bought and not only returned count, as for everybody."""
    return lifetime.track([line["day"] for line in lines if line["amount"] >= 0])


def _value(person: identify.Person, lines: Sequence[Mapping[str, Any]]) -> Value:
    days = sorted({line["day"] for line in lines})
    gaps = (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else None
    standing = person.standing
    if lines:
        orders = len({line["order_id"] for line in lines})
        amount = sum(line["amount"] for line in lines)
    else:
        orders, amount = (standing.orders, standing.amount) if standing else (0, 0)
    return Value(
        orders=orders, amount=amount, average_ticket=round(amount / orders) if orders else None,
        first_day=days[0] if days else standing.first_day if standing else None,
        last_day=days[-1] if days else standing.last_day if standing else None,
        recency_days=standing.recency_days if standing else None,
        cycle_days=gaps, as_of=standing.as_of if standing else None,
    )  # fmt: skip


def _monthly(lines: Sequence[Mapping[str, Any]]) -> list[tuple[date, int]]:
    """Spend by month, months without a purchase between them as 0."""
    sums: dict[date, int] = defaultdict(int)
    for line in lines:
        sums[line["day"].replace(day=1)] += line["amount"]
    if not sums:
        return []
    month, last, found = min(sums), max(sums), []
    while month <= last:
        found.append((month, sums.get(month, 0)))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found[-24:]


def _classes(lines: Sequence[Mapping[str, Any]]) -> list[Spend]:
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line["product_major"] or ""] += line["amount"]
    total = sum(sums.values())
    best = sorted(((name, amount) for name, amount in sums.items() if name), key=lambda pair: -pair[1])
    return [Spend(name, amount, amount / total if total > 0 else 0.0) for name, amount in best[:CLASSES_SHOWN]]


def _events(ids: Sequence[int], facts: Facts, consents: Sequence[Any]) -> Iterator[Event]:
    """ids: those under which the person is known, the customer itself first; messages stay with whom they went to."""
    yield from _purchases(facts.lines)
    messages = channels.of_customer(*ids)
    yield from _messages(messages)
    yield from (
        Event("contact", word.at, N_("The address was refused for good, nothing more is sent to it: {answer}"),
              {"answer": word.answer}) for word in channels.refused(*ids)
    )  # fmt: skip
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
