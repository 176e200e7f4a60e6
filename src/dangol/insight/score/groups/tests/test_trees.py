"""Trees of rules: a planted rule is found, nothing is read from after the cutoff, and rules can be edited."""

import random
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from dangol.base.errors import BadInput, Conflict, NotAllowed
from dangol.engine import fresh
from dangol.insight.score.groups import actions, editing, growing, pictures, reads
from dangol.insight.score.groups.models import Version
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.tests import kinds
from dangol.insight.score.tests.purchases import LAST
from dangol.work.actions import Quiet

SPLIT = {"feature": "orders", "threshold": 10.0, "low": {"code": 1},
         "high": {"feature": "amount", "threshold": 500.0, "low": {"code": 2},
                  "high": {"feature": "orders", "threshold": 20.0, "low": {"code": 3}, "high": {"code": 4}}}}  # fmt: skip


def test_a_planted_rule_is_found_and_noise_is_pruned_away():
    dice = np.random.default_rng(3)
    x = np.column_stack([dice.integers(1, 40, 3000), dice.random(3000), dice.normal(size=3000)])
    planted = (x[:, 0] >= 13) & (x[:, 1] >= 0.4)
    y = dice.random(3000) < np.where(planted, 0.8, 0.1)
    tree = trees.grown(x, y, ("orders", "discount_share", "tenure_days"), 1)
    assert set(trees.used(tree)) == {"orders", "discount_share"}
    found = trees.rules(tree)
    best = {one.feature: one for one in found[1]}
    assert best["orders"].least == 13
    assert best["discount_share"].least == pytest.approx(0.4, abs=0.02)
    assert len(found) <= 4
    assert "code" in trees.grown(x, dice.random(3000) < 0.3, ("orders", "discount_share", "tenure_days"), 1)


def test_rules_say_each_feature_once_and_can_be_changed():
    rules = trees.rules(SPLIT)
    assert rules[3] == [trees.Bounds("orders", 10.0, 20.0), trees.Bounds("amount", 500.0, None)]
    moved = trees.with_threshold(SPLIT, "11", 30)
    assert trees.rules(moved)[4][0] == trees.Bounds("orders", 30.0, None)
    assert trees.codes(trees.merged(SPLIT, "1", {2: 5, 3: 50, 4: 6})) == [1, 3]
    for path in ("0", "2", "111"):
        with pytest.raises(BadInput, match="no rule"):
            trees.with_threshold(SPLIT, path, 1)
    with pytest.raises(BadInput, match="not a number"):
        trees.with_threshold(SPLIT, "", float("nan"))


def planted(customers=600):
    """Those with 8 or more orders before the last 90 days mostly buy on; the others mostly fall asleep."""
    dice, rows = random.Random(5), []

    def buy(customer, order, day):
        rows.append({"order_id": f"{customer}-{order}", "line_no": 0, "customer_id": customer, "day": day,
                     "quantity": 1, "product_key": "b", "channel": "web", "amount": dice.randint(1000, 9000),
                     "discount": 0})  # fmt: skip

    for customer in range(1, customers + 1):
        orders = dice.randint(1, 16)
        for order in range(orders):
            buy(customer, order, LAST - timedelta(days=91 + dice.randrange(80)))
        if dice.random() < (0.9 if orders >= 8 else 0.2):
            for order in range(12):
                buy(customer, f"later{order}", LAST - timedelta(days=dice.randrange(89)))
    people = pa.table({"customer_id": list(range(1, customers + 1)), "kids": [str(n % 3) for n in range(customers)],
                       "region": ["북" if n % 2 else "남" for n in range(customers)]})  # fmt: skip
    return pa.Table.from_pylist(rows, schema=kinds.COLUMNS), people


WANTED = trees.Wanted(target="asleep", features=("orders", "average_ticket", "recency_days"), attributes=("kids",))


@pytest.fixture
def grown(cast, home):
    """A tree for those who fell asleep."""
    lines, people = planted()
    kinds.warehouse(home, lines, customers=people)
    cast.grouping_id, _job = actions.start(by=cast.analyst, name="잠든 고객", wanted=WANTED)
    cast.said = actions.run_fit(Quiet(), Version.objects.get().pk)
    return cast


def view_of(grown):
    view = reads.grouping(grown.analyst, grown.grouping_id)
    return view, pictures.tree_of(grown.analyst, view.fitted, {one.code: one.name for one in view.groups})


def test_rules_come_only_from_before_the_period_and_hold_for_customers_held_out(grown):
    assert grown.said["answer"] == "fitted"
    view, tree = view_of(grown)
    assert view.fitted["day"] == (LAST - timedelta(days=90)).isoformat()
    assert tree.root.feature == "orders"
    assert tree.root.threshold == 8
    best, worst = tree.leaves[0], tree.leaves[-1]
    assert best.held_rate > 0.65
    assert best.lift > 1.3
    assert worst.lift < 0.5
    assert sum(one.customers for one in tree.leaves) == tree.customers == 600
    assert "8" in best.conditions[0]
    # Orders of the later days would tell the answer: nobody's are in the frame.
    with fresh() as engine:
        source, _newest = growing.warehouse.current()
        frame, _day = growing.frame(engine, source, WANTED, ("orders", "recency_days"))
        rows = engine.arrow(frame).to_pylist()
    assert max(row["orders"] for row in rows) <= 16
    assert sum(one.customers for one in view.groups) == 600, "today everybody falls into a leaf"


def test_rules_are_edited_with_their_effect_seen_before(grown):
    view, _before = view_of(grown)
    tried = editing.tried(grown.analyst, grown.grouping_id, {"": 12.0}, [])
    assert sum(one["customers"] for one in tried["leaves"]) == 600
    assert tried["leaves"] != view.fitted["leaves"]
    assert Version.objects.count() == 1
    with pytest.raises(NotAllowed):
        editing.edit(by=grown.executive, grouping_id=grown.grouping_id, thresholds={"": 12.0}, merges=[])
    with pytest.raises(Conflict):
        editing.edit(by=grown.analyst, grouping_id=grown.grouping_id, thresholds={"": 8.0}, merges=[])
    editing.edit(by=grown.analyst, grouping_id=grown.grouping_id, thresholds={"": 12.0}, merges=[])
    assert reads.in_force(grown.grouping_id).number == 1
    actions.run_fit(Quiet(), Version.objects.get(number=2).pk)
    now, after = view_of(grown)
    assert (now.version.number, after.root.threshold) == (2, 12)
    assert {one.code for one in now.groups} <= {one.code for one in view.groups}
    assert now.fitted["leaves"] == tried["leaves"]


def test_too_few_hits_are_an_answer_and_noise_gives_no_rule(cast, home):
    lines, people = planted()
    kinds.warehouse(home, lines, customers=people)
    for of, answer in (("region=남", "no_rule"), ("region=동", "too_few")):
        wanted = trees.Wanted(target="attribute", of=of, features=("average_ticket",), attributes=("region",))
        actions.start(by=cast.analyst, name=of, wanted=wanted)
        assert actions.run_fit(Quiet(), Version.objects.order_by("-pk")[0].pk)["answer"] == answer
    assert actions.keep(Quiet())["groupings"] == 0
    with pytest.raises(BadInput):
        trees.Wanted(target="responded")
