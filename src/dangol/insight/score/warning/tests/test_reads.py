"""Who fell since a day, and the picture of who moved."""

from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.customers.identify.models import Customer
from dangol.engine.engines import fresh_duckdb
from dangol.insight.score import reads as score
from dangol.insight.score.rules.flows import GAP, HEIGHT, sankey
from dangol.insight.score.tests import purchases
from dangol.insight.score.warning import reads, tables


@pytest.fixture
def scored(cast, home):
    """A scored year; the first customers of the numbers are those of the cast."""
    purchases.scored(home, purchases.many(120))
    return cast


def test_fallen_are_those_with_fewer_high_axes_or_a_score_lower_by_so_much():
    engine = fresh_duckdb()

    def standings(*rows):
        names = ("customer_id", "segment", "score", "monetary", "recency_days")
        return engine.memory(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]))

    before = standings(
        (1, "HHH", 90.0, 500, 1), (2, "HHH", 90.0, 500, 1), (3, "LLL", 60.0, 50, 9), (4, "LLL", 10.0, 5, 9)
    )
    after = standings(
        (1, "HLH", 85.0, 300, 3), (2, "HHH", 71.0, 400, 3), (3, "LLL", 40.0, 10, 40), (5, "HHH", 90.0, 5, 1)
    )
    found = {row["customer_id"]: row["fell"] for row in engine.arrow(tables.moved(before, after, 20.0)).to_pylist()}
    assert found == {1: True, 2: False, 3: True}


def test_counts_agree_with_the_customers_listed(scored):
    found = reads.warned(scored.marketer, since=score.months()[5])
    listed = reads.fallen(scored.marketer, since=score.months()[5], limit=500)
    assert found.fallen == sum(one.fallen for one in found.segments) == sum(one.fallen for one in found.branches)
    assert found.fallen == sum(one.fallen for one in found.towards) > 0
    assert {one.customer_id for one in listed} <= set(Customer.objects.values_list("pk", flat=True))
    assert {one.name for one in found.branches} == {"Gangnam", ""}
    assert found.lost == sum(one.lost for one in found.segments)


def test_a_smaller_fall_finds_more(scored):
    since = score.months()[2]
    many, few = (reads.warned(scored.marketer, since=since, least=least).fallen for least in (5.0, 60.0))
    assert many > few > 0


def test_a_manager_sees_the_own_branch_only_in_every_count(scored):
    since = score.months()[5]
    everyone = reads.warned(scored.marketer, since=since)
    own = reads.warned(scored.branch_manager, since=since)
    mine = Customer.objects.filter(unit__path__startswith=scored.gangnam.path).count()
    assert own.customers <= mine < everyone.customers
    with pytest.raises(NotAllowed):
        reads.warned(scored.rep, since=since)
    assert {one.customer_id for one in reads.fallen(scored.rep, since=since, limit=500)} <= {
        scored.mina.pk,
        scored.jiho.pk,
    }


def test_days_without_scores_and_senseless_falls_are_refused(scored):
    with pytest.raises(NotFound):  # nobody asked for this day yet
        reads.warned(scored.marketer, since=purchases.FIRST)
    with pytest.raises(BadInput, match="Choose days in between"):
        reads.warned(scored.marketer, since=score.months()[0], until=date(2030, 1, 1))
    with pytest.raises(BadInput, match="from 1 to 100"):
        reads.warned(scored.marketer, since=score.months()[0], least=0)


def test_every_band_of_the_sankey_lies_within_its_nodes():
    counts = {("HHH", "HHH"): 60, ("HHH", "LLL"): 20, ("LLL", "HHH"): 5, ("", "HLL"): 15, ("LLL", "LLL"): 0}
    drawn = sankey(counts)
    assert {(band.before, band.after): band.way for band in drawn.bands} == {
        ("HHH", "HHH"): "stayed", ("HHH", "LLL"): "down", ("LLL", "HHH"): "up", ("", "HLL"): "new"
    }  # fmt: skip
    for left in (True, False):
        side = [node for node in drawn.nodes if node.left == left]
        assert sum(node.customers for node in side) == 100
        assert side[-1].y + side[-1].height <= HEIGHT + 0.1
        assert all(below.y >= above.y + above.height + GAP - 0.02 for above, below in pairwise(side))
    heights = {(node.left, node.code): node.height for node in drawn.nodes}
    assert heights[True, "HHH"] == pytest.approx(heights[True, "LLL"] * 16, rel=0.01)
    assert sankey({}).nodes == ()
