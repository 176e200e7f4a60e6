"""The eight segments: how large they are, who is in them, how one customer stood over the months."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as customers
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import rows_of
from dangol.insight.score import rules
from dangol.insight.score.reads.kept import SMALL_GROUP, months, newest, place_of, sees_small_groups
from dangol.insight.score.reads.strategies import StrategyView, strategies
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right


@dataclass(frozen=True)
class SegmentView:
    """One segment on one day. Figures are None where the group is too small for the reader (`folded`).

    share, sales_share: 0..1 of all customers, of all sales in the window. sales, average_ticket: minor units.
    recency_days: mean. customers_before, change: at the previous month end, and the relative change since.
    """

    code: str
    name: str
    aim: str
    text: str
    customers: int | None = None
    share: float | None = None
    sales: int | None = None
    sales_share: float | None = None
    orders: int | None = None
    average_ticket: int | None = None
    recency_days: float | None = None
    customers_before: int | None = None
    change: float | None = None
    folded: bool = False


@dataclass(frozen=True)
class SizeView:
    """A segment's size at one month end. window_full: False while the scheme's window reaches before the data."""

    as_of: date
    code: str
    customers: int | None
    sales: int | None
    window_full: bool


@dataclass(frozen=True)
class StandingView:
    """One customer on one scoring day."""

    as_of: date
    r: int
    f: int
    m: int
    group: str
    score: float
    segment: str
    name: str
    recency_days: int
    frequency: int
    monetary: int


def _sizes(channel: str) -> dict[date, dict[str, dict[str, Any]]]:
    found: dict[date, dict[str, dict[str, Any]]] = {}
    for path in newest(channel).paths("segment_sizes"):
        for row in pq.read_table(path).to_pylist():
            found.setdefault(row["as_of"], {})[row["segment"]] = row
    return found


NOBODY = {"customers": 0, "sales": 0, "orders": 0, "recency_days": None}


def segments(as_of: date | None = None, *, by: Member | None = None, channel: str = "") -> list[SegmentView]:
    """The eight segments on a scoring day (the newest when None), from HHH to LLL.

    by: the reader, for whom groups below SMALL_GROUP may be folded; None for the product itself. Raises NotFound.
    """
    place, days, sizes = place_of(as_of, channel), months(channel), _sizes(channel)
    now = sizes.get(days[place], {})
    before = sizes.get(days[place - 1], {}) if place else None
    totals = {name: sum(row[name] for row in now.values()) for name in ("customers", "sales")}
    texts, folds = strategies(), not sees_small_groups(by)
    return [_segment(texts[code], now.get(code, NOBODY), before, totals, folds) for code in rules.SEGMENTS]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _segment(
    said: StrategyView, now: dict[str, Any], before: dict[str, Any] | None, totals: dict[str, int], folds: bool
) -> SegmentView:
    texts = (said.code, said.name, said.aim, said.text)
    was = None if before is None else before.get(said.code, NOBODY)["customers"]
    if folds and any(count is not None and 0 < count < SMALL_GROUP for count in (now["customers"], was)):
        return SegmentView(*texts, folded=True)
    return SegmentView(
        *texts,
        customers=now["customers"],
        share=_ratio(now["customers"], totals["customers"]),
        sales=now["sales"],
        sales_share=_ratio(now["sales"], totals["sales"]),
        orders=now["orders"],
        average_ticket=round(now["sales"] / now["orders"]) if now["orders"] else None,
        recency_days=now["recency_days"],
        customers_before=was,
        change=_ratio(now["customers"] - was, was) if was is not None else None,
    )


def sizes(*, by: Member | None = None, channel: str = "") -> list[SizeView]:
    """Every segment's size on every scoring day, in that order."""
    snapshot, found, folds = newest(channel), _sizes(channel), not sees_small_groups(by)
    scheme = rules.from_dict(snapshot.facts["scheme"])
    full_from = rules.window_is_full_from(date.fromisoformat(snapshot.facts["first_day"]), scheme)
    return [_size(day, code, found.get(day, {}).get(code, NOBODY), day >= full_from, folds)
            for day in months(channel) for code in rules.SEGMENTS]  # fmt: skip


def _size(day: date, code: str, row: dict[str, Any], window_full: bool, folds: bool) -> SizeView:
    if folds and 0 < row["customers"] < SMALL_GROUP:
        return SizeView(day, code, None, None, window_full)
    return SizeView(day, code, row["customers"], row["sales"], window_full)


def segment_members(code: str, as_of: date | None = None, channel: str = "") -> pa.Array:
    """The customers of a segment on a scoring day: int64[n], ascending. Raises NotFound for an unknown one."""
    if code not in rules.STRATEGIES:
        raise NotFound("There is no segment {code}.", code=code)
    path = newest(channel).paths("rfm")[place_of(as_of, channel)]
    found = pq.read_table(path, columns=["customer_id"], filters=[("segment", "=", code)])
    ids = found["customer_id"].combine_chunks()
    return ids.take(pc.array_sort_indices(ids))


def members_of(
    by: Member, code: str, as_of: date | None = None, *, after: int = 0, limit: int = 50, channel: str = ""
) -> list[int]:
    """Ids of a segment's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.CUSTOMERS_VIEW)
    ids = segment_members(code, as_of, channel).to_numpy()
    if not scope_of(by).everyone:
        ids = np.intersect1d(ids, np.array(customers.customer_ids(by, CustomerQuery()), dtype=np.int64))
    return [int(one) for one in ids[np.searchsorted(ids, after, side="right") :][:limit]]


def history(
    customer_id: int, channel: str = "", *, names: Mapping[str, StrategyView] | None = None
) -> list[StandingView]:
    """A customer's scores on every scoring day since the first purchase, oldest first; empty for an unknown one.

    names: as from `strategies`, where the caller has asked for them already.
    """
    rows = rows_of(_months(channel), "customer_id", customer_id)
    if not rows:
        return []
    names = names or strategies()
    return [_standing(row, names) for row in sorted(rows, key=lambda row: row["as_of"])]


def _months(channel: str) -> Iterable[Path]:
    """The scores of every scoring day. Until the next scoring, a snapshot of before has them in one file beside."""
    try:
        files = newest(channel).files
    except NotFound:
        return ()
    return files.get("history", files["rfm"])


def _standing(row: dict[str, Any], names: Mapping[str, StrategyView]) -> StandingView:
    taken = {name: row[name] for name in ("as_of", "r", "f", "m", "score", "segment", "recency_days", "frequency",
                                          "monetary")}  # fmt: skip
    return StandingView(group=f"{row['r']}{row['f']}{row['m']}", name=names[row["segment"]].name, **taken)
