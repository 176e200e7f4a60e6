"""Comparing people fairly: a minimum number, an interval, and no rank below the minimum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

LEAST_CUSTOMERS = 30
SMALL_GROUP = 5
Z95 = 1.959963984540054


def wilson(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """The 95 % interval of a share seen on n customers.

    share: 0..1. Returns (low, high) in 0..1. Source: E. B. Wilson, Probable inference, the law of succession, and
    statistical inference, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if n <= 0:
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Standing:
    """One line of the league table. place: None where there are too few customers to compare. change: since a month."""

    key: str
    label: str
    customers: int
    value: float | None
    low: float | None = None
    high: float | None = None
    before: float | None = None
    place: int | None = None
    note: str = ""

    @property
    def enough(self) -> bool:
        """Whether there are customers enough to be compared."""
        return self.value is not None and self.customers >= LEAST_CUSTOMERS

    @property
    def change(self) -> float | None:
        """The difference to a month ago, in points of the share."""
        return None if self.value is None or self.before is None else self.value - self.before


def ranked(lines: Sequence[Standing]) -> list[Standing]:
    """The lines in order of the lower end of their interval, so that few customers never win by luck; equals share a
    place. Those with too few customers come last, without place or interval, by name."""
    judged = []
    for line in lines:
        if line.enough and line.value is not None:
            low, high = wilson(line.value, line.customers)
            judged.append(replace(line, low=low, high=high))
    judged.sort(key=lambda line: (-(line.low or 0), line.label))
    placed: list[Standing] = []
    for position, line in enumerate(judged, start=1):
        same = placed and placed[-1].low == line.low
        placed.append(replace(line, place=placed[-1].place if same else position))
    few = sorted((line for line in lines if not line.enough), key=lambda line: line.label)
    return placed + [replace(line, value=None, before=None) for line in few]
