"""Products and stores as small numbers while figures are added up; what they are called is looked up last.

Grouping by a number costs a fraction of grouping by texts. Members that are called the same have one number, so that
different customers are counted once in them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import Table

from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables.facts import JOINS, NUMBERS, sold
from dangol.insight.olap.tables.shape import Question, Star, column

CODE = "code_"


@dataclass(frozen=True)
class Coded:
    """A question whose products and stores are numbers. named: its figures -> the same under the members' names."""

    star: Star
    question: Question
    named: Callable[[Table], Table]


def coded(star: Star, question: Question) -> Coded:
    """The question with a number for what it splits products by, and one for stores; itself in a layout without."""
    products, products_by, product = _coded(star, question, "product", star.products)
    stores, stores_by, store = _coded(star, question, "store", star.stores)
    names = [*product, *store]
    split = {item.name for item in (*products_by, *stores_by)}
    by = tuple(item for item in question.by if item.name not in split)
    asked = replace(question, by=(*by, *(code for code, _side in names)))

    def named(figures: Table) -> Table:
        for code, side in names:
            figures = figures.left_join(side, figures[column(code)] == side[CODE]).drop(CODE, column(code))
        return figures

    return Coded(replace(star, products=products, stores=stores), asked, named)


def _coded(
    star: Star, question: Question, of: str, side: Table
) -> tuple[Table, tuple[Dimension, ...], list[tuple[Dimension, Table]]]:
    """A side with its number, the dimensions that stands for, and that number with what it is called."""
    number, split = NUMBERS[of], tuple(item for item in question.by if item.of == of)
    if not split or number not in sold(star, question).columns:
        return side, (), []
    called = {column(item): side[item.column] for item in split}
    if JOINS[of] in {item.column for item in split}:  # the key itself, whose number every row has
        return side, split, [(_dimension(of, number), side.select(**{CODE: side[number]}, **called))]
    some = reduce(or_, [value.notnull() for value in called.values()])
    place = ibis.dense_rank().over(order_by=list(called.values())).cast("int32")
    side = side.mutate(**{CODE: some.ifelse(place, ibis.null("int32"))})  # without a name like no product at all
    known = side.filter(side[CODE].notnull())
    each = known.select(CODE, **{column(item): known[item.column] for item in split}).distinct()
    return side, split, [(_dimension(of, CODE), each)]


def _dimension(of: str, name: str) -> Dimension:
    """The dimension of a number; no attribute of a customer has a name with a space."""
    return Dimension(f"number of {of}", "", "", of, name)
