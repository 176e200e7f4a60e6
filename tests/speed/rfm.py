"""RFM of all customers four ways, each as a whole process: `python -m tests.speed.rfm WAY LINES.parquet OUT.parquet`.

Every way reads the same lines and writes customer_id, recency, frequency, monetary, three scores in five groups and a
segment. Ours asks for more (score, first and last day) and runs through the engine as the product does. Prints the
seconds of the work itself (imports left out) and checks: customers, sum of money, sum of orders.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path

AS_OF = date(2026, 11, 30)
SEGMENT = "(CASE WHEN r>=4 THEN 'H' ELSE 'L' END)||(CASE WHEN f>=4 THEN 'H' ELSE 'L' END)||(CASE WHEN m>=4 THEN 'H' ELSE 'L' END)"


def prepare(way: str) -> object:
    """Import what the way needs before the clock starts."""
    if way == "dangol":
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
        import django

        django.setup()
        from dangol.engine import engines
        from dangol.insight.score import tables

        return engines, tables
    return __import__({"duckdb": "duckdb", "polars": "polars", "pandas": "pandas"}[way])


def dangol(lines: Path, out: Path) -> tuple[int, int, int]:
    """Our code path: the expressions of insight.score on the engine, cut points from the data."""
    from dangol.engine.engines import fresh_duckdb
    from dangol.insight.score import rules, tables

    scheme = rules.preset("555")
    engine = fresh_duckdb(folders=[lines.parent, out.parent])
    scores, _ready = tables.rfm_anew(engine, engine.table([lines]), AS_OF, scheme)
    engine.write(scores, out)
    scores = engine.table([out])
    [found] = engine.arrow(
        scores.aggregate(customers=scores.count(), money=scores.monetary.sum(), orders=scores.frequency.sum())
    ).to_pylist()
    engine.close()
    return found["customers"], found["money"], found["orders"]


def duckdb(lines: Path, out: Path) -> tuple[int, int, int]:
    """One hand-written statement."""
    import duckdb as db

    connection = db.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        f"""COPY (WITH spent AS (
              SELECT customer_id, max(day) AS last_day, count(*) FILTER (line_no = 0) AS frequency,
                     sum(amount)::BIGINT AS monetary FROM '{lines}' GROUP BY 1),
            scored AS (
              SELECT customer_id, DATE '{AS_OF}' - last_day AS recency_days, frequency, monetary,
                     ntile(5) OVER (ORDER BY last_day, customer_id) AS r,
                     ntile(5) OVER (ORDER BY frequency, customer_id) AS f,
                     ntile(5) OVER (ORDER BY monetary, customer_id) AS m FROM spent)
            SELECT *, {SEGMENT} AS segment FROM scored) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    return connection.execute(f"SELECT count(*), sum(monetary)::BIGINT, sum(frequency)::BIGINT FROM '{out}'").fetchone()  # type: ignore[return-value]


def polars(lines: Path, out: Path) -> tuple[int, int, int]:
    import polars as pl

    spent = (
        pl.scan_parquet(lines)
        .group_by("customer_id")
        .agg(
            last_day=pl.col("day").max(),
            frequency=(pl.col("line_no") == 0).sum().cast(pl.Int64),
            monetary=pl.col("amount").sum(),
        )
        .collect(engine="streaming")
    )
    count = spent.height
    for name, value in (("r", "last_day"), ("f", "frequency"), ("m", "monetary")):
        spent = spent.sort(value, "customer_id").with_columns((pl.int_range(pl.len()) * 5 // count + 1).alias(name))
    high = [pl.when(pl.col(name) >= 4).then(pl.lit("H")).otherwise(pl.lit("L")) for name in "rfm"]
    spent = spent.with_columns(
        recency_days=(pl.lit(AS_OF) - pl.col("last_day")).dt.total_days(), segment=pl.concat_str(high)
    )
    spent.write_parquet(out)
    return spent.height, spent["monetary"].sum(), spent["frequency"].sum()


def pandas(lines: Path, out: Path) -> tuple[int, int, int]:
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(lines, columns=["customer_id", "line_no", "day", "amount"])
    frame["day"] = pd.to_datetime(frame["day"])
    frame["first"] = frame["line_no"] == 0
    spent = frame.groupby("customer_id", as_index=False).agg(
        last_day=("day", "max"), frequency=("first", "sum"), monetary=("amount", "sum")
    )
    for name, value in (("r", "last_day"), ("f", "frequency"), ("m", "monetary")):
        spent[name] = pd.qcut(spent[value].rank(method="first"), 5, labels=False) + 1
    spent["recency_days"] = (pd.Timestamp(AS_OF) - spent["last_day"]).dt.days
    spent["segment"] = ""
    for name in "rfm":
        spent["segment"] += np.where(spent[name] >= 4, "H", "L")
    spent.to_parquet(out)
    return len(spent), int(spent["monetary"].sum()), int(spent["frequency"].sum())


WAYS = {"dangol": dangol, "duckdb": duckdb, "polars": polars, "pandas": pandas}


def main(way: str, lines: str, out: str) -> None:
    prepare(way)
    start = time.perf_counter()
    customers, money, orders = WAYS[way](Path(lines), Path(out))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "check": [int(customers), int(money), int(orders)]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
