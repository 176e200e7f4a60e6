"""Measures of sales lines: sums, orders, and different customers."""

from collections.abc import Collection, Sequence

from ibis.expr.types import IntegerValue, Table, Value

from dangol.insight.olap import rules
from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables.codes import coded, coded_people
from dangol.insight.olap.tables.conditions import met
from dangol.insight.olap.tables.facts import dimensioned, facts, order_keys, ranked, sold, source_of
from dangol.insight.olap.tables.ranks import best, placed, ranks_itself
from dangol.insight.olap.tables.shape import Question, Star, column, grouped, whole
from dangol.insight.olap.tables.visits import buyers, told
from dangol.insight.warehouse.rules import SUMS
from dangol.insight.warehouse.tables import figured

PER_CUSTOMER = frozenset({"buying_customers", "repeat_customers"})
COUNTING_ORDERS = frozenset({"orders", "repeat_customers"})


def sales(star: Star, question: Question, wanted: Collection[str]) -> list[Table]:
    """Sums, orders, and customers who bought (again). wanted: names of measures.

    Different customers are a table of their own where visits tell all that is asked, and where there are many groups:
    pairs of customer and group are told apart faster without sums beside them.
    """
    if ranks_itself(question):
        return [_by_ranks(star, question, wanted)]
    by = coded_people(ranked(star, question), question)
    return [by.named(table) for table in _sales(by.star, by.question, wanted)]


def _sales(star: Star, question: Question, wanted: Collection[str]) -> list[Table]:
    people = PER_CUSTOMER.intersection(wanted)
    visits = told(star, question) if people else None
    if visits is None and not (people and _apart(question, people)):
        return [_of_lines(star, question, wanted)]
    rest = {*SUMS, "orders"}.intersection(wanted)
    counted = _of_lines(star, question, people) if visits is None else buyers(star, visits, question, people)
    return [*([_of_lines(star, question, rest)] if rest else []), counted]


def _apart(question: Question, people: Collection[str]) -> bool:
    """Whether customers are counted faster without sums beside them: in many groups, of which customers decide none."""
    known = all(item.is_period for item in question.by)  # few groups: one aggregate counts, see `different`
    of_people = any(item.of in ("customer", "since") for item in (*question.by, *question.used))
    return "repeat_customers" not in people and not known and not of_people


def _of_lines(star: Star, question: Question, wanted: Collection[str]) -> Table:
    """The same out of the lines.

    Orders are counted by their first lines. Where lines of one order may lie in different groups (split or filtered by
    product), they are brought together to one row an order first.
    """
    sums = _sums(wanted)
    per_order = _per_order(question, sums)
    if PER_CUSTOMER.intersection(wanted):
        return _with_people(star, question, wanted, sums, per_order=per_order)
    late = () if per_order else _late(star, question)
    if not late:
        by = coded(star, question)
        found = _lines(by.star, by.question, sums, (), per_order=per_order)
        return by.named(grouped(found, by.question.keys, **_summed(found, sums)))
    found = _lines(star, question, sums, late, per_order=per_order)
    early = [column(item) for item in question.by if item not in late]
    found = grouped(found, [*early, *sorted({source_of(found, item) for item in late})], **_summed(found, sums))
    return grouped(dimensioned(star, found, late), question.keys, **_summed(found, sums))


def _sums(wanted: Collection[str]) -> list[str]:
    """What is added up for some measures; orders are the last."""
    orders = ["orders"] if COUNTING_ORDERS.intersection(wanted) else []
    return [*(name for name in SUMS if name in wanted), *orders]


def _per_order(question: Question, sums: Sequence[str]) -> bool:
    """Whether the lines of an order must be brought together before orders can be counted."""
    return "orders" in sums and any(rules.within_order(item) for item in (*question.by, *question.used))


def _late(star: Star, question: Question) -> tuple[Dimension, ...]:
    """Dimensions that are cheaper to look up in sums by what decides them than in every line.

    Periods where nothing else is split by: there are few days. What stores and postings tell: there are few of them.
    What products tell where nothing else is split by: with months or stores there would be too many pairs.
    """
    rows = sold(star, question)
    few = {item for item in question.by if item.of in ("store", "posting") and item not in question.used}
    if all(source_of(rows, item) == "day" or item.of == "channel" for item in question.by):
        few |= {item for item in question.by if source_of(rows, item) == "day" and item.name != "day"}
    if all(item.of == "product" and item not in question.used for item in question.by):
        few |= set(question.by)
    return tuple(item for item in question.by if item in few)


