"""What moved in the last seven days: weeks that end on the last day of data, held against the weeks before.

Every such week has each weekday once, so weekdays need no adjusting. A week is unusual whose modified z score is above
3.5: 0.6745 (x - median) / MAD over the twelve weeks before. Source: B. Iglewicz and D. C. Hoaglin, "How to detect and
handle outliers", ASQC (1993), eq. (3.9)-(3.10).

With thirteen months of data the season is taken out first: each week before is moved to the season of the last one, by
how the three weeks around the same week stood to those around its own a year earlier. Christmas is then no surprise,
and a Christmas that stays out is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from dangol.insight.analysis.rules.findings import N_, Sentence, label, say

WEEKS = 27  # shown as a line
BEFORE = 12  # what the last week is held against
FEWEST_BEFORE = 8
YEAR, MONTH = 52, 3  # weeks; a season is judged by three around one: wider ones would wash Christmas out
FEWEST_SEASONED = 5  # of the weeks before, for which thirteen months of data reach back
FAR = YEAR + BEFORE + 1 + MONTH // 2  # weeks looked at
FEWEST_ORDERS = 50  # a week
UNUSUAL = 3.5
TELLING = 0.05
MOST, LITTLE = 0.5, 0.1  # of a change: what is called most of it, what no group is named for
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
    seasoned: bool = False  # whether the season of a year ago is in what was usual
    factor: float = 1.0  # what the weeks before were moved by, on the whole

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
    now, plain = weeks[0], list(weeks[1 : BEFORE + 1])
    moved = seasoned(weeks)
    before = plain if moved is None else moved
    usual = median(before)
    deviation = median(abs(week - usual) for week in before)
    if usual <= 0 or not deviation:
        return None
    z = 0.6745 * (now - usual) / deviation
    if abs(z) <= UNUSUAL or abs(now - usual) < TELLING * usual:
        return None
    level = median(plain)
    return Move(measure, now, usual, z, moved is not None, usual / level if level > 0 else 1.0)


def seasoned(weeks: Sequence[float]) -> list[float] | None:
    """The weeks before the last one moved to its season, as far as there are data of a year ago; None where too few.

    weeks: newest first.
    """
    last = _month(weeks, 0)
    months = [_month(weeks, place) for place in range(1, BEFORE + 1)]
    if not last:
        return None
    found = [week * last / own for week, own in zip(weeks[1 : BEFORE + 1], months, strict=False) if own]
    return found if len(found) >= FEWEST_SEASONED else None


def _month(weeks: Sequence[float], place: int) -> float:
    """The mean of the weeks around the same week a year ago; 0 where there are not three of them."""
    first = place + YEAR - MONTH // 2
    month = weeks[first : first + MONTH]
    return sum(month) / len(month) if len(month) > MONTH // 2 else 0.0


def moves(weeks: Mapping[str, Sequence[float]]) -> list[Move]:
    """The moves of all measures, sales first; none where a usual week has too few orders."""
    if not judged(weeks["orders"]):
        return []
    return [found for name in MEASURES if (found := move(name, weeks[name])) is not None]


def judged(orders: Sequence[float]) -> bool:
    """Whether there are weeks and orders enough to call the last week usual or not. orders: by week, newest first."""
    before = orders[1 : BEFORE + 1]
    return len(before) >= FEWEST_BEFORE and median(before) >= FEWEST_ORDERS


@dataclass(frozen=True)
class Part:
    """A group's share in a move. change: now less what was usual."""

    dimension: str
    group: Any
    change: float


def part(change: float, groups: Mapping[str, Mapping[Any, tuple[float, float]]], factor: float = 1.0) -> Part | None:
    """The group that most of a change lies in, over all dimensions.

    groups: dimension -> group -> amount in the last week, mean of the weeks before. factor: what those are moved by. A
    dimension in which one group is nearly everything says nothing.
    """
    best: Part | None = None
    for dimension, found in groups.items():
        whole = sum(mean for _now, mean in found.values())
        for group, (now, mean) in found.items():
            one = Part(dimension, group, now - mean * factor)
            tells = whole > 0 and mean < 0.9 * whole and one.change * change > 0
            if tells and (best is None or abs(one.change) > abs(best.change)):
                best = one
    return best


UP = N_("{measure} of the last 7 days: {now}, {change} above the usual {usual}.")
DOWN = N_("{measure} of the last 7 days: {now}, {change} below the usual {usual}.")
OF_IT = N_("Most of it lies in {group} ({dimension}): {amount}, {share} of the change.")
LARGEST = N_("The largest part of it lies in {group} ({dimension}): {amount}, {share} of the change.")
SPREAD = N_("It is spread: no group explains more than {share} of the change.")
OVER_IT = N_("Most of it lies in {group} ({dimension}): {amount}; other groups moved the other way.")
BY_WEEKS = N_("Compared with the twelve weeks before.")
BY_SEASON = N_("Compared with the weeks before, with the season of the same weeks last year taken into account.")


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
        told.append(_lies(found, where, names[where.dimension], kind))
    return [*told, say(BY_SEASON if found.seasoned else BY_WEEKS)]


def _lies(found: Move, where: Part, dimension: str, kind: str) -> Sentence:
    """Which part of a move lies in a group, in words that fit its size."""
    share = where.change / found.change
    if share < LITTLE:
        return Sentence(SPREAD, {"share": ("share", share)})
    amount = ("signed", where.change) if kind == "money" else ("steps", round(where.change))
    group = {"group": label(where.group), "dimension": ("said", dimension), "amount": amount}
    if share > 1:
        return Sentence(OVER_IT, group)
    return Sentence(OF_IT if share >= MOST else LARGEST, group | {"share": ("share", share)})
