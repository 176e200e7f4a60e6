"""Dirty files made for it: encodings, delimiters, headers, spellings; what was found is said."""

import io
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pytest

from dangol.customers.collect import reads
from dangol.customers.collect.columns import LINE, Terms, check
from dangol.customers.collect.habits import decide
from dangol.customers.collect.proposals import guess_kind, propose
from dangol.customers.collect.rules import REASON_OF, RECORDS, Definition
from dangol.customers.collect.tests.files import parsed_here, workbook

UTC = ZoneInfo("UTC")
TERMS = Terms(UTC, UTC, date(2026, 11, 23), digits=2)
TABLE = [
    ["회원번호", "성명", "구매금액"],
    ["0010", "김민아", "12,900"],
    ["0020", "박, 지호", "1,000"],
    ["0030", "이\n소연", "0"],
]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    parsed_here(monkeypatch)


def preview(cast, data, reader="csv", **options):
    upload = reads.keep_file(cast.steward, iter([data]))
    return reads.preview(cast.steward, upload=upload, reader=reader, options=options)


def text(rows, delimiter=","):
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp949", "cp949"), ("euc-kr", "cp949"), ("utf-16", "utf-16"),
     ("utf-16-le", "utf-16"), ("utf-16-be", "utf-16")],
)  # fmt: skip
def test_encoding_is_found_and_cells_come_whole(cast, encoding, found):
    shown = preview(cast, text(TABLE).encode(encoding))
    assert shown.found["encoding"] == found
    assert [shown.columns, *shown.rows] == TABLE


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_also_where_values_hold_others(cast, delimiter):
    rows = [["no", "name", "paid"], *[[str(n), "Kim, Mina; Lee", "1.234,50"] for n in range(5)]]
    shown = preview(cast, text(rows, delimiter).encode())
    assert (shown.found["delimiter"], shown.columns) == (delimiter, rows[0])


@pytest.mark.parametrize(
    ("rows", "columns", "line", "count"),
    [
        ([["2026년 11월 판매 현황"], [""], ["출력일:", "2026-11-23"], ["주문", "고객", "금액"], ["1", "a", "5"], ["2", "b", "6"]],
         ["주문", "고객", "금액"], 4, 1),
        ([["고객정보", "", "구매", ""], ["번호", "이름", "일자", "금액"], ["1", "김민아", "2026-01-05", "100"],
          ["2", "박지호", "2026-01-06", "200"]], ["고객정보 번호", "고객정보 이름", "구매 일자", "구매 금액"], 1, 2),
        ([["번호", "이름", "메모"], ["1", "김민아", ""], ["2", "박지호", "x"]], ["번호", "이름", "메모"], 1, 1),
        ([["1", "김민아", "2026-01-05", "100"], ["2", "박지호", "2026-01-06", "200"], ["3", "이소연", "2026-01-07", "9"]],
         ["column 1", "column 2", "column 3", "column 4"], 1, 0),
        ([["구매\n금액", "고객"], ["1", "a"], ["2", "b"]], ["구매 금액", "고객"], 1, 1),
    ],
)  # fmt: skip
def test_header_is_found_below_titles_and_over_two_rows(cast, rows, columns, line, count):
    shown = preview(cast, text(rows).encode())
    assert (shown.columns, shown.found["header"], shown.found["header_rows"]) == (columns, line, count)
    assert shown.rows[-1] == rows[-1]
    forced = preview(cast, text(rows).encode(), header="2", header_rows="0")
    assert forced.found["header_rows"] == 0


def column(field, kind, values, *, options=None, terms=TERMS):
    """Values of one column as they are read: (value, or the reason it was refused)."""
    definition = Definition("s", "s", kind, "csv", {field: "c"}, {}, (), options or {})
    rows = pa.table({"c": pa.array(values, pa.string())})
    habits = decide([rows], definition)
    rows = rows.append_column(LINE, pa.array(range(len(values)), pa.int64()))
    checked = check(rows, definition, replace(terms, orders=habits.orders, decimal=habits.decimal,
                                              unfit=definition.unfit))  # fmt: skip
    read = checked.columns[field].to_pylist()
    return [REASON_OF.get(int(code)) or value for value, code in zip(read, checked.reason, strict=True)], habits


@pytest.mark.parametrize(
    "written",
    ["2026-11-03", "2026.11.03", "2026. 11. 3.", "2026/11/3", "20261103", "2026년 11월 3일", "46329", "3 Nov 2026",
     "November 3, 2026", "2026-11-03(화)", "２０２６－１１－０３"],
)  # fmt: skip
def test_day_is_read_in_many_spellings(written):
    assert column("contacted_on", "contacts", [written])[0] == [date(2026, 11, 3)]


