"""What a condition asks, as Ibis expressions, the same on DuckDB and Spark: prepared facts in, customers out.

Every condition is a table of customers with the value seen, and whether that value is what was asked for. Over all
customers it is a count; over the facts of one customer the very same expression says why they are in or not.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from dangol.insight.segments.rules import (
    ALL,
    ANY,
    Condition,
    Event,
    Group,
    InSegment,
    Measured,
    Node,
    Profile,
    Purchase,
    Reach,
    Score,
    conditions,
)
from dangol.insight.segments.tables.doing import event, purchase
from dangol.insight.segments.tables.facts import Answer, Facts, within

BIRTH = ("birth_month", "birthday_months")


def answer(facts: Facts, asked: Condition) -> Answer:  # noqa: PLR0911  one return a kind of condition
    """What a condition asks of the facts."""
    match asked:
        case Profile():
            return _profile(facts, asked)
        case Reach():
            rows = facts.reach.filter(facts.reach.channel == asked.channel)
            return Answer(
                rows.select("customer_id", seen=rows.reason),
                lambda table: (table.seen == "") if asked.can else (table.seen != ""), others=not asked.can,
            )  # fmt: skip
        case Purchase():
            return purchase(facts, asked)
        case Measured():
            seen, others = facts.measured(facts, asked)
            return Answer(seen, lambda table: within(table.seen, asked.least, asked.most), others)
        case Event():
            return event(facts, asked)
        case Score():
            return _score(facts, asked)
        case InSegment():
            table = facts.members(facts, asked.segment_id).select("customer_id").distinct()
            inside = ibis.literal(asked.inside)
            return Answer(table.mutate(seen=ibis.literal("in")), lambda table: (table.seen == "in") == inside,
                          others=not asked.inside)  # fmt: skip


# ---- values of customers -----------------------------------------------------------------------------------------


def _profile(facts: Facts, asked: Profile) -> Answer:
    customers = facts.customers
    if asked.field == "age":
        year = ibis.literal(facts.as_of.year, type="int64")
        seen = (year - customers.birth_year.cast("int64")) if "birth_year" in customers.columns else ibis.null("int64")
    elif asked.field in BIRTH:
        return _tested(_birth(facts, asked.field), asked)
    elif asked.field == "first_day":
        seen = ibis.literal(facts.as_of).delta(customers.first_day, unit="day").cast("int64")
    elif asked.field in customers.columns:
        seen = customers[asked.field]
    else:
        seen = ibis.null("string")
    return _tested(customers.select("customer_id", seen=seen), asked)


def _score(facts: Facts, asked: Score) -> Answer:
    table = facts.scores(asked.table, asked.months_ago)
    if table is None or asked.field not in table.columns:
        empty = facts.customers.select("customer_id", seen=ibis.null("string")).filter(ibis.literal(False))
        return _tested(empty, asked)
    return _tested(table.select("customer_id", seen=table[asked.field]), asked)


def _birth(facts: Facts, field: str) -> Table:
    """The month of birth, or in how many months it comes (0: this month)."""
    month = facts.birthdays.month.cast("int64")
    if field == "birthday_months":
        month = (month - ibis.literal(facts.as_of.month, type="int64") + ibis.literal(12, type="int64")) % ibis.literal(
            12, type="int64"
        )
    return facts.birthdays.select("customer_id", seen=month)


def _tested(seen: Table, asked: Profile | Score) -> Answer:
    """A value held against a list, a range, or nothing. Who has no value is not one of any."""
    match asked.test:
        case "known":
            return Answer(seen, lambda table: table.seen.notnull())
        case "unknown":
            return Answer(seen, lambda table: table.seen.isnull(), others=True)
        case "between":
            number = seen.mutate(seen=seen.seen.try_cast("float64") if seen.seen.type().is_string() else seen.seen)
            return Answer(number, lambda table: within(table.seen, asked.least, asked.most))
        case "none_of":
            return Answer(seen, lambda table: ~_is_one_of(table.seen, asked.values), others=True)
        case _:
            return Answer(seen, lambda table: _is_one_of(table.seen, asked.values))


def _is_one_of(value: Value, values: Sequence[str]) -> BooleanValue:
    return value.cast("string").isin(list(values)).fill_null(ibis.literal(False))


# ---- the whole definition ----------------------------------------------------------------------------------------


def judged(facts: Facts, root: Group) -> Table:
    """Every customer with `met`, whether they are in, and for the n-th condition `c<n>` and `v<n>`, the value seen."""
    found = facts.customers.select("customer_id")
    columns: dict[tuple[int, ...], str] = {}
    for number, (path, asked) in enumerate(conditions(root)):
        one = answer(facts, asked)
        fits = one.fits(one.seen)
        side = one.seen.select(
            one.seen.customer_id.name("key_"), fits.name(f"c{number}"), one.seen.seen.cast("string").name(f"v{number}")
        )
        found = found.left_join(side, found.customer_id == side.key_).drop("key_")
        found = found.mutate(**{f"c{number}": found[f"c{number}"].fill_null(ibis.literal(one.others))})
        columns[path] = f"c{number}"
    return found.mutate(met=_put_together(found, root, (), columns))


def _put_together(
    found: Table, node: Node, path: tuple[int, ...], columns: Mapping[tuple[int, ...], str]
) -> BooleanValue:
    if not isinstance(node, Group):
        return found[columns[path]]
    parts = [_put_together(found, part, (*path, place), columns) for place, part in enumerate(node.parts)]
    if not parts:
        return ibis.literal(True)
    if node.match == ALL:
        return reduce(and_, parts)
    any_of = reduce(or_, parts)
    return any_of if node.match == ANY else ~any_of


def members(facts: Facts, root: Group) -> Table:
    """The customers a definition describes: customer_id, each once."""
    found = judged(facts, root)
    return found.filter(found.met).select("customer_id")
