"""What an RFM scheme is and how its cut points come about.

Meaning of a cut point, on every axis: a customer's score is 1 + the number of cut points the customer meets.
R: met when the days since the last purchase are at most the cut point. F and M: met when the value is at least the
cut point. Cut points compare values, not places in a ranking, so equal customers always get equal scores.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from dangol.base.errors import BadInput


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


AxisCode = Literal["r", "f", "m"]
AXES: tuple[AxisCode, ...] = ("r", "f", "m")
FEWEST_GROUPS, MOST_GROUPS = 2, 9  # a group is one digit of a code like "543"
LONGEST_WINDOW_DAYS = 3660
TOP_SCORE = 100.0
LARGEST_CUT_POINT = 10**15

AXIS_NAMES = {"r": N_("Recency"), "f": N_("Frequency"), "m": N_("Monetary value")}


def middle_up(groups: int) -> int:
    """The lowest score above the middle of 1..groups: 3 of 3, 4 of 5, 5 of 7."""
    return (groups + 1) // 2 + 1


@dataclass(frozen=True)
class Axis:
    """One axis of a scheme.

    groups: number of scores, 1..groups. method: `quantile` (cut points from the customers' own values, so that the
    groups are about equally large) or `fixed` (cut points given). cut_points: groups - 1 ascending whole numbers: days
    for R, orders for F, minor units of money for M; empty until computed when the method is `quantile`.
    high_from: lowest score that counts as high; 0 takes the first above the middle. weight: share in the total score.
    """

    groups: int = 5
    method: str = "quantile"
    cut_points: tuple[int, ...] = ()
    high_from: int = 0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.groups, int) or not FEWEST_GROUPS <= self.groups <= MOST_GROUPS:
            raise BadInput("The number of groups must be from {least} to {most}.", field="groups",
                           least=FEWEST_GROUPS, most=MOST_GROUPS)  # fmt: skip
        if self.method not in ("quantile", "fixed"):
            raise BadInput("The method “{method}” is not known. Use quantile or fixed.", field="method",
                           method=self.method)  # fmt: skip
        if not self.high_from:
            object.__setattr__(self, "high_from", middle_up(self.groups))
        if not FEWEST_GROUPS <= self.high_from <= self.groups:
            raise BadInput("“High” must start at a score from 2 to {groups}.", field="high_from", groups=self.groups)
        if not math.isfinite(self.weight) or self.weight < 0:
            raise BadInput("A weight must be 0 or more.", field="weight")
        _check_cut_points(self)


def _check_cut_points(axis: Axis) -> None:
    points = axis.cut_points
    if axis.method == "quantile" and not points:
        return
    if len(points) != axis.groups - 1:
        raise BadInput("{groups} groups need {wanted} cut points, but {given} were given.", field="cut_points",
                       groups=axis.groups, wanted=axis.groups - 1, given=len(points))  # fmt: skip
    if any(abs(point) > LARGEST_CUT_POINT for point in points):
        raise BadInput("A cut point may be at most {most}.", field="cut_points", most=LARGEST_CUT_POINT)
    strict = axis.method == "fixed"
    if any(later < earlier or (strict and later == earlier) for earlier, later in pairwise(points)):
        raise BadInput("Cut points must grow from left to right: {points}.", field="cut_points",
                       points=", ".join(map(str, points)))  # fmt: skip


@dataclass(frozen=True)
class RfmScheme:
    """A named, versioned way to score customers by recency, frequency and monetary value.

    window_days: frequency and monetary value count the purchases of so many days up to the day of scoring; None counts
    all history. Recency always looks at all history. version: 0 until stored.
    """

    name: str = "RFM 555"
    r: Axis = Axis()
    f: Axis = Axis()
    m: Axis = Axis()
    window_days: int | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 60:
            raise BadInput("Give the scheme a name of at most 60 characters.", field="name")
        if self.window_days is not None and not 1 <= self.window_days <= LONGEST_WINDOW_DAYS:
            raise BadInput("The window must be from 1 to {most} days, or empty for all history.", field="window_days",
                           most=LONGEST_WINDOW_DAYS)  # fmt: skip
        if any(point < 0 for point in self.r.cut_points):
            raise BadInput("Cut points of recency are days: 0 or more.", field="cut_points")
        if not sum(axis.weight for axis in self.axes.values()):
            raise BadInput("At least one weight must be above 0.", field="weight")

    @property
    def axes(self) -> dict[AxisCode, Axis]:
        """The three axes by code."""
        return {"r": self.r, "f": self.f, "m": self.m}

    @property
    def is_ready(self) -> bool:
        """Whether every axis has its cut points."""
        return all(axis.cut_points for axis in self.axes.values())

    def with_axes(self, axes: Mapping[AxisCode, Axis]) -> "RfmScheme":
        """The same scheme with some of its axes replaced."""
        merged = {**self.axes, **axes}
        return replace(self, r=merged["r"], f=merged["f"], m=merged["m"])

    @property
    def high(self) -> dict[AxisCode, int]:
        """From which value on an axis is high: days at most for R, orders and minor units at least for F and M."""
        return {
            code: axis.cut_points[axis.groups - axis.high_from if code == "r" else axis.high_from - 2]
            for code, axis in self.axes.items()
            if axis.cut_points
        }

    def with_cut_points(self, cuts: Mapping[str, Sequence[int]]) -> "RfmScheme":
        """The same scheme with computed cut points on its quantile axes."""
        filled = {
            code: replace(axis, cut_points=tuple(int(cut) for cut in cuts[code]))
            for code, axis in self.axes.items()
            if axis.method == "quantile"
        }
        return replace(self, **filled)  # type: ignore[arg-type]

    def without_computed(self) -> "RfmScheme":
        """The same scheme with the cut points of its quantile axes forgotten, to be computed anew."""
        return replace(self, **{code: replace(axis, cut_points=()) for code, axis in self.axes.items()
                                if axis.method == "quantile"})  # type: ignore[arg-type]  # fmt: skip

    def for_a_part(self) -> "RfmScheme":
        """The same numbers of groups, weights and window with cut points to be computed: amounts and days that suit
        all customers do not suit those of one channel.
        """
        return self.with_axes({code: replace(axis, method="quantile", cut_points=())
                               for code, axis in self.axes.items()})  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing and for the API; `from_dict` turns them back."""
        return asdict(self)


