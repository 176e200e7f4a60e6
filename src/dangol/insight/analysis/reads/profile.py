"""Who buys a brand or a product, and what the customers of an RFM segment are like."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dangol.insight.analysis.reads.asking import Case, cell
from dangol.insight.analysis.rules import profile as rules
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Finding, Found, Sentence, Tile, say
from dangol.insight.analysis.rules.profile import Share
from dangol.insight.analysis.tables import profile as tables
from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules as asked
from dangol.insight.olap.tables import Question

GOODS = ("product", "store", "line", "channel")
AIMS = {
    "HHH": "keep",
    "HHL": "up_sell",
    "HLH": "cross_sell",
    "HLL": "cross_sell",
    "LHH": "prevent",
    "LHL": "prevent",
    "LLH": "reactivate",
    "LLL": "reactivate",
}
LOOKED_AT = ("age_band", "segment", "branch", "region")
CLASSES = "product_major"
ALL = N_("No goods are chosen under the conditions, so these are all buyers: every index is 100.")


def found(case: Case) -> Found:
    """The report: buyers under the conditions on goods beside all buyers of the period."""
    base = without(case, GOODS)
    (of, spent), (of_base, _spent) = _counts(case, case.unsplit), _counts(case, base)
    least = case.ask.numbers["least"]
    notes = [] if base != case.unsplit else [Sentence(ALL)]
    names = [case.split, *(name for name in LOOKED_AT if name != case.split)]
    blocks, shares = [], []
    for name in names:
        part = _shares(case, name, case.unsplit, base, (of, of_base))
        blocks.append(_block(case, name, part, least))
        shares += part if name == case.split else []
    tiles = [
        Tile(N_("Buyers"), "count", of, say(N_("of {n} buying customers"), n=("count", of_base))),
        Tile(N_("Share of buying customers"), "share", of / of_base if of_base else None),
        Tile(N_("Sales per customer"), "money", spent / of if of else None),
    ]
    return Found(rules.findings(shares, least, ("cross_sell", ("HHL", "HLH"))), blocks, tiles, notes)


def group(case: Case) -> Found:
    """The report: customers of one RFM segment beside all customers, by who they are, how and what they buy."""
    code, least = case.ask.ways["segment"], case.ask.numbers["least"]
    view = case.view
    where = f"segment = '{code}'"
    mine = view.question([], where if not case.ask.where else f"{where} and ({case.ask.where})")
    of, of_base = _counts(case, mine)[0], _counts(case, case.unsplit)[0]
    blocks, told = [_figures(case, code)], []
    for name in ("age_band", "branch", "region"):
        shares = _shares(case, name, mine, case.unsplit, (of, of_base))
        blocks.append(_block(case, name, shares, least))
        told += shares if name == "age_band" else []
    classes = _shares(case, CLASSES, mine, case.unsplit, (of, of_base))
    blocks.append(_block(case, CLASSES, classes, least))
    tiles = [
        Tile(N_("Buyers"), "count", of, say(N_("of {n} buying customers"), n=("count", of_base))),
        Tile(N_("Share of buying customers"), "share", of / of_base if of_base else None),
    ]
    aim = (AIMS[code], (code,))
    findings = rules.findings([*told, *classes], least, aim)
    if not any(one.aim for one in findings):
        findings = [*findings, Finding(say(PLAN, group=("segment", code)), "plain", *aim)]
    return Found(findings, blocks, tiles)


PLAN = N_("Plan for this group: {group}.")


def without(case: Case, kinds: Sequence[str]) -> Question:
    """The case's conditions without those about some sorts of dimensions."""
    known = case.view.known
    rows = tuple(part for part in case.question.rows if not any(known[name].of in kinds for name in asked.names(part)))
    used = {name for part in (*rows, *case.question.periods) for name in asked.names(part)}
    return replace(case.unsplit, rows=rows, used=tuple(known[name] for name in sorted(used)))


def _counts(case: Case, question: Question) -> tuple[int, int]:
    [row] = case.arrow(tables.buyers(case.view.star, question, case.now)) or [{"customers": 0, "amount": 0}]
    return row["customers"], row["amount"] or 0


def _shares(case: Case, name: str, some: Question, base: Question, of: tuple[int, int]) -> list[Share]:
    """The shares of a dimension's groups among the people and among all."""
    item = case.view.known[name]

    def by(question: Question) -> dict[Any, int]:
        rows = case.arrow(tables.buyers(case.view.star, replace(question, by=(item,)), case.now))
        return {cell(name, row[f"d_{name}"]): row["customers"] for row in rows}

    return rules.of_rows(by(some), by(base), *of)


MOST_ROWS = 30


def _block(case: Case, name: str, shares: Sequence[Share], least: int) -> Block:
    item = case.view.known[name]
    made = set(case.view.snapshot.facts.get("generated", ()))
    rows = [
        {"group": one.group, "customers": one.n, "share": one.share, "base": one.base_share, "index": one.index(least)}
        for one in shares[:MOST_ROWS]
    ]
    drawn = [row for row in rows if row["index"] is not None]
    return Block(
        name,
        item.label,
        [
            Column("group", item.label, "said", item.definition, bool({name, item.column} & made)),
            Column("customers", N_("Customers"), "count"),
            Column("share", N_("Share"), "share"),
            Column("base", N_("Share of all"), "share"),
            Column("index", N_("Index"), "index"),
        ],
        rows,
        chart=Chart("index", "index", "group", caption=Sentence(N_("Index: 100 is as often as among all")), rows=drawn),
    )


FIGURES = (
    "customers",
    "buying_customers",
    "sales_amount",
    "average_ticket",
    "purchase_frequency",
    "purchase_cycle_days",
)


def _figures(case: Case, code: str) -> Block:
    """The measures of the group beside those of everybody, in the period."""
    first, last = case.now.first.isoformat(), case.now.last.isoformat()
    when = f"day between '{first}' and '{last}'"
    rows = []
    for name in FIGURES:
        measure = asked.MEASURES[name]
        here = "" if name == "customers" else f" and {when}"
        own = _ask(case, name, f"segment = '{code}'{here}")
        everyone = _ask(case, name, "" if name == "customers" else when)
        kind = {"money": "money", "count": "count", "ratio": "ratio", "days": "days"}[measure.unit.value]
        rows.append({"figure": Sentence(measure.label), "own": _said(kind, own), "all": _said(kind, everyone)})
    return Block(
        "figures",
        N_("The group beside everybody"),
        [
            Column("figure", N_("Figure"), "said"),
            Column("own", N_("This group"), "figure"),
            Column("all", N_("Everybody"), "figure"),
        ],
        rows,
    )


def _said(kind: str, value: Any) -> Any:
    return None if value is None else Sentence("{name}", {"name": (kind, value)})


def _ask(case: Case, measure: str, where: str) -> Any:
    extra = f"({case.ask.where})" if case.ask.where else ""
    whole = " and ".join(part for part in (where, extra) if part)
    return olap.ask(case.by, [measure], [], whole).rows[0][measure]
