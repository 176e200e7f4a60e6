"""One analysis on two engines: Ibis tables from Parquet files, on DuckDB in this process or on a Spark cluster."""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import ibis
import pyarrow as pa
from django.conf import settings
from ibis.backends.duckdb import Backend
from ibis.expr.types import IntegerColumn, IntegerValue, Table

from dangol.base.errors import TooMuch, Unavailable
from dangol.engine.limits import watched

PAGE_SECONDS = 10.0
SPARK_PAGE_SECONDS = 60.0  # a cluster plans and starts its tasks for seconds before it reads a row
VIEWS_KEPT = 64
MOST_TOLD = 64  # files
GROUP_ROWS = 122_880
MOST_BITS_BYTES = 64 * 1024 * 1024  # a thread
MOST_HELD_BYTES = 128 * 1024 * 1024  # a thread
LEAST_HELD = 8  # tables, whatever their size: one question needs six at most
CELL_BYTES = 8


class Engine(Protocol):
    """What an analytical engine can do. Paths are Parquet files; expressions are Ibis."""

    name: str
    backend: Any

    def table(self, paths: Sequence[Path], *, told: bool = False) -> Table:
        """The rows of Parquet files of one shape, as one Ibis table.

        told: whether what the files say of their values may guide the engine; their columns are the very same then.
        """

    def memory(self, rows: pa.Table, name: str = "") -> Table:
        """A small Arrow table as an Ibis table."""

    def arrow(self, expression: Any) -> pa.Table:
        """The rows of an expression. Raises TooMuch past the engine's time limit, Cancelled (see `limits`)."""

    def keep(self, table: Table) -> Table:
        """Work a table out once and hold its rows while the engine is open, on disc where memory is short."""

    def held(self, key: tuple[str, ...], table: Table) -> Table:
        """A table that is worked out once and held under a key for later questions, as long as there is room.

        key: names these very rows, whenever it is asked. Of what is held the engine knows the values' span.
        """

    def bits(self, numbers: IntegerColumn, span: tuple[int, int], groups: int) -> IntegerValue | None:
        """How many different whole numbers there are, as an aggregate that marks each in a row of bits.

        span: the least and largest number. groups: how many there are at most. None where the engine cannot, or where
        the bits would take too much room: then different numbers are counted by grouping.
        """

    def write(self, table: Table, path: Path, *, group_rows: int = GROUP_ROWS) -> int:
        """Write a table to one Parquet file; returns its number of rows.

        group_rows: rows that are read together at least; fewer where single rows are looked up (see `lookup`).
        """

    def close(self) -> None:
        """Give everything back."""


@ibis.udf.agg.builtin(name="bitstring_agg")  # type: ignore[untyped-decorator]
def _marked(number: int, low: int, high: int) -> str:  # type: ignore[empty-body]
    """DuckDB's own: a row of bits from low to high with those of the numbers set."""


@ibis.udf.scalar.builtin(name="bit_count")  # type: ignore[untyped-decorator]
def _counted(bits: str) -> int:  # type: ignore[empty-body]
    """DuckDB's own: how many bits are set."""


class _Locked(Backend):
    """Ibis on a DuckDB whose settings are made and locked already: `_connect` sets what Ibis would set here."""

    def _post_connect(self, extensions: Sequence[str] | None = None) -> None:
        self._record_batch_readers_consumed: dict[str, Any] = {}


