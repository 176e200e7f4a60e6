"""The figures of a question, one row a group."""

from collections.abc import Iterator, Mapping, Sequence

import ibis
from ibis.expr.types import Table as Rows
from ibis.expr.types import Value

from dangol.insight.olap.stars.rules import Figure, Star
from dangol.insight.olap.stars.tables.facts import DAY, Read, facts
from dangol.insight.olap.stars.tables.reckoning import reckoned, worth
from dangol.insight.olap.tables import Question


def families(read: Read, star: Star, wanted: Sequence[str], question: Question) -> Iterator[Rows]:
    """The figures of a question: a table for the plain ones of each fact, one for each that counts different things,
    one for each that is not added up over time.
    """
    for fact in star.facts.values():
        figures = [star.figures[name] for name in wanted if star.figures[name].fact == fact.name]
        for alone in dict.fromkeys(one.alone for one in figures):
            rows = facts(read, star, fact, question, alone)
            yield from _figures(rows, question.keys, [one for one in figures if one.alone == alone])


def _figures(rows: Rows, keys: Sequence[str], figures: Sequence[Figure]) -> Iterator[Rows]:
    plain = [one for one in figures if one.way != "distinct" and not one.over_time]
    if plain:
        yield _grouped(rows, keys, {one.name: worth(rows, one) for one in plain})
    for one in figures:
        if one.way == "distinct":
            yield _different(rows, keys, one)
        elif one.over_time:
            yield _standing(rows, keys, one)


def _grouped(rows: Rows, keys: Sequence[str], figures: Mapping[str, Value]) -> Rows:
    return rows.group_by(*keys).aggregate(**figures) if keys else rows.aggregate(**figures)


def _different(rows: Rows, keys: Sequence[str], one: Figure) -> Rows:
    """One row a value, then a plain count: exact, and a fraction of what a distinct count costs in many groups."""
    value = reckoned(rows, one.of) if one.of else ibis.null("int64")
    there = rows.mutate(value_=value).filter(value.notnull()).select(*keys, "value_").distinct()
    return _grouped(there, keys, {one.name: there.count()})


def _standing(rows: Rows, keys: Sequence[str], one: Figure) -> Rows:
    """What stood on the last (or first) day of each group: added up over everything but time."""
    daily = (
        rows.group_by(*keys, DAY).aggregate(**{one.name: worth(rows, one)}).filter(lambda table: table[DAY].notnull())
    )
    whole = ibis.window(group_by=[daily[key] for key in keys]) if keys else ibis.window()
    edge = daily[DAY].max() if one.over_time == "last" else daily[DAY].min()
    marked = daily.mutate(edge_=edge.over(whole))
    return marked.filter(marked[DAY] == marked.edge_).select(*keys, one.name)
