"""What the figures of a report mean: worked examples and properties."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.base.errors import BadInput
from dangol.insight.analysis.rules import (
    basket,
    causes,
    cohorts,
    comparison,
    funnel,
    profile,
    seasons,
    spans,
    steps,
)
from dangol.insight.analysis.rules.causes import CUSTOMERS, EFFECTS, FREQUENCY, MIX, RETURNS, TICKET, Side
from dangol.insight.analysis.rules.cohorts import Cohort
from dangol.insight.analysis.rules.comparison import Unit

amounts = st.integers(0, 10**13)
sides = st.builds(
    Side, st.integers(0, 10**6), st.integers(0, 10**7), amounts, amounts.map(lambda n: -n), st.integers(-(10**9), 10**9)
)


@settings(max_examples=50)
@given(
    st.dictionaries(st.integers(), st.tuples(sides, sides), max_size=8), st.integers(0, 10**7), st.integers(0, 10**7)
)
def test_the_effects_add_up_to_the_change_to_the_last_unit(groups, before, now):
    changes = causes.decompose(groups, before, now)
    for one in changes:
        assert sum(one.effects.values()) == one.now.amount - one.before.amount
    assert sum(causes.summed(changes).values()) == sum(now.amount - before.amount for before, now in groups.values())


@given(st.tuples(sides, sides), st.integers(1, 10**7), st.integers(1, 10**7))
def test_time_turned_round_turns_every_effect_round(pair, before, now):
    there = causes.factors(*pair, before, now)
    back = causes.factors(*reversed(pair), now, before)
    size = sum(abs(value) for value in there.values())
    for effect in causes.FACTORS:
        assert there[effect] + back[effect] == pytest.approx(0, abs=2 + size * 1e-9)


def test_factors_that_double_share_the_change_by_their_logarithms():
    # worked by hand: 100 customers × 2 orders × 10 become 200 × 8 × 10, so sales grow eightfold by ln 2 and 2 ln 2
    effects = causes.factors(Side(100, 200, 2000), Side(200, 1600, 16000), 100, 200)
    assert effects == {CUSTOMERS: 4667, MIX: 0, FREQUENCY: 9333, TICKET: 0}
    # customers and sales an order both double: halves of 6000
    assert causes.factors(Side(100, 200, 2000), Side(200, 400, 8000), 100, 200)[TICKET] == 3000


def test_customers_who_change_to_the_cheaper_group_are_mix():
    found = causes.decompose(
        {"dear": (Side(50, 50, 2000), Side(25, 25, 1000)), "cheap": (Side(50, 50, 500), Side(75, 75, 750))}, 100, 100
    )
    assert causes.summed(found) == dict.fromkeys(EFFECTS, 0) | {MIX: -750}


def test_groups_that_appear_or_vanish_are_mix_and_returns_stand_alone():
    found = {
        one.group: one.effects
        for one in causes.decompose({"new": (Side(), Side(3, 4, 900, -100)), "gone": (Side(5, 5, 700), Side())}, 10, 10)
    }
    assert found["new"] == dict.fromkeys(EFFECTS, 0) | {MIX: 900, RETURNS: -100}
    assert found["gone"][MIX] == -700


def test_a_company_that_begins_to_sell_gained_customers():
    [one] = causes.decompose({"all": (Side(), Side(3, 4, 900))}, 0, 3)
    assert one.effects[CUSTOMERS] == 900


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_rounding_keeps_the_total_and_moves_no_part_by_more_than_one(parts):
    total = round(sum(parts))
    found = causes.whole(parts, total)
    assert sum(found) == total
    assert all(abs(one - part) < 1 + 1e-6 for one, part in zip(found, parts, strict=True))


def test_the_sentences_name_the_largest_effect_both_ways_and_suggest_an_aim():
    found = causes.decompose({"a": (Side(100, 400, 8000), Side(100, 200, 6000))}, 100, 100)
    said = causes.findings(found, {}, split=False)
    assert [one.tone for one in said] == ["bad", "good", "bad"]
    assert said[1].sentence.values["effect"] == ("said", "Sales per order")
    assert (said[2].sentence.values["effect"], said[2].aim) == (("said", "Orders per customer"), "cross_sell")


def test_spans_are_whole_months_and_compare_with_as_many():
    now = spans.span(spans.month_of("2017-03"), 3)
    assert (now.first, now.last) == (date(2017, 1, 1), date(2017, 3, 31))
    assert spans.compared(now, "previous") == spans.Span(date(2016, 10, 1), date(2016, 12, 31))
    assert spans.compared(now, "year") == spans.Span(date(2016, 1, 1), date(2016, 3, 31))
    assert spans.last_full_month(date(2016, 1, 9), date(2017, 3, 30)) == spans.month_of("2017-02")
    for text in ("2017-13", "17-01", "2017", "0000-01"):
        with pytest.raises(BadInput):
            spans.month_of(text)
    with pytest.raises(BadInput):
        spans.compared(spans.span(spans.month_of("2017-03"), 13), "year")


def test_a_mean_of_cohorts_weighs_them_by_size_and_leaves_out_those_not_so_far():
    found = cohorts.triangle({(0, 0): (100, 1000), (0, 1): (50, 900), (1, 1): (300, 900), (2, 2): (4, 4)}, 0, 2)
    assert [one.customers for one in found] == [[100, 50, 0], [300, 0], [4]]
    assert cohorts.mean(found, 3, money=False, least=30) == [1.0, 50 / 400, 0.0]
    assert cohorts.shares(found[0], money=True, least=30) == [1.0, 0.9, 0.0]
    assert cohorts.shares(found[2], money=False, least=30) == [None]


def test_only_a_cohort_outside_of_chance_is_named():
    like = [Cohort(month, [1000, 500, 500, 500], [1, 1, 1, 1]) for month in range(24000, 24005)]
    assert len(cohorts.findings(like, least=30)) == 1
    bad = [*like, Cohort(24009, [1000, 300, 300, 300], [1, 1, 1, 1])]
    assert [one.tone for one in cohorts.findings(bad, least=30)] == ["plain", "bad"]


def test_small_groups_get_no_verdict_and_chance_is_no_finding():
    alike = [Unit(name, 100, 50 + shift, 50 + shift) for name, shift in zip("abcd", (0, 3, -3, 1), strict=True)]
    limits = comparison.limits(alike, 30, is_share=True)
    assert {comparison.verdict(unit, limits, 30) for unit in alike} == {comparison.WITHIN}
    assert comparison.verdict(Unit("tiny", 5, 0, 0), limits, 30) == comparison.SMALL
    told = comparison.findings([*alike, Unit("tiny", 5, 0, 0)], limits, 30, "share")
    assert [one.tone for one in told] == ["plain", "plain"]
    assert comparison.limits(alike[:2], 30) is None


def test_a_group_far_outside_is_named_and_limits_of_shares_stay_between_0_and_1():
    units = [*(Unit(n, 400, 380, 380) for n in range(6)), Unit("low", 400, 300, 300)]
    limits = comparison.limits(units, 30, is_share=True)
    assert comparison.verdict(units[-1], limits, 30) == comparison.FAR_BELOW
    [told] = comparison.findings(units, limits, 30, "share")[:1]
    assert (told.tone, told.aim) == ("good" if comparison.verdict(units[0], limits, 30) == comparison.FAR_ABOVE else "bad",
                                     "" if told.tone == "good" else "prevent")  # fmt: skip
    low, high = limits.band(30, comparison.ALARM)
    assert 0 <= low < limits.mean < high <= 1


def test_where_all_differ_the_limits_widen():
    spread = [Unit(n, 1000, 1000 * (0.3 + 0.04 * n), 1000 * (0.3 + 0.04 * n)) for n in range(12)]
    assert comparison.limits(spread, 30, is_share=True).dispersion > 10
    same = [Unit(n, 1000, 500 + n, 500 + n) for n in range(12)]
    assert comparison.limits(same, 30, is_share=True).dispersion == 1


@given(st.fixed_dictionaries({group: st.integers(0, 10**6) for group in funnel.GROUPS}))
def test_the_steps_of_the_funnel_come_from_its_groups(sizes):
    steps = funnel.steps(sizes)
    assert steps[funnel.ACCUMULATED] == sum(sizes.values())
    apart = sizes[funnel.SECONDARY] + sizes[funnel.LOW]
    assert steps[funnel.CURRENT] == steps[funnel.MEANINGFUL] + apart
    assert funnel.findings(sizes, {}, {}, funnel.Bounds()) or not sum(sizes.values())


def test_an_index_needs_enough_customers_and_a_finding_more_than_chance():
    shares = profile.of_rows({"old": 300, "young": 100, "rare": 4}, {"old": 500, "young": 500, "rare": 8}, 404, 1008)
    by = {one.group: one for one in shares}
    assert by["old"].index(30) == pytest.approx(100 * (300 / 404) / (500 / 1008))
    assert by["rare"].index(30) is None
    told = profile.findings(shares, 30)
    assert [(one.tone, one.sentence.values["group"][1]) for one in told] == [("good", "old"), ("bad", "young")]
    even = profile.of_rows({"old": 51, "young": 49}, {"old": 500, "young": 500}, 100, 1000)
    assert [one.sentence.template for one in profile.findings(even, 30)] == [profile.ALIKE]


def test_support_confidence_and_lift_come_from_whole_counts():
    # 100 baskets, 20 with bread, 10 with butter, 8 with both: expected 2, so lift 4
    [pair] = basket.pairs(
        {("bread", "butter"): 8, ("bread", "milk"): 1}, {"bread": 20, "butter": 10, "milk": 50}, 100, 5
    )
    assert (pair.first, pair.second) == ("butter", "bread")
    assert (pair.support, pair.confidence, pair.lift) == (0.08, 0.8, 4.0)
    assert [one.aim for one in basket.findings([pair], 5, "brand")] == ["cross_sell", "cross_sell"]
    assert [one.sentence.template for one in basket.findings([], 5, "brand")] == [basket.NONE]


def test_growth_from_year_to_year_is_no_season_and_one_year_is_none():
    span = spans.Span(date(2015, 1, 1), date(2016, 12, 31))
    day = {date(2015, 1, 1) + timedelta(days=n): 100 if n < 365 else 300 for n in range(731)}
    assert [round(index) for _mean, index in seasons.by_month(day, span)] == [100] * 12
    december = {one: amount * (2 if one.month == 12 else 1) for one, amount in day.items()}
    found = [index for _mean, index in seasons.by_month(december, span)]
    assert found.index(max(found)) == 11
    short = spans.Span(date(2016, 1, 1), date(2016, 12, 31))
    assert {index for _mean, index in seasons.by_month(day, short)} == {None}
    assert [round(index) for _mean, index in seasons.by_weekday(day, short)] == [100] * 7
    assert seasons.findings([None] * 12, [100.0] * 7, 12)[-1].sentence.template == seasons.NO_YEARS


def test_steps_read_as_people_say_them():
    assert steps.money(0)[:4] == [100, 200, 500, 1000]
    assert steps.money(2)[:4] == [10, 20, 50, 100]
    assert steps.count_text(steps.DAYS, 0).values["name"] == ("count", 1)
    assert steps.count_text(steps.DAYS, 1).values == {"low": ("count", 2), "high": ("count", 3)}
    assert steps.count_text(steps.DAYS, len(steps.DAYS)).values == {"low": ("count", 181)}
    assert steps.price_text([100, 200], 0).values == {"high": ("money", 100)}
