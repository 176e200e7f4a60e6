"""Generated retail: skewed customers, orders and lines, the same for the same sizes, written as Parquet.

A few customers buy most (lognormal numbers of orders), a few products sell most, orders lie over three years, more of
them late. Everything follows from one seed; memory is that of one piece.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261123
PIECE_LINES = 1_000_000
FIRST = datetime(2023, 12, 1, tzinfo=UTC)
DAYS = 1096
LINES_PER_ORDER = 3.0
PRODUCTS, STORES = 20_000, 400


def pieces(customers: int, lines: int) -> Iterator[dict[str, np.ndarray]]:
    """Columns of about a million lines each, in order of time like the files of a till system."""
    dice = np.random.default_rng(SEED)
    weight = np.cumsum(dice.lognormal(0.0, 1.2, customers))
    weight /= weight[-1]
    made, order, part = 0, 0, 0
    total = max(1, -(-lines // PIECE_LINES))
    while made < lines:
        wanted = min(PIECE_LINES, lines - made)
        sizes = np.minimum(40, dice.geometric(1 / LINES_PER_ORDER, int(wanted / LINES_PER_ORDER * 1.3) + 8))
        sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
        sizes[-1] -= int(sizes.sum()) - wanted
        yield _piece(dice, weight, sizes, order, (part, total))
        made, order, part = made + wanted, order + len(sizes), part + 1


def _piece(
    dice: np.random.Generator, weight: np.ndarray, sizes: np.ndarray, first_order: int, place: tuple[int, int]
) -> dict[str, np.ndarray]:
    orders, lines = len(sizes), int(sizes.sum())
    part, total = place
    start, length = DAYS * 86400 * part // total, DAYS * 86400 // total
    seconds = np.sort(start + dice.integers(0, max(1, length), orders))
    owner = np.minimum(np.searchsorted(weight, dice.random(orders)), len(weight) - 1) + 1
    number = np.arange(first_order, first_order + orders)
    within = np.arange(lines) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    product = (PRODUCTS * dice.random(lines) ** 3).astype(np.int64)
    quantity = 1 + (3 * dice.random(lines) ** 4).astype(np.int64)
    price = 10 * (50 + (product * 7919) % 900 + dice.integers(0, 50, lines))
    return {
        "order": np.repeat(number, sizes), "line_no": within, "customer": np.repeat(owner, sizes),
        "second": np.repeat(seconds, sizes), "product": product, "store": np.repeat(number % STORES, sizes),
        "quantity": quantity, "amount": price * quantity,
    }  # fmt: skip


def flat(folder: Path, customers: int, lines: int) -> Path:
    """The lines as one file of numbers, what the peers of the RFM read; returns its path."""
    path = folder / f"lines-{customers}-{lines}.parquet"
    schema = pa.schema([("customer_id", pa.int64()), ("order_id", pa.int64()), ("line_no", pa.int32()),
                        ("day", pa.date32()), ("amount", pa.int64())])  # fmt: skip
    first_day = (FIRST.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in pieces(customers, lines):
            day = (first_day + piece["second"] // 86400).astype(np.int32)
            columns = [piece["customer"], piece["order"], piece["line_no"].astype(np.int32), day, piece["amount"]]
            arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=122_880)
    return path


def sales(customers: int, lines: int) -> Iterator[pa.Table]:
    """The lines in the common format of loaded sales, a million a table."""
    start = int(FIRST.timestamp()) * 1_000_000
    done = 0
    for piece in pieces(customers, lines):
        rows = len(piece["order"])
        yield pa.table({
            "order_id": pa.array(piece["order"]).cast(pa.string()),
            "line_no": pa.array(piece["line_no"]),
            "customer_key": pa.array(piece["customer"]).cast(pa.string()),
            "product_key": pa.array(piece["product"]).cast(pa.string()),
            "store_key": pa.array(piece["store"]).cast(pa.string()),
            "sold_at": pa.array(start + piece["second"] * 1_000_000).cast(pa.timestamp("us")),
            "quantity": pa.array(piece["quantity"]),
            "amount": pa.array(piece["amount"]),
            "discount": pa.array(np.zeros(rows, np.int64)),
            "channel": pa.array(["store"]).take(pa.array(np.zeros(rows, np.int64))),
            "source": pa.array(["till"]).take(pa.array(np.zeros(rows, np.int64))),
            "line_key": pa.array(np.arange(done, done + rows)),
        })  # fmt: skip
        done += rows


if __name__ == "__main__":  # in a process of its own, so that the one that measures stays small
    print(json.dumps(str(flat(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
