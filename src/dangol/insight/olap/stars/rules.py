"""What a file that describes a star may say, read into a checked declaration. See docs/stars.md."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from dangol.base.errors import BadInput
from dangol.base.money import currency
from dangol.insight.olap.rules import (
    DIMENSIONS,
    HIERARCHIES,
    PERIODS,
    Dimension,
    Formula,
    Hierarchy,
    Measure,
    Model,
    Unit,
    formula_names,
    parse,
    parse_formula,
)

NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9]){0,59}")
DECIMAL = re.compile(r"decimal\((\d{1,2})\)")
KINDS = ("text", "whole", "decimal(N)", "number", "date")
WAYS = ("sum", "count", "distinct", "avg", "min", "max", "formula")
OVER_TIME = ("last", "first")
MOST_TABLES, MOST_COLUMNS, MOST_MEASURES = 100, 500, 500


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Column:
    """A column of a table. header: its name in the file; kind: text, whole, decimal, number, date; scale: decimals."""

    name: str
    header: str
    kind: str
    scale: int = 0


@dataclass(frozen=True)
class Table:
    """A table of the star. key: the column that names a row; joins: own column -> table whose key it holds."""

    name: str
    files: tuple[str, ...]
    columns: Mapping[str, Column]
    key: str
    joins: Mapping[str, str]


@dataclass(frozen=True)
class Fact:
    """A table whose rows are counted. date: table and column of the day a row belongs to, None where it has none.

    paths: every table that can be reached -> the table before it and the column there that holds its key.
    """

    name: str
    table: str
    date: tuple[str, str] | None
    paths: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Tree:
    """Members that lie below one another: a table, the column shown, the column with the parent's key."""

    name: str
    table: str
    column: str
    parent: str

    @property
    def of(self) -> str:
        """The table of all pairs of member and ancestor."""
        return f"{self.name}_tree"


@dataclass(frozen=True)
class Figure:
    """How a measure is computed from a fact. way: sum, count, distinct, avg, min, max; over_time: last, first or ""."""

    name: str
    fact: str
    way: str
    of: Formula | None
    over_time: str = ""


@dataclass(frozen=True)
class Star:
    """A whole declaration. hides: level of a ragged hierarchy -> the level above; a member named like it is skipped."""

    tables: Mapping[str, Table]
    facts: Mapping[str, Fact]
    trees: Mapping[str, Tree]
    figures: Mapping[str, Figure]
    hides: Mapping[str, str]
    currency: str
    model: Model

    @property
    def kept(self) -> frozenset[str]:
        """The tables that lie in a snapshot as they are: all but those that are only facts."""
        joined = {target for table in self.tables.values() for target in table.joins.values()}
        return frozenset(set(self.tables) - {fact.table for fact in self.facts.values()} | joined)


