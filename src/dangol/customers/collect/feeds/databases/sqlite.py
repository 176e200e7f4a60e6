"""SQLite: a file below the inbox, opened for reading only, with nothing but reading allowed."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dangol.base.errors import BadInput, TooMuch, Unavailable
from dangol.customers.collect.feeds.databases.session import (
    NUMBER,
    ROWS_A_PIECE,
    TABLES_SHOWN,
    TEXT,
    TIME,
    Address,
    Asked,
    Column,
    Row,
    Session,
    Table,
    bounded,
    column_of,
    wrapped,
)

SAFE = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
TABLES = """SELECT name, type FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1 LIMIT ?"""
STEPS = 100_000  # virtual machine steps between two looks at the clock
EXACT_FLOAT = 2**53
CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?")


@contextmanager
def session(address: Address) -> Iterator[Session]:
    """Open the file."""
    path = _path(address)
    end = time.monotonic() + address.seconds
    with _told(), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10)) as database:
        database.execute("PRAGMA query_only = ON")
        database.execute("PRAGMA schema_version").fetchone()  # reads the header: is it a database at all?
        names = database.execute(TABLES, (TABLES_SHOWN,)).fetchall()
        database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in SAFE else sqlite3.SQLITE_DENY)
        database.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        yield _SQLite(database, [Table("", name, kind == "view") for name, kind in names])


def _path(address: Address) -> Path:
    root = Path(address.root).resolve()
    path = (root / address.database.removeprefix("/") if not address.database.startswith(str(root)) else
            Path(address.database)).resolve()  # fmt: skip
    if not path.is_relative_to(root) or not path.is_file():
        raise BadInput("There is no such SQLite file in the folder of sources. Put it there, or set source_folder.",
                       field="database")  # fmt: skip
    return path


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        said = str(error)
        if "interrupted" in said:
            raise TooMuch("The query took longer than the source's time limit. Narrow it, or add an index at the "
                          "source.") from None  # fmt: skip
        if "locked" in said or "busy" in said:
            raise Unavailable("Another program is writing to the SQLite file. Try again in a moment.") from None
        if "not a database" in said:
            raise BadInput("This file is no SQLite database.", field="database") from None
        raise BadInput("The database refuses the query: {said}", field="query", said=said) from None


class _SQLite:
    def __init__(self, database: sqlite3.Connection, tables: list[Table]) -> None:
        self.database, self._tables = database, tables

    def tables(self) -> list[Table]:
        return self._tables

    def table_query(self, schema: str, name: str) -> str:
        return f"SELECT * FROM {_quoted(name)}"  # noqa: S608  a quoted name

    def columns(self, query: str) -> list[Column]:
        """SQLite's columns have no type of their own: what their greatest value is, decides."""
        with _told():
            cursor = self.database.execute(wrapped(query) + " LIMIT 0")
            return [self._column(query, one[0]) for one in cursor.description]

    def _column(self, query: str, name: str) -> Column:
        found = self.database.execute(f"SELECT typeof(v), v FROM (SELECT {_quoted(name)} AS v FROM ({wrapped(query)}) "  # noqa: S608
                                      "LIMIT 100) WHERE v IS NOT NULL ORDER BY v DESC LIMIT 1").fetchone()  # fmt: skip
        kind, value = found or ("text", "")
        if kind in ("integer", "real"):
            return Column(name, kind, NUMBER)
        return Column(name, kind, TIME if CLOCK.fullmatch(str(value)) else TEXT)

    def stream(self, asked: Asked) -> Iterator[list[Row]]:
        with _told():
            value = self._since(asked)
            cursor = self.database.execute(bounded(asked, _quoted(asked.watermark), "?"),
                                           (value,) if asked.since else ())  # fmt: skip
            while rows := cursor.fetchmany(ROWS_A_PIECE):
                yield [[_text(cell) for cell in row] for row in rows]

    def _since(self, asked: Asked) -> Any:
        """The last value seen, in the type its column has: SQLite takes every number for less than any text."""
        if not asked.since:
            return None
        column = column_of(self.columns(asked.query), asked.watermark)
        if column.family == NUMBER:
            number = float(asked.since) if re.search(r"[.eE]", asked.since) else int(asked.since)
            return number - asked.overlap
        return _before(asked.since, asked.overlap) if column.family == TIME else asked.since


def _before(text: str, minutes: int) -> str:
    """A time some minutes before, written in the same way."""
    if not minutes:
        return text
    try:
        moment = datetime.fromisoformat(text) - timedelta(minutes=minutes)
    except ValueError:
        return text
    return moment.date().isoformat() if len(text) == 10 else moment.isoformat(sep=text[10])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
