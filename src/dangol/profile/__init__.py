"""One customer from every room: Customer 360 and the screen pop.

The operations database gives the person, consents, messages, changes and the published standing; the warehouse gives
the purchase lines, laid down in order of customer by `publish`, from which everything else is worked out here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from dangol.base.errors import Damaged, NotFound
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.insight.score import reads as score
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as customer_index
from dangol.insight.score.lifetime import reads as lifetime
from dangol.insight.score.reads import channels as by_channel
from dangol.insight.segments import reads as segments
from dangol.profile.events import KIND_NAMES, KINDS, Event, events_of
from dangol.profile.facts import facts_of, publish

EVENTS_PER_PAGE = 30
CLASSES_SHOWN = 6

__all__ = ["KINDS", "KIND_NAMES", "Event", "Profile", "Spend", "Value", "customer", "publish", "timeline"]


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
    indexes: (name, 0..100, grade). channel_classes: by the schemes of channels the customer bought in. segments: those
    people built that the customer is in and the reader may see, as id and name.
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
    channel_classes: Sequence[by_channel.ClassView] = ()
    segments: Sequence[tuple[int, str]] = ()


def customer(by: Any, customer_id: int, *, kind: str = "", page: int = 1) -> Profile:
    """Everything about one customer the reader may see.

    kind: one of KINDS to show only these entries of the timeline. page: of the timeline, from 1; each page holds the
    earlier ones too, so that the place in it is kept. Raises NotFound for a missing and a foreign customer alike.
    """
    person = identify.customer(by, customer_id)
    facts = facts_of(*person.ids)
    consents = consent.of_customer(person.id)
    events = sorted(events_of(person.ids, facts, consents), key=lambda event: event.at, reverse=True)
    chosen = [event for event in events if not kind or event.kind == kind]
    shown = EVENTS_PER_PAGE * max(1, min(page, 1000))
    segment = person.standing.segment if person.standing else ""
    names = score.strategies()
    return Profile(
        person=person, value=_value(person, facts.lines), segment=segment,
        strategy=names.get(segment),
        consents=[word for word in consents if word.current],
        last_contact=next((event for event in events if event.kind == "contact"), None),
        history=_whole(partial(score.history, names=names), person.id), worth=lifetime.of_customer(person.id),
        track=_track(facts.lines),
        monthly=_monthly(facts.lines), classes=_classes(facts.lines),
        events=chosen[:shown], counts=Counter(event.kind for event in events), more=len(chosen) > shown,
        available=facts.available, groups=_whole(groups.of_customer, person.id),
        indexes=_whole(customer_index.of_customer, person.id), segments=segments.of_customer(by, person.ids),
        channel_classes=_whole(partial(by_channel.of_customer, names=names), person.id),
    )  # fmt: skip


def timeline(by: Any, customer_id: int, *, kind: str = "") -> list[Event]:
    """All entries of a customer's timeline, newest first. Raises NotFound."""
    ids = identify.customer(by, customer_id).ids
    found = events_of(ids, facts_of(*ids), consent.of_customer(ids[0]))
    return sorted((one for one in found if not kind or one.kind == kind), key=lambda one: one.at, reverse=True)


def _whole(told: Callable[[int], Sequence[Any]], customer_id: int) -> Sequence[Any]:
    """What a snapshot tells of a customer; nothing where no whole one is left."""
    try:
        return told(customer_id)
    except (NotFound, Damaged):
        return []


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
