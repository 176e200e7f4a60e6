"""Segments, how they grew, and how customers moved between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import get_language, gettext
from ibis.expr.types import Table

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as customers
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, Snapshot, Store, current, fresh, rows_of
from dangol.insight.score import rules, tables
from dangol.insight.score.models import Scheme, StrategyText
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right

FOLDER = "scores"
BINS = 40
SMALL_GROUP = 5  # below it, a figure could point to a person


@dataclass(frozen=True)
class StrategyView:
    """A segment's name and strategy in the reader's language; `edited_by` is empty for the default."""

    code: str
    name: str
    aim: str
    text: str
    edited_by: str = ""
    edited_at: Any = None


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
class Flow:
    """Customers who went from one segment to another; code \"\" is not yet a customer. None where folded."""

    before: str
    after: str
    customers: int | None


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


@dataclass(frozen=True)
class SchemeView:
    """A version of the scheme. scored: whether the shown scores were made with it; changes: from the one before."""

    scheme: rules.RfmScheme
    cut_on: date | None
    by: str
    at: Any
    scored: bool
    changes: Sequence[rules.Difference] = ()


@dataclass(frozen=True)
class Preview:
    """What a scheme would do to today's customers, without saving it."""

    scheme: rules.RfmScheme
    as_of: date
    customers: int
    segments: dict[str, int]
    axes: dict[str, dict[int, int]]
    histograms: dict[str, "Histogram"]


@dataclass(frozen=True)
class Histogram:
    """Customers by an axis' value, in bins of equal width on a square root scale from 0 to top (the last is open)."""

    top: float
    customers: Sequence[int]

    def place(self, value: float) -> float:
        """Where a value lies: 0 to 1 from left to right."""
        return sqrt(min(max(value, 0.0) / self.top, 1.0))


def store() -> Store:
    """Where scores are kept."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def _current() -> Snapshot:
    try:
        return store().current()[0]
    except NotFound:
        raise NotFound("Customers have not been scored yet. Load purchases and run the cycle first.") from None


def table(opened: Engine, day: date | None = None) -> Table:
    """Every customer's scores on a day (the newest when None) as a table of an engine: customer_id, as_of,
    recency_days, frequency, monetary, r, f, m, score, segment. Raises NotFound.
    """
    return opened.table([_current().paths("rfm")[_place(day)]])


def snapshot_id() -> str:
    """Which snapshot of scores is served. Raises NotFound before the first scoring."""
    return _current().id


def is_newest() -> bool:
    """Whether the scores shown are the newest; False when the newest were refused as damaged."""
    return store().current()[1]


def months() -> list[date]:
    """The days customers were scored on: month ends and, last, today."""
    return [date.fromisoformat(day) for day in _current().facts["months"]]


def as_of() -> date:
    """The day of the newest scores. Raises NotFound before the first scoring."""
    return months()[-1]


def _place(day: date | None) -> int:
    """Which of the scoring days this is. Raises NotFound."""
    days = months()
    if day is None:
        return len(days) - 1
    try:
        return days.index(day)
    except ValueError:
        raise NotFound("Customers were not scored on {day}. Choose one of the month ends shown.", day=day) from None


def sees_small_groups(by: Member | None) -> bool:
    """Whether figures of very small groups may be shown: to those who may see every customer anyway."""
    return by is None or (may(by, Right.CUSTOMERS_VIEW) and scope_of(by).everyone)


def strategies() -> dict[str, StrategyView]:
    """Every segment's name and strategy in the active language, rewritten or default."""
    language = (get_language() or "en")[:2]
    rows = StrategyText.objects.filter(language=language).order_by("id").select_related("by")
    newest = {row.code: row for row in rows}
    return {code: _strategy(code, newest.get(code)) for code in rules.SEGMENTS}


def _strategy(code: str, row: StrategyText | None) -> StrategyView:
    if row is None or not row.text:
        default = rules.STRATEGIES[code]
        return StrategyView(code, gettext(default.name), gettext(default.aim), gettext(default.text))
    return StrategyView(code, row.name, row.aim, row.text, row.by.name, row.at)


