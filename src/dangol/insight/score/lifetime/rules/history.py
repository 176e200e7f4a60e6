"""The purchase histories a model is fitted on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dangol.base.errors import BadInput

Floats = NDArray[np.float64]
FEWEST_CUSTOMERS = 100
FINEST_GRID, COARSEST_GRID = 128, 4  # parts of the longest age
FEWEST_REPEATERS = 30


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories with how many customers share each.

    x: float[n], repeat purchases (days with a purchase after the first one). t_x: float[n], weeks from the first to
    the last purchase. age: float[n], weeks from the first purchase to the end of observation (T of the papers).
    weight: float[n], customers. Raises BadInput where t_x > age, or x = 0 with t_x > 0.
    """

    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats

    def __post_init__(self) -> None:
        if np.any(self.t_x > self.age + 1e-9) or np.any(self.x < 0):
            raise BadInput("A last purchase lies after the end of observation. Check the dates.", field="date")
        if np.any((self.x == 0) & (self.t_x > 0)):
            raise BadInput("A customer without a repeat purchase has a last purchase after the first.", field="date")

    @cached_property
    def counts(self) -> tuple[Floats, NDArray[np.intp], Floats]:
        """The distinct x, for every history which of them it has, and the customers of each.

        The costly functions of the models depend on x alone: they are worked out once for each.
        """
        distinct, which = np.unique(self.x, return_inverse=True)
        return distinct, which, np.bincount(which, weights=self.weight).astype(np.float64)

    def part(self, rows: slice) -> "Histories":
        """Some of these histories."""
        return Histories(self.x[rows], self.t_x[rows], self.age[rows], self.weight[rows])

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weight.sum())

    @property
    def repeaters(self) -> float:
        """How many of them bought again."""
        return float(self.weight[self.x > 0].sum())

    def coarse(self, most: int) -> tuple["Histories", NDArray[np.intp]]:
        """At most about `most` histories that stand for these, and for each of these which one stands for it.

        Histories with the same x whose times fall into one field of a grid become one at their mean times; the grid is
        the finest that is coarse enough. The same histories come back where there are few enough.
        """
        if len(self.x) <= most:
            return self, np.arange(len(self.x))
        field = float(self.age.max()) / FINEST_GRID
        while True:
            codes = (self.x * FINEST_GRID + self.t_x // field) * (2 * FINEST_GRID) + self.age // field
            _found, which = np.unique(codes, return_inverse=True)
            if which.max() < most or field * COARSEST_GRID > self.age.max():
                return self._merged(which), which
            field *= 2

    def _merged(self, which: NDArray[np.intp]) -> "Histories":
        weight = np.bincount(which, weights=self.weight).astype(np.float64)
        means = [np.bincount(which, weights=self.weight * one) / weight for one in (self.x, self.t_x, self.age)]
        return Histories(np.rint(means[0]), means[1], means[2], weight)

    def too_little(self) -> str:
        """Why these histories cannot carry a model; empty where they can."""
        if self.customers < FEWEST_CUSTOMERS:
            return "too_few_customers"
        if self.repeaters < FEWEST_REPEATERS:
            return "too_few_repeaters"
        return ""
