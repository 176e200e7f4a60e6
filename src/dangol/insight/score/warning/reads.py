"""Who fell since a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pyarrow as pa
from ibis.expr.types import Table

from dangol.base.errors import BadInput
from dangol.customers.identify import reads as customers
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, current
from dangol.insight.score import reads as score
from dangol.insight.score.rules import TOP_SCORE
from dangol.insight.score.warning import tables
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

USUAL_FALL = 20.0
LEAST_GROUP = 30  # below it, a share says little: such a group is not ranked
MOST_LISTED = 500
Counts = tuple[tuple[str, int, int, int], ...]
Fine = tuple[tuple[tuple[str, ...], int, int, int], ...]
COLUMNS = ("segment_before", "segment", "branch")


@dataclass(frozen=True)
class Group:
    """Customers of a segment or branch who were scored on both days, how many fell, and the money they spend less.

    Figures are None where too few to show. ranked: whether there are enough for the share to say something.
    """

    name: str
    customers: int | None
    fallen: int | None
    lost: int | None
    ranked: bool

    @property
    def share(self) -> float | None:
        """Of those who fell."""
        return self.fallen / self.customers if self.fallen is not None and self.customers else None


@dataclass(frozen=True)
class Warned:
    """What fell between two days, for one reader's customers.

    segments: by the segment before; towards: by the segment now (fallen only); branches: the largest share first.
    """

    since: date
    until: date
    least: float
    customers: int
    fallen: int
    lost: int
    segments: Sequence[Group]
    towards: Sequence[Group]
    branches: Sequence[Group]

    @property
    def share(self) -> float | None:
        """Of those who fell."""
        return self.fallen / self.customers if self.customers else None


@dataclass(frozen=True)
class Fallen:
    """A customer who fell. monetary: minor units, of the scheme's window."""

    customer_id: int
    label: str
    branch: str
    segment_before: str
    segment: str
    score_before: float
    score: float
    monetary_before: int
    monetary: int
    lost: int
    recency_days: int


def usual_day(channel: str = "") -> date:
    """The month end about three months before the newest day: from which falls are counted if nothing is said."""
    days = score.months(channel)
    return next((day for day in reversed(days) if day <= days[-1] - timedelta(days=85)), days[0])


def warned(
    by: Member, *, since: date, until: date | None = None, least: float = USUAL_FALL, channel: str = ""
) -> Warned:
    """How many of the reader's customers fell since a day (until the newest when None), by segment and branch.

    least: fall of the score (0 to 100) from which it counts; fewer high axes count always. channel: by its own scheme
    instead of the company's. Raises NotAllowed, BadInput for days outside the purchases, NotFound for days nobody was
    scored on (see `score.reads.missing`).
    """
    require(by, Right.INSIGHT_VIEW)
    asked = _asked(since, until, least, channel)
    rows = _counted(by, asked)
    found = {column: _folded(rows, place) for place, column in enumerate(COLUMNS)}
    total = found["segment_before"]
    folds = not score.sees_small_groups(by)
    groups = {column: [_group(row, folds) for row in rows] for column, rows in found.items()}
    branches = sorted(groups["branch"], key=lambda one: (not one.ranked, -(one.share or 0), one.name))
    return Warned(
        asked.since, asked.until, least, sum(row[1] for row in total), sum(row[2] for row in total),
        sum(row[3] for row in total), groups["segment_before"], groups["segment"], branches,
    )  # fmt: skip


def _group(row: tuple[str, int, int, int], folds: bool) -> Group:
    name, number, fell, lost = row
    if folds and (0 < number < score.SMALL_GROUP or 0 < fell < score.SMALL_GROUP):
        return Group(name, None, None, None, ranked=False)
    return Group(name, number, fell, lost, ranked=number >= LEAST_GROUP)


@dataclass(frozen=True)
class _Asked:
    """Which falls are looked for."""

    since: date
    until: date
    least: float
    channel: str


