"""Questions to the star beside the DuckDB SQL somebody would write by hand: `python -m tests.speed.olap` in a home.

Each question is asked in turn with its peer, after one round that counts for nothing; the peer has the same files,
processors and memory. Prints the median seconds of both, and whether their figures are the same.
"""

import json
import os
import statistics
import time
from typing import Any

ROUNDS = 5
MONTH = "year(day) * 12 + month(day)"
FIRST = "count(*) filter (where line_no = 0)"
# name: measures, dimensions, condition; SQL over lines and customers whose columns come in the same order
QUESTIONS: dict[str, tuple[list[str], list[str], str, str]] = {
    "sales and orders by month": (
        ["sales_amount", "orders"], ["month"], "",
        f"SELECT {MONTH} AS g, sum(amount), {FIRST} FROM lines GROUP BY g ORDER BY g",
    ),
    "sales by store and quarter": (
        ["sales_amount", "quantity"], ["store", "quarter"], "",
        "SELECT store_key AS s, year(day) * 4 + quarter(day) AS q, sum(amount), sum(quantity) FROM lines GROUP BY s, q "
        "ORDER BY try_cast(s AS bigint), q",
    ),
    "sales by age and month of a year": (
        ["sales_amount", "orders", "average_ticket"], ["age_band", "month"], "year = '2025'",
        f"SELECT age_band AS a, {MONTH} AS g, sum(amount), {FIRST}, sum(amount) / {FIRST} FROM lines LEFT JOIN customers "
        "USING (customer_id) WHERE year(day) = 2025 GROUP BY a, g ORDER BY a, g",
    ),
    "different buyers by month": (
        ["buying_customers"], ["month"], "",
        f"SELECT {MONTH} AS g, count(DISTINCT customer_id) FROM lines GROUP BY g ORDER BY g",
    ),
    "different buyers by store and year": (
        ["buying_customers", "sales_amount"], ["store", "year"], "",
        "SELECT store_key AS s, year(day) AS y, count(DISTINCT customer_id), sum(amount) FROM lines GROUP BY s, y "
        "ORDER BY try_cast(s AS bigint), y",
    ),
    "one product by month": (
        ["sales_amount", "quantity"], ["month"], "product = '17'",
        f"SELECT {MONTH} AS g, sum(amount), sum(quantity) FROM lines WHERE product_key = '17' GROUP BY g ORDER BY g",
    ),
    "different buyers in a year": (
        ["buying_customers", "sales_amount"], [], "year = '2025'",
        "SELECT count(DISTINCT customer_id), sum(amount) FROM lines WHERE year(day) = 2025",
    ),
}  # fmt: skip


def times() -> dict[str, Any]:
    """Median seconds of every question: ours and theirs, and whether the figures agree."""
    import duckdb
    from django.conf import settings

    from dangol.insight.olap import reads
    from dangol.insight.warehouse.reads import current

    snapshot, _newest = current()
    peer = duckdb.connect(config={"memory_limit": f"{settings.DANGOL.memory_mb}MiB",
                                  "threads": settings.DANGOL.threads or os.cpu_count() or 2,
                                  "preserve_insertion_order": False})  # fmt: skip
    for view, table in (("lines", "sales_lines"), ("customers", "customers")):
        files = ", ".join(f"'{path}'" for path in snapshot.paths(table))
        peer.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet([{files}])")
    found = {}
    for name, (measures, by, where, sql) in QUESTIONS.items():
        ways: dict[str, Any] = {
            "ours": lambda measures=measures, by=by, where=where: [
                tuple(row[one] for one in measures) for row in reads.ask(None, measures, by, where).rows],
            "theirs": lambda sql=sql, by=by: [row[len(by):] for row in peer.execute(sql).fetchall()],
        }  # fmt: skip
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        answers: dict[str, Any] = {}
        for turn in range(ROUNDS + 1):
            for way, ask in ways.items():
                start = time.perf_counter()
                answers[way] = ask()
                if turn:
                    seconds[way].append(time.perf_counter() - start)
        same = [[float(cell) for cell in row] for row in answers["ours"]] == [
            [float(cell) for cell in row] for row in answers["theirs"]]  # fmt: skip
        found[name] = {way: statistics.median(taken) for way, taken in seconds.items()} | {"same": same}
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()
    print(json.dumps(times()))
