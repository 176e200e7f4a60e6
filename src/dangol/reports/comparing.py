"""What growth is compared with: which periods a question must reach back to, and which figure is whose base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from dangol.insight.olap.rules import PERIODS, period_from, period_number, period_text
from dangol.reports import fields as catalogue
from dangol.reports import growth
from dangol.reports.asked import Asked, Filter
from dangol.reports.fields import Fields
from dangol.reports.grid import OTHERS, Figures, Key

Span = tuple[date, date]


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


class Asking(Protocol):
    """The table whose levels are compared: what was asked, and which days the data cover."""

    asked: Asked
    fields: Fields
    first: date | None
    last: date | None

    def note(self, template: str, **params: Any) -> None:
        """Say something about the table."""


@dataclass(frozen=True)
class Level:
    """A level of the table: the dimensions of both axes. restrict: the values it is asked for only."""

    rows: tuple[str, ...]
    columns: tuple[str, ...] = ()
    restrict: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions of both axes."""
        return self.rows + self.columns

    @property
    def place(self) -> tuple[int, bool]:
        """Which level it is: how many row fields, and whether by column."""
        return len(self.rows), bool(self.columns)

    def periods(self, fields: Fields) -> list[str]:
        """The periods among its dimensions."""
        return [name for name in self.dims if fields.dimensions[name].is_period]

    def key(self, values: Sequence[Any], tail: tuple[Any, ...] = ()) -> Key:
        """The cell of some values of its dimensions. tail: what stands below the rows' values."""
        return (*values[: len(self.rows)], *tail), tuple(values[len(self.rows) :])


def unit_of(asking: Asking, level: Level) -> str:
    """The period that is compared at a level; empty, with the reason said, where nothing can be."""
    fields = asking.fields
    free = fields.called(asking.asked.where)
    if any(name in fields.dimensions and fields.dimensions[name].is_period for name in free):
        asking.note(N_("No growth: the free condition names a period. Set the period as a filter instead."))
        return ""
    periods, timed = level.periods(fields), _timed(asking)
    if not periods and (len(timed) != 1 or timed[0].out):
        if not timed and not any(fields.dimensions[name].is_period for name in asking.asked.dimensions):
            asking.note(N_("Growth needs a period: put one on rows or columns, or filter by one."))
        return ""
    unit = growth.finest(periods) if periods else timed[0].name
    if any(_cuts(one.name, unit) for one in timed):
        asking.note(N_("No growth: the filter cuts inside of the periods that are compared."))
        return ""
    return unit


def _timed(asking: Asking) -> list[Filter]:
    return [one for one in asking.asked.filters if asking.fields.dimensions[one.name].is_period]


def _cuts(filtered: str, unit: str) -> bool:
    """Whether a filter of one period can leave a part of another: a week may lie in two months."""
    return PERIODS.index(filtered) < PERIODS.index(unit) or (unit == "week" and filtered != "week")


