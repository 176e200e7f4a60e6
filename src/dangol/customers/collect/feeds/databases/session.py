"""What every kind of database can be asked, and how a query is bounded by its watermark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dangol.base.errors import BadInput
from dangol.base.network import Network

ROWS_A_PIECE = 5_000
TABLES_SHOWN = 500
NUMBER, TIME, TEXT = "number", "time", "text"
Row = list[str | None]


@dataclass(frozen=True)
class Address:
    """Where a database is. password is left out of every representation. root: the folder SQLite files lie in."""

    kind: str
    database: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    seconds: int = 900
    inside: Sequence[Network] = ()
    root: str = ""


@dataclass(frozen=True)
class Column:
    """A column; family (number, time, text) says how it can be continued from."""

    name: str
    type: str
    family: str = TEXT


@dataclass(frozen=True)
class Table:
    """A table or view. rows: the database's own estimate, None where it has none."""

    schema: str
    name: str
    view: bool
    rows: int | None = None

    @property
    def whole_name(self) -> str:
        """With its schema, as people write it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Asked:
    """A query and from where to go on. since: the text of the last value seen; overlap: minutes or units before it."""

    query: str
    watermark: str = ""
    since: str = ""
    overlap: int = 0


class Session(Protocol):
    """An open database."""

    def tables(self) -> list[Table]:
        """Its tables and views, at most TABLES_SHOWN."""
        ...

    def columns(self, query: str) -> list[Column]:
        """The columns a query gives."""
        ...

    def table_query(self, schema: str, name: str) -> str:
        """The query for a whole table."""
        ...

    def stream(self, asked: Asked) -> Iterator[list[Row]]:
        """The rows as text, some at a time, in the order of the watermark if there is one."""
        ...


def one_select(query: str) -> str:
    """The query by itself. Raises BadInput unless it is one SELECT."""
    query = query.strip().rstrip(";").strip()
    if not query.lower().startswith(("select", "with")) or ";" in query:
        raise BadInput("Write one query that starts with SELECT.", field="query")
    return query


def wrapped(query: str) -> str:
    """The query as a table: what is no SELECT does not fit in there. A comment at its end stays inside."""
    return f"SELECT * FROM (\n{one_select(query)}\n) AS asked"  # noqa: S608  the administrator's own query, only read


def bounded(asked: Asked, name: str, value: str) -> str:
    """The query from its watermark on. name: the quoted column; value: the expression of the last value seen.

    Rows at the last value are asked for again: some of them may have come after it was read. Rows without a value come
    every time, for nobody knows whether they changed.
    """
    if not asked.watermark:
        return wrapped(asked.query)
    bound = f" WHERE {name} >= {value} OR {name} IS NULL" if asked.since else ""
    return f"{wrapped(asked.query)}{bound} ORDER BY {name}"


def column_of(columns: Sequence[Column], name: str) -> Column:
    """The column to continue from. Raises BadInput."""
    found = next((column for column in columns if column.name == name), None)
    if found is None:
        raise BadInput("The query gives no column {column} to continue from.", field="watermark", column=name)
    return found
