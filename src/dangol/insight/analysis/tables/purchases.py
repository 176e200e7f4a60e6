"""How people buy: after how many days again, how much at once, at which prices."""

from collections.abc import Sequence

import ibis
from ibis.expr.types import IntegerValue, Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number, sums
from dangol.insight.olap import tables as star_tables
from dangol.insight.olap.tables import Question, Star, period


def steps(value: IntegerValue, edges: Sequence[int]) -> IntegerValue:
    """How many of the edges a value reaches: 0 below the first. edges: rising."""
    below = [(value < number(edge), number(place)) for place, edge in enumerate(edges)]
    return ibis.cases(*below, else_=number(len(edges)))


def _bought(star: Star, question: Question, *, paid: bool) -> Table:
    """Lines of known customers. paid: only those that were paid for."""
    found = lines(star, question)
    found = found.filter(found.customer_id.notnull())
    return found.filter(found.sales > number(0)) if paid else found


def _visits(star: Star, question: Question, span: Span, *, paid: bool) -> tuple[Table, Table]:
    """The days of the span on which each customer bought, and the last day before it of those who did.

    Both: customer_id, day. All earlier days make no gap that ends in the span: one maximum does for them.
    """
    ever = _bought(star, question, paid=paid)
    first, last = ibis.literal(span.first), ibis.literal(span.last)
    within = ever.filter(ever.day.between(first, last)).select("customer_id", "day").distinct()
    earlier = ever.filter(ever.day < first).semi_join(within, "customer_id")
    return within, earlier.group_by("customer_id").aggregate(day=earlier.day.max())


def gaps(star: Star, question: Question, span: Span, edges: Sequence[int]) -> Table:
    """A row for each step of days since the customer's purchase day before: step, times, days in all.

    The later day lies in the span.
    """
    within, earlier = _visits(star, question, span, paid=True)
    visits = within.union(earlier)
    day = period("day", visits.day)
    before = day.lag().over(group_by="customer_id", order_by="day")
    visits = visits.mutate(gap=day - before)
    visits = visits.filter(visits.gap.notnull(), visits.day >= ibis.literal(span.first))
    visits = visits.mutate(step=steps(visits.gap, edges))
    return visits.group_by("step").aggregate(times=visits.count(), days=visits.gap.sum().cast("int64"))


def cycles(star: Star, question: Question, by: Question, span: Span) -> Table:
    """A row for each group of customers (the split of `by`): times bought again in the span, days between in all.

    As the measure purchase_cycle_days counts them: a day with a return alone is a day, too. The gaps of a customer add
    up to the days from the first to the last, so none need be looked at alone.
    """
    within, earlier = _visits(star, question, span, paid=False)
    each = within.group_by("customer_id").aggregate(n=within.count(), first=within.day.min(), last=within.day.max())
    each = each.left_join(earlier.select(person="customer_id", before="day"), each.customer_id == earlier.customer_id)
    start = each.before.coalesce(each["first"])
    each = each.select(
        "customer_id",
        times=each.n - each.before.isnull().ifelse(number(1), number(0)),
        days=period("day", each["last"]) - period("day", start),
    )
    each = star_tables.facts(star, each, by)
    return each.group_by(*by.keys).aggregate(**sums(each, "times", "days"))


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
