import csv
import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.cli import main
from dangol.cli.cells import hundredths

# Worked out by hand, as of 2026-03-31 with cut points R 10,30 days, F 2,3 orders, M 100,500:
#   A: last 03-31 (0 days -> 3), orders 1 and 2 and 3 -> 3, 300 + 300 + 0 = 600 -> 3
#   B: last 03-11 (20 days -> 2), orders 4 and 5 -> 2, 50 + 60 = 110 -> 2
#   C: last 01-01 (89 days -> 1), order 6 -> 1, 900 - 50 returned = 850 -> 3
SMALL = """고객번호,주문번호,구매일,금액
A,1,2026-03-01,"300"
A,2,2026.3.15,300
A,3,20260331,0
B,4,2026-02-01,50
B,5,2026년 3월 11일,"₩40"
B,5,2026-03-11,20
C,6,2026-01-01,"900"
C,7,2026-03-30,-50
"""
CUTS = ["--r-cuts", "10,30", "--f-cuts", "2,3", "--m-cuts", "100,500"]


def rfm(capsys, *given):
    code = main(["file", "rfm", *map(str, given), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "구매.csv"
    path.write_text(SMALL, "utf-8")
    return path


def test_a_small_list_scores_as_worked_out_by_hand(small, tmp_path, capsys):
    out = tmp_path / "점수.csv"
    code, answer = rfm(capsys, small, *CUTS, "--out", out)
    assert code == 0
    assert answer["customers"] == 3
    assert answer["as_of"] == "2026-03-31"
    assert answer["columns_used"] == {"customer": "고객번호", "date": "구매일", "amount": "금액", "order": "주문번호"}
    assert {row["group"]: (row["customers"], row["sales"]) for row in answer["groups"]} == {
        "333": (1, 600), "222": (1, 110), "113": (1, 850)}  # fmt: skip
    with out.open(encoding="utf-8") as file:
        rows = {row["customer"]: row for row in csv.DictReader(file)}
    assert {name: (row["recency_days"], row["frequency"], float(row["monetary"])) for name, row in rows.items()} == {
        "A": ("0", "3", 600), "B": ("20", "2", 110), "C": ("89", "1", 850)}  # fmt: skip
    assert [rows[name]["segment"] for name in "ABC"] == ["HHH", "LLL", "LLH"]
    assert [row["customers"] for row in answer["segments"] if row["code"] in ("HHH", "LLH", "LLL")] == [1, 1, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_the_encoding_does_not_change_the_answer(small, encoding, capsys):
    expected = rfm(capsys, small, *CUTS)
    small.write_text(SMALL.replace("₩", "") if encoding == "cp949" else SMALL, encoding)
    assert rfm(capsys, small, *CUTS) == expected


def test_quintiles_hold_about_a_fifth_of_the_customers_each(tmp_path, capsys):
    first = date(2025, 1, 1)
    rows = [f"c{n:04},{first + timedelta(days=(n * 37) % 500)},{1000 + (n * 7919) % 99_991}" for n in range(1000)]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(["customer_id,order_date,revenue", *rows]), "utf-8")
    _code, answer = rfm(capsys, path)
    for axis in ("r", "m"):
        assert list(answer["sizes"][axis].values()) == pytest.approx([200] * 5, abs=4)
    assert answer["sizes"]["f"] == {"1": 1000, "2": 0, "3": 0, "4": 0, "5": 0}
    assert answer["frequency_counts"] == "rows"
    assert sum(row["customers"] for row in answer["groups"]) == 1000


def test_parquet_gives_the_same_as_csv(tmp_path, capsys):
    days = [datetime(2026, 3, 1, 9), datetime(2026, 3, 15), datetime(2026, 2, 1)]
    table = pa.table({"household_id": [1, 1, 2], "transaction_timestamp": pa.array(days, pa.timestamp("us")),
                      "sales_value": [1.25, 2.5, 0.1], "basket_id": [1, 2, 3]})  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("household_id,transaction_timestamp,sales_value,basket_id\n1,2026-03-01 09:00,1.25,1\n"
                                    "1,2026-03-15,2.5,2\n2,2026-02-01,0.1,3\n", "utf-8")  # fmt: skip
    assert rfm(capsys, tmp_path / "a.parquet") == rfm(capsys, tmp_path / "a.csv")


def test_rows_that_cannot_be_read_are_counted_with_their_reason(tmp_path, capsys):
    path = tmp_path / "bad.csv"
    path.write_text("customer,date,amount\n a ,2026-01-01,10\n,2026-01-01,10\nb,2026-02-30,10\nc,2026-01-02,ten\nd,1\n",
                    "utf-8")  # fmt: skip
    _code, answer = rfm(capsys, path)
    assert answer["customers"] == 1
    assert {row["reason"]: (row["rows"], row["first_lines"]) for row in answer["rejected"]} == {
        "The customer is empty.": (1, [3]),
        "The date cannot be read.": (1, [4]),
        "The amount cannot be read.": (1, [5]),
        "The row does not have as many values as the header.": (1, [6]),
    }
    assert answer["rows"] == {"read": 5, "used": 1, "rejected": 4}


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("who,date,amount\na,2026-01-01,1\n", [], "--customer"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--amount", "price"], "no column “price”"),
        ("customer,date,amount\na,soon,1\n", [], "date cannot be read"),
        ("customer,date,amount\na,1/2/2026,1\n", [], "day or month"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--scheme", "55"], "three digits"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--as-of", "2025-01-01"], "on or before"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--as-of", "tomorrow"], "not a date"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--out", "x.xls"], "neither"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--r-cuts", "30,10"], "grow from left"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--r-cuts=-3,10"], "0 or more"),
        ("customer,date,amount\na,2026-01-01,1\n", ["--weights", "1,2"], "three weights"),
        ("customer,date,amount\na,2026-01-01,-5\n", [], "no purchases"),
        ("", [], "empty"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, capsys, text, given, says):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    code, answer = rfm(capsys, path, *given)
    assert code == 2
    assert says in answer["error"]["detail"]


