"""Tie the keys of all sources to customers: people first, then the keys that only facts know."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from django.utils import timezone

from dangol.customers.collect import reads as collect_reads
from dangol.customers.identify import tables
from dangol.customers.identify.golden import fields
from dangol.customers.identify.golden.actions import recompute
from dangol.customers.identify.golden.rules import FIELDS
from dangol.customers.identify.models import Customer, SourceKey, Taken
from dangol.customers.identify.postings import actions as postings
from dangol.customers.identify.reads.whole import owned_keys
from dangol.customers.identify.rules import ExactKey, Linker
from dangol.engine import fresh
from dangol.staff.reads import Member
from dangol.work.actions import Quiet, Running

CHUNK = 5_000
FACTS = ("sales", "contacts", "responses")
CODE_LENGTH = 60
NEW_KEY = (
    "INSERT INTO identify_sourcekey (source, key, customer_id) SELECT %s, %s, id FROM identify_customer WHERE code = %s"
)
OLD_KEY = "INSERT INTO identify_sourcekey (source, key, customer_id) VALUES (%s, %s, %s)"


def link(running: Running, *, linker: Linker | None = None) -> dict[str, Any]:
    """Give every key a customer and every customer the golden values its sources' words make.

    Only batches that came, were taken back or were brought back since the last run are looked at. Un-named customers
    are made for keys that come without a person; a person who comes later under such a key names that customer and
    keeps its id. Idempotent, and resumable after any chunk.
    Returns {people, refused, changed, new_customers, new_keys}.
    """
    how = linker or ExactKey()
    counted = {"people": 0, "refused": 0, "changed": 0, "new_customers": 0, "new_keys": 0}
    _people(how, counted, running)
    _facts(how, counted, running)
    if counted["new_customers"] or counted["people"]:
        _measure()
    return counted


def _people(how: Linker, counted: dict[str, int], running: Running) -> None:
    """The batches of people that changed: their keys, then the golden values of everybody they speak of."""
    taken = dict(Taken.objects.filter(kind="people").values_list("batch", "live"))
    for batch, live in sorted(collect_reads.people_batches().items()):
        if taken.get(batch, False) == live:
            continue
        postings.turn(batch, live=live)
        for chunk in _chunks(collect_reads.people_keys(batch)):
            if live:
                _add(counted, _tie(how, _table(chunk), running))
            found = _existing(_table(chunk))
            wanted = set(chunk)
            owners = {row["customer_id"] for row in found.to_pylist() if (row["source"], row["key"]) in wanted}
            _add(counted, recompute(owners, cause="load" if live else "undo") | {"people": len(chunk)})
            running.progress(counted["people"], None, "people")
        _take("people", batch, live=live)


def _facts(how: Linker, counted: dict[str, int], running: Running) -> None:
    """The keys of fact batches that came since."""
    taken = set(Taken.objects.filter(kind="facts").values_list("batch", flat=True))
    files = [[file for file in collect_reads.raw_files(kind) if file.batch not in taken] for kind in FACTS]
    _add(counted, _tie(how, _fact_keys([[file.path for file in some] for some in files if some]), running))
    for some in files:
        for file in some:
            _take("facts", file.batch, live=True)


def _take(kind: str, batch: int, *, live: bool) -> None:
    Taken.objects.update_or_create(kind=kind, batch=batch, defaults={"live": live})


@transaction.atomic
def admit(*, by: Member, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """The customers of a few collected people at once, without waiting for the next cycle, with their golden values.

    rows: source (the key space) and source_key of people that collect has already. Returns {(source, source_key):
    customer id}.
    """
    wanted = {(str(row["source"]), str(row["source_key"])) for row in rows}
    _tie(ExactKey(), _table(sorted(wanted)), Quiet(by=by))
    found = {(row["source"], row["key"]): row["customer_id"] for row in _existing(_table(sorted(wanted))).to_pylist()}
    owners = {pair: pk for pair, pk in found.items() if pair in wanted}
    recompute(owners.values(), cause="load")
    return owners


def _add(counted: dict[str, int], more: dict[str, int]) -> None:
    for name, number in more.items():
        counted[name] += number


def _chunks(rows: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _table(pairs: list[tuple[str, str]]) -> pa.Table:
    return pa.table({"source": [pair[0] for pair in pairs], "key": [pair[1] for pair in pairs]})


def _fact_keys(paths: list[list[Any]]) -> pa.Table:
    if not paths:
        return pa.table({"source": pa.array([], pa.string()), "key": pa.array([], pa.string())})
    with fresh() as engine:
        return engine.arrow(tables.used_keys([engine.table(some) for some in paths]))


def _tie(how: Linker, wanted: pa.Table, running: Running) -> dict[str, int]:
    """Customers and key rows for the keys that have none."""
    if wanted.num_rows == 0:
        return {}
    open_keys = _open(how, wanted.select(["source", "key"]))
    made = {"new_customers": 0, "new_keys": 0}
    groups = groupby(open_keys, key=itemgetter("group"))
    while batch := [list(rows) for _group, rows in islice(groups, CHUNK)]:
        _add(made, _make(batch))
        running.progress(made["new_keys"], None, "keys")
    return made


def _open(how: Linker, wanted: pa.Table) -> Iterator[dict[str, Any]]:
    """The keys without a customer, group by group; as a table until they are asked for, so that millions fit."""
    existing = owned_keys() if wanted.num_rows > CHUNK else _existing(wanted)
    every = pa.concat_tables(
        [existing.select(["source", "key"]), wanted.cast(existing.select(["source", "key"]).schema)]
    )
    every = every.group_by(["source", "key"]).aggregate([])
    spaces = collect_reads.systems()
    named = every["source"].combine_chunks().dictionary_encode()
    space = pa.array([spaces.get(one, one) for one in named.dictionary.to_pylist()], pa.string()).take(named.indices)
    groups = how.tie(every.append_column("space", space)).select(["source", "key", "group"])
    with fresh() as engine:
        found = engine.arrow(tables.unlinked(engine.memory(groups), engine.memory(existing)))
    for batch in found.to_batches(max_chunksize=CHUNK):
        yield from batch.to_pylist()


def _existing(wanted: pa.Table) -> pa.Table:
    """The key rows that have one of these keys, whatever their source."""
    sources = collect_reads.systems().keys() | set(wanted["source"].unique().to_pylist())
    rows = SourceKey.objects.filter(source__in=sorted(sources), key__in=wanted["key"].unique().to_pylist()).values_list(
        "source", "key", "customer_id"
    )  # the sources let the index of the constraint answer
    columns: list[Any] = list(zip(*rows, strict=True)) or [[], [], []]
    return pa.table(
        {
            "source": pa.array(columns[0], pa.string()),
            "key": pa.array(columns[1], pa.string()),
            "customer_id": pa.array(columns[2], pa.int64()),
        }
    )


@transaction.atomic
def _make(groups: list[list[dict[str, Any]]]) -> dict[str, int]:
    """One transaction: the new customers of these groups and all their keys."""
    fresh_groups = [rows for rows in groups if rows[0]["customer_id"] is None]
    codes = _codes([rows[0] for rows in fresh_groups])
    _insert_unnamed(codes)
    new = [(row["source"], row["key"], code) for rows, code in zip(fresh_groups, codes, strict=True) for row in rows]
    old = [(r["source"], r["key"], r["customer_id"]) for rows in groups if rows[0]["customer_id"] for r in rows]
    with connection.cursor() as cursor:
        if new:
            cursor.executemany(NEW_KEY, new)
        if old:
            cursor.executemany(OLD_KEY, old)
    return {"new_customers": len(codes), "new_keys": len(new) + len(old)}


def _codes(rows: list[dict[str, Any]]) -> list[str]:
    """A free code for each new customer: its key, or with its source before it where another has that code."""
    taken = set(Customer.objects.filter(code__in=[row["key"] for row in rows]).values_list("code", flat=True))
    codes = []
    for row in rows:
        code = row["key"]
        if code in taken or len(code) > CODE_LENGTH:
            digest = hashlib.sha256(row["group"].encode()).hexdigest()[:10]
            code = f"{row['key'][: CODE_LENGTH - 11]}-{digest}"
        taken.add(code)
        codes.append(code)
    return codes


def _insert_unnamed(codes: list[str]) -> None:
    """Rows straight into the table: half a million un-named customers a minute faster than as objects."""
    if not codes:
        return
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    empty = {column: value for name in FIELDS for column, value in fields.nothing(name).items()}
    columns = empty | {
        "kind": "unnamed", "code": "", "attributes": json.dumps({}), "generated": json.dumps([]),
        "origins": json.dumps({}), "created_at": now, "updated_at": now,
    }  # fmt: skip
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO identify_customer ({names}) VALUES ({marks})",  # noqa: S608  names are the constants above
            [tuple((columns | {"code": code}).values()) for code in codes],
        )


def _measure() -> None:
    """Let the database look at how values spread, so that it chooses its indexes well."""
    with connection.cursor() as cursor:
        for table in ("identify_customer", "identify_sourcekey"):
            cursor.execute(f"ANALYZE {table}")
