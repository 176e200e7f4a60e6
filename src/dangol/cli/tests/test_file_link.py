import csv
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.cli import main
from tests.speed import people
from tests.speed.truth import measured

HEADERS = {"record_id": "번호", "name": "고객 성명", "phone": "H.P", "email": "전자우편", "birth": "생년월일", "gender": "성별",
           "address": "집 주소", "postcode": "우편번호"}  # fmt: skip


def link(capsys, *given):
    code = main(["file", "link", *map(str, given), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def known():
    return people.table(500)


def written(table, path, encoding="utf-8", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow([HEADERS[name] for name in table.column_names])
        out.writerows([[value or "" for value in row.values()] for row in table.to_pylist()])
    return path


def clusters(path):
    with path.open(encoding="utf-8") as file:
        return {row["record_id"]: row["cluster_id"] for row in csv.DictReader(file)}


def test_a_dirty_korean_file_is_linked_as_it_is(known, tmp_path, capsys):
    table, truth = known.drop_columns(["truth", "household"]), known["truth"].to_pylist()
    path = written(table, tmp_path / "고객.csv", "cp949", ";")
    code, answer = link(capsys, path, "--id", "번호", "--out", tmp_path / "out.csv")
    assert code == 0
    assert answer["records"] == 500
    assert answer["files"][0]["columns_used"]["phone"] == "H.P"
    found = clusters(tmp_path / "out.csv")
    assert measured([found[key] for key in table["record_id"].to_pylist()], truth).f1 > 0.95
    assert answer["clusters"] == len(set(found.values()))
    assert answer["expected_precision"] >= 0.995


def test_two_files_of_other_shape_are_linked_one_to_one(tmp_path, capsys):
    rows = [("kim", "minsu", "1990-03-04", "010-1234-5678"), ("lee", "jieun", "1985-11-30", "010-2222-3333"),
            ("park", "seojun", "1979-01-15", "010-3333-4444"), ("choi", "yuna", "1999-07-21", "010-4444-5555")] * 1  # fmt: skip
    rows += [
        (f"fam{n}", f"giv{n * 7 % 97}", f"{1950 + n % 50}-{1 + n % 12:02}-{1 + n % 28:02}", f"010-{5000 + n}-{n:04}")
        for n in range(150)
    ]
    one = tmp_path / "one.parquet"
    pq.write_table(
        pa.table({name: [row[n] for row in rows] for n, name in enumerate(("surname", "first", "dob", "mobile"))}), one
    )
    book = openpyxl.Workbook()
    book.active.append(["연락처", "이름만", "성", "생일"])
    for row in rows[:100]:
        year, month, day = row[2].split("-")
        book.active.append([row[3].replace("-", ""), row[1], row[0], f"{year}.{int(month)}.{int(day)}"])
    book.save(tmp_path / "two.xlsx")
    code, answer = link(capsys, one, tmp_path / "two.xlsx", "--out", tmp_path / "out.parquet")
    assert code == 0
    assert answer["one_partner_per_file"]
    assert answer["linked_pairs"] == 100
    assert not answer["expected_precision_is_rough"]
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.column_names == ["record_id", "cluster_id", "probability", "file"]
    assert set(out["file"].to_pylist()) == {"one.parquet", "two.xlsx"}


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("name,phone\n김민수,010-1234-5678\n", ["--id", "key"], "no column “key”"),
        ("name,phone\n김민수,010-1234-5678\n", ["--map", "nome=name"], "no field “nome”"),
        ("name,phone\n김민수,010-1234-5678\n", ["--map", "name"], "FIELD=COLUMN"),
        ("name,phone\n김민수,010-1234-5678\n", ["--precision", "1.5"], "share from 0.5"),
        ("name,phone\n김민수,010-1234-5678\n", ["--out", "x.txt"], "neither"),
        ("id,memo\n1,\n2,\n", [], "No column is recognised"),
        ("", [], "empty"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, capsys, text, given, says):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    code, answer = link(capsys, path, *given)
    assert code == 2
    assert says in answer["error"]["detail"]


def test_a_file_without_a_header_or_with_one_row_is_still_read(tmp_path, capsys):
    path = tmp_path / "bare.csv"
    path.write_text("김민수,010-1234-5678,mina@example.com\n김민수,010-1234-5678,mina@example.com\n", "utf-8")
    _code, answer = link(capsys, path)
    assert answer["records"] == 2
    path.write_text("name,phone\n김민수,010-1234-5678\n", "utf-8")
    assert link(capsys, path)[1]["clusters"] == 1


def test_columns_are_found_across_files_by_what_they_hold_whatever_stands_above_them(known, tmp_path, capsys):
    parts = [one + two for one in "bdgkmnrstv" for two in ("an", "el", "ira", "oso", "um", "yne")]
    born = [f"{1950 + n % 50}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(300)]
    names = [(f"{parts[n % 60]}sen".title(), f"{parts[n // 5]}{parts[n * 7 % 60]}") for n in range(300)]
    rows = [(f"P-{n:06}", *names[n], born[n], f"{parts[n % 40]}ville") for n in range(300)]
    one = tmp_path / "one.csv"
    with one.open("w", encoding="cp949", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerows([["회원 명단", "", "", "", ""], ["번호", "성", "이름", "생년월일", "도시"], *rows])
    two = tmp_path / "two.csv"
    with two.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(
            [[f"{n:05}", row[4], row[3], row[2], row[1]] for n, row in enumerate(reversed(rows), 10_001)]
        )
    code, answer = link(capsys, one, two, "--id", "번호", "--id", "column 1", "--out", tmp_path / "out.csv")
    assert code == 0
    first, second = (file["columns_used"] for file in answer["files"])
    assert first == {"family": "성", "given": "이름", "birth": "생년월일", "city": "도시"}
    assert second == {"city": "column 2", "birth": "column 3", "given": "column 4", "family": "column 5"}
    assert answer["clusters_of_several"] == 300


def test_expected_precision_is_called_rough_where_no_column_tells_records_apart(tmp_path, capsys):
    path = tmp_path / "places.csv"
    path.write_text("name,address,city\n" + "".join(
        f"cafe no {n % 40} & co,{n % 40} main street,town {n % 7}\n" for n in range(60)))  # fmt: skip
    assert link(capsys, path)[1]["expected_precision_is_rough"]
    assert main(["file", "link", str(path)]) == 0
    assert "rough guess" in capsys.readouterr().out
