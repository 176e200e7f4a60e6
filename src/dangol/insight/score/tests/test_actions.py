import shutil
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound, TooMuch
from dangol.engine import fresh
from dangol.insight.answers.rules import takes_long
from dangol.insight.answers.waiting import within
from dangol.insight.score import actions, reads, rules, tables
from dangol.insight.score.actions import scoring
from dangol.insight.score.models import Scheme
from dangol.insight.score.tests import purchases
from dangol.insight.score.tests.purchases import FIRST, LAST, line
from dangol.work.actions import Quiet
from dangol.work.models import Job


@pytest.fixture
def published(monkeypatch):
    """The standings handed over to the customers' room, newest last."""
    seen = []
    monkeypatch.setattr(
        scoring.identify, "publish_standings", lambda rows, **about: seen.append((rows, about)), raising=False
    )
    return seen


@pytest.fixture
def scored(db, home, published):
    """A year of purchases, scored."""
    said, handed_over = purchases.scored(home, purchases.many())
    published += handed_over
    return said


def test_before_the_first_scoring_the_answer_says_what_to_do(db):
    with pytest.raises(NotFound, match="run the cycle"):
        reads.segments()


def test_scores_are_kept_for_every_month_end_of_the_year(scored):
    assert reads.months() == [date(2025, month, end) for month, end in
                              zip(range(1, 13), (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True)]  # fmt: skip
    assert scored["months"] == 12


def test_segments_add_up_to_all_customers_and_sales(scored):
    found = reads.segments()
    assert [segment.code for segment in found] == list(rules.SEGMENTS)
    assert sum(segment.customers for segment in found) == scored["customers"] == 61
    assert sum(segment.share for segment in found) == pytest.approx(1)
    assert sum(segment.sales_share for segment in found) == pytest.approx(1)


def test_members_are_those_the_segment_counts(scored):
    for segment in reads.segments():
        members = reads.segment_members(segment.code)
        assert members.type == pa.int64()
        assert len(members) == segment.customers
    with pytest.raises(NotFound):
        reads.segment_members("XYZ")


def test_migration_ends_in_the_sizes_of_the_later_month(scored):
    days = reads.months()
    flows = reads.migration(days[0], days[-1])
    for segment in reads.segments():
        assert sum(flow.customers for flow in flows if flow.after == segment.code) == segment.customers
    assert any(flow.before == rules.NOT_YET for flow in flows)


def test_any_day_within_the_purchases_is_scored_as_a_month_end_is_and_kept(scored, home):
    day, end = date(2025, 5, 14), reads.months()[6]
    scheme = reads.scored_by()
    assert reads.missing((day, end, LAST)) == [day]
    assert actions.score_days(Quiet(), days=[day, LAST]) == 1
    assert actions.score_days(Quiet(), days=[day]) == 0
    with fresh() as engine:
        lines = engine.memory(purchases.many())
        for one in (day, end):
            asked = tables.rfm(lines, one, scheme).select("customer_id", "r", "f", "m", "score", "segment", "monetary")
            kept = reads.table(engine, one).select("customer_id", "r", "f", "m", "score", "segment", "monetary")
            assert (engine.arrow(asked.order_by("customer_id")).to_pylist()
                    == engine.arrow(kept.order_by("customer_id")).to_pylist() != [])  # fmt: skip
    flows = reads.migration(day, LAST)
    assert sum(flow.customers for flow in flows) == 61
    for outside in (FIRST - timedelta(days=1), LAST + timedelta(days=1)):
        with pytest.raises(BadInput, match="Choose days in between"):
            actions.score_days(Quiet(), days=[outside])
    purchases.warehouse(home, purchases.many(70), "20260102-000000")
    actions.run(Quiet())
    assert reads.missing([day]) == [day]  # of the new purchases
    assert len(list((home / "scores" / "days").iterdir())) == 1


def test_a_day_is_scored_by_a_job_of_who_may_look_and_stops_when_asked(scored, cast):
    day = date(2025, 5, 14)
    job_id = actions.start_days(by=cast.marketer, days=[day, LAST])
    assert actions.start_days(by=cast.marketer, days=[LAST, day]) == job_id
    assert actions.days_under_way(cast.marketer, [day, LAST]) == job_id
    assert actions.days_under_way(cast.analyst, [day, LAST]) is None
    with pytest.raises(NotAllowed):
        actions.start_days(by=cast.rep, days=[day])
    with pytest.raises(TooMuch) as slow, within(0.0):
        actions.score_days(Quiet(), days=[day])
    assert takes_long(slow.value)
    assert reads.missing([day]) == [day]
    assert actions.run_days(Quiet(by=cast.marketer), **Job.objects.get(pk=job_id).arguments) == {"days": 1}


def test_history_of_a_customer_begins_with_the_first_purchase(scored):
    standings = reads.history(1)
    assert [standing.as_of for standing in standings] == reads.months()
    assert standings[-1].recency_days == 0
    assert reads.history(10**9) == []


def test_standings_carry_the_segment_of_the_month_before(scored, published):
    rows, about = published[-1]
    assert about["as_of"] == LAST
    before = {customer: code for code in rules.SEGMENTS
              for customer in reads.segment_members(code, reads.months()[-2]).to_pylist()}  # fmt: skip
    for row in rows.to_pylist():
        assert row["segment_before"] == before.get(row["customer_id"], "")
        assert row["orders"] >= 1


def test_the_same_data_scored_twice_is_the_same_snapshot(scored):
    again = actions.run(Quiet())
    assert again["reused"]
    assert again["snapshot"] == scored["snapshot"]


def test_cut_points_stay_when_new_purchases_come(scored, home, published):
    points = reads.scheme().scheme
    extra = purchases.table([line(f"x{n}", 900 + n, LAST, 9_000_000) for n in range(50)])
    purchases.warehouse(home, pa.concat_tables([purchases.many(), extra]), "20260102-000000")
    actions.run(Quiet())
    assert reads.scheme().scheme == points
    assert sum(segment.customers for segment in reads.segments()) == 111


def test_month_ends_before_new_purchases_are_taken_over_and_say_what_scoring_anew_says(scored, home):
    def months():
        return [pq.read_table(path).sort_by("customer_id") for path in reads.store().current()[0].paths("rfm")]

    first = months()
    new = purchases.table([line(f"x{n}", 5 + n, date(2025, 11, 20), 9_000) for n in range(50)])
    purchases.warehouse(home, purchases.many(), "20260102-000000", new)
    with pytest.MonkeyPatch.context() as patch:
        asked, plain = [], tables.history
        patch.setattr(scoring.tables, "history", lambda *given: asked.append(given[2]) or plain(*given))
        actions.run(Quiet())
    assert asked[0] == reads.months()[-2:]
    incremental = months()
    assert incremental[:10] == first[:10]
    assert incremental[10] != first[10]
    shutil.rmtree(home / "scores")
    actions.run(Quiet())
    assert months() == incremental


def test_a_new_scheme_is_a_new_version_with_cut_points_of_its_own(scored, cast):
    version, _job = actions.save_scheme(by=cast.analyst, scheme=replace(rules.preset("333"), name="세 무리"))
    assert version == 2
    assert not reads.scheme().scored
    actions.run(Quiet())
    view = reads.scheme()
    assert view.scored
    assert view.scheme.is_ready
    assert len(view.scheme.m.cut_points) == 2
    assert [row.scheme.version for row in reads.scheme_versions()] == [2, 1]


def test_only_people_with_the_right_may_publish_or_rewrite(scored, cast):
    with pytest.raises(NotAllowed):
        actions.save_scheme(by=cast.executive, scheme=rules.DEFAULT)
    with pytest.raises(NotAllowed):
        actions.set_strategy(by=cast.rep, code="HHH", language="ko", name="a", aim="b", text="c")
    assert Scheme.objects.count() == 1


def test_preview_agrees_with_what_publishing_then_does(scored, cast):
    wanted = rules.preset("333", window_days=120)
    seen = reads.preview(wanted)
    actions.save_scheme(by=cast.analyst, scheme=wanted)
    actions.run(Quiet())
    assert {segment.code: segment.customers for segment in reads.segments()} == seen.segments
    assert sum(seen.axes["r"].values()) == seen.customers == 61


def test_a_rewritten_strategy_shows_in_its_language_until_it_is_taken_back(scored, cast):
    from django.utils.translation import override

    actions.set_strategy(
        by=cast.marketer, code="HHH", language="ko", name="으뜸 손님", aim="지키기", text="전화합니다."
    )
    with override("ko"):
        assert reads.strategies()["HHH"].name == "으뜸 손님"
        assert reads.strategies()["HHH"].edited_by == cast.marketer.name
    with override("en"):
        assert reads.strategies()["HHH"].name == "Regulars"
    actions.set_strategy(by=cast.marketer, code="HHH", language="ko", name="", aim="", text="")
    with override("ko"):
        assert reads.strategies()["HHH"].name == "단골"


def test_half_a_strategy_is_refused(cast):
    with pytest.raises(BadInput):
        actions.set_strategy(by=cast.marketer, code="HHH", language="ko", name="이름", aim="", text="")


def test_small_groups_are_folded_for_people_who_may_not_see_every_customer(scored, cast):
    shown = reads.segments(by=cast.marketer)
    assert not any(segment.folded for segment in shown)
    small = {segment.code for segment in shown if 0 < segment.customers < reads.SMALL_GROUP}
    folded = {segment.code for segment in reads.segments(by=cast.branch_manager) if segment.folded}
    assert small <= folded
    assert folded
    assert all(size.customers is None or size.customers == 0 or size.customers >= reads.SMALL_GROUP
               for size in reads.sizes(by=cast.branch_manager))  # fmt: skip


def test_the_window_counts_as_full_only_when_it_lies_inside_the_data():
    scheme = rules.preset("555", window_days=90)
    assert rules.window_is_full_from(FIRST, scheme) == date(2025, 4, 2)


def test_an_earlier_version_is_used_again_with_the_cut_points_it_had(scored, cast):
    first = reads.scheme().scheme
    actions.save_scheme(by=cast.analyst, scheme=replace(rules.preset("333", window_days=180), name="세 무리"))
    changed = {(change.axis, change.what) for change in reads.scheme_versions()[0].changes}
    assert {("", "name"), ("", "window"), ("r", "groups"), ("r", "cut_points"), ("m", "high")} <= changed
    assert ("f", "weight") not in changed
    version, _job = actions.use_scheme_again(by=cast.analyst, version=1)
    assert version == 3
    assert reads.scheme().scheme == replace(first, version=3)
    assert reads.scheme().cut_on == LAST
    with pytest.raises(Conflict):
        actions.use_scheme_again(by=cast.analyst, version=3)
    with pytest.raises(NotFound):
        actions.use_scheme_again(by=cast.analyst, version=9)
    with pytest.raises(NotAllowed):
        actions.use_scheme_again(by=cast.executive, version=1)


def test_histogram_of_an_axis_holds_every_customer_and_its_cut_points(scored):
    seen = reads.preview(rules.preset("555"))
    for code, found in seen.histograms.items():
        assert sum(found.customers) == seen.customers, code
        places = [found.place(point) for point in seen.scheme.axes[code].cut_points]
        assert places == sorted(places)
        assert 0 <= places[0] <= places[-1] < 1
    assert seen.histograms["f"].place(-5) == 0
