"""Measure all customers: counts by branch, rep and source, who breaks which rule, and what is stale or unlinked."""

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from ibis.expr.types import Table

from dangol.customers.identify.reads import quality as identify
from dangol.customers.quality import tables
from dangol.customers.quality.actions.asking import recheck
from dangol.customers.quality.actions.finding import find
from dangol.customers.quality.actions.ruling import begin
from dangol.customers.quality.models import Finding, Measurement, Measuring
from dangol.customers.quality.reads.ruling import rules_in_force
from dangol.customers.quality.reads.stored import store
from dangol.customers.quality.rules.checks import FIELDS, Rule
from dangol.customers.quality.rules.criteria import Counts, Weighing, add, empty, weighing
from dangol.engine import Engine, fresh_local
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

SCRATCH = "quality-"
ROWS_A_GROUP = 122_880
DAILY_DAYS = 62
CHUNK = 2_000
PARTS = ("real", "held", "ok", "standard", "fresh", "single")


def measure(running: Running) -> dict[str, Any]:
    """Measure every customer against the rules in force; the day's measurement is replaced if there is one.

    Memory is bounded by the engine's limit and one piece of rows. Returns customers, rules, broken, tasks_closed.
    Raises Cancelled.
    """
    began, today = time.perf_counter(), timezone.now().astimezone(settings.DANGOL.zone).date()
    begin(by=running.by or system())
    rules = [rule for rule in rules_in_force() if rule.on]
    how = weighing(rules)
    with _scratch() as folder, fresh_local() as engine:
        people = engine.table([export(folder / "people.parquet", running)])
        path = folder / "judged.parquet"
        customers = engine.write(tables.judged(people, rules, how, today), path)
        (folder / "people.parquet").unlink()
        judged = engine.table([path])
        running.progress(6, 10)
        groups = _groups(engine, judged, rules, how)
        sources = _sources(engine, judged)
        running.progress(8, 10)
        broken = _keep_breakers(engine, judged, rules, today)
        closed = recheck(engine, judged, {rule.id for rule in rules})
        found = find(engine, running)
    took = time.perf_counter() - began
    _keep(today, groups, sources, how=how, rules=rules, seconds=took, found=found)
    return {"customers": customers, "rules": len(rules), "broken": broken, "tasks_closed": closed}


def measure_soon(*, by: Member) -> int:
    """Queue a measuring; while one is queued or running, its id is returned instead."""
    require(by, Right.QUALITY_EDIT)
    return enqueue(kind="quality.measure", arguments={}, by=by, unique_key="quality.measure")


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that only this process may read, gone at the end; those of crashed runs are removed as well."""
    home: Path = settings.DANGOL.home / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    for left in home.glob(f"{SCRATCH}*"):
        if time.time() - left.stat().st_mtime > 6 * 3600:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=SCRATCH) as folder:
        yield Path(folder)


def export(path: Path, running: Running, **which: Any) -> Path:
    """All customers (or those of identify's `which`) as one Parquet file, written piece by piece."""
    total = max(identify.how_many(), 1)
    done = 0
    with _collector_paused(), pq.ParquetWriter(path, identify.schema(), compression="lz4") as file:
        for batch in identify.people(**which):
            file.write_batch(batch, row_group_size=ROWS_A_GROUP)
            done += batch.num_rows
            running.progress(int(5 * done / total), 10)
    return path


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Millions of short-lived tuples without cycles: walking them cost two fifths of the export (measured)."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _groups(engine: Engine, judged: Table, rules: Sequence[Rule], how: Weighing) -> list[tuple[Any, Any, Counts]]:
    """(unit id, rep id, counts) of every pair that has customers."""
    rows = engine.arrow(tables.by_group(judged)).to_pylist()
    return [(row["unit_id"], row["rep_id"], _counts(row, rules, how)) for row in rows]


def _counts(row: Mapping[str, Any], rules: Sequence[Rule], how: Weighing) -> Counts:
    def number(name: str) -> int:
        return int(row.get(name) or 0)

    fields = {
        name: {part: number(f"{part}_{name}") for part in PARTS if f"{part}_{name}" in row} for name in FIELDS
    }  # fmt: skip
    return {
        **{name: number(name) for name in ("customers", "named", "keyed", "charged", "single")},
        "fields": fields,
        "uses": {use: number(f"use_{place}") for place, use in enumerate(how.uses)},
        "rules": {str(rule.id): number(f"rule_{rule.id}") for rule in rules},
    }


def _sources(engine: Engine, judged: Table) -> dict[str, Counts]:
    """Counts of the values that came from each source; customers: those it has a key for."""
    known = identify.known_by_source()
    found: dict[str, Counts] = {}
    for row in engine.arrow(tables.by_source(judged)).to_pylist():
        source = row["source"] or ""
        into = found.setdefault(source, empty() | {"customers": known.get(source, 0)})
        into["fields"][row["field"]] = {part: int(row[part] or 0) for part in tables.PARTS}
    return found


def _keep_breakers(engine: Engine, judged: Table, rules: Sequence[Rule], today: date) -> int:
    """A snapshot of who breaks which rule. Returns how many customers break any."""
    with store().draft(f"{today:%Y%m%d}-{time.time_ns() // 10**6:x}") as draft:
        draft.facts = {"day": today.isoformat(), "rules": {str(rule.id): rule.version for rule in rules}}
        path = draft.place("broken")
        rows = engine.write(tables.breakers(judged, [rule.id for rule in rules]), path)
        draft.add("broken", path, rows)
    return rows


@transaction.atomic
def _keep(
    day: date, groups: Sequence[tuple[Any, Any, Counts]], sources: Mapping[str, Counts], *, how: Weighing,
    rules: Sequence[Rule], seconds: float, found: Sequence[Finding],
) -> None:  # fmt: skip
    now = timezone.now()
    rows = [Measurement(day=day, cut="all", counts=add(counts for *_place, counts in groups))]
    rows += _rolled("unit", day, groups, lambda unit, _rep: unit)
    rows += _rolled("rep", day, groups, lambda _unit, rep: rep)
    rows += [Measurement(day=day, cut="source", key=source[:60], counts=counts) for source, counts in sources.items()]
    Measurement.objects.filter(day=day).delete()
    Measurement.objects.bulk_create(rows, batch_size=CHUNK)
    versions = {str(rule.id): rule.version for rule in rules}
    Measuring.objects.update_or_create(
        day=day, defaults={"weighing": how.as_dict(), "rules": versions, "seconds": seconds, "at": now}
    )
    Finding.objects.all().delete()
    Finding.objects.bulk_create(found)
    _thin(day)


def _rolled(
    cut: str, day: date, groups: Sequence[tuple[Any, Any, Counts]], key_of: Callable[[Any, Any], Any]
) -> list[Measurement]:
    together: dict[str, list[Counts]] = {}
    for unit, rep, counts in groups:
        key = key_of(unit, rep)
        together.setdefault("" if key is None else str(int(key)), []).append(counts)
    return [Measurement(day=day, cut=cut, key=key, counts=add(counts)) for key, counts in together.items()]


def _thin(today: date) -> None:
    """Keep every day of the last two months, and of earlier months the last measured day."""
    days = Measuring.objects.filter(day__lt=today - timedelta(days=DAILY_DAYS)).values_list("day", flat=True)
    last: dict[tuple[int, int], date] = {}
    for day in sorted(days):
        last[day.year, day.month] = day
    gone = set(days) - set(last.values())
    if gone:
        Measurement.objects.filter(day__in=gone).delete()
        Measuring.objects.filter(day__in=gone).delete()
