"""Purchases by the company's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.conf import settings

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import seasons as tables

HOUR, QUARTER = 3600, 900  # a clock may differ from UTC by a quarter of an hour, never by less


@dataclass(frozen=True)
class Hour:
    """What was bought within an hour of a day: orders, amount in minor units (returns taken off)."""

    orders: int = 0
    amount: int = 0


def by_hour(case: Case, span: Span) -> Mapping[tuple[date, int], Hour]:
    """The hours with purchases: (day, hour) -> what was bought."""
    seconds = _slot(span)
    zone = settings.DANGOL.zone
    found: dict[tuple[date, int], Hour] = {}
    for row in case.arrow(tables.slots(case.star(case.unsplit), case.unsplit, span, seconds)):
        local = datetime.fromtimestamp(row["slot"] * seconds, UTC).astimezone(zone)
        key = local.date(), local.hour
        one = found.get(key, Hour())
        found[key] = Hour(one.orders + row["orders"], one.amount + row["amount"])
    return found


def _slot(span: Span) -> int:
    """How long the slots are that fit into the hours of the company's clock."""
    ends = (datetime.combine(day, time(12), settings.DANGOL.zone).utcoffset() for day in (span.first, span.last))
    return HOUR if all(offset is not None and offset.seconds % HOUR == 0 for offset in ends) else QUARTER
