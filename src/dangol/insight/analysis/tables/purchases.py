"""How people buy: at which hours and weekdays, after how many days again, how much at once, at which prices."""

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis.expr.types import IntegerValue, Table, TimestampValue

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number, per_order, sums
from dangol.insight.olap.tables import Question, Star, period
from dangol.insight.warehouse.rules import Stretch


def local(moment: TimestampValue, zone: Sequence[Stretch]) -> TimestampValue:
    """A UTC time by the company's clock. zone: as from `warehouse.rules.stretches`."""
    *earlier, last = [(stretch.until, moment + ibis.interval(seconds=stretch.seconds)) for stretch in zone]
    if not earlier:
        return last[1]
    return ibis.cases(*[(moment < _at(until), shifted) for until, shifted in earlier if until], else_=last[1])


def _at(moment: datetime) -> TimestampValue:
    return ibis.literal(moment.isoformat(sep=" ")).cast("timestamp")


def hours(star: Star, question: Question, span: Span, zone: Sequence[Stretch]) -> Table:
    """A row for each weekday (0 Monday) and hour with purchases: orders, amount (returns taken off)."""
    found = lines(star, question, span)
    found = found.mutate(
        hour=local(found.sold_at, zone).hour().cast("int64"), weekday=found.day.day_of_week.index().cast("int64")
    )
    orders = per_order(found, question, "weekday", "hour")
    summed = orders.group_by("weekday", "hour").aggregate(**sums(orders, "orders", "sales", "returns"))
    return summed.select("weekday", "hour", "orders", amount=summed.sales + summed.returns)


def steps(value: IntegerValue, edges: Sequence[int]) -> IntegerValue:
    """How many of the edges a value reaches: 0 below the first."""
    reached = [(value >= number(edge)).ifelse(number(1), number(0)) for edge in edges]
    total = reached[0]
    for one in reached[1:]:
        total += one
    return total


def gaps(star: Star, question: Question, span: Span, edges: Sequence[int]) -> Table:
    """A row for each step of days since the customer's purchase day before: step, times, days in all.

    The later day lies in the span.
    """
    found = lines(star, question)
    found = found.filter(found.customer_id.notnull(), found.sales > number(0), found.day <= ibis.literal(span.last))
    visits = found.select("customer_id", "day").distinct()
    day = period("day", visits.day)
    before = day.lag().over(group_by="customer_id", order_by="day")
    visits = visits.mutate(gap=day - before)
    visits = visits.filter(visits.gap.notnull(), visits.day >= ibis.literal(span.first))
    visits = visits.mutate(step=steps(visits.gap, edges))
    return visits.group_by("step").aggregate(times=visits.count(), days=visits.gap.sum().cast("int64"))


def baskets(star: Star, question: Question, span: Span, edges: Sequence[int], value_edges: Sequence[int]) -> Table:
    """A row for each pair of steps, of pieces and of value (minor units) an order: orders, sales, items."""
    found = lines(star, question, span)
    each = found.group_by("source", "order_id").aggregate(
        items=found.quantity.sum().cast("int64"), **sums(found, "sales")
    )
    each = each.filter(each.sales > number(0))
    each = each.mutate(pieces=steps(each["items"], edges), worth=steps(each.sales, value_edges))
    return each.group_by("pieces", "worth").aggregate(orders=each.count(), **sums(each, "sales", "items"))


def prices(star: Star, question: Question, now: Span, before: Span, edges: Sequence[int]) -> Table:
    """A row for each price band and side (1 now, 0 before): band, pieces, sales, customers.

    The price is that of one piece of a line, rounded down to the minor unit; returns and free goods are left out.
    """
    found = lines(star, question, before, now)
    found = found.filter(found.sales > number(0), found.quantity > number(0))
    price = (found.sales / found.quantity).floor().cast("int64")
    later = (found.day >= ibis.literal(now.first)).ifelse(number(1), number(0))
    found = found.mutate(band=steps(price, edges), side=later, pieces=found.quantity.cast("int64"))
    each = found.group_by("band", "side", "customer_id").aggregate(**sums(found, "sales", "pieces"))
    return each.group_by("band", "side").aggregate(customers=each.customer_id.count(), **sums(each, "sales", "pieces"))
