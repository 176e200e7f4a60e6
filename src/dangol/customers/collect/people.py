"""Collected people: versions of what a source says about a person, the newest of which counts."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from dangol.customers.collect import keys
from dangol.customers.collect.forgetting import without_erased
from dangol.customers.collect.models import Batch, Person, Source

CHUNK = 500
KEY = "source_key"


def index(source: Source) -> keys.Seen:
    """Content hashes by key of the newest versions."""
    seen = keys.Seen()
    rows = Person.objects.filter(source=source, newest=True).values_list(KEY, "row_hash")
    known = list(rows.iterator(chunk_size=10_000))
    if known:
        names = pa.array([name for name, _hash in known], pa.string())
        hashes = np.array([row_hash for _name, row_hash in known], np.int64).view(np.uint64)
        seen.put(keys.row_hashes({KEY: names}, [KEY], source.code), hashes)
    return seen


def write(batch: Batch, columns: dict[str, pa.Array], contents: keys.Hashes) -> None:
    """Keep new versions; they are the newest from now on. Call inside a transaction."""
    rows = without_erased(batch.source.system, pa.table(columns).to_pylist())
    names = [row[KEY] for row in rows]
    for chunk in _chunks(names):
        Person.objects.filter(source=batch.source, newest=True, source_key__in=chunk).update(newest=False)
    Person.objects.bulk_create(
        [
            Person(source=batch.source, source_key=row[KEY], batch=batch, row_hash=keys.signed(content),
                   fields={name: plain(value) for name, value in row.items() if value is not None and name != KEY})
            for row, content in zip(rows, contents, strict=True)
        ],
        batch_size=CHUNK,
    )  # fmt: skip


def choose_newest(source: Source, names: Iterable[str]) -> None:
    """Mark the version of the latest live batch as the newest of each key. Call inside a transaction."""
    for chunk in _chunks(sorted(set(names))):
        versions = Person.objects.filter(source=source, source_key__in=chunk)
        versions.filter(newest=True).update(newest=False)
        latest: dict[str, int] = {}
        for pk, name in versions.filter(batch__live=True).order_by("batch_id", "pk").values_list("pk", KEY):
            latest[name] = pk
        Person.objects.filter(pk__in=latest.values()).update(newest=True)


def batches() -> dict[int, bool]:
    """The batches that brought people, in order, and whether each is live."""
    return dict(Batch.objects.filter(kind="customers", rows__gt=0).order_by("pk").values_list("pk", "live"))


def names(batch: int) -> Iterator[tuple[str, str]]:
    """The (key space, key) of every person a batch brought, live or not."""
    rows = Person.objects.filter(batch_id=batch).order_by("pk").values_list("source__system", KEY)
    return rows.iterator(chunk_size=5000)


def versions(wanted: Collection[tuple[str, str]], *, live: bool = True) -> Iterator[dict[str, Any]]:
    """Every version of what sources say of these (key space, key), in the order it came; by default the live ones.

    Each row: source (the key space), source_code, source_key, batch, load, live, at (when the source says it changed,
    else when it was loaded; UTC), generated, and the record's fields and `attr:` names filled.
    """
    sources = {source.pk: source for source in Source.objects.filter(system__in={space for space, _key in wanted})}
    taken: dict[int, Batch] = {}
    for chunk in _chunks(sorted({key for _space, key in wanted})):
        found = Person.objects.filter(source_key__in=chunk, source__in=list(sources))
        found = found.filter(batch__live=True) if live else found
        rows = list(found.order_by("batch_id", "pk").values_list("source_id", KEY, "batch_id", "fields"))
        taken |= Batch.objects.in_bulk({row[2] for row in rows} - taken.keys())
        for source, key, batch, fields in rows:
            if (sources[source].system, key) in wanted:
                yield _version(sources[source], key, taken[batch], fields)


def _version(source: Source, key: str, batch: Batch, fields: dict[str, Any]) -> dict[str, Any]:
    said = fields.pop("said_at", None)
    at = datetime.fromisoformat(said) if said else batch.made_at
    return fields | {
        "source": source.system, "source_code": source.code, "source_key": key, "batch": batch.pk,
        "load": batch.load_id, "live": batch.live, "at": at, "generated": source.generated,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    return value.isoformat() if isinstance(value, date) else value


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]


def as_text(fields: dict[str, Any]) -> str:
    """Fields in one stable line, for hashing."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=False)
