"""Questions to the star beside the DuckDB SQL somebody would write by hand: `python -m tests.speed.olap` in a home.

Each question is asked in turn with its peer, after one round that counts for nothing; the peer has the same files,
processors and memory. Prints the median seconds of both, their processor seconds, and whether their figures are the same.
"""

import json
import os
import statistics
import time
from dataclasses import dataclass
from typing import Any

ROUNDS = 5
MONTH = "year(day) * 12 + month(day)"
FIRST = "count(*) filter (where line_no = 0)"
PEOPLE = "LEFT JOIN customers USING (customer_id)"


@dataclass(frozen=True)
class Asked:
    """A question and its peer: SQL over the star's tables whose measures come in the same order, after the dimensions.

    cell: instead, the customers of a cell that meets `where`, by what they bought there, largest first.
    """

    measures: list[str]
    by: list[str]
    where: str
    sql: str
    order: str = ""
    limit: int = 10_000
    cell: bool = False


QUESTIONS: dict[str, Asked] = {
    "sales and orders by month": Asked(
        ["sales_amount", "orders"], ["month"], "",
        f"SELECT {MONTH} AS g, sum(amount), {FIRST} FROM lines GROUP BY g ORDER BY g",
    ),
    "sales by store and quarter": Asked(
        ["sales_amount", "quantity"], ["store", "quarter"], "",
        "SELECT store_key AS s, year(day) * 4 + quarter(day) AS q, sum(amount), sum(quantity) FROM lines GROUP BY s, q "
        "ORDER BY try_cast(s AS bigint), q",
    ),
    "sales by age and month of a year": Asked(
        ["sales_amount", "orders", "average_ticket"], ["age_band", "month"], "year = '2025'",
        f"SELECT age_band AS a, {MONTH} AS g, sum(amount), {FIRST}, sum(amount) / {FIRST} FROM lines {PEOPLE} "
        "WHERE year(day) = 2025 GROUP BY a, g ORDER BY a, g",
    ),
    "different buyers by month": Asked(
        ["buying_customers"], ["month"], "",
        f"SELECT {MONTH} AS g, count(DISTINCT customer_id) FROM lines GROUP BY g ORDER BY g",
    ),
    "different buyers by store and year": Asked(
        ["buying_customers", "sales_amount"], ["store", "year"], "",
        "SELECT store_key AS s, year(day) AS y, count(DISTINCT customer_id), sum(amount) FROM lines GROUP BY s, y "
        "ORDER BY try_cast(s AS bigint), y",
    ),
    "one product by month": Asked(
        ["sales_amount", "quantity"], ["month"], "product = '17'",
        f"SELECT {MONTH} AS g, sum(amount), sum(quantity) FROM lines WHERE product_key = '17' GROUP BY g ORDER BY g",
    ),
    "different buyers in a year": Asked(
        ["buying_customers", "sales_amount"], [], "year = '2025'",
        "SELECT count(DISTINCT customer_id), sum(amount) FROM lines WHERE year(day) = 2025",
    ),
    "sales by brand and age": Asked(
        ["sales_amount", "quantity"], ["brand", "age_band"], "",
        f"SELECT brand AS b, age_band AS a, sum(amount), sum(quantity) FROM lines {PEOPLE} LEFT JOIN products USING "
        "(product_key) GROUP BY b, a ORDER BY b, a",
    ),
    "top 20 products of a year": Asked(
        ["sales_amount"], ["product"], "year = '2026'",
        "SELECT product_key AS p, sum(amount) AS s FROM lines WHERE year(day) = 2026 GROUP BY p ORDER BY s DESC LIMIT 20",
        order="-sales_amount", limit=20,
    ),
    "women's sales and buyers by quarter": Asked(
        ["sales_amount", "buying_customers"], ["quarter"], "gender = 'F'",
        f"SELECT year(day) * 4 + quarter(day) AS q, sum(amount), count(DISTINCT customer_id) FROM lines {PEOPLE} "
        "WHERE gender = 'F' GROUP BY q ORDER BY q",
    ),
    "sales by store's region and month": Asked(
        ["sales_amount", "orders"], ["store_region", "month"], "",
        f"SELECT region AS r, {MONTH} AS g, sum(amount), {FIRST} FROM lines LEFT JOIN stores USING (store_key) "
        "GROUP BY r, g ORDER BY r, g",
    ),
    "buyers and orders by brand, region and month of a half-year": Asked(
        ["buying_customers", "orders"], ["brand", "store_region", "month"], "half = '2026-H1'",
        f"SELECT brand AS b, region AS r, {MONTH} AS g, count(DISTINCT customer_id), count(DISTINCT order_id) FROM lines "
        "LEFT JOIN products USING (product_key) LEFT JOIN stores USING (store_key) "
        "WHERE day BETWEEN '2026-01-01' AND '2026-06-30' GROUP BY b, r, g ORDER BY b, r, g",
    ),
    "buyers and repeat buyers by age": Asked(
        ["buying_customers", "repeat_customers"], ["age_band"], "",
        f"SELECT age_band AS a, count(*), count(*) FILTER (WHERE n > 1) FROM (SELECT customer_id, {FIRST} AS n FROM lines "
        f"GROUP BY customer_id) {PEOPLE} GROUP BY a ORDER BY a",
    ),
    "customers so far by month": Asked(
        ["customers"], ["month"], "",
        f"SELECT g, sum(count(*)) OVER (ORDER BY g) FROM (SELECT min({MONTH}) AS g FROM lines GROUP BY customer_id) "
        "GROUP BY g ORDER BY g",
    ),
    "retention by month": Asked(
        ["retention_rate"], ["month"], "",
        f"WITH b AS (SELECT DISTINCT {MONTH} AS g, customer_id FROM lines), k AS (SELECT g, count(*) AS n FROM b GROUP BY g), "
        "s AS (SELECT b.g, count(*) AS n FROM b JOIN b AS a ON a.customer_id = b.customer_id AND a.g = b.g - 1 GROUP BY b.g) "
        "SELECT k.g, s.n / p.n FROM k LEFT JOIN k AS p ON p.g = k.g - 1 LEFT JOIN s ON s.g = k.g ORDER BY k.g",
    ),
    "purchase cycle by year": Asked(
        ["purchase_cycle_days"], ["year"], "",
        "SELECT year(day) AS y, avg(day - before) FROM (SELECT day, lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS "
        "before FROM (SELECT DISTINCT customer_id, day FROM lines)) WHERE before IS NOT NULL GROUP BY y ORDER BY y",
    ),
    "top 20 products of a year by buyers": Asked(
        ["buying_customers", "sales_amount"], ["product"], "year = '2026'",
        "SELECT product_key AS p, count(DISTINCT customer_id) AS n, sum(amount) FROM lines WHERE year(day) = 2026 GROUP BY p "
        "ORDER BY n DESC, try_cast(p AS bigint) LIMIT 20",
        order="-buying_customers", limit=20,
    ),
    "growth of regions on the month before": Asked(
        ["sales_amount / previous(sales_amount) - 1"], ["store_region", "month"], "",
        f"SELECT region AS r, {MONTH} AS g, sum(amount) / lag(sum(amount)) OVER (PARTITION BY region ORDER BY {MONTH}) - 1 "
        "FROM lines LEFT JOIN stores USING (store_key) GROUP BY r, g ORDER BY r, g",
    ),
    "share of each brand in its age band": Asked(
        ["sales_amount / total(sales_amount, age_band)"], ["age_band", "brand"], "year = '2025'",
        "SELECT age_band AS a, brand AS b, sum(amount) / sum(sum(amount)) OVER (PARTITION BY age_band) FROM lines "
        f"{PEOPLE} LEFT JOIN products USING (product_key) WHERE year(day) = 2025 GROUP BY a, b ORDER BY a, b",
    ),
    "customers behind a brand in a region and quarter": Asked(
        ["sales_amount", "orders"], ["customer"], "brand = 'Brand 7' and store_region = 'Region 3' and quarter = '2026-Q1'",
        "SELECT customer_id, sum(amount) AS s, count(DISTINCT order_id) FROM lines LEFT JOIN products USING (product_key) "
        "LEFT JOIN stores USING (store_key) WHERE brand = 'Brand 7' AND region = 'Region 3' AND day BETWEEN '2026-01-01' "
        "AND '2026-03-31' GROUP BY customer_id ORDER BY s DESC, customer_id LIMIT 50",
        limit=50, cell=True,
    ),
}  # fmt: skip


