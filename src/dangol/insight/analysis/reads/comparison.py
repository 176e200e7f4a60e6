"""Branches and sales reps compared by funnel plots."""

from collections.abc import Sequence
from typing import Any

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import comparison as rules
from dangol.insight.analysis.rules.comparison import Limits, Unit
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Found, Sentence, Tile, say
from dangol.insight.analysis.tables import comparison as tables

KINDS = {rules.RETENTION: "share", rules.SPEND: "money", rules.FREQUENCY: "ratio"}
BEHIND = {
    rules.RETENTION: N_("Buyers of the period before"),
    rules.SPEND: N_("Buying customers"),
    rules.FREQUENCY: N_("Buying customers"),
}
STEPS = 60  # points of a limit's curve
ORDER = (rules.FAR_BELOW, rules.BELOW, rules.WITHIN, rules.ABOVE, rules.FAR_ABOVE, rules.SMALL)


def found(case: Case) -> Found:
    """The report."""
    measure, least = case.ask.ways["measure"], case.ask.numbers["least"]
    rows = case.arrow(tables.units(case.star(case.question), case.question, case.now, case.before))
    units = [_unit(case.group(row), row, measure) for row in rows]
    kind = KINDS[measure]
    limits = rules.limits(units, least, is_share=kind == "share")
    facts = {unit.group: row for unit, row in zip(units, rows, strict=True)}
    blocks = [_standing(case, units, facts, limits)]
    small = [unit for unit in units if unit.n < least]
    if small:
        blocks.append(_small(case, small, facts, measure))
    return Found(rules.findings(units, limits, least, kind), blocks, _tiles(units, limits, kind, least))


def _unit(group: Any, row: dict[str, Any], measure: str) -> Unit:
    if measure == rules.RETENTION:
        return Unit(group, row["buyers_before"], row["kept"], row["kept"])
    if measure == rules.SPEND:
        return Unit(group, row["buyers"], row["amount"], row["amount_squares"] or 0.0)
    return Unit(group, row["buyers"], row["orders"], row["order_squares"] or 0.0)


def _tiles(units: Sequence[Unit], limits: Limits | None, kind: str, least: int) -> list[Tile]:
    stands = [rules.verdict(unit, limits, least) for unit in units]
    return [
        Tile(N_("All together"), kind, limits.mean if limits else None),
        Tile(N_("Clearly above"), "count", stands.count(rules.FAR_ABOVE)),
        Tile(N_("Clearly below"), "count", stands.count(rules.FAR_BELOW)),
        Tile(N_("Too small to judge"), "count", sum(unit.n < least for unit in units)),
    ]


def _columns(case: Case, measure: str) -> list[Column]:
    item = case.view.known[case.split]
    return [
        Column("group", item.label, "text", item.definition, case.generated, case.split),
        Column("n", BEHIND[measure], "count"),
        Column("value", rules.MEASURES[measure], KINDS[measure]),
        Column("amount", N_("Sales"), "money"),
    ]


def _facts(unit: Unit, row: dict[str, Any]) -> dict[str, Any]:
    return {"group": unit.group, "n": unit.n, "value": unit.value, "amount": row["amount"]}


def _standing(case: Case, units: Sequence[Unit], facts: dict[Any, dict[str, Any]], limits: Limits | None) -> Block:
    """Those large enough, from far below to far above, with the limits they are held against."""
    measure, least = case.ask.ways["measure"], case.ask.numbers["least"]
    rows = []
    for unit in units:
        stand = rules.verdict(unit, limits, least)
        if unit.n < least:
            continue
        low, high = limits.band(unit.n, rules.ALARM) if limits else (None, None)
        rows.append(
            _facts(unit, facts[unit.group])
            | {"low": low, "high": high, "stand": stand, "verdict": Sentence(rules.VERDICTS[stand])}
        )
    rows.sort(key=lambda row: (ORDER.index(row["stand"]), -(row["value"] or 0)))
    kind = KINDS[measure]
    chart = Chart(
        "limits",
        "n",
        "value",
        "verdict",
        Sentence(N_("Each point is a group; outside of the outer lines chance is no explanation")),
        _curve(rows, limits),
        kind,
    )
    return Block(
        "standing",
        N_("Who differs by more than chance"),
        [
            *_columns(case, measure),
            Column("low", N_("Lower limit"), kind),
            Column("high", N_("Upper limit"), kind),
            Column("verdict", N_("Verdict"), "text"),
        ],
        rows,
        chart=chart if limits else None,
    )


def _curve(rows: Sequence[dict[str, Any]], limits: Limits | None) -> list[dict[str, Any]]:
    """The limits as lines over the number of customers, and the points with their names."""
    if limits is None or not rows:
        return []
    least, most = min(row["n"] for row in rows), max(row["n"] for row in rows)
    drawn: list[dict[str, Any]] = []
    for step in range(STEPS + 1):
        n = max(1, round(least * (most / least) ** (step / STEPS)))
        for z, name in ((rules.WARN, "95 %"), (rules.ALARM, "99.8 %")):
            low, high = limits.band(n, z)
            drawn.append({"line": name, "n": n, "low": low, "high": high})
    drawn.append({"mean": limits.mean})
    return drawn + [
        {"group": row["group"], "n": row["n"], "value": row["value"], "verdict": row["verdict"], "stand": row["stand"]}
        for row in rows
    ]


def _small(case: Case, units: Sequence[Unit], facts: dict[Any, dict[str, Any]], measure: str) -> Block:
    rows = sorted((_facts(unit, facts[unit.group]) for unit in units), key=lambda row: -row["n"])
    return Block(
        "small",
        N_("Too small to be judged"),
        _columns(case, measure),
        rows,
        notes=[say(N_("With so few customers, figures swing by chance alone."))],
    )
