"""Connections to databases: kept once, tested, looked through. Whoever may test may save, and nobody else."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils.text import slugify

from dangol.base import sealing
from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.collect.feeds import databases
from dangol.customers.collect.feeds.databases.session import Asked, one_select
from dangol.customers.collect.feeds.models import Connection
from dangol.customers.collect.feeds.querying import PURPOSE, address_of, connection_called, keys
from dangol.customers.collect.models import Source
from dangol.customers.standard.rules import without_resident_numbers
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

CODE_LONGEST = 60
RESERVED = "new"  # the address of the page that makes one
SAMPLE_ROWS = 8
CELL_SHOWN = 120


@dataclass(frozen=True)
class ConnectionView:
    """A connection as doors show it: whether it has a password, never which. sources: codes of those that use it."""

    code: str
    name: str
    kind: str
    host: str
    port: int | None
    database: str
    user: str
    has_password: bool
    tls: bool
    tested_at: datetime | None
    sources: list[str]


@dataclass(frozen=True)
class Browsed:
    """What a query gives: its columns, some rows, and the columns it can be continued from."""

    query: str
    columns: list[databases.Column]
    rows: list[list[str]]
    growing: list[str]


def keep_connection(
    *,
    by: Member,
    code: str,
    name: str = "",
    kind: str,
    database: str,
    host: str = "",
    port: int | None = None,
    user: str = "",
    password: str | None = None,
    tls: bool = False,
) -> ConnectionView:
    """Keep a connection, or change it. password: None leaves the one that is kept. Raises BadInput or NotAllowed.

    A changed host, port, database or user asks for the password anew: it must not be sent to another place than the one
    it was given for.
    """
    require(by, Right.STAFF_MANAGE)
    _check(code, kind, database, host, port)
    with transaction.atomic():
        found = Connection.objects.select_for_update().filter(code=code).first()
        place = (kind, host.strip(), port, database.strip(), user.strip(), tls)
        if found is not None and password is None and found.sealed_password and _place(found) != place:
            raise BadInput("Give the password again: it is only kept for the place it was given for.", field="password")
        connection = found or Connection(code=code)
        connection.kind, connection.host, connection.port = place[:3]
        connection.database, connection.user, connection.tls = place[3:]
        connection.name, connection.by = name.strip() or code, by
        if password is not None:
            connection.sealed_password = sealing.seal(password, keys=keys(), purpose=PURPOSE) if password else ""
        connection.save()
        note_access(by=by, verb="rights", what="connection", detail={"connection": code, "host": host[:100]})
    return view(connection)


def _place(connection: Connection) -> tuple[str, str, int | None, str, str, bool]:
    return (connection.kind, connection.host, connection.port, connection.database, connection.user, connection.tls)


def _check(code: str, kind: str, database: str, host: str, port: int | None) -> None:
    if not code or len(code) > CODE_LONGEST or slugify(code.replace(".", "-")) != code.replace(".", "-").lower():
        raise BadInput("A connection's code is made of letters, digits, - and _, like erp.", field="code")
    if code.lower() == RESERVED:
        raise BadInput("This code is taken by a page. Choose another.", field="code")
    if kind not in databases.KINDS:
        raise BadInput("Choose one of: {kinds}.", field="kind", kinds=", ".join(databases.KINDS))
    if not database.strip():
        raise BadInput("Say which database.", field="database")
    if kind != "sqlite" and not host.strip():
        raise BadInput("Say on which host the database is.", field="host")
    if port is not None and not 1 <= port <= 65535:
        raise BadInput("A port is a number from 1 to 65535.", field="port")


def remove_connection(*, by: Member, code: str) -> None:
    """Forget a connection. Raises Conflict while a source uses it."""
    require(by, Right.STAFF_MANAGE)
    with transaction.atomic():
        found = connection_called(code)
        used = _used().get(code)
        if used:
            raise Conflict("The source {source} uses this connection. Change it first.", source=used[0])
        found.delete()
        note_access(by=by, verb="rights", what="connection", detail={"connection": code, "removed": True})


def test_connection(*, by: Member, code: str) -> datetime:
    """Enter the database and leave again; returns when. Raises BadInput or Unavailable with the cause."""
    require(by, Right.STAFF_MANAGE)
    found = connection_called(code)
    with databases.enter(address_of(found)) as session:
        session.columns("SELECT 1 AS one")
    now = datetime.now(UTC)
    Connection.objects.filter(pk=found.pk).update(tested_at=now)
    return now


def _used() -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for code, options in Source.objects.filter(reader="sql").values_list("code", "options"):
        used.setdefault(options.get("connection", ""), []).append(code)
    return used


def view(connection: Connection, used: dict[str, list[str]] | None = None) -> ConnectionView:
    """A connection without its password."""
    return ConnectionView(
        connection.code, connection.name, connection.kind, connection.host, connection.port, connection.database,
        connection.user, bool(connection.sealed_password), connection.tls, connection.tested_at,
        (used if used is not None else _used()).get(connection.code, []),
    )  # fmt: skip


def connections(by: Member) -> list[ConnectionView]:
    """All connections by name."""
    require(by, Right.STAFF_MANAGE)
    used = _used()
    return [view(one, used) for one in Connection.objects.order_by("name", "pk")]


def connection(by: Member, code: str) -> ConnectionView:
    """One connection. Raises NotFound."""
    require(by, Right.STAFF_MANAGE)
    found = Connection.objects.filter(code=code).first()
    if found is None:
        raise NotFound("There is no connection {code}. Describe it first.", code=code)
    return view(found)


def tables(by: Member, code: str) -> list[databases.Table]:
    """The tables and views of a database. Raises BadInput or Unavailable with the cause."""
    require(by, Right.STAFF_MANAGE)
    with databases.enter(address_of(connection_called(code))) as session:
        return session.tables()


def browse(by: Member, code: str, *, schema: str = "", table: str = "", query: str = "") -> Browsed:
    """Look at a table, or at what a query gives. Raises BadInput or Unavailable with the cause."""
    require(by, Right.STAFF_MANAGE)
    with databases.enter(address_of(connection_called(code))) as session:
        query = one_select(query) if query else session.table_query(schema, table)
        columns = session.columns(query)
        rows = next(iter(session.stream(Asked(query))), [])[:SAMPLE_ROWS]
    note_access(by=by, verb="view", what="connection", count=max(len(rows), 1), detail={"connection": code})
    shown = [[without_resident_numbers(cell or "")[:CELL_SHOWN] for cell in row] for row in rows]
    return Browsed(query, columns, shown, _growing(columns))


def _growing(columns: list[databases.Column]) -> list[str]:
    """Columns that may tell how far a source was read: times and whole numbers, likely names first."""
    fit = [column.name for column in columns if column.family in ("time", "number")]
    return sorted(fit, key=lambda name: not any(word in name.lower() for word in ("updat", "modif", "chang", "수정")))
