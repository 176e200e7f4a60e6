"""Judging against published values and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dangol.campaigns.evaluate import rules
from dangol.campaigns.evaluate.rules import Cell, Costs

# Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("counts", "interval"), NEWCOMBE)
def test_difference_of_shares_gives_the_published_intervals(counts, interval):
    found = rules.share_difference(*counts)
    assert (found.low, found.high) == pytest.approx(interval, abs=5e-5)


def _cell(amounts):
    return Cell(
        len(amounts), sum(a > 0 for a in amounts), len(amounts), sum(amounts), float(sum(a * a for a in amounts))
    )


def test_difference_of_means_is_welchs():
    one, two = [120, 0, 340, 90, 410, 0, 77], [50, 0, 0, 130, 20]
    found = rules.mean_difference(_cell(one), _cell(two))
    peer = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high))


amounts = st.lists(st.integers(0, 10**7), min_size=30, max_size=60)


@given(amounts, amounts)
def test_swapping_the_groups_turns_the_difference_round(one, two):
    there, back = rules.mean_difference(_cell(one), _cell(two)), rules.mean_difference(_cell(two), _cell(one))
    assert there.value == pytest.approx(-back.value)
    assert there.low == pytest.approx(-back.high, rel=1e-6, abs=1e-6)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_interval_of_shares_holds_the_difference_and_stays_in_range(n, m, data):
    hits, others = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = rules.share_difference(hits, n, others, m)
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1 + 1e-12


COSTS = Costs(fixed=1000, per_message=10, messages=100, discount=50, margin_percent=30)


def _judge(target, control, *, metric="buyers", over=True, percent=50):
    return rules.judge(target, control, metric=metric, control_percent=percent, costs=COSTS, over=over)


def test_too_few_events_is_a_result_of_its_own_and_says_what_is_missing():
    judged = _judge(Cell(100, 3, 3, 300, 30_000.0), Cell(100, 40, 40, 4000, 400_000.0))
    assert judged.verdict == rules.NOT_ENOUGH
    assert judged.shares is None
    assert judged.needs == (rules.Need("buyers", "target", 3, 5),)


def test_no_people_at_all_is_not_enough_data():
    nobody = Cell(0, 0, 0, 0, 0.0)
    judged = _judge(nobody, nobody)
    assert judged.verdict == rules.NOT_ENOUGH
    assert judged.share_target is None


def test_where_nearly_everyone_buys_sales_can_still_be_judged():
    many = Cell(100, 99, 99, 99_000, 1.2e8)
    assert _judge(many, many).verdict == rules.NOT_ENOUGH
    assert _judge(many, many, metric="sales").verdict == rules.NO_DIFFERENCE


def test_money_counts_cost_and_carries_the_interval():
    target, control = Cell(200, 100, 120, 400_000, 1.6e9), Cell(200, 50, 50, 100_000, 2.5e8)
    judged = _judge(target, control)
    assert judged.verdict == rules.MORE
    assert judged.money.cost == 1000 + 10 * 100 + 50 * 120
    assert judged.money.sales.value == pytest.approx(1500 * 200)
    assert judged.money.profit.value == pytest.approx(0.3 * 300_000 - judged.money.cost)
    assert judged.money.profit.low < judged.money.profit.value < judged.money.profit.high


def test_people_lost_from_one_group_make_the_result_suspicious():
    whole, half = Cell(1000, 300, 300, 30_000, 3e6), Cell(700, 210, 210, 21_000, 2.1e6)
    assert _judge(whole, half).suspicious
    assert not _judge(whole, whole).suspicious


def test_the_split_is_judged_by_chi_square():
    peer = stats.chisquare([790, 210], [800, 200]).pvalue
    assert rules.sample_ratio(790, 210, 20) == pytest.approx(peer)