class DuckDB:
    """DuckDB in this process, shut in: it sees the given folders only, no network, and its settings are locked.

    seconds: how long one question may take, None for no limit. DuckDB draws no line of its own inside the process
    and takes its data files as trustworthy, so it is handed nothing but files we wrote (duckdb.org, "Securing DuckDB").
    """

    name = "duckdb"

    def __init__(self, *, connection: duckdb.DuckDBPyConnection, seconds: float | None = None) -> None:
        self.backend = _Locked.from_connection(connection)
        self.seconds = seconds
        self._views: OrderedDict[tuple[str, ...], Table] = OrderedDict()
        self._held: OrderedDict[tuple[str, ...], tuple[Table, int]] = OrderedDict()

    def table(self, paths: Sequence[Path], *, told: bool = False) -> Table:
        files = tuple(str(path) for path in paths)
        key = ("told", *files) if told and 1 < len(files) <= MOST_TOLD else files
        if key not in self._views:
            self._views[key] = self._told(paths) if key != files else self.backend.read_parquet(list(files))
            if len(self._views) > VIEWS_KEPT:
                _paths, oldest = self._views.popitem(last=False)
                self.backend.drop_view(oldest.get_name(), force=True)
        self._views.move_to_end(key)
        return self._views[key]

    def _told(self, paths: Sequence[Path]) -> Table:
        """Files one by one: DuckDB heeds what a file tells of its values only alone, and joins in plain arrays then."""
        name = ibis.util.gen_name("told")
        parts = " UNION ALL ".join(f"SELECT * FROM read_parquet('{_quoted(path)}')" for path in paths)  # noqa: S608
        self.backend.con.execute(f'CREATE TEMP VIEW "{name}" AS {parts}')
        return self.backend.table(name)

    def memory(self, rows: pa.Table, name: str = "") -> Table:
        return ibis.memtable(rows)

    def arrow(self, expression: Any) -> pa.Table:
        # The same as Ibis' own to_pyarrow, which would load pandas for it: seconds in every fresh process.
        table = expression.as_table()
        self.backend._run_pre_execute_hooks(table)
        with self._limit():
            rows = self.backend.con.execute(self.backend.compile(table)).to_arrow_table()
        return expression.__pyarrow_result__(rows)

    def keep(self, table: Table) -> Table:
        name = ibis.util.gen_name("kept")
        with self._limit():
            self.backend.con.execute(f'CREATE TEMP TABLE "{name}" AS {self._sql(table)}')
        return self.backend.table(name)

    def held(self, key: tuple[str, ...], table: Table) -> Table:
        if key not in self._held:
            kept = self.keep(table)
            rows = self.backend.con.execute(f'SELECT count(*) FROM "{kept.get_name()}"').fetchall()[0][0]  # noqa: S608
            self._held[key] = kept, rows * len(kept.columns) * CELL_BYTES
            while len(self._held) > LEAST_HELD and sum(size for _kept, size in self._held.values()) > MOST_HELD_BYTES:
                _key, (oldest, _size) = self._held.popitem(last=False)
                self.backend.drop_table(oldest.get_name(), force=True)
        self._held.move_to_end(key)
        return self._held[key][0]

    def bits(self, numbers: IntegerColumn, span: tuple[int, int], groups: int) -> IntegerValue | None:
        low, high = span
        if groups * (high - low) > 8 * MOST_BITS_BYTES:
            return None
        marked = _marked(numbers, *(ibis.literal(end, type="int64") for end in span))
        return _counted(marked).fill_null(ibis.literal(0, type="int64"))

    def write(self, table: Table, path: Path, *, group_rows: int = GROUP_ROWS) -> int:
        sql = self._sql(table)
        with self._limit():
            written = self.backend.con.execute(
                f"COPY ({sql}) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group_rows})"
            ).fetchone()
        return int(written[0])

    def _sql(self, table: Table) -> str:
        """A table as a question, its sums of whole numbers as whole numbers.

        DuckDB adds BIGINT up as HUGEINT, which Parquet does not know: it would be kept as DOUBLE, inexact past 2**53.
        A sum past 64 bits is an error here, never a rounded figure.
        """
        self.backend._run_pre_execute_hooks(table)
        sql = str(self.backend.compile(table))
        told = self.backend.con.execute(f"DESCRIBE {sql}").fetchall()
        wide = [name.replace('"', '""') for name, kind, *_rest in told if kind == "HUGEINT"]
        if not wide:
            return sql
        whole = ", ".join(f'"{name}"::BIGINT AS "{name}"' for name in wide)
        return f"SELECT * REPLACE ({whole}) FROM ({sql})"  # noqa: S608  names of the expression's own columns

    def close(self) -> None:
        self.backend.disconnect()

    @contextmanager
    def _limit(self) -> Iterator[None]:
        """Stop a question that takes longer than it may, or that nobody waits for any more."""
        with watched(self.backend.con.interrupt, self.seconds) as watch:
            try:
                yield
            except duckdb.InterruptException:
                if watch.error is None:
                    raise
                raise watch.error from None
            except duckdb.OutOfMemoryException:
                raise TooMuch(
                    "The question needs more memory than the setting memory_mb allows. Ask for less or raise it."
                ) from None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _connect(*, memory_mb: int, threads: int, home: Path, folders: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own that may touch `home` and `folders` only."""
    scratch = home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "threads": threads or os.cpu_count() or 2,
            "memory_limit": f"{memory_mb}MiB",
            "temp_directory": str(scratch),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    allowed = ", ".join(f"'{_quoted(folder)}'" for folder in (home, *folders))
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL python_enable_replacements = false")
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def fresh_duckdb(*, memory_mb: int = 0, threads: int = 0, folders: Sequence[Path] = ()) -> DuckDB:
    """A DuckDB engine of its own, within the installation's limits and home folder unless told otherwise."""
    options = settings.DANGOL
    return DuckDB(
        connection=_connect(
            memory_mb=memory_mb or options.memory_mb,
            threads=threads or options.threads,
            home=options.home,
            folders=folders,
        )
    )


def _spark(seconds: float | None = None) -> Engine:
    try:
        from dangol.engine.spark import Spark
    except ImportError:
        raise Unavailable("The engine spark needs PySpark. Install it: pip install 'dangol[spark]'.") from None
    return Spark(master=settings.DANGOL.spark_master, seconds=seconds)


@contextmanager
def fresh(*, folders: Sequence[Path] = ()) -> Iterator[Engine]:
    """An engine of its own for one piece of long work, closed at the end.

    folders: besides the home folder, where it may read and write (the files of `dangol file`).
    """
    engine = _spark() if settings.DANGOL.engine == "spark" else fresh_duckdb(folders=folders)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def fresh_local(*, folders: Sequence[Path] = ()) -> Iterator[Engine]:
    """DuckDB in this process whatever engine is set: for the operations database's own rows, and for patterns that
    users write, which DuckDB matches in linear time (RE2) and Spark does not (Java's backtracking).
    """
    engine = fresh_duckdb(folders=folders)
    try:
        yield engine
    finally:
        engine.close()


class _Pages(threading.local):
    """The engines of one thread that answers pages, and the settings they were opened with."""

    engine: Engine | None = None
    options: Any = None
    local: Engine | None = None
    local_options: Any = None


_pages = _Pages()
_shared: dict[str, Any] = {}
_opening = threading.Lock()


def _page_duckdb(options: Any) -> DuckDB:
    """All threads of a process share one DuckDB and its memory limit; each has a connection of its own to it."""
    with _opening:
        if _shared.get("options") != options:
            _shared["connection"] = _connect(
                memory_mb=options.memory_mb, threads=options.threads, home=options.home, folders=()
            )
            _shared["options"] = options
        return DuckDB(connection=_shared["connection"].cursor(), seconds=PAGE_SECONDS)


def current() -> Engine:
    """This thread's engine, opened at first use: for pages and other short questions, 10 seconds each at most.

    On Spark a minute; in a job as long as it takes (see `patient`).
    """
    options = settings.DANGOL
    if _pages.engine is None or _pages.options != options:
        _pages.engine = _spark(SPARK_PAGE_SECONDS) if options.engine == "spark" else _page_duckdb(options)
        _pages.options = options
    return _pages.engine


def current_local() -> Engine:
    """The same as `current`, on DuckDB whatever engine is set (see `fresh_local`)."""
    options = settings.DANGOL
    if options.engine != "spark":
        return current()
    if _pages.local is None or _pages.local_options != options:
        _pages.local, _pages.local_options = _page_duckdb(options), options
    return _pages.local
