"""What a star declares, by the names people use for it: lookups, conditions and formulas put in its own names."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
)
from dangol.insight.olap.rules.formulas import Formula, formula_names
from dangol.insight.olap.rules.items import Dimension, Hierarchy, Measure
from dangol.insight.olap.rules.naming import Words, renamed, rewritten
from dangol.insight.olap.rules.recent import dated, recent
from dangol.insight.olap.rules.writing import parse_formula

MOST_NAMED = 12  # names in an error
IS_FORMULA = re.compile(r"[-+*/(]")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Declared:
    """The measures, dimensions and hierarchies of a star.

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

    def measure(self, name: str) -> Measure:
        """Raises BadInput where there is none of this name."""
        if name in self.measures:
            return self.measures[name]
        if name in self.dimensions or self.words.name("dimension", name) in self.dimensions:
            raise BadInput("{name} is a dimension: split by it, and name a measure to be computed.", field="measures",
                           name=name)  # fmt: skip
        raise unknown("measure", name, list(self.measures), self.words)

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
