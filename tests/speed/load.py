"""The load rate: validated rows per second from a CSV file to visible batches."""

import csv
import time
from pathlib import Path
from typing import Any

from tests.speed.generate import sales


def rate(folder: Path, rows: int) -> dict[str, Any]:
    """Write a CSV of sales lines, load it as a member would, and time the load."""
    from django.core.management import call_command

    from dangol.customers.collect import actions as collect
    from dangol.staff.reads import system
    from dangol.work.actions import Quiet

    call_command("migrate", verbosity=0)
    file = folder / "till.csv"
    fields = ["order_id", "line_no", "customer_key", "product_key", "store_key", "sold_at", "quantity", "amount"]
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(fields)
        for table in sales(max(1000, rows // 20), rows):
            columns = [table[name].to_pylist() for name in fields]
            columns[5] = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in columns[5]]
            writer.writerows(zip(*columns, strict=True))
    by = system()
    collect.describe_source(by=by, code="till", name="Till", kind="sales", reader="csv",
                            mapping={name: name for name in fields}, key=["order_id", "line_no"],
                            options={"zone": "UTC"})  # fmt: skip
    load_id = collect.start_load(by=by, source_code="till", path=file)
    start = time.perf_counter()
    report = collect.run_load(Quiet(by=by), load_id=load_id)
    seconds = time.perf_counter() - start
    return {"rows": report["loaded"], "seconds": seconds, "rate": report["loaded"] / seconds}
