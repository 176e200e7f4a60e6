"""Schemes of channels: customers scored by what they buy in one channel alone."""

import pyarrow as pa
import pytest

from dangol.base.errors import Conflict, NotAllowed, NotFound
from dangol.engine import fresh
from dangol.insight.score import actions, reads, rules, tables
from dangol.insight.score.actions import scoring
from dangol.insight.score.reads import channels
from dangol.insight.score.tests import purchases
from dangol.insight.score.tests.purchases import LAST, in_channels
from dangol.insight.score.tests.test_tables import READY, rows
from dangol.work.actions import Quiet
from dangol.work.models import Job
from tests.engines import on_every_engine


@on_every_engine
def test_scores_by_a_channel_are_those_of_its_lines_alone():
    lines = in_channels(purchases.many())
    with fresh() as engine:
        told = engine.memory(lines)
        by_web, by_shop = (tables.rfm(tables.of_channel(told, one), LAST, READY) for one in ("web", "shop"))
        alone = lines.filter(pa.compute.equal(lines["channel"], "web")).drop_columns("channel")
        assert rows(engine, by_web) == rows(engine, tables.rfm(engine.memory(alone), LAST, READY))
        wide = {
            row["customer_id"]: row for row in engine.arrow(tables.side_by_side({1: by_web, 2: by_shop})).to_pylist()
        }
        assert set(wide) == set(lines["customer_id"].to_pylist())
        assert {one for one, row in wide.items() if row["segment_1"]} == set(rows(engine, by_web))
        for customer, (*_values, r, f, m, segment, score) in rows(engine, by_shop).items():
            assert (wide[customer]["segment_2"], wide[customer]["score_2"]) == (segment, score)
            assert wide[customer]["group_2"] == f"{r}{f}{m}"


@pytest.fixture
def scored(cast, home, monkeypatch):
    """Purchases in two channels, scored by the company's scheme; these customers are in the warehouse only."""
    monkeypatch.setattr(scoring.identify, "publish_standings", lambda rows, **about: None)
    return purchases.scored(home, in_channels(purchases.many()))


def test_a_channel_gets_its_own_scheme_scores_and_versions_at_a_click(scored, cast):
    assert [(one.name, one.has_scheme) for one in channels.of_purchases()] in (
        [("web", False), ("shop", False)], [("shop", False), ("web", False)])  # fmt: skip
    with pytest.raises(NotAllowed):
        actions.give_scheme(by=cast.rep, channel="web")
    with pytest.raises(NotFound):
        actions.give_scheme(by=cast.analyst, channel="fax")
    whole = reads.segments()
    version, job_id = actions.give_scheme(by=cast.analyst, channel="web")
    assert version == 1
    assert Job.objects.get(pk=job_id).arguments == {"channel": "web"}
    with pytest.raises(Conflict):
        actions.give_scheme(by=cast.analyst, channel="web")
    with pytest.raises(NotFound):
        reads.segments(channel="web")  # before its first scoring
    said = actions.run(Quiet(), channel="web")
    assert said == {"channels": 1}
    assert reads.segments() == whole  # the company's stay as they were
    own = reads.segments(channel="web")
    assert 0 < sum(one.customers for one in own) < sum(one.customers for one in whole)
    assert reads.scored_by("web").f.cut_points != ()
    assert [flow.customers for flow in reads.migration(*reads.months("web")[-2:], channel="web")]
    mine = [one for one in range(2, 62) if channels.of_customer(one)]
    assert channels.of_customer(mine[0])[0].segment == reads.history(mine[0], "web")[-1].segment
    assert channels.of_customer(5) == []  # buys in the shop only


def test_a_channel_s_scheme_changes_goes_back_and_is_withdrawn(scored, cast):
    actions.give_scheme(by=cast.analyst, channel="web")
    actions.run(Quiet(), channel="web")
    own = rules.preset("333", window_days=365)
    assert reads.preview(own, "web").customers == sum(one.customers for one in reads.segments(channel="web"))
    assert actions.save_scheme(by=cast.analyst, scheme=own, channel="web")[0] == 2
    assert reads.scheme().scheme.version == 1  # the company's
    actions.run(Quiet())
    assert reads.scored_by("web").r.groups == 3
    assert actions.use_scheme_again(by=cast.analyst, version=1, channel="web")[0] == 3
    actions.run(Quiet(), channel="web")
    assert reads.scored_by("web").r.cut_points == reads.scheme_versions("web")[-1].scheme.r.cut_points
    actions.withdraw_scheme(by=cast.analyst, channel="web")
    actions.run(Quiet(), channel="web")
    assert channels.columns() == []
    assert channels.of_customer(3) == []
    assert actions.give_scheme(by=cast.analyst, channel="web")[0] == 4  # goes on from its last version
