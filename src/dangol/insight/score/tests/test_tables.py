from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.base.period import month_ends
from dangol.engine import fresh
from dangol.engine.engines import fresh_duckdb
from dangol.insight.score import rules, tables
from dangol.insight.score.tables import with_computed
from dangol.insight.score.tests import purchases
from dangol.insight.score.tests.purchases import FIRST, LAST, line
from tests.engines import on_every_engine

READY = rules.RfmScheme(
    r=rules.Axis(5, "fixed", (7, 30, 90, 180)),
    f=rules.Axis(5, "fixed", (2, 3, 6, 10)),
    m=rules.Axis(5, "fixed", (20_000, 60_000, 120_000, 300_000)),
)


def plain(lines, as_of, scheme):
    """The same by plain Python, line by line: the reference."""
    start = as_of - timedelta(days=scheme.window_days) if scheme.window_days else date.min
    found = {}
    for row in lines.to_pylist():
        if row["day"] > as_of:
            continue
        one = found.setdefault(row["customer_id"], {"days": [], "f": 0, "m": 0})
        if row["amount"] >= 0:
            one["days"].append(row["day"])
        if row["day"] > start:
            one["m"] += row["amount"]
            one["f"] += row["line_no"] == 0 and row["amount"] >= 0
    result = {}
    for customer, one in found.items():
        if one["days"]:
            values = {"r": (as_of - max(one["days"])).days, "f": one["f"], "m": one["m"]}
            scores = {code: rules.score_of(scheme.axes[code], code, values[code]) for code in rules.AXES}
            result[customer] = (*values.values(), *scores.values(), rules.segment_of(scheme, scores),
                                round(rules.weighted_score(scheme, scores), 2))  # fmt: skip
    return result


def rows(engine, table):
    names = ("recency_days", "frequency", "monetary", "r", "f", "m", "segment", "score")
    return {row["customer_id"]: tuple(row[name] for name in names) for row in engine.arrow(table).to_pylist()}


@on_every_engine
def test_scores_equal_those_counted_line_by_line():
    with fresh() as engine:
        lines = purchases.many()
        found = rows(engine, tables.rfm(engine.memory(lines), LAST, READY))
        assert found == plain(lines, LAST, READY)


@on_every_engine
@pytest.mark.parametrize("window", [None, 45])
def test_history_from_one_pass_equals_scoring_every_month_by_itself(window):
    with fresh() as engine:
        lines, scheme = purchases.many(), replace(READY, window_days=window)
        ends = [*month_ends(FIRST, LAST)][-5:]
        cuts = tables.breaks(ends, window)
        parts = engine.memory(engine.arrow(tables.pieces(engine.memory(lines), cuts)))
        for end, table in tables.history(parts, cuts, ends, scheme).items():
            assert rows(engine, table) == plain(lines, end, scheme)


@on_every_engine
def test_cut_points_split_customers_into_about_equal_groups_and_keep_equal_values_together():
    with fresh() as engine:
        lines = purchases.table(
            [
                line(f"{c}-{n}", c, LAST - timedelta(days=c), 100 + 10 * c)
                for c in range(1, 101)
                for n in range(1 + c // 40)
            ]
        )
        spent = tables.spend(engine.memory(lines), LAST, None)
        scheme = with_computed(engine, spent, LAST, rules.preset("555"))
        found = rows(engine, tables.scored(spent, LAST, scheme)).values()
        sizes = [sum(row[3] == score for row in found) for score in range(1, 6)]
        assert sizes == pytest.approx([20] * 5, abs=1)
        by_orders = {}
        for row in found:
            by_orders.setdefault(row[1], set()).add(row[4])
        assert all(len(scores) == 1 for scores in by_orders.values())
        assert list(scheme.m.cut_points) == sorted(scheme.m.cut_points)


@on_every_engine
def test_a_return_lowers_the_amount_but_is_no_purchase():
    with fresh() as engine:
        lines = purchases.table([line("a", 1, LAST - timedelta(days=30), 5000), line("b", 1, LAST, -2000)])
        [row] = engine.arrow(tables.spend(engine.memory(lines), LAST, None)).to_pylist()
        assert (row["last_day"], row["frequency"], row["monetary"]) == (LAST - timedelta(days=30), 1, 3000)


def test_a_customer_with_returns_only_is_left_out():
    engine = fresh_duckdb()
    lines = purchases.table([line("a", 1, LAST, -5000), line("b", 2, LAST, 10)])
    found = engine.arrow(tables.spend(engine.memory(lines), LAST, None)).to_pylist()
    assert [row["customer_id"] for row in found] == [2]


@pytest.fixture(scope="module")
def duckdb():
    engine = fresh_duckdb()
    yield engine
    engine.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_renaming_customers_changes_nobodys_score(duckdb, dice):
    lines = purchases.many(20)
    names = list(range(500, 600))
    dice.shuffle(names)
    renamed = purchases.table([{**row, "customer_id": names[row["customer_id"]]} for row in lines.to_pylist()])

    def score(given):
        spent = duckdb.memory(duckdb.arrow(tables.spend(duckdb.memory(given), LAST, None)))
        return rows(duckdb, tables.scored(spent, LAST, with_computed(duckdb, spent, LAST, rules.preset("333"))))

    assert {names[customer]: row for customer, row in score(lines).items()} == score(renamed)


@on_every_engine
def test_every_customer_of_the_later_month_comes_from_somewhere():
    with fresh() as engine:
        lines = engine.memory(purchases.many())
        before, after = (tables.rfm(lines, day, READY) for day in (date(2025, 2, 28), LAST))
        flows = engine.arrow(tables.migration(before, after)).to_pylist()
        assert sum(row["customers"] for row in flows) == len(rows(engine, after))
        stayed_or_moved = sum(row["customers"] for row in flows if row["segment_before"])
        assert 0 < stayed_or_moved == len(rows(engine, before))


@on_every_engine
def test_segment_sizes_add_up_to_all_customers_and_sales():
    with fresh() as engine:
        lines = purchases.many()
        found = engine.arrow(tables.segment_sizes(tables.rfm(engine.memory(lines), LAST, READY))).to_pylist()
        expected = plain(lines, LAST, READY)
        assert sum(row["customers"] for row in found) == len(expected)
        assert sum(row["sales"] for row in found) == sum(row[2] for row in expected.values())
