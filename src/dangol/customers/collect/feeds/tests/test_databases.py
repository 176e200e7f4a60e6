"""Databases as sources, against real servers: exact values, clear causes, no row lost or doubled."""

import socket
import sqlite3
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pymysql
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dangol.base.errors import BadInput, Conflict, NotAllowed, TooMuch, Unavailable
from dangol.customers.collect import actions as collect
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions, reads
from dangol.customers.collect.feeds.models import Connection
from dangol.customers.collect.models import Load, Source
from dangol.customers.collect.tests.files import undone
from dangol.work.actions import Quiet
from tools import mariadb, postgres

LOCAL = "127.0.0.1"


pytestmark = pytest.mark.xdist_group("databases")  # one worker starts the servers, not each


@pytest.fixture(scope="module")
def pg():
    """The port of a PostgreSQL server with a database `shop` and an account with a password."""
    if not postgres.available():
        pytest.skip("PostgreSQL's server programs are not installed")
    with postgres.server() as address:
        port = int(address.rsplit(":", 1)[1].split("/")[0])
        with psycopg.connect(address, autocommit=True) as admin:
            admin.execute("CREATE ROLE reader LOGIN PASSWORD 's3cret-pass'")
            admin.execute("CREATE DATABASE shop")
            data = Path(admin.execute("SHOW hba_file").fetchone()[0])
            text = "host all reader 127.0.0.1/32 scram-sha-256\n" + data.read_text()
            data.write_text(text)
            admin.execute("SELECT pg_reload_conf()")
        yield port


@pytest.fixture(scope="module")
def maria():
    """The port of a MariaDB server with a database `shop`."""
    if not mariadb.available():
        pytest.skip("MariaDB's server programs are not installed")
    with mariadb.server() as port:
        yield port


@pytest.fixture(autouse=True)
def inside(settings):
    settings.DANGOL = replace(settings.DANGOL, source_networks="127.0.0.0/8")


def postgresql(port, statement=None, *values):
    with psycopg.connect(f"postgresql://dangol@{LOCAL}:{port}/shop", autocommit=True) as database:
        database.execute(statement, values or None) if statement else None


def mysql(port, *statements):
    connection = pymysql.connect(host=LOCAL, port=port, user=mariadb.USER, password=mariadb.PASSWORD,
                                 database=mariadb.DATABASE, autocommit=True, charset="utf8mb4")  # fmt: skip
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def keep(cast, kind, port=None, **more):
    given = {"postgresql": {"host": LOCAL, "port": port, "database": "shop", "user": "dangol"},
             "mysql": {"host": LOCAL, "port": port, "database": mariadb.DATABASE, "user": mariadb.USER,
                       "password": mariadb.PASSWORD}, "sqlite": {}}[kind]  # fmt: skip
    return actions.keep_connection(by=cast.administrator, code="erp", kind=kind, **{**given, **more})


def describe(cast, query, **options):
    collect.describe_source(
        by=cast.administrator, code="erp", kind="products", reader="sql",
        mapping={"product_key": "code", "product": "name"}, options={"connection": "erp", "query": query, **options},
    )  # fmt: skip


def pull(cast):
    return actions.pull(Quiet(by=cast.steward), source_code="erp")


def live():
    rows = {}
    for file in collected.raw_files("products"):
        rows |= {row["line_key"]: row for row in pq.read_table(file.path).to_pylist()}
    return sorted((row["product_key"], row["product"]) for row in rows.values())


def values(cast, query):
    """The first row a query gives, as text by column."""
    found = reads.browse(cast.administrator, "erp", query=query)
    return dict(zip([column.name for column in found.columns], found.rows[0], strict=True))