def _lines(
    star: Star, question: Question, sums: Sequence[str], late: Collection[Dimension], *, per_order: bool
) -> Table:
    """Sales lines, or one row an order and group, with the columns to add up."""
    found = figured(facts(star, sold(star, question), question, late=late), sums)
    if not per_order:
        return found
    keys = [column(item) for item in question.by if item not in late]
    apart = found.group_by(*keys, *order_keys(found)).aggregate(
        **_summed(found, sums[:-1]), customer_id=found.customer_id.max()
    )
    return apart.mutate(orders=whole(1))


def _summed(table: Table, names: Sequence[str]) -> dict[str, Value]:
    return {name: table[name].sum().cast("int64") for name in names}


def _with_people(
    star: Star, question: Question, wanted: Collection[str], sums: Sequence[str], *, per_order: bool
) -> Table:
    """The sums besides different customers, and those with several orders.

    In few groups known before, one aggregate counts the customers. Else there is one row a customer first, then a
    plain count: that costs a fraction of a distinct count in many groups, and what customers tell is looked up in it.
    """
    few = None
    by = coded(star, question)
    star, question = by.star, by.question
    late = tuple(item for item in question.by if item.of == "customer" and item not in question.used)
    found = _lines(star, question, sums, late, per_order=per_order)
    if "repeat_customers" not in wanted:
        few = different(star, found, question)
    if few is not None:
        return grouped(found, question.keys, **_summed(found, sums), buying_customers=few)
    early = [column(item) for item in question.by if item not in late]
    if sums:
        found = found.group_by(*early, "customer_id").aggregate(**_summed(found, sums))
    else:
        found = found.select(*early, "customer_id").distinct()
    return by.named(_counted(dimensioned(star, found, late, everyone=star.complete), question, wanted, sums))


def _counted(each: Table, question: Question, wanted: Collection[str], sums: Sequence[str]) -> Table:
    """The figures of a table with one row a group and customer."""
    figures = {"buying_customers": each.customer_id.count()}
    if "repeat_customers" in wanted:
        again = (each.customer_id.notnull() & (each.orders > whole(1))).ifelse(whole(1), whole(0))
        figures["repeat_customers"] = again.sum().cast("int64")
    return grouped(each, question.keys, **_summed(each, sums), **figures)


def _by_ranks(star: Star, question: Question, wanted: Collection[str]) -> Table:
    """The figures by ranks of customers that the same lines decide."""
    over = question.ranking or question
    sums = _sums(wanted)
    every = list(dict.fromkeys(["sales_amount", *sums]))  # orders stay the last
    found = _lines(star, over, every, (), per_order=_per_order(over, sums))
    each = found.group_by("customer_id").aggregate(**_summed(found, every))
    each = placed(each, each.sales_amount)
    asked = {item.name: item for item in (*question.by, *question.used) if item.ranked}
    each = each.mutate(**{column(item): each[item.column] for item in asked.values()})
    chosen = [met(each, part, asked) for part in question.rows if rules.names(part) & set(asked)]
    each = each.filter(*chosen) if chosen else each
    each = dimensioned(star, each, tuple(item for item in question.by if not item.ranked))
    return _counted(each, question, wanted, sums)


def best_shares(star: Star, question: Question, wanted: Sequence[str]) -> Table:
    """The shares that the best customers of each group make."""
    star = ranked(star, question)
    late = tuple(item for item in question.by if item.of == "customer" and item not in question.used)
    found = figured(facts(star, sold(star, question), question, late=late), ["sales_amount"])
    early = [column(item) for item in question.by if item not in late]
    found = found.filter(found.customer_id.notnull())
    each = found.group_by(*early, "customer_id").aggregate(amount=found.sales_amount.sum().cast("int64"))
    return best(dimensioned(star, each, late), question.keys, wanted)


def different(star: Star, table: Table, question: Question) -> IntegerValue | None:
    """The number of different customers as one aggregate, where the groups are periods only, whose number is known."""
    if star.different is None or star.days is None or not all(item.is_period for item in question.by):
        return None
    first, last = star.days
    spans = [rules.period_number(item.name, last) - rules.period_number(item.name, first) for item in question.by]
    return star.different(table.customer_id, 1 + sum(spans))