def _sizes() -> dict[date, dict[str, dict[str, Any]]]:
    found: dict[date, dict[str, dict[str, Any]]] = {}
    for path in _current().paths("segment_sizes"):
        for row in pq.read_table(path).to_pylist():
            found.setdefault(row["as_of"], {})[row["segment"]] = row
    return found


NOBODY = {"customers": 0, "sales": 0, "orders": 0, "recency_days": None}


def segments(as_of: date | None = None, *, by: Member | None = None) -> list[SegmentView]:
    """The eight segments on a scoring day (the newest when None), from HHH to LLL.

    by: the reader, for whom groups below SMALL_GROUP may be folded; None for the product itself. Raises NotFound.
    """
    place, days, sizes = _place(as_of), months(), _sizes()
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


def sizes(*, by: Member | None = None) -> list[SizeView]:
    """Every segment's size on every scoring day, in that order."""
    snapshot, found, folds = _current(), _sizes(), not sees_small_groups(by)
    scheme = rules.from_dict(snapshot.facts["scheme"])
    full_from = rules.window_is_full_from(date.fromisoformat(snapshot.facts["first_day"]), scheme)
    return [_size(day, code, found.get(day, {}).get(code, NOBODY), day >= full_from, folds)
            for day in months() for code in rules.SEGMENTS]  # fmt: skip


def _size(day: date, code: str, row: dict[str, Any], window_full: bool, folds: bool) -> SizeView:
    if folds and 0 < row["customers"] < SMALL_GROUP:
        return SizeView(day, code, None, None, window_full)
    return SizeView(day, code, row["customers"], row["sales"], window_full)


def segment_members(code: str, as_of: date | None = None) -> pa.Array:
    """The customers of a segment on a scoring day: int64[n], ascending. Raises NotFound for an unknown one."""
    if code not in rules.STRATEGIES:
        raise NotFound("There is no segment {code}.", code=code)
    path = _current().paths("rfm")[_place(as_of)]
    found = pq.read_table(path, columns=["customer_id"], filters=[("segment", "=", code)])
    ids = found["customer_id"].combine_chunks()
    return ids.take(pc.array_sort_indices(ids))


def members_of(by: Member, code: str, as_of: date | None = None, *, after: int = 0, limit: int = 50) -> list[int]:
    """Ids of a segment's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.CUSTOMERS_VIEW)
    ids = segment_members(code, as_of).to_numpy()
    if not scope_of(by).everyone:
        ids = np.intersect1d(ids, np.array(customers.customer_ids(by, CustomerQuery()), dtype=np.int64))
    return [int(one) for one in ids[np.searchsorted(ids, after, side="right") :][:limit]]


def history(customer_id: int) -> list[StandingView]:
    """A customer's scores on every scoring day since the first purchase, oldest first; empty for an unknown one."""
    rows = rows_of(_paths("history"), "customer_id", customer_id)
    names = strategies() if rows else {}
    return [_standing(row, names) for row in sorted(rows, key=lambda row: row["as_of"])]


def _paths(table: str) -> Iterable[Path]:
    try:
        return _current().paths(table)
    except NotFound:
        return ()


def _standing(row: dict[str, Any], names: dict[str, StrategyView]) -> StandingView:
    taken = {name: row[name] for name in ("as_of", "r", "f", "m", "score", "segment", "recency_days", "frequency",
                                          "monetary")}  # fmt: skip
    return StandingView(group=f"{row['r']}{row['f']}{row['m']}", name=names[row["segment"]].name, **taken)


def migration(start: date, end: date, *, by: Member | None = None) -> list[Flow]:
    """Who went where between two scoring days: one flow for each pair of segments that occurs.

    The flow from \"\" are the customers whose first purchase lies in between. Raises NotFound for other days.
    """
    snapshot, first, last = _current(), _place(start), _place(end)
    rows = _moved(snapshot.root, min(first, last), max(first, last))
    folds = not sees_small_groups(by)
    return [Flow(before, after, None if folds and count < SMALL_GROUP else count) for before, after, count in rows]


