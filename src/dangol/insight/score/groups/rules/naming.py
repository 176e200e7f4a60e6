"""Names and numbers that stay when groups are found again, and what distinguishes a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

LEAST_OVERLAP = 0.25  # of the customers of both together
# Source: Cohen (1988), Statistical Power Analysis, chapter 2: 0.2 small, 0.5 medium, 0.8 large.
LEAST_EFFECT = 0.3
NAMING_EFFECT = 0.5
TRAITS_SHOWN = 4
TRAITS_IN_NAME = 2


def matched(overlap: Mapping[tuple[int, int], int], news: Sequence[int], next_code: int) -> tuple[dict[int, int], int]:
    """The number of each new group: that of the old group it shares its customers with, or one never used before.

    overlap: (old number, new place) -> customers in both. news: new places, in the order fresh numbers are given.
    Pairs are chosen together so that most customers keep their number; a pair counts if it shares LEAST_OVERLAP of all
    customers of both. Returns new place -> number, and the next number never used.
    Source: Kuhn (1955), The Hungarian method for the assignment problem.
    """
    olds = sorted({old for old, _new in overlap})
    table = np.array([[overlap.get((old, new), 0) for new in news] for old in olds], dtype=float).reshape(-1, len(news))
    numbers: dict[int, int] = {}
    for row, column in zip(*linear_sum_assignment(-table), strict=True):
        together = table[row].sum() + table[:, column].sum() - table[row, column]
        if together and table[row, column] / together >= LEAST_OVERLAP:
            numbers[news[column]] = olds[row]
    for new in news:
        if new not in numbers:
            numbers[new], next_code = next_code, next_code + 1
    return numbers, next_code


@dataclass(frozen=True)
class Trait:
    """What distinguishes a group: a feature, and by how many standard deviations its mean differs from that of all."""

    feature: str
    difference: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing."""
        return {"feature": self.feature, "difference": round(self.difference, 3)}


def traits(differences: Mapping[str, float]) -> list[Trait]:
    """The features that distinguish a group, strongest first; those below LEAST_EFFECT do not."""
    strong = [Trait(name, value) for name, value in differences.items() if abs(value) >= LEAST_EFFECT]
    return sorted(strong, key=lambda one: (-abs(one.difference), one.feature))


def titles(groups: Mapping[int, Sequence[Trait]]) -> dict[int, list[Trait]]:
    """The traits that name each group: its strongest ones, so many that no two groups are called the same."""
    found: dict[int, list[Trait]] = {}
    taken: set[frozenset[tuple[str, bool]]] = set()
    for code, all_traits in groups.items():
        naming = [one for one in all_traits if abs(one.difference) >= NAMING_EFFECT] or list(all_traits[:1])
        length = min(TRAITS_IN_NAME, len(naming))
        while length < len(all_traits) and _signs(all_traits[:length]) in taken:
            length += 1
        found[code] = list(all_traits[:length])
        taken.add(_signs(found[code]))
    return found


def _signs(some: Sequence[Trait]) -> frozenset[tuple[str, bool]]:
    return frozenset((one.feature, one.difference > 0) for one in some)