def test_values_of_postgresql_come_exactly_as_they_are(cast, pg):
    keep(cast, "postgresql", pg)
    assert values(cast, """
        SELECT 12345678901234567890.123456789::numeric AS n, '2026-03-01 10:00:00.123456+09'::timestamptz AS z,
          '2026-03-01 10:00'::timestamp AS t, 'infinity'::date AS d, 0.1::float8 AS f, true AS b, NULL::int AS nothing,
          9223372036854775807::int8 AS i, '100%'::text AS percent
    """) == {
        "n": "12345678901234567890.123456789", "z": "2026-03-01 01:00:00.123456+00:00", "t": "2026-03-01 10:00:00",
        "d": "infinity", "f": "0.1", "b": "true", "nothing": "", "i": "9223372036854775807", "percent": "100%",
    }  # fmt: skip


def test_values_of_mariadb_come_exactly_as_they_are(cast, maria):
    keep(cast, "mysql", maria)
    mysql(maria, "DROP TABLE IF EXISTS kinds",
          "CREATE TABLE kinds (u BIGINT UNSIGNED, n DECIMAL(30,9), z TIMESTAMP(6) NULL, t DATETIME, none_ DATETIME, odd DATE,"
          " bits BIT(9), raw VARBINARY(4), word VARCHAR(20), clock TIME)",
          "SET time_zone = '+09:00'",
          "INSERT INTO kinds VALUES (18446744073709551615, 123456789012345678901.123456789, '2026-03-01 10:00:00.5',"
          " '2026-03-01 10:00', '0000-00-00', '2026-00-15', b'100000001', x'ff00', '안녕 100%', '-12:30:00')")  # fmt: skip
    mysql(maria, "SET time_zone = '+09:00'")
    found = values(cast, "SELECT * FROM kinds")
    assert found["z"].endswith("+00:00")
    del found["z"]
    assert found == {
        "u": "18446744073709551615", "n": "123456789012345678901.123456789", "t": "2026-03-01 10:00:00", "none_": "",
        "odd": "2026-00-15", "bits": "257", "raw": "0xff00", "word": "안녕 100%", "clock": "-12:30:00",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_schema_browser_shows_tables_columns_and_what_grows(cast, kind, request):
    port = request.getfixturevalue({"postgresql": "pg", "mysql": "maria"}[kind])
    keep(cast, kind, port)
    run = (lambda text: postgresql(port, text)) if kind == "postgresql" else (lambda text: mysql(port, text))
    run("DROP TABLE IF EXISTS goods")
    run("CREATE TABLE goods (code VARCHAR(9), name VARCHAR(99), updated_at TIMESTAMP, number INT)")
    run("INSERT INTO goods VALUES ('a', '크림 900101-1234567', '2026-01-05 10:00:00', 1)")
    [table] = [one for one in reads.tables(cast.administrator, "erp") if one.name == "goods"]
    found = reads.browse(cast.administrator, "erp", schema=table.schema, table=table.name)
    assert [column.name for column in found.columns] == ["code", "name", "updated_at", "number"]
    assert found.growing[0] == "updated_at"
    assert "1234567" not in found.rows[0][1]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_session_never_writes(cast, kind, request):
    port = request.getfixturevalue({"postgresql": "pg", "mysql": "maria"}[kind])
    keep(cast, kind, port)
    run = (lambda text: postgresql(port, text)) if kind == "postgresql" else (lambda text: mysql(port, text))
    run("DROP TABLE IF EXISTS untouched")
    run("CREATE TABLE untouched (code VARCHAR(9))")
    for query in ("DELETE FROM untouched", "SELECT 1; DELETE FROM untouched", "WITH x AS (SELECT 1) DELETE FROM untouched",
                  "SELECT 1 INTO OUTFILE '/tmp/never'"):  # fmt: skip
        with pytest.raises(BadInput):
            reads.browse(cast.administrator, "erp", query=query)
    if kind == "postgresql":
        run(
            "CREATE OR REPLACE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO untouched VALUES (1) RETURNING 1'"
        )
        with pytest.raises(BadInput, match="read-only"):
            reads.browse(cast.administrator, "erp", query="SELECT writes()")


CAUSES = [
    ({"password": "wrong"}, BadInput, "does not let the user"),
    ({"database": "nowhere"}, BadInput, "no database nowhere|does not let"),
    ({"host": "no-such-host.invalid"}, BadInput, "no host called"),
    ({"port": 1}, Unavailable, "Nothing listens"),
]


@pytest.mark.parametrize(("wrong", "error", "sentence"), CAUSES, ids=[next(iter(c[0])) for c in CAUSES])
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_wrong_connection_is_told_with_its_cause_and_never_the_password(
    cast, kind, wrong, error, sentence, request, caplog
):
    given = {"port": request.getfixturevalue({"postgresql": "pg", "mysql": "maria"}[kind]), "password": "s3cret-pass",
             "user": {"postgresql": "reader", "mysql": mariadb.USER}[kind], **wrong}  # fmt: skip
    keep(cast, kind, **given)
    with pytest.raises(error, match=sentence) as failure:
        actions.test_connection(by=cast.administrator, code="erp")
    assert "s3cret-pass" not in f"{failure.value}{failure.value.params}{caplog.text}"


def test_right_password_lets_in_and_is_encrypted_where_it_lies(cast, pg):
    keep(cast, "postgresql", pg, user="reader", password="s3cret-pass")
    assert actions.test_connection(by=cast.administrator, code="erp")
    row = Connection.objects.get()
    assert "s3cret" not in row.sealed_password
    assert "s3cret" not in str(vars(reads.connection(cast.administrator, "erp")))


def test_kept_password_is_not_sent_to_another_place(cast):
    keep(cast, "postgresql", 5432, password="s3cret-pass")
    with pytest.raises(BadInput, match="password again"):
        keep(cast, "postgresql", 5432, host="evil.example")
    keep(cast, "postgresql", 5432, name="ERP")
    assert reads.connection(cast.administrator, "erp").has_password


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "::1", "10.0.0.5", "169.254.169.254",
                                  "100.64.0.1", "64:ff9b::7f00:1", "::ffff:127.0.0.1", "0.0.0.0"])  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling_unless_allowed(cast, settings, host):
    settings.DANGOL = replace(settings.DANGOL, source_networks="")
    keep(cast, "postgresql", 1, host=host)
    with pytest.raises(BadInput, match=r"private network|no host called"):
        actions.test_connection(by=cast.administrator, code="erp")


