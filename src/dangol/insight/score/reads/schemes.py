"""The schemes customers are scored by: in force, over time, tried out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet
from ibis.expr.types import Table

from dangol.base.errors import NotFound
from dangol.engine import Engine, Snapshot, current, fresh
from dangol.insight.score import rules, tables
from dangol.insight.score.models import Scheme
from dangol.insight.score.reads.kept import newest, store
from dangol.insight.warehouse import reads as warehouse

BINS = 40


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
        return math.sqrt(min(max(value, 0.0) / self.top, 1.0))


def schemes_of(channel: str) -> QuerySet[Scheme]:
    """The versions of the company's scheme ("") or of a channel's, the newest first. For this room only."""
    own = Scheme.objects.filter(channel__name=channel) if channel else Scheme.objects.filter(channel=None)
    return own.select_related("by").order_by("-version")


def scheme(channel: str = "") -> SchemeView:
    """The scheme in force; the default one before anything was scored. Raises NotFound for a channel without one."""
    row = schemes_of(channel).first()
    if row is None and channel:
        raise NotFound("The channel “{channel}” has no scheme of its own.", channel=channel)
    if row is None:
        return SchemeView(rules.DEFAULT, None, "", None, scored=False)
    here = rules.from_dict(row.definition)
    try:
        scored = newest(channel).facts["scheme"]["version"] == row.version
    except NotFound:
        scored = False
    return SchemeView(here, row.cut_on, row.by.name, row.at, scored)


def scored_by(channel: str = "") -> rules.RfmScheme:
    """The scheme the scores that are shown were made with. Raises NotFound before the first scoring."""
    return rules.from_dict(newest(channel).facts["scheme"])


def scheme_versions(channel: str = "") -> list[SchemeView]:
    """All published schemes, newest first, each with what differs from the version before."""
    rows = [(row, rules.from_dict(row.definition)) for row in schemes_of(channel)]
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


def preview(wanted: rules.RfmScheme, channel: str = "") -> Preview:
    """What a scheme would make of today's customers; saves nothing. Raises NotFound, BadInput.

    The purchases are read once for a window; with other cut points only customers are counted anew.
    """
    source, _newest = warehouse.current()
    day = date.fromisoformat(source.facts["as_of"])
    made_of = (str(source.root), source.id, str(store(channel).pointer()))
    asked = _Measuring(source, made_of, day, wanted.window_days, channel)
    known, usual = _measured(asked)
    engine = current()
    spent = engine.memory(known)
    ready = tables.with_computed(engine, spent, day, wanted)
    found = engine.arrow(tables.tried(spent, day, ready)).to_pylist()
    histograms = {}
    for code, axis in ready.axes.items():  # of every axis, as far as its largest cut point at least
        top = max(float(usual[code] or 0), 1.1 * max(axis.cut_points, default=0), 1.0)
        histograms[str(code)] = _histogram(asked, code, top)
    return _preview(ready, day, found, histograms)


@dataclass(frozen=True)
class _Measuring:
    """What is measured of customers: which purchases, to which day, in which window.

    made_of: where purchases and scores lie that are served, which tells one question from another.
    """

    source: Snapshot = field(compare=False)
    made_of: tuple[str, ...]
    day: date
    window_days: int | None
    channel: str


@lru_cache(maxsize=4)  # some 20 MB each for a million customers
def _measured(asked: _Measuring) -> tuple[pa.Table, dict[str, Any]]:
    """What every customer is graded by on a day, and the value nearly all lie under; snapshots never change."""
    with fresh() as engine:
        spent = engine.keep(_spent(engine, asked))
        [usual] = engine.arrow(tables.nearly_all(spent, asked.day)).to_pylist()
        return engine.arrow(spent), usual


def _spent(engine: Engine, asked: _Measuring) -> Table:
    """From the scores where these purchases were measured by this window already, else from the purchases."""
    try:
        scores = newest(asked.channel)
        here = (scores.facts.get("warehouse"), scores.facts["scheme"]["window_days"])
    except NotFound:
        here = None
    if here == (asked.source.id, asked.window_days):
        return tables.measured(engine.table([scores.paths("rfm")[-1]]), asked.day)
    lines = tables.of_channel(warehouse.table(engine, asked.source, "sales_lines"), asked.channel)
    return tables.measured(tables.spend(lines, asked.day, asked.window_days), asked.day)


@lru_cache(maxsize=100)
def _histogram(asked: _Measuring, code: rules.AxisCode, top: float) -> Histogram:
    """Customers along an axis; stays the same while cut points move below its top. asked: as `_measured`."""
    known, _usual = _measured(asked)
    engine = current()
    counted = engine.arrow(tables.histogram(engine.memory(known), asked.day, code, top, BINS)).to_pylist()
    bins = {row["bin"]: row["customers"] for row in counted}
    return Histogram(top, [bins.get(place, 0) for place in range(BINS)])


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
