"""Sales lines as the reports need them: within spans, under conditions, orders counted once."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, Table, Value

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.olap import rules as olap
from dangol.insight.olap import tables as star_tables
from dangol.insight.olap.tables import Question, Star

AMOUNTS = ("sales", "returns", "orders")


def number(value: int) -> IntegerValue:
    """A whole number of 64 bits: a bare literal would be of 8 bits on one engine and of 32 on the other."""
    return ibis.literal(value, type="int64")


def inside(table: Table, *spans: Span) -> BooleanValue:
    """Whether a row's day lies in one of the spans."""
    return reduce(or_, [table.day.between(ibis.literal(span.first), ibis.literal(span.last)) for span in spans])


def is_later(table: Table, day: date) -> IntegerValue:
    """1 on and after a day, 0 before it."""
    return (table.day >= ibis.literal(day)).ifelse(number(1), number(0))


def lines(star: Star, question: Question, *spans: Span) -> Table:
    """Sales lines of the spans (of all time without one) with the split's columns, under the question's conditions.

    Adds sales (amounts above 0), returns (below 0) and orders (1 on the first line of an order).
    """
    return star_tables.facts(star, _counted(star, *spans), question)


def _counted(star: Star, *spans: Span) -> Table:
    sold = star.sales_lines.filter(inside(star.sales_lines, *spans)) if spans else star.sales_lines
    first = (sold.line_no == ibis.literal(0, type="int32")).ifelse(number(1), number(0))
    bought = sold.amount > number(0)
    return sold.mutate(
        sales=bought.ifelse(sold.amount, number(0)), returns=bought.ifelse(number(0), sold.amount), orders=first
    )


Marks = Callable[[Table], Mapping[str, Value]]


def no_marks(_table: Table) -> Mapping[str, Value]:
    """Nothing to keep apart besides the question's groups."""
    return {}


def per_customer(star: Star, question: Question, *spans: Span, marks: Marks = no_marks) -> Table:
    """A row for each customer (null for none), group of the question and mark: sales, returns, orders.

    marks: further columns of the lines to keep apart. Where all that is asked is about customers, the lines are summed
    up by customer before anything is joined to them: a tenth as many rows to join, and no texts to group by.
    """
    if not of_people(question):
        found = lines(star, question, *spans)
        kept = marks(found)
        keys = (*kept, *question.keys)
        orders = per_order(found.mutate(**kept), question, *keys)
        return orders.group_by(*keys, "customer_id").aggregate(**sums(orders, *AMOUNTS))
    sold = _counted(star, *spans)
    if star.bounded:
        sold = sold.semi_join(star.customers, "customer_id")
    kept = marks(sold)
    sold = sold.mutate(**kept)
    each = sold.group_by(*kept, "customer_id").aggregate(**sums(sold, *AMOUNTS))
    return star_tables.facts(star, each, question)


def of_people(question: Question) -> bool:
    """Whether all that is asked is about customers, nothing about what, where or when they bought."""
    return all(item.of == "customer" for item in (*question.by, *question.used))


def is_apart(question: Question) -> bool:
    """Whether the lines of one order may lie in different groups or be filtered apart, as those of products."""
    return any(olap.within_order(item) for item in (*question.by, *question.used))


def per_order(found: Table, question: Question, *keys: str) -> Table:
    """Where `is_apart`, one row an order and group, so that each counts once; else the lines as they are.

    keys: columns to keep apart besides. Both ways the rows have customer_id, day, sales, returns, orders and the keys.
    """
    if not is_apart(question):
        return found
    orders = found.group_by(*keys, "source", "order_id").aggregate(
        customer_id=found.customer_id.max(), day=found.day.min(), **sums(found, "sales", "returns")
    )
    return orders.mutate(orders=number(1))


def sums(table: Table, *names: str) -> dict[str, IntegerValue]:
    """The sums of whole-number columns, under the same names."""
    return {name: table[name].sum().cast("int64") for name in names}
