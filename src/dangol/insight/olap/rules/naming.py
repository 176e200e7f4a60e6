"""How people may call measures and dimensions: by name, by label in either language, by the words declared for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from dangol.insight.olap.rules.conditions import And, Condition, Not, Or, Over
from dangol.insight.olap.rules.formulas import Among, Formula, Framed, Name, Negative, Operation, Otherwise

APART = re.compile(r"[\s_·'\[\]]+")
Called = Callable[[str], str]


def key(text: str) -> str:
    """A name as it is compared: capitals, blanks and underscores make no difference; a hyphen may be a minus."""
    return APART.sub("", text.casefold())


@dataclass(frozen=True)
class Words:
    """What measures and dimensions are called: key of a word -> name; the first declared has a word."""

    measures: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    hierarchies: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, str]:
        """The words of a measure, dimension or hierarchy."""
        return {"measure": self.measures, "dimension": self.dimensions, "hierarchy": self.hierarchies}[kind]

    def name(self, kind: str, text: str) -> str:
        """The name that a word stands for, the word itself where there is none.

        A plural, 별 or 수 behind (월별, 고객수) and "total" or "number of" before mean the word without.
        """
        known, said = self.of(kind), key(text)
        shorter = [said.removesuffix(end) for end in ("별", "s", "수") if said.endswith(end)]
        shorter += [
            said.removeprefix(start) for start in ("total", "numberof", "sumof", "총") if said.startswith(start)
        ]
        return next((known[one] for one in (said, *shorter) if one in known), text)

    def near(self, kind: str, text: str) -> list[str]:
        """Names whose words resemble a text, the nearest first."""
        known, said = self.of(kind), key(text)
        alike = get_close_matches(said, known, n=4, cutoff=0.6)
        parts = [one for one in known if len(one) > 2 and one in said]
        return list(dict.fromkeys([*(known[one] for one in alike), *self.holding(kind, text),
                                   *(known[one] for one in parts)]))  # fmt: skip

    def holding(self, kind: str, text: str) -> list[str]:
        """Names that have a word with this text in it."""
        known, said = self.of(kind), key(text)
        return list(dict.fromkeys(known[one] for one in known if len(said) > 1 and said in one))


def renamed(condition: Condition | None, called: Called) -> Condition | None:
    """The condition with every name put right."""
    match condition:
        case None:
            return None
        case And(parts) | Or(parts):
            return replace(condition, parts=tuple(one for part in parts if (one := renamed(part, called))))
        case Not(inner):
            return Not(renamed(inner, called) or inner)
        case Over(inner):
            return Over(renamed(inner, called))
        case _:
            return replace(condition, name=called(condition.name))


def rewritten(  # noqa: PLR0911  one return a kind of formula
    formula: Formula, called: Called, kept: Called
) -> Formula:
    """The formula with every name put right. called: that of a measure; kept: that of a dimension."""

    def inside(one: Formula) -> Formula:
        return rewritten(one, called, kept)

    match formula:
        case Name(name):
            return Name(called(name))
        case Negative(inner):
            return Negative(inside(inner))
        case Operation(sign, left, right):
            return Operation(sign, inside(left), inside(right))
        case Otherwise(first, second):
            return Otherwise(inside(first), inside(second))
        case Framed(frame, inner):
            return Framed(replace(frame, keep=tuple(map(kept, frame.keep))), inside(inner))
        case Among(name, inner, keep):
            return Among(name, inside(inner), tuple(map(kept, keep)))
        case _:
            return formula
