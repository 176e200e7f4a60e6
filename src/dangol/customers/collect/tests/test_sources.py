"""Excel, Parquet and SQL sources; keys that supersede; people; quarantine; the loop's own events."""

from datetime import date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed
from dangol.customers.collect import actions, places, reads
from dangol.customers.collect.proposals import propose
from dangol.customers.collect.rules import RECORDS
from dangol.customers.collect.tests.files import redone, undone
from dangol.customers.standard.rules import holds_resident_number, without_resident_numbers
from dangol.work.actions import Quiet

SALES = {"order_id": "order_id", "customer_key": "household_id", "product_key": "product_id",
         "sold_at": "transaction_timestamp", "quantity": "quantity", "amount": "sales_value",
         "discount": "retail_disc + coupon_disc"}  # fmt: skip


def run(cast, code, path=None):
    made = actions.start_load(by=cast.steward, source_code=code, path=path)
    return actions.run_load(Quiet(by=cast.steward), load_id=made)


def live(kind):
    """Rows in force, by the rule of reads: a later file's row of a line key supersedes the earlier one."""
    rows = {}
    for file in reads.raw_files(kind):
        rows |= {row["line_key"]: row for row in pq.read_table(file.path).to_pylist()}
    return list(rows.values())


def csv(tmp_path, text, name="file.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_floats_of_parquet_become_exact_minor_units_and_columns_are_added(cast, settings, tmp_path):
    from dataclasses import replace

    settings.DANGOL = replace(settings.DANGOL, currency="USD")
    table = pa.table({
        "order_id": [1, 2], "household_id": [7, 8], "product_id": [9, 9], "quantity": [1, 2],
        "transaction_timestamp": pa.array([datetime(2017, 1, 1, 11, 53, 26)] * 2, pa.timestamp("ns")),
        "sales_value": [0.1 + 0.2, 1.005], "retail_disc": [0.1, 1.0], "coupon_disc": [0.0, 0.55],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    actions.describe_source(by=cast.steward, code="cj", kind="sales", reader="parquet", mapping=SALES,
                            options={"zone": "UTC"})  # fmt: skip
    assert run(cast, "cj", tmp_path / "t.parquet")["loaded"] == 2
    rows = live("sales")
    assert [row["amount"] for row in rows] == [30, 100]
    assert [row["discount"] for row in rows] == [10, 155]
    assert rows[0]["sold_at"] == datetime(2017, 1, 1, 11, 53, 26)


def test_excel_dates_leading_zeros_and_whole_numbers_survive(cast, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["상품코드", "상품명", "대분류"])
    sheet.append(["0010", "수분 크림", "스킨케어"])
    sheet.append([20, "립밤", None])
    book.save(tmp_path / "p.xlsx")
    shown = reads.preview(cast.steward, upload=reads.keep_file(cast.steward, tmp_path / "p.xlsx"), reader="excel",
                          options={})  # fmt: skip
    assert shown.kind == "products"
    actions.describe_source(by=cast.steward, code="p", kind="products", reader="excel", mapping=shown.mapping)
    run(cast, "p", tmp_path / "p.xlsx")
    assert {(row["product_key"], row["product"], row["product_major"]) for row in live("products")} == {
        ("0010", "수분 크림", "스킨케어"), ("20", "립밤", None),
    }  # fmt: skip


def test_changed_row_supersedes_and_undo_brings_the_old_one_back(cast, tmp_path):
    actions.describe_source(by=cast.steward, code="p", kind="products", reader="csv",
                            mapping={"product_key": "code", "product": "name"})  # fmt: skip
    run(cast, "p", csv(tmp_path, "code,name\na,old\nb,same\n"))
    report = run(cast, "p", csv(tmp_path, "code,name\na,new\nb,same\n"))
    assert (report["loaded"], report["unchanged"]) == (1, 1)
    assert {row["product"] for row in live("products")} == {"new", "same"}
    undone(cast.steward, report["load_id"])
    assert {row["product"] for row in live("products")} == {"old", "same"}


def test_same_key_twice_in_a_file_keeps_the_first_and_tells_the_second(cast, tmp_path):
    actions.describe_source(by=cast.steward, code="p", kind="products", reader="csv",
                            mapping={"product_key": "code", "product": "name"})  # fmt: skip
    report = run(cast, "p", csv(tmp_path, "code,name\na,one\na,two\na,one\n"))
    assert (report["loaded"], report["unchanged"], report["reasons"]) == (1, 1, {"duplicate_key": 1})


@pytest.fixture
def members(cast, tmp_path):
    mapping = {"source_key": "no", "name": "name", "phone": "phone", "attr:skin": "skin"}
    actions.describe_source(by=cast.steward, code="crm", kind="customers", reader="csv", mapping=mapping, system="shop")

    def load(text):
        return run(cast, "crm", csv(tmp_path, "no,name,phone,skin\n" + text))

    return load


def test_people_are_kept_as_rows_newest_version_first_and_undo_brings_back_the_version_before(cast, members, home):
    members("1,김민아,010-1234-5678,건성\n2,박지호,,지성\n")
    second = members("1,김민아,010-9999-0000,건성\n")
    people = {row["source_key"]: row for row in reads.people()}
    assert people["1"]["phone"] == "010-9999-0000"
    assert (people["1"]["source"], people["1"]["attr:skin"], len(people)) == ("shop", "건성", 2)
    assert not list((home / "raw").rglob("*.parquet"))
    undone(cast.steward, second["load_id"])
    assert {row["phone"] for row in reads.people() if row["source_key"] == "1"} == {"010-1234-5678"}
    redone(cast.steward, second["load_id"])
    assert {row["phone"] for row in reads.people() if row["source_key"] == "1"} == {"010-9999-0000"}


def test_resident_number_is_never_stored_anywhere(cast, members, home):
    members("1,김민아,900101-1234567,건성\n")
    [row] = reads.quarantine(cast.steward).rows
    assert row.reason == "resident_number"
    assert "1234567" not in str(row.cells)
    kept = [path for path in home.rglob("*") if path.is_file() and b"1234567" in path.read_bytes()]
    assert kept == []


def test_personal_cells_are_masked_for_roles_that_may_not_unmask(cast, members):
    members("1,김민아,010-1234-5678,\n,박지호,010-2222-3333,\n")
    [row] = reads.quarantine(cast.analyst).rows
    assert "박지호" not in str(row.cells)
    [row] = reads.quarantine(cast.steward).rows
    assert row.cells["name"] == "박지호"


@pytest.fixture
def refused(cast, tmp_path):
    mapping = {name: name for name in ("order_id", "customer_key", "product_key", "sold_at", "quantity", "amount")}
    actions.describe_source(by=cast.steward, code="s", kind="sales", reader="csv", mapping=mapping)
    text = (
        "order_id,customer_key,product_key,sold_at,quantity,amount\n1,a,p,2026-01-05,1,100\n1,a,p,2026-01-05,one,100\n"
    )
    return run(cast, "s", csv(tmp_path, text))


def test_corrected_row_is_loaded_beside_its_equal_and_counts_add_up(cast, refused):
    [row] = reads.quarantine(cast.steward).rows
    assert not actions.fix(by=cast.steward, row_id=row.id, values={"quantity": "two"})
    assert actions.fix(by=cast.steward, row_id=row.id, values={"quantity": "1"})
    assert len(live("sales")) == 2
    view = reads.load(cast.steward, refused["load_id"])
    assert (view.read, view.loaded, view.unchanged, view.quarantined) == (2, 2, 0, 0)
    assert reads.quarantine(cast.steward).total == 0


def test_ignored_rows_keep_the_reason_why(cast, refused):
    with pytest.raises(BadInput, match="why"):
        actions.ignore(by=cast.steward, source_code="s", reason="not_integer", note=" ")
    assert actions.ignore(by=cast.steward, source_code="s", reason="not_integer", note="시험 행") == 1
    assert reads.quarantine(cast.steward, state="ignored").rows[0].note == "시험 행"


def test_exported_cells_are_no_formulas(cast, refused, tmp_path):
    text = "order_id,customer_key,product_key,sold_at,quantity,amount\n9,=cmd|x,＠p,2026-01-05,x,-5\n"
    run(cast, "s", csv(tmp_path, text))
    out = reads.export_quarantine(cast.steward, source_code="s", why="수정 요청")
    assert "'=cmd|x" in out
    assert "'＠p" in out
    assert ",-5" in out


def test_who_may_only_view_changes_nothing(cast, refused):
    [row] = reads.quarantine(cast.analyst).rows
    for verb in (
        lambda: actions.fix(by=cast.analyst, row_id=row.id, values={"quantity": "1"}),
        lambda: actions.undo_load(by=cast.analyst, load_id=refused["load_id"]),
        lambda: actions.start_load(by=cast.analyst, source_code="s", path="x"),
        lambda: actions.ignore(by=cast.analyst, source_code="s", note="x"),
    ):
        with pytest.raises(NotAllowed):
            verb()
    with pytest.raises(NotAllowed):
        reads.quarantine(cast.rep)


def test_second_load_of_a_source_waits_for_the_first(cast, refused, tmp_path):
    made = actions.start_load(by=cast.steward, source_code="s", path=csv(tmp_path, "order_id\n"))
    with places.only_one("s"), pytest.raises(Conflict, match="Another load"):
        actions.run_load(Quiet(by=cast.steward), load_id=made)


def test_own_events_are_written_once_and_reach_the_raw_files(cast):
    rows = [{"campaign_key": "C1", "customer_key": str(n), "channel": "email", "contacted_on": date(2026, 1, 5)}
            for n in range(3)]  # fmt: skip
    assert actions.record(source="dangol", kind="contacts", rows=rows) == 3
    assert actions.record(source="dangol", kind="contacts", rows=rows[:2]) == 0
    assert {row["customer_key"] for row in live("contacts")} == {"0", "1", "2"}
    assert actions.record(source="dangol", kind="contacts", rows=rows) == 0
    before = reads.fingerprint()
    assert len(live("contacts")) == 3
    assert reads.fingerprint() == before


def test_own_event_that_does_not_fit_is_refused_with_its_field(cast):
    with pytest.raises(BadInput, match="responded_on"):
        actions.record(source="dangol", kind="responses", rows=[{"campaign_key": "C1", "customer_key": "1"}])


def test_barcode_is_no_resident_number_but_one_with_a_dash_is():
    assert not holds_resident_number("8801043014830", dashed_only=True)
    assert holds_resident_number("memo 900101-1234567 end")
    assert not holds_resident_number("901301-1234567")
    assert "●" in without_resident_numbers("900101-1234567")


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        ("sales", ["주문번호", "고객번호", "상품코드", "판매일시", "수량", "금액"],
         ["order_id", "customer_key", "product_key", "sold_at", "quantity", "amount"]),
        ("sales", ["Order ID", "Customer ID", "SKU", "Order Date", "Qty", "Total"],
         ["order_id", "customer_key", "product_key", "sold_at", "quantity", "amount"]),
        ("sales", ["주문번호", "고객번호", "상품코드", "판매일시", "수량", "판매금액", "매입가", "결제금액"],
         ["order_id", "customer_key", "product_key", "sold_at", "quantity", "amount", "cost", "paid"]),
        ("sales", ["주문번호", "고객번호", "상품코드", "판매일시", "수량", "결제금액", "원가"],
         ["order_id", "customer_key", "product_key", "sold_at", "quantity", "amount", "cost"]),
        ("customers", ["회원번호", "성명", "휴대폰", "이메일"], ["source_key", "name", "phone", "email"]),
        ("customers", ["고객번호", "고객명", "담당자", "담당 시작일"], ["source_key", "name", "rep_code", "assigned_on"]),
    ],
)  # fmt: skip
def test_mapping_is_proposed_from_korean_and_english_headers(kind, columns, expected):
    found = {one.field: one.column for one in propose(columns, RECORDS[kind])}
    assert found == dict(zip(expected, columns, strict=True))
