"""The last weeks by unit of the organisation, and what their sales were made of."""

from datetime import date

import ibis
from ibis.expr.types import IntegerValue, Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number, sums
from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables import Question, Star, column, period

NOTHING = Question(())


def _placed(star: Star, question: Question, span: Span) -> Table:
    """Lines of the span with the unit of the customer."""
    found = lines(star, question, span)
    people = star.customers.select(person="customer_id", path="unit_path")
    return found.left_join(people, found.customer_id == people.person)


def _week(table: Table, as_of: date) -> IntegerValue:
    """0 for the seven days up to as_of, 1 for those before, and so on."""
    today = period("day", ibis.literal(as_of))
    return ((today - period("day", table.day)) / number(7)).floor().cast("int64")


def weeks(star: Star, as_of: date, span: Span) -> Table:
    """A row for each unit path and week: path, week (0 the last), spent, often (orders), buyers."""
    found = _placed(star, NOTHING, span)
    found = found.mutate(week=_week(found, as_of), amount=found.sales + found.returns)
    each = found.group_by("path", "week", "customer_id").aggregate(**_figures(found))
    return each.group_by("path", "week").aggregate(buyers=each.customer_id.count(), **sums(each, "spent", "often"))


def _figures(table: Table) -> dict[str, IntegerValue]:
    return {"spent": table.amount.sum().cast("int64"), "often": table.orders.sum().cast("int64")}


def parts(star: Star, dimension: Dimension, as_of: date, span: Span) -> Table:
    """A row for each unit path and group: path, group, now (the last week) and before (all others), minor units."""
    found = _placed(star, Question((dimension,)), span)
    recent = (_week(found, as_of) == number(0)).ifelse(number(1), number(0))
    amount = found.sales + found.returns
    found = found.mutate(now=amount * recent, before=amount * (number(1) - recent), group=found[column(dimension)])
    return found.group_by("path", "group").aggregate(**sums(found, "now", "before"))


def reached(star: Star, span: Span) -> Table:
    """A row for each unit path: spent (minor units), often (orders) and buyers in a span."""
    found = _placed(star, NOTHING, span)
    found = found.mutate(amount=found.sales + found.returns)
    each = found.group_by("path", "customer_id").aggregate(**_figures(found))
    return each.group_by("path").aggregate(buyers=each.customer_id.count(), **sums(each, "spent", "often"))