@pytest.mark.parametrize(
    ("written", "clock"),
    [("2026-11-03 오후 3:05", "15:05"), ("2026-11-03 오전 12:10", "00:10"), ("2026-11-03 3:05 PM", "15:05"),
     ("2026년 11월 3일 15시 5분", "15:05"), ("20261103150500", "15:05"), ("46329.5", "12:00"),
     ("2026-11-03T15:05:00+09:00", "06:05")],
)  # fmt: skip
def test_clock_is_read_in_many_spellings(written, clock):
    [read], _habits = column("sold_at", "sales", [written])
    assert f"{read:%Y-%m-%d %H:%M}" == f"2026-11-03 {clock}"


def test_order_of_day_and_month_is_decided_from_all_values_and_said():
    values, habits = column("contacted_on", "contacts", ["03/11/2026", "23/10/2026"])
    assert values == [date(2026, 11, 3), date(2026, 10, 23)]
    assert habits.facts[0]["params"] == {"column": "c", "order": "DD/MM/YYYY", "count": 1}
    values, habits = column("contacted_on", "contacts", ["11/03/2026", "10/23/2026"])
    assert values == [date(2026, 11, 3), date(2026, 10, 23)]
    values, habits = column("contacted_on", "contacts", ["11/03/2026"])
    assert "cannot be told apart" in habits.facts[0]["template"]
    values, habits = column("contacted_on", "contacts", ["11/03/2026"], options={"date_order": "dmy"})
    assert values == [date(2026, 3, 11)]


@pytest.mark.parametrize(
    ("written", "cents"),
    [("1,234", 123400), ("₩12,900", 1290000), ("￦12,900", 1290000), ("12,900원", 1290000), ("(1,000)", -100000),
     ("-₩1,200", -120000), ("1 234", 123400), ("1,234.50", 123450), ("12,34", "not_amount"), ("1.2.3", "not_amount")],
)  # fmt: skip
def test_amounts_are_read_with_separators_and_signs(written, cents):
    definition = Definition("s", "s", "sales", "csv", {"discount": "c"}, {}, (), {})
    rows = pa.table({"c": [written], LINE: [1]})
    checked = check(rows, definition, TERMS)
    found = REASON_OF.get(int(checked.reason[0])) or checked.columns["discount"][0].as_py()
    assert found == cents


@pytest.mark.parametrize(
    ("quantity", "cost", "paid", "reason"),
    [("1", "600", "", None), ("1", "", "1000", None), ("-1", "-600", "0", None), ("1", "-600", "", "negative_price"),
     ("-1", "600", "", "positive_return"), ("-1", "-600", "1000", "positive_return"), ("1", "abc", "", "not_amount")],
)  # fmt: skip
def test_cost_and_payment_have_the_sign_of_the_line(quantity, cost, paid, reason):
    rows = pa.table({"quantity": [quantity], "cost": [cost], "paid": [paid], LINE: [1]})
    mapping = {name: name for name in ("quantity", "cost", "paid")}
    checked = check(rows, Definition("s", "s", "sales", "csv", mapping, {}, (), {}), TERMS)
    assert REASON_OF.get(int(checked.reason[0])) == reason
    if reason is None:
        assert [checked.columns[name][0].as_py() for name in ("cost", "paid")] == [
            100 * int(text) if text else None for text in (cost, paid)]  # fmt: skip


def test_decimal_comma_is_decided_from_all_values_and_a_point_is_then_no_decimal_sign():
    values, habits = column("discount", "sales", ["1.234,50", "12.900", "0,5", "1.5"])
    assert habits.decimal == ","
    assert values == [123450, 1290000, 50, "not_amount"]


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [("phone", "1012345678", "01012345678"), ("phone", "'010-1234-5678", "010-1234-5678"),
     ("phone", '="01012345678"', "01012345678"), ("phone", "1588-1234", "1588-1234"), ("phone", "1.01E+10", "rounded_number"),
     ("phone", "전화 없음", "not_phone"), ("phone", "-", None), ("email", "mina@example", "not_email"),
     ("email", "mina@example.com", "mina@example.com"), ("gender", "여", "여"), ("gender", "?", "not_gender"),
     ("birth", "800315", date(1980, 3, 15)), ("birth", "1980. 3. 15.", date(1980, 3, 15)), ("birth", "2999-01-01", "future"),
     ("name", "'=cmd", "=cmd")],
)  # fmt: skip
def test_personal_values_are_judged(field, written, read):
    definition = {"unfit": "quarantine"}
    rows = pa.table({"c": pa.array([written]), "k": ["1"], LINE: [1]})
    checked = check(rows, Definition("s", "s", "customers", "csv", {field: "c", "source_key": "k"}, {}, (), definition),
                    replace(TERMS, unfit="quarantine"))  # fmt: skip
    assert (REASON_OF.get(int(checked.reason[0])) or checked.columns[field][0].as_py()) == read


