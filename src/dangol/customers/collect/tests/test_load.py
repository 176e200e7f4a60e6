"""A file is loaded, again, undone; bad rows are told in a clear sentence."""

import pyarrow.parquet as pq
import pytest

from dangol.base.errors import BadInput
from dangol.customers.collect import actions, reads
from dangol.customers.collect.rules import REASONS
from dangol.customers.collect.tests.files import redone, undone
from dangol.work.actions import Quiet

HEAD = "order,customer,product,date,qty,amount\n"
MAPPING = {"order_id": "order", "customer_key": "customer", "product_key": "product", "sold_at": "date",
           "quantity": "qty", "amount": "amount"}  # fmt: skip
GOOD = "1,mina,p1,2026-01-05 10:00:00,1,12900\n2,jiho,p2,2026-01-06 11:00:00,2,5000\n2,jiho,p2,2026-01-06 11:00:00,2,5000\n"


@pytest.fixture
def shop(cast):
    return actions.describe_source(
        by=cast.steward, code="shop", name="매장", kind="sales", reader="csv", mapping=MAPPING
    )


@pytest.fixture
def load(cast, shop, tmp_path):
    def go(text, name="sales.csv", encoding="utf-8", code="shop"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        made = actions.start_load(by=cast.steward, source_code=code, path=path)
        return actions.run_load(Quiet(by=cast.steward), load_id=made)

    return go


def counts(report):
    assert report["read"] == report["loaded"] + report["unchanged"] + report["quarantined"]
    return report["loaded"], report["unchanged"], report["quarantined"]


def live_rows(kind="sales"):
    return [row for file in reads.raw_files(kind) for row in pq.read_table(file.path).to_pylist()]


def test_good_rows_become_typed_batches_in_utc(load):
    assert counts(load(HEAD + GOOD)) == (3, 0, 0)
    rows = live_rows()
    assert rows[0]["amount"] == 12900
    assert rows[0]["sold_at"].isoformat() == "2026-01-05T01:00:00"
    assert len({row["line_key"] for row in rows}) == 3
    assert {row["source"] for row in rows} == {"shop"}


def test_same_file_twice_changes_nothing(load):
    load(HEAD + GOOD)
    before = reads.fingerprint()
    assert counts(load(HEAD + GOOD)) == (0, 3, 0)
    assert reads.fingerprint() == before


def test_same_rows_in_another_file_are_unchanged_and_only_new_ones_are_loaded(load):
    load(HEAD + GOOD)
    assert counts(load(HEAD + GOOD + "3,mina,p1,2026-01-07,1,100\n")) == (1, 3, 0)
    assert len(live_rows()) == 4


def test_bad_rows_of_a_file_loaded_twice_stand_in_quarantine_once(load, cast):
    load(HEAD + GOOD + "3,mina,p1,2026-01-07,x,100\n")
    assert counts(load(HEAD + GOOD + "3,mina,p1,2026-01-07,x,100\n4,mina,p1,2026-01-07,1,100\n")) == (1, 4, 0)
    assert reads.quarantine(cast.steward).total == 1


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        ("1,mina,p,2026-01-05,1,-100", "negative_price", "amount"),
        ("1,mina,p,2999-01-05,1,100", "future", "sold_at"),
        ("1,mina,p,2026-02-30,1,100", "impossible_date", "sold_at"),
        ("1,mina,p,5 January,1,100", "not_date", "sold_at"),
        ("1,,p,2026-01-05,1,100", "missing", "customer_key"),
        ("1,mina,p,2026-01-05,1.5,100", "not_integer", "quantity"),
        ("1,mina,p,2026-01-05,1,free", "not_amount", "amount"),
        ("1,mina,p,2026-01-05,1", "wrong_fields", ""),
        ("1,mina,p,2026-01-05,1,100,100", "wrong_fields", ""),
        ("1,900101-1234567,p,2026-01-05,1,100", "resident_number", "customer_key"),
        ('1,"mina,p,2026-01-05,1,100', "open_quote", ""),
        ("1,mi\0na,p,2026-01-05,1,100", "nul", ""),
        (f"1,{'m' * 121},p,2026-01-05,1,100", "too_long", "customer_key"),
    ],
)
def test_bad_row_goes_to_quarantine_with_its_reason_and_line(load, cast, row, reason, field):
    assert counts(load(HEAD + GOOD + row + "\n" + "9,mina,p,2026-01-05,1,100\n")) == (4, 0, 1)
    page = reads.quarantine(cast.steward)
    [found], total = page.rows, page.total
    assert (found.reason, found.field, found.line, total) == (reason, field, 5, 1)
    assert found.template == REASONS[reason]
    assert "900101" not in str(found.cells)


def test_return_may_be_negative(load):
    assert counts(load(HEAD + "1,mina,p,2026-01-05,-1,-100\n")) == (1, 0, 0)


def test_half_written_file_loads_its_whole_rows_and_says_that_it_is_cut_off(load, cast):
    report = load(HEAD + GOOD + "3,mina,p1,2026-0")
    assert counts(report) == (3, 0, 1)
    assert reads.quarantine(cast.steward).rows[0].reason == "cut_off"
    assert "no line break" in report["notes"][0]["template"]


def test_korean_encoding_is_found(load):
    load(
        HEAD.replace("customer", "고객").replace("고객", "customer") + "1,김민아,p,2026-01-05,1,100\n", encoding="cp949"
    )
    assert live_rows()[0]["customer_key"] == "김민아"


def test_wrong_encoding_is_told_with_what_to_choose(cast, load):
    actions.describe_source(by=cast.steward, code="shop", kind="sales", reader="csv", mapping=MAPPING,
                            options={"encoding": "utf-8"})  # fmt: skip
    with pytest.raises(BadInput, match=r"not UTF-8 .*first wrong byte is number 42.*Choose CP949"):
        load(HEAD + "1,김민아,p,2026-01-05,1,100\n", encoding="cp949")
    assert not live_rows()


def test_missing_column_is_named_and_nothing_is_loaded(load):
    with pytest.raises(BadInput, match=r"no column “amount”. It has: order, customer"):
        load((HEAD + GOOD).replace("amount", "price"))
    assert not live_rows()


def test_empty_file_is_told(load):
    with pytest.raises(BadInput, match="The file is empty"):
        load("")


def test_undone_load_leaves_nothing_and_can_be_brought_back(load, cast):
    report = load(HEAD + GOOD + "3,mina,p1,2026-01-07,x,100\n")
    before = reads.fingerprint()
    undone(cast.steward, report["load_id"])
    assert not live_rows()
    assert reads.quarantine(cast.steward).total == 0
    redone(cast.steward, report["load_id"])
    assert reads.fingerprint() == before
    assert reads.quarantine(cast.steward).total == 1


def test_file_can_be_loaded_again_after_its_load_was_undone(load, cast):
    report = load(HEAD + GOOD)
    undone(cast.steward, report["load_id"])
    assert counts(load(HEAD + GOOD)) == (3, 0, 0)
