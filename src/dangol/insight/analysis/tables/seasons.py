"""Sales by day: what months and weekdays are made of."""

from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, per_order, sums
from dangol.insight.olap.tables import Question, Star


def days(star: Star, question: Question, span: Span) -> Table:
    """A row a day with purchases: day, orders, amount (returns taken off)."""
    found = lines(star, question, span)
    orders = per_order(found, question)
    summed = orders.group_by("day").aggregate(**sums(orders, "orders", "sales", "returns"))
    return summed.select("day", "orders", amount=summed.sales + summed.returns)
