"""Look for what is stale, over-summarised or unlinked: sources, sales, keys, quarantine."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa
from django.utils import timezone
from ibis.expr.types import Table

from dangol.customers.collect import reads as collect
from dangol.customers.identify import reads as identify
from dangol.customers.identify.reads import quality as identify_quality
from dangol.customers.quality import tables
from dangol.customers.quality.models import Finding
from dangol.customers.quality.rules.findings import is_late, is_rolled_up
from dangol.engine import Engine
from dangol.staff.reads import system
from dangol.work.actions import Running

LOADS_SEEN = 12


def find(engine: Engine, running: Running) -> list[Finding]:
    """What there is to be said today; nothing is kept here."""
    found = [*_late_sources(), *_quarantine()]
    facts = {kind: _facts(engine, kind) for kind in ("sales", "products", "stores")}
    running.progress(9, 10)
    if facts["sales"] is not None:
        found += [*_rolled_up(engine, facts["sales"]), *_unlinked(engine, facts["sales"])]
        found += _unknown(engine, facts["sales"], facts["products"], "product_key", "unknown_products")
        found += _unknown(engine, facts["sales"], facts["stores"], "store_key", "unknown_stores")
    return found


def _facts(engine: Engine, kind: str) -> Table | None:
    files = [file.path for file in collect.raw_files(kind)]
    return engine.table(files) if files else None


def _finding(kind: str, subject: str, count: int, total: int | None = None, **detail: Any) -> Finding:
    return Finding(kind=kind, subject=subject[:100], count=count, total=total, detail=detail, at=timezone.now())


def _late_sources() -> Iterator[Finding]:
    """Sources that were not refreshed in their usual rhythm: the median gap of their last loads."""
    now, by = timezone.now(), system()
    for source in collect.sources(by):
        loads = collect.loads(by, source_code=source.code, limit=LOADS_SEEN)
        done = sorted(load.finished_at for load in loads if load.finished_at and load.state == "done")
        gaps = [(later - earlier) / timedelta(days=1) for earlier, later in pairwise(done)]
        if not source.own and gaps and is_late((now - done[-1]) / timedelta(days=1), gaps):
            yield _finding("late_source", source.name, round((now - done[-1]) / timedelta(days=1)),
                           code=source.code, rhythm_days=round(median(gaps), 1), last=done[-1].isoformat())  # fmt: skip


def _quarantine() -> Iterator[Finding]:
    groups = collect.quarantine_groups(system())
    for group in groups:
        yield _finding("quarantine", group.source_name, group.rows, code=group.source, reason=group.reason,
                       template=group.template, label=group.label)  # fmt: skip


def _rolled_up(engine: Engine, sales: Table) -> Iterator[Finding]:
    for row in engine.arrow(tables.rolled_up(sales)).to_pylist():
        if is_rolled_up(row["lines"], row["groups"], row["months"], row["most"]):
            yield _finding("rolled_up", row["source"], row["lines"], row["lines"], customer_months=row["groups"],
                           months=row["months"], same_day=row["most"])  # fmt: skip


def _owners(engine: Engine) -> Table:
    """Keys with their customer and whether it is named."""
    named = pa.table({"customer_id": pa.array(identify_quality.named_ids(), pa.int64())})
    keys, people = engine.memory(identify.keys()), engine.memory(named)
    marked = keys.left_join(people, keys.customer_id == people.customer_id)
    return marked.select("source", "key", "customer_id", named=marked.customer_id_right.notnull())


def _unlinked(engine: Engine, sales: Table) -> Iterator[Finding]:
    owners = _owners(engine)
    row = engine.arrow(tables.unnamed_sales(sales, owners)).to_pylist()[0]
    if row["unnamed"]:
        yield _finding("unnamed_sales", "", row["unnamed"], row["lines"])
    if row["keyless"]:
        yield _finding("keyless_sales", "", row["keyless"], row["lines"])
    bought = engine.arrow(tables.without_sales(owners, sales)).to_pylist()[0]["bought"]
    total = identify_quality.how_many()
    if total > bought:
        yield _finding("without_sales", "", total - bought, total)


def _unknown(engine: Engine, sales: Table, master: Table | None, column: str, kind: str) -> Iterator[Finding]:
    if column not in sales.columns:
        return
    for row in engine.arrow(tables.unknown_keys(sales, master, column)).to_pylist():
        yield _finding(kind, row["source"], row["lines"], keys=row["keys"], example=row["example"],
                       no_master=master is None)  # fmt: skip
