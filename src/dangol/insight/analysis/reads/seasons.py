"""Seasonality."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import seasons as rules
from dangol.insight.analysis.rules import spans
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Found, Sentence, Tile, say
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import purchases as hours
from dangol.insight.analysis.tables import seasons as tables
from dangol.insight.warehouse import rules as clock

MOST_YEARS = 5
PERIOD = N_("Looked at: {first} – {last}.")


def found(case: Case) -> Found:
    """The report: over all whole months of data up to the period's end, five years at most."""
    last = spans.month_number(case.now.last)
    first = max(spans.month_number(case.first_day), last - 12 * MOST_YEARS + 1)
    span = Span(spans.month_first(first), case.now.last)
    star, question = case.view.star, case.unsplit
    days = {row["day"]: row["amount"] for row in case.arrow(tables.days(star, question, span))}
    months, weekdays = rules.by_month(days, span), rules.by_weekday(days, span)
    zone = clock.stretches(
        settings.DANGOL.zone,
        datetime.combine(span.first, time()),
        datetime.combine(span.last, time()) + timedelta(days=2),
    )
    by_hour = _by_hour(case.arrow(hours.hours(star, question, span, zone)))
    told = rules.findings([index for _mean, index in months], [index for _mean, index in weekdays], span.months)
    blocks = [
        _indices("months", N_("Months of the year"), N_("Month of the year"), rules.MONTHS, months),
        _indices("weekdays", N_("Weekdays"), N_("Weekday"), rules.WEEKDAYS, weekdays),
        *([_hours(by_hour)] if by_hour else []),
    ]
    notes = [say(PERIOD, first=("day", span.first), last=("day", span.last))]
    return Found(told, blocks, _tiles(days, span), notes)


def _tiles(days: dict[date, int], span: Span) -> list[Tile]:
    n = (span.last - span.first).days + 1
    return [Tile(N_("Sales a day"), "money", sum(days.values()) / n), Tile(N_("Months of data"), "count", span.months)]


def _indices(
    name: str, title: str, label: str, names: tuple[str, ...], figures: list[tuple[float, float | None]]
) -> Block:
    rows: list[dict[str, Any]] = [
        {"name": Sentence(one), "mean": mean, "index": index} for one, (mean, index) in zip(names, figures, strict=True)
    ]
    drawn = [row for row in rows if row["index"] is not None]
    return Block(
        name,
        title,
        [
            Column("name", label, "text"),
            Column("mean", N_("Sales a day"), "money"),
            Column("index", N_("Index"), "index"),
        ],
        rows,
        chart=Chart("index", "index", "name", caption=Sentence(N_("Index: 100 is the mean")), rows=drawn),
    )


def _by_hour(rows: list[dict[str, Any]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        found[row["hour"]] = found.get(row["hour"], 0) + row["orders"]
    return dict(sorted(found.items()))


def _hours(by_hour: dict[int, int]) -> Block:
    whole = sum(by_hour.values())
    rows = [{"hour": hour, "orders": n, "share": n / whole} for hour, n in by_hour.items()]
    return Block(
        "hours",
        N_("Hours of the day"),
        [
            Column("hour", N_("Hour"), "text"),
            Column("orders", N_("Orders"), "count"),
            Column("share", N_("Share"), "share"),
        ],
        rows,
        chart=Chart("columns", "hour", "share", caption=Sentence(N_("Share of the orders by hour"))),
    )
