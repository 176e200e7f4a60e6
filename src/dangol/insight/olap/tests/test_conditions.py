"""The grammar of conditions."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.insight.olap import rules
from dangol.insight.olap.rules import And, Between, Compare, In, IsNull, Not, Or, parse


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("brand = 'Private'", Compare("brand", "=", "Private")),
        ('brand == "Private"', Compare("brand", "=", "Private")),
        ("brand <> 'It''s'", Compare("brand", "!=", "It's")),
        ("year >= 2017 and year<2019", And((Compare("year", ">=", 2017), Compare("year", "<", 2019)))),
        ("a = 1 or b = -1.5 and c = 3",
         Or((Compare("a", "=", 1), And((Compare("b", "=", -1.5), Compare("c", "=", 3)))))),
        ("(a = 1 or b = 2) AND NOT c IN ('x','y')",
         And((Or((Compare("a", "=", 1), Compare("b", "=", 2))), Not(In("c", ("x", "y")))))),
        ("month not between '2017-01' and '2017-03'", Not(Between("month", "2017-01", "2017-03"))),
        ("age_band is not null", Not(IsNull("age_band"))),
        ("brand = 'x'' or 1=1 --'", Compare("brand", "=", "x' or 1=1 --")),
    ],
)  # fmt: skip
def test_conditions_are_read_as_the_grammar_says(text, condition):
    assert parse(text) == condition


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("brand = Private", "quotes"), ("brand =", "ends too early"), ("brand = 'x' garbage", "character 13"),
        ("= 'x'", "character 1"), ("brand liek 'x%'", "character 7"), ("brand = 'x", "character 9"),
        ("brand = 'x'; drop table t", "character 12"), ("(" * 30 + "a=1" + ")" * 30, "nested deeper"),
        ("not " * 40 + "a=1", "nested deeper"), ("a = 1 or " * 600 + "a=1", "longer than"), ("a in ()", "character 7"),
        ("brand contains ''", "empty text"), ("brand like '%%'", "empty text"), ("a = 1e400", "character"), ("a = " + "9" * 40, "character"), ("a.b = 1", "character 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where(text, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    with contextlib.suppress(BadInput):
        parse(text)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=50))
def test_any_text_survives_quoting(text):
    quoted = text.replace("'", "''")
    assert parse(f"a = '{quoted}'") == Compare("a", "=", text)


@given(st.dates(min_value=rules.periods.date(1900, 1, 1)), st.sampled_from(rules.PERIODS))
def test_a_period_written_as_text_is_read_back(day, period):
    number = rules.period_number(period, day)
    assert rules.period_from(period, rules.period_text(period, number)) == number
    first, last = rules.period_days(period, number)
    assert first <= day <= last
    assert rules.period_number(period, first) == rules.period_number(period, last) == number
    outside = [one for one in (first.toordinal() - 1, last.toordinal() + 1) if one <= day.max.toordinal()]
    assert all(rules.period_number(period, day.fromordinal(one)) != number for one in outside)


def test_weeks_are_iso_weeks():
    day = rules.periods.date
    assert rules.period_text("week", rules.period_number("week", day(2017, 1, 1))) == "2016-W52"
    assert rules.period_text("week", rules.period_number("week", day(2018, 12, 31))) == "2019-W01"


def test_an_unknown_name_is_answered_with_the_nearest_ones():
    own = rules.model_of(())
    with pytest.raises(BadInput, match="sales_amount"):
        own.check(["sale_amount"], [])
    with pytest.raises(BadInput, match="month"):
        own.check(["orders"], ["mont"])
    with pytest.raises(BadInput, match="campaign"):
        own.check(["orders"], ["campaign"])
    with pytest.raises(BadInput, match="period before"):
        own.check(["retention_rate"], ["brand"])


@pytest.mark.parametrize(
    ("text", "end", "condition"),
    [
        ("last 12 months", "2017-12-31", Between("month", "2017-01", "2017-12")),
        ("최근 1개월", "2017-03-30", Between("day", "2017-02-28", "2017-03-30")),
        ("month = 'last month'", "2017-01-15", Compare("month", "=", "2016-12")),
        ("quarter in this quarter", "2017-01-15", Compare("quarter", "=", "2017-Q1")),
        ("지난 9999년", "2017-01-15", Between("day", "1900-01-16", "2017-01-15")),
    ],
)
def test_a_recent_period_is_counted_from_the_last_day_of_the_data(text, end, condition):
    assert rules.model_of(()).until(date.fromisoformat(end)).plain(parse(text)) == condition


@pytest.mark.parametrize(
    ("period", "text", "said"),
    [
        ("day", "2017년 3월 1일", "2017-03-01"), ("month", "March 2017", "2017-03"), ("month", "201703", "2017-03"),
        ("quarter", "2017년 1분기", "2017-Q1"), ("half", "2017년 하반기", "2017-H2"), ("week", "2017W3", "2017-W03"),
    ],
)  # fmt: skip
def test_periods_may_be_written_as_people_write_them(period, text, said):
    assert rules.period_text(period, rules.period_from(period, text)) == said
