"""How good clusters are against known truth, counted in pairs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Quality:
    """Shares of right pairs among the found ones, and of found pairs among the right ones."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def _pairs(values: Iterable[Any]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(values).values())


def measured(clusters: Iterable[Any], truth: Iterable[Any]) -> Quality:
    """The quality of clusters: one cluster and one true person for each record."""
    clusters, truth = list(clusters), list(truth)
    right = _pairs(zip(clusters, truth, strict=True))
    return Quality(right / max(_pairs(clusters), 1), right / max(_pairs(truth), 1))
