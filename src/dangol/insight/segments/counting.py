"""Exact counts while somebody edits: a bit a customer for every condition, kept, so that an edit asks for one anew.

A condition's answer over the served facts never changes; it is asked of the engine once and kept as bits. Putting
answers together, bounding them by what a member may see and counting them are a few passes over bytes: 125 KB for a
million customers.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify
from dangol.engine import Engine, Snapshot
from dangol.insight.olap import each
from dangol.insight.olap.own import reads as own
from dangol.insight.score import reads as score
from dangol.insight.segments import prepared, rules, tables
from dangol.insight.segments.models import Segment
from dangol.insight.warehouse import reads as warehouse

NO_BIRTHDAYS = pa.schema([("customer_id", pa.int64()), ("month", pa.int8())]).empty_table()  # of facts laid before 2
Bits = NDArray[np.uint8]
KEPT_BYTES = 128 * 2**20
# Scores of rooms that need not be there: module -> the name conditions call its table by.
OTHERS = {
    "channels": "dangol.insight.score.reads.channels",
    "lifetime": "dangol.insight.score.lifetime.reads",
    "groups": "dangol.insight.score.groups.reads",
    "index": "dangol.insight.score.index.reads",
}


@dataclass
class Served:
    """The facts that are served now, of whom they know, and the answers found so far."""

    laid: Snapshot
    star: Snapshot
    key: tuple[str, ...]
    as_of: date
    everybody: Bits
    length: int
    known: OrderedDict[str, Bits] = field(default_factory=OrderedDict)
    reaches: dict[str, Mapping[str, Bits]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def remember(self, name: str, bits: Bits) -> Bits:
        """Keep an answer, and forget the one not asked for longest where there are too many."""
        with self.lock:
            self.known[name] = bits
            while len(self.known) * len(bits) > KEPT_BYTES:
                self.known.popitem(last=False)
        return bits

    def recall(self, name: str) -> Bits | None:
        """An answer found before."""
        with self.lock:
            if name in self.known:
                self.known.move_to_end(name)
            return self.known.get(name)

    def bits(self, ids: Any) -> Bits:
        """Customers as bits; ids unknown to the facts are left out."""
        found = np.zeros(self.length, dtype=bool)
        ids = np.asarray(ids, dtype=np.int64)
        found[ids[(ids >= 0) & (ids < self.length)]] = True
        return np.packbits(found) & self.everybody

    def ids(self, bits: Bits) -> NDArray[np.int64]:
        """Bits as customers, ascending."""
        return np.flatnonzero(np.unpackbits(bits, count=self.length)).astype(np.int64)


_served: list[Served] = []
_opening = threading.Lock()


def served(engine: Engine) -> Served:
    """The facts that are served now. Raises NotFound before the first cycle."""
    laid = prepared.current()
    star = warehouse.store().open(laid.facts["warehouse"])
    key = (laid.id, star.id, _scores_key(), *(_other_key(name) for name in OTHERS))
    with _opening:
        if not _served or _served[0].key != key:
            _served[:] = [_open(engine, laid, star, key)]
        return _served[0]


def _open(engine: Engine, laid: Snapshot, star: Snapshot, key: tuple[str, ...]) -> Served:
    customers = warehouse.table(engine, star, "customers")
    ids = engine.arrow(customers.select("customer_id"))["customer_id"].to_numpy()
    length = int(ids.max()) + 1 if len(ids) else 1
    flags = np.zeros(length, dtype=bool)
    flags[ids] = True
    return Served(laid, star, key, date.fromisoformat(star.facts["as_of"]), np.packbits(flags), length)


def _scores_key() -> str:
    try:
        return score.store().current()[0].id
    except NotFound:
        return ""


def _other(name: str) -> Any:
    """The reads of a room that may not be there, or None."""
    try:
        module = import_module(OTHERS[name])
    except ModuleNotFoundError:
        return None
    return module if hasattr(module, "table") else None


def _other_key(name: str) -> str:
    room = _other(name)
    store = getattr(room, "store", None)
    try:
        return str(store().current()[0].id) if store else ""
    except NotFound:
        return ""


def facts(engine: Engine, now: Served) -> tables.Facts:
    """The served facts as tables of an engine."""
    laid = {name: engine.table(now.laid.paths(name)) for name in (
        "purchases", "by_product", "products", "channels", "events", "reach")}  # fmt: skip
    born = engine.table(now.laid.paths("birthdays")) if "birthdays" in now.laid.rows else engine.memory(NO_BIRTHDAYS)
    summed = "tickets" in now.laid.files  # facts laid down before there were tickets serve until the next cycle
    laid["stores"] = _stores(engine, now)
    laid["tickets"] = engine.table(now.laid.paths("tickets")) if summed else tables.tickets(laid["purchases"])

    def members(within: tables.Facts, segment_id: int) -> Any:
        row = Segment.objects.filter(pk=segment_id).first()
        if row is not None and row.kind == "live":
            return tables.members(within, rules.from_dict(row.definition))
        ids = identify.members_of_segment(segment_id)
        return engine.memory(pa.table({"customer_id": pa.array(ids, pa.int64())}))

    return tables.Facts(
        as_of=now.as_of, customers=warehouse.table(engine, now.star, "customers"),
        scores=lambda name, ago: _score_table(engine, name, ago), members=members, **laid, birthdays=born,
        measured=lambda within, asked: _measured(engine, now, within, asked),
    )  # fmt: skip


def _stores(engine: Engine, now: Served) -> Any:
    """Stores as purchases name them: by the star's numbers, but in facts laid before it gave them any."""
    found = warehouse.table(engine, now.star, "stores")
    return tables.stores(found) if "place" in found.columns else engine.table(now.laid.paths("stores"))


