"""MySQL and MariaDB: a read-only transaction and an unbuffered cursor; values in the server's own exact text."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE as TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

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

PORT = 3306
NAMES = {code: name.lower() for name, code in vars(TYPE).items() if name.isupper()}
NUMBERS = frozenset({TYPE.TINY, TYPE.SHORT, TYPE.LONG, TYPE.LONGLONG, TYPE.INT24, TYPE.DECIMAL, TYPE.NEWDECIMAL,
                     TYPE.DOUBLE, TYPE.YEAR})  # fmt: skip
TIMES = frozenset({TYPE.DATE, TYPE.NEWDATE, TYPE.DATETIME, TYPE.TIMESTAMP})
NUMERAL = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
NO_DATE = re.compile(r"0000-00-00( 00:00:00(\.0+)?)?")  # how MySQL writes "no date" (its manual, 13.2)
NO_ENTRY, NO_DATABASE = {1044, 1045, 1130, 1142, 1698, 2059}, {1049}
TOO_SLOW = {1969, 3024}
PASSING = {1040, 1053, 1129, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 2002, 2003, 2006, 2013, 2014, 0}
TABLES = """
SELECT table_schema, table_name, table_type <> 'BASE TABLE', table_rows FROM information_schema.tables
WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2 LIMIT """


@contextmanager
def session(address: Address) -> Iterator[Session]:
    """Open the database."""
    with _connected(address) as connection, _told(address):
        cursor = connection.cursor()
        cursor.execute("SET SESSION time_zone = '+00:00'")
        for limit in (f"max_statement_time = {address.seconds}", f"max_execution_time = {address.seconds * 1000}"):
            with suppress(pymysql.err.MySQLError):  # the first is MariaDB's, the second MySQL's
                cursor.execute(f"SET SESSION {limit}")
        cursor.execute("START TRANSACTION READ ONLY")
        yield _MySQL(connection, address)


@contextmanager
def _connected(address: Address) -> Iterator[Any]:
    channel = connect(address.host, address.port or PORT, inside=address.inside)
    plain = {kind: write for kind, write in conversions.items() if not isinstance(kind, int)}  # values stay text
    connection = pymysql.connect(
        host=address.host, port=address.port or PORT, user=address.user, password=address.password,
        database=address.database, charset="utf8mb4", conv=plain, defer_connect=True, connect_timeout=10,
        read_timeout=address.seconds, write_timeout=60, ssl=ssl.create_default_context() if address.tls else None,
        local_infile=False,
    )  # fmt: skip
    try:
        with _told(address):
            connection.connect(channel)
        yield connection
    finally:
        with suppress(Exception):
            connection._force_close()  # a query that is not read to its end would be read on
        channel.close()


@contextmanager
def _told(address: Address) -> Iterator[None]:
    try:
        yield
    except (pymysql.err.MySQLError, OSError) as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        said = str(error.args[-1]) if error.args else ""
        raise _failure(code, said, address, ours=isinstance(error, OSError)) from None


def _failure(code: int, said: str, address: Address, *, ours: bool) -> Exception:
    if code in NO_ENTRY:
        return BadInput("The database does not let the user {user} in. Check user and password, and whether the "
                        "server accepts this machine.", field="password", user=address.user)  # fmt: skip
    if code in NO_DATABASE:
        return BadInput("There is no database {database} on this server. Check its name.", field="database",
                        database=address.database)  # fmt: skip
    if code in TOO_SLOW:
        return TooMuch("The query took longer than the source's time limit. Narrow it, or add an index at the source.")
    if ours or code in PASSING:
        return Unavailable("The connection to the source's database broke: {said}", said=said)
    return BadInput("The database refuses the query: {said}", field="query", said=said)


class _MySQL:
    def __init__(self, connection: Any, address: Address) -> None:
        self.connection, self.address = connection, address

    def tables(self) -> list[Table]:
        cursor = self.connection.cursor()
        cursor.execute(TABLES + str(TABLES_SHOWN))
        return [
            Table(schema, name, view == "1", int(rows) if rows else None)
            for schema, name, view, rows in cursor.fetchall()
        ]

    def table_query(self, schema: str, name: str) -> str:
        return f"SELECT * FROM {_quoted(schema or self.address.database)}.{_quoted(name)}"  # noqa: S608  quoted names

    def columns(self, query: str) -> list[Column]:
        cursor = self.connection.cursor()
        cursor.execute(wrapped(query) + " LIMIT 0")
        return [Column(one[0], NAMES.get(one[1], ""), _family(one[1])) for one in cursor.description or ()]

    def stream(self, asked: Asked) -> Iterator[list[Row]]:
        query = bounded(asked, _quoted(asked.watermark), self._since(asked))
        with _told(self.address):
            cursor = self.connection.cursor(SSCursor)
            cursor.execute(query)
            marks = [one[1] for one in cursor.description or ()]
            while rows := cursor.fetchmany(ROWS_A_PIECE):
                yield [[_text(cell, mark) for cell, mark in zip(row, marks, strict=True)] for row in rows]

    def _since(self, asked: Asked) -> str:
        """The last value seen as a literal: a bare numeral for numbers, which as text would be compared as floats."""
        if not asked.watermark:
            return ""
        column = column_of(self.columns(asked.query), asked.watermark)
        if column.type == NAMES[TYPE.FLOAT]:
            raise BadInput("{column} is a rounded number. Continue from a whole number or a time.", field="watermark",
                           column=column.name)  # fmt: skip
        if column.family == NUMBER and NUMERAL.fullmatch(asked.since):
            return f"{asked.since} - {int(asked.overlap)}" if asked.overlap else asked.since
        literal = str(self.connection.escape(asked.since))
        if column.family == TIME:
            literal = literal.removesuffix("+00:00'") + "'" if literal.endswith("+00:00'") else literal
            return f"CAST({literal} AS DATETIME(6)) - INTERVAL {int(asked.overlap)} MINUTE"
        return literal


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _family(code: int) -> str:
    return NUMBER if code in NUMBERS else TIME if code in TIMES else TEXT


def _text(cell: Any, code: int) -> str | None:
    if cell is None:
        return None
    if code == TYPE.BIT:
        return str(int.from_bytes(cell, "big"))
    if isinstance(cell, bytes):
        return _bytes(cell)
    text = str(cell)
    if code in TIMES and NO_DATE.fullmatch(text):
        return None
    return text + "+00:00" if code == TYPE.TIMESTAMP else text  # the one type that is a moment, not a clock's reading


def _bytes(cell: bytes) -> str:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return "0x" + cell.hex()
