import csv
import json
import random

import pytest

from dangol.cli import main

HEADER = "회원번호,방문수,구매액,지역,가입일,상수,탈퇴\n"


def row(number, kind, dice):
    """Two kinds: many visits and much spent, or few and little; the few of Busan leave, mostly."""
    visits, spent = (dice.randint(30, 40), dice.randint(90_000, 110_000)) if kind else (dice.randint(1, 4),
                                                                                        dice.randint(900, 1_100))  # fmt: skip
    place = dice.choice(["서울", "부산"])
    gone = not kind and place == "부산" and dice.random() < 0.9
    return f'C{number},{visits},"{spent:,}",{place},2026-01-{1 + number % 28:02},7,{"예" if gone else "아니오"}\n'


@pytest.fixture
def people(tmp_path):
    dice = random.Random(5)
    path = tmp_path / "고객.csv"
    path.write_text(HEADER + "".join(row(n, n % 3 == 0, dice) for n in range(600)), "cp949")
    return path


def run(capsys, *given):
    code = main(["file", *map(str, given), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_kinds_of_customers_are_found_named_and_written_beside_their_numbers(people, tmp_path, capsys):
    out = tmp_path / "out.csv"
    code, answer = run(capsys, "clusters", people, "--most-k", "2", "--without", "가입일", "--out", out)
    assert (code, answer["status"], answer["k"], answer["id"]) == (0, "found", 2, "회원번호")
    assert [(one["customers"], one["name"].split()[0]) for one in answer["clusters"]] == [(400, "low"), (200, "high")]
    with out.open(encoding="utf-8") as file:
        places = {line["회원번호"]: line["cluster"] for line in csv.DictReader(file)}
    assert {places[f"C{n}"] for n in range(0, 600, 3)} == {"2"}
    assert answer["columns_left_out"] == [{"column": "상수", "why": "the same for everybody"}]


def test_rules_for_a_target_hold_on_customers_held_out(people, tmp_path, capsys):
    code, answer = run(
        capsys, "tree", people, "--target", "탈퇴", "--without", "가입일", "--out", tmp_path / "o.parquet"
    )
    assert (code, answer["status"], answer["target"]) == (0, "grown", "탈퇴=예")
    first = answer["leaves"][0]
    assert any("지역" in one for one in first["rule"])
    assert first["rate_held_out"] > 0.8 > 0.2 > answer["leaves"][-1]["rate_held_out"]
    assert sum(one["customers"] for one in answer["leaves"]) == 600
    assert main(["file", "tree", str(people), "--target", "탈퇴=예", "--columns", "방문수,지역"]) == 0
    assert "지역 is" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("", ["clusters"], "is empty"),
        ("a,b\n", ["clusters"], "No row can be used"),
        ("customer,amount\n1,5\n1,6\n", ["clusters"], "must be one customer"),
        ("id,x\n" + "".join(f"{n},3\n" for n in range(200)), ["clusters", "--id", "id"], "No column holds numbers"),
        ("a,b\n1,x\n2,y\n3,z\n", ["tree", "--target", "b"], "Which value of b is the target"),
        ("a,b\n1,x\n2,y\n", ["tree", "--target", "b=w"], "no value w. It has: x, y"),
        ("a,b\n1,x\n2,y\n", ["tree", "--target", "c"], "no column c"),
        ("a,b\n1,x\n2,y\n", ["clusters", "--columns", "b"], "numbers"),
        ("a,b\n1,2\n3,4\n", ["clusters", "--k", "40"], "from 2 to 10"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(tmp_path, capsys, text, given, says):
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    assert main(["file", given[0], str(path), *given[1:]]) in (1, 2)
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("method", ["clusters", "tree"])
def test_too_few_customers_are_said_to_be_too_few(tmp_path, capsys, method):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1,1e300,x\n2,5,y\n", "utf-8")
    code, answer = run(capsys, method, path, *(["--target", "c=x"] if method == "tree" else []))
    assert (code, answer["status"]) == (0, "not_enough_data")
    assert main(["file", method, str(path), *(["--target", "c=x"] if method == "tree" else [])]) == 0
    assert "Not enough data: 2 customers" in capsys.readouterr().out
