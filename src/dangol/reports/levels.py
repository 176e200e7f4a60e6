"""Asks for the levels of a table: one pass for all that adds up, a question a level for what does not."""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dangol.base.errors import Damaged, NotFound, TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.insight.olap import reads as olap
from dangol.insight.olap.rules import MOST_ROWS, conditions, period_from, period_number
from dangol.insight.warehouse import reads as warehouse
from dangol.reports import comparing, growth
from dangol.reports import fields as catalogue
from dangol.reports.asked import GROWTH, Asked
from dangol.reports.comparing import Comparison, Level, Window, completed, nested
from dangol.reports.fields import Fields
from dangol.reports.grid import BUYERS, Figures, Grid, Key
from dangol.staff.reads import Member, may
from dangol.staff.rules import Right

RANKED = 10_000
MOST_ADDED = 50_000  # cells of the finest level that are added up here; more are asked for level by level
Progress = Callable[[int], None]  # told how many questions were asked, before each
_too_many: OrderedDict[tuple[Any, ...], None] = (
    OrderedDict()
)  # questions known to have more, so that they are not tried


@dataclass
class Cells:
    """What one question gave. shown: figures by cell; early: those of periods that are compared with only.

    groups: how many there are in all; whole: whether none of them was left out.
    """

    shown: dict[Key, Figures]
    early: dict[Key, Figures]
    groups: int
    whole: bool

    @property
    def every(self) -> dict[Key, Figures]:
        """Both."""
        return self.shown | self.early