def test_testing_and_looking_need_the_right_of_saving(cast):
    keep(cast, "postgresql", 1)
    for verb in (
        lambda: actions.test_connection(by=cast.steward, code="erp"),
        lambda: reads.tables(cast.steward, "erp"),
        lambda: reads.browse(cast.steward, "erp", query="SELECT 1"),
        lambda: reads.connections(cast.steward),
        lambda: actions.keep_connection(by=cast.steward, code="x", kind="sqlite", database="x"),
        lambda: actions.remove_connection(by=cast.steward, code="erp"),
    ):
        with pytest.raises(NotAllowed):
            verb()


@pytest.fixture
def file(home):
    """A SQLite file in the inbox with the table `goods`."""
    path = home / "inbox" / "erp.sqlite"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE goods (code TEXT, name TEXT, changed)")
    return path


def put(path, *rows):
    with sqlite3.connect(path) as database:
        database.executemany("INSERT INTO goods VALUES (?, ?, ?)", rows)


def test_sqlite_lies_in_the_inbox_or_nowhere(cast, file, home, tmp_path):
    sqlite3.connect(home / "dangol.sqlite3").close()
    (tmp_path / "outside.sqlite").touch()
    (file.parent / "link.sqlite").symlink_to(home / "dangol.sqlite3")
    for place in (
        str(home / "dangol.sqlite3"),
        "../dangol.sqlite3",
        "link.sqlite",
        str(tmp_path / "outside.sqlite"),
        "none",
    ):
        keep(cast, "sqlite", database=place)
        with pytest.raises(BadInput, match="no such SQLite file"):
            actions.test_connection(by=cast.administrator, code="erp")
    keep(cast, "sqlite", database="erp.sqlite")
    with pytest.raises(BadInput, match=r"not authorized|one query"):
        reads.browse(cast.administrator, "erp", query="SELECT * FROM pragma_database_list")


