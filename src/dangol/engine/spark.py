"""Spark, on a cluster or in this process; imported only where the setting `engine` asks for it."""

import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import ibis
import pyarrow as pa
from ibis.expr.types import IntegerColumn, IntegerValue, Table
from pyspark.sql import SparkSession
from splink.backends.spark import similarity_jar_location

from dangol.engine.engines import GROUP_ROWS
from dangol.engine.limits import watched

ROW_BYTES = 64

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.ansi.enabled": "true",
}


def _literal(path: Path) -> str:
    """A path to read as it is: Hadoop takes brackets and stars for patterns."""
    return re.sub(r"([\\\[\]{}*?^,])", r"\\\1", str(path))


def _parquet(group_rows: int) -> dict[str, str]:
    """How a file is written. Spark knows no rows in a group, only bytes: so many per row are reckoned with."""
    small = {"parquet.block.size": str(group_rows * ROW_BYTES)} if group_rows < GROUP_ROWS else {}
    return {"compression": "zstd"} | small


class Spark:
    """A Spark session reading the same Parquet files from storage that master and workers share.

    One application a process: engines of several threads share it, and the last to close ends it.
    seconds: how long one question may take, None for no limit.
    """

    name = "spark"
    _open: ClassVar[int] = 0
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, *, master: str, seconds: float | None = None) -> None:
        self.seconds = seconds
        with Spark._lock:
            if master.startswith("local"):  # its workers run here: with the Python of this environment
                os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            builder = SparkSession.builder.master(master).appName("dangol")
            for name, value in SETTINGS.items():
                builder = builder.config(name, value)
            builder = builder.config("spark.jars", similarity_jar_location())  # the linkage compares texts with it
            self.session = builder.getOrCreate()
            Spark._open += 1
        self.session.sparkContext.setLogLevel("ERROR")
        self.backend = ibis.pyspark.connect(self.session)

    def table(self, paths: Sequence[Path], *, told: bool = False) -> Table:
        name = ibis.util.gen_name("parquet")
        self.session.read.parquet(*[_literal(path) for path in paths]).createOrReplaceTempView(name)
        return self.backend.table(name)

    def memory(self, rows: pa.Table, name: str = "") -> Table:
        return ibis.memtable(rows)

    def arrow(self, expression: Any) -> pa.Table:
        with self._limit():
            return self.backend.to_pyarrow(expression)

    def keep(self, table: Table) -> Table:
        name = ibis.util.gen_name("kept")
        self.backend._run_pre_execute_hooks(table)
        self.session.sql(self.backend.compile(table)).persist().createOrReplaceTempView(name)
        return self.backend.table(name)

    def held(self, key: tuple[str, ...], table: Table) -> Table:
        return table

    def bits(self, numbers: IntegerColumn, span: tuple[int, int], groups: int) -> IntegerValue | None:
        return None

    def write(self, table: Table, path: Path, *, group_rows: int = GROUP_ROWS) -> int:
        parts = path.with_suffix(".parts")
        self.backend._run_pre_execute_hooks(table)
        frame = self.session.sql(self.backend.compile(table))
        with self._limit():
            frame.coalesce(1).write.mode("overwrite").options(**_parquet(group_rows)).parquet(str(parts))
        [part] = parts.glob("part-*.parquet")
        part.replace(path)
        shutil.rmtree(parts)
        return int(self.session.read.parquet(_literal(path)).count())

    @contextmanager
    def _limit(self) -> Iterator[None]:
        """Stop a question that takes longer than it may, or that nobody waits for any more.

        Its tasks are one group of this thread's, which another thread can cancel.
        """
        context, group = self.session.sparkContext, ibis.util.gen_name("question")
        context.setJobGroup(group, "dangol", interruptOnCancel=True)
        with watched(lambda: context.cancelJobGroup(group), self.seconds) as watch:
            try:
                yield
            except Exception:
                if watch.error is None:
                    raise
                raise watch.error from None
            finally:
                context.setLocalProperty("spark.jobGroup.id", None)

    def close(self) -> None:
        with Spark._lock:
            Spark._open -= 1
            if Spark._open == 0:
                self.session.stop()
