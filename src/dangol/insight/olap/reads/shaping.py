"""Rows of an answer out of the tables of figures: laid side by side, reckoned, sorted and said in plain values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from dangol.base.errors import TooMuch
from dangol.base.money import currency
from dangol.insight.olap import framed, rules
from dangol.insight.olap.reads.answer import major
from dangol.insight.olap.reads.opened import Opened, question_of
from dangol.insight.olap.rules.frames import Frame

MOST_GROUPS = 200_000
Leaf = tuple[rules.Conditions, str]  # a measure the facts gave, under the conditions of what it is a part of


@dataclass(frozen=True)
class Found:
    """What the facts gave, by columns: for each group its members, and the leaves of the measures.

    groups: one entry a group, a value for each dimension of `by`. A value is reckoned only where it is asked for: of
    many groups a page shows the first ones.
    """

    opened: Opened
    by: Sequence[str]
    groups: Sequence[tuple[Any, ...]]
    leaves: Mapping[Leaf, list[Any]]

    def ordered(self, order: str) -> list[int]:
        """The places of the groups in order of their members; `order` by one of them or by a measure comes first."""
        places = list(range(len(self.groups)))
        for place in reversed(range(len(self.by))):
            ranks = _ranks([group[place] for group in self.groups])
            places.sort(key=ranks.__getitem__)
        name = order.removeprefix("-")
        if not name:
            return places
        if name in self.by:
            values = [group[self.by.index(name)] for group in self.groups]
        else:
            values = self.figures(name, range(len(self.groups)))
        there = [place for place in places if values[place] is not None]
        ranks = _ranks(values)
        there.sort(key=ranks.__getitem__, reverse=order.startswith("-"))
        return [*there, *(place for place in places if values[place] is None)]

    def kept(self, condition: rules.Condition, places: Sequence[int]) -> list[int]:
        """Those of the places whose measures meet a condition. Amounts are compared in major units."""
        money, units = currency(self.opened.currency), self.opened.model.measures
        values = {name: self.figures(name, places) for name in sorted(rules.names(condition))}
        columns = [[major(value, units[name].unit.value, money) for value in values[name]] for name in values]
        met = [rules.holds(condition, dict(zip(values, row, strict=True))) for row in zip(*columns, strict=True)]
        return [place for place, holds in zip(places, met, strict=True) if holds]

    def rows(self, measures: Sequence[str], places: Sequence[int]) -> list[dict[str, Any]]:
        """The groups of these places as rows, periods and days as texts."""
        columns = {name: self._members(number, places) for number, name in enumerate(self.by)}
        columns |= {name: self.figures(name, places) for name in measures}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _members(self, number: int, places: Sequence[int]) -> list[Any]:
        values = [self.groups[place][number] for place in places]
        texts = {value: _member(self.by[number], value, self.opened.model) for value in set(values)}
        return [texts[value] for value in values]

    def figures(self, name: str, places: Sequence[int]) -> list[Any]:
        """A measure in these groups. Formulas reckon amounts in major units: a number in them means what it says."""
        model, digits = self.opened.model, currency(self.opened.currency).digits
        measure = model.measures[name]
        if measure.formula is None:
            values = self.leaves.get((model.under(measure, ()), name)) or [None] * len(self.groups)
            scale, empty = 0 if self.opened.minor else digits, 0 if measure.zero else None
            return [empty if values[place] is None else _number(values[place], measure.unit, scale) for place in places]
        money = {
            leaf for leaf in self.leaves if self.opened.minor and digits and model.measures[leaf[1]].unit == "money"
        }

        seen: dict[tuple[rules.Among, rules.Conditions], list[Any]] = {}

        def leaf_at(place: int) -> Callable[[rules.Conditions, str], Any]:
            def leaf(inside: rules.Conditions, part: str) -> Any:
                values = self.leaves.get((inside, part))
                value = values[place] if values else None
                return Decimal(value).scaleb(-digits) if value is not None and (inside, part) in money else value

            return leaf

        def others_at(place: int) -> Callable[[rules.Among, rules.Conditions], Any]:
            def others(node: rules.Among, inside: rules.Conditions) -> Any:
                if (node, inside) not in seen:
                    everywhere = range(len(self.groups))
                    values = [model.reckoned(node.of, leaf_at(one), others_at(one), inside) for one in everywhere]
                    seen[node, inside] = self._among(node, values)
                return seen[node, inside][place]

            return others

        def figure(place: int) -> Any:
            return _number(model.figure(name, leaf_at(place), others_at(place)), measure.unit, digits)

        return [figure(place) for place in places]

    def _among(self, node: rules.Among, values: list[Any]) -> list[Any]:
        """What looks at the other groups, for every group; a whole that is not split has no others."""
        kept = [list(self.by).index(name) for name in framed.kept(node.keep, self.by)]
        apart = [tuple(group[place] for place in kept) for group in self.groups]
        return rules.among(node.name, values, apart) if self.by else [None] * len(values)


def found(opened: Opened, measures: Sequence[str], by: Sequence[str], conditions: rules.Conditions) -> Found:
    """Every family of measures answers once; the answers are laid side by side. Raises TooMuch, Cancelled."""
    groups: dict[framed.Group, int] = {}
    leaves: dict[Leaf, list[Any]] = {}
    totals: list[tuple[rules.Conditions, list[str]]] = []
    asked = opened.model.leaves(measures)
    for inside, wanted in asked.items():
        if framed.is_total(inside):
            totals.append((inside, wanted))
            continue
        for name, there, values in _figures_of(opened, wanted, by, (*conditions, *inside)):
            places = [groups.setdefault(group, len(groups)) for group in there]
            column = leaves[inside, name] = [None] * len(groups)
            for place, value in zip(places, values, strict=True):
                column[place] = value
    if all(any(isinstance(one, Frame) for one in inside) for inside in asked):
        for group in _here(opened, asked, by, conditions):
            groups.setdefault(group, len(groups))
    for column in leaves.values():
        column.extend([None] * (len(groups) - len(column)))
    for inside, names in totals:
        sums = {name: _added_up(opened, by, leaves, inside=inside, name=name, groups=groups) for name in names}
        known = {name: column for name, column in sums.items() if column is not None}
        leaves |= {(inside, name): column for name, column in known.items()}
        wanted = [name for name in names if name not in known]
        if not wanted:
            continue
        worth = _totals_of(opened, wanted, by, conditions, inside=inside, groups=list(groups))
        leaves |= {(inside, name): values for name, values in worth.items()}
    return Found(opened, by, list(groups), leaves)


def _here(
    opened: Opened,
    asked: Mapping[rules.Conditions, Sequence[str]],
    by: Sequence[str],
    conditions: rules.Conditions,
) -> Iterator[framed.Group]:
    """The groups that a question has where it is asked, of measures that are all looked at from elsewhere."""
    plain: dict[rules.Conditions, dict[str, None]] = {}
    for inside, wanted in asked.items():
        bare: rules.Conditions = tuple(one for one in inside if not isinstance(one, Frame))
        plain.setdefault(bare, {}).update(dict.fromkeys(wanted))
    for bare, names in plain.items():
        for _name, there, _values in _figures_of(opened, list(names), by, (*conditions, *bare)):
            yield from there


def _figures_of(
    opened: Opened, wanted: Sequence[str], by: Sequence[str], conditions: rules.Conditions
) -> Iterator[tuple[str, list[framed.Group], list[Any]]]:
    """What the facts give: measure, groups, figures. Where the conditions hold a frame, looked at from there."""
    here = [one for one in conditions if not isinstance(one, Frame)]
    if len(here) < len(conditions):

        def ask(by: Sequence[str], conditions: rules.Conditions, wanted: Sequence[str]) -> framed.Cells:
            return {name: dict(zip(there, values, strict=True))
                    for name, there, values in _figures_of(opened, wanted, by, conditions)}  # fmt: skip

        spans: dict[tuple[date, date] | None, list[str]] = {}
        for name in wanted:
            spans.setdefault(opened.span(opened.model.measures[name].family), []).append(name)
        for span, alike in spans.items():
            cells = framed.answered(ask, opened.model, by, conditions, wanted=alike, span=span) if span else {}
            yield from ((name, list(values), list(values.values())) for name, values in cells.items())
        return
    for table in opened.families(wanted, question_of(opened.model, by, here)):
        part = opened.engine.arrow(table.limit(MOST_GROUPS + 1))
        if part.num_rows > MOST_GROUPS:
            raise TooMuch("The question has more than {most} groups. Ask for fewer dimensions or add a condition.",
                          most=MOST_GROUPS)  # fmt: skip
        keys = [part.column(f"d_{name}").to_pylist() for name in by]
        there: list[framed.Group] = list(zip(*keys, strict=True)) if keys else [()] * part.num_rows
        for name in (one for one in part.column_names if one in wanted):
            yield name, there, part.column(name).to_pylist()


def _added_up(
    opened: Opened,
    by: Sequence[str],
    leaves: Mapping[Leaf, list[Any]],
    *,
    inside: rules.Conditions,
    name: str,
    groups: Iterable[framed.Group],
) -> list[Any] | None:
    """A total for every group out of the figures of the groups, where they are known and add up exactly."""
    before, frame, behind = framed.off(inside)
    parts = leaves.get(((*before, *behind), name))
    model = opened.model
    overlap = any(model.dimensions[one].of in model.trees for one in by)
    if parts is None or overlap or not model.measures[name].additive or any(isinstance(one, Frame) for one in behind):
        return None
    if not all(value is None or isinstance(value, int | Decimal) for value in parts):
        return None
    places = [list(by).index(one) for one in framed.kept(frame.keep, by)]
    keys = [tuple(group[place] for place in places) for group in groups]
    sums: dict[framed.Group, Any] = {}
    for key, value in zip(keys, parts, strict=True):
        if value is not None:
            sums[key] = sums.get(key, 0) + value
    return [sums.get(key) for key in keys]


def _totals_of(
    opened: Opened,
    wanted: Sequence[str],
    by: Sequence[str],
    conditions: rules.Conditions,
    *,
    inside: rules.Conditions,
    groups: Sequence[framed.Group],
) -> dict[str, list[Any]]:
    """Figures over all groups, or over those that are alike in some dimensions, for every group."""
    before, frame, behind = framed.off(inside)
    kept = framed.kept(frame.keep, by)
    places = [list(by).index(name) for name in kept]
    totals = {}
    for name, there, values in _figures_of(opened, wanted, kept, (*conditions, *before, *behind)):
        worth = dict(zip(there, values, strict=True))
        totals[name] = [worth.get(tuple(group[place] for place in places)) for group in groups]
    return totals


def _ranks(values: Sequence[Any]) -> list[int]:
    """The place of each value among all different ones in natural order: worked out once a value, not once a row."""
    rank = {value: number for number, value in enumerate(sorted(set(values), key=_natural))}
    return [rank[value] for value in values]


def _number(value: Any, unit: rules.Unit, digits: int) -> int | float | None:
    """A figure as a plain number: amounts in minor units (digits: to be scaled by), whole ones as whole numbers."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    if unit not in (rules.Unit.MONEY, rules.Unit.COUNT):
        return float(value)
    if unit == rules.Unit.MONEY and digits:
        value = value.scaleb(digits) if isinstance(value, Decimal) else value * 10**digits
    if type(value) is int:
        return value
    return int(value) if value == int(value) else float(value)


def _natural(value: Any) -> tuple[Any, ...]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float | Decimal):
        return (0, value, "")
    text = str(value)
    return (0, int(text), text) if text.isascii() and text.isdigit() else (1, 0, text)


def _member(name: str, value: Any, model: rules.Model) -> Any:
    if value is None:
        return None
    if model.dimensions[name].is_period:
        return rules.period_text(name, value)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if isinstance(value, date) else value
