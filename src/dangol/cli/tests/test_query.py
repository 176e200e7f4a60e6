"""`dangol query` as scripts and people see it."""

import json
from dataclasses import replace

import pytest

from dangol.cli import main
from dangol.insight.warehouse import actions
from dangol.work.actions import Quiet
from tests.loaded import Loaded, sale


@pytest.fixture
def loaded(home, monkeypatch, settings, db):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD")
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.batch("sales", [sale("1", "a", "soap", "2026-01-05T01:00:00", 1234), sale("2", "b", "cream", "2026-02-05T01:00:00", 1)])  # fmt: skip
    actions.refresh(Quiet())
    return loaded


def test_json_has_amounts_in_major_units_and_says_what_it_is(loaded, capsys):
    assert (
        main(["query", "sales_amount", "orders", "--by", "month", "--order", "-sales_amount", "--total", "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == [{"month": "2026-01", "sales_amount": 12.34, "orders": 1},
                            {"month": "2026-02", "sales_amount": 0.01, "orders": 1}]  # fmt: skip
    assert said["total"] == {"sales_amount": 12.35, "orders": 2}
    assert (said["measures"][0]["unit"], said["as_of"], said["generated"]) == ("USD", "2026-02-05", [])


def test_periods_and_missing_values_have_their_standard_forms(loaded, capsys):
    main(["query", "orders", "--by", "week,quarter", "year", "day", "age_band", "--limit", "1", "--json"])
    assert json.loads(capsys.readouterr().out)["rows"] == [
        {"week": "2026-W02", "quarter": "2026-Q1", "year": "2026", "day": "2026-01-05", "age_band": None, "orders": 1}]  # fmt: skip


def test_csv_and_table_show_the_same(loaded, capsys):
    main(["query", "sales_amount", "--by", "month", "--csv"])
    assert capsys.readouterr().out.splitlines() == ["month,sales_amount", "2026-01,12.34", "2026-02,0.01"]
    main(["query", "sales_amount", "--by", "month"])
    assert "$12.34" in capsys.readouterr().out


def test_names_may_be_labels_in_either_language_and_measures_formulas(loaded, capsys):
    for measure, month in (("Sales", "Month"), ("매출", "월"), ("SALES_AMOUNT", "MONTH")):
        main(["query", measure, "--by", month, "--order", f"-{measure}", "--limit", "1", "--csv"])
        assert capsys.readouterr().out.splitlines() == ["month,sales_amount", "2026-01,12.34"]
    main(
        [
            "query",
            "sales_amount - previous(sales_amount)",
            "sales_amount / total(sales_amount)",
            "--by",
            "month",
            "--json",
        ]
    )
    said = json.loads(capsys.readouterr().out)
    assert [list(row.values())[1:] for row in said["rows"]] == [[None, 1234 / 1235], [-12.33, 1 / 1235]]
    assert [one["unit"] for one in said["measures"]] == ["USD", "share"]


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (["revenue", "by", "월별", "--where", "last month"], ["month,sales_amount", "2026-01,12.34"]),
        (["매출", "--by", "months", "--where", "최근 2개월", "--top", "1"], ["month,sales_amount", "2026-01,12.34"]),
        (["AOV", "--by", "month", "--having", "매출 < 1"], ["month,average_ticket", "2026-02,0.01"]),
        (["[New customers]", "--where", "month = 'Feb 2026'"], ["new_customers", "1"]),
        (["yoy(sales)", "--by", "year"], ["year,yoy(sales)", "2026,"]),
        (["비중(매출)", "--by", "고객", "--where", "x"], []),
    ],
)
def test_questions_may_be_asked_in_the_words_of_the_field(loaded, capsys, asked, lines):
    assert main(["query", *asked, "--csv"]) == (0 if lines else 2)
    assert capsys.readouterr().out.splitlines() == lines


def test_no_figure_is_cut_off_in_a_narrow_terminal(loaded, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    main(["query", "sales_amount", "orders", "quantity", "--by", "month"])
    assert "$12.34" in capsys.readouterr().out


def test_bad_input_is_exit_code_2_with_a_sentence(loaded, capsys):
    assert main(["query", "sales_amont"]) == 2
    assert "Did you mean: sales_amount" in capsys.readouterr().err
    assert main(["query", "orders", "--where", "month = 'x'", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["field"] == "where"


def test_the_list_names_every_standard_measure_and_dimension(loaded, capsys):
    main(["query", "--list", "--json"])
    said = {kind: {item["name"] for item in items} for kind, items in json.loads(capsys.readouterr().out).items()}
    assert said["measures"] >= {"sales_amount", "quantity", "orders", "customers", "buying_customers", "average_ticket", "unit_price", "purchase_frequency", "purchase_cycle_days", "retention_rate", "churn_rate", "contacted_customers", "responding_customers"}  # fmt: skip
    assert said["dimensions"] >= {"day", "week", "month", "quarter", "year", "region", "branch", "rep", "brand", "product_major", "product_middle", "product_minor", "product", "channel", "segment", "campaign", "age_band"}  # fmt: skip
