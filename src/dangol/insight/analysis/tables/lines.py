"""Sales lines as the reports need them: within spans, under conditions, orders counted once."""

from datetime import date
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.olap import rules as olap
from dangol.insight.olap import tables as star_tables
from dangol.insight.olap.tables import Question, Star


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
    sold = star.sales_lines.filter(inside(star.sales_lines, *spans)) if spans else star.sales_lines
    found = star_tables.facts(star, sold, question)
    first = (found.line_no == ibis.literal(0, type="int32")).ifelse(number(1), number(0))
    bought = found.amount > number(0)
    return found.mutate(
        sales=bought.ifelse(found.amount, number(0)), returns=bought.ifelse(number(0), found.amount), orders=first
    )


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
