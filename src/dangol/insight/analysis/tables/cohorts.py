"""Customers and sales by month of the first purchase and month."""

import ibis
from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number
from dangol.insight.olap.tables import Question, Star, period


def cells(star: Star, question: Question, span: Span) -> Table:
    """A row for each cohort and month in the span: cohort, month (numbers), customers, amount in minor units.

    cohort: the month of the first purchase; where the question is about some goods or a channel, of those. A customer
    counts in a month who bought something in it.
    """
    first = _first(star, question)
    first = first.filter(first.first_day.between(ibis.literal(span.first), ibis.literal(span.last)))
    newcomers = first.select("person", cohort=period("month", first.first_day))
    found = lines(star, question, span)
    found = found.inner_join(newcomers, found.customer_id == newcomers.person)
    found = found.mutate(month=period("month", found.day))
    each = found.group_by("cohort", "month", "customer_id").aggregate(amount=found.amount.sum().cast("int64"))
    each = each.filter(each.month >= each.cohort)
    counted = each.group_by("cohort", "month").aggregate(customers=each.count(), amount=each.amount.sum().cast("int64"))
    return counted.filter(counted.customers > number(0))


def _first(star: Star, question: Question) -> Table:
    """person, first_day: the first purchase of what is asked about."""
    if all(item.of == "customer" for item in question.used):
        return star.customers.select(person="customer_id", first_day="first_day")
    found = lines(star, question)
    return found.filter(found.customer_id.notnull()).group_by(person="customer_id").aggregate(first_day=found.day.min())
