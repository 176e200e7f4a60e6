"""Run by test_killed in a process of its own: fetch from a database in small batches, and die at a chosen point.

argv: point, how many times the point is passed before the kill (0: never killed), how often to fetch.
"""

import json
import os
import sys

import django


def main(point: str, times: int, fetches: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    django.setup()
    from dangol.customers.collect import actions as collect
    from dangol.customers.collect import loading, places
    from dangol.customers.collect.feeds import actions, querying
    from dangol.customers.collect.feeds.databases import sqlite
    from dangol.customers.collect.tests.dying import die_at
    from dangol.staff.reads import system
    from dangol.work.actions import Quiet

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
    for _ in range(fetches):
        print(json.dumps(actions.pull(Quiet(by=by), source_code="erp")))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
