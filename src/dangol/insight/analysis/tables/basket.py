"""What lies in one basket together."""

import ibis
from ibis.expr.types import Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number
from dangol.insight.olap.tables import Question, Star


def items(star: Star, question: Question, span: Span, most: int) -> Table:
    """The groups of the question's split found in most baskets: item, baskets; at most so many."""
    [key] = question.keys
    each = _each(star, question, span, key)
    counted = each.group_by("item").aggregate(baskets=each.count())
    return counted.order_by(ibis.desc("baskets"), "item").limit(most)


def pairs(star: Star, question: Question, span: Span, chosen: Table) -> Table:
    """A row for each item of each basket, of the chosen items alone: basket (a number), item."""
    [key] = question.keys
    each = _each(star, question, span, key)
    return each.semi_join(chosen, "item").select("basket", "item")


def _each(star: Star, question: Question, span: Span, key: str) -> Table:
    """Every item of every basket once; returns are no part of it."""
    found = lines(star, question, span)
    found = found.filter(found.sales > number(0), found[key].notnull())
    found = found.mutate(basket=(found.source + ibis.literal("/") + found.order_id).hash(), item=found[key])
    return found.select("basket", "item").distinct()


def orders(star: Star, question: Question, span: Span) -> Table:
    """One row: how many baskets there are in all."""
    found = lines(star, question, span)
    found = found.filter(found.sales > number(0)).select("source", "order_id").distinct()
    return found.aggregate(orders=found.count())
