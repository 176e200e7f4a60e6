"""Who lives together: people who share a telephone or an address and are not one person."""

import numpy as np
import numpy.typing as npt

from dangol.customers.identify.linkage import blocking
from dangol.customers.identify.linkage.preparing import Prepared
from dangol.customers.identify.linkage.rules.clusters import components

MOST_PEOPLE = 10
ALONE = -1
Ints = npt.NDArray[np.int64]


def households(prepared: Prepared, groups: Ints) -> Ints:
    """For each row the smallest row of its household, ALONE for who shares with nobody else.

    groups: for each row the smallest row of its person. Two people live together where they have the same telephone,
    the same address down to the flat, or the same address and family name. What more than MOST_PEOPLE share (an
    office, a block of flats without its flats) makes no household.
    """
    there = prepared.records.column_names
    keys = [
        blocking.codes(prepared.records[name]) for name in there if name.startswith("phone") and name.endswith("tail")
    ]
    if "address" in there:
        address = blocking.codes(prepared.records["address"])
        keys.append(np.where(_flat(prepared), address, blocking.NONE))
        if "f" in there:
            keys.append(blocking.joined([address, blocking.codes(prepared.records["f"])]))
    left: list[int] = []
    right: list[int] = []
    for key in keys:
        one, other = _neighbours(key, groups)
        left += one.tolist()
        right += other.tolist()
    found = np.full(len(groups), ALONE, np.int64)
    for members in components(left, right):
        found[members] = members[0]
    return np.asarray(found[groups])


def _flat(prepared: Prepared) -> npt.NDArray[np.bool_]:
    """Whether an address names a flat: it holds more than one number."""
    import pyarrow.compute as pc

    numbers = pc.count_substring_regex(prepared.records["address"], r"\d+")
    return np.asarray(pc.fill_null(pc.greater(numbers, 1), False).to_numpy())


def _neighbours(key: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """Pairs of different people next to each other under a key that few enough people share."""
    there = np.flatnonzero(key >= 0)
    people = np.unique(np.column_stack([key[there], groups[there]]), axis=0)
    _values, place, counts = np.unique(people[:, 0], return_inverse=True, return_counts=True)
    people = people[counts[place] <= MOST_PEOPLE]
    same = people[1:, 0] == people[:-1, 0]
    return people[:-1, 1][same], people[1:, 1][same]