def times() -> dict[str, Any]:
    """Median seconds of every question: ours and theirs, and whether the figures agree."""
    import duckdb
    from django.conf import settings

    from dangol import engine
    from dangol.insight.warehouse.reads import current

    snapshot, _newest = current()
    peer = duckdb.connect(config={"memory_limit": f"{settings.DANGOL.memory_mb}MiB",
                                  "threads": settings.DANGOL.threads or os.cpu_count() or 2,
                                  "preserve_insertion_order": False})  # fmt: skip
    for view, table in (("lines", "sales_lines"), *((name, name) for name in ("customers", "products", "stores"))):
        files = ", ".join(f"'{path}'" for path in snapshot.paths(table))
        peer.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet([{files}])")
    found = {}
    for name, asked in QUESTIONS.items():
        ways: dict[str, Any] = {
            "ours": lambda one=asked: [tuple(row[name] for name in one.measures) for row in _rows(one)],
            "theirs": lambda one=asked: [row[len(one.by):] for row in peer.execute(one.sql).fetchall()],
        }  # fmt: skip
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        processor: dict[str, list[float]] = {way: [] for way in ways}
        answers: dict[str, Any] = {}
        with engine.patient():
            for turn in range(ROUNDS + 1):
                for way, ask in ways.items():
                    start, begun = time.perf_counter(), time.process_time()
                    answers[way] = ask()
                    if turn:
                        seconds[way].append(time.perf_counter() - start)
                        processor[way].append(time.process_time() - begun)
        found[name] = {way: statistics.median(taken) for way, taken in seconds.items()} | {
            "same": _plain(answers["ours"]) == _plain(answers["theirs"]),
            "processor": [statistics.median(processor[way]) for way in ways]}  # fmt: skip
    return found


def _rows(one: Asked) -> Any:
    """The rows of our answer."""
    from dangol.insight.olap import behind, reads
    from dangol.staff.reads import system

    if one.cell:
        return behind.customers(system(), one.where, limit=one.limit).rows
    return reads.ask(None, one.measures, one.by, one.where, order=one.order, limit=one.limit).rows


def _plain(rows: list[tuple[Any, ...]]) -> list[list[float | None]]:
    """Figures of two libraries in one form; of fractions the last digits may differ."""
    return [[None if cell is None else round(float(cell), 9) for cell in row] for row in rows]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()
    print(json.dumps(times()))
