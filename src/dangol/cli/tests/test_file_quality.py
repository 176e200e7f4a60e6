"""`dangol file quality` on files as they come: other headers, encodings and spellings."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from dangol.cli import main

HEAD = ["고객관리번호", "성함", "연락처", "이메일 주소", "생년월일", "성별", "최종수정일", "비고", "등급"]
ROWS = [
    ["A-1", "김민아", "010-1234-5678", "mina@example.com", "1988-03-05", "여", "2026-05-01", "", "VIP"],
    ["A-2", "박지호", "010-2222-3334", "JIHO@Example.com", "1979-11-30", "남", "2026-06-01", "단골", "VIP"],
    ["A-3", "홍길동", "000-0000-0000", "없음", "1900-01-01", "F", "2019-01-01", "", "vip"],
    ["A-3", "이소연 님", "1012345678", "so yeon", "1995.2.30", "여", "2026-02-01", "", "일반"],
    ["a3", "최다은", "+82 10-4555-1234", "", "880305", "여", "2026-03-01", "880305-1234567", "일반"],
    ["A-6", "김 민아", "01012345678", "mina2@example.com", "1988.3.5", "여", "2026-05-02", "", "일반"],
]


def write_csv(path, encoding="cp949", delimiter=";", rows=ROWS, head=HEAD):
    with path.open("w", encoding=encoding, newline="") as file:
        table = csv.writer(file, delimiter=delimiter)
        table.writerows([head, *rows])
    return path


def measured(capsys, *arguments):
    code = main(["file", "quality", *map(str, arguments), "--as-of", "2026-11-23", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 0, answer
    return answer


@pytest.fixture
def file(tmp_path):
    return write_csv(tmp_path / "고객.csv")


def test_columns_are_recognised_and_measured_whatever_they_are_called(file, capsys):
    answer = measured(capsys, file)
    column = {one["column"]: one for one in answer["columns"]}
    assert [one["kind"] for one in answer["columns"]] == [
        "id", "name", "phone", "email", "birth", "gender", "date", "text", "text"]  # fmt: skip
    assert column["성함"]["problems"] == {"placeholder": 1}
    assert column["연락처"]["problems"] == {"lost_zero": 1, "placeholder": 1}
    assert column["연락처"]["standardised_share"] == 0.5  # two with dashes of four valid
    assert (column["이메일 주소"]["filled"], column["이메일 주소"]["problems"]) == (4, {"not_an_email": 1})
    assert column["생년월일"]["problems"] == {"default_date": 1, "impossible_date": 1}
    assert column["생년월일"]["mixed_forms"]
    assert column["비고"]["problems"] == {"resident_number": 1}
    assert column["최종수정일"]["fresh_share"] == pytest.approx(5 / 6, abs=1e-3)


def test_keys_and_people_that_occur_twice_are_found_however_they_are_written(file, capsys):
    answer = measured(capsys, file)
    assert answer["key"] == {"column": "고객관리번호", "filled": 6, "distinct": 5, "duplicate_rows": 1,
                             "duplicated_keys": 1, "near_duplicate_rows": 1}  # fmt: skip
    assert answer["duplicates"]["same_person"]["rows"] == 1  # 김민아 by phone and by birth


def test_each_criterion_has_a_value_or_says_why_not(file, capsys):
    criteria = measured(capsys, file)["criteria"]
    assert criteria["fit"] == {"value": None, "part": 0, "whole": 0, "reason": criteria["fit"]["reason"]}
    assert "not measurable" in criteria["fit"]["reason"]
    assert criteria["completeness"]["value"] == pytest.approx(48 / 54, abs=1e-4)
    assert criteria["recency"]["value"] == pytest.approx(5 / 6, abs=1e-3)
    assert criteria["integration"]["value"] == pytest.approx(3 / 6)


def test_a_file_without_dates_or_key_says_that_recency_and_integration_cannot_be_known(tmp_path, capsys):
    path = write_csv(tmp_path / "a.csv", "utf-8-sig", ",", rows=[["red"], ["blue"]], head=["colour"])
    criteria = measured(capsys, path)["criteria"]
    assert [code for code, one in criteria.items() if one["value"] is None] == [
        "fit", "reliability", "standardisation", "recency", "integration"]  # fmt: skip


def test_parquet_excel_and_csv_give_the_same_answer(file, tmp_path, capsys):
    columns = {name: [row[place] or None for row in ROWS] for place, name in enumerate(HEAD)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    book = Workbook()
    for row in [["고객 명부"], [], HEAD, *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    expected = measured(capsys, file)
    for name in ("a.parquet", "a.xlsx"):
        answer = measured(capsys, tmp_path / name)
        assert (answer["columns"], answer["criteria"]) == (expected["columns"], expected["criteria"])


def test_the_table_of_issues_names_the_rows_and_masks_the_values(file, tmp_path, capsys):
    answer = measured(capsys, file, "--out", tmp_path / "issues.csv")
    with (tmp_path / "issues.csv").open(encoding="utf-8", newline="") as table:
        issues = list(csv.DictReader(table))
    assert answer["issues"] == len(issues)
    assert {(one["record_id"], one["line"]) for one in issues if one["rule"] == "impossible_date"} == {("A-3", "5")}
    text = str(issues)
    assert "1234567" not in text
    assert "홍길동" not in text
    assert "so yeon" not in text


def test_what_a_column_holds_can_be_said(tmp_path, capsys):
    path = write_csv(tmp_path / "a.csv", "utf-8", ",", rows=[["010-1234-5678"], ["x1"]], head=["c1"])
    answer = measured(capsys, path, "--map", "phone=c1", "--id", "c1")
    assert answer["columns"][0]["problems"] == {"not_a_phone": 1}


def test_a_column_that_is_not_there_is_named(file, capsys):
    assert main(["file", "quality", str(file), "--id", "nope", "--json"]) == 2
    assert "nope" in json.loads(capsys.readouterr().out)["error"]["detail"]
    with pytest.raises(SystemExit):
        main(["file", "quality"])


def test_births_long_ago_house_numbers_and_columns_without_a_header_are_recognised(tmp_path, capsys):
    rows = [(n, ("james", "mary", "olivia", "noah")[n % 4], ("smith", "jones", "brown")[n % 3], n % 90 + 1,
             f"{1905 + n % 60}{n % 12 + 1:02}{n % 28 + 1:02}") for n in range(1000, 1100)]  # fmt: skip
    named, bare = tmp_path / "named.csv", tmp_path / "bare.csv"
    lines = [";".join(map(str, row)) for row in [*rows, (1100, *rows[0][1:])]]
    named.write_text("\n".join(["Export of 2026", "rec_id;given_name;surname;street_number;date_of_birth", *lines]))
    bare.write_text("\n".join(lines), encoding="utf-16")
    for path, birth in ((named, "date_of_birth"), (bare, "column 5")):
        answer = measured(capsys, path)
        kinds = {one["column"]: one["kind"] for one in answer["columns"]}
        assert kinds[birth] == "birth"
        assert (answer["rows"], answer["criteria"]["recency"]["value"]) == (101, None)
    answer = measured(capsys, named)
    assert {one["kind"] for one in answer["columns"] if one["column"] in ("given_name", "surname")} == {"name"}
    assert next(one for one in answer["columns"] if one["column"] == "street_number")["problems"] == {}
    assert answer["duplicates"]["same_person"]["rows"] >= 1
