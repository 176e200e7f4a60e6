"""Measures of customers: how many there are so far, their cycle, and who came back."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import and_

import ibis
from ibis.expr.types import BooleanValue, Table

from dangol.insight.olap import rules
from dangol.insight.olap.rules import frames
from dangol.insight.olap.tables import visits
from dangol.insight.olap.tables.conditions import met
from dangol.insight.olap.tables.facts import dimensioned, facts, ranked, sold, today
from dangol.insight.olap.tables.shape import Question, Star, column, grouped, period, whole


def base(star: Star, question: Question) -> Table:
    """Accumulated customers: see the definition of the measure `customers`."""
    question = today(question)
    by_nature = {item.of for item in (*question.by, *question.used)}
    if by_nature <= {"customer"}:
        found = people(star, question)
        return grouped(found, question.keys, customers=found.count())
    if not question.times:
        found = facts(star, sold(star, question), question)
        found = found.filter(found.customer_id.notnull()).select(*question.keys, "customer_id").distinct()
        return grouped(found, question.keys, customers=found.count())
    return _accumulated(star, question)


def people(star: Star, question: Question) -> Table:
    """Customers with a column for every dimension of the question, under its conditions; all are of customers."""
    question = today(question)
    star = ranked(star, question)
    wanted = [item for item in dict.fromkeys((*question.by, *question.used)) if not item.is_period]
    found = star.customers.mutate(**{column(item): star.customers[item.column] for item in wanted})
    kinds = {item.name: item for item in wanted}
    return found.filter(*[met(found, one, kinds) for one in question.rows]) if question.rows else found


def _accumulated(star: Star, question: Question) -> Table:
    """Customers by the first period they bought in, summed up over time; shown where there are sales.

    The day somebody bought first is known of every customer; of a product, store or channel it is looked up in the
    lines.
    """
    keys, timeless, times = question.keys, question.timeless, question.times
    of_people = all(item.of in ("customer", "period") for item in (*question.by, *question.used))
    timed = any(rules.names(condition) & set(rules.PERIODS) for condition in question.rows)
    if of_people and not timed:
        first = people(star, replace(question, by=tuple(item for item in question.by if not item.is_period)))
        first = first.filter(first.first_day.notnull()).mutate(day=first.first_day)
    else:
        ever = facts(star, sold(star, question), question, within=False)
        ever = ever.filter(ever.customer_id.notnull())
        first = ever.group_by(*timeless, "customer_id").aggregate(day=ever.day.min())
    first = first.mutate(**{name: period(name.removeprefix("d_"), first.day) for name in times})
    late = [item for item in question.by if item.is_period]
    shown = facts(star, sold(star, question), question, late=late).select(*timeless, "day").distinct()
    shown = dimensioned(star, shown, late).select(*keys).distinct()
    steps = ibis.union(
        first.select(*keys, fresh=whole(1), shown=whole(0)), shown.select(*keys, fresh=whole(0), shown=whole(1))
    )
    cells = steps.group_by(*keys).aggregate(fresh=steps.fresh.sum(), shown=steps.shown.max())
    running = ibis.cumulative_window(
        group_by=[cells[name] for name in timeless], order_by=[cells[name] for name in times]
    )
    cells = cells.mutate(customers=cells.fresh.sum().over(running).cast("int64"))
    return cells.filter(cells.shown == whole(1)).select(*keys, "customers")


def cycle(star: Star, question: Question) -> Table:
    """Mean days between consecutive purchase days of a customer."""
    known = visits.gaps(star, question)
    gaps = _at(known if known is not None else _gaps(star, question), question)
    summed = grouped(gaps, question.keys, days=gaps.gap.sum().cast("float64"), gaps=gaps.count())
    mean = summed.days / summed.gaps.nullif(whole(0)).cast("float64")
    return summed.select(*question.keys, purchase_cycle_days=mean)


def _gaps(star: Star, question: Question) -> Table:
    """The days between purchases out of the lines, as `visits.gaps`."""
    found = facts(star, sold(star, question), question, within=False)
    bought = found.filter(found.customer_id.notnull()).select(*question.timeless, "customer_id", "day").distinct()
    number = period("day", bought.day)
    before = number.lag().over(group_by=[*question.timeless, "customer_id"], order_by="day")
    gaps = bought.mutate(gap=number - before)
    return gaps.filter(gaps.gap.notnull())


def _at(table: Table, question: Question) -> Table:
    """The rows whose own day meets the conditions on periods, with the periods of that day."""
    wanted = {item.name: item for item in (*question.by, *question.used) if item.is_period}
    table = table.mutate(**{column(item): period(item.name, table.day) for item in wanted.values()})
    return table.filter(*[met(table, one, wanted) for one in question.periods]) if question.periods else table


def retention(star: Star, question: Question) -> Table:
    """Share of the buyers of the period before who bought again, and the rest. One period is among the dimensions."""
    [now] = question.times
    kinds = {item.name: item for item in (*question.by, *question.used)}

    def inside(table: Table) -> BooleanValue:
        return reduce(and_, [met(table, one, kinds) for one in question.periods], ibis.literal(True))

    known = visits.returning(star, question, inside)
    buyers = known if known is not None else _returning(star, question, inside)
    counted = buyers.group_by(*question.keys).aggregate(
        buyers=buyers.count(), inside=buyers.inside.max(), kept=buyers.kept.sum()
    )
    along = ibis.window(group_by=question.timeless, order_by=now)
    next_to = counted[now].lag().over(along) == counted[now] - whole(1)
    counted = counted.mutate(before=next_to.ifelse(counted.buyers.lag().over(along), ibis.null("int64")))
    rate = counted.kept.cast("float64") / counted.before.cast("float64")
    counted = counted.mutate(retention_rate=rate, churn_rate=ibis.literal(1.0) - rate)
    return counted.filter(counted.inside == whole(1)).select(*question.keys, "retention_rate", "churn_rate")


def _returning(star: Star, question: Question, inside: Callable[[Table], BooleanValue]) -> Table:
    """Each customer once in each group out of the lines, as `visits.returning`."""
    [now] = question.times
    found = facts(star, sold(star, question), question, within=False)
    found = found.mutate(inside=inside(found).ifelse(whole(1), whole(0)))
    found = found.filter(found.customer_id.notnull(), *_near(star, question, found))
    buyers = found.group_by(*question.keys, "customer_id").aggregate(inside=found.inside.max())
    own = ibis.window(group_by=[*question.timeless, "customer_id"], order_by=now)
    again = buyers[now].lag().over(own) == buyers[now] - whole(1)
    kept = (again & (buyers.inside == whole(1))).fill_null(False).ifelse(whole(1), whole(0))
    return buyers.select(*question.keys, "inside", kept=kept)


def _near(star: Star, question: Question, found: Table) -> list[BooleanValue]:
    """The days that matter to the periods asked for: those of the period before the first of them to the last."""
    days = frames.chosen(question.periods, *star.days) if question.periods and star.days else None
    if not days:
        return []
    unit = question.times[0].removeprefix("d_")
    first, last = (rules.period_number(unit, day) for day in (min(days), max(days)))
    low, high = rules.period_days(unit, first - 1)[0], rules.period_days(unit, last)[1]
    return [found.day.between(ibis.literal(low), ibis.literal(high))]
