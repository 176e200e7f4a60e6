"""Publish a million standings without making writers wait."""

from collections.abc import Callable, Iterator
from datetime import date
from operator import itemgetter
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from dangol.base.errors import BadInput
from dangol.customers.identify.models import Standing
from dangol.work.actions import Running

# Others who write wait for one chunk. Each touches nearly every page of the indexes, so that small ones write most: a
# million standings in chunks of 4,000 write 4.6 GB, in chunks of 10,000 2.5 GB.
CHUNK = 10_000
COLUMNS = (
    "customer_id", "first_day", "last_day", "orders", "amount", "recency_days", "r", "f", "m", "score", "segment",
    "segment_before",
)  # fmt: skip
TEXTS = ("segment", "segment_before")
INDEXED = ("last_day", "amount", "segment")  # of the columns published, those an index holds
COUNTS = ("orders", "amount")
STAGING = "standing_staging"


def publish_standings(rows: pa.Table, *, snapshot: str, as_of: date, running: Running) -> dict[str, int]:
    """Replace the standings of all customers.

    rows: customer_id (int64) and any of the columns of Standing, one row a customer; those who are not among them
    lose theirs. On SQLite in transactions of a few thousand rows, between which others write, and the indexes are left
    alone of who stands where he stood; on PostgreSQL by COPY into a staging table and one upsert. Repeating it changes
    nothing. Returns {published, removed}.
    """
    if "customer_id" not in rows.column_names:
        raise BadInput("Standings need a column customer_id.", field="customer_id")
    names = [name for name in COLUMNS if name in rows.column_names]
    write = _by_copy if connection.vendor == "postgresql" else _by_chunks
    write(_tuples(rows.select(names), names, snapshot, as_of), [*names, "snapshot", "as_of"], rows.num_rows, running)
    removed = _remove_others(snapshot)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE identify_standing")
    return {"published": rows.num_rows, "removed": removed}


Rows = Iterator[list[tuple[Any, ...]]]


def _tuples(rows: pa.Table, names: list[str], snapshot: str, as_of: date) -> Rows:
    """The rows in order of customer, in chunks: neighbours lie on the same pages."""
    ordered = rows.sort_by("customer_id")
    day = as_of.isoformat() if connection.vendor == "sqlite" else as_of
    for start in range(0, ordered.num_rows, CHUNK):
        piece = ordered.slice(start, CHUNK)
        columns = [_values(piece[name], name) for name in names]
        yield [(*values, snapshot, day) for values in zip(*columns, strict=True)]


def _values(column: Any, name: str) -> list[Any]:
    if name in TEXTS:
        return [value or "" for value in column.to_pylist()]
    if name in COUNTS:
        return [value or 0 for value in column.to_pylist()]
    if name.endswith("_day") and connection.vendor == "sqlite":
        return [value if value is None else value.isoformat()[:10] for value in column.to_pylist()]
    return list(column.to_pylist())


def _upsert(names: list[str], source: str) -> str:
    """An upsert of `names`; in a new row, columns not given get their defaults."""
    defaults = {"orders": "0", "amount": "0", "segment": "''", "segment_before": "''"}
    missing = {name: value for name, value in defaults.items() if name not in names}
    every = ", ".join([*names, *missing])
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name != "customer_id")
    return (
        f"INSERT INTO identify_standing ({every}) {source.format(missing=''.join(', ' + v for v in missing.values()))} "
        f"ON CONFLICT (customer_id) DO UPDATE SET {updates}"
    )


def _by_chunks(chunks: Rows, names: list[str], total: int, running: Running) -> None:
    """SQLite writes every index of a column that a statement names, changed or not.

    So rows whose indexed columns stay the same, which are most, are updated by a statement that names none of them.
    """
    marks = ", ".join(["%s"] * len(names))
    whole = _upsert(names, f"VALUES ({marks}{{missing}})")
    held = [name for name in INDEXED if name in names]
    free = [name for name in names if name not in ("customer_id", *held)]
    aside = f"UPDATE identify_standing SET {', '.join(f'{name} = %s' for name in free)} WHERE customer_id = %s"  # noqa: S608
    ordered, stays = _picked(names, [*free, "customer_id"]), _picked(names, ["customer_id", *held])
    read = ", ".join(f"CAST({name} AS TEXT)" if name.endswith("_day") else name for name in ["customer_id", *held])
    known = f"SELECT {read} FROM identify_standing WHERE customer_id BETWEEN %s AND %s"  # noqa: S608
    done = 0
    for chunk in chunks:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(known, [chunk[0][0], chunk[-1][0]])
            before = set(cursor.fetchall())
            cursor.executemany(aside, [ordered(row) for row in chunk if stays(row) in before])
            cursor.executemany(whole, [row for row in chunk if stays(row) not in before])
        done += len(chunk)
        running.progress(done, total, "standings")


def _picked(names: list[str], wanted: list[str]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What takes the wanted columns out of a row."""
    places = [names.index(name) for name in wanted]
    return itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)


@transaction.atomic
def _by_copy(chunks: Rows, names: list[str], total: int, running: Running) -> None:
    listed = ", ".join(names)
    done = 0
    with connection.cursor() as cursor:
        # not LIKE: it brings the columns that are not given along, and that they must not be null
        cursor.execute(f"CREATE TEMP TABLE {STAGING} AS SELECT {listed} FROM identify_standing WITH NO DATA")  # noqa: S608
        with cursor.copy(f"COPY {STAGING} ({listed}) FROM STDIN") as copy:
            for chunk in chunks:
                for row in chunk:
                    copy.write_row(row)
                done += len(chunk)
                running.progress(done, total, "standings")
        cursor.execute(_upsert(names, f"SELECT {listed}{{missing}} FROM {STAGING}"))  # noqa: S608
        cursor.execute(f"DROP TABLE {STAGING}")


def _remove_others(snapshot: str) -> int:
    """Standings of an earlier publication whose customers are in this one no more."""
    removed = 0
    while old := list(Standing.objects.exclude(snapshot=snapshot).values_list("pk", flat=True)[:CHUNK]):
        removed += Standing.objects.filter(pk__in=old).delete()[0]
    return removed
