"""Figures of customers as arrays, out of snapshots, to sort long lists by."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from dangol.customers.identify.picked import Figure

KEPT = 4  # arrays: 16 MB each for a million customers


@lru_cache(maxsize=KEPT)
def figure(path: Path, column: str) -> Figure:
    """A column of a snapshot's file by customer. Snapshots never change, so it is read once."""
    found = pq.read_table(path, columns=["customer_id", column])
    ids = found["customer_id"].to_numpy()
    values = np.full(int(ids.max()) + 1 if len(ids) else 0, np.nan)
    values[ids] = found[column].to_numpy()
    return Figure(f"{path}:{column}", values)
