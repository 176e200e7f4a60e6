"""An index equals what is worked out by hand, keeps its versions and bounds, and goes to every customer."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.engine import Store, fresh
from dangol.insight.score.groups import actions as groups
from dangol.insight.score.groups.models import Grouping
from dangol.insight.score.groups.models import Version as GroupingVersion
from dangol.insight.score.groups.rules.clusters import Wanted
from dangol.insight.score.groups.tests import kinds
from dangol.insight.score.index import actions, reads, rules, tables
from dangol.insight.score.index.models import Day
from dangol.insight.score.index.rules import Definition, Grade, Part
from dangol.work.actions import Quiet
from tests.engines import on_every_engine

MADE = Definition("", (Part("orders", 3), Part("recency_days", 1, "range", reverse=True, low=0, high=100)))


@on_every_engine
def test_points_index_and_grades_equal_those_worked_out_by_hand():
    rows = pa.table({"customer_id": [1, 2, 3, 4, 5], "orders": [1.0, 2.0, 2.0, 9.0, None],
                     "recency_days": [0.0, 50.0, 200.0, None, 25.0]})  # fmt: skip
    with fresh() as engine:
        told = tables.scored(engine.memory(rows), MADE)
        found = engine.arrow(told.mutate(grade=tables.grade(told.index, MADE.grades))).to_pylist()
    by_id = {row["customer_id"]: row for row in found}
    # unknown ranks last: 0 of 4, then 25, 50, 50, 100
    assert [by_id[n]["part_0"] for n in range(1, 6)] == [25, 50, 50, 100, 0]
    assert [by_id[n]["part_1"] for n in range(1, 6)] == [100, 50, 0, 0, 75]
    assert [by_id[n]["index"] for n in range(1, 6)] == [43.8, 50.0, 37.5, 75.0, 18.8]
    assert [by_id[n]["grade"] for n in range(1, 6)] == ["C", "C", "D", "B", "E"]
    thirds = Definition("", (Part("orders", 2), Part("group:1", 1, points=((1, 100.0), (2, 100 / 3)))))
    with fresh() as engine:
        grouped = engine.memory(rows.append_column("group_1", pa.array([1, 2, None, 1, 2], pa.int16())))
        found = engine.arrow(tables.scored(grouped, thirds)).to_pylist()
    assert [row["index"] for row in sorted(found, key=lambda row: row["customer_id"])] == [
        50.0,
        44.4,
        33.3,
        100.0,
        11.1,
    ]


def test_definitions_survive_storing_and_senseless_ones_are_refused():
    made = Definition("왜", (Part("group:3", 1, points=((1, 100.0), (2, 40.0))), Part("class:빵")),
                      (Grade("단골", 50), Grade("손님", 0)), None)  # fmt: skip
    assert rules.from_dict(made.as_dict()) == made
    assert rules.grades("A=80, B=0") == (Grade("A", 80), Grade("B", 0))
    for wrong in (
        lambda: Definition("", ()),
        lambda: Definition("", (Part("orders"), Part("orders"))),
        lambda: Part("shoes"),
        lambda: Part("orders", 0),
        lambda: Part("group:1"),
        lambda: Definition("", (Part("orders"),), rules.grades("A=80, B=90, C=0")),
        lambda: Definition("", (Part("orders"),), rules.grades("A=80, B=10")),
        lambda: rules.grades("A"),
        lambda: rules.points("x=1"),
    ):
        with pytest.raises(BadInput):
            wrong()


def scores(home, found):
    """A snapshot of RFM scores: of each customer its number modulo 100."""
    ids = sorted(set(found["customer_id"].to_pylist()))
    with Store(home / "scores").draft("20260101-rfm") as draft:
        path = draft.place("rfm")
        pq.write_table(pa.table({"customer_id": ids, "score": [float(one % 100) for one in ids]}), path)
        draft.add("rfm", path, len(ids))


@pytest.fixture
def published(cast, home):
    """An index of RFM score, a grouping and tickets."""
    lines = kinds.lines()
    kinds.warehouse(home, lines)
    scores(home, lines)
    groups.start(by=cast.analyst, name="유형", wanted=Wanted(features=("orders", "average_ticket"), most_k=3))
    groups.run_fit(Quiet(), GroupingVersion.objects.get().pk)
    cast.group = reads.sources()[-1][0]
    cast.definition = Definition("좋은 고객", (Part("rfm_score", 2), Part(cast.group, 1, points=((1, 100.0), (2, 50.0))),
                                            Part("average_ticket", 1, "range")))  # fmt: skip
    cast.index_id, _job = actions.publish(by=cast.analyst, name=" 고객  지수 ", definition=cast.definition)
    cast.said = actions.keep(Quiet())
    return cast


def test_every_customer_gets_the_index_and_it_is_spread_and_explained(published):
    assert published.said == {"indexes": 1, "customers": 150, "reused": False, "skipped": []}
    view = reads.index(published.analyst, published.index_id)
    assert (view.name, view.today.customers, sum(view.today.bins)) == ("고객 지수", 150, 150)
    assert sum(one.customers for one in view.today.grades) == 150
    assert "50% RFM score" in view.version.formula or "50% RFM 점수" in view.version.formula
    assert view.version.definition.parts[2].low is not None, "bounds are those of the day of publishing"
    [(label, value, grade)] = reads.of_customer(7)
    assert label == "고객 지수"
    with fresh() as engine:
        rows = engine.arrow(reads.table(engine)).to_pylist()
    assert {row["customer_id"]: row[reads.column_of(published.index_id)] for row in rows}[7] == value
    assert np.mean([row[reads.column_of(published.index_id)] for row in rows]) == pytest.approx(view.today.mean)
    members = [
        one for name in "ABCDE" for one in reads.members_of(published.analyst, published.index_id, name, limit=200)
    ]
    assert sorted(members) == list(range(1, 151))
    assert 7 in reads.members_of(published.analyst, published.index_id, grade, limit=200)
    assert set(reads.members_of(published.branch_manager, published.index_id, grade, limit=200)) <= {
        published.mina.pk, published.jiho.pk
    }  # fmt: skip


def test_a_new_version_replaces_the_old_and_the_preview_agrees_with_it(published):
    other = Definition("", (Part("orders"),), rules.grades("상=50, 하=0"))
    seen = reads.preview(published.analyst, other)
    actions.change(by=published.analyst, index_id=published.index_id, definition=other)
    actions.keep(Quiet())
    view = reads.index(published.analyst, published.index_id)
    assert (view.version.number, view.today.bins, view.today.grades) == (2, seen.bins, seen.grades)
    assert [one.number for one in reads.versions(published.analyst, published.index_id)] == [2, 1]
    assert [one.version for one in reads.history(published.analyst, published.index_id)] == [2]
    assert actions.keep(Quiet())["reused"]


def test_an_index_whose_part_is_gone_does_not_stop_the_others(published, home):
    actions.publish(by=published.analyst, name="둘째", definition=Definition("", (Part("orders"),)))
    grouping = int(published.group.partition(":")[2])
    with pytest.raises(Conflict):
        groups.retire(by=published.analyst, grouping_id=grouping)
    Grouping.objects.filter(pk=grouping).update(retired_at=timezone.now())  # before uses were asked for
    other, _job = groups.start(by=published.analyst, name="x", wanted=Wanted(features=("orders",), k=2, most_k=2))
    groups.run_fit(Quiet(), GroupingVersion.objects.get(grouping_id=other).pk)
    said = actions.keep(Quiet())
    assert said["skipped"] == [published.index_id]
    assert [one.label for one in reads.columns()] == ["둘째"]
    assert Day.objects.count() == 2


def test_only_people_with_the_right_publish_and_a_retired_index_is_gone(published):
    with pytest.raises(NotAllowed):
        actions.publish(by=published.executive, name="x", definition=published.definition)
    with pytest.raises(NotAllowed):
        reads.indexes(published.rep)
    actions.retire(by=published.analyst, index_id=published.index_id)
    assert reads.indexes(published.analyst) == []
    assert reads.of_customer(7) == []
    with pytest.raises(NotFound):
        actions.change(by=published.analyst, index_id=published.index_id, definition=published.definition)
