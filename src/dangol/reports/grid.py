"""The table of what is asked: each level of the rows is asked once, for all that is unfolded there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dangol.base.errors import Damaged, NotFound
from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.insight.olap.rules import conditions, period_from
from dangol.insight.warehouse import reads as warehouse
from dangol.reports import fields as catalogue
from dangol.reports import growth
from dangol.reports.asked import GROWTH, OF_COLUMN, OF_ROW, OF_TOTAL, Asked, Figure, Path, path_from
from dangol.reports.fields import Fields
from dangol.staff.reads import Member, may
from dangol.staff.rules import Right

OTHERS = "\0others"  # stands where a member's value would, for all that were cut off
SMALL_GROUP = 5
MOST_PERIODS, MOST_COLUMNS, MOST_PERIOD_COLUMNS, MOST_LINES = 400, 12, 60, 1_000
RANKED = 10_000
BUYERS = "buying_customers"
Key = tuple[Path, Path]
Values = Mapping[str, Any]


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


@dataclass(frozen=True)
class Head:
    """A row or column of the table. path: its values from outside in, () for the total.

    unfolds: whether there is a level below it; drills_to: the dimension that could be put below. whole: False where
    the data begins or ends inside of its period. count: how many members stand behind "others".
    """

    path: Path
    name: str = ""
    kind: str = "member"  # member, others, total
    unfolds: bool = False
    unfolded: bool = False
    drills_to: str = ""
    whole: bool = True
    count: int = 0

    @property
    def depth(self) -> int:
        """How far it is set in; 0 for the outermost."""
        return max(len(self.path) - 1, 0)


@dataclass
class Grid:
    """The table. values: (row, column) -> measure -> figure; bases: the same for what growth compares with.

    questions: how often the engine was asked. notes: sentences (template, params) about limits and what is not whole.
    """

    asked: Asked
    fields: Fields
    rows: list[Head] = field(default_factory=list)
    columns: list[Head] = field(default_factory=list)
    values: dict[Key, dict[str, Any]] = field(default_factory=dict)
    bases: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    as_of: str = ""
    newest: bool = True
    currency: str = ""
    generated: set[str] = field(default_factory=set)
    questions: int = 0
    groups: int = 0
    guarded: bool = False

    def raw(self, row: Path, column: Path, measure: str) -> Any:
        """A measure at a cell; 0 where sums and counts have nothing, None where there is not enough data."""
        found = self.values.get((row, column))
        if found is None:
            known = (row, ()) in self.values and ((), column) in self.values
            return 0 if known and self.fields.measures[measure].unit in catalogue.SUMMABLE else None
        return found.get(measure)

    def folded(self, row: Path, column: Path) -> bool:
        """Whether so few people stand behind a cell that the member may not see its figures."""
        if not self.guarded:
            return False
        found = self.values.get((row, column), {})
        return any(0 < (found.get(name) or 0) < SMALL_GROUP for name in (BUYERS, *catalogue.PEOPLE))

    def figure(self, row: Path, column: Path, figure: Figure) -> Any:
        """A figure at a cell; None where there is not enough data."""
        if self.folded(row, column):
            return None
        value = self.raw(row, column, figure.measure)
        if figure.kind in GROWTH:
            before = self.bases.get(figure.kind, {}).get((row, column), {}).get(figure.measure)
            points = self.fields.measures[figure.measure].unit == "share"
            return growth.change(value, before, points=points)
        if figure.kind in (OF_TOTAL, OF_ROW, OF_COLUMN):
            whole = {OF_TOTAL: ((), ()), OF_ROW: (row, ()), OF_COLUMN: ((), column)}[figure.kind]
            below = self.values.get(whole, {}).get(figure.measure)
            return value / below if below and value is not None else None
        return value

    def unit(self, figure: Figure) -> str:
        """The unit of a figure as it is shown: shares and growth have their own."""
        unit = self.fields.measures[figure.measure].unit
        if figure.kind in GROWTH:
            return "points" if unit == "share" else "change"
        return "share" if figure.kind else unit


def lay(by: Member | None, asked: Asked, fields: Fields | None = None) -> Grid:
    """The table of what is asked, within what the member may see.

    Raises BadInput, NotAllowed, NotFound (no data yet), Damaged, TooMuch like `olap.reads.ask`.
    """
    fields = fields or catalogue.of(by, asked.star)
    asked = fields.known(asked)
    return _Layout(by, asked, fields).laid()


class _Layout:
    """Asks level by level and puts heads in order. The engine is asked once a level and axis."""

    def __init__(self, by: Member | None, asked: Asked, fields: Fields) -> None:
        self.by, self.asked, self.fields = by, asked, fields
        self.grid = Grid(asked, fields)
        self.where = catalogue.both(*(catalogue.condition(one) for one in asked.filters), asked.where)
        self.measures = asked.measures
        self.first, self.last = _span(asked.star)
        guarded = by is not None and not may(by, Right.CUSTOMERS_VIEW)
        self.grid.guarded = guarded
        sold = all(fields.dimensions[name].place != "campaign" for name in asked.dimensions)
        if guarded and not asked.star and sold and BUYERS not in self.measures:
            self.measures = [*self.measures, BUYERS]
        self.compared = sorted({figure.kind for figure in asked.figures} & GROWTH)
        for kind in self.compared:
            self.grid.bases[kind] = {}
        self.said: set[str] = set()

    def laid(self) -> Grid:
        if not self.measures:
            return self.grid
        self._columns()
        self._rows()
        return self.grid

    def note(self, template: str, **params: Any) -> None:
        """Say something about the table, once."""
        if template not in self.said:
            self.said.add(template)
            self.grid.notes.append((template, params))

    # ---- asking ------------------------------------------------------------------------------------------------------

    def ask(self, dims: Sequence[str], where: str, *, measures: Sequence[str] | None = None, limit: int = RANKED,
            order: str = "", total: bool = False) -> olap.Answer | None:  # fmt: skip
        """One question. None where no measure can be answered at this level."""
        periods = [name for name in dims if self.fields.dimensions[name].is_period]
        wanted = [name for name in measures or self.measures if _fits(name, periods)]
        if not wanted:
            return None
        if len(where) > conditions.MOST_CHARACTERS:
            where = self.where
        order = order if order.removeprefix("-") in (*wanted, *dims) else ""
        self.grid.questions += 1
        answer = olap.ask(self.by, wanted, dims, where, limit=limit, order=order, total=total, star=self.asked.star)
        self.grid.as_of, self.grid.newest, self.grid.currency = answer.as_of, answer.newest, answer.currency
        self.grid.generated |= set(answer.generated_columns)
        return answer

    def level(self, rows: Sequence[str], columns: Sequence[str], restrict: Mapping[str, Sequence[Any]], *,
              order: str = "", limit: int = RANKED, extra: str = "") -> tuple[list[Key], int]:  # fmt: skip
        """Ask a level and keep what it says. Returns its cells in the order of the answer, and how many there are."""
        dims = [*rows, *columns]
        kept, derived = _nested(dims, self.fields)
        where = catalogue.both(self.where, *(catalogue.among(name, values) for name, values in restrict.items()), extra)
        answer = self.ask(kept, where, order=order, limit=limit)
        if answer is None:
            return [], 0
        found = []
        for row in answer.rows:
            values = _completed(row, dims, derived)
            key = (tuple(values[: len(rows)]), tuple(values[len(rows) :]))
            self.grid.values[key] = dict(self.grid.values.get(key, {})) | {
                name: row[name] for name in self.measures if name in row
            }
            found.append(key)
        for kind in self.compared:
            self._compare(kind, rows, columns, restrict, found)
        return found, answer.groups

    def _total(self) -> None:
        """The figures over everything, asked as a level of their own: nothing that does not add up is added up."""
        if ((), ()) not in self.grid.values:
            self.level((), (), {})
            self.grid.values.setdefault(((), ()), {})

    # ---- columns -----------------------------------------------------------------------------------------------------

    def _columns(self) -> None:
        names = self.asked.columns
        self._total()
        total = Head((), kind="total")
        if not names:
            self.grid.columns = [total]
            return
        keys, groups = self.level((), names, {}, order=f"-{self.measures[0]}")
        paths = [column for _row, column in keys]
        periods = self.fields.dimensions[names[0]].is_period
        most = (MOST_PERIOD_COLUMNS if periods else MOST_COLUMNS) * (1 if len(names) == 1 else 3)
        shown = self._in_order_of_columns(paths, most)
        heads = [Head(path, names[-1], whole=self._whole(names, path)) for path in shown]
        if groups > len(shown):
            heads.append(Head((OTHERS,), names[-1], "others", count=groups - len(shown)))
            self.note(N_("Columns: the {n} of {all} that are largest; the rest is summed up as others."),
                      n=len(shown), all=groups)  # fmt: skip
        self.grid.columns = [*heads, total] if self.asked.totals else heads
        self.shown_columns = shown
        if groups > len(shown):
            self._cut_columns([()])

    def _in_order_of_columns(self, paths: list[Path], most: int) -> list[Path]:
        kept = paths[:most]  # the answer came with the largest first
        first = self.fields.dimensions[self.asked.columns[0]]
        if first.is_period:
            kept = sorted(paths, key=_natural)[-most:]
        rank: dict[Any, int] = {}
        for path in kept:
            rank.setdefault(path[0], len(rank))
        if first.is_period:
            return sorted(kept, key=_natural)
        return sorted(kept, key=lambda path: (rank[path[0]], *(_natural(path[1:]))))

    def _cut_columns(self, rows: Iterable[Path]) -> None:
        """What the columns that are not shown sum up to, where a measure adds up."""
        for row in rows:
            whole = self.grid.values.get((row, ()), {})
            self.grid.values[row, (OTHERS,)] = {
                name: whole[name] - sum(self.grid.raw(row, column, name) or 0 for column in self.shown_columns)
                for name in self.measures
                if self.fields.measures[name].additive and whole.get(name) is not None
            }

    # ---- rows --------------------------------------------------------------------------------------------------------

    def _rows(self) -> None:
        names = self.asked.rows
        total = Head((), kind="total")
        if not names:
            self.grid.rows = [total]
            return
        children: dict[Path, list[Head]] = {}
        parents: list[Path] = [()]
        for depth in range(1, len(names) + 1):
            children |= self._level_of_rows(depth, parents)
            parents = [head.path for parent in parents for head in children[parent] if head.unfolded]
            if not parents:
                break
        lines: list[Head] = []
        self._line_up((), children, lines)
        if len(lines) > MOST_LINES:
            self.note(N_("The first {n} of {all} rows are shown. Fold some up, or show fewer of each level."),
                      n=MOST_LINES, all=len(lines))  # fmt: skip
        self.grid.rows = lines[:MOST_LINES] + ([total] if self.asked.totals else [])

    def _line_up(self, parent: Path, children: Mapping[Path, list[Head]], lines: list[Head]) -> None:
        for head in children.get(parent, ()):
            lines.append(head)
            if head.unfolded:
                self._line_up(head.path, children, lines)

    def _level_of_members(self, depth: int, parents: list[Path]) -> dict[Path, list[Path]]:
        """The members below some parents, in order, with their figures at the row's total."""
        names = self.asked.rows[:depth]
        restrict = {
            name: list(dict.fromkeys(parent[place] for parent in parents))
            for place, name in enumerate(self.asked.rows[: depth - 1])
        }
        keys, groups = self.level(names, (), restrict, order=self._order(names[-1]))
        if depth == 1:
            self.grid.groups = groups
        if column := self._sort_column():
            on = dict(zip(self.asked.columns, column, strict=False))
            self.level(names, self.asked.columns, restrict | {name: [value] for name, value in on.items()})
        found: dict[Path, list[Path]] = {parent: [] for parent in parents}
        for row, _column in keys:
            if row[:-1] in found:
                found[row[:-1]].append(row)
        if groups > len(keys) and (depth > 1 or self.asked.sort):
            self.note(N_("Of {all} rows the {n} largest were looked at."), all=groups, n=len(keys))
        return found

    def _order(self, name: str) -> str:
        """How the engine puts members in order before they are cut: by name, or the largest first."""
        if self.asked.sort.endswith("label") or self.fields.dimensions[name].is_period:
            return f"-{name}" if self.asked.sort.startswith("-") and self.asked.sort.endswith("label") else name
        place = self.asked.sort.removeprefix("-").partition("@")[0]
        measure = self.asked.figures[int(place)].measure if place else self.measures[0]
        return measure if self.asked.sort and not self.asked.sort.startswith("-") else f"-{measure}"

    def _sort_column(self) -> Path | None:
        _place, at, text = self.asked.sort.partition("@")
        if not at or not self.asked.columns:
            return None
        path = path_from(text)
        return path if len(path) == len(self.asked.columns) and OTHERS not in path else None

    def _level_of_rows(self, depth: int, parents: list[Path]) -> dict[Path, list[Head]]:
        """The heads below some parents: sorted, cut to the largest, the rest as others; with the figures by column."""
        found = self._level_of_members(depth, parents)
        name = self.asked.rows[depth - 1]
        kept = {parent: self._kept(found[parent], name) for parent in parents}
        if self.asked.columns:
            self._by_column(depth, parents, kept, whole=all(len(kept[one]) == len(found[one]) for one in parents))
        heads: dict[Path, list[Head]] = {}
        for parent in parents:
            groups = self.grid.groups if depth == 1 else len(found[parent])
            heads[parent] = [self._head(path, name, depth) for path in kept[parent]]
            if groups > len(kept[parent]):
                heads[parent].append(Head((*parent, OTHERS), name, "others", count=groups - len(kept[parent])))
                self._others(parent, kept[parent])
        return heads

    def _kept(self, paths: list[Path], name: str) -> list[Path]:
        ordered = self._sorted(paths, name)
        if not self.fields.dimensions[name].is_period:
            return ordered[: self.asked.top]
        return ordered[:MOST_PERIODS] if self.asked.sort else ordered[-MOST_PERIODS:]

    def _by_column(self, depth: int, parents: list[Path], kept: Mapping[Path, list[Path]], *, whole: bool) -> None:
        """The cells of a level, for all of its parents in one question."""
        paths = [path for parent in parents for path in kept[parent]]
        restrict = {
            name: list(dict.fromkeys(path[place] for path in paths))
            for place, name in enumerate(self.asked.rows[:depth])
            if depth > 1 or not whole
        }
        self.level(self.asked.rows[:depth], self.asked.columns, restrict, limit=rules.MOST_ROWS)
        if any(head.kind == "others" for head in self.grid.columns):
            self._cut_columns(paths)

    def _head(self, path: Path, name: str, depth: int) -> Head:
        below = depth < len(self.asked.rows)
        drills_to = "" if below else self.fields.finer(name, self.asked.dimensions)
        return Head(path, name, unfolds=below, unfolded=below and self.asked.unfolded(path), drills_to=drills_to,
                    whole=self._whole(self.asked.rows[:depth], path))  # fmt: skip

    def _sorted(self, paths: list[Path], name: str) -> list[Path]:
        sort = self.asked.sort
        if sort.endswith("label"):
            return sorted(paths, key=_natural, reverse=sort.startswith("-"))
        if not sort and self.fields.dimensions[name].is_period:
            return sorted(paths, key=_natural)
        place = sort.removeprefix("-").partition("@")[0]
        figure = self.asked.figures[int(place)] if place else self.asked.figures[0]
        column = self._sort_column() or ()
        worth = {path: self.grid.figure(path, column, figure) for path in paths}
        down = sort.startswith("-") or not sort
        there = sorted((path for path in paths if worth[path] is not None), key=_natural)
        there.sort(key=lambda path: worth[path], reverse=down)
        return there + [path for path in paths if worth[path] is None]

    def _others(self, parent: Path, kept: Sequence[Path]) -> None:
        """What the rows that are not shown amount to: taken from the whole where a measure adds up, else asked."""
        path = (*parent, OTHERS)
        columns: list[Path] = [(), *(head.path for head in self.grid.columns if head.kind != "total")]
        for column in dict.fromkeys(columns):
            whole = self.grid.values.get((parent, column))
            if whole is None:
                continue
            self.grid.values[path, column] = {
                measure: whole[measure] - sum(self.grid.raw(row, column, measure) or 0 for row in kept)
                for measure in self.measures
                if self.fields.measures[measure].additive and whole.get(measure) is not None
            }
        apart = [one for one in self.measures if not self.fields.measures[one].additive]
        name = self.asked.rows[len(parent)]
        left_out = catalogue.among(name, [row[-1] for row in kept], out=True)
        on = {self.asked.rows[place]: [value] for place, value in enumerate(parent)}
        where = catalogue.both(self.where, *(catalogue.among(one, values) for one, values in on.items()), left_out)
        if not apart or parent or len(where) > conditions.MOST_CHARACTERS:
            return
        for columns_asked in ((), self.asked.columns) if self.asked.columns else ((),):
            kept_dims, derived = _nested(columns_asked, self.fields)
            answer = self.ask(kept_dims, where, measures=apart)
            for row in answer.rows if answer else ():
                key = (path, tuple(_completed(row, columns_asked, derived)))
                self.grid.values[key] = self.grid.values.get(key, {}) | {one: row[one] for one in apart if one in row}

    # ---- growth ------------------------------------------------------------------------------------------------------

    def _whole(self, names: Sequence[str], path: Path) -> bool:
        """Whether the data covers the whole period of a member."""
        periods = [(name, value) for name, value in zip(names, path, strict=False)
                   if self.fields.dimensions[name].is_period and value not in (None, OTHERS)]  # fmt: skip
        if not periods or self.first is None or self.last is None:
            return True
        name = growth.finest([name for name, _value in periods])
        number = period_from(name, str(dict(periods)[name]))
        whole = growth.first_day(name, number) >= self.first and growth.last_day(name, number) <= self.last
        if not whole:
            self.note(N_("* The data begins or ends inside of this period, so it is not whole."))
        return whole

    def _compare(self, kind: str, rows: Sequence[str], columns: Sequence[str], restrict: Mapping[str, Sequence[Any]],
                 keys: Sequence[Key]) -> None:  # fmt: skip
        """Ask the same level for the periods that its own are compared with."""
        dims = [*rows, *columns]
        periods = [name for name in dims if self.fields.dimensions[name].is_period]
        timed = [one for one in self.asked.filters if self.fields.dimensions[one.name].is_period]
        named = rules.names(rules.parse(self.asked.where)) if self.asked.where else set()
        if any(name in self.fields.dimensions and self.fields.dimensions[name].is_period for name in named):
            self.note(N_("No growth: the free condition names a period. Set the period as a filter instead."))
            return
        if not periods and (len(timed) != 1 or timed[0].out):
            if timed or any(self.fields.dimensions[name].is_period for name in self.asked.dimensions):
                return
            self.note(N_("Growth needs a period: put one on rows or columns, or filter by one."))
            return
        unit = growth.finest(periods) if periods else timed[0].name
        if any(growth.ORDER[one.name] < growth.ORDER[unit] for one in timed):
            self.note(N_("No growth: the filter cuts inside of the periods that are compared."))
            return
        ours = self._compared_periods(unit, dims, keys) if periods else self._filtered_periods(timed[0])
        steps = len(ours) if not periods else 1
        bases = {number: growth.base_of(kind, unit, number, steps) for number in ours}
        first = rules.period_number(unit, self.first) if self.first else None
        asked_for = sorted({base for base in bases.values() if base is not None and (first is None or base >= first)})
        if not asked_for or (not periods and len(asked_for) < len(ours)):
            return
        self._ask_bases(kind, unit, rows, columns, restrict, bases, asked_for)

    def _compared_periods(self, unit: str, dims: Sequence[str], keys: Sequence[Key]) -> list[int]:
        place = list(dims).index(unit)
        values = {(*row, *column)[place] for row, column in keys}
        return sorted(period_from(unit, str(value)) for value in values if value not in (None, OTHERS))

    def _filtered_periods(self, one: Any) -> list[int]:
        """The periods a filter names; none where they do not lie side by side."""
        if one.values:
            found = sorted(period_from(one.name, str(value)) for value in one.values if value is not None)
        elif self.first and self.last:
            found = growth.numbers(one.name, one.low, one.high, self.first, self.last)
        else:
            found = []
        return found if found and found[-1] - found[0] + 1 == len(found) else []

    def _ask_bases(self, kind: str, unit: str, rows: Sequence[str], columns: Sequence[str],
                   restrict: Mapping[str, Sequence[Any]], bases: Mapping[int, int | None],
                   wanted: Sequence[int]) -> None:  # fmt: skip
        dims = [*rows, *columns]
        kept, derived = _nested(dims, self.fields)
        timeless = [one for one in self.asked.filters if not self.fields.dimensions[one.name].is_period]
        low, high = (rules.period_text(unit, number) for number in (wanted[0], wanted[-1]))
        where = catalogue.both(
            *(catalogue.condition(one) for one in timeless), self.asked.where,
            *(catalogue.among(name, values) for name, values in restrict.items()
              if not self.fields.dimensions[name].is_period),
            f"{unit} between '{low}' and '{high}'",
        )  # fmt: skip
        answer = self.ask(kept, where, limit=rules.MOST_ROWS)
        back = {base: number for number, base in bases.items() if base is not None}
        for row in answer.rows if answer else ():
            now = dict(row)
            if unit in dims:
                number = back.get(period_from(unit, str(row[unit])) if row[unit] is not None else -1)
                if number is None:
                    continue
                now[unit] = rules.period_text(unit, number)
                for name in dims:
                    if name != unit and name in row and self.fields.dimensions[name].is_period:
                        now[name] = growth.within(unit, number, name)
            values = _completed(now, dims, derived)
            key = (tuple(values[: len(rows)]), tuple(values[len(rows) :]))
            self.grid.bases[kind][key] = {name: row[name] for name in self.measures if name in row}


