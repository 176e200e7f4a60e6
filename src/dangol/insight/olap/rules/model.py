"""What a star can be asked: measures, dimensions and hierarchies, declared once and used by every door."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import Condition, names
from dangol.insight.olap.rules.declared import IS_FORMULA, Declared
from dangol.insight.olap.rules.formulas import Among, Formula, Number, computed, formula_parts, groupwise
from dangol.insight.olap.rules.frames import Frame
from dangol.insight.olap.rules.items import Measure, Unit
from dangol.insight.olap.rules.periods import PERIODS
from dangol.insight.olap.rules.units import unit_of

MOST_DIMENSIONS = 6
MOST_ROWS = 100_000
USUAL_ROWS = 10_000
MOST_NESTED = 8  # measures within measures
MOST_FRAMES = 4  # functions of time within each other

Conditions = tuple[Condition | Frame, ...]  # what comes behind a frame holds there, what comes before it holds here
Leaf = Callable[[Conditions, str], Number | None]
Others = Callable[[Among, Conditions], Number | None]


@dataclass(frozen=True)
class Model(Declared):
    """A star as it can be asked: which facts its measures need, what can be split by what, and what formulas give."""

    def leaves(self, wanted: Iterable[str], under: Conditions = (), depth: int = 0) -> dict[Conditions, list[str]]:
        """The measures that facts must give for those wanted: conditions -> names. Raises BadInput."""
        found: dict[Conditions, list[str]] = {}
        for name in wanted:
            measure = self.measure(name)
            inside = self.under(measure, under)
            parts = {inside: [name]} if measure.formula is None else self._parts(measure, inside, depth)
            for conditions, leaves in parts.items():
                known = found.setdefault(conditions, [])
                known += [leaf for leaf in leaves if leaf not in known]
        return found

    def _parts(self, measure: Measure, under: Conditions, depth: int) -> dict[Conditions, list[str]]:
        if depth >= MOST_NESTED:
            raise BadInput("The measure {name} is made of itself or nested too deep.", field="measures",
                           name=measure.name)  # fmt: skip
        found: dict[Conditions, list[str]] = {}
        for frames, name in formula_parts(measure.formula) if measure.formula else ():
            for conditions, leaves in self.leaves([name], (*under, *frames), depth + 1).items():
                found.setdefault(conditions, []).extend(leaves)
        return found

    def under(self, measure: Measure, conditions: Conditions) -> Conditions:
        """The conditions a measure stands under, its own added."""
        return conditions if measure.condition is None else (*conditions, measure.condition)

    def figure(self, name: str, leaf: Leaf, others: Others, under: Conditions = ()) -> Any:
        """The number of a measure in one group. leaf: what the facts gave; others: what looks at the other groups."""
        measure = self.measures[name]
        inside = self.under(measure, under)
        if measure.formula is not None:
            return self.reckoned(measure.formula, leaf, others, inside)
        value = leaf(inside, name)
        here = not any(isinstance(one, Frame) for one in inside)  # elsewhere there may be no data at all
        return 0 if value is None and measure.zero and here else value

    def reckoned(self, formula: Formula, leaf: Leaf, others: Others, inside: Conditions) -> Any:
        """The number of a formula over measures under conditions, in one group."""
        return computed(
            formula,
            lambda part, frames: self.figure(part, leaf, others, (*inside, *frames)),
            lambda node, frames: others(node, (*inside, *frames)),
        )

    def needs(self, name: str, depth: int = 0) -> frozenset[str]:
        """The dimensions without which a measure has no meaning: those whose members it keeps apart."""
        formula = self.measures[name].formula if depth < MOST_NESTED else None
        parts = formula_parts(formula) if formula else []
        found = {kept for frames, _name in parts for frame in frames for kept in frame.keep}
        found |= {kept for node in (groupwise(formula) if formula else ()) for kept in node.keep}
        return frozenset(found.union(*(self.needs(part, depth + 1) for _frames, part in parts)))

    def compares_groups(self, name: str, depth: int = 0) -> bool:
        """Whether a measure looks at the other groups of an answer, so that it has no figure of the whole."""
        formula = self.measures[name].formula if depth < MOST_NESTED else None
        if formula is None:
            return False
        return bool(groupwise(formula)) or any(
            self.compares_groups(part, depth + 1) for _frames, part in formula_parts(formula)
        )

    def compares(self, name: str) -> bool:
        """Whether a measure, or one it is made of, looks at another period and so needs one to start from."""
        return any(
            self.measures[leaf].family in self.comparing or any(isinstance(one, Frame) and one.timed for one in inside)
            for inside, leaves in self.leaves([name]).items()
            for leaf in leaves
        )

    def check(self, measures: Sequence[str], by: Sequence[str], used: Sequence[str] = ()) -> None:
        """Raises BadInput unless the measures can be split by the dimensions and filtered by those `used`."""
        if not measures:
            raise BadInput("Name at least one measure. `dangol query --list` shows them all.", field="measures")
        leaves = {name: self.leaves([name]) for name in measures}
        for name in (*by, *used):
            self.dimension(name)
        if len(by) > MOST_DIMENSIONS or len(set(by)) != len(by):
            raise BadInput("Use at most {most} different dimensions.", field="by", most=MOST_DIMENSIONS)
        for name, parts in leaves.items():
            for conditions, bases in parts.items():
                frames = [one for one in conditions if isinstance(one, Frame)]
                self._check_frames(name, frames, by, used)
                inside = [
                    dimension for one in conditions if not isinstance(one, Frame) for dimension in sorted(names(one))
                ]
                for base in bases:
                    self._check_one(name, self.measures[base], by, [*by, *used, *inside])

    def _check_frames(self, name: str, frames: Sequence[Frame], by: Sequence[str], used: Sequence[str]) -> None:
        for frame in frames:
            for dimension in frame.keep:
                self.dimension(dimension)
            if not frame.timed and frame is not frames[0]:
                raise BadInput("{measure}: put total on the outside, around the functions of time.", field="measures",
                               measure=name)  # fmt: skip
        periods = [one for one in by if one in PERIODS]
        if len(frames) > 1 and not frames[0].timed and periods and not {*frames[0].keep, *used} & set(PERIODS):
            raise BadInput("{measure}: a total is taken over all periods, so there is none to look back from. Keep the "
                           "period apart, as in total(…, {period}), or name it in the condition.", field="measures",
                           measure=name, period=periods[0])  # fmt: skip
        if len(frames) > MOST_FRAMES:
            raise BadInput("{measure} has more than {most} functions inside each other.", field="measures",
                           measure=name, most=MOST_FRAMES)  # fmt: skip

    def _check_one(self, name: str, base: Measure, by: Sequence[str], used: Sequence[str]) -> None:
        for dimension in used:
            if self.dimension(dimension).of not in self.splits[base.family]:
                raise BadInput(
                    "{measure} cannot be split or filtered by {dimension}. Leave one of them out.",
                    field="by",
                    measure=name,
                    dimension=dimension,
                )
        if base.family in self.comparing and sum(self.dimensions[one].is_period for one in by) != 1:
            raise BadInput(
                "{measure} compares with the period before: name exactly one of {periods}.",
                field="by",
                measure=name,
                periods=", ".join(PERIODS),
            )

    def until(self, end: date | None) -> "Model":
        """The model of data that end on this day."""
        if end is None:
            return self
        model = replace(self, end=end)
        lately = {name: replace(one, condition=model.plain(one.condition)) for name, one in self.measures.items()
                  if one.condition is not None}  # fmt: skip
        return replace(model, measures={**self.measures, **lately}) if lately else model

    def with_measures(self, more: Iterable[Measure]) -> "Model":
        """The model with more measures; one whose name is taken is left out."""
        return replace(self, measures={**self.measures, **{one.name: one for one in more
                                                           if one.name not in self.measures}})  # fmt: skip

    def with_formulas(self, asked: Iterable[str]) -> "Model":
        """The model with the formulas among what is asked as measures called by their own text. Raises BadInput."""
        return self.with_measures(
            Measure(text, text, unit_of(formula, self._unit), text, "formula", formula=formula)
            for text in asked
            if text not in self.measures and IS_FORMULA.search(text)
            for formula in (self.formula(text, "measures"),)
        )

    def _unit(self, name: str) -> Unit:
        return self.measure(name).unit

    def with_definitions(self, said: Mapping[str, tuple[str, str]]) -> "Model":
        """The model with definitions of some measures in English and Korean."""
        told = {name: replace(self.measures[name], definition=english, ko_definition=korean)
                for name, (english, korean) in said.items()}  # fmt: skip
        return replace(self, measures={**self.measures, **told})
