"""What moved in the last seven days: weeks that end on the last day of data, held against the weeks before.

Every such week has each weekday once, so weekdays need no adjusting. A week is unusual whose modified z score is above
3.5: 0.6745 (x - median) / MAD over the twelve weeks before. Source: B. Iglewicz and D. C. Hoaglin, "How to detect and
handle outliers", ASQC (1993), eq. (3.9)-(3.10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from dangol.insight.analysis.rules.findings import N_, Sentence, label, say

WEEKS = 27  # shown as a line
BEFORE = 12  # what the last week is held against
FEWEST_BEFORE = 8
FEWEST_ORDERS = 50  # a week
UNUSUAL = 3.5
TELLING = 0.05
MEASURES: Mapping[str, tuple[str, str]] = {
    "amount": (N_("Sales"), "money"),
    "orders": (N_("Orders"), "count"),
    "buyers": (N_("Buying customers"), "count"),
}


@dataclass(frozen=True)
class Move:
    """An unusual week of a measure: now, what was usual, and how unusual."""

    measure: str
    now: float
    usual: float
    z: float

    @property
    def change(self) -> float:
        """By how much it differs from what was usual."""
        return self.now - self.usual


def move(measure: str, weeks: Sequence[float]) -> Move | None:
    """The move of the last week, None where it is nothing unusual or there is not enough to say so.

    weeks: newest first.
    """
    if len(weeks) <= FEWEST_BEFORE:
        return None
    now, before = weeks[0], list(weeks[1 : BEFORE + 1])
    usual = median(before)
    deviation = median(abs(week - usual) for week in before)
    if usual <= 0 or not deviation:
        return None
    z = 0.6745 * (now - usual) / deviation
    return Move(measure, now, usual, z) if abs(z) > UNUSUAL and abs(now - usual) >= TELLING * usual else None


def moves(weeks: Mapping[str, Sequence[float]]) -> list[Move]:
    """The moves of all measures, sales first; none where a usual week has too few orders."""
    orders = weeks["orders"][1 : BEFORE + 1]
    if not orders or median(orders) < FEWEST_ORDERS:
        return []
    return [found for name in MEASURES if (found := move(name, weeks[name])) is not None]


@dataclass(frozen=True)
class Part:
    """A group's share in a move. change: now less the mean of the weeks before."""

    dimension: str
    group: Any
    change: float


def part(change: float, groups: Mapping[str, Mapping[Any, tuple[float, float]]]) -> Part | None:
    """The group that most of a change lies in, over all dimensions.

    groups: dimension -> group -> amount in the last week, mean of the weeks before. A dimension in which one group is
    nearly everything says nothing.
    """
    best: Part | None = None
    for dimension, found in groups.items():
        whole = sum(mean for _now, mean in found.values())
        for group, (now, mean) in found.items():
            one = Part(dimension, group, now - mean)
            tells = whole > 0 and mean < 0.9 * whole and one.change * change > 0
            if tells and (best is None or abs(one.change) > abs(best.change)):
                best = one
    return best


UP = N_("{measure} of the last 7 days: {now}, {change} above the usual {usual}.")
DOWN = N_("{measure} of the last 7 days: {now}, {change} below the usual {usual}.")
OF_IT = N_("Most of it lies in {group} ({dimension}): {amount}.")


def sentences(found: Move, where: Part | None, names: Mapping[str, str]) -> list[Sentence]:
    """What to say of a move, and of the part it lies in. names: dimension -> label."""
    title, kind = MEASURES[found.measure]
    values = {
        "measure": ("said", title),
        "now": (kind, found.now),
        "usual": (kind, found.usual),
        "change": ("share", abs(found.change) / found.usual),
    }
    told = [Sentence(UP if found.change > 0 else DOWN, values)]
    if where is not None:
        told.append(
            say(
                OF_IT,
                group=label(where.group),
                dimension=("said", names[where.dimension]),
                amount=("signed", where.change),
            )
        )
    return told
