"""What customers said, what lapses soon, and whom a result must still be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from dangol.customers.consent import rules
from dangol.customers.consent.models import Consent, Joined, Minor
from dangol.customers.consent.reads.permits import policy_at

CHUNK = 5000


@dataclass(frozen=True)
class Word:
    """One word of a customer about a purpose and channel.

    merges: the merges it came by, where it was another customer's. until: first day it no longer counts, if any.
    """

    id: int
    customer_id: int
    purpose: str
    channel: str
    given: bool
    current: bool
    at: datetime
    until: date | None
    text_version: str
    proof: str
    through: str
    origin: str
    by: str
    noticed_at: datetime | None
    merges: str
    generated: bool


def _word(row: Consent) -> Word:
    return Word(
        id=row.pk, customer_id=row.customer_id, purpose=row.purpose, channel=row.channel, given=row.given,
        current=row.current, at=row.at, until=row.until, text_version=row.text_version, proof=row.proof,
        through=row.through, origin=row.origin, by=row.by.name if row.by else "", noticed_at=row.noticed_at,
        merges=row.merges, generated=row.generated,
    )  # fmt: skip


def of_customer(customer_id: int) -> list[Word]:
    """Every word of a customer, the present ones first, then the newest."""
    rows = Consent.objects.filter(customer_id=customer_id).select_related("by").order_by("-current", "-at", "-pk")
    return [_word(row) for row in rows]


@dataclass(frozen=True)
class Cell:
    """How many customers stand how about one purpose and channel; due_soon within 30, due_now within 7 days."""

    purpose: str
    channel: str
    agreed: int
    refused: int
    lapsed: int
    due_soon: int
    due_now: int
    generated: int


def overview(at: datetime, zone: ZoneInfo) -> list[Cell]:
    """Counts per purpose and channel; agreed counts those who may be written to by their consent's age."""
    policy = policy_at(at, zone)
    now, soon, next_week = (rules.oldest_valid(policy, at + timedelta(days=days), zone) for days in (0, 30, 7))
    fresh = Q(given=True, at__gte=now) & (Q(until=None) | Q(until__gt=at.astimezone(zone).date()))
    rows: Any = (
        _standing()
        .values("purpose", "channel")
        .annotate(
            agreed=Count("pk", filter=fresh),
            refused=Count("pk", filter=Q(given=False)),
            lapsed=Count("pk", filter=Q(given=True) & ~fresh),
            due_soon=Count("pk", filter=fresh & Q(at__lt=soon)),
            due_now=Count("pk", filter=fresh & Q(at__lt=next_week)),
            made=Count("pk", filter=Q(generated=True)),
        )
        .order_by()
    )
    order = {purpose: place for place, purpose in enumerate(rules.PURPOSES)}
    cells = [Cell(**{name: row[name] for name in row if name != "made"}, generated=row["made"]) for row in rows]
    return sorted(cells, key=lambda cell: (order.get(cell.purpose, 9), cell.channel))


def _standing() -> QuerySet[Consent]:
    """The current words, each person's once: what was said by a customer who is joined with another is not counted."""
    gone = Joined.objects.filter(parted_at=None).values("gone")
    return Consent.objects.filter(current=True).exclude(customer_id__in=gone)


@dataclass(frozen=True)
class Due:
    """An agreement that lapses on a day unless it is confirmed, or whose result must be told until a day."""

    consent_id: int
    customer_id: int
    purpose: str
    channel: str
    given: bool
    at: datetime
    by_day: date
    generated: bool


def due_again(
    at: datetime,
    zone: ZoneInfo,
    *,
    days: int,
    generated: bool = True,
    limit: int | None = 200,
    customers: Sequence[int] | None = None,
) -> list[Due]:
    """Agreements that lapse within some days, the first to lapse first. limit None: all.

    customers: only of these; some thousands at most.

    Source: Network Act art. 50(8), Decree 62-3: confirmed before the same date two years later.
    """
    policy = policy_at(at, zone)
    now, soon = rules.oldest_valid(policy, at, zone), rules.oldest_valid(policy, at + timedelta(days=days), zone)
    rows = _standing().filter(given=True, at__gte=now, at__lt=soon).exclude(purpose=rules.PROFILING)
    rows = rows if generated else rows.filter(generated=False)
    rows = rows if customers is None else rows.filter(customer_id__in=customers)
    found = rows.order_by("at", "pk")
    return [_due(row, rules.lapses_on(policy, row.at, zone)) for row in (found if limit is None else found[:limit])]


def _due(row: Consent, day: date) -> Due:
    return Due(row.pk, row.customer_id, row.purpose, row.channel, row.given, row.at, day, row.generated)


def _untold() -> QuerySet[Consent]:
    """Words whose result was not told yet; of two written for one person the one that person said."""
    gone = Joined.objects.filter(parted_at=None).values("gone")
    own = Consent.objects.filter(noticed_at=None, generated=False, merges="")
    return own.exclude(Q(given=False) & Q(customer_id__in=gone))


def waiting_notices(at: datetime, zone: ZoneInfo, *, limit: int | None = 200) -> list[Due]:
    """Words whose result the customer must still be told, the first due first; generated ones are never told.

    Source: Network Act art. 50(7), Decree 62-2: 14 days.
    """
    days = timedelta(days=policy_at(at, zone).notice_days)
    rows = _untold().order_by("at", "pk")
    chosen: Iterable[Consent] = rows if limit is None else rows[:limit]
    return [_due(row, (row.at + days).astimezone(zone).date()) for row in chosen]


def overdue_notices(at: datetime, zone: ZoneInfo) -> int:
    """How many results of giving or refusing consent were not told within the days the law gives.

    Generated words are not counted. Source: Network Act art. 50(7), Decree 62-2: 14 days.
    """
    limit = at - timedelta(days=policy_at(at, zone).notice_days)
    return _untold().filter(at__lt=limit).count()


@dataclass(frozen=True)
class Guardianship:
    """A customer under the age of consent: until when, and who agreed in their place."""

    customer_id: int
    grown_on: date
    guardian: str
    relation: str
    proof: str
    agreed_at: datetime | None
    by: str


def guardianship(customer_id: int, day: date) -> Guardianship | None:
    """The guardian's part for a customer who is under 14 on a day; None for everybody else."""
    row = Minor.objects.select_related("by").filter(pk=customer_id, grown_on__gt=day).first()
    if row is None:
        return None
    return Guardianship(
        row.customer_id, row.grown_on, row.guardian, row.relation, row.proof, row.agreed_at,
        row.by.name if row.by else "",
    )  # fmt: skip


def refused_profiling(customer_ids: Sequence[int]) -> set[int]:
    """Which of these customers refuse decisions taken by a machine. Source: PIPA art. 37-2(1)."""
    found: set[int] = set()
    about: dict[str, Any] = {"purpose": rules.PROFILING, "current": True, "given": False}
    for start in range(0, len(customer_ids), CHUNK):
        part = customer_ids[start : start + CHUNK]
        found |= set(Consent.objects.filter(customer_id__in=part, **about).values_list("customer_id", flat=True))
    return found


def old_words(before: datetime) -> int:
    """How many words said before a moment another word has taken the place of."""
    return Consent.objects.filter(current=False, at__lt=before).count()


def minors(day: date) -> set[int]:
    """The customers who are known to be under 14 on a day."""
    return set(Minor.objects.filter(grown_on__gt=day).values_list("pk", flat=True))
