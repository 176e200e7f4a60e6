"""Facts with the dimensions of a question beside them, under its conditions."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, Column, Value
from ibis.expr.types import Table as Rows

from dangol.insight.olap import rules as olap
from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.stars.rules import Fact, Star, Tree
from dangol.insight.olap.stars.tables.reckoning import worth
from dangol.insight.olap.tables import Question, column, met, period, placed

DAY = "_day"
Read = Callable[[str], Rows]


def dated(read: Read, star: Star, fact: Fact) -> Rows:
    """A fact's rows with the day each belongs to."""
    rows = read(fact.table)
    if fact.date is None:
        return rows
    table, name = fact.date
    if table == fact.table:
        return rows.mutate(**{DAY: rows[name].cast("date")})
    joined = _joined(read, star, fact, {table: {name}}, rows)
    return joined.select(*rows.columns, **{DAY: joined[f"{table}__{name}"].cast("date")})


def _joined(read: Read, star: Star, fact: Fact, wanted: Mapping[str, Collection[str]], rows: Rows) -> Rows:
    """The rows with columns `table__column` of the tables they lead to; a key that leads nowhere leaves them null."""
    needed = {table: set(columns) for table, columns in wanted.items() if table != fact.table}
    order = list(fact.paths)
    for table in reversed(order):
        if table in needed:
            before, name = fact.paths[table]
            if before != fact.table:
                needed.setdefault(before, set()).add(name)
    for table in order:
        if table not in needed:
            continue
        before, name = fact.paths[table]
        side, key = read(table), star.tables[table].key
        side = side.select(
            **{f"{table}__": side[key]}, **{f"{table}__{one}": side[one] for one in sorted(needed[table])}
        )
        own = rows[name] if before == fact.table else rows[f"{before}__{name}"]
        rows = rows.left_join(side, own == side[f"{table}__"])
    return rows


def facts(read: Read, star: Star, fact: Fact, question: Question, alone: str = "") -> Rows:
    """Fact rows with a column for every dimension of the question, under its conditions.

    Split by a tree, a row stands once under each of its ancestors. A condition on a tree that is no split holds where
    any ancestor meets it, so that no row is counted twice. alone: a tree of which a row belongs to its own member only.
    """
    asked = list(dict.fromkeys((*question.by, *question.used)))
    split = {item.of for item in question.by} & star.model.trees
    trees = {tree.of: tree for tree in star.trees.values()}
    wanted: dict[str, set[str]] = {}
    for item in asked:
        if item.of in trees:
            tree = trees[item.of]
            wanted.setdefault(tree.table, set()).add(star.tables[tree.table].key)
        elif not item.is_period:
            wanted.setdefault(item.of, set()).add(item.column)
            above = _above(star, item)
            if above is not None:
                wanted.setdefault(above.of, set()).add(above.column)
    rows = _joined(read, star, fact, wanted, read(f"{fact.name}_rows"))
    for of in sorted(split):
        below = _pairs(read, trees[of], alone)
        below = below.select(**{f"{of}__{name}": below[name] for name in below.columns})
        rows = rows.left_join(below, _member_key(rows, star, fact, trees[of].table) == below[f"{of}__key"])
    here = [item for item in asked if item.of not in trees or item.of in split]
    rows = rows.mutate(**{column(item): _value(rows, star, fact, item) for item in here if not item.ranked})
    for item in (one for one in here if one.ranked):
        rows = _with_rank(rows, _plain(rows, fact, item), item, _places(read, star, item, question.ranking))
    kinds = {item.name: item for item in asked}

    def holds(condition: olap.Condition) -> BooleanValue:
        names = olap.names(condition)
        apart = [kinds[name] for name in names if kinds[name].of in trees and kinds[name].of not in split]
        if not apart:
            return met(rows, condition, kinds, DAY)
        match condition:
            case olap.And(parts):
                return reduce(and_, [holds(part) for part in parts])
            case olap.Or(parts):
                return reduce(or_, [holds(part) for part in parts])
            case olap.Not(inner):
                return ~holds(inner)
            case olap.Compare(name, "!=", value):
                return ~holds(olap.Compare(name, "=", value))
        of = apart[0].of
        tree = _pairs(read, trees[of], alone)
        found = tree.mutate(**{column(apart[0]): tree[apart[0].column]})
        keys = found.filter(met(found, condition, kinds)).key
        return _member_key(rows, star, fact, trees[of].table).isin(keys).fill_null(False)

    conditions = question.rows + question.periods
    return rows.filter(*[holds(one) for one in conditions]) if conditions else rows


def _places(read: Read, star: Star, item: Dimension, ranking: Question | None) -> Rows:
    """What a dimension's column names and its rank there, counted over the rows of `ranking`."""
    if ranking is None:
        raise ValueError("A question for ranks says over which rows they are counted.")
    figure = star.figures[star.model.ranked_by]
    key = replace(item, name="ranked_", ranked=False)
    lines = facts(read, star, star.facts[figure.fact], replace(ranking, by=(key,)))
    lines = lines.filter(lines[column(key)].notnull())
    each = lines.group_by(customer_id=lines[column(key)]).aggregate(amount=worth(lines, figure))
    places = placed(each, each.amount)
    return places.select(of_=places.customer_id, place_=places[f"customer_{star.ranks[item.name]}"])


def _with_rank(rows: Rows, key: Value, item: Dimension, places: Rows) -> Rows:
    return rows.left_join(places, key == places.of_).rename({column(item): "place_"}).drop("of_")


def _pairs(read: Read, tree: Tree, alone: str) -> Rows:
    """Pairs of a member and one who stands above it; alone: only of a member and itself, which lies the deepest."""
    pairs = read(tree.of)
    if tree.name != alone:
        return pairs
    marked = pairs.mutate(deepest_=pairs.level.max().over(ibis.window(group_by=pairs.key)))
    return marked.filter(marked.level == marked.deepest_).drop("deepest_")


def _member_key(rows: Rows, star: Star, fact: Fact, table: str) -> Column:
    key = star.tables[table].key
    return rows[key] if table == fact.table else rows[f"{table}__{key}"]


def _above(star: Star, item: Dimension) -> Dimension | None:
    """The dimension whose name a member of a ragged hierarchy may repeat."""
    above = star.hides.get(item.name)
    return star.model.dimensions[above] if above else None


def _value(rows: Rows, star: Star, fact: Fact, item: Dimension) -> Value:
    if item.is_period:
        return period(item.name, rows[DAY])
    own = _plain(rows, fact, item)
    if item.name in star.pieces:
        return _piece(own, star.pieces[item.name])
    above = _above(star, item)
    return own if above is None else (own == _plain(rows, fact, above)).ifelse(ibis.null(own.type()), own)


def _piece(day: Value, piece: str) -> Value:
    """A part of a day as a number; Monday is 1."""
    if piece == "weekday":
        return day.day_of_week.index().cast("int64") + ibis.literal(1, type="int64")
    return getattr(day, piece)().cast("int64")


def _plain(rows: Rows, fact: Fact, item: Dimension) -> Value:
    return rows[item.column] if item.of == fact.table else rows[f"{item.of}__{item.column}"]
