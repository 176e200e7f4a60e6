"""Whatever a file holds, its rows add up, and a second time nothing changes."""

import csv
import io
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.base.money import currency, to_minor
from dangol.customers.collect import cutting, keys
from dangol.customers.collect.columns import LINE, Terms, check
from dangol.customers.collect.rules import Definition
from dangol.customers.collect.sorting import Sorter

NAMES = ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")
UTC = ZoneInfo("UTC")
TERMS = Terms(UTC, UTC, date(2026, 11, 23), digits=2)
cells = st.one_of(
    st.sampled_from(["1", "2", "mina", "2026-01-05", "2026-02-30", "", "-5", "12.345", "1,234.5", "2999-01-01", "=x"]),
    st.text(max_size=8),
)
rows = st.lists(st.tuples(*[cells] * len(NAMES)), max_size=30)


def definition(key=()):
    return Definition("s", "s", "sales", "csv", {name: name for name in NAMES}, {}, tuple(key), {})


def table(given_rows):
    columns = {name: pa.array([row[n] for row in given_rows], pa.string()) for n, name in enumerate(NAMES)}
    return pa.table(columns | {LINE: pa.array(range(len(given_rows)), pa.int64())})


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from([(), ("order_id",), ("order_id", "product_key")]))
def test_every_row_is_loaded_unchanged_or_refused_and_a_second_time_none_is_loaded(given_rows, key):
    live = keys.Seen()
    first = Sorter(definition(key), TERMS, live).sort(table(given_rows))
    refused = first.checked.reason != 0
    assert (first.load.astype(int) + first.unchanged.astype(int) + refused.astype(int) == 1).all()
    live.put(first.line_keys[first.load], first.contents[first.load])
    second = Sorter(definition(key), TERMS, live).sort(table(given_rows))
    assert not second.load.any()
    assert (second.checked.reason == first.checked.reason).all()


@settings(max_examples=60, deadline=None)
@given(rows, st.integers(0, 30))
def test_cutting_a_file_into_batches_changes_no_key(given_rows, place):
    whole = Sorter(definition(), TERMS, keys.Seen()).sort(table(given_rows))
    parts = Sorter(definition(), TERMS, keys.Seen())
    found = [parts.sort(table(given_rows).slice(0, place)), parts.sort(table(given_rows).slice(place))]
    assert np.concatenate([part.line_keys for part in found]).tolist() == whole.line_keys.tolist()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.decimals(-(10**10), 10**10, places=6, allow_nan=False), min_size=1, max_size=40))
def test_amounts_are_rounded_half_to_even_like_the_rule_for_one(amounts):
    halves = [amount.quantize(Decimal("0.01")) + Decimal("0.005") for amount in amounts]
    given_rows = [("1", "c", "p", "2026-01-05", "-1", str(amount)) for amount in amounts + halves]
    checked = check(table(given_rows), definition(), TERMS)
    dollars = currency("USD")
    assert checked.columns["amount"].to_pylist() == [to_minor(amount, dollars) for amount in amounts + halves]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6),
                         min_size=3, max_size=3), max_size=20))  # fmt: skip
def test_what_a_csv_writer_writes_is_cut_into_the_same_cells(given_rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b", "c"], *given_rows])
    bad = []
    cutter = cutting.Cutter(encoding="utf-8", delimiter=",", bad=bad.append)
    found = [
        list(row) for part in cutter.run(io.BytesIO(out.getvalue().encode()))
        for row in zip(*[column.to_pylist() for column in part.columns], strict=True)
    ]  # fmt: skip
    assert bad == []
    assert found == given_rows


def test_quick_and_careful_cutting_agree():
    data = b"".join(b"%d,x%d,2026-01-05\n" % (n, n) for n in range(1000))
    cutter = cutting.Cutter(encoding="utf-8", delimiter=",", bad=lambda bad: None)
    cutter.names = ["a", "b", "c"]
    quick, careful = cutter._quick(cutting.Block(2, data)), cutter._careful(cutting.Block(2, data))
    assert quick is not None
    assert [c.to_pylist() for c in quick.columns] == [c.to_pylist() for c in careful.columns]
    assert quick.lines.to_pylist() == careful.lines.to_pylist()
