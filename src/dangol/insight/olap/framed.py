"""Figures looked at from elsewhere: each frame of a measure is one more question, its answer laid where it belongs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dangol.base.errors import BadInput, TooMuch
from dangol.insight.olap.rules import (
    PERIODS,
    Condition,
    Conditions,
    Model,
    Over,
    frames,
    names,
    parts_of,
    period_number,
)
from dangol.insight.olap.rules.frames import MOVING_MEAN, TO_DATE, Days, Frame

MOST_QUESTIONS = 62  # two months of days
Group = tuple[Any, ...]
Cells = dict[str, dict[Group, Any]]  # measure -> group -> figure
Ask = Callable[[Sequence[str], Conditions, Sequence[str]], Cells]


@dataclass(frozen=True)
class Looking:
    """A question looked at from elsewhere.

    by: the split; days: those asked for; rest: the frames still to come, with the conditions that hold behind each.
    additive: measures whose groups add up over time.
    """

    ask: Ask
    by: tuple[str, ...]
    unit: str
    days: Days
    here: Conditions
    rest: Conditions
    wanted: tuple[str, ...]
    additive: frozenset[str]

    @property
    def places(self) -> dict[str, int]:
        """Where the periods stand in a group."""
        return {name: place for place, name in enumerate(self.by) if name in PERIODS}

    def rekeyed(self, group: Group, number: int) -> Group:
        """The group in another period."""
        found = list(group)
        for name, place in self.places.items():
            found[place] = frames.longer(self.unit, number, name)
        return tuple(found)

    def over(self, days: Days, by: tuple[str, ...] | None = None, rest: Conditions | None = None) -> Cells:
        """The cells over other days."""
        if not days:
            return {}
        again = replace(self, days=days, by=self.by if by is None else by, rest=self.rest if rest is None else rest)
        return again.cells()

    def cells(self) -> Cells:
        """The figures of all groups, of the periods asked for."""
        if not self._frames:
            return self.ask(self.by, (*self.here, *self.rest, frames.condition_of(self.days)), self.wanted)
        before, frame, rest = off(self.rest)
        behind = replace(self, here=(*self.here, *before), rest=rest)
        if frame.name in TO_DATE:
            return behind.to_date(frame)
        return behind.mean(frame) if frame.name == MOVING_MEAN else behind.shifted(frame)

    def shifted(self, frame: Frame) -> Cells:
        """The figures of another period, each laid into the period that looks at it."""
        found = self.over(frames.moved(frame, self.unit, self.days))
        if not self.places:
            return found
        looking: dict[int, int] = {}
        for number in frames.within(self.unit, self.days):
            base = frames.base_of(frame, self.unit, number)
            if base is not None:
                looking[base] = number
        place = self.places[self.unit]
        return {name: {self.rekeyed(group, looking[group[place]]): value for group, value in values.items()
                       if group[place] in looking} for name, values in found.items()}  # fmt: skip

    def to_date(self, frame: Frame) -> Cells:
        """The figures from the start of the year (quarter, month) to the end of each period."""
        if not self.places:
            return self.over(frames.to_date(frame, self.days))
        parts = frames.within(self.unit, self.days)
        if set(self.wanted) <= self.additive and not self._frames and frames.whole(self.unit, parts) == self.days:
            return self._added_up(frame, list(parts))
        if len(parts) > MOST_QUESTIONS:
            raise TooMuch("{name} can be asked for at most {most} periods at once. Narrow the period, or split by a "
                          "longer one.", name=frame.name, most=MOST_QUESTIONS)  # fmt: skip
        timeless = tuple(name for name in self.by if name not in self.places)
        found: Cells = {name: {} for name in self.wanted}
        for number, inside in parts.items():
            for name, values in self.over(frames.to_date(frame, inside), timeless).items():
                found[name] |= {self._put(group, number): value for group, value in values.items()}
        return found

    @property
    def _frames(self) -> bool:
        return any(isinstance(one, Frame) for one in self.rest)

    def _put(self, group: Group, number: int) -> Group:
        """A group without periods as one in a period."""
        parts = iter(group)
        return self.rekeyed(tuple(None if name in self.places else next(parts) for name in self.by), number)

    def _added_up(self, frame: Frame, numbers: Sequence[int]) -> Cells:
        """One question for all periods, added up from the start of each year."""
        early = frames.to_date(frame, frames.whole(self.unit, numbers[:1]))
        found = self.over(early | frames.whole(self.unit, range(numbers[0], numbers[-1] + 1)))
        return {name: self._running(values, frame, numbers) for name, values in found.items()}

    def _running(self, values: Mapping[Group, Any], frame: Frame, numbers: Sequence[int]) -> dict[Group, Any]:
        place, longest = self.places[self.unit], TO_DATE[frame.name]
        lines: dict[Group, dict[int, Any]] = {}
        for group, value in values.items():
            if value is not None:
                lines.setdefault(self.rekeyed(group, numbers[0]), {})[group[place]] = value
        found: dict[Group, Any] = {}
        for line, parts in lines.items():
            for number in numbers:
                start = frames.longer(self.unit, number, longest)
                inside = [value for at, value in parts.items()
                          if at <= number and frames.longer(self.unit, at, longest) == start]  # fmt: skip
                if inside:
                    found[self.rekeyed(line, number)] = sum(inside[1:], inside[0])
        return found

    def mean(self, frame: Frame) -> Cells:
        """The mean of the figures of some periods up to each; missing before the data begins."""
        if not self.places:
            raise BadInput("{name} needs a period in the split, such as month.", field="by", name=frame.name)
        numbers = list(frames.within(self.unit, self.days))
        found = self.over(frames.whole(self.unit, range(numbers[0] - frame.steps + 1, numbers[-1] + 1)))
        place = self.places[self.unit]
        whole = {name: min((group[place] for group in values), default=0) for name, values in found.items()}
        made: Cells = {}
        for name, values in found.items():
            lines: dict[Group, dict[int, Any]] = {}
            for group, value in values.items():
                lines.setdefault(self.rekeyed(group, numbers[0]), {})[group[place]] = value
            made[name] = {
                self.rekeyed(line, number): _mean([parts.get(number - step) for step in range(frame.steps)])
                for line, parts in lines.items() for number in numbers if number - frame.steps + 1 >= whole[name]
            }  # fmt: skip
        return made


def _mean(values: Sequence[Any]) -> Any:
    """The mean of figures of which a missing one is nothing; missing where all are."""
    there = [value for value in values if value is not None]
    return sum(there[1:], there[0]) / len(values) if there else None


def split(conditions: Conditions, is_period: Callable[[str], bool]) -> tuple[list[Condition], list[Condition]]:
    """Conditions on periods, and others. Raises BadInput for one that is of both and cannot be looked at elsewhere."""
    timed: list[Condition] = []
    others: list[Condition] = []
    for one in (each for each in conditions if not isinstance(each, Frame)):
        for part in parts_of(one):
            kinds = {is_period(name) for name in names(part)} if not isinstance(part, Over) else {False}
            if kinds == {True, False}:
                raise BadInput("Join the condition on the period to the others by “and”, to look at another period.",
                               field="where")  # fmt: skip
            (timed if kinds == {True} else others).append(part)
    return timed, others


def answered(
    ask: Ask,
    model: Model,
    by: Sequence[str],
    conditions: Conditions,
    *,
    wanted: Sequence[str],
    span: tuple[date, date],
) -> Cells:
    """The figures of measures behind frames: measure -> group -> figure.

    conditions: all of them with the frames between, of which `total` was taken off before; span: first and last day of
    the data. Periods outside it have no row. Raises BadInput, TooMuch.
    """
    before, _frame, _behind = off(conditions)
    timed, others = split(before, lambda name: model.dimension(name).is_period)
    unit = frames.unit_of(by, {name for one in timed for name in names(one)})
    days = frames.chosen(timed, *span)
    if set(by) & set(PERIODS):
        low, high = (period_number(unit, day) for day in span)
        days = frozenset(day for day in days if low <= period_number(unit, day) <= high)
    if not days:
        return {}
    additive = frozenset(name for name in wanted if model.measures[name].additive)
    return Looking(
        ask, tuple(by), unit, days, tuple(others), conditions[len(before) :], tuple(wanted), additive
    ).cells()


def is_total(inside: Conditions) -> bool:
    """Whether measures stand behind a total, which must be taken off first."""
    first = next((one for one in inside if isinstance(one, Frame)), None)
    return first is not None and not first.timed


def off(inside: Conditions) -> tuple[Conditions, Frame, Conditions]:
    """What stands before the first frame, the frame, and what stands behind it."""
    place, frame = next((n, one) for n, one in enumerate(inside) if isinstance(one, Frame))
    return inside[:place], frame, inside[place + 1 :]


def kept(keep: Collection[str], by: Sequence[str]) -> tuple[str, ...]:
    """The part of a split whose members a total or rank keeps apart. Raises BadInput for a dimension not split by."""
    for name in keep:
        if name not in by:
            raise BadInput("A total or rank by {dimension} needs {dimension} in the split.", field="by", dimension=name)
    return tuple(name for name in by if name in keep)