def test_files_without_a_header_or_with_blanks_between_their_columns_are_read(tmp_path, capsys):
    lines = " 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n 00021 0002 19970101  3   63.34\n"
    path = tmp_path / "bare.txt"
    path.write_text(lines, "utf-8")
    code, answer = rfm(capsys, path)
    assert (code, "has no header; its columns are 1 to 5" in answer["error"]["detail"]) == (2, True)
    _code, answer = rfm(capsys, path, "--customer", "1", "--date", "3", "--amount", "5")
    assert (answer["customers"], answer["sales"], answer["rows"]["read"]) == (2, 122.4, 3)
    path.write_text("cust_id  shop  date  n  dollar_value\n" + lines, "utf-8")
    assert rfm(capsys, path)[1]["sales"] == 122.4


def test_amounts_are_read_as_they_are_written_in_the_field_or_not_at_all():
    cells = {"1,234": 123400, "1.234,56": 123456, "(10)": -1000, "USD 10": 1000, "10-": -1000, "￦1,000원": 100000,
             "12,3456": None, "-": None, "ten": None, "-1,000.5": -100050}  # fmt: skip
    assert dict(zip(cells, hundredths(pa.chunked_array([pa.array(cells)])).to_pylist(), strict=True)) == cells


def test_quantity_times_price_is_an_amount_where_there_is_none(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text(
        "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice\n1,a,2026-01-01,3,0.15\n2,a,2026-01-02,-1,0.15\n"
    )
    answer = rfm(capsys, path)[1]
    assert (answer["sales"], answer["columns_used"]["amount"]) == (0.3, "Quantity * UnitPrice")
    assert rfm(capsys, path, "--amount", "UnitPrice*Quantity")[1]["sales"] == 0.3


def test_a_slip_of_the_year_makes_nobody_look_long_gone(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("customer,date,amount\na,2024-01-01,1\nb,2204-01-01,1\n", "utf-8")
    answer = rfm(capsys, path)[1]
    assert (answer["as_of"], answer["rejected"][0]["first_lines"]) == ("2024-01-01", [3])


def test_american_dates_are_understood_where_a_day_above_12_shows_it(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("InvoiceNo,CustomerID,InvoiceDate,amount\n1,a,12/1/2010 8:26,1\n2,b,12/25/2010 9:00,2\n", "utf-8")
    assert rfm(capsys, path)[1]["as_of"] == "2010-12-25"


def test_it_needs_no_set_up_and_leaves_nothing_behind(small, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    command = [sys.executable, "-m", "dangol", "file", "rfm", str(small), "--json"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DANGOL_", "DJANGO_"))}
    source = str(next(path for path in sys.path if path.endswith("src")))
    done = subprocess.run(command, cwd=folder, env={**kept, "PYTHONPATH": source}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["customers"] == 3
    assert list(folder.iterdir()) == []


def test_a_person_gets_a_readable_table(small, capsys):
    assert main(["file", "rfm", str(small)]) == 0
    said = capsys.readouterr().out
    assert "3 customers on 2026-03-31" in said
    assert "Columns: customer = 고객번호" in said


def test_cut_points_of_money_may_have_decimals(small, capsys):
    code, answer = rfm(capsys, small, *CUTS[:4], "--m-cuts", "110.01,850")
    assert code == 0
    assert answer["cut_points"]["m"] == [110.01, 850]
    assert {row["group"] for row in answer["groups"]} == {"332", "221", "113"}


@pytest.mark.parametrize("points", ["10.005,20", "nan,20", "1e999999,20", "a,b"])
def test_cut_points_that_are_no_amounts_are_refused(small, capsys, points):
    assert main(["file", "rfm", str(small), "--m-cuts", points]) != 0
    assert "10.50, 20, 100" in "".join(capsys.readouterr())
