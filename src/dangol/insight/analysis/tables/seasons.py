"""Sales by slot of time: what months, weekdays and hours are made of."""

from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import AMOUNTS, lines, number, per_order, sums
from dangol.insight.olap.tables import Question, Star


def days(star: Star, question: Question, span: Span) -> Table:
    """A row a day with purchases: day, orders, amount (returns taken off)."""
    found = lines(star, question, span)
    orders = per_order(found, question)
    summed = orders.group_by("day").aggregate(**sums(orders, *AMOUNTS))
    return summed.select("day", "orders", amount=summed.sales + summed.returns)


def slots(star: Star, question: Question, span: Span, seconds: int) -> Table:
    """A row for each stretch of so many seconds with purchases, counted from 1970 on (UTC): slot, orders, amount.

    The company's clock is brought in afterwards, over a few thousand slots instead of every line.
    """
    found = lines(star, question, span)
    found = found.mutate(slot=(found.sold_at.epoch_seconds().cast("int64") / number(seconds)).floor().cast("int64"))
    orders = per_order(found, question, "slot")
    summed = orders.group_by("slot").aggregate(**sums(orders, *AMOUNTS))
    return summed.select("slot", "orders", amount=summed.sales + summed.returns)
