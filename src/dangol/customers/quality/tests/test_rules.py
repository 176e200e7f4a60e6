"""Rules a steward sets, the six criteria, and fair comparison: without a database."""

import time
from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.customers.identify.reads import quality as identify
from dangol.customers.quality import tables
from dangol.customers.quality.rules import criteria
from dangol.customers.quality.rules.checks import DEFAULTS, Rule, checked
from dangol.customers.quality.rules.fairness import LEAST_CUSTOMERS, Standing, ranked, wilson
from dangol.customers.quality.rules.findings import is_late, is_rolled_up

TODAY = date(2026, 11, 23)


def people(**columns):
    """Customers with these values; what is not given is empty."""
    n = len(next(iter(columns.values())))
    usual = {"kind": "named", "phone_e164": "", "keyed": True}
    usual |= dict.fromkeys(identify.TEXTS, "")
    usual |= {f"made_{name}": False for name in identify.HELD} | {f"src_{name}": "" for name in identify.HELD}
    usual |= {f"at_{name}": TODAY for name in identify.HELD} | {"customer_id": None}
    given = {name: columns.get(name, [usual.get(name)] * n) for name in identify.schema().names}
    given["customer_id"] = list(range(1, n + 1))
    return ibis.memtable(pa.table(given, schema=identify.schema()))


def breaking(rule, **columns):
    table = people(**columns)
    flagged = table.select("customer_id", broken=tables.breaks(table, checked(rule), TODAY)).to_pyarrow().to_pylist()
    return [row["customer_id"] for row in sorted(flagged, key=lambda row: row["customer_id"]) if row["broken"]]


def test_each_kind_of_rule_finds_whom_it_should():
    old, new = TODAY - timedelta(days=800), TODAY
    assert breaking(Rule("r", "required", "email", use="u"), email=["a@b.kr", "", None, "x@y.kr"],
                    made_email=[False, False, False, True]) == [2, 3, 4]  # fmt: skip
    assert breaking(Rule("r", "pattern", "phone", {"pattern": "[0-9-]+"}), phone=["010-1", "01a", ""]) == [2]
    assert breaking(Rule("r", "length", "name", {"least": 2, "most": 4}), name=["김", "김민아", "김민아김민"]) == [1, 3]
    assert breaking(Rule("r", "range", "birth_year", {"least": 1910, "most": ""}), birth_year=[1900, 1988, None]) == [1]
    by_clock = Rule("r", "range", "birth_year", {"least": "Year - 115", "most": "올해"})
    assert checked(by_clock).params == {"least": "year-115", "most": "year"}
    this = TODAY.year
    assert breaking(by_clock, birth_year=[this - 116, this - 115, this, this + 1, None]) == [1, 4]
    assert breaking(Rule("r", "reference", "gender", {"values": "F\nM"}), gender=["F", "m", "여", ""]) == [3]
    assert breaking(Rule("r", "forbidden", "phone", {"values": ["000-0000-0000"]}),
                    phone=["000 0000 0000", "010-0000-0000"]) == [1]  # fmt: skip
    assert breaking(
        Rule("r", "freshness", "phone", {"months": 24}), phone=["1", "1", ""], at_phone=[old, new, old]
    ) == [1]
    assert breaking(Rule("r", "unique", "email", {"at_most": 1}), email=["a@b.kr", "A@B.kr ", "c@d.kr", "", ""]) == [
        1,
        2,
    ]
    assert breaking(Rule("r", "unique", "phone", {"at_most": 1}), phone=["010 1", "0101", "x"],
                    phone_e164=["+82101", "+82101", ""]) == [1, 2]  # fmt: skip
    assert breaking(Rule("r", "compare", "phone", {"other": "name", "how": "needs"}), phone=["1", "1", ""],
                    name=["", "김", ""]) == [1]  # fmt: skip
    assert breaking(Rule("r", "compare", "name", {"other": "email", "how": "differs"}), name=["a@b.kr", "김"],
                    email=["A@b.kr", "c@d.kr"]) == [1]  # fmt: skip
    assert breaking(
        Rule("r", "required", "email", use="u", whom="named"), email=["", ""], kind=["named", "unnamed"]
    ) == [1]


