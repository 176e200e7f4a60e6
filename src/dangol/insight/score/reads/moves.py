"""Who went from which segment to which between two scoring days."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from dangol.engine import Snapshot, current
from dangol.insight.score import tables
from dangol.insight.score.reads.kept import SMALL_GROUP, newest, place_of, sees_small_groups
from dangol.staff.reads import Member

Moves = tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Flow:
    """Customers who went from one segment to another; code \"\" is not yet a customer. None where folded."""

    before: str
    after: str
    customers: int | None


def migration(start: date, end: date, *, by: Member | None = None, channel: str = "") -> list[Flow]:
    """Who went where between two scoring days: one flow for each pair of segments that occurs.

    The flow from \"\" are the customers whose first purchase lies in between. Raises NotFound for other days.
    """
    snapshot, first, last = newest(channel), place_of(start, channel), place_of(end, channel)
    rows = _moved(snapshot, min(first, last), max(first, last))
    folds = not sees_small_groups(by)
    return [Flow(before, after, None if folds and count < SMALL_GROUP else count) for before, after, count in rows]


def _moved(snapshot: Snapshot, first: int, last: int) -> Moves:
    paths = snapshot.paths("rfm")
    return _between(paths[first], paths[last])


@lru_cache(maxsize=200)
def _between(first: Path, last: Path) -> Moves:
    """Snapshots never change, so an answer about two of their months stays true."""
    engine = current()
    found = engine.arrow(tables.migration(engine.table([first]), engine.table([last])))
    return tuple(sorted((row["segment_before"], row["segment"], row["customers"]) for row in found.to_pylist()))
