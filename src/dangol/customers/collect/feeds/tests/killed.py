"""Run by test_killed in a process of its own: fetch from a database in small batches, and die at a chosen point."""

from typing import Any

from dangol.customers.collect import actions as collect
from dangol.customers.collect import loading, places
from dangol.customers.collect.feeds import actions, querying
from dangol.customers.collect.feeds.databases import sqlite
from dangol.customers.collect.tests.dying import die_at
from dangol.staff.reads import system
from dangol.work.actions import Quiet


def main(point: str, times: int, fetches: int) -> list[Any]:
    """The reports of so many fetches. times: how often the point is passed before the kill (0: never killed)."""
    loading.BATCH_ROWS = 400
    sqlite.ROWS_A_PIECE = 100
    points = {
        "in mid stream": (querying.Writer, "add", True),
        "fetched": (places, "publish", True),
        "before a batch": (loading.Loading, "_commit", False),
        "after a batch": (loading.Loading, "_commit", True),
        "before the end": (loading.Loading, "_close", False),
    }
    die_at(points, point, times)
    by = system()
    actions.keep_connection(by=by, code="erp", kind="sqlite", database="erp.sqlite")
    collect.describe_source(
        by=by, code="erp", kind="products", reader="sql", mapping={"product_key": "code", "product": "name"},
        options={"connection": "erp", "query": "SELECT * FROM goods", "watermark": "changed"},
    )  # fmt: skip
    return [actions.pull(Quiet(by=by), source_code="erp") for _ in range(fetches)]
