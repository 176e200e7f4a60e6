"""A description read from coarse to fine: tables and how they join, facts, dimensions, hierarchies, measures."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dangol.base.errors import BadInput
from dangol.base.money import currency
from dangol.insight.olap.rules import DIMENSIONS, HIERARCHIES, PERIODS, Dimension, Hierarchy, Model
from dangol.insight.olap.stars.rules.figures import MOST_MEASURES, Ground, conditioned, measure
from dangol.insight.olap.stars.rules.part import N_, Part, plain_name
from dangol.insight.olap.stars.rules.ranks import Ranks
from dangol.insight.olap.stars.rules.shape import PIECES, Column, Fact, Star, Table, Tree

DECIMAL = re.compile(r"decimal\((\d{1,2})\)")
KINDS = ("text", "whole", "decimal(N)", "number", "date", "moment")
TIMES = ("date", "moment")
MOST_TABLES, MOST_COLUMNS = 100, 500


@dataclass(frozen=True)
class Kept:
    """What dimensions are besides a column, filled in while they are read."""

    trees: dict[str, Tree]
    pieces: dict[str, str]
    ranks: Ranks


def declared(data: Mapping[str, Any]) -> Star:
    """The declaration a file makes. Raises BadInput that names the place in the file."""
    whole = Part(N_("The file"), data)
    name = plain_name(whole.need("name", str), "name")
    title, ko = whole.texts("label", name)
    money = currency(whole.get("currency", str, "USD")).code
    tables = {key: _table(key, part) for key, part in whole.parts("tables")}
    _check_joins(tables)
    facts = {key: _fact(key, part, tables) for key, part in whole.parts("facts")}
    if not facts:
        raise BadInput("{place} needs {name}.", field="file", place=whole.place, name="facts")
    trees: dict[str, Tree] = {}
    pieces: dict[str, str] = {}
    ranks = Ranks({}, {})
    kept = Kept(trees, pieces, ranks)
    made = [one for key, part in whole.parts("dimensions") for one in _dimension(key, part, tables, kept)]
    dimensions = {one.name: one for one in made}
    timed = any(fact.date for fact in facts.values())
    periods = {period: DIMENSIONS[period] for period in PERIODS} if timed else {}
    dimensions = {**periods, **dimensions}
    hierarchies = [one for one in HIERARCHIES if timed and set(one.levels) <= set(PERIODS)]
    hierarchies += [_hierarchy(key, part, dimensions) for key, part in whole.parts("hierarchies")]
    parts = list(whole.parts("measures"))
    if not parts:
        raise BadInput("{place} needs {name}.", field="file", place=whole.place, name="measures")
    if len(parts) > MOST_MEASURES:
        raise BadInput("A star has at most {most} measures.", field="file", most=MOST_MEASURES)
    ground = Ground(facts, tables, trees, {})
    measures = {key: measure(key, part, ground) for key, part in parts}
    whole.done()
    _check_names([*tables, *(tree.of for tree in trees.values()), *(f"{fact}_rows" for fact in facts)])
    _check_names([*(one.name for one in made), *measures])
    model = Model(name, title, measures, dimensions, tuple(hierarchies), _splits(facts, trees),
                  trees=frozenset(tree.of for tree in trees.values()), ko=ko,
                  ranked_by=ranks.measure(ground, measures, dict(parts)))  # fmt: skip
    hides = {below: above for one in hierarchies if one.ragged
             for above, below in pairwise(one.levels) if not dimensions[below].is_period}  # fmt: skip
    return Star(
        tables, facts, trees, ground.figures, hides, pieces, ranks.kinds, money, conditioned(model, dict(parts), ground)
    )


def _check_names(names: Sequence[str]) -> None:
    """Raises BadInput where a name stands for two things, one of them perhaps made by Dangol."""
    for name, times in Counter(names).items():
        if times > 1:
            raise BadInput("The name {name} stands for two things. Call one of them otherwise; to a dimension with "
                           "parent belong NAME_level, NAME_parent and NAME_tree, to a fact NAME_rows.", field="file",
                           name=name)  # fmt: skip


def _table(name: str, part: Part) -> Table:
    files = part.names("files") or [f"{name}.csv"]
    columns = {}
    for key, given in part.need("columns", dict).items():
        columns[plain_name(key, f"{part.place}.columns")] = _column(key, given, part)
    if len(columns) > MOST_COLUMNS:
        raise BadInput("{place} has more than {most} columns.", field="file", place=part.place, most=MOST_COLUMNS)
    key = part.get("key", str, "")
    joins = part.get("joins", dict, {})
    for column in [*([key] if key else []), *joins]:
        part.one_of("key" if column == key else "joins", column, list(columns))
    part.done()
    return Table(name, tuple(files), columns, key, joins)


def _column(name: str, given: Any, table: Part) -> Column:
    part = Part(f"{table.place}.columns.{name}", given if isinstance(given, Mapping) else {"type": given})
    kind, header = part.need("type", str), part.get("header", str, name)
    part.done()
    if scaled := DECIMAL.fullmatch(kind):
        if int(scaled[1]) <= 9:
            return Column(name, header, "decimal", int(scaled[1]))
        raise BadInput("{place}: a decimal has at most 9 places after the point.", field="file", place=part.place)
    return Column(name, header, part.one_of("type", kind, KINDS))


def _check_joins(tables: Mapping[str, Table]) -> None:
    if len(tables) > MOST_TABLES:
        raise BadInput("A star has at most {most} tables.", field="file", most=MOST_TABLES)
    for table in tables.values():
        part = Part(f"tables.{table.name}", {})
        for column, target in table.joins.items():
            part.one_of("joins", target, list(tables))
            if not tables[target].key:
                raise BadInput("{place} joins {target}, which has no key. Name its key.", field="file",
                               place=part.place, target=target)  # fmt: skip
            own, other = table.columns[column].kind, tables[target].columns[tables[target].key].kind
            if own != other:
                raise BadInput("{place}: the column {column} is {own}, the key of {target} is {other}. Give both the "
                               "same type.", field="file", place=part.place, column=column, own=own, target=target,
                               other=other)  # fmt: skip


def _fact(name: str, part: Part, tables: Mapping[str, Table]) -> Fact:
    table = part.one_of("table", part.get("table", str, name), list(tables))
    paths = _paths(table, tables, part.place)
    date = _place(part, "date", [table, *paths], tables) if part.get("date", str) else None
    if date and tables[date[0]].columns[date[1]].kind not in TIMES:
        raise BadInput("{place}: date must be a column of type date or moment.", field="file", place=part.place)
    part.done()
    return Fact(name, table, date, paths)


def _place(part: Part, name: str, known: Sequence[str], tables: Mapping[str, Table]) -> tuple[str, str]:
    """A column, as `column` of the first table or `table.column`."""
    before, dot, after = str(part.need(name, str)).partition(".")
    table, column = (before, after) if dot else (known[0], before)
    part.one_of(name, table, known)
    return table, part.one_of(name, column, list(tables[table].columns))


def _paths(start: str, tables: Mapping[str, Table], place: str) -> dict[str, tuple[str, str]]:
    """How every table is reached from a fact: exactly one way, or nobody could say which one is meant."""
    paths: dict[str, tuple[str, str]] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for column, target in tables[here].joins.items():
            if target in paths or target == start:
                raise BadInput("{place} reaches the table {target} in two ways. Declare it twice, under two names.",
                               field="file", place=place, target=target)  # fmt: skip
            paths[target] = (here, column)
            waiting.append(target)
    return paths


def _dimension(name: str, part: Part, tables: Mapping[str, Table], kept: Kept) -> list[Dimension]:
    if name in DIMENSIONS and DIMENSIONS[name].is_period:
        raise BadInput("{place}: the name {name} is kept for the calendar.", field="file", place=part.place, name=name)
    table = part.one_of("table", part.need("table", str), list(tables))
    column = part.one_of("column", part.get("column", str, name), list(tables[table].columns))
    label, ko = part.texts("label", name)
    meaning, meaning_ko = part.texts("definition", f"{column} of {table}.")
    also = part.words("also")
    parent, piece = part.get("parent", str, ""), part.get("part", str, "")
    rank, ranked_by = part.get("rank", str, ""), part.get("rank_by", str, "")
    part.done()
    if rank or ranked_by:
        kept.ranks.add(name, part)
        return [Dimension(name, label, meaning, table, column, ko, meaning_ko, ordered=True, ranked=True, also=also)]
    if piece:
        _check_piece(part, piece, tables[table].columns[column].kind)
        kept.pieces[name] = piece
    if not parent:
        return [Dimension(name, label, meaning, table, column, ko, meaning_ko, ordered=bool(piece),
                          also=also)]  # fmt: skip
    tree = kept.trees[name] = Tree(name, table, column, part.one_of("parent", parent, list(tables[table].columns)))
    if not tables[table].key:
        raise BadInput("{place} needs {name}.", field="file", place=f"tables.{table}", name="key")
    return [
        Dimension(name, label, f"{meaning} With all who lie below, each counted once.", tree.of, "member", ko,
                  f"{meaning_ko or meaning} 아래에 속한 구성원을 각각 한 번씩 포함합니다.", also=also),
        Dimension(f"{name}_level", f"{label}: level", "1 for those above whom there is nobody.", tree.of, "level",
                  f"{ko or label} 단계", "위에 아무도 없는 구성원이 1입니다."),
        Dimension(f"{name}_parent", f"{label}: directly above", "The member directly above.", tree.of, "above",
                  f"{ko or label} 바로 위", "바로 위 구성원입니다."),
    ]  # fmt: skip


def _check_piece(part: Part, piece: str, kind: str) -> None:
    """Raises BadInput where a part of a day cannot be taken from a column."""
    part.one_of("part", piece, PIECES)
    if kind not in TIMES or (piece == "hour" and kind != "moment"):
        raise BadInput("{place}: part is of a column of type date or moment; the hour of a moment.", field="file",
                       place=part.place)  # fmt: skip
    if "parent" in part.data:
        raise BadInput("{place}: give either parent or part.", field="file", place=part.place)


def _hierarchy(name: str, part: Part, dimensions: Mapping[str, Dimension]) -> Hierarchy:
    label, ko = part.texts("label", name)
    levels = [part.one_of("levels", level, list(dimensions)) for level in part.names("levels")]
    ragged = part.get("ragged", bool, False)
    part.done()
    if not levels or len(set(levels)) != len(levels):
        raise BadInput("{place}: name each level once, from coarse to fine.", field="file", place=part.place)
    return Hierarchy(name, label, tuple(levels), ragged, ko)


def _splits(facts: Mapping[str, Fact], trees: Mapping[str, Tree]) -> dict[str, frozenset[str]]:
    splits = {}
    for fact in facts.values():
        reached = {fact.table, *fact.paths}
        below = {tree.of for tree in trees.values() if tree.table in reached}
        splits[fact.name] = frozenset(reached | below | ({"period"} if fact.date else set()))
    return splits
