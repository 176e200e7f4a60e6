"""Formulas over measures or columns as trees, and their numbers; `writing` reads them from a text.

What is missing counts as nothing in a sum or difference and makes a product or quotient missing; so does a division by
zero. A sum or difference with a figure of another period is missing where that period has none. Whole and decimal
numbers stay exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from dangol.insight.olap.rules.frames import FRAMES, Frame

RANK, CUMULATIVE = "rank", "cumulative"
FUNCTIONS = ("if_missing", *FRAMES, RANK, CUMULATIVE)

Number = int | float | Decimal


@dataclass(frozen=True)
class Constant:
    value: Decimal


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Negative:
    of: "Formula"


@dataclass(frozen=True)
class Operation:
    sign: str  # + - * /
    left: "Formula"
    right: "Formula"


@dataclass(frozen=True)
class Otherwise:
    """The first of two that is not missing."""

    first: "Formula"
    second: "Formula"


@dataclass(frozen=True)
class Framed:
    """A formula looked at from elsewhere: see `frames`."""

    frame: Frame
    of: "Formula"


@dataclass(frozen=True)
class Among:
    """A formula seen among the groups of an answer: its rank, or its sum from the largest down to this one.

    keep: dimensions whose members stay apart.
    """

    name: str
    of: "Formula"
    keep: tuple[str, ...] = ()


Formula = Constant | Name | Negative | Operation | Otherwise | Framed | Among
Value = Callable[[str, tuple[Frame, ...]], Number | None]
Others = Callable[[Among, tuple[Frame, ...]], Number | None]
Parts = list[tuple[tuple[Frame, ...], str]]


def formula_names(formula: Formula) -> list[str]:
    """The names a formula speaks of, each once, in order."""
    return list(dict.fromkeys(name for _frames, name in formula_parts(formula)))


def formula_parts(formula: Formula, frames: tuple[Frame, ...] = ()) -> Parts:
    """The names a formula speaks of, each with where it is looked at from, the outermost first; each once, in order."""
    match formula:
        case Name(name):
            return [(frames, name)]
        case Negative(inner) | Among(_, inner):
            return formula_parts(inner, frames)
        case Framed(frame, inner):
            return formula_parts(inner, (*frames, frame))
        case Operation(_, left, right) | Otherwise(left, right):
            return list(dict.fromkeys([*formula_parts(left, frames), *formula_parts(right, frames)]))
        case _:
            return []


def groupwise(formula: Formula) -> list[Among]:
    """The parts of a formula that look at the other groups of the answer."""
    match formula:
        case Among(_, inner):
            return [formula, *groupwise(inner)]
        case Negative(inner) | Framed(_, inner):
            return groupwise(inner)
        case Operation(_, left, right) | Otherwise(left, right):
            return [*groupwise(left), *groupwise(right)]
        case _:
            return []


def computed(  # noqa: PLR0911  one return a kind of formula
    formula: Formula, value: Value, others: Others, frames: tuple[Frame, ...] = ()
) -> Number | None:
    """The number of a formula. value: the number of a name looked at through frames, None for a missing one.

    others: the number of what looks at the other groups.
    """
    match formula:
        case Constant(number):
            return number
        case Name(name):
            return value(name, frames)
        case Negative(inner):
            number_of = computed(inner, value, others, frames)
            return None if number_of is None else -number_of
        case Operation(sign, left, right):
            sides = [computed(side, value, others, frames) for side in (left, right)]
            return _operated(sign, sides[0], sides[1], _elsewhere(left, right))
        case Otherwise(first, second):
            found = computed(first, value, others, frames)
            return computed(second, value, others, frames) if found is None else found
        case Framed(frame, inner):
            return computed(inner, value, others, (*frames, frame))
        case Among():
            return others(formula, frames)


def among(name: str, values: Sequence[Number | None], apart: Sequence[object]) -> list[Number | None]:
    """The rank of each value, 1 for the largest, or the sum of all that are at least as large.

    apart: values are compared where this is alike. Equal values share the first of their ranks; a missing one has none.
    """
    parts: dict[object, list[int]] = {}
    for place, key in enumerate(apart):
        if values[place] is not None:
            parts.setdefault(key, []).append(place)
    found: list[Number | None] = [None] * len(values)
    for places in parts.values():
        places.sort(key=lambda place: values[place], reverse=True)  # type: ignore[arg-type, return-value]
        number, summed = 0, Decimal(0)
        for equal, run in groupby(places, key=lambda place: values[place]):
            alike = list(run)
            summed += sum(Decimal(equal) for _one in alike)
            for place in alike:
                found[place] = number + 1 if name == RANK else summed
            number += len(alike)
    return found


def _elsewhere(left: Formula, right: Formula) -> tuple[bool, bool]:
    """Whether each of two sides looks at other periods."""
    one, other = (
        any(frame.timed for frames, _name in formula_parts(side) for frame in frames) for side in (left, right)
    )
    return one, other


def _operated(sign: str, left: Number | None, right: Number | None, elsewhere: tuple[bool, bool]) -> Number | None:
    if left is None or right is None:
        # Where another period has no figure there is nothing to compare with: not "all of it is new".
        nothing = (left is None and elsewhere[0]) or (right is None and elsewhere[1])
        if sign in "*/" or left is right or nothing:
            return None
        left, right = left or 0, right or 0
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    one, other = (number if isinstance(number, float) else Decimal(number) for number in (left, right))
    if sign == "/":
        return one / other if other else None  # type: ignore[operator]
    return {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other}[sign]()  # type: ignore[operator]
