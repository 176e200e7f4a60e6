"""Lays a table out: each level of the rows is asked once, for all that is unfolded there."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from dangol.base.errors import Damaged, NotFound, TooMuch
from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.insight.olap.rules import conditions, period_from
from dangol.insight.warehouse import reads as warehouse
from dangol.reports import comparing, growth
from dangol.reports import fields as catalogue
from dangol.reports.asked import GROWTH, Asked, Path, path_from
from dangol.reports.comparing import completed, nested
from dangol.reports.fields import Field, Fields
from dangol.reports.grid import BUYERS, OTHERS, Grid, Head, Key
from dangol.staff.reads import Member, may
from dangol.staff.rules import Right

MOST_PERIODS, MOST_COLUMNS, MOST_PERIOD_COLUMNS, MOST_LINES = 400, 12, 60, 1_000
RANKED = 10_000


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


def lay(
    by: Member | None, asked: Asked, fields: Fields | None = None, *, seconds: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Grid:  # fmt: skip
    """The table of what is asked, within what the member may see.

    seconds: how long all of its questions may take together. progress: told how many questions were asked, before each.
    Raises BadInput, NotAllowed, NotFound (no data yet), Damaged, TooMuch like `olap.reads.ask`.
    """
    fields = fields or catalogue.of(by, asked.star)
    asked = fields.known(asked)
    return Layout(by, asked, fields, Patience(seconds, progress)).laid()


class Patience:
    """How long a table may take, and who is told how far it is."""

    def __init__(self, seconds: float | None = None, progress: Callable[[int], None] | None = None) -> None:
        self.seconds, self.progress = seconds, progress
        self.until = time.monotonic() + seconds if seconds is not None else None

    def before(self, questions: int) -> None:
        """Called before each question. Raises TooMuch once the time is over."""
        if self.progress:
            self.progress(questions)
        if self.until is not None and time.monotonic() > self.until:
            raise TooMuch(
                "The question took longer than {seconds} seconds and was stopped. Ask for a shorter period or fewer "
                "groups.",
                seconds=f"{self.seconds:g}",
            )


class Layout:
    """Asks level by level and puts heads in order. The engine is asked once a level and axis."""

    def __init__(self, by: Member | None, asked: Asked, fields: Fields, patience: Patience) -> None:
        self.by, self.asked, self.fields, self.patience = by, asked, fields, patience
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
        wanted = [name for name in measures or self.measures if fits(self.fields.measures[name], periods)]
        if not wanted:
            return None
        if len(where) > conditions.MOST_CHARACTERS:
            where = self.where
        order = order if order.removeprefix("-") in (*wanted, *dims) else ""
        self.patience.before(self.grid.questions)
        self.grid.questions += 1
        answer = olap.ask(self.by, wanted, dims, where, limit=limit, order=order, total=total, star=self.asked.star)
        self.grid.as_of, self.grid.newest, self.grid.currency = answer.as_of, answer.newest, answer.currency
        self.grid.generated |= set(answer.generated_columns)
        return answer

    def level(self, rows: Sequence[str], columns: Sequence[str], restrict: Mapping[str, Sequence[Any]], *,
              order: str = "", limit: int = RANKED, extra: str = "") -> tuple[list[Key], int]:  # fmt: skip
        """Ask a level and keep what it says. Returns its cells in the order of the answer, and how many there are."""
        dims = [*rows, *columns]
        kept, derived = nested(dims, self.fields)
        where = catalogue.both(self.where, *(catalogue.among(name, values) for name, values in restrict.items()), extra)
        answer = self.ask(kept, where, order=order, limit=limit)
        if answer is None:
            return [], 0
        found = []
        for row in answer.rows:
            values = completed(row, dims, derived)
            key = (tuple(values[: len(rows)]), tuple(values[len(rows) :]))
            self.grid.values[key] = dict(self.grid.values.get(key, {})) | {
                name: row[name] for name in self.measures if name in row
            }
            found.append(key)
        for kind in self.compared:
            comparing.compare(self, comparing.Level(kind, tuple(rows), tuple(columns), restrict), found)
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
            kept_dims, derived = nested(columns_asked, self.fields)
            answer = self.ask(kept_dims, where, measures=apart)
            for row in answer.rows if answer else ():
                key = (path, tuple(completed(row, columns_asked, derived)))
                self.grid.values[key] = self.grid.values.get(key, {}) | {one: row[one] for one in apart if one in row}

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


def fits(measure: Field, periods: Sequence[str]) -> bool:
    """Whether a measure can be answered: those that compare periods need exactly one."""
    return not measure.compares or len(periods) == 1


def _natural(path: Path) -> list[tuple[Any, ...]]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    return [_part(value) for value in path]


def _part(value: Any) -> tuple[Any, ...]:
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float):
        return (0, value, "")
    return (0, int(value), value) if value.isascii() and value.isdigit() else (1, 0, value)
