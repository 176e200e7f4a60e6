"""Measures of customers by their visits: days they bought on, each with the day they bought on before.

A customer is new in a period at the first visit of theirs in it, which is the one whose day before lies outside. So
different customers, those who came back and the days between purchases are counted row by row: nothing is sorted, and
no customer is remembered. It serves where nothing but customers' attributes and periods is asked about, since a store
or product has visits of its own.
"""

from collections.abc import Callable, Collection
from datetime import date
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import BooleanValue, Table

from dangol.insight.olap import rules
from dangol.insight.olap.rules import frames
from dangol.insight.olap.tables.facts import dimensioned, facts
from dangol.insight.olap.tables.shape import Question, Star, column, grouped, period, whole

WITHIN = {  # a period -> those in which it always lies whole
    "day": frozenset(rules.PERIODS), "week": frozenset({"week"}), "year": frozenset({"year"}),
    "half": frozenset({"half", "year"}), "quarter": frozenset({"quarter", "half", "year"}),
    "month": frozenset({"month", "quarter", "half", "year"}),
}  # fmt: skip


def told(star: Star, question: Question) -> Table | None:
    """The visits where they tell all that is asked: attributes of customers and periods."""
    used = (*question.by, *question.used)
    return star.visits if all(item.of == "customer" or item.is_period for item in used) else None


def apart(question: Question) -> bool:
    """Whether no condition on rows is of periods too: then all visits of a customer stay or all go."""
    return not any(rules.names(condition) & set(rules.PERIODS) for condition in question.rows)


def evenly(question: Question) -> bool:
    """Whether the conditions on periods keep or leave each period of the split whole."""
    asked = {name for condition in question.periods for name in rules.names(condition)}
    split = [item.name for item in question.by if item.is_period]
    return all(any(name in WITHIN[one] for one in split) for name in asked)


def buyers(star: Star, visits: Table, question: Question, wanted: Collection[str]) -> Table:
    """Different customers who bought (buying_customers), and those with several orders (repeat_customers)."""
    first = _first(star, question) if "repeat_customers" not in wanted else None
    late = () if first is not None else tuple(item for item in question.by if item.of == "customer")
    late = tuple(item for item in late if item not in question.used)
    found = facts(star, visits, question, late=late)
    if first is not None:
        found = found.filter(first(found))
        return grouped(found, question.keys, buying_customers=found.customer_id.count())
    early = [column(item) for item in question.by if item not in late]
    found = found.group_by(*early, "customer_id").aggregate(orders=found.orders.sum().cast("int64"))
    found = dimensioned(star, found, late)
    again = (found.customer_id.notnull() & (found.orders > whole(1))).ifelse(whole(1), whole(0))
    return grouped(found, question.keys, buying_customers=found.customer_id.count(),
                   repeat_customers=again.sum().cast("int64"))  # fmt: skip


def _first(star: Star, question: Question) -> Callable[[Table], BooleanValue] | None:
    """Whether a visit is its customer's first in its group, as a function of visits; None where visits cannot tell."""
    if not apart(question):
        return None
    low: date | None = None
    if not evenly(question):
        days = frames.chosen(question.periods, *star.days) if star.days else frozenset()
        if not days or (max(days) - min(days)).days + 1 != len(days):
            return None
        low = min(days)
    split = {item.name for item in question.by if item.is_period}
    shortest = [name for name in split if not any(name in WITHIN[other] for other in split - {name})]

    def first(visit: Table) -> BooleanValue:
        ways = [visit.before.isnull(), *(_changed(visit, name) for name in shortest)]
        return reduce(or_, [*ways, visit.before < ibis.literal(low)] if low else ways)

    return first


def _changed(visit: Table, name: str) -> BooleanValue:
    return period(name, visit.before) != period(name, visit.day)


def gaps(star: Star, question: Question) -> Table | None:
    """Visits after the first of each customer, with `gap`, the days since the one before.

    None where visits cannot tell. Conditions on periods are not met yet.
    """
    visits = told(star, question)
    if visits is None or not apart(question):
        return None
    found = facts(star, visits, question, within=False)
    found = found.filter(found.before.notnull())
    return found.mutate(gap=period("day", found.day) - period("day", found.before))


def returning(star: Star, question: Question, inside: Callable[[Table], BooleanValue]) -> Table | None:
    """Each customer once in each group with a period, as `retention` counts them; None where visits cannot tell."""
    visits = told(star, question)
    if visits is None or not (apart(question) and evenly(question)):
        return None
    [now] = question.times
    found = facts(star, visits, question, within=False)
    found = found.mutate(last=period(now.removeprefix("d_"), found.before), within=inside(found))
    found = found.filter(found.customer_id.notnull(), found.before.isnull() | (found.last != found[now]))
    again = (found.last == found[now] - whole(1)) & found.within
    return found.select(*question.keys, inside=found.within.ifelse(whole(1), whole(0)),
                        kept=again.fill_null(False).ifelse(whole(1), whole(0)))  # fmt: skip