def from_dict(given: Mapping[str, Any]) -> RfmScheme:
    """A scheme from plain values. Raises BadInput."""
    try:
        axes = {
            code: Axis(**{**given[code], "cut_points": tuple(int(cut) for cut in given[code].get("cut_points", ()))})
            for code in AXES
        }
        return RfmScheme(name=str(given["name"]), window_days=given.get("window_days"),
                         version=int(given.get("version", 0)), **axes)  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("This is not an RFM scheme: it needs a name and the axes r, f and m.", field="scheme") from None


def preset(code: str, *, window_days: int | None = None) -> RfmScheme:
    """The scheme of a three-digit code: \"555\" has five groups on each axis, \"333\" three, \"543\" mixed.

    Raises BadInput. The presets people know are in PRESETS.
    """
    if len(code) != len(AXES) or not code.isdigit():
        raise BadInput("“{code}” is not a scheme. Use three digits like 555: the number of groups of R, F and M.",
                       field="scheme", code=code)  # fmt: skip
    r, f, m = (Axis(groups=int(digit)) for digit in code)
    return RfmScheme(name=f"RFM {code}", r=r, f=f, m=m, window_days=window_days)


PRESETS = ("333", "555", "777")
# A year-long window would be full in the last month only of one year of data; a quarter compares ten of its months.
DEFAULT = preset("555", window_days=90)


def cut_points(text: str, *, field: str, minor: int = 1) -> tuple[int, ...]:
    """Cut points as people write them: "7, 30, 90", or of money "10.5, 20" with so many minor units to the whole.

    Raises BadInput, also where a part is finer than a minor unit or beyond what a cut point may be.
    """
    try:
        points = [Decimal(part.strip()) * minor for part in text.replace(";", ",").split(",") if part.strip()]
        if not all(abs(point) <= LARGEST_CUT_POINT and point == point.to_integral_value() for point in points):
            raise ValueError(text)
        return tuple(int(point) for point in points)
    except (ValueError, ArithmeticError):
        if minor > 1:
            raise BadInput("Write cut points as numbers with commas, like 10.50, 20, 100.", field=field) from None
        raise BadInput("Write cut points as whole numbers with commas, like 7, 30, 90.", field=field) from None


def quantiles(axis: Axis) -> list[float]:
    """The shares of customers below the cut points: 0.2, 0.4, 0.6, 0.8 for five groups."""
    return [place / axis.groups for place in range(1, axis.groups)]


def from_quantiles(code: str, values: Sequence[float]) -> tuple[int, ...]:
    """Cut points from the (interpolated) quantiles of an axis of whole numbers.

    F and M: the first whole number above the quantile, so that those who share the quantile's value stay below.
    R: the last whole number not above it, so that those who share it get the better score.
    """
    above = 0 if code == "r" else 1
    return tuple(math.floor(value + 1e-6) + above for value in values)  # 1e-6: engines interpolate a hair apart


def score_of(axis: Axis, code: str, value: int) -> int:
    """The score of one value: 1 + the number of cut points met."""
    return 1 + sum(value <= cut if code == "r" else value >= cut for cut in axis.cut_points)


def weighted_score(scheme: RfmScheme, scores: Mapping[str, int]) -> float:
    """0..100: the weighted mean of how far each axis' score lies between its lowest and highest."""
    total = sum(axis.weight for axis in scheme.axes.values())
    return sum(
        TOP_SCORE * axis.weight / total * (scores[code] - 1) / (axis.groups - 1) for code, axis in scheme.axes.items()
    )


def segment_of(scheme: RfmScheme, scores: Mapping[str, int]) -> str:
    """The segment's code: high (H) or low (L) on R, F and M, like \"HLH\"."""
    return "".join("H" if scores[code] >= axis.high_from else "L" for code, axis in scheme.axes.items())


def window_is_full_from(first_day: date, scheme: RfmScheme) -> date:
    """The first day on which the scheme's window lies wholly inside the data."""
    return first_day + timedelta(days=(scheme.window_days or 1) - 1)
