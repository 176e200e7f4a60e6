"""Who buys something, beside who buys at all."""

from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, per_customer, sums
from dangol.insight.olap import tables as star_tables
from dangol.insight.olap.tables import Question, Star


def buyers(star: Star, question: Question, span: Span) -> Table:
    """A row a group of the question's split: different customers, orders, amount (returns taken off)."""
    each = per_customer(star, question, span)
    each = each.filter(each.customer_id.notnull())
    each = each.mutate(amount=each.sales + each.returns)
    figures = {"customers": each.count(), **sums(each, "orders", "amount")}
    return each.group_by(*question.keys).aggregate(**figures) if question.by else each.aggregate(**figures)


def takers(star: Star, question: Question, of: Question, span: Span) -> Table:
    """A row a group of goods (the question's split) and of customers (that of `of`): different customers.

    No order is put together, and customers are only told apart where each stands once.
    """
    found = lines(star, question, span)
    each = found.filter(found.customer_id.notnull()).select(*question.keys, "customer_id").distinct()
    each = star_tables.facts(star, each, of)
    return each.group_by(*question.keys, *of.keys).aggregate(customers=each.count())
