"""What was compared last time: a number for each customer's values, so that only new and changed ones are compared."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

Ints = npt.NDArray[np.int64]


def _path() -> Path:
    return Path(settings.DANGOL.home) / "linkage" / "compared.parquet"


def fingerprint(people: pa.Table) -> Ints:
    """A number for each row's values; another value gives another number, and no value can be read from it."""
    import hashlib

    texts = [pc.fill_null(people[name].cast(pa.string()), "") for name in people.column_names]
    joined = pc.binary_join_element_wise(*texts, "\x1f").to_pylist()
    made = [hashlib.blake2b(one.encode(), digest_size=8).digest() for one in joined]
    return np.frombuffer(b"".join(made), dtype=np.int64)


def fresh(people: pa.Table) -> npt.NDArray[np.bool_]:
    """Which customers are new or changed since `note`; all of them before the first time. people: with customer_id."""
    if not _path().is_file():
        return np.ones(people.num_rows, bool)
    before = pq.read_table(_path())
    known = set(zip(before["customer_id"].to_pylist(), before["fingerprint"].to_pylist(), strict=True))
    now = zip(people["customer_id"].to_pylist(), fingerprint(people).tolist(), strict=True)
    return np.array([one not in known for one in now], bool)


def note(people: pa.Table) -> None:
    """Write down that these were compared."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"customer_id": people["customer_id"], "fingerprint": pa.array(fingerprint(people))})
    _write(table)


def forget(customer_ids: Collection[int]) -> int:
    """Take customers out; returns how many were in it. Harmless when repeated."""
    if not _path().is_file():
        return 0
    before = pq.read_table(_path())
    theirs = pc.is_in(before["customer_id"], value_set=pa.array(list(customer_ids), before["customer_id"].type))
    kept = before.filter(pc.invert(theirs))
    if kept.num_rows < before.num_rows:
        _write(kept)
    return int(before.num_rows - kept.num_rows)


def _write(table: pa.Table) -> None:
    waiting = _path().with_suffix(".new")
    pq.write_table(table, waiting, compression="zstd")
    waiting.replace(_path())
