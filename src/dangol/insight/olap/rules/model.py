"""What a star can be asked: measures, dimensions and hierarchies, declared once and used by every door."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import (
    And,
    Compare,
    Condition,
    Has,
    In,
    IsNull,
    Not,
    Or,
    Over,
    Recent,
    Under,
    names,
)
from dangol.insight.olap.rules.formulas import (
    Among,
    Formula,
    Number,
    computed,
    formula_names,
    formula_parts,
    groupwise,
)
from dangol.insight.olap.rules.frames import Frame
from dangol.insight.olap.rules.items import Dimension, Hierarchy, Measure, Unit
from dangol.insight.olap.rules.naming import Words, renamed, rewritten
from dangol.insight.olap.rules.periods import PERIODS
from dangol.insight.olap.rules.recent import dated, recent
from dangol.insight.olap.rules.units import unit_of
from dangol.insight.olap.rules.writing import parse_formula

MOST_DIMENSIONS = 6
MOST_ROWS = 100_000
USUAL_ROWS = 10_000
MOST_NESTED = 8  # measures within measures
MOST_NAMED = 12  # names in an error
IS_FORMULA = re.compile(r"[-+*/(]")
MOST_FRAMES = 4  # functions of time within each other


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


Conditions = tuple[Condition | Frame, ...]  # what comes behind a frame holds there, what comes before it holds here
Leaf = Callable[[Conditions, str], Number | None]
Others = Callable[[Among, Conditions], Number | None]


@dataclass(frozen=True)
class Model:
    """A star as it can be asked.

    splits: family of measures -> of which dimensions it can be split. Measures that compare with the period before
    (`comparing`) need exactly one period and have no total. end: the last day of the data, from which "last month" is
    counted. words: what people may call measures and dimensions. ranked_by: the measure by which ranks of customers and
    the like are counted, where there are such.
    """

    name: str
    label: str
    measures: Mapping[str, Measure]
    dimensions: Mapping[str, Dimension]
    hierarchies: Sequence[Hierarchy]
    splits: Mapping[str, frozenset[str]]
    comparing: frozenset[str] = frozenset()
    trees: frozenset[str] = frozenset()  # tables whose members lie below one another
    ko: str = ""
    end: date | None = None
    words: Words = field(default_factory=Words)
    ranked_by: str = ""

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

    def measure(self, name: str) -> Measure:
        """Raises BadInput where there is none of this name."""
        if name in self.measures:
            return self.measures[name]
        if name in self.dimensions or self.words.name("dimension", name) in self.dimensions:
            raise BadInput("{name} is a dimension: split by it, and name a measure to be computed.", field="measures",
                           name=name)  # fmt: skip
        raise unknown("measure", name, list(self.measures), self.words)

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
                self._check_frames(name, frames, [*by, *used])
                inside = [
                    dimension for one in conditions if not isinstance(one, Frame) for dimension in sorted(names(one))
                ]
                for base in bases:
                    self._check_one(name, self.measures[base], by, [*by, *used, *inside])

    def _check_frames(self, name: str, frames: Sequence[Frame], used: Sequence[str]) -> None:
        for frame in frames:
            for dimension in frame.keep:
                self.dimension(dimension)
            if not frame.timed and frame is not frames[0]:
                raise BadInput("{measure}: put total on the outside, around the functions of time.", field="measures",
                               measure=name)  # fmt: skip
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

    def dimension(self, name: str) -> Dimension:
        """Raises BadInput where there is none of this name."""
        if name in self.dimensions:
            return self.dimensions[name]
        if name in self.measures or self.words.name("measure", name) in self.measures:
            raise BadInput("{name} is a measure: it can be computed, but not split or filtered by. To keep the rows "
                           "where it is large, ask with having.", field="by", name=name)  # fmt: skip
        one = next((one for one in self.hierarchies if one.name == name), None)
        if one is not None:
            raise BadInput("{name} is a hierarchy. Name one of its levels: {levels}; or ask for a member by under.",
                           field="by", name=name, levels=", ".join(one.levels))  # fmt: skip
        raise unknown("dimension", name, list(self.dimensions), self.words)

    def plain(  # noqa: PLR0911  one return a kind of condition
        self, condition: Condition | None
    ) -> Condition | None:
        """The condition with each member path (`stores under ('USA', 'CA')`) as conditions on dimensions.

        What is said from the end of the data becomes days, where the end is known.
        """
        match condition:
            case Recent(name):
                if not self.dimension(name).is_period:
                    raise BadInput("{dimension} is not a period, so it is not of a recent one.", field="where",
                                   dimension=name)  # fmt: skip
                return dated(condition, self.end) if self.end else condition
            case Compare(name, "=", str(text)) if self._timed(name) and (said := recent(text, name)):
                return self.plain(said)
            case In(name, (str(text),)) if self._timed(name) and (said := recent(text, name)):
                return self.plain(said)
            case Under(name, path):
                return self._path(name, path)
            case And(parts):
                return And(tuple(one for part in parts if (one := self.plain(part))))
            case Or(parts):
                return Or(tuple(one for part in parts if (one := self.plain(part))))
            case Not(inner):
                return Not(self.plain(inner) or inner)
            case Over(inner):
                return Over(self.plain(inner))
            case Has(name) if self._timed(name):
                raise BadInput("{dimension} is a period: ask for it by =, in, between, < or >, not by a part of its "
                               "text.", field="where", dimension=name)  # fmt: skip
            case _:
                return condition

    def _timed(self, name: str) -> bool:
        return name in self.dimensions and self.dimensions[name].is_period

    def until(self, end: date | None) -> "Model":
        """The model of data that end on this day."""
        if end is None:
            return self
        model = replace(self, end=end)
        lately = {name: replace(one, condition=model.plain(one.condition)) for name, one in self.measures.items()
                  if one.condition is not None}  # fmt: skip
        return replace(model, measures={**self.measures, **lately}) if lately else model

    def named(self, condition: Condition | None) -> Condition | None:
        """The condition with the dimensions called by their names."""
        hierarchies = {one.name for one in self.hierarchies}

        def name(text: str) -> str:
            if text in self.dimensions or text in hierarchies or text in self.measures:
                return text
            return next((found for kind in ("dimension", "hierarchy", "measure")
                         if (found := self.words.name(kind, text)) != text), text)  # fmt: skip

        return renamed(condition, name)

    def formula(self, text: str, field: str = "formula") -> Formula:
        """The formula a text says, measures and dimensions called by their names. Raises BadInput."""

        def name(kind: str, known: Collection[str]) -> Callable[[str], str]:
            return lambda said: said if said in known else self.words.name(kind, said)

        found = parse_formula(text, field)
        if not formula_names(found):
            raise BadInput("Name at least one measure in the formula.", field=field)
        return rewritten(found, name("measure", self.measures), name("dimension", self.dimensions))

    def _path(self, name: str, path: Sequence[Any]) -> Condition:
        """A member of a hierarchy by its ancestors; in a ragged one the levels it lacks may be left out."""
        if name in self.dimensions and self.dimensions[name].of in self.trees:
            return Compare(name, "=", path[-1])
        hierarchy = next((one for one in self.hierarchies if one.name == name), None)
        if hierarchy is None:
            raise unknown("hierarchy", name, [one.name for one in self.hierarchies], self.words)
        if len(path) > len(hierarchy.levels):
            raise BadInput("{hierarchy} has {most} levels; the path names more.", field="where", hierarchy=name,
                           most=len(hierarchy.levels))  # fmt: skip
        chosen = (
            combinations(range(len(hierarchy.levels)), len(path)) if hierarchy.ragged else [tuple(range(len(path)))]
        )
        ways = [self._way(hierarchy, places, path) for places in chosen if places[0] == 0]
        return ways[0] if len(ways) == 1 else Or(tuple(ways))

    @staticmethod
    def _way(hierarchy: Hierarchy, places: Sequence[int], path: Sequence[Any]) -> Condition:
        named = dict(zip(places, path, strict=True))
        parts: list[Condition] = [
            Compare(level, "=", named[place]) if place in named else IsNull(level)
            for place, level in enumerate(hierarchy.levels[: places[-1] + 1])
        ]
        return parts[0] if len(parts) == 1 else And(tuple(parts))

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


def is_formula(text: str) -> bool:
    """Whether a text is a formula rather than a name."""
    return bool(IS_FORMULA.search(text))


def unknown(kind: str, name: str, known: Sequence[str], words: Words | None = None) -> BadInput:
    """The error for a name that does not exist, with the names it may have meant."""
    known = [one for one in known if not IS_FORMULA.search(one)]
    alike = [*get_close_matches(name, known, n=3, cutoff=0.5), *(words.near(kind, name) if words else ())]
    near = list(dict.fromkeys(alike)) or known
    near = [*near[:MOST_NAMED], "…"] if len(near) > MOST_NAMED else near
    template = {
        "measure": N_("There is no measure {name}. Did you mean: {near}?"),
        "dimension": N_("There is no dimension {name}. Did you mean: {near}?"),
        "hierarchy": N_("There is no hierarchy {name}. Did you mean: {near}?"),
    }[kind]
    if not alike:
        template = {
            "measure": N_("There is no measure {name}. There are: {near}."),
            "dimension": N_("There is no dimension {name}. There are: {near}."),
            "hierarchy": N_("There is no hierarchy {name}. There are: {near}."),
        }[kind]
    return BadInput(template, field="where" if kind == "hierarchy" else kind, name=name[:60], near=", ".join(near))
