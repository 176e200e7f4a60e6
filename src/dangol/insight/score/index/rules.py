"""What a customer index is made of. Every part becomes 0..100, the index is their weighted mean, grades cut it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.score.groups.rules.features import LIFETIME, LONGEST_WINDOW_DAYS, OWN, feature


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


RFM = "rfm_score"
GROUP = "group"  # group:<id of a grouping>: points by its groups
MOST_PARTS, MOST_GRADES = 6, 9
BINS = 20
TOP = 100.0
SCALES = {"percentile": N_("percentile among customers"), "range": N_("between lowest and highest")}
SOURCES = (RFM, *OWN, *LIFETIME)  # besides members of families and groupings


@dataclass(frozen=True)
class Part:
    """One part of an index. source: a feature, rfm_score, or group:<id>.

    scale: percentile (rank among the customers of the day) or range (from low to high, fixed when published: 1 % and
    99 % of that day's customers). reverse: less is better. points: of a grouping, group number -> 0..100.
    """

    source: str
    weight: float = 1.0
    scale: str = "percentile"
    reverse: bool = False
    low: float | None = None
    high: float | None = None
    points: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if self.source != RFM and not self.is_group:
            feature(self.source)
        if not math.isfinite(self.weight) or not 0 < self.weight <= 1000:
            raise BadInput("A weight must be above 0 and at most 1,000.", field="weight")
        if self.scale not in SCALES:
            raise BadInput("There is no scale {scale}. Known are: {known}.", field="scale", scale=self.scale[:40],
                           known=", ".join(SCALES))  # fmt: skip
        if self.is_group and (not self.points or any(not 0 <= value <= TOP for _code, value in self.points)):
            raise BadInput("Give each group points from 0 to 100, like 1=100, 2=50.", field="points")

    @property
    def is_group(self) -> bool:
        """Whether the part gives points to groups."""
        family, _sign, number = self.source.partition(":")
        return family == GROUP and number.isdecimal() and len(number) < 10

    @property
    def grouping_id(self) -> int:
        """The grouping of a part that gives points to groups."""
        return int(self.source.partition(":")[2])


@dataclass(frozen=True)
class Grade:
    """A grade and the index it begins at."""

    name: str
    least: float


USUAL_GRADES = (Grade("A", 80), Grade("B", 60), Grade("C", 40), Grade("D", 20), Grade("E", 0))


@dataclass(frozen=True)
class Definition:
    """What an index says (purpose, a sentence of its maker), of what it is made, and its grades from best to worst.

    window_days: of the features that count purchases; None for all history.
    """

    purpose: str
    parts: tuple[Part, ...]
    grades: tuple[Grade, ...] = USUAL_GRADES
    window_days: int | None = 365

    def __post_init__(self) -> None:
        if len(self.purpose) > 300:
            raise BadInput("This may have at most {most} characters.", field="purpose", most=300)
        if not 1 <= len(self.parts) <= MOST_PARTS:
            raise BadInput("An index has from 1 to {most} parts.", field="parts", most=MOST_PARTS)
        if len({one.source for one in self.parts}) < len(self.parts):
            raise BadInput("Use each part once.", field="parts")
        if self.window_days is not None and not 1 <= self.window_days <= LONGEST_WINDOW_DAYS:
            raise BadInput("The window must be from 1 to {most} days, or empty for all history.", field="window_days",
                           most=LONGEST_WINDOW_DAYS)  # fmt: skip
        _check_grades(self.grades)

    @property
    def features(self) -> list[str]:
        """The features among the parts."""
        return [one.source for one in self.parts if one.source != RFM and not one.is_group]

    @property
    def shares(self) -> list[float]:
        """What each part counts, 0..1."""
        whole = sum(one.weight for one in self.parts)
        return [one.weight / whole for one in self.parts]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing; `from_dict` turns them back."""
        return asdict(self)


def _check_grades(grades: Sequence[Grade]) -> None:
    least = [one.least for one in grades]
    if not 2 <= len(grades) <= MOST_GRADES or least[-1] != 0:
        raise BadInput("Give from 2 to {most} grades; the last one begins at 0.", field="grades", most=MOST_GRADES)
    if sorted(set(least), reverse=True) != least or least[0] > TOP:
        raise BadInput("Grades must fall from at most 100 to 0.", field="grades")
    if any(not one.name or len(one.name) > 20 for one in grades) or len({one.name for one in grades}) < len(grades):
        raise BadInput("Every grade needs its own name of at most 20 characters.", field="grades")


def from_dict(given: Mapping[str, Any]) -> Definition:
    """A definition from plain values."""
    parts = tuple(Part(**{**one, "points": tuple((int(code), float(value)) for code, value in one["points"])})
                  for one in given["parts"])  # fmt: skip
    return Definition(given["purpose"], parts, tuple(Grade(**one) for one in given["grades"]), given["window_days"])


def pairs(text: str, *, field: str) -> list[tuple[str, float]]:
    """Names and numbers as people write them: "A=80, B=60". Raises BadInput."""
    found = []
    for piece in filter(None, (one.strip() for one in text.replace(";", ",").split(","))):
        name, sign, number = piece.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            sign = ""
        if not sign or not math.isfinite(value):
            raise BadInput("Write it like A=80, B=60.", field=field)
        found.append((name.strip(), value))
    return found


def points(text: str) -> tuple[tuple[int, float], ...]:
    """Points by group number: "1=100, 2=50". Raises BadInput."""
    found = pairs(text, field="points")
    if any(not name.isdecimal() or len(name) > 5 for name, _value in found):
        raise BadInput("Give each group points from 0 to 100, like 1=100, 2=50.", field="points")
    return tuple((int(name), value) for name, value in found)


def grades(text: str) -> tuple[Grade, ...]:
    """Grades from best to worst: "A=80, B=60, C=0". Raises BadInput."""
    return tuple(Grade(name, value) for name, value in pairs(text, field="grades"))


@dataclass(frozen=True)
class Spread:
    """How an index is spread: customers, their mean, customers in each of BINS equal steps, and in each grade."""

    customers: int
    mean: float | None
    bins: tuple[int, ...]
    grades: tuple[tuple[str, int], ...]
