"""One key's rows out of Parquet files that lie in the key's order: what a page needs, without asking an engine.

A file's row groups know the least and largest key they hold. Those are read once per file; a question then reads the
one or two groups that can hold its key, however long the file is.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUP_ROWS = 10_240  # rows that are read for one answer: some milliseconds
FILES_KNOWN = 128


def rows_of(paths: Iterable[Path], key: str, value: int) -> list[dict[str, Any]]:
    """The rows whose whole-number column `key` has this value, in the files' order.

    The files must be written in order of the key (order_by), with few rows a group (GROUP_ROWS). Files of any order are
    answered too, only slower.
    """
    return [row for path in paths for row in _rows(path, key, value)]


def span_of(paths: Iterable[Path], key: str) -> tuple[int, int] | None:
    """The least and largest value of a whole-number column by what the files say of themselves; None if they do not."""
    low: list[int] = []
    high: list[int] = []
    for path in paths:
        now = os.stat(path)
        groups = _groups(str(path), (now.st_ino, now.st_size, now.st_mtime_ns), key)
        if not groups.complete:
            return None
        low, high = [*low, *groups.lows], [*high, *groups.highs]
    return (min(low), max(high)) if low else None


@dataclass(frozen=True)
class _Groups:
    """The row groups of a file that hold keys: their places, and the least and largest key of each."""

    metadata: pq.FileMetaData
    places: list[int]
    lows: list[int]
    highs: list[int]
    in_order: bool
    complete: bool  # whether every group with rows says what it holds

    def holding(self, value: int) -> list[int]:
        """The groups that can hold a key; found by halving where they follow one another."""
        if not self.in_order:
            ranges = zip(self.places, self.lows, self.highs, strict=True)
            return [place for place, low, high in ranges if low <= value <= high]
        first = bisect_left(self.highs, value)
        last = bisect_right(self.lows, value)
        return self.places[first:last]


def _rows(path: Path, key: str, value: int) -> list[dict[str, Any]]:
    now = os.stat(path)
    groups = _groups(str(path), (now.st_ino, now.st_size, now.st_mtime_ns), key)
    holding = groups.holding(value)
    if not holding:
        return []
    with pq.ParquetFile(path, metadata=groups.metadata) as file:
        found = file.read_row_groups(holding, use_threads=False)
    rows: list[dict[str, Any]] = found.filter(pc.equal(found[key], value)).to_pylist()
    return rows


@lru_cache(maxsize=FILES_KNOWN)
def _groups(path: str, seen: tuple[int, int, int], key: str) -> _Groups:
    """What a file says of its row groups. seen: names this state of the file, so that another one is read anew."""
    metadata = pq.read_metadata(path)
    column = metadata.schema.to_arrow_schema().get_field_index(key)
    told = [metadata.row_group(place).column(column).statistics for place in range(metadata.num_row_groups)]
    known = [(place, one.min, one.max) for place, one in enumerate(told) if one is not None and one.has_min_max]
    places, lows, highs = ([row[part] for row in known] for part in range(3))
    in_order = all(high <= low for high, low in zip(highs, lows[1:], strict=False))
    empty = [one is not None and one.null_count == metadata.row_group(place).num_rows for place, one in enumerate(told)]
    complete = len(known) + sum(empty) == len(told)
    return _Groups(metadata, places, lows, highs, in_order, complete)
