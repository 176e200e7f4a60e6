"""Lays a table out: which rows and columns it has, in which order, and what is summed up as others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dangol.insight.olap.rules import MOST_ROWS, period_from
from dangol.reports import fields as catalogue
from dangol.reports import growth
from dangol.reports.asked import Asked, Path, path_from
from dangol.reports.comparing import Level
from dangol.reports.fields import Fields
from dangol.reports.grid import MOST_LINES, OTHERS, Grid, Head, Key
from dangol.reports.levels import RANKED, Levels, Progress
from dangol.reports.others import Others
from dangol.staff.reads import Member

MOST_PERIODS, MOST_COLUMNS, MOST_PERIOD_COLUMNS = 400, 12, 60
MOST_COLUMNS_OF_A_FILE = 1_000


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


def lay(by: Member | None, asked: Asked, fields: Fields | None = None, *, progress: Progress | None = None) -> Grid:
    """The table of what is asked, within what the member may see.

    progress: told how many questions were asked, before each. Raises BadInput, NotAllowed, NotFound (no data yet),
    Damaged, TooMuch like `olap.reads.ask`.
    """
    fields = fields or catalogue.of(by, asked.star)
    asked = fields.known(asked)
    return Layout(by, asked, fields, progress).laid()


class Layout:
    """Puts heads in order and cuts them; `levels` asks for the figures, `others` for what was cut off."""

    def __init__(self, by: Member | None, asked: Asked, fields: Fields, progress: Progress | None) -> None:
        self.asked, self.fields = asked, fields
        self.levels = Levels(by, asked, fields, progress)
        self.others = Others(self.levels)
        self.most = MOST_ROWS if asked.every else RANKED
        self.grid, self.note = self.levels.grid, self.levels.note

    def laid(self) -> Grid:
        if not self.asked.figures:
            return self.grid
        self._add_up()
        self._total()
        self._columns()
        self._rows()
        self._compared()
        return self.grid

    def _compared(self) -> None:
        """Say what measures need that compare with the period before, where the table gives them none."""
        periods = [name for name in self.asked.dimensions if self.fields.dimensions[name].is_period]
        for name in self.asked.measures:
            if self.fields.measures[name].compares and len(periods) != 1:
                self.note(N_("{measure} compares with the period before. Put exactly one period, such as the month, on "
                             "the rows or columns."), measure=self.fields.measures[name].label)  # fmt: skip

    def _add_up(self) -> None:
        """One question for all levels that are unfolded as a whole, where their figures add up."""
        depth = min(max(self.asked.depth, 1), len(self.asked.rows))
        rows, columns = self.asked.rows, self.asked.columns
        levels = [Level(rows[:place], axis) for place in range(depth + 1) for axis in dict.fromkeys(((), columns))]
        *coarser, finest = levels
        if coarser:
            self.levels.add_up(finest, coarser)

    def _total(self) -> None:
        """The figures over everything; what does not add up is asked as a level of its own."""
        if (0, False) not in self.levels.known:
            self.levels.level(Level(()))
        self.grid.values.setdefault(((), ()), {})

    def _keys(self, level: Level, order: str) -> tuple[list[Key], int]:
        """The cells of a level, added up before or asked for now, and how many there are."""
        known = self.levels.known.get(level.place)
        return (known, len(known)) if known is not None else self.levels.level(level, order=order, limit=self.most)

    # ---- columns -----------------------------------------------------------------------------------------------------

    def _columns(self) -> None:
        names = self.asked.columns
        total = Head((), kind="total")
        if not names:
            self.grid.columns = [total]
            return
        keys, groups = self._keys(Level((), names), f"-{self.levels.leading}")
        paths = self._largest([column for _row, column in keys])
        ordered = self.fields.dimensions[names[0]].ordered
        most = (MOST_PERIOD_COLUMNS if ordered else MOST_COLUMNS) * (1 if len(names) == 1 else 3)
        most = MOST_COLUMNS_OF_A_FILE if self.asked.every else most
        shown = self._in_order_of_columns(paths, most)
        heads = [Head(path, names[-1], whole=self._whole(names, path)) for path in shown]
        if groups > len(shown):
            heads.append(Head((OTHERS,), names[-1], "others", count=groups - len(shown)))
            self.note(N_("Columns: the {n} of {all} that are largest; the rest is summed up as others."),
                      n=len(shown), all=groups)  # fmt: skip
        self.grid.columns = [*heads, total] if self.asked.totals else heads
        self.others.cut(shown if groups > len(shown) else [])
        self.others.of_columns([()])

    def _largest(self, columns: list[Path]) -> list[Path]:
        """Columns by their first figure, the largest first."""
        worth = {path: self.grid.raw((), path, self.levels.leading) for path in columns}
        there = [path for path in columns if worth[path] is not None]
        return sorted(there, key=lambda path: -worth[path]) + [path for path in columns if worth[path] is None]

    def _in_order_of_columns(self, paths: list[Path], most: int) -> list[Path]:
        kept = paths[:most]  # the largest come first
        first = self.fields.dimensions[self.asked.columns[0]]
        if first.ordered:
            kept = sorted(paths, key=natural)
            kept = kept[-most:] if first.is_period else kept[:most]
        rank: dict[Any, int] = {}
        for path in kept:
            rank.setdefault(path[0], len(rank))
        if first.ordered:
            return sorted(kept, key=natural)
        return sorted(kept, key=lambda path: (rank[path[0]], *(natural(path[1:]))))

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
        most = MOST_ROWS if self.asked.every else MOST_LINES
        if len(lines) > most:
            self.note(N_("The first {n} of {all} rows are shown. Fold some up, or show fewer of each level."),
                      n=most, all=len(lines))  # fmt: skip
        self.grid.rows = lines[:most] + ([total] if self.asked.totals else [])

    def _line_up(self, parent: Path, children: Mapping[Path, list[Head]], lines: list[Head]) -> None:
        for head in children.get(parent, ()):
            lines.append(head)
            if head.unfolded:
                self._line_up(head.path, children, lines)

    def _restrict(self, depth: int, paths: Iterable[Path]) -> dict[str, list[Any]]:
        """The values that some rows have in the first fields, so that no others are asked for."""
        paths = list(paths)
        return {name: list(dict.fromkeys(path[place] for path in paths))
                for place, name in enumerate(self.asked.rows[:depth])}  # fmt: skip

    def _level_of_members(self, depth: int, parents: list[Path]) -> dict[Path, list[Path]]:
        """The members below some parents with their figures at the row's total."""
        rows, columns = self.asked.rows[:depth], self.asked.columns
        restrict = self._restrict(depth - 1, parents)
        if columns and (depth, False) not in self.levels.known and depth > 1:
            self.levels.add_up(Level(rows, columns, restrict), [Level(rows, (), restrict)])
        keys, groups = self._keys(Level(rows, (), restrict), self._order(rows[-1]))
        if depth == 1:
            self.grid.groups = groups
        if (column := self._sort_column()) and (depth, True) not in self.levels.known:
            on = dict(zip(columns, column, strict=False))
            self.levels.level(Level(rows, columns, restrict | {name: [value] for name, value in on.items()}))
        found: dict[Path, list[Path]] = {parent: [] for parent in parents}
        for row, _column in keys:
            if row[:-1] in found:
                found[row[:-1]].append(row)
        if groups > len(keys) and (depth > 1 or self.asked.sort):
            self.note(N_("Of {all} rows the {n} largest were looked at."), all=groups, n=len(keys))
        return found

    def _order(self, name: str) -> str:
        """How the engine puts members in order before they are cut: by name, or the largest first."""
        if self.asked.sort.endswith("label") or self.fields.dimensions[name].ordered:
            return f"-{name}" if self.asked.sort.startswith("-") and self.asked.sort.endswith("label") else name
        place = self.asked.sort.removeprefix("-").partition("@")[0]
        measure = self.asked.figures[int(place)].measure if place else self.levels.leading
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
        left: dict[Path, list[Path]] = {}
        for parent in parents:
            groups = self.grid.groups if depth == 1 else len(found[parent])
            heads[parent] = [self._head(path, name, depth) for path in kept[parent]]
            if groups > len(kept[parent]):
                heads[parent].append(Head((*parent, OTHERS), name, "others", count=groups - len(kept[parent])))
                self.note(N_("Rows: the largest of each level are shown, the rest is summed up as others. Excel and "
                             "CSV files hold every row."))  # fmt: skip
                left[parent] = kept[parent]
        self.others.of_rows(depth, left)
        return heads

    def _kept(self, paths: list[Path], name: str) -> list[Path]:
        ordered, field = self._sorted(paths, name), self.fields.dimensions[name]
        if self.asked.every:
            return ordered[:MOST_ROWS]
        if not field.ordered:
            return ordered[: self.asked.top]
        return ordered[-MOST_PERIODS:] if field.is_period and not self.asked.sort else ordered[:MOST_PERIODS]

    def _by_column(self, depth: int, parents: list[Path], kept: Mapping[Path, list[Path]], *, whole: bool) -> None:
        """The cells of a level, for all of its parents in one question."""
        paths = [path for parent in parents for path in kept[parent]]
        if (depth, True) not in self.levels.known:
            restrict = self._restrict(depth, paths) if depth > 1 or not whole else {}
            self.levels.level(Level(self.asked.rows[:depth], self.asked.columns, restrict), limit=MOST_ROWS)
        self.others.of_columns(paths)

    def _head(self, path: Path, name: str, depth: int) -> Head:
        below = depth < len(self.asked.rows)
        drills_to = "" if below else self.fields.finer(name, self.asked.dimensions)
        return Head(path, name, unfolds=below, unfolded=below and self.asked.unfolded(path), drills_to=drills_to,
                    whole=self._whole(self.asked.rows[:depth], path))  # fmt: skip

    def _sorted(self, paths: list[Path], name: str) -> list[Path]:
        sort = self.asked.sort
        if sort.endswith("label"):
            return sorted(paths, key=natural, reverse=sort.startswith("-"))
        if not sort and self.fields.dimensions[name].ordered:
            return sorted(paths, key=natural)
        place = sort.removeprefix("-").partition("@")[0]
        figure = self.asked.figures[int(place)] if place else self.asked.figures[0]
        column = self._sort_column() or ()
        worth = {path: self.grid.figure(path, column, figure) for path in paths}
        down = sort.startswith("-") or not sort
        there = sorted((path for path in paths if worth[path] is not None), key=natural)
        there.sort(key=lambda path: worth[path], reverse=down)
        return there + self._largest_rows([path for path in paths if worth[path] is None], figure.measure)

    def _largest_rows(self, paths: list[Path], measure: str) -> list[Path]:
        """Rows that cannot be put in order by what is shown of a measure, such as its growth: by its size."""
        measure = self.levels.leading if self.fields.measures[measure].partial else measure
        size = {path: self.grid.raw(path, (), measure) for path in paths}
        return sorted(paths, key=lambda path: (size[path] is None, -(size[path] or 0), natural(path)))

    def _whole(self, names: Sequence[str], path: Path) -> bool:
        """Whether the data covers the whole period of a member."""
        periods = [(name, value) for name, value in zip(names, path, strict=False)
                   if self.fields.dimensions[name].is_period and value not in (None, OTHERS)]  # fmt: skip
        first, last = self.levels.first, self.levels.last
        if not periods or first is None or last is None:
            return True
        name = growth.finest([name for name, _value in periods])
        number = period_from(name, str(dict(periods)[name]))
        whole = growth.first_day(name, number) >= first and growth.last_day(name, number) <= last
        if not whole:
            self.note(N_("* The data begins or ends inside of this period, so it is not whole."))
        return whole


def natural(path: Path) -> list[tuple[Any, ...]]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    return [_part(value) for value in path]


def _part(value: Any) -> tuple[Any, ...]:
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float):
        return (0, value, "")
    return (0, int(value), value) if value.isascii() and value.isdigit() else (1, 0, value)