class Levels:
    """The levels of one table: asks for them and fills the table's figures and bases."""

    def __init__(self, by: Member | None, asked: Asked, fields: Fields, progress: Progress | None) -> None:
        self.by, self.asked, self.fields, self.progress = by, asked, fields, progress
        self.grid = Grid(asked, fields)
        self.ranked = catalogue.ranked(asked, fields)
        self.where = catalogue.both(*(catalogue.condition(one) for one in asked.filters), asked.where, self.ranked)
        self.first, self.last = _span(asked.star)
        self.grid.guarded = by is not None and not may(by, Right.CUSTOMERS_VIEW)
        self.measures = self._measures()
        self.kinds = sorted({figure.kind for figure in asked.figures} & GROWTH)
        self.grid.bases = {kind: {} for kind in self.kinds}
        self.known: dict[tuple[int, bool], list[Key]] = {}  # levels that were added up -> their cells
        self.said: set[str] = set()

    def _measures(self) -> list[str]:
        """The measures asked for, and the buyers by whom small groups are folded.

        Where all of them compare with the period before or with other groups, one they are made of is asked as well: it
        says which members there are at the levels where they cannot be asked, and puts them in order.
        """
        measures = self.asked.measures
        if measures and all(self.fields.measures[name].partial for name in measures):
            measures = [*measures, self.fields.measures[measures[0]].base]
        sold = all(self.fields.dimensions[name].place != "campaign" for name in self.asked.dimensions)
        more = self.grid.guarded and not self.asked.star and sold and BUYERS not in measures
        return [*measures, BUYERS] if more else measures

    @property
    def leading(self) -> str:
        """The measure by whose size members are put in order."""
        return next((name for name in self.measures if not self.fields.measures[name].partial), self.measures[0])

    def note(self, template: str, **params: Any) -> None:
        """Say something about the table, once."""
        if template not in self.said:
            self.said.add(template)
            self.grid.notes.append((template, params))

    # ---- questions ---------------------------------------------------------------------------------------------------

    def fitting(self, level: Level) -> list[str]:
        """The measures that can be answered at a level."""
        periods, known = level.periods(self.fields), self.fields.measures
        return [name for name in self.measures if known[name].fits(level.dims, periods)]

    def ask(self, level: Level, wanted: Sequence[str], extra: str = "", *, window: Window | None = None,
            limit: int = RANKED, order: str = "", tail: tuple[Any, ...] = ()) -> Cells:  # fmt: skip
        """One question. extra: one more condition. tail: what stands below the rows' values in its cells."""
        dims, derived = nested(level.dims, self.fields)
        order = order if order.removeprefix("-") in (*wanted, *dims) else ""
        if self.progress:
            self.progress(self.grid.questions)
        self.grid.questions += 1
        answer = olap.ask(self.by, wanted, dims, self._where(level, extra, window), limit=limit, order=order,
                          star=self.asked.star)  # fmt: skip
        self.grid.as_of, self.grid.newest, self.grid.currency = answer.as_of, answer.newest, answer.currency
        self.grid.generated |= set(answer.generated_columns)
        for template, params in answer.hints:
            self.note(template, **dict(params) | {"dimension": self.fields.dimensions[params["dimension"]].label})
        found = Cells({}, {}, answer.groups, len(answer.rows) == answer.groups)
        for row in answer.rows:
            key = level.key(completed(row, level.dims, derived), tail)
            there = window is None or window.unit not in row or window.shows(row[window.unit])
            (found.shown if there else found.early)[key] = {name: row[name] for name in wanted if name in row}
        found.groups -= len(found.early)
        return found

    def _where(self, level: Level, extra: str, window: Window | None) -> str:
        """The condition of a question. What only makes it smaller is left out where it would get too long."""
        among = [catalogue.among(name, values) for name, values in level.restrict.items()
                 if window is None or not self.fields.dimensions[name].is_period]  # fmt: skip
        base = self.where if window is None else self._timeless(window.condition)
        whole = catalogue.both(base, *among, extra)
        return whole if len(whole) <= conditions.MOST_CHARACTERS else catalogue.both(base, extra)

    def _timeless(self, time_condition: str) -> str:
        """What was asked, at another time."""
        kept = [one for one in self.asked.filters if not self.fields.dimensions[one.name].is_period]
        timeless = (catalogue.condition(one) for one in kept)
        return catalogue.both(*timeless, self.asked.where, time_condition, self.ranked)

    def _before(self, level: Level, wanted: Sequence[str], kind: str, extra: str = "",
                tail: tuple[Any, ...] = ()) -> dict[Key, Figures]:  # fmt: skip
        """The figures of a level without a period of its own, at the time the filter is compared with."""
        unit = comparing.unit_of(self, level)
        span = comparing.before(self, kind) if unit else None
        if span is None:
            return {}
        at = Window(unit, low=period_number(unit, span[0]), high=period_number(unit, span[1]))
        return self.ask(level, wanted, extra, window=at, limit=MOST_ROWS, tail=tail).shown

    # ---- a level of its own ------------------------------------------------------------------------------------------

    def level(self, level: Level, extra: str = "", *, order: str = "", limit: int = RANKED,
              tail: tuple[Any, ...] = (), wanted: Sequence[str] | None = None) -> tuple[list[Key], int]:  # fmt: skip
        """Ask a level and keep what it says. Returns its cells in the order of the answer, and how many there are."""
        names = [name for name in self.fitting(level) if wanted is None or name in wanted]
        if not names:
            return [], 0
        window = comparing.window(self, level, self.kinds)
        limit = MOST_ROWS if window else limit
        found = self.ask(level, names, extra, window=window, order=order, limit=limit, tail=tail)
        self._keep(self.grid.values, found.shown)
        for kind in self.kinds:
            if window:
                base = Comparison(level, window.unit, kind, self.fields).bases(found.shown, found.every)
            else:
                base = {} if level.periods(self.fields) else self._before(level, names, kind, extra, tail)
            self._keep(self.grid.bases[kind], base)
        return list(found.shown), found.groups

    @staticmethod
    def _keep(into: dict[Key, Figures], cells: Mapping[Key, Figures]) -> None:
        for key, figures in cells.items():
            into[key] = into.get(key, {}) | figures

    # ---- one pass for what adds up -----------------------------------------------------------------------------------

    def add_up(self, finest: Level, coarser: Sequence[Level]) -> bool:
        """Ask the finest level once and add it up to coarser ones; False where that cannot be done.

        It can where every measure that is shown there adds up, and where the cells are not too many.
        """
        names = self.fitting(finest)
        if not names or not all(self.fields.measures[name].additive for one in coarser for name in self.fitting(one)):
            return False
        window = comparing.window(self, finest, self.kinds, coarser)
        question = (self.by and self.by.pk, self.asked.star, finest.dims, self._where(finest, "", window))
        found = None if question in _too_many else self._finest(finest, names, window)
        if found is None:
            _remember(question)
            return False
        base = {kind: self._before(finest, names, kind) for kind in self.kinds if not finest.periods(self.fields)}
        one_pass = Pass(finest, found, window, base)
        for level in (*coarser, finest):
            self._added(level, one_pass)
        return True

    def _finest(self, finest: Level, names: Sequence[str], window: Window | None) -> Cells | None:
        """All cells of a level; None where they are too many."""
        try:
            found = self.ask(finest, names, window=window, limit=MOST_ADDED)
        except TooMuch as error:
            if takes_long(error):
                raise
            return None
        return found if found.whole else None

    def _added(self, level: Level, one: "Pass") -> None:
        """The figures and bases of a level from the cells of the finest."""
        names = [name for name in self.fitting(level) if level == one.finest or self.fields.measures[name].additive]
        shown = added(one.found.shown, level, names)
        self.known[level.place] = list(shown)
        self._keep(self.grid.values, shown)
        for kind in self.kinds:
            self._keep(self.grid.bases[kind], self._added_base(level, one, shown, kind))

    def _added_base(self, level: Level, one: "Pass", shown: Mapping[Key, Figures], kind: str) -> Mapping[Key, Figures]:
        names = self.fitting(level)
        if not one.finest.periods(self.fields):
            return added(one.before.get(kind, {}), level, names)
        unit = comparing.unit_of(self, level) if one.window else ""
        if not one.window or not unit:
            return {}
        if level.periods(self.fields):
            every = added(one.found.every, level, names) if one.found.early else shown
            return Comparison(level, unit, kind, self.fields).bases(shown, every)
        span = comparing.before(self, kind)
        return added(one.within(span), level, names) if span else {}


