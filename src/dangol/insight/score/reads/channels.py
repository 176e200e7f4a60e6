"""Channels with a scheme of their own: which there are, and every customer's newest class by each of them.

For other rooms: `table` gives customer_id and four columns a channel, `columns` what they are called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.engine import Engine, Snapshot, Store, current, rows_of
from dangol.insight.score import tables
from dangol.insight.score.models import Channel
from dangol.insight.score.reads.strategies import StrategyView, strategies
from dangol.insight.warehouse import reads as warehouse

FOLDER = "channel_classes"


@dataclass(frozen=True)
class ChannelView:
    """A channel with a scheme of its own."""

    id: int
    name: str


@dataclass(frozen=True)
class ChannelSales:
    """A channel purchases come through: customers who bought in it, its share of all sales 0..1.

    has_scheme: whether customers are scored by it.
    """

    name: str
    customers: int
    share: float
    has_scheme: bool


@dataclass(frozen=True)
class ColumnView:
    """The columns of a channel in `table`: class ("HHH"), score (0..100) and groups ("543")."""

    channel_id: int
    label: str
    segment: str
    score: str
    group: str


@dataclass(frozen=True)
class ClassView:
    """A customer's class by a channel, with its name in the reader's language."""

    channel: str
    segment: str
    name: str
    group: str
    score: float


def store() -> Store:
    """Where the classes by all channels lie side by side."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def with_scheme() -> list[ChannelView]:
    """The channels that have a scheme of their own, by name."""
    rows = Channel.objects.filter(withdrawn_at=None).order_by("name")
    return [ChannelView(pk, name) for pk, name in rows.values_list("pk", "name")]


def of_purchases() -> Sequence[ChannelSales]:
    """All channels of the newest purchases, most sales first. Raises NotFound without a warehouse."""
    source, _newest = warehouse.current()
    own, rows = {one.name for one in with_scheme()}, _sales(source.files["sales_lines"])
    total = sum(amount for _name, _customers, amount in rows)
    return [ChannelSales(name, customers, amount / total if total > 0 else 0.0, name in own)
            for name, customers, amount in rows]  # fmt: skip


@lru_cache(maxsize=4)
def _sales(paths: tuple[Path, ...]) -> tuple[tuple[str, int, int], ...]:
    """Snapshots never change, so what one says of its channels stays true."""
    engine = current()
    lines = engine.table(paths)
    if "channel" not in lines.columns:
        return ()
    found = engine.arrow(tables.sales_by_channel(lines)).to_pylist()
    return tuple(sorted(((row["channel"], row["customers"], row["amount"]) for row in found),
                        key=lambda row: (-row[2], row[0])))  # fmt: skip


def _served() -> Snapshot | None:
    try:
        found = store().current()[0]
    except (NotFound, Damaged):
        return None
    return found if "classes" in found.files else None


def columns() -> list[ColumnView]:
    """What the columns of `table` mean: three a channel that has a scheme and has been scored by."""
    found = _served()
    there = set(pq.read_schema(found.paths("classes")[0]).names) if found else set()
    told = [ColumnView(one.id, one.name, *(f"{part}_{one.id}" for part in ("segment", "score", "group")))
            for one in (with_scheme() if there else ())]  # fmt: skip
    return [one for one in told if one.segment in there]


def column_of(channel: str) -> ColumnView:
    """The columns of a channel in `table`. Raises NotFound where it was not scored by."""
    found = next((one for one in columns() if one.label == channel), None)
    if found is None:
        raise NotFound("Customers have not been scored by this channel yet. Give it a scheme, or wait for the scoring "
                       "to end.")  # fmt: skip
    return found


def table(opened: Engine) -> Table:
    """Every customer's newest class by each channel: customer_id int64, and for each channel `segment_<id>` ("HHH"),
    `score_<id>` float64 (0..100) and `group_<id>` ("543"); null where somebody never bought in it. Raises NotFound.
    """
    found = _served()
    if found is None:
        raise NotFound("No channel has a scheme of its own.")
    return opened.table(found.paths("classes"))


def of_customer(customer_id: int, *, names: Mapping[str, StrategyView] | None = None) -> list[ClassView]:
    """A customer's classes by the channels the customer bought in; empty for an unknown one.

    names: as from `strategies`, where the caller has asked for them already.
    """
    found, told = _served(), columns()
    if found is None or not told:
        return []
    names = names or strategies()
    return [
        ClassView(one.label, row[one.segment], names[row[one.segment]].name, row[one.group], row[one.score])
        for row in rows_of(found.paths("classes"), "customer_id", customer_id)
        for one in told
        if row.get(one.segment)
    ]
