"""Who buys something, beside who buys at all."""

from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, sums
from dangol.insight.olap.tables import Question, Star


def buyers(star: Star, question: Question, span: Span) -> Table:
    """A row a group of the question's split: different customers, amount (returns taken off)."""
    found = lines(star, question, span)
    found = found.filter(found.customer_id.notnull()).mutate(amount=found.sales + found.returns)
    each = found.group_by(*question.keys, "customer_id").aggregate(**sums(found, "amount"))
    figures = {"customers": each.count(), **sums(each, "amount")}
    return each.group_by(*question.keys).aggregate(**figures) if question.by else each.aggregate(**figures)
