"""Sales of two periods by group, and what new, kept, returned and lost customers made of the change."""

import ibis
from ibis.expr.types import Table

from dangol.insight.analysis.rules.causes import KEPT, LOST, NEW, RETURNED
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import is_later, number, per_customer, sums
from dangol.insight.olap.tables import Question, Star


def sides(star: Star, question: Question, now: Span, before: Span) -> Table:
    """A row for each group and side (1 now, 0 before): customers, orders, sales, returns, without_customer."""
    each = per_customer(star, question, before, now, marks=lambda sold: {"side": is_later(sold, now.first)})
    known = each.customer_id.notnull().ifelse(number(1), number(0))
    each = each.mutate(
        sales=each.sales * known,
        returns=each.returns * known,
        orders=each.orders * known,
        without_customer=(each.sales + each.returns) * (number(1) - known),
    )
    return each.group_by("side", *question.keys).aggregate(
        customers=each.customer_id.count(), **sums(each, "orders", "sales", "returns", "without_customer")
    )


def moves(star: Star, question: Question, now: Span, before: Span) -> Table:
    """A row for each move of customers (see `rules.causes.MOVES`): customers, before and now in minor units.

    New is a customer whose first purchase in the company lies in the period.
    """
    found = per_customer(star, question, before, now, marks=lambda sold: {"later": is_later(sold, now.first)})
    found = found.filter(found.customer_id.notnull())
    amount = found.sales + found.returns
    found = found.mutate(now=amount * found.later, before=amount * (number(1) - found.later))
    each = found.group_by("customer_id").aggregate(
        last=found.later.max(), first=found.later.min(), **sums(found, "now", "before")
    )
    people = star.customers.select(person="customer_id", first_day="first_day")
    each = each.left_join(people, each.customer_id == people.person)
    move = ibis.cases(
        (each.last == number(0), LOST),
        (each.first == number(0), KEPT),
        (each.first_day >= ibis.literal(now.first), NEW),
        else_=RETURNED,
    )
    each = each.mutate(move=move)
    return each.group_by("move").aggregate(customers=each.count(), **sums(each, "before", "now"))
