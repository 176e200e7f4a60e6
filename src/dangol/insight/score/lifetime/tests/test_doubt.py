"""Intervals against simulated customers whose future is known."""

import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.score.lifetime.rules import doubt, fitting, forecast, valuation
from dangol.insight.score.lifetime.rules.buying import MODELS
from dangol.insight.score.lifetime.rules.history import Histories

AGE, AHEAD = 40.0, 30.0
WEEK = 7


def lived(customers, chance, r=1.2, alpha=3.0, a=0.8, b=6.0):
    """Customers who behave as BG/NBD says: their histories up to AGE, and what each bought in AHEAD weeks after."""
    rows, later = [], []
    for rate, leaving in zip(chance.gamma(r, 1 / alpha, customers), chance.beta(a, b, customers), strict=True):
        now, days = 0.0, []
        while (now := now + chance.exponential(1 / rate)) <= AGE + AHEAD:
            days.append(now)
            if chance.random() < leaving:
                break
        seen = [day for day in days if day <= AGE]
        rows.append((len(seen), seen[-1] if seen else 0.0, AGE))
        later.append(len(days) - len(seen))
    x, t_x, age = np.array(rows, float).T
    return Histories(x, t_x, age, np.ones(customers)), np.array(later)


def spent(counts, own, p, chance):
    """What so many purchases cost by people whose amounts are Gamma(p, own)."""
    return np.where(counts > 0, chance.gamma(np.maximum(p * counts, 1e-9)) / own, 0.0)


def test_nine_of_ten_customers_come_to_lie_in_their_interval():
    chance = np.random.default_rng(4)
    histories, later = lived(2_500, chance)
    p, own = 3.0, chance.gamma(4.0, 1 / 60.0, 2_500)
    before, after = spent(histories.x, own, p, chance) * 100, spent(later, own, p, chance) * 100
    rows = {"x": histories.x, "repeat": before}
    money = valuation.paying(pa.table(rows))
    fit = valuation.fitted(MODELS["bg_nbd"], histories)
    ahead = forecast.Forecast(MODELS["bg_nbd"], fit, histories, int(AHEAD * WEEK), 0.0)
    figures = ahead.figures(np.arange(2_500), histories.x, before, money)
    inside = (figures["purchases_low"] <= later) & (later <= figures["purchases_high"])
    assert 0.9 <= inside.mean() <= 0.99  # whole numbers: at least so many
    often = figures["expected_purchases"] > 4
    assert often.sum() > 400
    worth = (figures["value_low"] <= after) & (after <= figures["value_high"])
    assert worth[often].mean() == pytest.approx(0.9, abs=0.03)
    thin = figures["purchases_high"] * figures["average_amount"]  # purchases alone, as if amounts were known
    assert (after <= thin)[often].mean() < (after <= figures["value_high"])[often].mean()


def test_amounts_that_differ_by_chance_alone_leave_every_figure_finite():
    chance = np.random.default_rng(2)
    histories, _later = lived(300, chance)
    values = np.array([0.02, 1.0001, 5e11])
    flat = fitting.Fit(("p", "q", "gamma"), values, values, values, 0.0, 300, True, np.diag([4.0, 60.0, 60.0]))
    fit = valuation.fitted(MODELS["bg_nbd"], histories)
    with np.errstate(all="raise", under="ignore"):
        worth = doubt.Doubt(MODELS["bg_nbd"], fit, flat, chance).futures(histories, AHEAD).worth
    assert np.isfinite(worth).all()
    assert worth.min() >= 0


def test_the_doubt_about_the_parameters_is_what_makes_sums_uncertain():
    chance = np.random.default_rng(12)
    whole, alone, populations = 0, 0, 40
    for _one in range(populations):
        histories, later = lived(160, chance)
        fit = fitting.fit(lambda v, h=histories: MODELS["bg_nbd"].log_likelihood(v, h),
                          MODELS["bg_nbd"].parameters, [np.ones(4)], 160)  # fmt: skip
        ahead = forecast.Forecast(MODELS["bg_nbd"], fit, histories, int(AHEAD * WEEK), 0.0)
        said = ahead.together(np.arange(160), np.zeros(160), forecast.Money())
        off = abs(float(ahead.expected().sum()) - later.sum())
        whole += off <= said.purchases
        alone += off <= said.purchases * np.sqrt(1 - said.of_all)
        assert 0 < said.of_one < said.of_all < 1
    assert 0.8 * populations <= whole <= 0.98 * populations
    assert alone < whole