# ---- periods on an axis: one question reaches back far enough --------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """The periods one question asks for: those that are shown, and before them those that are compared with only.

    low, high: the ends, None where open.
    """

    unit: str
    timed: tuple[Filter, ...] = ()
    low: int | None = None
    high: int | None = None

    def shows(self, text: str | None) -> bool:
        """Whether the filters let a period through."""
        if text is None:
            return not self.timed
        number = period_from(self.unit, text)
        return all(_lets(one, self.unit, number) for one in self.timed)

    @property
    def condition(self) -> str:
        """The periods as a condition."""
        low = f"{self.unit} >= '{period_text(self.unit, self.low)}'" if self.low is not None else ""
        high = f"{self.unit} <= '{period_text(self.unit, self.high)}'" if self.high is not None else ""
        return catalogue.both(low, high)


def _lets(one: Filter, unit: str, number: int) -> bool:
    text = period_text(unit, number) if one.name == unit else growth.within(unit, number, one.name)
    if one.values and (text in one.values) == one.out:
        return False
    there = period_from(one.name, text)
    low = not one.low or there >= period_from(one.name, one.low)
    return low and (not one.high or there <= period_from(one.name, one.high))


def window(asking: Asking, level: Level, kinds: Sequence[str], coarser: Sequence[Level] = ()) -> Window | None:
    """What a question of a level must reach over, so that it and some coarser levels can be compared.

    None where the level has no period of its own, or nothing can be compared.
    """
    if not kinds or not level.periods(asking.fields):
        return None
    unit = unit_of(asking, level)
    if not unit:
        return None
    timed = [*_timed(asking), *(Filter(name, tuple(values)) for name, values in level.restrict.items()
                                if asking.fields.dimensions[name].is_period)]  # fmt: skip
    low, high = _ends(unit, timed)
    if low is not None:
        reached = [_reach(asking, one, kind, unit, low) for one in (level, *coarser) for kind in kinds]
        low = min(low, *(period_number(unit, day) for day in reached if day is not None))
    return Window(unit, tuple(timed), low, high)


def _ends(unit: str, timed: Sequence[Filter]) -> tuple[int | None, int | None]:
    """The first and last period the filters let through."""
    lows, highs = [], []
    for one in timed:
        numbers = [period_from(one.name, str(value)) for value in one.values if value is not None]
        if numbers and not one.out:
            lows.append(growth.first_day(one.name, min(numbers)))
            highs.append(growth.last_day(one.name, max(numbers)))
        if one.low:
            lows.append(growth.first_day(one.name, period_from(one.name, one.low)))
        if one.high:
            highs.append(growth.last_day(one.name, period_from(one.name, one.high)))
    low = period_number(unit, max(lows)) if lows else None
    return low, period_number(unit, min(highs)) if highs else None


def _reach(asking: Asking, level: Level, kind: str, finest: str, low: int) -> date | None:
    """The first day that a level is compared with, where the first shown period is `low`."""
    unit = unit_of(asking, level)
    if not unit:
        return None
    if not level.periods(asking.fields):
        span = before(asking, kind)
        return span[0] if span else None
    number = period_number(unit, growth.first_day(finest, low))
    base = growth.base_of(kind, unit, number)
    return growth.first_day(unit, number - 400 if base is None else base)  # 29 February, week 53: further is enough


@dataclass(frozen=True)
class Comparison:
    """A level with a period of its own, compared in one way."""

    level: Level
    unit: str
    kind: str
    fields: Fields

    def bases(self, shown: Mapping[Key, Figures], every: Mapping[Key, Figures]) -> dict[Key, Figures]:
        """The figures of the bases, each under the cell that is compared with it.

        shown: the cells of the table; every: the same and those of periods further back.
        """
        numbers = {
            period_from(self.unit, str(text)) for key in shown if (text := self._text(key)) not in (None, OTHERS)
        }
        back = {base: number for number in numbers
                if (base := growth.base_of(self.kind, self.unit, number)) is not None}  # fmt: skip
        found = {}
        for key, figures in every.items():
            text = self._text(key)
            number = back.get(period_from(self.unit, str(text))) if text is not None else None
            if number is not None:
                found[self._moved(key, number)] = figures
        return found

    def _text(self, key: Key) -> Any:
        return self._values(key)[self.level.dims.index(self.unit)]

    def _values(self, key: Key) -> list[Any]:
        return [*key[0][: len(self.level.rows)], *key[1]]

    def _moved(self, key: Key, number: int) -> Key:
        """A cell at another period: what follows from the period moves with it."""
        values = self._values(key)
        for place, name in enumerate(self.level.dims):
            if name == self.unit:
                values[place] = period_text(self.unit, number)
            elif self.fields.dimensions[name].is_period:
                values[place] = growth.within(self.unit, number, name)
        return self.level.key(values, key[0][len(self.level.rows) :])


# ---- no period on an axis: the filtered time as a whole --------------------------------------------------------------


def before(asking: Asking, kind: str) -> Span | None:
    """The days that the filtered periods are compared with; None where the data do not cover them whole."""
    timed = _timed(asking)
    if len(timed) != 1:
        return None
    unit, ours = timed[0].name, _filtered(asking, timed[0])
    first = period_number(unit, asking.first) if asking.first else None
    found = [growth.base_of(kind, unit, number, len(ours)) for number in ours]
    there = sorted({base for base in found if base is not None and (first is None or base >= first)})
    if not there or len(there) != len(ours):
        return None
    return growth.first_day(unit, there[0]), growth.last_day(unit, there[-1])


def _filtered(asking: Asking, one: Filter) -> list[int]:
    """The periods a filter names; none where they do not lie side by side."""
    found: list[int] = []
    if one.values:
        found = sorted(period_from(one.name, str(value)) for value in one.values if value is not None)
    elif asking.first and asking.last:
        found = growth.numbers(one.name, one.low, one.high, asking.first, asking.last)
    return found if found and found[-1] - found[0] + 1 == len(found) else []


# ---- periods that follow from others ---------------------------------------------------------------------------------


def nested(dims: Sequence[str], fields: Fields) -> tuple[list[str], dict[str, str]]:
    """The dimensions to ask for, and those that follow from them: a year is known from its month.

    A week may lie in two months, so nothing follows from it.
    """
    periods = [name for name in dims if fields.dimensions[name].is_period]
    unit = growth.finest(periods) if periods else ""
    if len(periods) < 2 or unit == "week":
        return list(dims), {}
    derived = {name: unit for name in periods if name != unit}
    return [name for name in dims if name not in derived], derived


def completed(row: Mapping[str, Any], dims: Sequence[str], derived: Mapping[str, str]) -> list[Any]:
    """The values of a row, those that were not asked for worked out."""
    values = []
    for name in dims:
        unit = derived.get(name, "")
        text = row[unit or name]
        values.append(text if not unit or text is None else growth.within(unit, period_from(unit, str(text)), name))
    return values
