"""Stable 64-bit keys and hashes of rows, and an index of those seen before.

A hash is the same on every machine and in every later version: it depends on the values and the names of their fields,
not on their order nor on fields that are empty. With n rows the chance that any two differ and share a hash is about
n² / 2⁶⁵: one in ninety thousand at 20 million rows.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)


def mix(values: Hashes) -> Hashes:
    """Scatter 64-bit numbers (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014, figure 17)."""
    with np.errstate(over="ignore"):
        mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def seed(text: str) -> np.uint64:
    """A 64-bit number of a name."""
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def _texts(column: pa.Array) -> Hashes:
    encoded = column.dictionary_encode()
    if not len(encoded.dictionary):
        return np.zeros(len(column), np.uint64)
    distinct = pd.util.hash_array(encoded.dictionary.to_numpy(zero_copy_only=False), categorize=False)
    return np.asarray(distinct.take(encoded.indices.fill_null(0).to_numpy()))


def _column(column: pa.Array) -> Hashes:
    if pa.types.is_string(column.type):
        return _texts(column)
    numbers = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    return np.asarray(numbers.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)).view(
        np.uint64
    )


def row_hashes(columns: Mapping[str, pa.Array], names: Iterable[str], space: str) -> Hashes:
    """A hash of each row's values of some fields. space: keeps rows of different sources apart."""
    total: Hashes | None = None
    for name in names:
        hashed = mix(_column(columns[name]) ^ seed(name))
        if columns[name].null_count:
            hashed = np.where(columns[name].is_null().to_numpy(zero_copy_only=False), np.uint64(0), hashed)
        with np.errstate(over="ignore"):
            total = hashed if total is None else total + hashed
    if total is None:
        raise ValueError("a row without fields has no hash")
    return mix(total ^ seed(space))


def text_hash(texts: Mapping[str, str], space: str) -> int:
    """A hash of one raw row."""
    joined = "\x1f".join(f"{name}\x1e{texts[name]}" for name in sorted(texts))
    return signed(seed(f"{space}\x1d{joined}"))


def signed(value: np.uint64 | int) -> int:
    """A 64-bit hash as databases store it."""
    number = int(value)
    return number - (1 << 64) if number >= 1 << 63 else number


def with_ordinals(contents: Hashes, before: "Seen") -> Hashes:
    """Keys of rows without a key of their own: content and how many equal rows came before in the same file."""
    order = np.argsort(contents, kind="stable")
    arranged = contents[order]
    starts = np.flatnonzero(np.r_[True, arranged[1:] != arranged[:-1]]) if len(arranged) else np.array([], np.int64)
    sizes = np.diff(np.r_[starts, len(arranged)])
    ordinal = np.empty(len(contents), np.uint64)
    ordinal[order] = (np.arange(len(arranged)) - np.repeat(starts, sizes)).astype(np.uint64)
    known, counts = before.find(contents)
    ordinal += np.where(known, counts, np.uint64(0))
    distinct = arranged[starts]
    known, counts = before.find(distinct)
    before.put(distinct, sizes.astype(np.uint64) + np.where(known, counts, np.uint64(0)))
    with np.errstate(over="ignore"):
        return mix(contents + (ordinal + np.uint64(1)) * _ODD)


class Seen:
    """Numbers by key, as two sorted arrays: 16 bytes a key, found and put many at once."""

    def __init__(self) -> None:
        self._keys: Hashes = np.array([], np.uint64)
        self._values: Hashes = np.array([], np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, keys: Hashes) -> tuple[npt.NDArray[np.bool_], Hashes]:
        """Which keys are there, and their values (anything where not)."""
        if not len(self._keys):
            return np.zeros(len(keys), bool), np.zeros(len(keys), np.uint64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return self._keys[places] == keys, self._values[places]

    def put(self, keys: Hashes, values: Hashes) -> None:
        """Set values of keys; the last of equal keys stays."""
        joined = np.concatenate([self._keys, keys])
        order = np.argsort(joined, kind="stable")
        arranged = joined[order]
        last = np.r_[arranged[1:] != arranged[:-1], True] if len(arranged) else np.array([], bool)
        self._values = np.concatenate([self._values, values])[order][last]
        self._keys = arranged[last]
