"""What growth is compared with: the same level asked again for the periods before, or those of the year before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.insight.olap.rules import PERIODS, period_from
from dangol.reports import fields as catalogue
from dangol.reports import growth
from dangol.reports.asked import Asked, Filter
from dangol.reports.fields import Fields
from dangol.reports.grid import OTHERS, Grid, Key


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


class Asking(Protocol):
    """The layout that is compared: what it asked, the table it fills, and how it asks."""

    asked: Asked
    fields: Fields
    grid: Grid
    measures: list[str]
    first: date | None
    last: date | None

    def note(self, template: str, **params: Any) -> None:
        """Say something about the table."""

    def ask(self, dims: Sequence[str], where: str, *, limit: int) -> olap.Answer | None:
        """One question."""


@dataclass(frozen=True)
class Level:
    """The level of the table that is compared. kind: "last" or "year". restrict: the values it was asked for."""

    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    restrict: Mapping[str, Sequence[Any]]

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions of both axes."""
        return self.rows + self.columns


def compare(layout: Asking, level: Level, keys: Sequence[Key]) -> None:
    """Fill the table's bases for a level. keys: the cells that are there."""
    fields = layout.fields
    periods = [name for name in level.dims if fields.dimensions[name].is_period]
    timed = [one for one in layout.asked.filters if fields.dimensions[one.name].is_period]
    unit = _unit(layout, periods, timed)
    if not unit:
        return
    ours = _on_axis(unit, level.dims, keys) if periods else _filtered(layout, timed[0])
    steps = 1 if periods else len(ours)
    bases = {number: growth.base_of(level.kind, unit, number, steps) for number in ours}
    first = rules.period_number(unit, layout.first) if layout.first else None
    wanted = sorted({base for base in bases.values() if base is not None and (first is None or base >= first)})
    if wanted and (periods or len(wanted) == len(ours)):
        _ask(layout, level, unit, bases, (wanted[0], wanted[-1]))


def _unit(layout: Asking, periods: Sequence[str], timed: Sequence[Filter]) -> str:
    """The period that is compared; empty, with the reason said, where nothing can be."""
    fields = layout.fields
    free = rules.names(rules.parse(layout.asked.where)) if layout.asked.where else set()
    if any(name in fields.dimensions and fields.dimensions[name].is_period for name in free):
        layout.note(N_("No growth: the free condition names a period. Set the period as a filter instead."))
        return ""
    if not periods and (len(timed) != 1 or timed[0].out):
        if not timed and not any(fields.dimensions[name].is_period for name in layout.asked.dimensions):
            layout.note(N_("Growth needs a period: put one on rows or columns, or filter by one."))
        return ""
    unit = growth.finest(periods) if periods else timed[0].name
    if any(PERIODS.index(one.name) < PERIODS.index(unit) for one in timed):
        layout.note(N_("No growth: the filter cuts inside of the periods that are compared."))
        return ""
    return unit


def _on_axis(unit: str, dims: Sequence[str], keys: Sequence[Key]) -> list[int]:
    place = list(dims).index(unit)
    values = {(*row, *column)[place] for row, column in keys}
    return sorted(period_from(unit, str(value)) for value in values if value not in (None, OTHERS))


def _filtered(layout: Asking, one: Filter) -> list[int]:
    """The periods a filter names; none where they do not lie side by side."""
    found: list[int] = []
    if one.values:
        found = sorted(period_from(one.name, str(value)) for value in one.values if value is not None)
    elif layout.first and layout.last:
        found = growth.numbers(one.name, one.low, one.high, layout.first, layout.last)
    return found if found and found[-1] - found[0] + 1 == len(found) else []


def _ask(layout: Asking, level: Level, unit: str, bases: Mapping[int, int | None], ends: tuple[int, int]) -> None:
    kept, derived = nested(level.dims, layout.fields)
    dimensions = layout.fields.dimensions
    low, high = (rules.period_text(unit, number) for number in ends)
    where = catalogue.both(
        *(catalogue.condition(one) for one in layout.asked.filters if not dimensions[one.name].is_period),
        layout.asked.where,
        *(catalogue.among(name, values) for name, values in level.restrict.items() if not dimensions[name].is_period),
        f"{unit} between '{low}' and '{high}'",
    )
    answer = layout.ask(kept, where, limit=rules.MOST_ROWS)
    back = {base: number for number, base in bases.items() if base is not None}
    for row in answer.rows if answer else ():
        now = dict(row) if unit not in level.dims else _moved(row, level, unit, back, layout.fields)
        if now is None:
            continue
        values = completed(now, level.dims, derived)
        key = (tuple(values[: len(level.rows)]), tuple(values[len(level.rows) :]))
        layout.grid.bases[level.kind][key] = {name: row[name] for name in layout.measures if name in row}


def _moved(
    row: Mapping[str, Any], level: Level, unit: str, back: Mapping[int, int], fields: Fields
) -> dict[str, Any] | None:
    """A row of a base under the period that is compared with it."""
    number = back.get(period_from(unit, str(row[unit]))) if row[unit] is not None else None
    if number is None:
        return None
    now = dict(row) | {unit: rules.period_text(unit, number)}
    for name in level.dims:
        if name != unit and name in row and fields.dimensions[name].is_period:
            now[name] = growth.within(unit, number, name)
    return now


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
