"""A figure looked at from elsewhere in a question: the period before, the year to date, the whole."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import And, Between, Compare, Condition, In, IsNull, Not, Or
from dangol.insight.olap.rules.periods import (
    PERIODS,
    finest,
    first_day,
    last_day,
    period_from,
    period_number,
    year_before,
)

PREVIOUS, YEAR_BEFORE, MOVING_MEAN, TOTAL = "previous", "year_before", "moving_mean", "total"
TO_DATE = {"year_to_date": "year", "quarter_to_date": "quarter", "month_to_date": "month"}
FRAMES = (PREVIOUS, YEAR_BEFORE, *TO_DATE, MOVING_MEAN, TOTAL)
MOST_STEPS = 60
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}

Days = frozenset[date]


@dataclass(frozen=True)
class Frame:
    """Where a measure is looked at from. name: one of FRAMES; steps: how many periods back, or in a mean.

    keep: of `total`, the dimensions whose members stay apart, so that it is the total of the parent.
    """

    name: str
    steps: int = 1
    keep: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether it needs a period to start from."""
        return self.name != TOTAL


def unit_of(by: Iterable[str], asked: Collection[str]) -> str:
    """The period that one step is: the shortest of the split, else of the conditions. Raises BadInput."""
    split = {name for name in by if name in PERIODS}
    if "week" in split and split - {"week", "day"}:
        raise BadInput("Split by weeks or by months, not by both, to look at another period.", field="by")
    found = split or set(asked)
    if not found:
        raise BadInput("A measure that looks at another period needs a period, such as month, in the split or in the "
                       "condition.", field="by")  # fmt: skip
    return finest(found)


def chosen(conditions: Iterable[Condition], first: date, last: date) -> Days:
    """The days that conditions on periods ask for, in whole years around the data. Raises BadInput."""
    parts = list(conditions)
    start, end = date(first.year, 1, 1), date(last.year, 12, 31)
    return frozenset(day for day in _run(start, end) if all(met_by(part, day) for part in parts))


def _run(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=step) for step in range((end - start).days + 1))


def met_by(condition: Condition, day: date) -> bool:  # noqa: PLR0911  one return a kind of condition
    """Whether a day meets a condition on periods. Raises BadInput for a value that is no period."""

    def at(name: str) -> int:
        return period_number(name, day)

    match condition:
        case And(parts):
            return all(met_by(part, day) for part in parts)
        case Or(parts):
            return any(met_by(part, day) for part in parts)
        case Not(inner):
            return not met_by(inner, day)
        case In(name, values):
            return any(at(name) == period_from(name, str(value)) for value in values)
        case Between(name, low, high):
            return period_from(name, str(low)) <= at(name) <= period_from(name, str(high))
        case Compare(name, sign, value):
            left, right = at(name), period_from(name, str(value))
            return {"=": left == right, "!=": left != right, "<": left < right, "<=": left <= right,
                    ">": left > right, ">=": left >= right}[sign]  # fmt: skip
        case _:
            return not isinstance(condition, IsNull)


def condition_of(days: Days) -> Condition:
    """A condition that holds on these days alone."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day == runs[-1][1] + timedelta(days=1):
            runs[-1][1] = day
        else:
            runs.append([day, day])
    parts = tuple(Between("day", low.isoformat(), high.isoformat()) for low, high in runs)
    return parts[0] if len(parts) == 1 else Or(parts)


def base_of(frame: Frame, unit: str, number: int) -> int | None:
    """The period a period is compared with, None where there is none."""
    if frame.name == PREVIOUS:
        return number - frame.steps
    base: int | None = number
    for _step in range(frame.steps):
        base = year_before(unit, base) if base is not None else None
    return base


def moved(frame: Frame, unit: str, days: Days) -> Days:
    """The days that are looked at instead of those asked for."""
    return frozenset(day for one in days for day in _moved(frame, unit, one))


def _moved(frame: Frame, unit: str, day: date) -> Iterable[date]:
    if frame.name == YEAR_BEFORE:
        return _months_back(day, 12 * frame.steps) if unit != "week" else _weeks_of(frame, day)
    if unit in MONTHS:
        return _months_back(day, MONTHS[unit] * frame.steps)
    return [day - timedelta(days=frame.steps * (7 if unit == "week" else 1))]


def _months_back(day: date, months: int) -> Iterable[date]:
    """The same day of an earlier month; the last day of a month stands for all that are left of the other."""
    at = day.year * 12 + day.month - 1 - months
    if at < 12:
        return []
    year, month = at // 12, at % 12 + 1
    longest = monthrange(year, month)[1]
    if day.day < monthrange(day.year, day.month)[1]:
        return [date(year, month, day.day)] if day.day <= longest else []
    return [date(year, month, each) for each in range(min(day.day, longest), longest + 1)]


def _weeks_of(frame: Frame, day: date) -> Iterable[date]:
    base = base_of(frame, "week", period_number("week", day))
    return [first_day("week", base) + timedelta(days=day.weekday())] if base is not None else []


def to_date(frame: Frame, days: Days) -> Days:
    """All days from the start of the year (quarter, month) of the last of these days to that day."""
    end = max(days)
    whole = TO_DATE[frame.name]
    return frozenset(_run(first_day(whole, period_number(whole, end)), end))


def within(unit: str, days: Days) -> Mapping[int, Days]:
    """The days by the period they lie in, in order of time."""
    found: dict[int, set[date]] = {}
    for day in sorted(days):
        found.setdefault(period_number(unit, day), set()).add(day)
    return {number: frozenset(inside) for number, inside in found.items()}


def whole(unit: str, numbers: Iterable[int]) -> Days:
    """All days of some periods."""
    return frozenset(day for number in numbers for day in _run(first_day(unit, number), last_day(unit, number)))


def longer(unit: str, number: int, period: str) -> int:
    """The longer period in which a period lies."""
    return period_number(period, first_day(unit, number))
