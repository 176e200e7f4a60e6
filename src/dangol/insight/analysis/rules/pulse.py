"""What moved in the last seven days: weeks that end on the last day of data, held against the weeks before.

Every such week has each weekday once, so weekdays need no adjusting. A week is unusual whose modified z score is above
3.5: 0.6745 (x - median) / MAD over the twelve weeks before. Source: B. Iglewicz and D. C. Hoaglin, "How to detect and
handle outliers", ASQC (1993), eq. (3.9)-(3.10).

With thirteen months of data the season is taken out first: each week before is moved to the season of the last one, by
how the three weeks around the same week stood to those around its own a year earlier. Christmas is then no surprise,
and a Christmas that stays out is one. Holidays that move, as Seollal does, are no season: with one in the last
week, or in the same week a year ago, that week is not held against others as if nothing were.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from dangol.insight.analysis.rules.findings import N_, Sentence, label, say
from dangol.insight.analysis.rules.holidays import Holiday

WEEKS = 27  # shown as a line
BEFORE = 12  # what the last week is held against
FEWEST_BEFORE = 8
YEAR, MONTH = 52, 3  # weeks; a season is judged by three around one: wider ones would wash Christmas out
FEWEST_SEASONED = 5  # of the weeks before, for which thirteen months of data reach back
FAR = YEAR + BEFORE + 1 + MONTH // 2  # weeks looked at
FEWEST_ORDERS = 50  # a week
UNUSUAL = 3.5
TELLING = 0.05
HALF = 0.5
FEWEST_A_DAY = 20  # orders of a weekday, to miss any
LAST_DAY, OTHER_DAY = 0.5, 0.25
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


def move(measure: str, weeks: Sequence[float], *, seasonal: bool = True) -> Move | None:
    """The move of the last week, None where it is nothing unusual or there is not enough to say so.

    weeks: newest first; those before the first with anything (a branch that opened later) count for nothing. seasonal:
    whether a year ago tells of the season.
    """
    weeks = since_opened(weeks)
    if len(weeks) <= FEWEST_BEFORE:
        return None
    now, plain = weeks[0], list(weeks[1 : BEFORE + 1])
    moved = seasoned(weeks) if seasonal else None
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


def since_opened(weeks: Sequence[float]) -> Sequence[float]:
    """The weeks since the first with anything in it. weeks: newest first."""
    n = len(weeks)
    while n and not weeks[n - 1]:
        n -= 1
    return weeks[:n]


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


def moves(weeks: Mapping[str, Sequence[float]], *, seasonal: bool = True) -> list[Move]:
    """The moves of all measures, sales first; none where a usual week has too few orders."""
    if not judged(weeks["orders"]):
        return []
    return [found for name in MEASURES if (found := move(name, weeks[name], seasonal=seasonal)) is not None]


def judged(orders: Sequence[float]) -> bool:
    """Whether there are weeks and orders enough to call the last week usual or not. orders: by week, newest first."""
    before = since_opened(orders)[1 : BEFORE + 1]
    return len(before) >= FEWEST_BEFORE and median(before) >= FEWEST_ORDERS


@dataclass(frozen=True)
class Gap:
    """A day with far fewer orders than its weekday has, as where a file was not loaded or only a part of it."""

    day: date
    orders: int
    usual: float


def gap(orders: Mapping[date, int], as_of: date, days_off: Collection[date] = ()) -> Gap | None:
    """The day of the last seven at which data seem to be missing, the latest one; None for none.

    orders: by day, a day without any may be left out. The last day may have ended early: less than half its usual
    orders count as missing, of other days less than a quarter. days_off: holidays, when shops are closed.
    """
    for ago in range(7):
        day = as_of - timedelta(days=ago)
        same = [orders.get(day - timedelta(days=7 * week), 0) for week in range(1, BEFORE + 1)]
        usual = median(since_opened([float(one) for one in same]) or [0.0])
        least = usual * (LAST_DAY if ago == 0 else OTHER_DAY)
        if usual >= FEWEST_A_DAY and orders.get(day, 0) < least and day not in days_off:
            return Gap(day, orders.get(day, 0), usual)
    return None


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
LARGEST_OF_IT = N_("The largest part of it lies in {group} ({dimension}): {amount}, {share} of the change.")
OVER_IT = N_("Most of it lies in {group} ({dimension}): {amount}; other groups moved the other way.")
BY_WEEKS = N_("Compared with the twelve weeks before.")
BY_SEASON = N_("Compared with the weeks before, with the season of the same weeks last year taken into account.")


HOLIDAY = N_("A holiday lies in these days: {holiday}, {day}.")
LOST = N_(
    "On {day} there are {n} orders where {usual} are usual on that weekday: data may be missing. The last 7 days are "
    "not judged until they are there."
)


def lost(found: Gap) -> Sentence:
    """What to say of a day whose data seem to be missing."""
    return say(LOST, day=("day", found.day), n=("count", found.orders), usual=("count", round(found.usual)))


def holiday(found: Holiday) -> Sentence:
    """What to say of a week with a holiday in it."""
    return say(HOLIDAY, holiday=("said", found.name), day=("day", found.day))


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
        share = where.change / found.change
        group = {"group": label(where.group), "dimension": ("said", names[where.dimension])}
        amount = {"amount": ("signed" if kind == "money" else "steps", round(where.change))}
        most = OF_IT if share >= HALF else LARGEST_OF_IT
        told.append(
            Sentence(most, group | amount | {"share": ("share", share)})
            if share <= 1
            else Sentence(OVER_IT, group | amount)
        )
    return [*told, say(BY_SEASON if found.seasoned else BY_WEEKS)]
