"""Branches and sales reps compared fairly: by funnel plots, with the small ones apart.

A figure of few customers swings by chance alone. So each unit is held against limits that widen as customers get fewer
(95 % and 99.8 %), and a league table is not made. Source: D. J. Spiegelhalter, "Funnel plots for comparing
institutional performance", Statistics in Medicine 24 (2005) 1185-1202; where the units differ by more than chance all
over, the limits are widened by the over-dispersion of winsorised z scores (ibid., section 3.2, eq. (1)-(2)).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dangol.insight.analysis.rules.findings import N_, Finding, label, say

WARN, ALARM = 1.959964, 3.090232  # two-sided 95 % and 99.8 %
FEWEST_UNITS = 3  # below it, "the others" are too few to compare with
FEWEST_FOR_SPREAD = 10
WINSOR = 0.1
ABOVE, BELOW, WITHIN, SMALL = "above", "below", "within", "small"
FAR_ABOVE, FAR_BELOW = "far_above", "far_below"
VERDICTS: Mapping[str, str] = {
    FAR_ABOVE: N_("clearly above"),
    ABOVE: N_("above"),
    WITHIN: N_("within chance"),
    BELOW: N_("below"),
    FAR_BELOW: N_("clearly below"),
    SMALL: N_("not enough data"),
}
RETENTION, SPEND, FREQUENCY = "retention", "spend", "frequency"
MEASURES: Mapping[str, str] = {
    RETENTION: N_("Retention rate"),
    SPEND: N_("Sales per customer"),
    FREQUENCY: N_("Orders per customer"),
}


@dataclass(frozen=True)
class Unit:
    """A branch or rep. n: customers behind the figure; total, squares: sum and sum of squares of their values."""

    group: Any
    n: int
    total: float
    squares: float

    @property
    def value(self) -> float | None:
        """The mean a customer."""
        return self.total / self.n if self.n else None


@dataclass(frozen=True)
class Limits:
    """How far a mean of n customers may lie from the whole by chance. spread: of one customer's value.

    is_share: whether it is a share of customers: its limits are taken on the arcsine scale (ibid., section 3.4), so
    that they stay between 0 and 1.
    """

    mean: float
    spread: float
    dispersion: float = 1.0
    is_share: bool = False

    def band(self, n: int, z: float) -> tuple[float, float]:
        """The limits for n customers."""
        if self.is_share:
            middle, reach = math.asin(math.sqrt(self.mean)), z * math.sqrt(self.dispersion / n) / 2
            low, high = max(middle - reach, 0.0), min(middle + reach, math.pi / 2)
            return math.sin(low) ** 2, math.sin(high) ** 2
        reach = z * self.spread * math.sqrt(self.dispersion / n)
        return self.mean - reach, self.mean + reach


def limits(units: Sequence[Unit], least: int, *, is_share: bool = False) -> Limits | None:
    """The limits from all units that are large enough; None where they are fewer than FEWEST_UNITS."""
    fit = [unit for unit in units if unit.n >= least]
    n = sum(unit.n for unit in fit)
    if len(fit) < FEWEST_UNITS or n < 2:
        return None
    mean = sum(unit.total for unit in fit) / n
    variance = max(sum(unit.squares for unit in fit) / n - mean * mean, 0.0)
    plain = Limits(mean, math.sqrt(variance), is_share=is_share)
    return replace(plain, dispersion=_dispersion(fit, plain))


def _dispersion(units: Sequence[Unit], plain: Limits) -> float:
    """How much more than by chance the units differ all over; 1 where they do not or are few."""
    if len(units) < FEWEST_FOR_SPREAD or not plain.spread:
        return 1.0
    scores = sorted((unit.total / unit.n - plain.mean) * math.sqrt(unit.n) / plain.spread for unit in units)
    cut = int(len(scores) * WINSOR)
    low, high = scores[cut], scores[len(scores) - 1 - cut]
    found = sum(min(max(score, low), high) ** 2 for score in scores) / len(scores)
    return max(1.0, found) if found > 1 + 2 * math.sqrt(2 / len(scores)) else 1.0


def verdict(unit: Unit, found: Limits | None, least: int) -> str:
    """How a unit stands."""
    if found is None or unit.n < least or unit.value is None:
        return SMALL
    low, high = found.band(unit.n, WARN)
    lowest, highest = found.band(unit.n, ALARM)
    value = unit.value
    if value > high:
        return FAR_ABOVE if value > highest else ABOVE
    if value < low:
        return FAR_BELOW if value < lowest else BELOW
    return WITHIN


ALIKE = N_("The {n} groups compared differ by no more than chance explains.")
BEST = N_("{group} is clearly above the others: {value} against {mean} overall.")
WORST = N_("{group} is clearly below the others: {value} against {mean} overall.")
NEAR = N_("No group stands clearly apart. {n} of {all} lie outside the 95% limits, which chance alone can bring about.")
FEW = N_("Fewer than {least} groups are large enough to be compared.")
APART = N_("{n} groups with fewer than {least} customers are shown apart.")


def findings(units: Sequence[Unit], found: Limits | None, least: int, kind: str) -> list[Finding]:
    """Who stands apart. kind: of the figure, as cells are."""
    small = sum(unit.n < least for unit in units)
    told: list[Finding] = []
    if found is None:
        told.append(Finding(say(FEW, least=("count", FEWEST_UNITS))))
    else:
        told += _apart(units, found, least, kind)
    if small:
        told.append(Finding(say(APART, n=("count", small), least=("count", least))))
    return told


def _apart(units: Sequence[Unit], found: Limits, least: int, kind: str) -> list[Finding]:
    stands = {unit.group: verdict(unit, found, least) for unit in units}
    told = []
    for template, which, tone, pick in ((BEST, FAR_ABOVE, "good", max), (WORST, FAR_BELOW, "bad", min)):
        here = [unit for unit in units if stands[unit.group] == which]
        if here:
            one = pick(here, key=lambda unit: unit.value or 0)
            values = {"group": label(one.group), "value": (kind, one.value), "mean": (kind, found.mean)}
            told.append(
                Finding(
                    say(template, **values),
                    tone,
                    *(("prevent", ("LHH", "LHL")) if tone == "bad" else ("keep", ("HHH",))),
                )
            )
    counted = sum(stand != SMALL for stand in stands.values())
    outside = sum(stand in (ABOVE, BELOW) for stand in stands.values())
    if not told:
        told = (
            [Finding(say(NEAR, n=("count", outside), all=("count", counted)))]
            if outside
            else [Finding(say(ALIKE, n=("count", counted)))]
        )
    return told
