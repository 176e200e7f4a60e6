"""Lifetime value from the warehouse, published for every customer."""

from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pytest
from django.conf import settings

from dangol.base.errors import NotFound
from dangol.engine import fresh
from dangol.insight.score.lifetime import actions, plain, reads
from dangol.insight.score.lifetime.tests import buyers
from dangol.insight.score.tests import purchases
from dangol.work.actions import Quiet


@pytest.fixture
def published(db, home):
    """The lifetime values of a year of purchases."""
    return buyers.valued(home)


def test_every_customer_is_published_with_figures_that_agree_with_the_plain_list(published):
    assert (published["customers"], published["reason"], published["reused"]) == (150, "", False)
    bought = pa.table(
        {"customer": buyers.lines()["customer_id"], "day": buyers.lines()["day"], "amount": buyers.lines()["amount"]}
    )
    same = plain.lifetime(bought, calibration_end=purchases.LAST, model=published["model"])
    worth = {row["customer"]: row for row in same.customers.to_pylist()}
    for customer in (1, 100, 150):
        found = reads.of_customer(customer)
        for name in ("p_alive", "p_alive_low", "expected_purchases", "value", "value_high", "repeats"):
            assert getattr(found, name) == pytest.approx(worth[customer][name], rel=1e-6), name
    assert reads.of_customer(10**9) is None
    with fresh() as engine:
        assert engine.arrow(reads.table(engine).count().as_table()).to_pylist()[0].popitem()[1] == 150


def test_the_model_is_checked_on_what_came_after_its_calibration(published):
    found = reads.overview()
    assert found.checked_from == purchases.LAST - timedelta(days=90)
    assert found.holdout["forecast"] == pytest.approx(found.holdout["actual"], rel=0.3)
    weeks = found.facts["weeks"]
    assert weeks[-1]["expected"] == pytest.approx(weeks[-1]["actual"], rel=0.2)
    assert sum(one["actual"] for one in found.facts["repeats"]) == found.customers
    assert sum(one["expected"] for one in found.facts["repeats"]) == pytest.approx(found.customers)
    assert sum(found.alive) == found.customers


def test_running_again_changes_nothing_and_other_settings_are_worked_out_anew(published, monkeypatch):
    again = actions.run(Quiet())
    assert again["reused"]
    assert again["snapshot"] == published["snapshot"]
    before = reads.of_customer(1)
    monkeypatch.setattr(settings, "DANGOL", replace(settings.DANGOL, lifetime_horizon_days=30))
    assert not actions.run(Quiet())["reused"]
    assert reads.of_customer(1).expected_purchases < before.expected_purchases
    assert reads.of_customer(1).p_alive == pytest.approx(before.p_alive)


def test_value_at_risk_is_what_the_fall_since_the_last_month_end_takes(published):
    worths = [reads.of_customer(customer) for customer in range(1, 151)]
    assert sum(one["alive"] for one in reads.overview().facts["months"][-1:]) > 0
    for one in worths:
        fall = max((one.p_alive_before or 0) - one.p_alive, 0)
        assert one.at_risk == pytest.approx(one.value / max(one.p_alive, 1e-6) * fall, abs=1.5 / max(one.p_alive, 1e-6))
    assert any(one.at_risk for one in worths)


def test_track_ends_with_the_published_probability(published):
    for customer in (1, 100):
        mine = [day for who, day in zip(buyers.lines()["customer_id"].to_pylist(), buyers.lines()["day"].to_pylist(), strict=True)
                if who == customer]  # fmt: skip
        told = reads.track(mine)
        assert told[-1][0] == purchases.LAST
        assert told[-1][1] == pytest.approx(reads.of_customer(customer).p_alive)
        assert told[0][0] >= min(mine)


def test_too_little_data_is_published_as_that(db, home):
    purchases.warehouse(home, purchases.many(40))
    assert actions.run(Quiet())["reason"] == "too_few_customers"
    assert reads.overview().reason == "too_few_customers"
    assert reads.of_customer(1) is None
    assert reads.track([date(2025, 3, 1)]) == []


def test_before_the_first_run_it_is_said_what_to_do(db, home):
    with pytest.raises(NotFound, match="run the cycle"):
        reads.overview()
    assert reads.of_customer(1) is None
