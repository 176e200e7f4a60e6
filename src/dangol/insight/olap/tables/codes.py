"""Products, stores and customers as small numbers while figures are added up; what they are called is looked up last.

Grouping by a number costs a fraction of grouping by texts, and less yet where the engine knows how few numbers there
are: which number each of them has is held for later questions. Members that are called the same have one number, so
that different customers are counted once in them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import ibis
from ibis.expr.types import Table

from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables.facts import CODE, JOINS, NUMBERS, sold, with_none
from dangol.insight.olap.tables.shape import Question, Star, column


@dataclass(frozen=True)
class Coded:
    """A question whose products and stores are numbers. named: its figures -> the same under the members' names."""

    star: Star
    question: Question
    named: Callable[[Table], Table]


def coded(star: Star, question: Question) -> Coded:
    """The question with a number for what it splits products by, and one for stores; itself in a layout without."""
    rows = sold(star, question).columns
    ways = [(of, number) for of, number in NUMBERS.items() if number in rows]
    return _coded(star, question, ways)


def coded_people(star: Star, question: Question) -> Coded:
    """The question with a number for what it splits customers by, where no rank of theirs is asked for.

    Not within what a member may see: each of them would have numbers to be held.
    """
    ranked = any(item.ranked for item in (*question.by, *question.used))
    return _coded(star, question, [] if star.bounded or ranked else [("customer", JOINS["customer"])])


def _coded(star: Star, question: Question, ways: Sequence[tuple[str, str]]) -> Coded:
    """ways: of which side, and the number by which rows lead to it."""
    sides = {"product": star.products, "store": star.stores, "customer": star.customers}
    names: list[tuple[Dimension, Table]] = []
    for of, number in ways:
        split = tuple(item for item in question.by if item.of == of)
        if not split:
            continue
        if JOINS[of] != number and JOINS[of] in {item.column for item in split}:
            code = _dimension(of, number)  # the key itself, whose number every row has
            called = {column(item): sides[of][item.column] for item in split}
            names.append((code, sides[of].select(**{CODE: sides[of][number]}, **called)))
        else:
            code = _dimension(of, CODE)
            sides[of], each = _numbered(star, question, of, number, sides[of])
            names.append((code, each))
        question = replace(question, by=(*(item for item in question.by if item not in split), code))

    def named(figures: Table) -> Table:
        for code, side in names:
            figures = figures.left_join(side, figures[column(code)] == side[CODE]).drop(CODE, column(code))
        return figures

    star = replace(star, products=sides["product"], stores=sides["store"], customers=sides["customer"])
    return Coded(star, question, named)


def _numbered(star: Star, question: Question, of: str, number: str, side: Table) -> tuple[Table, Table]:
    """A side with a number for what it is split by (and one row for none of it), and what each number is called."""
    split = tuple(item for item in question.by if item.of == of)
    used = {item.column for item in question.used if item.of == of}
    if of == "customer" and any(item.of == "since" for item in (*question.by, *question.used)):
        used.add("first_day")
    called = {column(item): side[item.column] for item in split}
    some = reduce(or_, [value.notnull() for value in called.values()])
    place = ibis.dense_rank().over(order_by=list(called.values())).cast("int32")
    code = some.ifelse(place, ibis.null("int32"))  # without a name like no product at all
    found = side.mutate(**{CODE: code})
    name = (of, *sorted(item.column for item in split))
    known = found.filter(found[CODE].notnull()).select(CODE, **{column(item): found[item.column] for item in split})
    told = with_none(found.select(number, CODE, *sorted(used - {number})), number)
    return star.held((*name, "by", *sorted(used)), told), star.held((*name, "called"), known.distinct())


def _dimension(of: str, name: str) -> Dimension:
    """The dimension of a number; no attribute of a customer has a name with a space."""
    return Dimension(f"number of {of}", "", "", of, name)
