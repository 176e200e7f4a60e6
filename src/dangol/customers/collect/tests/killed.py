"""Run by test_killed in a process of its own: load a file in small batches, and die at a chosen point."""

from typing import Any

from dangol.customers.collect import actions, loading, parser, places, staging
from dangol.customers.collect.models import Quarantined
from dangol.customers.collect.tests.dying import die_at
from dangol.staff.reads import system
from dangol.work.actions import Quiet


def main(path: str, point: str, times: int) -> Any:
    """The load's report. times: how often the point is passed before the kill (0: never killed)."""
    # The parser's own process has tests of its own, and starting it takes longer than everything else here.
    staging._in_child = lambda order, folder, tick: staging._told(parser.work(order), order)
    loading.BATCH_ROWS = 400
    points = {
        "staged": (loading, "stage", True),
        "before the file is in place": (places, "publish", False),
        "before the transaction": (places, "publish", True),
        "inside the transaction": (Quarantined.objects, "bulk_create", True),
        "after the transaction": (loading.Loading, "_commit", True),
        "before the end": (loading.Loading, "_close", False),
        "after the end": (loading.Loading, "_close", True),
    }
    die_at(points, point, times)
    by = system()
    actions.describe_source(
        by=by, code="shop", kind="sales", reader="csv",
        mapping={n: n for n in ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")},
    )  # fmt: skip
    load_id = actions.start_load(by=by, source_code="shop", path=path)
    return actions.run_load(Quiet(by=by), load_id=load_id)
