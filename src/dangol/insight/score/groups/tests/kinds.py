"""A year of purchases of three kinds of customers, known beforehand."""

import random
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.engine import Store
from dangol.insight.score.tests.purchases import FIRST, LAST

COLUMNS = pa.schema(
    [("order_id", pa.string()), ("line_no", pa.int32()), ("customer_id", pa.int64()), ("day", pa.date32()),
     ("product_key", pa.string()), ("channel", pa.string()), ("quantity", pa.int64()), ("amount", pa.int64()),
     ("discount", pa.int64())]
)  # fmt: skip
PRODUCTS = pa.table({"product_key": ["b", "m"], "product_major": ["빵", "Meat"]})
# kind -> orders from, to; amount from, to; share of bread; last days that are empty
KINDS = {0: (30, 40, 1_000, 3_000, 0.9, 0), 1: (4, 7, 40_000, 60_000, 0.1, 20), 2: (2, 4, 2_000, 6_000, 0.5, 200)}


def kind_of(customer: int) -> int:
    """The kind of a customer, by its number."""
    return customer % 3


def lines(customers: int = 150, seed: int = 11) -> pa.Table:
    """Customers 1..customers: kind 0 often and little, kind 1 seldom and much, kind 2 long gone."""
    dice, rows = random.Random(seed), []
    for customer in range(1, customers + 1):
        low, high, least, most, bread, empty = KINDS[kind_of(customer)]
        for order in range(dice.randint(low, high)):
            day = FIRST + timedelta(days=dice.randrange((LAST - FIRST).days + 1 - empty))
            amount = dice.randint(least, most)
            rows.append({
                "order_id": f"{customer}-{order}", "line_no": 0, "customer_id": customer, "day": day, "quantity": 1,
                "product_key": "b" if dice.random() < bread else "m", "amount": amount,
                "channel": "web" if dice.random() < 0.3 else "store", "discount": amount // dice.choice((5, 10)),
            })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def warehouse(
    home: Path, found: pa.Table, snapshot_id: str = "20260101-000000", customers: pa.Table | None = None
) -> None:
    """A warehouse snapshot that holds these sales lines, the products, and customers where given."""
    tables = {"sales_lines": found, "products": PRODUCTS} | ({"customers": customers} if customers is not None else {})
    with Store(home / "warehouse").draft(snapshot_id) as draft:
        for name, table in tables.items():
            path = draft.place(name)
            pq.write_table(table, path)
            draft.add(name, path, table.num_rows)
        draft.facts = {"as_of": LAST.isoformat(), "first_day": FIRST.isoformat(), "currency": "KRW"}