def test_an_evil_pattern_answers_at_once():
    began = time.perf_counter()
    assert breaking(Rule("r", "pattern", "name", {"pattern": "(a+)+$"}), name=["a" * 90 + "!"] * 50) == list(
        range(1, 51)
    )
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", ["'; DROP TABLE x; --", "\\", "$$", "a'b\"c", "%s", "{x}", "김'"])
def test_values_of_a_rule_are_never_read_as_sql(text):
    assert breaking(Rule("r", "reference", "name", {"values": [text]}), name=[text, "b"]) == [2]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule("r", "pattern", "name", {"pattern": "("}), "pattern"),
        (Rule("r", "pattern", "name", {"pattern": "(?=a)"}), "pattern"),
        (Rule("r", "pattern", "name", {"pattern": r"(a)\1"}), "pattern"),
        (Rule("r", "pattern", "name", {"pattern": "a" * 201}), "pattern"),
        (Rule("r", "pattern", "birth_year", {"pattern": "a"}), "field"),
        (Rule("r", "range", "birth_year", {"least": 5, "most": 4}), "least"),
        (Rule("r", "range", "birth_year", {"least": "x"}), "least"),
        (Rule("r", "range", "birth_year", {"least": "year", "most": "year-1"}), "least"),
        (Rule("r", "length", "name", {"least": "year"}), "least"),
        (Rule("r", "reference", "name", {"values": " \n"}), "values"),
        (Rule("r", "freshness", "name", {"months": 0}), "months"),
        (Rule("r", "required", "name"), "use"),
        (Rule("", "required", "name", use="u"), "name"),
        (Rule("r", "nonsense", "name"), "kind"),
        (Rule("r", "required", "password", use="u"), "field"),
        (Rule("r", "compare", "name", {"other": "name", "how": "needs"}), "other"),
        (Rule("r", "required", "name", use="u", weight=11), "weight"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(rule, field):
    with pytest.raises(BadInput) as refused:
        checked(rule)
    assert refused.value.field == field


def test_the_usual_rules_are_sound_and_say_what_is_wrong():
    assert len({checked(rule).name for rule in DEFAULTS}) == len(DEFAULTS)


def counts(n, **fields):
    return criteria.empty() | {
        "customers": n,
        "keyed": n,
        "charged": 0,
        "single": n,
        "fields": fields,
        "uses": {"u": 1},
    }


def test_criteria_of_parts_add_up_to_those_of_the_whole():
    how = criteria.Weighing({"u": 2.0}, {"u": ["phone"]}, ["phone"])
    one = counts(2, phone={"real": 2, "ok": 1, "standard": 2, "fresh": 0})
    other = counts(8, phone={"real": 4, "ok": 4, "standard": 1, "fresh": 4}, name={"real": 8, "ok": 8, "standard": 8})
    found = criteria.scores(criteria.add([one, other]), how)
    assert found["fit"].value == pytest.approx(2 / 10)
    assert found["reliability"].value == pytest.approx(13 / 14)
    assert found["completeness"].value == pytest.approx(14 / 90)
    assert found["standardisation"].value == pytest.approx(11 / 14)
    assert found["recency"].value == pytest.approx(4 / 6)
    assert found["integration"].value == pytest.approx(20 / 30)


def test_nothing_to_measure_is_none_and_never_zero():
    found = criteria.scores(criteria.empty(), criteria.Weighing({}, {}, []))
    assert {share.value for share in found.values()} == {None}
    assert criteria.overall(found) is None


def test_the_interval_is_that_of_the_paper():
    low, high = wilson(0.5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_the_interval_holds_the_share(share, n):
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_few_customers_never_win_by_luck_and_below_the_minimum_nobody_is_ranked():
    lines = [Standing("a", "적음", LEAST_CUSTOMERS - 1, 1.0, before=0.2), Standing("b", "운", 30, 0.95),
             Standing("c", "큼", 3000, 0.93), Standing("d", "같음", 3000, 0.93)]  # fmt: skip
    found = {line.key: line for line in ranked(lines)}
    assert [found[key].place for key in "cdba"] == [1, 1, 3, None]
    assert (found["a"].value, found["a"].change, found["a"].low) == (None, None, None)


def test_a_source_is_late_by_its_own_rhythm():
    assert is_late(3, [1, 1, 1])
    assert not is_late(1.9, [0.5, 0.5])
    assert not is_late(13, [7, 7, 8])
    assert is_late(15, [7, 7, 7])
    assert not is_late(100, [7])


def test_monthly_sums_are_told_from_single_purchases():
    assert is_rolled_up(lines=1200, customer_months=1200, months=12, on_commonest_day=1200)
    assert not is_rolled_up(lines=1200, customer_months=1200, months=12, on_commonest_day=60)
    assert not is_rolled_up(lines=3000, customer_months=1200, months=12, on_commonest_day=3000)


def test_months_are_counted_back_to_a_day_that_exists():
    assert tables.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert tables.months_before(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert tables.months_before(TODAY, 24) == date(2024, 11, 23)
