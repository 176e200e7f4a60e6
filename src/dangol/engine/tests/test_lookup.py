"""Single rows out of Parquet files in order of a key, and sums that stay whole."""

import os
import random

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.engine import fresh, rows_of


def _file(path, keys, group_rows=7):
    table = pa.table({"customer_id": pa.array(keys, pa.int64()), "place": list(range(len(keys)))})
    pq.write_table(table, path, row_group_size=group_rows)
    return path


@pytest.mark.parametrize("ordered", [True, False])
def test_a_key_s_rows_are_found_whole_also_across_groups_and_among_keys_that_are_missing(tmp_path, ordered):
    dice = random.Random(7)
    keys = [dice.choice([*range(1, 40), None]) for _ in range(300)]
    keys = sorted(keys, key=lambda one: (one is None, one or 0)) if ordered else keys
    path = _file(tmp_path / "t.parquet", keys)
    for wanted in range(42):
        places = [place for place, key in enumerate(keys) if key == wanted]
        assert [row["place"] for row in rows_of([path], "customer_id", wanted)] == places


def test_only_the_groups_that_can_hold_the_key_are_read(tmp_path, monkeypatch):
    path, read = _file(tmp_path / "t.parquet", list(range(700))), []
    whole = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda self, groups, **more: read.append(groups) or whole(self, groups, **more),
    )
    assert rows_of([path], "customer_id", 350) == [{"customer_id": 350, "place": 350}]
    assert rows_of([path], "customer_id", 9999) == []
    assert read == [[50]]


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    path = _file(tmp_path / "t.parquet", [1, 2, 3])
    assert len(rows_of([path], "customer_id", 3)) == 1
    os.replace(_file(tmp_path / "new.parquet", [3, 3, 3, 4]), path)
    assert len(rows_of([path], "customer_id", 3)) == 3


def test_sums_of_whole_numbers_are_written_and_kept_whole(home):
    home.mkdir(exist_ok=True)
    exact = 2**60 + 1  # not a DOUBLE
    rows = pa.table({"k": pa.array([1, 1, 2], pa.int64()), "amount": pa.array([exact, 2, 3], pa.int64())})
    with fresh() as engine:
        sums = engine.memory(rows).group_by("k").aggregate(total=ibis._.amount.sum()).order_by("k")
        engine.write(sums, home / "sums.parquet")
        kept = engine.keep(sums)
        assert engine.arrow(kept.order_by("k"))["total"].to_pylist() == [exact + 2, 3]
    written = pq.read_table(home / "sums.parquet")
    assert written.schema.field("total").type == pa.int64()
    assert written["total"].to_pylist() == [exact + 2, 3], "in the order that was asked for"


def test_a_sum_past_64_bits_is_an_error_and_no_rounded_figure(home):
    home.mkdir(exist_ok=True)
    rows = pa.table({"amount": pa.array([2**62] * 3, pa.int64())})
    with fresh() as engine, pytest.raises(Exception, match="out of range"):
        engine.write(engine.memory(rows).aggregate(total=ibis._.amount.sum()), home / "sums.parquet")
