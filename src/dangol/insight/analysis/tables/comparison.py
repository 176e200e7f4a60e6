"""What the customers of each branch or rep did: counts, sums and sums of squares."""

from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import is_later, number, per_customer, sums
from dangol.insight.olap.tables import Question, Star


def units(star: Star, question: Question, now: Span, before: Span) -> Table:
    """A row a group: buyers, amount, orders with their squares (of a customer's own), buyers_before, kept.

    kept: buyers of the period before who bought in this one too. Squares are float64.
    """
    found = per_customer(star, question, before, now, marks=lambda sold: {"later": is_later(sold, now.first)})
    found = found.filter(found.customer_id.notnull())
    found = found.mutate(amount=(found.sales + found.returns) * found.later, orders=found.orders * found.later)
    each = found.group_by(*question.keys, "customer_id").aggregate(
        **sums(found, "amount", "orders"), last=found.later.max(), first=found.later.min()
    )
    each = each.mutate(
        earlier=number(1) - each.first,
        both=(number(1) - each.first) * each.last,
        amount_squares=each.amount.cast("float64") * each.amount.cast("float64"),
        order_squares=each.orders.cast("float64") * each.orders.cast("float64"),
    )
    return each.group_by(*question.keys).aggregate(
        buyers=each["last"].sum().cast("int64"),
        buyers_before=each.earlier.sum().cast("int64"),
        kept=each.both.sum().cast("int64"),
        amount_squares=each.amount_squares.sum(),
        order_squares=each.order_squares.sum(),
        **sums(each, "amount", "orders"),
    )
