"""A declared star as Ibis expressions, the same on DuckDB and Spark: text cells in, facts in, figures out."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, Column, NumericValue, StringValue, Value
from ibis.expr.types import Table as Rows

from dangol.insight.olap import rules as olap
from dangol.insight.olap.rules import Dimension, Formula
from dangol.insight.olap.rules.formulas import Among, Constant, Framed, Name, Negative, Operation, Otherwise
from dangol.insight.olap.stars.rules import Column as Declared
from dangol.insight.olap.stars.rules import Fact, Figure, Star, Table, Tree
from dangol.insight.olap.tables import Question, column, met, period, placed

LINE = "_line"
DAY = "_day"
FORMS = {
    "whole": r"^[+-]?\d{1,18}(\.0*)?$",
    "number": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$",
    "date": r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$",
}
FORMS["moment"] = FORMS["date"]
WIDTH = 18  # digits of a decimal: a sum has 38, room for 10**20 rows
Read = Callable[[str], Rows]


# ---- text cells to typed columns -------------------------------------------------------------------------------------


def _form(declared: Declared) -> str:
    """The pattern a cell must have, so that no cast can round or fail."""
    if declared.kind == "decimal":
        before, after = WIDTH - declared.scale, max(declared.scale, 1)
        return rf"^[+-]?(\d{{1,{before}}}\.?|\d{{0,{before}}}\.\d{{1,{after}}}0*)$"
    return FORMS[declared.kind]


def _cell(rows: Rows, declared: Declared) -> StringValue:
    return rows[declared.header].strip().nullif("")


def _typed(cell: StringValue, declared: Declared) -> Value:
    if declared.kind == "whole":
        return cell.re_replace(r"\.0*$", "").try_cast("int64")
    if declared.kind == "decimal":
        return cell.try_cast(f"decimal({WIDTH}, {declared.scale})")
    if declared.kind == "number":
        return cell.try_cast("float64")
    if declared.kind == "moment":
        return cell.substr(0, 19).try_cast("timestamp")
    if declared.kind == "date":
        return cell.substr(0, 10).try_cast("date")
    return cell


def typed(rows: Rows, table: Table) -> Rows:
    """Rows of text cells as the declared columns; an empty cell is missing."""
    return rows.select(**{one.name: _typed(_cell(rows, one), one) for one in table.columns.values()})


def unfit(rows: Rows, table: Table) -> Rows:
    """The first row of which a cell does not fit its column. Returns line, column, text, kind; no row where all fit."""
    found = []
    for one in table.columns.values():
        if one.kind == "text":
            continue
        cell = _cell(rows, one)
        wrong = cell.notnull() & (~cell.re_search(_form(one)) | _typed(cell, one).isnull())
        kind = f"decimal({one.scale})" if one.kind == "decimal" else one.kind
        found.append(rows.filter(wrong).select(line=rows[LINE], column=ibis.literal(one.header), text=cell,
                                               kind=ibis.literal(kind)))  # fmt: skip
    if not found:
        return rows.select(line=rows[LINE]).filter(ibis.literal(False))
    together = ibis.union(*found) if len(found) > 1 else found[0]
    return together.order_by("line", "column").limit(1)


def repeated(rows: Rows, key: str) -> Rows:
    """A value of a key that several rows have, or that is missing. Returns value, rows."""
    counted = rows.group_by(value=rows[key]).aggregate(rows=rows.count())
    return counted.filter((counted.rows > 1) | counted.value.isnull()).order_by("value").limit(1)


def lost(rows: Rows, join: str, target: Rows, key: str) -> Rows:
    """One row: how many rows name a key that the target does not have."""
    missing = rows.filter(rows[join].notnull()).anti_join(target, rows[join] == target[key])
    return missing.aggregate(rows=missing.count())


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


# ---- facts with the dimensions of a question -------------------------------------------------------------------------


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
    each = lines.group_by(customer_id=lines[column(key)]).aggregate(amount=_figure(lines, figure))
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


# ---- figures ---------------------------------------------------------------------------------------------------------


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
        yield _grouped(rows, keys, {one.name: _figure(rows, one) for one in plain})
    for one in figures:
        if one.way == "distinct":
            yield _different(rows, keys, one)
        elif one.over_time:
            yield _standing(rows, keys, one)


def _grouped(rows: Rows, keys: Sequence[str], figures: Mapping[str, Value]) -> Rows:
    return rows.group_by(*keys).aggregate(**figures) if keys else rows.aggregate(**figures)


def _figure(rows: Rows, one: Figure) -> Value:
    if one.of is None:
        return rows.count()
    value = reckoned(rows, one.of)
    if one.way == "median":
        return value.cast("float64").median()
    if one.way == "avg":
        return value.sum().cast("float64") / value.count().nullif(ibis.literal(0, type="int64")).cast("float64")
    return {"sum": value.sum, "count": value.count, "min": value.min, "max": value.max}[one.way]()


def _different(rows: Rows, keys: Sequence[str], one: Figure) -> Rows:
    """One row a value, then a plain count: exact, and a fraction of what a distinct count costs in many groups."""
    value = reckoned(rows, one.of) if one.of else ibis.null("int64")
    there = rows.mutate(value_=value).filter(value.notnull()).select(*keys, "value_").distinct()
    return _grouped(there, keys, {one.name: there.count()})


def _standing(rows: Rows, keys: Sequence[str], one: Figure) -> Rows:
    """What stood on the last (or first) day of each group: added up over everything but time."""
    daily = (
        rows.group_by(*keys, DAY).aggregate(**{one.name: _figure(rows, one)}).filter(lambda table: table[DAY].notnull())
    )
    whole = ibis.window(group_by=[daily[key] for key in keys]) if keys else ibis.window()
    edge = daily[DAY].max() if one.over_time == "last" else daily[DAY].min()
    marked = daily.mutate(edge_=edge.over(whole))
    return marked.filter(marked[DAY] == marked.edge_).select(*keys, one.name)


def reckoned(rows: Rows, formula: Formula) -> NumericValue:
    """A formula over columns."""
    match formula:
        case Constant(number):
            return _literal(number)
        case Name(name):
            return rows[name]
        case Negative(inner):
            return -reckoned(rows, inner)
        case Otherwise(first, second):
            return ibis.coalesce(reckoned(rows, first), reckoned(rows, second))
        case Framed() | Among():
            raise ValueError("A description with a function of time or rank over columns is refused when it is read.")
        case Operation(sign, left, right):
            one, other = reckoned(rows, left), reckoned(rows, right)
            if sign == "/":
                return one.cast("float64") / other.cast("float64").nullif(ibis.literal(0.0))
            return {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other}[sign]()


def _literal(number: Decimal) -> NumericValue:
    if number == number.to_integral_value():
        return ibis.literal(int(number), type="int64")
    return ibis.literal(number, type=f"decimal({WIDTH}, {-int(number.as_tuple().exponent)})")
