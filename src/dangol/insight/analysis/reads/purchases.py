"""How customers buy: when, how often again, how much at once; and at which prices."""

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
NOTHING = N_("Nothing was sold under these conditions in these periods.")


def found(case: Case) -> Found:
    """The report."""
    question, span = case.unsplit, case.now
    star = case.star(question)
    when = _weekdays(hours.by_hour(case, span))
    again = sorted(case.arrow(tables.gaps(star, question, span, steps.DAYS)), key=lambda row: row["step"])
    edges = steps.money(currency(settings.DANGOL.currency).digits)
    orders = case.arrow(tables.baskets(star, question, span, steps.PIECES, edges))
    if not when or not orders:
        return Found([Finding(Sentence(NOTHING))], [])
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


# ---- price bands -----------------------------------------------------------------------------------------------------

LARGEST = N_("Strongest price band: {band} ({share} of sales).")
GAINED = N_("Biggest gain in share: {band}, {points} against the period before.")
GAVE = N_("Biggest loss in share: {band}, {points} against the period before.")


def prices(case: Case) -> Found:
    """The report on price bands."""
    edges = steps.money(currency(settings.DANGOL.currency).digits)
    rows = case.arrow(tables.prices(case.star(case.unsplit), case.unsplit, case.now, case.before, edges))
    sides: list[dict[int, dict[str, Any]]] = [{}, {}]
    for row in rows:
        sides[row["side"]][row["band"]] = row
    before, now = sides
    whole = [sum(row["sales"] for row in side.values()) for side in sides]
    if not whole[1]:
        return Found([Finding(Sentence(NOTHING))], [])
    told = []
    for band in sorted({*now, *before}):
        one, was = now.get(band, {}), before.get(band, {})
        share = one.get("sales", 0) / whole[1]
        earlier = was.get("sales", 0) / whole[0] if whole[0] else None
        told.append(
            {
                "band": steps.price_text(edges, band),
                "ends": steps.ends(edges, band),
                "amount": one.get("sales", 0),
                "share": share,
                "pieces": one.get("pieces", 0),
                "customers": one.get("customers", 0),
                "before": earlier,
                "points": share - earlier if earlier is not None else None,
            }
        )
    pieces = sum(row["pieces"] for row in now.values())
    tiles = [
        Tile(
            N_("Unit price"),
            "money",
            whole[1] / pieces if pieces else None,
            say(N_("before: {amount}"), amount=("money", _price(before.values()))) if whole[0] else None,
        ),
        Tile(N_("Pieces"), "count", pieces),
    ]
    return Found(_told(told), [_bands(told)], tiles)


def _price(rows: Any) -> float:
    rows = list(rows)
    return float(sum(row["sales"] for row in rows) / max(sum(row["pieces"] for row in rows), 1))


def _told(rows: Sequence[dict[str, Any]]) -> list[Finding]:
    best = max(rows, key=lambda row: row["share"])
    told = [Finding(say(LARGEST, band=("label", best["band"]), share=("share", best["share"])))]
    moved = [row for row in rows if row["points"] is not None]
    for template, pick, tone, aim in ((GAINED, max, "good", ("", ())), (GAVE, min, "bad", ("up_sell", ("HHL",)))):
        one = pick(moved, key=lambda row: row["points"], default=None) if moved else None
        if one is not None and abs(one["points"]) >= 0.001:
            told.append(
                Finding(say(template, band=("label", one["band"]), points=("points", one["points"])), tone, *aim)
            )
    return told


def _bands(rows: Sequence[dict[str, Any]]) -> Block:
    return Block(
        "bands",
        N_("Price bands"),
        [
            Column("band", N_("Price of a piece"), "text", dimension="price_band"),
            Column("amount", N_("Sales"), "money"),
            Column("share", N_("Share of sales"), "share"),
            Column("before", N_("Share before"), "share"),
            Column("points", N_("Change"), "points"),
            Column("pieces", N_("Pieces"), "count"),
            Column("customers", N_("Customers"), "count"),
        ],
        rows,
        chart=Chart("columns", "band", "share", caption=Sentence(N_("Share of sales by the price of a piece"))),
    )