def test_connection_in_use_is_not_removed(cast, file):
    keep(cast, "sqlite", database="erp.sqlite")
    describe(cast, "SELECT * FROM goods")
    with pytest.raises(Conflict, match="erp"):
        actions.remove_connection(by=cast.administrator, code="erp")


def test_watermark_needs_what_names_a_row(cast, file):
    keep(cast, "sqlite", database="erp.sqlite")
    with pytest.raises(BadInput, match="names a row"):
        collect.describe_source(
            by=cast.administrator, code="erp", kind="sales", reader="sql",
            mapping={name: name for name in ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")},
            options={"connection": "erp", "query": "SELECT 1", "watermark": "changed"},
        )  # fmt: skip


def test_too_many_rows_are_refused_with_the_limit(cast, file, settings):
    settings.DANGOL = replace(settings.DANGOL, source_rows=3)
    put(file, *((str(n), "x", n) for n in range(9)))
    keep(cast, "sqlite", database="erp.sqlite")
    describe(cast, "SELECT * FROM goods")
    with pytest.raises(TooMuch, match="more than 3 rows"):
        pull(cast)


def test_slow_query_ends_at_the_time_limit(cast, pg, settings):
    settings.DANGOL = replace(settings.DANGOL, source_seconds=1)
    keep(cast, "postgresql", pg)
    with pytest.raises(TooMuch, match="time limit"):
        reads.browse(cast.administrator, "erp", query="SELECT pg_sleep(5)")


MARKS = st.one_of(st.none(), st.integers(1, 6))


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.text("가나ab", max_size=2), MARKS), max_size=8), min_size=1, max_size=4
    )
)
def test_no_row_is_lost_or_doubled_wherever_the_watermark_falls(cast, home, steps):
    """Changes come in rounds, each never below the highest mark so far: equal marks and rows without one among them."""
    path = home / "inbox" / "erp.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    Load.objects.all().update(state="undone")
    for model in ("batches", "loads"):
        for source in Source.objects.filter(code="erp"):
            getattr(source, model).all().delete()
    Source.objects.filter(code="erp").delete()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE goods (code TEXT PRIMARY KEY, name TEXT, changed INT)")
    keep(cast, "sqlite", database="erp.sqlite")
    describe(cast, "SELECT * FROM goods -- all of them", watermark="changed")
    highest = 0
    for changes in steps:
        with sqlite3.connect(path) as database:
            for code, name, step in changes:
                mark = None if step is None else highest + step // 3
                highest = max(highest, mark or 0)
                database.execute("INSERT OR REPLACE INTO goods VALUES (?, ?, ?)", (str(code), name or None, mark))
        report = pull(cast)
        assert report["read"] == report["loaded"] + report["unchanged"] + report["quarantined"]
        with sqlite3.connect(path) as database:
            assert live() == sorted(database.execute("SELECT code, name FROM goods").fetchall())


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
@pytest.mark.parametrize("type_", ["timestamp", "bigint", "varchar(9)"])
def test_servers_go_on_from_the_watermark_whatever_its_type(cast, kind, type_, request):
    port = request.getfixturevalue({"postgresql": "pg", "mysql": "maria"}[kind])
    marks = {"timestamp": ("2026-01-05 10:00:00", "2026-01-05 10:00:01"), "bigint": ("9007199254740992", "9007199254740993"),
             "varchar(9)": ("a'\\%s", "b")}[type_]  # fmt: skip
    name = "timestamp(6) null" if (kind, type_) == ("mysql", "timestamp") else type_
    run = (lambda text: postgresql(port, text)) if kind == "postgresql" else (lambda text: mysql(port, text))
    escaped = [mark.replace("'", "''").replace("\\", "\\\\" if kind == "mysql" else "\\") for mark in marks]
    run("DROP TABLE IF EXISTS goods")
    run(f"CREATE TABLE goods (code varchar(9), name varchar(9), changed {name})")
    run(f"INSERT INTO goods VALUES ('a', 'A', '{escaped[0]}'), ('n', 'N', NULL)")
    keep(cast, kind, port)
    describe(cast, "SELECT * FROM goods", watermark="changed", overlap="0")
    assert pull(cast)["loaded"] == 2
    run(f"INSERT INTO goods VALUES ('b', 'B', '{escaped[0]}'), ('c', 'C', '{escaped[1]}')")
    report = pull(cast)
    assert (report["read"], report["loaded"]) == (4, 2)
    report = pull(cast)
    assert (report["read"], report["loaded"]) == (2, 0)
    assert [code for code, _name in live()] == ["a", "b", "c", "n"]