@lru_cache(maxsize=200)
def _moved(root: Path, first: int, last: int) -> tuple[tuple[str, str, int], ...]:
    """Snapshots never change, so an answer about two of their months stays true."""
    paths = _current().paths("rfm")
    engine = current()
    found = engine.arrow(tables.migration(engine.table([paths[first]]), engine.table([paths[last]])))
    return tuple(sorted((row["segment_before"], row["segment"], row["customers"]) for row in found.to_pylist()))


def scheme() -> SchemeView:
    """The scheme in force; the default one before anything was scored."""
    row = Scheme.objects.select_related("by").order_by("-version").first()
    if row is None:
        return SchemeView(rules.DEFAULT, None, "", None, scored=False)
    here = rules.from_dict(row.definition)
    try:
        scored = _current().facts["scheme"]["version"] == row.version
    except NotFound:
        scored = False
    return SchemeView(here, row.cut_on, row.by.name, row.at, scored)


def scored_by() -> rules.RfmScheme:
    """The scheme the scores that are shown were made with. Raises NotFound before the first scoring."""
    return rules.from_dict(_current().facts["scheme"])


def scheme_versions() -> list[SchemeView]:
    """All published schemes, newest first, each with what differs from the version before."""
    rows = [(row, rules.from_dict(row.definition)) for row in Scheme.objects.select_related("by").order_by("-version")]
    earlier = {here.version: before for (_row, here), (_old, before) in pairwise(rows)}
    return [
        SchemeView(
            here,
            row.cut_on,
            row.by.name,
            row.at,
            scored=False,
            changes=rules.differences(earlier[here.version], here) if here.version in earlier else (),
        )
        for row, here in rows
    ]


def preview(wanted: rules.RfmScheme) -> Preview:
    """What a scheme would make of today's customers. Reads the purchases; saves nothing. Raises NotFound."""
    source, _newest = warehouse.current()
    day = date.fromisoformat(source.facts["as_of"])
    with fresh() as engine:
        spent = engine.keep(tables.spend(warehouse.table(engine, source, "sales_lines"), day, wanted.window_days))
        ready = tables.with_computed(engine, spent, day, wanted)
        scores = tables.scored(spent, day, ready)
        found = engine.arrow(tables.group_sizes(scores)).to_pylist()
        histograms = _histograms(engine, spent, day, ready)
    return _preview(ready, day, found, histograms)


def _histograms(engine: Engine, spent: Table, day: date, ready: rules.RfmScheme) -> dict[str, Histogram]:
    """Of every axis, as far as its largest cut point at least."""
    [usual] = engine.arrow(tables.nearly_all(spent, day)).to_pylist()
    found = {}
    for code, axis in ready.axes.items():
        top = max(float(usual[code] or 0), 1.1 * max(axis.cut_points, default=0), 1.0)
        counted = engine.arrow(tables.histogram(spent, day, code, top, BINS)).to_pylist()
        bins = {row["bin"]: row["customers"] for row in counted}
        found[str(code)] = Histogram(top, [bins.get(place, 0) for place in range(BINS)])
    return found


def _preview(
    ready: rules.RfmScheme, day: date, groups: list[dict[str, Any]], histograms: dict[str, Histogram]
) -> Preview:
    segments = dict.fromkeys(rules.SEGMENTS, 0)
    axes = {code: dict.fromkeys(range(1, axis.groups + 1), 0) for code, axis in ready.axes.items()}
    for row in groups:
        segments[row["segment"]] += row["customers"]
        for code, digit in zip(rules.AXES, row["group"], strict=True):
            axes[code][int(digit)] += row["customers"]
    return Preview(ready, day, sum(segments.values()), segments, {str(code): sizes for code, sizes in axes.items()},
                   histograms)  # fmt: skip
