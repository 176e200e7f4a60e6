"""Sales of two periods by group, and what new, kept, returned and lost customers made of the change."""

import ibis
from ibis.expr.types import Table

from dangol.insight.analysis.rules.causes import KEPT, LOST, NEW, RETURNED
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import is_later, lines, number, per_order, sums
from dangol.insight.olap.tables import Question, Star, period


def sides(star: Star, question: Question, now: Span, before: Span) -> Table:
    """A row for each group and side (1 now, 0 before): customers, orders, sales, returns, without_customer."""
    found = lines(star, question, before, now)
    found = found.mutate(side=is_later(found, now.first))
    keys = ("side", *question.keys)
    orders = per_order(found, question, *keys)
    each = orders.group_by(*keys, "customer_id").aggregate(**sums(orders, "sales", "returns", "orders"))
    known = each.customer_id.notnull().ifelse(number(1), number(0))
    each = each.mutate(
        sales=each.sales * known,
        returns=each.returns * known,
        orders=each.orders * known,
        without_customer=(each.sales + each.returns) * (number(1) - known),
    )
    return each.group_by(*keys).aggregate(
        customers=each.customer_id.count(), **sums(each, "orders", "sales", "returns", "without_customer")
    )


def moves(star: Star, question: Question, now: Span, before: Span) -> Table:
    """A row for each move of customers (see `rules.causes.MOVES`): customers, before and now in minor units.

    New is a customer whose first purchase in the company lies in the period.
    """
    found = lines(star, question, before, now)
    found = found.filter(found.customer_id.notnull())
    later = is_later(found, now.first)
    found = found.mutate(later=later, now=found.amount * later, before=found.amount * (number(1) - later))
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


def months(star: Star, question: Question, span: Span) -> Table:
    """A row a month: amount (returns taken off), orders."""
    found = lines(star, question, span)
    found = found.mutate(month=period("month", found.day))
    orders = per_order(found, question, "month")
    summed = orders.group_by("month").aggregate(**sums(orders, "sales", "returns", "orders"))
    return summed.select("month", "orders", amount=summed.sales + summed.returns).order_by("month")