def _measured(engine: Engine, now: Served, within: tables.Facts, asked: rules.Measured) -> tuple[Any, bool]:
    """A measure of customers over the days a condition asks for, and whether those without a purchase fit."""
    first, last = tables.days_of(asked.window, within.as_of)
    open_end = asked.window.kind != "between" and within.as_of >= now.as_of
    bounds = [one for one in (asked.least, asked.most) if one is not None]
    found = each.figures(
        asked.measure, engine, days=(first, None if open_end else last), ids=within.only, bounds=bounds
    )
    there = ~np.isnan(found.values)
    rows = pa.table({"customer_id": found.ids, "seen": pa.array(found.values, mask=~there)})
    fits = found.empty is not None and (asked.least is None or found.empty >= asked.least)
    return engine.memory(rows), fits and (asked.most is None or (found.empty or 0) <= asked.most)


def _score_table(engine: Engine, name: str, ago: int) -> Any:
    """A table of scores, some scoring days ago; None where it is not there."""
    if name == "rfm":
        return _rfm(engine, ago)
    room = _other(name) if name in OTHERS else None
    try:
        return room.table(engine) if room else None
    except NotFound:
        return None


def _rfm(engine: Engine, ago: int) -> Any:
    try:
        paths = score.store().current()[0].paths("rfm")
    except NotFound:
        return None
    if ago >= len(paths):
        return None
    return with_group(engine.table([paths[len(paths) - 1 - ago]]))


def with_group(table: Any) -> Any:
    """RFM scores with their group, like 543."""
    return table.mutate(group=table.r.cast("string") + table.f.cast("string") + table.m.cast("string"))


# ---- answers as bits ---------------------------------------------------------------------------------------------


Check = Callable[[], None]


class Counter:
    """Answers over the served facts with one engine. check: called before each question; raises to give up."""

    def __init__(self, engine: Engine, check: Check = lambda: None) -> None:
        self.engine, self.check = engine, check
        self.now = served(engine)
        self._facts: tables.Facts | None = None
        self.asked = 0

    @property
    def facts(self) -> tables.Facts:
        """The tables, opened at the first question that needs them."""
        if self._facts is None:
            self._facts = facts(self.engine, self.now)
        return self._facts

    def condition(self, asked: rules.Condition) -> Bits:
        """Who meets a condition."""
        if isinstance(asked, rules.InSegment):
            found = self.segment(asked.segment_id)
            return found if asked.inside else ~found & self.now.everybody
        name = json.dumps(rules.node_to_dict(asked), sort_keys=True)
        name += f" {own.stamp()}" if isinstance(asked, rules.Measured) else ""
        known = self.now.recall(name)
        if known is not None:
            return known
        self.check()
        self.asked += 1
        said = tables.answer(self.facts, asked)
        bits = self.now.bits(self.engine.arrow(said.named)["customer_id"].to_numpy())
        return self.now.remember(name, ~bits & self.now.everybody if said.others else bits)

    def segment(self, segment_id: int) -> Bits:
        """Who is in a saved segment: a live one by its definition, a list by its members."""
        row = Segment.objects.filter(pk=segment_id).first()
        if row is None:
            return np.zeros_like(self.now.everybody)
        if row.kind == "live":
            return self.node(rules.from_dict(row.definition))
        name = f"segment {row.pk} {row.version} {row.members_sha256}"
        known = self.now.recall(name)
        if known is not None:
            return known
        self.check()
        return self.now.remember(name, self.now.bits(identify.members_of_segment(row.pk)))

    def node(self, node: rules.Node) -> Bits:
        """Who is described by a group or meets a condition; what is still being filled in asks for nothing."""
        ready = rules.ready(node)
        if ready is None:
            return self.now.everybody
        return self._ready(ready)

    def _ready(self, node: rules.Node) -> Bits:
        if not isinstance(node, rules.Group):
            return self.condition(node)
        parts = [self._ready(part) for part in node.parts]
        found = parts[0]
        for part in parts[1:]:
            found = found & part if node.match == rules.ALL else found | part
        return ~found & self.now.everybody if node.match == rules.NONE else found

    def reach(self, channel: str) -> Mapping[str, Bits]:
        """Who can be written to on a channel (reason ""), and who cannot, by reason; who said no word is in none."""
        if channel not in self.now.reaches:
            self.check()
            table = self.facts.reach
            rows = self.engine.arrow(table.filter(table.channel == channel).select("customer_id", "reason"))
            ids, reasons = rows["customer_id"].to_numpy(), rows["reason"]
            self.now.reaches[channel] = {
                reason: self.now.bits(ids[pc.equal(reasons, reason).to_numpy(zero_copy_only=False)])
                for reason in reasons.unique().to_pylist()
            }
        return self.now.reaches[channel]


def size(bits: Bits) -> int:
    """How many customers."""
    return int(np.bitwise_count(bits).sum())


def sample(ids: NDArray[np.int64], most: int) -> Iterable[int]:
    """Some of many, spread evenly: the same ones each time."""
    if len(ids) <= most:
        return [int(one) for one in ids]
    return [int(ids[len(ids) * place // most]) for place in range(most)]