@dataclass(frozen=True)
class Pass:
    """The cells of the finest level, from which coarser ones are added up.

    window: the periods it reached over, where it has one; before: else its cells at the time it is compared with.
    """

    finest: Level
    found: Cells
    window: Window | None
    before: Mapping[str, Mapping[Key, Figures]]

    def within(self, span: comparing.Span) -> dict[Key, Figures]:
        """The cells whose period lies between two days."""
        if self.window is None:
            return {}
        unit, place = self.window.unit, self.finest.dims.index(self.window.unit)

        def inside(key: Key) -> bool:
            text = (*key[0], *key[1])[place]
            return text is not None and span[0] <= growth.first_day(unit, period_from(unit, str(text))) <= span[1]

        return {key: figures for key, figures in self.found.every.items() if inside(key)}


def added(cells: Mapping[Key, Figures], level: Level, names: Sequence[str]) -> dict[Key, Figures]:
    """Some figures of cells of a finer level added up; at their own level they stay as they are, whatever they are.

    Whole numbers add up exactly; parts that are no whole numbers are added without loss (Shewchuk's sums).
    """
    rows, by_column = level.place
    parts: dict[Key, dict[str, list[Any]]] = {}
    for (row, column), figures in cells.items():
        into = parts.setdefault((row[:rows], column if by_column else ()), {name: [] for name in names})
        for name in names:
            into[name].append(figures.get(name))
    return {key: {name: _sum(values) for name, values in one.items()} for key, one in parts.items()}


def _sum(values: Sequence[Any]) -> Any:
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return there[0] if there else None
    return sum(there) if all(isinstance(value, int) for value in there) else math.fsum(there)


def _remember(question: tuple[Any, ...]) -> None:
    _too_many[question] = None
    while len(_too_many) > 256:
        _too_many.popitem(last=False)


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