class _Part:
    """A table of the file while it is read: every setting must be known and of its type; errors say where."""

    def __init__(self, place: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise BadInput("{place} must be a table of settings.", field="file", place=place)
        self.place, self.data, self.asked = place, data, set[str]()

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        self.asked.add(name)
        value = self.data.get(name, default)
        if value is default:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            words = {str: N_("a text"), bool: N_("true or false"), list: N_("a list"), dict: N_("a table of settings")}
            raise BadInput("{place}: {name} must be {kind}.", field="file", place=self.place, name=name,
                           kind=words[kind])  # fmt: skip
        return value

    def need(self, name: str, kind: type) -> Any:
        value = self.get(name, kind)
        if value is None or value == "":
            raise BadInput("{place} needs {name}.", field="file", place=self.place, name=name)
        return value

    def texts(self, name: str, default: str) -> tuple[str, str]:
        """A text in English and Korean: one for both, or { en = …, ko = … }."""
        value = self.data.get(name)
        if isinstance(value, Mapping):
            self.asked.add(name)
            inner = _Part(f"{self.place}.{name}", value)
            both = (inner.get("en", str, default), inner.get("ko", str, ""))
            inner.done()
            return both
        return self.get(name, str, default), ""

    def names(self, name: str) -> list[str]:
        found = self.get(name, list, [])
        if not all(isinstance(one, str) for one in found):
            raise BadInput("{place}: {name} must be a list of texts.", field="file", place=self.place, name=name)
        return list(found)

    def parts(self, name: str) -> Iterator[tuple[str, "_Part"]]:
        for key, value in self.get(name, dict, {}).items():
            yield plain_name(key, f"{self.place} {name}".strip()), _Part(f"{name}.{key}", value)

    def one_of(self, name: str, value: str, known: Sequence[str]) -> str:
        """The value, which must be known. Raises BadInput with the nearest."""
        if value not in known:
            near = get_close_matches(value, known, n=3, cutoff=0.4) or list(known)[:12]
            raise BadInput("{place}: {name} names “{value}”, which is not there. Possible: {near}.", field="file",
                           place=self.place, name=name, value=value[:60], near=", ".join(near))  # fmt: skip
        return value

    def done(self) -> None:
        """Raises BadInput for a setting nobody asked for: a slip of the pen must not pass silently."""
        for name in self.data:
            if name not in self.asked:
                raise BadInput("{place} has no setting {name}. It may have: {known}.", field="file", place=self.place,
                               name=str(name)[:60], known=", ".join(sorted(self.asked)))  # fmt: skip


def plain_name(name: str, place: str) -> str:
    """The name itself where it is one: letters, digits and single underscores. Raises BadInput."""
    if not NAME.fullmatch(name):
        raise BadInput("{place}: “{name}” is not a name. Use English letters, digits and single underscores, and begin "
                       "with a letter.", field="file", place=place, name=name[:60])  # fmt: skip
    return name


def declared(data: Mapping[str, Any]) -> Star:
    """The declaration a file makes. Raises BadInput that names the place in the file."""
    whole = _Part(N_("The file"), data)
    name = plain_name(whole.need("name", str), "name")
    title, ko = whole.texts("label", name)
    money = currency(whole.get("currency", str, "USD")).code
    tables = {key: _table(key, part) for key, part in whole.parts("tables")}
    _check_joins(tables)
    facts = {key: _fact(key, part, tables) for key, part in whole.parts("facts")}
    if not facts:
        raise BadInput("{place} needs {name}.", field="file", place=whole.place, name="facts")
    trees: dict[str, Tree] = {}
    dimensions = {
        one.name: one for key, part in whole.parts("dimensions") for one in _dimension(key, part, tables, trees)
    }
    timed = any(fact.date for fact in facts.values())
    periods = {period: DIMENSIONS[period] for period in PERIODS} if timed else {}
    dimensions = {**periods, **dimensions}
    hierarchies = [one for one in HIERARCHIES if timed and set(one.levels) <= set(PERIODS)]
    hierarchies += [_hierarchy(key, part, dimensions) for key, part in whole.parts("hierarchies")]
    figures: dict[str, Figure] = {}
    parts = list(whole.parts("measures"))
    if not parts:
        raise BadInput("{place} needs {name}.", field="file", place=whole.place, name="measures")
    measures = {key: _measure(key, part, facts, tables, figures) for key, part in parts}
    whole.done()
    model = Model(name, title, measures, dimensions, tuple(hierarchies), _splits(facts, trees),
                  trees=frozenset(tree.of for tree in trees.values()), ko=ko)  # fmt: skip
    hides = {below: above for one in hierarchies if one.ragged
             for above, below in pairwise(one.levels) if not dimensions[below].is_period}  # fmt: skip
    return Star(tables, facts, trees, figures, hides, money, _conditioned(model, dict(parts)))


def _table(name: str, part: _Part) -> Table:
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


def _column(name: str, given: Any, table: _Part) -> Column:
    part = _Part(f"{table.place}.columns.{name}", given if isinstance(given, Mapping) else {"type": given})
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
        part = _Part(f"tables.{table.name}", {})
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


def _fact(name: str, part: _Part, tables: Mapping[str, Table]) -> Fact:
    table = part.one_of("table", part.get("table", str, name), list(tables))
    paths = _paths(table, tables, part.place)
    date = _place(part, "date", [table, *paths], tables) if part.get("date", str) else None
    if date and tables[date[0]].columns[date[1]].kind != "date":
        raise BadInput("{place}: date must be a column of type date.", field="file", place=part.place)
    part.done()
    return Fact(name, table, date, paths)


def _place(part: _Part, name: str, known: Sequence[str], tables: Mapping[str, Table]) -> tuple[str, str]:
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


def _dimension(name: str, part: _Part, tables: Mapping[str, Table], trees: dict[str, Tree]) -> list[Dimension]:
    if name in DIMENSIONS and DIMENSIONS[name].is_period:
        raise BadInput("{place}: the name {name} is kept for the calendar.", field="file", place=part.place, name=name)
    table = part.one_of("table", part.need("table", str), list(tables))
    column = part.one_of("column", part.get("column", str, name), list(tables[table].columns))
    label, ko = part.texts("label", name)
    meaning, meaning_ko = part.texts("definition", f"{column} of {table}.")
    parent = part.get("parent", str, "")
    part.done()
    if not parent:
        return [Dimension(name, label, meaning, table, column, ko, meaning_ko)]
    tree = trees[name] = Tree(name, table, column, part.one_of("parent", parent, list(tables[table].columns)))
    if not tables[table].key:
        raise BadInput("{place} needs {name}.", field="file", place=f"tables.{table}", name="key")
    return [
        Dimension(name, label, f"{meaning} With all who lie below, each counted once.", tree.of, "member", ko,
                  f"{meaning_ko or meaning} 아래에 속한 구성원을 각각 한 번씩 포함합니다."),
        Dimension(f"{name}_level", f"{label}: level", "1 for those above whom there is nobody.", tree.of, "level",
                  f"{ko or label} 단계", "위에 아무도 없는 구성원이 1입니다."),
        Dimension(f"{name}_parent", f"{label}: directly above", "The member directly above.", tree.of, "above",
                  f"{ko or label} 바로 위", "바로 위 구성원입니다."),
    ]  # fmt: skip


def _hierarchy(name: str, part: _Part, dimensions: Mapping[str, Dimension]) -> Hierarchy:
    label, ko = part.texts("label", name)
    levels = [part.one_of("levels", level, list(dimensions)) for level in part.names("levels")]
    ragged = part.get("ragged", bool, False)
    part.done()
    if not levels or len(set(levels)) != len(levels):
        raise BadInput("{place}: name each level once, from coarse to fine.", field="file", place=part.place)
    return Hierarchy(name, label, tuple(levels), ragged, ko)


SAID = {
    "sum": ("Sum of {of} over {fact}.", "{fact} 자료의 {of} 합계입니다."),
    "count": ("Number of rows of {fact}.", "{fact} 자료의 행 수입니다."),
    "distinct": ("Number of different {of} in {fact}.", "{fact} 자료에서 서로 다른 {of} 수입니다."),
    "avg": ("Mean of {of} over {fact}.", "{fact} 자료의 {of} 평균입니다."),
    "min": ("Smallest {of} in {fact}.", "{fact} 자료에서 가장 작은 {of} 값입니다."),
    "max": ("Largest {of} in {fact}.", "{fact} 자료에서 가장 큰 {of} 값입니다."),
    "formula": ("Computed: {of}.", "계산식: {of}."),
}
LAST = {
    "last": (" Over time: what stood on the last day.", " 기간에 대해서는 마지막 날의 값입니다."),
    "first": (" Over time: what stood on the first day.", " 기간에 대해서는 첫날의 값입니다."),
    "": ("", ""),
}


def _measure(
    name: str, part: _Part, facts: Mapping[str, Fact], tables: Mapping[str, Table], figures: dict[str, Figure]
) -> Measure:
    way, of = _way(part)
    label, ko = part.texts("label", name)
    over = part.one_of("over_time", part.get("over_time", str, ""), ("", *OVER_TIME))
    fact = "" if way == "formula" else part.one_of("fact", part.get("fact", str, next(iter(facts))), list(facts))
    usual = Unit.RATIO if way in ("formula", "avg") else Unit.COUNT
    unit = Unit(part.one_of("unit", part.get("unit", str, usual.value), [unit.value for unit in Unit]))
    english, korean = (text.format(of=of, fact=fact) + more for text, more in zip(SAID[way], LAST[over], strict=True))
    meaning, meaning_ko = part.texts("definition", english)
    zero = part.get("zero", bool, False)
    part.get("where", str, "")
    part.done()
    formula = parse_formula(of, f"{part.place}.{way}") if of else None
    if way != "formula":
        if formula:
            for column in formula_names(formula):
                part.one_of(way, column, list(tables[facts[fact].table].columns))
        if over and not facts[fact].date:
            raise BadInput("{place}: over_time needs a fact with a date.", field="file", place=part.place)
        figures[name] = Figure(name, fact, way, formula, over)
    return Measure(
        name, label, unit, meaning, fact or "formula", additive=way in ("sum", "count") and not over,
        formula=formula if way == "formula" else None, zero=zero, ko=ko, ko_definition=meaning_ko or (
            korean if meaning == english else ""),
    )  # fmt: skip


def _way(part: _Part) -> tuple[str, str]:
    """How the measure is computed and of what: exactly one of the ways."""
    chosen = [way for way in WAYS if way in part.data]
    part.asked |= set(WAYS)
    if len(chosen) != 1:
        raise BadInput("{place} needs exactly one of: {ways}.", field="file", place=part.place, ways=", ".join(WAYS))
    [way] = chosen
    of = part.data[way]
    if way == "count" and of is True:
        return way, ""
    if not isinstance(of, str) or not of.strip():
        raise BadInput("{place}: {name} must be {kind}.", field="file", place=part.place, name=way,
                       kind=N_("a text"))  # fmt: skip
    return way, of


def _splits(facts: Mapping[str, Fact], trees: Mapping[str, Tree]) -> dict[str, frozenset[str]]:
    splits = {}
    for fact in facts.values():
        reached = {fact.table, *fact.paths}
        below = {tree.of for tree in trees.values() if tree.table in reached}
        splits[fact.name] = frozenset(reached | below | ({"period"} if fact.date else set()))
    return splits


def _conditioned(model: Model, parts: Mapping[str, _Part]) -> Model:
    """The model with the conditions and formulas of its measures checked: every one can be asked for."""
    measures = dict(model.measures)
    for name, part in parts.items():
        with _at(part):
            condition = model.plain(parse(part.data.get("where", "")))
        measures[name] = replace(measures[name], condition=condition)
    model = replace(model, measures=measures)
    for name, part in parts.items():
        with _at(part):
            model.check([name], ())
    return model


@contextmanager
def _at(part: _Part) -> Iterator[None]:
    """Errors with the place in the file."""
    try:
        yield
    except BadInput as error:
        raise BadInput("{place}: {why}", field="file", place=part.place, why=str(error)) from None
