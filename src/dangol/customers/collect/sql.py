"""Rows of a SQL source as text: PostgreSQL by a server-side cursor, SQLite opened for reading only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa
from django.conf import settings

from dangol.base.errors import BadInput, Unavailable
from dangol.customers.collect.cutting import header_names
from dangol.customers.collect.parser import Writer
from dangol.customers.collect.rules import Definition

ROWS_A_PIECE = 20_000
SAFE = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def read(definition: Definition, folder: Path, *, limit: int | None, tick: Any) -> dict[str, Any]:
    """Run the source's query and write its rows as text; returns what was found out about it.

    With a watermark column only rows at or above the last one seen are asked for; rows seen before are recognised.
    """
    writer = Writer(folder, limit)
    watermark, highest = definition.options.get("watermark", ""), ""
    line = 1
    with _cursor(definition) as (given, pieces):
        names = header_names(given)
        if watermark and watermark not in names:
            raise BadInput("The query gives no column {column} to continue from.", field="watermark", column=watermark)
        writer.begin(names)
        for rows in pieces:
            texts = [[_text(value) for value in row] for row in rows]
            columns = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
            if watermark:
                highest = texts[-1][names.index(watermark)] or highest
            more = writer.add(columns, pa.array(range(line, line + len(rows)), pa.int64()))
            line += len(rows)
            tick(line)
            if not more:
                break
    writer.close()
    return {"columns": names, "read": writer.rows, "bad": 0, "notes": [], "watermark": highest}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _asked(definition: Definition, mark: str) -> tuple[str, tuple[str, ...]]:
    """The query, bounded by the watermark if there is one: rows come in its order."""
    query = definition.options.get("query", "").strip().rstrip(";")
    if not query.lower().startswith(("select", "with")) or ";" in query:
        raise BadInput("Write one query that starts with SELECT.", field="query")
    column, since = definition.options.get("watermark", ""), definition.options.get("since", "")
    if not column:
        return query, ()
    name = '"' + column.replace('"', '""') + '"'
    bound = f"SELECT * FROM ({query}) AS asked"  # noqa: S608  the administrator's own query, run for reading only
    if since:
        bound = bound.replace("%", "%%") if mark == "%s" else bound
        return f"{bound} WHERE {name} >= {mark} ORDER BY {name}", (since,)
    return f"{bound} ORDER BY {name}", ()


@contextmanager
def _cursor(definition: Definition) -> Iterator[tuple[list[str], Iterator[list[Any]]]]:
    connection = definition.options.get("connection", "")
    if urlsplit(connection).scheme in ("postgresql", "postgres"):
        with _postgres(connection, *_asked(definition, "%s")) as found:
            yield found
    else:
        with _sqlite(connection, *_asked(definition, "?")) as found:
            yield found


def _pieces(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(ROWS_A_PIECE):
        yield rows


@contextmanager
def _postgres(address: str, query: str, values: tuple[str, ...]) -> Iterator[tuple[list[str], Iterator[list[Any]]]]:
    import psycopg

    try:
        with (
            psycopg.connect(
                address,
                connect_timeout=10,
                options=f"-c default_transaction_read_only=on -c statement_timeout={settings.DANGOL.parse_seconds}s",
            ) as database,
            database.cursor(name="dangol") as cursor,
        ):
            cursor.itersize = ROWS_A_PIECE
            cursor.execute(query, values or None)
            yield [column.name for column in cursor.description or ()], _pieces(cursor)
    except psycopg.OperationalError:
        raise Unavailable("The source's database does not answer. Check its address, user and password.") from None
    except psycopg.Error as error:
        said = (error.diag.message_primary or "").strip()
        raise BadInput("The database refuses the query: {said}", field="query", said=said) from None


@contextmanager
def _sqlite(address: str, query: str, values: tuple[str, ...]) -> Iterator[tuple[list[str], Iterator[list[Any]]]]:
    path = Path(address.removeprefix("sqlite:///").removeprefix("sqlite:")).absolute().resolve()
    if path.is_relative_to(Path(settings.DANGOL.home).resolve()) or not path.is_file():
        raise BadInput("There is no SQLite file at this address.", field="connection")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10)) as database:
            database.execute("PRAGMA query_only = ON")
            database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in SAFE else sqlite3.SQLITE_DENY)
            cursor = database.execute(query, values)
            yield [column[0] for column in cursor.description], _pieces(cursor)
    except sqlite3.Error as error:
        raise BadInput("The database refuses the query: {said}", field="query", said=str(error)) from None
