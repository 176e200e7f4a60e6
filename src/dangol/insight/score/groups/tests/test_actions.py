from datetime import date

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound
from dangol.engine import fresh
from dangol.insight.score.groups import actions, reads
from dangol.insight.score.groups.models import Version
from dangol.insight.score.groups.rules.clusters import Wanted
from dangol.insight.score.groups.tests import kinds
from dangol.work.actions import Quiet

QUICK = Wanted(features=("recency_days", "orders", "average_ticket", "class"), most_k=3)


def fit(version=None):
    return actions.run_fit(Quiet(), (version or Version.objects.order_by("-pk").first()).pk)


@pytest.fixture
def found(cast, home):
    """Three kinds of customers, found."""
    kinds.warehouse(home, kinds.lines())
    cast.grouping_id, _job = actions.start(by=cast.analyst, name=" 구매  유형 ", wanted=QUICK)
    cast.said = fit()
    return cast


def codes(grouping_id):
    with fresh() as engine:
        rows = engine.arrow(reads.table(engine)).to_pylist()
    return {row["customer_id"]: row[reads.column_of(grouping_id)] for row in rows}


def test_three_kinds_of_customers_are_found_again_and_described(found):
    assert found.said == {"answer": "fitted", "k": 3, "customers": 150}
    view = reads.grouping(found.analyst, found.grouping_id)
    assert view.name == "구매 유형"
    assert view.fitted["choice"]["reason"] == "silhouette"
    by_code = codes(found.grouping_id)
    kind = [kinds.kind_of(one) for one in by_code]
    assert adjusted_rand_score(kind, list(by_code.values())) > 0.95
    assert sum(group.customers for group in view.groups) == 150
    assert sum(group.share for group in view.groups) == pytest.approx(1)
    assert len({group.name for group in view.groups}) == 3
    gone = next(one for one in view.groups if one.code == by_code[2])
    assert "recency_days" in [trait.feature for trait in gone.traits]
    assert any(one.feature == "class:빵" for one in gone.profile)
    assert view.groups[0].sales_each == max(one.sales_each for one in view.groups), "numbers go by sales a customer"


def test_what_was_found_is_the_same_when_it_is_found_again(found):
    first = Version.objects.get()
    job = actions.again(by=found.analyst, grouping_id=found.grouping_id, wanted=QUICK)
    assert job
    before = codes(found.grouping_id)
    fit()
    second = Version.objects.get(number=2)
    assert second.fitted["centres"] == first.fitted["centres"]
    assert codes(found.grouping_id) == before


def test_names_and_numbers_stay_when_the_number_of_clusters_changes(found):
    before = codes(found.grouping_id)
    actions.rename(by=found.analyst, grouping_id=found.grouping_id, code=2, name="알뜰 단골")
    names = {one.code: one.name for one in reads.grouping(found.analyst, found.grouping_id).groups}
    actions.again(by=found.analyst, grouping_id=found.grouping_id, wanted=Wanted(**{**QUICK.as_dict(), "k": 4}))
    fit()
    view = reads.grouping(found.analyst, found.grouping_id)
    assert view.fitted["choice"]["reason"] == "asked"
    now = {one.code: one.name for one in view.groups}
    assert set(now) == {1, 2, 3, 4}
    assert {code: name for code, name in now.items() if code in names} == names
    after = codes(found.grouping_id)
    assert np.mean([before[one] == after[one] for one in before]) > 0.65


def test_every_cycle_counts_anew_and_only_where_something_changed(found, home):
    assert actions.keep(Quiet())["reused"]
    kinds.warehouse(home, kinds.lines(180), "20260102-000000")
    said = actions.keep(Quiet())
    assert said == {"groupings": 1, "customers": 180, "reused": False}
    assert sum(one.customers for one in reads.sizes(found.analyst, found.grouping_id)) == 180
    assert reads.grouping(found.analyst, found.grouping_id).as_of == date(2025, 12, 31)


def test_too_few_customers_are_an_answer(cast, home):
    kinds.warehouse(home, kinds.lines(60))
    grouping_id, _job = actions.start(by=cast.analyst, name="x", wanted=QUICK)
    assert fit()["answer"] == "too_few"
    view = reads.grouping(cast.analyst, grouping_id)
    assert view.version is None
    assert (view.fitted["customers"], view.fitted["needed"]) == (60, 100)
    assert actions.keep(Quiet())["groupings"] == 0


def test_only_people_with_the_right_find_and_name_groups(found):
    with pytest.raises(NotAllowed):
        actions.start(by=found.executive, name="x", wanted=QUICK)
    with pytest.raises(NotAllowed):
        actions.rename(by=found.executive, grouping_id=found.grouping_id, code=1, name="x")
    with pytest.raises(NotAllowed):
        reads.groupings(found.rep)
    with pytest.raises(NotFound):
        actions.rename(by=found.analyst, grouping_id=found.grouping_id, code=9, name="x")
    with pytest.raises(BadInput):
        actions.start(by=found.analyst, name=" ", wanted=QUICK)


def test_a_retired_grouping_leaves_lists_and_cannot_be_changed(found):
    actions.retire(by=found.analyst, grouping_id=found.grouping_id)
    assert reads.groupings(found.analyst) == []
    assert reads.columns() == []
    assert reads.of_customer(1) == []
    with pytest.raises(Conflict):
        actions.again(by=found.analyst, grouping_id=found.grouping_id, wanted=QUICK)


def test_members_are_those_within_ones_scope(found, home):
    view = reads.grouping(found.analyst, found.grouping_id)
    seen = {
        one
        for group in view.groups
        for one in reads.members_of(found.analyst, found.grouping_id, group.code, limit=999)
    }
    assert seen == set(range(1, 151))
    own = {
        one for group in view.groups for one in reads.members_of(found.branch_manager, found.grouping_id, group.code)
    }
    assert own == {found.mina.pk, found.jiho.pk} & seen
    with pytest.raises(NotFound):
        reads.members_of(found.analyst, 999, 1)


def test_other_rooms_learn_what_columns_and_numbers_mean(found):
    [column] = reads.columns()
    assert column.name == f"group_{found.grouping_id}"
    assert set(column.groups) == {1, 2, 3}
    [(label, name)] = reads.of_customer(3)
    assert (label, name) == ("구매 유형", column.groups[codes(found.grouping_id)[3]])


def test_small_groups_are_folded_for_people_who_may_not_see_every_customer(found):
    version = Version.objects.get()
    version.profile["groups"]["1"]["customers"] = 3
    version.save()
    folded = reads.grouping(found.branch_manager, found.grouping_id).groups[0]
    assert folded.folded
    assert folded.customers is None
    assert not folded.profile
    assert reads.grouping(found.marketer, found.grouping_id).groups[0].customers == 3
