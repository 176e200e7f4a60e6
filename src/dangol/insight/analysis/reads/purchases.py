"""How customers buy: when, how often again, and how much at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings

from dangol.base.money import currency
from dangol.insight.analysis.reads import hours
from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import seasons, steps
from dangol.insight.analysis.rules.findings import (
    EVER,
    N_,
    NOTHING_SOLD,
    Block,
    Bought,
    Chart,
    Column,
    Finding,
    Found,
    Sentence,
    Tile,
    say,
)
from dangol.insight.analysis.tables import purchases as tables

BUSY = N_("Busiest time: {weekday}, {hour}:00.")
AGAIN = N_("Half of all repeat purchases come within {days} days; the mean is {mean} days.")
USUAL = N_("Most common order value: {value} ({share} of all orders).")
FEW = N_("Fewer than {least} orders: not enough data to say what is usual.")
FEWEST = 30


def found(case: Case) -> Found:
    """The report."""
    question, span = case.unsplit, case.now
    star = case.star(question)
    when = _weekdays(hours.by_hour(case, span))
    again = sorted(case.arrow(tables.gaps(star, question, span, steps.DAYS)), key=lambda row: row["step"])
    edges = steps.money(currency(settings.DANGOL.currency).digits)
    orders = case.arrow(tables.baskets(star, question, span, steps.PIECES, edges))
    if not when or not orders:
        return Found([Finding(Sentence(NOTHING_SOLD))], [])
    blocks = [_when(when), *([_again(again)] if again else []), _sizes(orders), _values(orders, edges)]
    return Found(_findings(when, again, orders, edges), blocks, _tiles(orders, again))


def _weekdays(found: Mapping[tuple[date, int], hours.Hour]) -> list[dict[str, int]]:
    """The orders of each weekday (0 Monday) and hour."""
    orders: dict[tuple[int, int], int] = {}
    for (day, hour), one in found.items():
        orders[day.weekday(), hour] = orders.get((day.weekday(), hour), 0) + one.orders
    return [{"weekday": weekday, "hour": hour, "orders": n} for (weekday, hour), n in sorted(orders.items())]


def _findings(
    when: Sequence[dict[str, Any]], again: Sequence[dict[str, Any]], orders: Sequence[dict[str, Any]], edges: list[int]
) -> list[Finding]:
    busy = max(when, key=lambda row: row["orders"])
    told = [Finding(say(BUSY, weekday=("said", seasons.WEEKDAYS[busy["weekday"]]), hour=("count", busy["hour"])))]
    times = sum(row["times"] for row in again)
    if times:
        sum_, half = 0, len(steps.DAYS)
        for row in again:
            sum_ += row["times"]
            if sum_ * 2 >= times:
                half = row["step"]
                break
        mean = sum(row["days"] for row in again) / times
        days = steps.DAYS[min(half, len(steps.DAYS) - 1)] - 1
        late = (Bought(EVER, measure="last", least=days + 1),)  # past the day by which most have come again
        values = {"days": ("count", days), "mean": ("days", mean)}
        told.append(Finding(Sentence(AGAIN, values), "plain", "prevent", ("LHH", "LHL"), late))
    by_value = _summed(orders, "worth")
    whole = sum(row["orders"] for row in by_value.values())
    if whole < FEWEST:
        return [Finding(say(FEW, least=("count", FEWEST)))]
    step, most = max(by_value.items(), key=lambda pair: pair[1]["orders"])
    values = {"value": ("label", steps.price_text(edges, step)), "share": ("share", most["orders"] / whole)}
    told.append(Finding(Sentence(USUAL, values), "plain", "up_sell", ("HHL",), (_worth(edges, step),)))
    return told


def _worth(edges: Sequence[int], step: int) -> Bought:
    """Those whose orders are usually worth so much."""
    low, high = steps.ends(edges, step)
    return Bought(measure="average", least=low, most=high)


def _summed(orders: Sequence[dict[str, Any]], key: str) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for row in orders:
        one = found.setdefault(row[key], {"orders": 0, "sales": 0, "items": 0})
        for name in one:
            one[name] += row[name]
    return dict(sorted(found.items()))


def _tiles(orders: Sequence[dict[str, Any]], again: Sequence[dict[str, Any]]) -> list[Tile]:
    n, sales, items = (sum(row[key] for row in orders) for key in ("orders", "sales", "items"))
    times = sum(row["times"] for row in again)
    return [
        Tile(N_("Orders"), "count", n),
        Tile(N_("Average ticket"), "money", sales / n if n else None),
        Tile(N_("Pieces per order"), "ratio", items / n if n else None),
        Tile(
            N_("Purchase cycle"),
            "days",
            sum(row["days"] for row in again) / times if times else None,
            Sentence(N_("days between two purchase days")),
        ),
    ]


def _when(when: Sequence[dict[str, Any]]) -> Block:
    """Weekdays down, hours across."""
    cells = {(row["weekday"], row["hour"]): row["orders"] for row in when}
    hours = sorted({row["hour"] for row in when})
    rows: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    for place, name in enumerate(seasons.WEEKDAYS):
        own = {f"h{hour}": cells.get((place, hour), 0) for hour in hours}
        rows.append({"weekday": Sentence(name), "all": sum(own.values())} | own)
        drawn += [{"weekday": Sentence(name), "hour": hour, "orders": cells.get((place, hour), 0)} for hour in hours]
    return Block(
        "hours",
        N_("Orders by weekday and hour"),
        [
            Column("weekday", N_("Weekday"), "text"),
            Column("all", N_("All"), "count"),
            *(Column(f"h{hour}", str(hour), "count") for hour in hours),
        ],
        rows,
        chart=Chart(
            "heat",
            "hour",
            "weekday",
            "orders",
            Sentence(N_("The stronger the colour, the more orders in that hour")),
            drawn,
            "count",
            {"hour": N_("Hour"), "orders": N_("Orders")},
        ),
        dense=True,
    )


def _again(again: Sequence[dict[str, Any]]) -> Block:
    times = sum(row["times"] for row in again)
    rows = [
        {"days": steps.count_text(steps.DAYS, row["step"]), "times": row["times"], "share": row["times"] / times}
        for row in again
    ]
    return Block(
        "gaps",
        N_("Days between two purchase days"),
        [
            Column("days", N_("Days"), "text"),
            Column("times", N_("Times bought again"), "count"),
            Column("share", N_("Share"), "share"),
        ],
        rows,
        chart=Chart("columns", "days", "share", caption=Sentence(N_("After how many days customers buy again"))),
    )


def _sizes(orders: Sequence[dict[str, Any]]) -> Block:
    whole = sum(row["orders"] for row in orders)
    rows = [
        {
            "pieces": steps.count_text(steps.PIECES, step),
            "orders": row["orders"],
            "share": row["orders"] / whole,
            "amount": row["sales"],
        }
        for step, row in _summed(orders, "pieces").items()
    ]
    return Block(
        "pieces",
        N_("Pieces in an order"),
        [
            Column("pieces", N_("Pieces"), "text"),
            Column("orders", N_("Orders"), "count"),
            Column("share", N_("Share"), "share"),
            Column("amount", N_("Sales"), "money"),
        ],
        rows,
        chart=Chart("columns", "pieces", "share", caption=Sentence(N_("How many pieces an order has"))),
    )


def _values(orders: Sequence[dict[str, Any]], edges: list[int]) -> Block:
    whole = sum(row["orders"] for row in orders)
    rows = [
        {
            "value": steps.price_text(edges, step),
            "orders": row["orders"],
            "share": row["orders"] / whole,
            "amount": row["sales"],
        }
        for step, row in _summed(orders, "worth").items()
    ]
    return Block(
        "values",
        N_("Value of an order"),
        [
            Column("value", N_("Value of an order"), "text"),
            Column("orders", N_("Orders"), "count"),
            Column("share", N_("Share"), "share"),
            Column("amount", N_("Sales"), "money"),
        ],
        rows,
        chart=Chart("columns", "value", "share", caption=Sentence(N_("How much an order is worth"))),
    )