def _asked(since: date, until: date | None, least: float, channel: str) -> _Asked:
    """The question with its days in order. Raises BadInput."""
    if not 1 <= least <= TOP_SCORE:
        raise BadInput("A fall of the score is from 1 to {most} points.", field="least", most=int(TOP_SCORE))
    until = until or score.as_of(channel)
    return _Asked(min(since, until), max(since, until), least, channel)


def _counted(by: Member, asked: _Asked) -> Fine:
    if scope_of(by).everyone:
        return _of_everyone(score.snapshot_id(asked.channel), warehouse.current()[0].id, asked)
    return _rows(_moved(current(), asked, by))


@lru_cache(maxsize=100)
def _of_everyone(_scores: str, _warehouse: str, asked: _Asked) -> Fine:
    """Snapshots never change, so an answer about two of their days stays true."""
    return _rows(_moved(current(), asked, None))


def _rows(moved: Table) -> Fine:
    """Counted once by all columns together: everybody's move is worked out one time."""
    rows = current().arrow(tables.fallen_by(moved, *COLUMNS)).to_pylist()
    return tuple((tuple(row[one] for one in COLUMNS), row["customers"], row["fallen"], row["lost"]) for row in rows)


def _folded(rows: Fine, place: int) -> Counts:
    """The counts by one of the columns, the most fallen first."""
    told: dict[str, tuple[int, int, int]] = {}
    for names, number, fell, lost in rows:
        before = told.get(names[place], (0, 0, 0))
        told[names[place]] = (before[0] + number, before[1] + fell, before[2] + lost)
    found = ((name, *numbers) for name, numbers in told.items())
    return tuple(sorted(found, key=lambda row: (-row[2], row[0])))


def _moved(engine: Engine, asked: _Asked, by: Member | None) -> Table:
    """by: bounds the customers to those of the reader; None for everybody."""
    before, now = (score.table(engine, day, asked.channel) for day in (asked.since, asked.until))
    found = tables.moved(before, now, asked.least)
    if by is not None and not scope_of(by).everyone:
        own = pa.table({"customer_id": pa.array(customers.customer_ids(by, CustomerQuery()), pa.int64())})
        found = found.semi_join(engine.memory(own), "customer_id")
    snapshot, _newest = warehouse.current()
    return tables.with_branch(found, warehouse.table(engine, snapshot, "customers"))


def fallen(
    by: Member, *, since: date, until: date | None = None, least: float = USUAL_FALL, segment: str = "",
    branch: str | None = None, limit: int = 50, channel: str = "",
) -> list[Fallen]:  # fmt: skip
    """The reader's customers who fell since a day (until the newest when None), those who spend less by the most first.

    segment: the one they were in; branch: its name ("" for those without one), None for all. Raises NotAllowed,
    NotFound, BadInput.
    """
    engine = current()
    found = _chosen(engine, by, _asked(since, until, least, channel), segment, branch)
    rows: list[dict[str, Any]] = engine.arrow(tables.worst(found, min(limit, MOST_LISTED)).drop("fell")).to_pylist()
    labels = customers.labels(row["customer_id"] for row in rows)
    return [Fallen(label=labels[row["customer_id"]], **row) for row in rows if row["customer_id"] in labels]


def fallen_ids(
    by: Member, *, since: date, until: date | None = None, least: float = USUAL_FALL, segment: str = "",
    branch: str | None = None, channel: str = "",
) -> list[int]:  # fmt: skip
    """All of the reader's customers whom `fallen` lists the first of, ascending. Raises like it."""
    engine = current()
    found = _chosen(engine, by, _asked(since, until, least, channel), segment, branch)
    rows = engine.arrow(found.filter(found.fell).select("customer_id").order_by("customer_id"))
    return [int(one) for one in rows["customer_id"].to_pylist()]


def _chosen(engine: Engine, by: Member, asked: _Asked, segment: str, branch: str | None) -> Table:
    require(by, Right.CUSTOMERS_VIEW)
    found = _moved(engine, asked, by)
    if segment:
        found = found.filter(found.segment_before == segment)
    return found if branch is None else found.filter(found.branch == branch)
