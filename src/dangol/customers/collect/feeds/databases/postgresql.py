"""PostgreSQL: a read-only session and a server-side cursor; values in PostgreSQL's own exact text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg.sql
from psycopg.adapt import Loader

from dangol.base.errors import BadInput, TooMuch, Unavailable
from dangol.base.network import connect
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

PORT = 5432
NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 1700})
TIMES = {1082: "date", 1114: "timestamp", 1184: "timestamptz"}
BOOLEAN, ZONED = 16, 1184
PASSING = ("53", "57P", "08", "40")  # classes of SQLSTATE: resources, shutdown, connection, serialization
TABLES = """
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND n.nspname NOT LIKE 'pg\\_toast%' AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2 LIMIT """
WRONG_PASSWORD = ("password", "authentication failed", "no pg_hba", "role")


class _Text(Loader):
    """Leaves a value as PostgreSQL wrote it: no date is too early, no number too exact."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "replace")


@contextmanager
def session(address: Address) -> Iterator[Session]:
    """Open the database."""
    with _connected(address) as connection:
        for info in psycopg.adapters.types:
            connection.adapters.register_loader(info.oid, _Text)
        with _told():
            yield _PostgreSQL(connection)


@contextmanager
def _connected(address: Address) -> Iterator[Any]:
    probe = connect(address.host, address.port or PORT, inside=address.inside)
    reached = probe.getpeername()[0]
    probe.close()
    options = (
        f"-c default_transaction_read_only=on -c statement_timeout={address.seconds}s -c TimeZone=UTC "
        "-c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c extra_float_digits=1"
    )
    try:
        connection = psycopg.connect(
            host=address.host, hostaddr=reached, port=address.port or PORT, dbname=address.database, user=address.user,
            password=address.password or None, connect_timeout=10, options=options, application_name="dangol",
            sslmode="verify-full" if address.tls else "prefer", sslrootcert="system" if address.tls else None,
            keepalives_idle=30, tcp_user_timeout=60_000,
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise _refused(str(error), address) from None
    try:
        yield connection
    finally:
        connection.close()


def _refused(said: str, address: Address) -> Exception:
    """Why PostgreSQL let nobody in; libpq gives no code, only a sentence, in the language the server speaks."""
    line = (said.strip().splitlines() or [""])[-1].rpartition("FATAL:")[2].strip()
    low = line.lower()
    if "too many" in low or "starting up" in low or "shutting down" in low or "timeout" in low or "remaining" in low:
        return Unavailable("The database takes no more connections now: {said}", said=line)
    if "database" in low and "does not exist" in low:
        return BadInput("There is no database {database} on this server. Check its name.", field="database",
                        database=address.database)  # fmt: skip
    if any(word in low for word in WRONG_PASSWORD):
        return BadInput("The database does not let the user {user} in. Check user and password, and whether the "
                        "server accepts this machine.", field="password", user=address.user)  # fmt: skip
    if "ssl" in low or "certificate" in low:
        return BadInput("No encrypted connection is possible: {said}", field="tls", said=line)
    return BadInput("The database refuses the connection: {said}", field="host", said=line)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip()
        state = error.sqlstate or ""
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise TooMuch("The query took longer than the source's time limit. Narrow it, or add an index at the "
                          "source.") from None  # fmt: skip
        if not state or state.startswith(PASSING):
            raise Unavailable("The connection to the source's database broke: {said}", said=said) from None
        raise BadInput("The database refuses the query: {said}", field="query", said=said) from None


class _PostgreSQL:
    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def tables(self) -> list[Table]:
        rows = self.connection.execute(TABLES + str(TABLES_SHOWN)).fetchall()
        return [Table(schema, name, view == "t", int(rows) if rows else None) for schema, name, view, rows in rows]

    def table_query(self, schema: str, name: str) -> str:
        return f"SELECT * FROM {_quoted(schema or 'public')}.{_quoted(name)}"  # noqa: S608  quoted names

    def columns(self, query: str) -> list[Column]:
        return self._described(self.connection.execute(wrapped(query) + " LIMIT 0"))

    def stream(self, asked: Asked) -> Iterator[list[Row]]:
        query = bounded(asked, _quoted(asked.watermark), self._since(asked))
        with _told(), self.connection.cursor(name="dangol") as cursor:
            cursor.itersize = ROWS_A_PIECE
            cursor.execute(query)
            marks = [one.type_code for one in cursor.description or ()]
            while rows := cursor.fetchmany(ROWS_A_PIECE):
                yield [[_text(cell, mark) for cell, mark in zip(row, marks, strict=True)] for row in rows]

    def _since(self, asked: Asked) -> str:
        """The last value seen as a literal, which takes the column's own type; with an overlap, some time before it."""
        if not asked.watermark:
            return ""
        cursor = self.connection.execute(wrapped(asked.query) + " LIMIT 0")
        family = column_of(self._described(cursor), asked.watermark).family
        literal = str(psycopg.sql.Literal(asked.since).as_string(self.connection))
        if not asked.overlap or not asked.since or family == TEXT:
            return literal
        code = next(one.type_code for one in cursor.description if one.name == asked.watermark)
        if family == TIME:
            return f"CAST({literal} AS {TIMES[code]}) - INTERVAL '{int(asked.overlap)} minutes'"
        return f"CAST({literal} AS numeric) - {int(asked.overlap)}"

    @staticmethod
    def _described(cursor: Any) -> list[Column]:
        return [Column(one.name, one.type_display, _family(one.type_code)) for one in cursor.description or ()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _family(code: int) -> str:
    return NUMBER if code in NUMBERS else TIME if code in TIMES else TEXT


def _text(cell: str | None, code: int) -> str | None:
    if cell is None:
        return None
    if code == BOOLEAN:
        return "true" if cell == "t" else "false"
    return cell + ":00" if code == ZONED and cell[-3:-2] in "+-" else cell  # +00 becomes +00:00
