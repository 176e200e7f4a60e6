"""Customers picked out by rooms above, and figures these rooms know of them, as arrays by customer id.

Plain arrays, so that a list of a million customers is narrowed and sorted by what is not in the operations database.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Among:
    """Only these customers. flags: bool by customer id. key: names the choice and what it was made from."""

    key: str
    flags: NDArray[np.bool_] = field(compare=False, repr=False)

    @cached_property
    def ids(self) -> Ids:
        """The customers, ascending."""
        return np.flatnonzero(self.flags).astype(np.int64)

    def of(self, ids: Ids) -> Ids:
        """Those of the ids that are picked, in their order."""
        known = ids[ids < len(self.flags)]
        return known[self.flags[known]]

    def __contains__(self, customer_id: int) -> bool:
        return customer_id < len(self.flags) and bool(self.flags[customer_id])


@dataclass(frozen=True)
class Figure:
    """A figure of customers to sort by. values: float by customer id, nan where there is none. key: as in Among."""

    key: str
    values: NDArray[np.float64] = field(compare=False, repr=False)

    @cached_property
    def order(self) -> Ids:
        """The customers with a value, by value and id, ascending."""
        known = np.flatnonzero(~np.isnan(self.values))
        return known[np.argsort(self.values[known], kind="stable")].astype(np.int64)

    def of(self, customer_id: int) -> float | None:
        """A customer's value."""
        value = float(self.values[customer_id]) if customer_id < len(self.values) else float("nan")
        return None if np.isnan(value) else value

    def after(self, value: float, customer_id: int, *, down: bool) -> Ids:
        """The customers behind one, upwards or downwards."""
        sorted_values = self.values[self.order]
        first, last = (int(np.searchsorted(sorted_values, value, side=side)) for side in ("left", "right"))
        alike = self.order[first:last]
        if down:
            return self.order[: first + int(np.searchsorted(alike, customer_id, side="left"))][::-1]
        return self.order[first + int(np.searchsorted(alike, customer_id, side="right")) :]
