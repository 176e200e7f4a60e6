"""Looks at who was in charge of customers, and when."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import F, Q

from dangol.base.period import company_day
from dangol.customers.identify.models import Customer, Merge, Posting, SourceKey
from dangol.customers.identify.postings import rules

CHUNK = 900
SCHEMA = pa.schema(
    [("source", pa.string()), ("key", pa.string()), ("customer_id", pa.int64()), ("from_day", pa.date32()),
     ("until_day", pa.date32()), ("unit_id", pa.int64()), ("rep_id", pa.int64())]
)  # fmt: skip
Course = list[rules.Posting]


def written(ids: Iterable[int]) -> dict[int, Course]:
    """What was written down about customers, in that order; those of whom nothing was are left out."""
    wanted = list(ids)
    return {
        pk: words for start in range(0, len(wanted), CHUNK)
        for pk, words in _words(Q(customer_id__in=wanted[start : start + CHUNK])).items()
    }  # fmt: skip


def _words(which: Q) -> dict[int, Course]:
    found: dict[int, Course] = defaultdict(list)
    rows = Posting.objects.filter(which, off=False).order_by("pk")
    words = rows.values_list("customer_id", "from_day", "unit_id", "rep_id")
    for customer, day, unit, rep in words.iterator(chunk_size=20_000):
        found[customer].append(rules.Posting(day, unit, rep))
    return found


class _Courses:
    """Who was in charge of each customer, also of those who became part of another one since."""

    def __init__(self) -> None:
        self.words = _words(Q())
        zone = settings.DANGOL.zone
        edges = Merge.objects.filter(parted_at=None).values_list("gone_id", "kept_id", "at")
        self.edges = {gone: (kept, company_day(at, zone)) for gone, kept, at in edges.iterator()}
        self.rows = self._rows()

    def _rows(self) -> dict[int, tuple[int, int | None, int | None]]:
        """Whole, unit and rep of the customers whose lines may have been with others than they are with today."""
        others = Customer.objects.filter(merged_into__isnull=False).exclude(
            unit=F("merged_into__unit"), rep=F("merged_into__rep")
        )
        moved = {*self.words, *others.values_list("pk", flat=True)}
        below: dict[int, list[int]] = defaultdict(list)
        for gone, (kept, _day) in self.edges.items():
            below[kept].append(gone)
        wanted, fresh = set[int](), moved
        while fresh:
            wanted |= fresh
            fresh = {gone for kept in fresh for gone in below[kept]} - wanted
        while fresh := {self.edges[gone][0] for gone in wanted if gone in self.edges} - wanted:
            wanted |= fresh
        found: dict[int, tuple[int, int | None, int | None]] = {}
        listed = sorted(wanted)
        for start in range(0, len(listed), CHUNK):
            rows = Customer.objects.filter(pk__in=listed[start : start + CHUNK])
            for pk, into, unit, rep in rows.values_list("pk", "merged_into_id", "unit_id", "rep_id"):
                found[pk] = (into or pk, unit, rep)
        return found

    def of(self, customer: int) -> Course:
        """The course of the lines that came under a customer's own keys."""
        _whole, unit, rep = self.rows[customer]
        own = rules.course(self.words.get(customer) or [rules.Posting(rules.BEGINNING, unit, rep)])
        if customer not in self.edges:
            return own
        kept, day = self.edges[customer]
        return rules.joined(own, self.of(kept), day)


def by_key() -> pa.Table:
    """The keys whose customer changed hands: source, key, customer_id, from_day, until_day, unit_id, rep_id.

    A row a posting; until_day is the day after its last one. Keys that are not here were always with whom their
    customer is with today.
    """
    courses = _Courses()
    rows: list[tuple[Any, ...]] = []
    moved = {}
    for pk, (whole, *_charge) in courses.rows.items():
        found = courses.of(pk)
        if len(found) > 1 or found[0].whose != courses.rows[whole][1:]:
            moved[pk] = (whole, rules.spans(found))
    listed = sorted(moved)
    for start in range(0, len(listed), CHUNK):
        keys = SourceKey.objects.filter(customer_id__in=listed[start : start + CHUNK])
        for source, key, pk in keys.values_list("source", "key", "customer_id"):
            whole, spans = moved[pk]
            rows += [(source, key, whole, one.from_day, until, *one.whose) for one, until in spans]
    columns: list[Any] = list(zip(*rows, strict=True)) or [[]] * len(SCHEMA)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )
