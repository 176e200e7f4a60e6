"""Who buys a brand or a product, and what the customers of an RFM segment are like."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dangol.insight.analysis.reads.asking import Case, cell
from dangol.insight.analysis.rules import profile as rules
from dangol.insight.analysis.rules.findings import N_, Block, Bought, Chart, Column, Finding, Found, Sentence, Tile, say
from dangol.insight.analysis.rules.profile import Share
from dangol.insight.analysis.tables import profile as tables
from dangol.insight.analysis.tables import purchases as bought
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
NOT_YET = (Bought(least=None, most=0),)  # the group that likes the goods, without those who have them already
ALL = N_("No goods are chosen under the conditions, so these are all buyers: every index is 100.")


@dataclass(frozen=True)
class People:
    """Buyers by the groups of several dimensions. n: different customers; orders, amount (minor units): theirs."""

    n: int
    orders: int
    amount: int
    by: Mapping[str, Mapping[Any, int]]


def found(case: Case) -> Found:
    """The report: buyers under the conditions on goods beside all buyers of the period."""
    base = without(case, GOODS)
    names = [name for name in dict.fromkeys((case.split, *LOOKED_AT)) if name in case.view.known]
    some, everyone = _people(case, case.unsplit, names), _people(case, base, names)
    least = case.ask.numbers["least"]
    blocks = [_block(case, name, _shares(some, everyone, name), least) for name in names]
    tiles = [*_tiles(some, everyone), Tile(N_("Sales per customer"), "money", some.amount / some.n if some.n else None)]
    told = rules.findings(_shares(some, everyone, case.split), least, ("cross_sell", ("HHL", "HLH")), NOT_YET)
    return Found(told, blocks, tiles, [] if base != case.unsplit else [Sentence(ALL)])


def _tiles(some: People, everyone: People) -> list[Tile]:
    return [
        Tile(N_("Buyers"), "count", some.n, say(N_("of {n} buying customers"), n=("count", everyone.n))),
        Tile(N_("Share of buying customers"), "share", some.n / everyone.n if everyone.n else None),
    ]


def group(case: Case) -> Found:
    """The report: customers of one RFM segment beside all customers, by who they are, how and what they buy.

    Everybody is asked about once, split by segment: each customer is in one, so the group is a part of the same rows.
    """
    code, least = case.ask.ways["segment"], case.ask.numbers["least"]
    names = [name for name in LOOKED_AT if name != "segment"]
    some, everyone = _parted(case, code, names)
    classes = rules.of_rows(*_takers(case, code), some.n, everyone.n, CLASSES)
    blocks = [
        _figures(case, code, some, everyone),
        *(_block(case, name, _shares(some, everyone, name), least) for name in names),
        _block(case, CLASSES, classes, least),
    ]
    aim = (AIMS[code], (code,))
    told = rules.findings([*_shares(some, everyone, "age_band"), *classes], least, aim)
    if some.n and not any(one.aim for one in told):
        told = [*told, Finding(say(PLAN, group=("segment", code)), "plain", *aim)]
    return Found(told, blocks, _tiles(some, everyone))


PLAN = N_("Plan for this group: {group}.")


def without(case: Case, kinds: Sequence[str]) -> Question:
    """The case's conditions without those about some sorts of dimensions."""
    known = case.view.known
    rows = tuple(part for part in case.question.rows if not any(known[name].of in kinds for name in asked.names(part)))
    used = {name for part in (*rows, *case.question.periods) for name in asked.names(part)}
    return replace(case.unsplit, rows=rows, used=tuple(known[name] for name in sorted(used)))


def _people(case: Case, question: Question, names: Sequence[str]) -> People:
    """Everything in one question: buyers by all dimensions at once, added up for each."""
    return _added(_buyers(case, question, names), names)


def _parted(case: Case, code: str, names: Sequence[str]) -> tuple[People, People]:
    """The customers of a segment, and everybody."""
    rows = _buyers(case, case.unsplit, [*names, "segment"])
    return _added([row for row in rows if row["d_segment"] == code], names), _added(rows, names)


def _buyers(case: Case, question: Question, names: Sequence[str]) -> list[dict[str, Any]]:
    split = replace(question, by=tuple(case.view.known[name] for name in names))
    return case.arrow(tables.buyers(case.star(split), split, case.now))


def _takers(case: Case, code: str) -> tuple[Mapping[Any, int], Mapping[Any, int]]:
    """How many customers of a segment, and of all, took something of each class of goods."""
    own: dict[Any, int] = defaultdict(int)
    whole: dict[Any, int] = defaultdict(int)
    split, of = replace(case.unsplit, by=(case.view.known[CLASSES],)), case.view.question(["segment"])
    for row in case.arrow(tables.takers(case.star(of), split, of, case.now)):
        group = cell(CLASSES, row[f"d_{CLASSES}"])
        whole[group] += row["customers"]
        own[group] += row["customers"] if row["d_segment"] == code else 0
    return own, whole


def _added(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> People:
    by: dict[str, dict[Any, int]] = {name: defaultdict(int) for name in names}
    n = orders = amount = 0
    for row in rows:
        n, orders, amount = n + row["customers"], orders + row["orders"], amount + row["amount"]
        for name in names:
            by[name][cell(name, row[f"d_{name}"])] += row["customers"]
    return People(n, orders, amount, by)


def _shares(some: People, everyone: People, name: str) -> list[Share]:
    """The shares of a dimension's groups among the people and among all."""
    return rules.of_rows(some.by[name], everyone.by[name], some.n, everyone.n, name)


MOST_ROWS = 30


def _block(case: Case, name: str, shares: Sequence[Share], least: int) -> Block:
    item = case.view.known[name]
    made = set(case.view.snapshot.facts.get("generated", ()))
    rows = [
        {"group": one.group, "customers": one.n, "share": one.share, "base": one.base_share, "index": one.index(least)}
        for one in shares[:MOST_ROWS]
    ]
    drawn = [row for row in rows if row["index"] is not None]
    seen = any(round(row["index"]) != 100 for row in drawn)  # a bar from 100 to 100 is none
    picture = Chart("index", "index", "group", caption=Sentence(N_("Index: 100 is as often as among all")), rows=drawn)
    return Block(
        name,
        item.label,
        [
            Column("group", item.label, "text", item.definition, bool({name, item.column} & made), item.name),
            Column("customers", N_("Customers"), "count"),
            Column("share", N_("Share"), "share"),
            Column("base", N_("Share of all"), "share"),
            Column("index", N_("Index"), "index"),
        ],
        rows,
        chart=picture if seen else None,
    )


FIGURES = ("buying_customers", "sales_amount", "average_ticket", "purchase_frequency", "purchase_cycle_days")
KINDS = {"money": "money", "count": "count", "ratio": "ratio", "days": "days"}


def _figures(case: Case, code: str, some: People, everyone: People) -> Block:
    """The measures of the group beside those of everybody, in the period."""
    by = case.view.question(["segment"])
    found = case.arrow(bought.cycles(case.star(by), case.unsplit, by, case.now))
    own = _measured(some, [row for row in found if row["d_segment"] == code])
    whole = _measured(everyone, found)
    rows = []
    for name in FIGURES:
        measure = asked.MEASURES[name]
        kind = KINDS[measure.unit.value]
        rows.append({"figure": Sentence(measure.label), "own": _said(kind, own[name]), "all": _said(kind, whole[name])})
    columns = [
        Column("figure", N_("Figure"), "text"),
        Column("own", N_("This group"), "figure"),
        Column("all", N_("Everybody"), "figure"),
    ]
    return Block("figures", N_("The group beside everybody"), columns, rows)


def _measured(people: People, cycles: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures by the names of the measures they are. cycles: times bought again, days between."""
    times, days = (sum(row[name] for row in cycles) for name in ("times", "days"))
    return {
        "buying_customers": people.n,
        "sales_amount": people.amount,
        "average_ticket": people.amount / people.orders if people.orders else None,
        "purchase_frequency": people.orders / people.n if people.n else None,
        "purchase_cycle_days": days / times if times else None,
    }


def _said(kind: str, value: Any) -> Any:
    return None if value is None else Sentence("{name}", {"name": (kind, value)})
