"""Run a test on every engine: DuckDB always, Spark in this process where PySpark and Java are there."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any

import pytest
from django.test import override_settings


def has_spark() -> bool:
    return importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


@contextmanager
def engine_setting(name: str, **more: Any) -> Iterator[None]:
    """The installation with another analytical engine; nothing else changes."""
    from django.conf import settings

    with override_settings(DANGOL=replace(settings.DANGOL, engine=name, **more)):
        yield


_kept: list[Any] = []


def keep_spark() -> Any:
    """Hold one Spark application open for the whole run: starting one takes seconds."""
    if not _kept:
        from dangol.engine.spark import Spark

        # A few rows a question: compiling costs more than it saves.
        os.environ.setdefault("PYSPARK_SUBMIT_ARGS", "--driver-java-options -XX:TieredStopAtLevel=1 pyspark-shell")
        spark = Spark(master="local[2]")
        spark.session.conf.set("spark.sql.codegen.wholeStage", "false")
        _kept.append(spark)
    return _kept[0]


def on_every_engine(test: Any) -> Any:
    """The test runs once an engine, with the setting `engine` set to it, and must pass on each."""

    @pytest.mark.parametrize("engine_name", ["duckdb", pytest.param("spark", marks=pytest.mark.xdist_group("spark"))])
    @wraps(test)
    def run(engine_name: str, **fixtures: Any) -> None:
        if engine_name == "spark":
            if not has_spark():
                pytest.skip("PySpark or Java is not installed.")
            keep_spark()
        with engine_setting(engine_name):
            test(**fixtures)

    import inspect

    signature = inspect.signature(test)
    own = inspect.Parameter("engine_name", inspect.Parameter.KEYWORD_ONLY)
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=[*parameters, own])  # type: ignore[attr-defined]
    return run
