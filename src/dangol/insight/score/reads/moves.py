"""Who went from which segment to which between two days."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from dangol.customers.identify import reads as customers
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, current
from dangol.insight.score import tables
from dangol.insight.score.reads.kept import SMALL_GROUP, path_of, sees_small_groups
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

MOST_LISTED = 500
Moves = tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Flow:
    """Customers who went from one segment to another; code \"\" is not yet a customer. None where folded."""

    before: str
    after: str
    customers: int | None


@dataclass(frozen=True)
class Mover:
    """A customer who went from one segment to another. monetary: minor units, of the scheme's window; score_before
    and monetary_before are None for who was not yet a customer.
    """

    customer_id: int
    label: str
    score_before: float | None
    score: float
    monetary_before: int | None
    monetary: int
    recency_days: int


def migration(start: date, end: date, *, by: Member | None = None, channel: str = "") -> list[Flow]:
    """Who went where between two days: one flow for each pair of segments that occurs.

    The flow from \"\" are the customers whose first purchase lies in between. Raises BadInput for days outside the
    purchases, NotFound for days nobody was scored on (see `kept.missing`).
    """
    rows = _between(*(path_of(day, channel) for day in sorted((start, end))))
    folds = not sees_small_groups(by)
    return [Flow(before, after, None if folds and count < SMALL_GROUP else count) for before, after, count in rows]


@lru_cache(maxsize=200)
def _between(first: Path, last: Path) -> Moves:
    """Snapshots never change, so an answer about two of their days stays true."""
    engine = current()
    found = engine.arrow(tables.migration(engine.table([first]), engine.table([last])))
    return tuple(sorted((row["segment_before"], row["segment"], row["customers"]) for row in found.to_pylist()))


@dataclass(frozen=True)
class Move:
    """Which customers moved: the two days, the segment before (NOT_YET: no customer yet) and after."""

    start: date
    end: date
    before: str
    after: str
    channel: str = ""


def movers(by: Member, move: Move, *, limit: int = 50) -> list[Mover]:
    """The reader's customers of one cell of the matrix, those who buy for the most first.

    Raises NotAllowed, and like `migration`.
    """
    engine = current()
    rows = engine.arrow(tables.richest(_moved(engine, by, move), min(limit, MOST_LISTED))).to_pylist()
    labels = customers.labels(row["customer_id"] for row in rows)
    return [Mover(label=labels[row["customer_id"]], **row) for row in rows if row["customer_id"] in labels]


def mover_ids(by: Member, move: Move, *, after: int = 0, limit: int | None = None) -> list[int]:
    """Ids of all whom `movers` lists the first of, ascending, those after an id. Raises like it."""
    engine = current()
    found = _moved(engine, by, move).select("customer_id")
    found = found.filter(found.customer_id > ibis.literal(after, type="int64")).order_by("customer_id")
    return [int(one) for one in engine.arrow(found if limit is None else found.limit(limit))["customer_id"].to_pylist()]


def _moved(engine: Engine, by: Member, move: Move) -> Table:
    """The customers of a cell, those the reader may see."""
    require(by, Right.CUSTOMERS_VIEW)
    start, end = (engine.table([path_of(day, move.channel)]) for day in sorted((move.start, move.end)))
    found = tables.moved(start, end, move.before, move.after)
    if scope_of(by).everyone:
        return found
    own = pa.table({"customer_id": pa.array(customers.customer_ids(by, CustomerQuery()), pa.int64())})
    return found.semi_join(engine.memory(own), "customer_id")
