"""Seasonality."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from dangol.insight.analysis.reads import hours
from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import seasons as rules
from dangol.insight.analysis.rules import spans
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Found, Sentence, Tile, say
from dangol.insight.analysis.rules.spans import Span

MOST_YEARS = 5
MEANS = N_("Sales a day; an index needs more data")
PERIOD = N_("Looked at: {first} – {last}.")


def found(case: Case) -> Found:
    """The report: over all whole months of data up to the period's end, five years at most."""
    last = spans.month_number(case.now.last)
    first = max(spans.month_number(case.first_day), last - 12 * MOST_YEARS + 1)
    span = Span(spans.month_first(first), case.now.last)
    days, by_hour = _summed(hours.by_hour(case, span))
    months, weekdays = rules.by_month(days, span), rules.by_weekday(days, span)
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
    columns = [Column("name", label, "text"), Column("mean", N_("Sales a day"), "money")]
    if not drawn:  # too little for a season: what was sold is shown, without an index nobody can judge
        return Block(name, title, columns, rows, chart=Chart("columns", "name", "mean", caption=Sentence(MEANS)))
    chart = Chart("index", "index", "name", caption=Sentence(N_("Index: 100 is the mean")), rows=drawn)
    return Block(name, title, [*columns, Column("index", N_("Index"), "index")], rows, chart=chart)


def _summed(found: Mapping[tuple[date, int], hours.Hour]) -> tuple[dict[date, int], dict[int, int]]:
    """The amount of every day, and the orders of every hour of the day."""
    days: dict[date, int] = defaultdict(int)
    by_hour: dict[int, int] = defaultdict(int)
    for (day, hour), one in found.items():
        days[day] += one.amount
        by_hour[hour] += one.orders
    return days, dict(sorted(by_hour.items()))


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