def test_overlap_finds_rows_that_were_committed_late(cast, pg):
    postgresql(pg, "DROP TABLE IF EXISTS goods")
    postgresql(pg, "CREATE TABLE goods (code text, name text, changed timestamptz)")
    postgresql(pg, "INSERT INTO goods VALUES ('a', 'A', '2026-01-05 10:00+00')")
    keep(cast, "postgresql", pg)
    describe(cast, "SELECT * FROM goods", watermark="changed", overlap="10")
    pull(cast)
    postgresql(
        pg, "INSERT INTO goods VALUES ('late', 'L', '2026-01-05 09:55+00'), ('older', 'O', '2026-01-05 09:45+00')"
    )
    pull(cast)
    assert [code for code, _name in live()] == ["a", "late"]


def test_undone_pull_is_asked_for_again(cast, file):
    put(file, ("a", "A", 1))
    keep(cast, "sqlite", database="erp.sqlite")
    describe(cast, "SELECT * FROM goods", watermark="changed")
    report = pull(cast)
    undone(cast.steward, report["load_id"])
    assert live() == []
    pull(cast)
    assert live() == [("a", "A")]


class Cut:
    """A proxy on loopback that breaks off after so many bytes from the server."""

    def __init__(self, port, after):
        self.target, self.after, self.server = port, after, socket.create_server((LOCAL, 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            server = socket.create_connection((LOCAL, self.target))
            threading.Thread(target=self._carry, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, self.after), daemon=True).start()

    @staticmethod
    def _carry(source, sink, limit):
        carried = 0
        try:
            while (piece := source.recv(65536)) and (limit is None or carried < limit):
                carried += len(piece)
                sink.sendall(piece)
        except OSError:
            pass
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut(port, after):
    proxy = Cut(port, after)
    try:
        yield proxy.port
    finally:
        proxy.server.close()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_connection_that_breaks_in_mid_stream_may_pass_and_leaves_nothing_behind(cast, kind, request):
    port = request.getfixturevalue({"postgresql": "pg", "mysql": "maria"}[kind])
    run = (lambda text: postgresql(port, text)) if kind == "postgresql" else (lambda text: mysql(port, text))
    run("DROP TABLE IF EXISTS goods")
    run("CREATE TABLE goods (code varchar(9), name varchar(200))")
    for start in range(0, 20_000, 5_000):
        rows = ", ".join(f"('{n}', '{'x' * 100}')" for n in range(start, start + 5_000))
        run(f"INSERT INTO goods VALUES {rows}")
    with cut(port, 1_000_000) as through:
        keep(cast, kind, through)
        describe(cast, "SELECT * FROM goods")
        with pytest.raises(Unavailable, match="broke"):
            pull(cast)
    assert live() == []
    keep(cast, kind, port, **({"password": mariadb.PASSWORD} if kind == "mysql" else {}))
    assert pull(cast)["loaded"] == 20_000
    assert Load.objects.count() == 1