def test_rows_of_totals_are_told_as_such():
    rows = pa.table({"k": ["p1", "합계", None], "n": ["크림", None, "총 계"], LINE: [1, 2, 3]})
    definition = Definition("s", "s", "products", "csv", {"product_key": "k", "product": "n"}, {}, ("product_key",), {})
    assert [REASON_OF.get(int(code)) for code in check(rows, definition, TERMS).reason] == [
        None,
        "total_row",
        "total_row",
    ]


def test_workbook_keeps_leading_zeros_merged_cells_and_says_hidden_rows(cast):
    book = openpyxl.load_workbook(io.BytesIO(workbook([["회원 명단", None, None], ["지점", "번호", "휴대폰"]])))
    sheet = book.active
    for row, values in enumerate([("강남", 7, 1012345678), (None, 8, 1087654321), ("부산", 9, 1011112222)], 3):
        for place, value in enumerate(values, 1):
            sheet.cell(row, place, value)
        sheet.cell(row, 2).number_format = "00000"
        sheet.cell(row, 3).number_format = "000-0000-0000"
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A3:A4")
    sheet.row_dimensions[5].hidden = True
    out = io.BytesIO()
    book.save(out)
    shown = preview(cast, out.getvalue(), reader="excel")
    assert shown.columns == ["지점", "번호", "휴대폰"]
    assert shown.rows == [["강남", "00007", "010-1234-5678"], ["강남", "00008", "010-8765-4321"],
                          ["부산", "00009", "010-1111-2222"]]  # fmt: skip
    assert (shown.found["hidden"], shown.found["hidden_columns"]) == (1, 0)
    assert len(preview(cast, out.getvalue(), reader="excel", hidden="skip").rows) == 2


def test_hidden_columns_are_said_and_left_out_when_chosen_and_percent_is_read_as_shown(cast):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["no", "memo", "rate", "share", "name"], [1, "old", 0.125, 0.07, "a"], [2, "older", 1, 0.2, "b"]):
        sheet.append(row)
    for cell, form in (("C2", "0%"), ("C3", "0.00%"), ("D2", "#,##0.0 %"), ("D3", "General")):
        sheet[cell].number_format = form
    sheet.column_dimensions["B"].hidden = True
    out = io.BytesIO()
    book.save(out)
    shown = preview(cast, out.getvalue(), reader="excel")
    assert shown.found["hidden_columns"] == 1
    assert shown.rows == [["1", "old", "12.5%", "7%", "a"], ["2", "older", "100%", "20%", "b"]]
    chosen = preview(cast, out.getvalue(), reader="excel", hidden="skip")
    assert (chosen.columns, chosen.rows[0]) == (["no", "rate", "share", "name"], ["1", "12.5%", "7%", "a"])


@pytest.mark.parametrize(
    ("columns", "rows", "kind", "some"),
    [
        (["date", "customer", "item", "amount", "n"], [["2026-01-05", "c1", "p1", "100", "1"]] * 10, "sales",
         {"sold_at": "date", "customer_key": "customer", "amount": "amount"}),
        (["판매일", "고객", "상품명", "수량", "판매가"], [["2026-01-05", "c1", "크림", "1", "9,900원"]] * 10, "sales",
         {"sold_at": "판매일", "product_key": "상품명", "quantity": "수량", "amount": "판매가"}),
        (["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
         [["536365", "85123A", "HANGER", "6", "12/1/2010 8:26", "2.55", "17850"]] * 10, "sales",
         {"order_id": "InvoiceNo", "product_key": "StockCode", "sold_at": "InvoiceDate"}),
        (["가", "나", "다"], [["김민아", "010-1234-5678", "a@b.kr"], ["박지호", "010-1111-2222", "c@d.kr"]], "customers",
         {"name": "가", "phone": "나", "email": "다"}),
        (["고객 코드", "성함", "핸드폰 번호", "생일"], [["1", "김민아", "010-1234-5678", "1980-01-02"]], "customers",
         {"source_key": "고객 코드", "phone": "핸드폰 번호", "birth": "생일"}),
        (["SKU", "Product name", "Brand", "Category"], [["1", "Cream", "A", "Skin"], ["2", "Lip", "B", "Make-up"]],
         "products", {"product_key": "SKU", "product": "Product name"}),
    ],
)  # fmt: skip
def test_kind_and_mapping_are_proposed_from_header_and_values(columns, rows, kind, some):
    samples = [list(cells) for cells in zip(*rows, strict=True)]
    assert guess_kind(columns, samples) == kind
    found = {one.field: one.column for one in propose(columns, RECORDS[kind], samples)}
    assert found.items() >= some.items()


def test_name_whose_values_contradict_it_is_not_proposed():
    found = propose(["date", "paid on"], RECORDS["sales"], [["free", "no"], ["2026-01-05", "2026-01-06"]])
    assert {one.field: (one.column, one.level) for one in found} == {"sold_at": ("paid on", "unsure")}
