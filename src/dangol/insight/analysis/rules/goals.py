"""Goals: what can be aimed at, and how one stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dangol.base.errors import BadInput
from dangol.insight.analysis.rules.findings import N_

SALES, ORDERS, BUYERS, GOOD = "sales_amount", "orders", "buying_customers", "good_share"
GOOD_SEGMENTS = ("HHH", "HHL", "HLH")
GOOD_MEANT = N_(
    "Good customers bought lately and are above the middle in frequency, in amount, or in both: the RFM segments HHH, "
    "HHL and HLH."
)
COUNTED = N_(
    "A goal of a unit or a rep counts what was sold by those in charge on the day of the sale: a customer who moved "
    "leaves last month's sales where they were. A segment's goal counts who is in the segment today."
)
MOST_DAYS = 366 * 2
LARGEST = 10**15


@dataclass(frozen=True)
class Measure:
    """What can be a goal. kind: of its figures; whole: whether it is of the whole company only."""

    label: str
    kind: str
    whole: bool = False


MEASURES: Mapping[str, Measure] = {
    SALES: Measure(N_("Sales"), "money"),
    ORDERS: Measure(N_("Orders"), "count"),
    BUYERS: Measure(N_("Buying customers"), "count"),
    GOOD: Measure(N_("Share of good customers"), "share", whole=True),
}
AHEAD, BEHIND, REACHED, MISSED, OPEN, AWAITED = "ahead", "behind", "reached", "missed", "open", "awaited"
STATES: Mapping[str, str] = {
    REACHED: N_("reached"),
    AHEAD: N_("on track"),
    BEHIND: N_("behind"),
    MISSED: N_("missed"),
    OPEN: N_("not counted yet"),
    AWAITED: N_("no figures yet"),
}


def check(measure: str, *, bound: bool, first: date, last: date, target: int) -> None:
    """Raises BadInput unless this can be a goal. bound: whether it is of a unit, rep or segment alone."""
    if measure not in MEASURES:
        raise BadInput("Choose one of: {known}.", field="measure", known=", ".join(MEASURES))
    if bound and MEASURES[measure].whole:
        raise BadInput("This goal is of the whole company only.", field="unit")
    if last < first or (last - first).days > MOST_DAYS:
        raise BadInput("The period ends after it begins, two years later at most.", field="last")
    if not 1 <= target <= LARGEST:
        raise BadInput("The target is above 0 and at most {most}.", field="target", most=LARGEST)


def elapsed(first: date, last: date, on: date) -> float:
    """The share of the period that is over on the evening of a day, 0..1."""
    days = (last - first).days + 1
    return min(max(((on - first).days + 1) / days, 0.0), 1.0)


def state(measure: str, target: int, value: int | None, over: float) -> str:
    """How a goal stands: sums are held against the days that are over (0..1), a share against the target itself.

    One whose period begins after the last day of the figures is neither on track nor behind.
    """
    if value is None:
        return OPEN
    if over <= 0:
        return AWAITED
    if value >= target:
        return REACHED
    if over >= 1:
        return MISSED
    return AHEAD if measure != GOOD and value >= target * over else BEHIND