def _span(star: str) -> tuple[date | None, date | None]:
    """The first and last day of the data of the company's own star."""
    if star:
        return None, None
    try:
        facts = warehouse.current()[0].facts
    except (NotFound, Damaged):
        return None, None
    ends = [facts.get(name) for name in ("first_day", "last_day")]
    first, last = (date.fromisoformat(one) if one else None for one in ends)
    return first, last


def _fits(measure: str, periods: Sequence[str]) -> bool:
    """Whether a measure can be answered: those that compare periods need exactly one."""
    known = rules.MEASURES.get(measure)
    return known is None or known.family != "retention" or len(periods) == 1


def _nested(dims: Sequence[str], fields: Fields) -> tuple[list[str], dict[str, str]]:
    """The dimensions to ask for, and those that follow from them: a year is known from its month.

    A week may lie in two months, so nothing follows from it but its own year.
    """
    periods = [name for name in dims if fields.dimensions[name].is_period]
    if len(periods) < 2:
        return list(dims), {}
    unit = growth.finest(periods)
    if unit == "week":
        return list(dims), {}
    derived = {name: unit for name in periods if name != unit}
    return [name for name in dims if name not in derived], derived


def _completed(row: Mapping[str, Any], dims: Sequence[str], derived: Mapping[str, str]) -> list[Any]:
    values = []
    for name in dims:
        unit = derived.get(name)
        if unit is None:
            values.append(row[name])
        else:
            text = row[unit]
            values.append(None if text is None else growth.within(unit, period_from(unit, str(text)), name))
    return values


def _natural(path: Path) -> list[tuple[Any, ...]]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    return [_part(value) for value in path]


def _part(value: Any) -> tuple[Any, ...]:
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float):
        return (0, value, "")
    return (0, int(value), value) if value.isascii() and value.isdigit() else (1, 0, value)

