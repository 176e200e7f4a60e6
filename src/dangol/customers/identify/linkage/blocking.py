"""Which pairs are looked at: keys chosen from the data so that no block explodes, as columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
PAIRS_A_RECORD, PAIRS_LEAST, PAIRS_A_RULE = 30.0, 3_000_000, 4.0
RULES_MANY, RULES_FEW, MANY = 24, 14, 200_000
NONE = -1
Blocks = npt.NDArray[np.int32]
Key = tuple[float, tuple[str, ...], Blocks]  # pairs, parts, blocks


@dataclass(frozen=True)
class Keys:
    """Blocking keys as int32 columns k0, k1 ... (null: in no block). of: the parts each is made of; pairs: what they
    bring together at most."""

    columns: list[pa.Array]
    of: list[tuple[str, ...]]
    pairs: int


def codes(column: pa.Array) -> Codes:
    """The distinct values of a column as numbers, -1 for none."""
    encoded = pc.dictionary_encode(column)
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return np.asarray(pc.fill_null(encoded.indices.cast(pa.int64()), NONE).to_numpy(zero_copy_only=False))


def joined(parts: Sequence[Codes]) -> Codes:
    """One number for each combination of parts, -1 where one of them is missing."""
    key = parts[0]
    for part in parts[1:]:
        missing = (key < 0) | (part < 0)
        key = np.where(missing, NONE, key * (int(part.max(initial=0)) + 1) + part)
    return key


def bounded(key: Codes, files: Codes | None, most: float) -> tuple[Blocks, int]:
    """A key with its largest blocks left out so that it brings together at most so many pairs; and how many it does.

    files: number of each record's file where only pairs of different files count.
    """
    there = key >= 0
    _values, place, sizes = np.unique(key[there], return_inverse=True, return_counts=True)
    pairs = sizes * (sizes - 1.0) / 2
    if files is not None:
        for file in np.unique(files):
            inside = np.bincount(place, weights=files[there] == file, minlength=len(sizes))
            pairs -= inside * (inside - 1) / 2
    order = np.argsort(sizes, kind="stable")
    grown = np.cumsum(pairs[order])
    kept = int(np.searchsorted(grown, most, side="right"))
    largest = sizes[order[kept]] if kept < len(order) else np.inf
    fine = (sizes < largest) & (pairs > 0)
    result = np.full(len(key), NONE, np.int32)
    result[there] = np.where(fine[place], place, NONE)
    return result, int(pairs[fine].sum())


def shared(key: Codes) -> npt.NDArray[np.bool_]:
    """Which records have a value that another one has too."""
    _values, place, counts = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray((key >= 0) & (counts[place] > 1))


def choose(
    strong: Sequence[str],
    weak: Sequence[str],
    parts: dict[str, Codes],
    files: Codes | None,
    same: Sequence[frozenset[str]],
) -> Keys:
    """Choose keys: each strong part alone, then pairs of parts, the cheap and the yet unused first.

    same: groups of parts that say one thing (day and year of birth) and make no pair. Keys are taken until they
    bring together PAIRS_A_RECORD pairs a record.
    """
    count = len(next(iter(parts.values())))
    budget = max(PAIRS_A_RECORD * count, PAIRS_LEAST)
    each = max(PAIRS_A_RULE * count, 300_000)
    rules = RULES_MANY if count <= MANY else RULES_FEW
    found: list[Key] = []
    whole = set()  # parts that need no second one: all their blocks are small
    for name in strong:
        key, pairs = bounded(parts[name], files, each)
        if pairs:
            found.append((pairs, (name,), key))
        if np.count_nonzero(key >= 0) == np.count_nonzero(shared(parts[name])):
            whole.add(name)
    doubles = _doubles([name for name in (*strong, *weak) if name not in whole], parts, files, same, each)
    chosen, used, total = _taken(found, budget), dict.fromkeys(parts, 0), sum(pairs for pairs, _of, _key in found)
    while doubles and len(chosen) < rules:
        best = min(doubles, key=lambda one: (sum(used[part] for part in one[1]) + 3 * one[0] / each, one[1]))
        doubles.remove(best)
        if total + best[0] > budget:
            continue
        total += best[0]
        chosen.append(best)
        for part in best[1]:
            used[part] += 1
    return Keys([_column(key) for _pairs, _of, key in chosen], [of for _pairs, of, _key in chosen], int(total))


def _taken(found: list[Key], budget: float) -> list[Key]:
    return [one for one in found if one[0] <= budget]


def _doubles(
    names: Sequence[str], parts: dict[str, Codes], files: Codes | None, same: Sequence[frozenset[str]], each: float
) -> list[Key]:  # fmt: skip
    found: list[Key] = []
    for one, other in combinations(names, 2):
        if any(one in group and other in group for group in same):
            continue
        key, pairs = bounded(joined([parts[one], parts[other]]), files, each)
        if pairs:
            found.append((float(pairs), (one, other), key))
    return found


def _column(key: Blocks) -> pa.Array:
    return pa.array(key, mask=key < 0)
