"""The models against simulated customers whose parameters are known, against each other, and against their sources."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from dangol.base.errors import BadInput
from dangol.insight.score.lifetime.rules import contracts, fitting, forecast, spending, valuation
from dangol.insight.score.lifetime.rules.buying import MODELS
from dangol.insight.score.lifetime.rules.history import Histories

TRUE = {"bg_nbd": (0.6, 4.0, 0.8, 2.5), "mbg_nbd": (0.6, 4.0, 0.8, 2.5), "pareto_nbd": (0.6, 8.0, 0.7, 12.0)}
AGES = np.array([20.0, 39.0, 52.0])


def few():
    """A handful of histories, from silent to eager."""
    return Histories(
        np.array([0.0, 2.0, 25.0]), np.array([0.0, 30.43, 38.0]), np.array([38.86, 38.86, 39.0]), np.ones(3)
    )


def simulated(name, customers, chance):
    """Histories of customers who behave as the model says."""
    r, alpha, one, two = TRUE[name]
    rows = []
    for rate, leaving, age in zip(chance.gamma(r, 1 / alpha, customers), _leaving(name, one, two, customers, chance),
                                  chance.choice(AGES, customers), strict=True):  # fmt: skip
        end = min(age, chance.exponential(1 / leaving)) if name == "pareto_nbd" else age
        now, x, last = 0.0, 0, 0.0
        if name == "mbg_nbd" and chance.random() < leaving:
            rows.append((0, 0.0, age))
            continue
        while (now := now + chance.exponential(1 / rate)) <= end:
            x, last = x + 1, now
            if name != "pareto_nbd" and chance.random() < leaving:
                break
        rows.append((x, last, age))
    x, t_x, age = np.array(rows, float).T
    return Histories(x, t_x, age, np.ones(customers))


def _leaving(name, one, two, customers, chance):
    return chance.gamma(one, 1 / two, customers) if name == "pareto_nbd" else chance.beta(one, two, customers)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_of_simulated_customers_are_found_within_their_intervals(name):
    model, histories = MODELS[name], simulated(name, 6_000, np.random.default_rng(3))
    found = fitting.fit(lambda p: model.log_likelihood(p, histories), model.parameters, [np.ones(4)], 6_000)
    assert found.converged
    wide = [np.log(high / low) * 0.6 for low, high in zip(found.low, found.high, strict=True)]
    assert all(abs(np.log(value / true)) < most
               for value, true, most in zip(found.values, TRUE[name], wide, strict=True))  # fmt: skip
    assert found.log_likelihood >= model.log_likelihood(np.array(TRUE[name]), histories)[0]


@pytest.mark.parametrize("name", MODELS)
def test_gradient_is_that_of_the_likelihood(name):
    point = np.array([0.3, 4.0, 0.8, 2.4])
    told = MODELS[name].log_likelihood(point, few())[1]
    assert told == pytest.approx(
        approx_fprime(point, lambda p: MODELS[name].log_likelihood(p, few())[0], 1e-7), rel=1e-4
    )


@pytest.mark.parametrize("name", MODELS)
def test_forecast_is_the_mean_of_what_is_drawn(name):
    model, parameters = MODELS[name], np.array(TRUE[name])
    drawn = model.draw(parameters, few(), 26.0, 60_000, np.random.default_rng(1)).mean(axis=1)
    assert model.expected(parameters, few(), 26.0) == pytest.approx(drawn, rel=0.05, abs=0.01)


@pytest.mark.parametrize("name", MODELS)
def test_more_silence_makes_a_customer_less_likely_to_be_active(name):
    silent = Histories(np.array([5.0, 5.0, 5.0]), np.array([30.0, 20.0, 10.0]), np.full(3, 39.0), np.ones(3))
    alive = MODELS[name].alive(np.array(TRUE[name]), silent)
    assert np.all(np.diff(alive) < 0)
    assert np.all((alive > 0) & (alive <= 1))


@pytest.mark.parametrize("beta", [0.5, 8.0, 400.0])
def test_pareto_integral_is_the_one_of_the_paper(beta):
    parameters, one = np.array([0.55, 10.6, 0.6, beta]), Histories(*(np.array([v]) for v in (7.0, 20.0, 39.0, 1.0)))
    r, alpha, s, _beta = parameters
    exact, _error = quad(lambda y: s * (alpha + y) ** -(r + 7.0) * (beta + y) ** -(s + 1), 20.0, 39.0)
    _stayed, left, _moments = MODELS["pareto_nbd"]._parts(parameters, one)
    assert left[0] == pytest.approx(np.log(exact), abs=1e-8)


def test_eager_customers_do_not_overflow():
    eager = Histories(np.array([900.0]), np.array([51.9]), np.array([52.0]), np.ones(1))
    for name, model in MODELS.items():
        forecast = model.expected(np.array(TRUE[name]), eager, 52.0)
        assert 0 < forecast[0] < 950, name


def test_people_who_hardly_differ_get_the_forecast_of_one_coin():
    alike, nearly = (np.array([0.6, 4.0, 8.0 * size, 92.0 * size]) for size in (1_000.0, 20.0))
    model = MODELS["bg_nbd"]
    assert model.expected(alike, few(), 26.0) == pytest.approx(model.expected(nearly, few(), 26.0), rel=0.01)


def test_spending_of_simulated_customers_is_found_and_own_means_are_drawn_to_everybodys():
    chance = np.random.default_rng(5)
    p, q, gamma = 6.0, 4.0, 15.0
    x = chance.integers(1, 12, 8_000).astype(float)
    mean = chance.gamma(p * x, 1 / (x * chance.gamma(q, 1 / gamma, 8_000)))
    data = spending.Spendings(x, mean)
    found = fitting.fit(
        lambda v: spending.log_likelihood(v, data), spending.PARAMETERS, [np.array([1.0, 2.0, 10.0])], 8_000
    )
    assert all(low < true < high for low, true, high in zip(found.low, (p, q, gamma), found.high, strict=True))
    everybody = spending.expected(found.values, np.zeros(1), np.zeros(1))[0]
    once, often = spending.expected(found.values, np.array([1.0, 50.0]), np.array([100.0, 100.0]))
    assert everybody < once < often < 100


def test_contracts_renew_the_longer_they_last():
    chance = np.random.default_rng(9)
    leaves = chance.geometric(np.clip(chance.beta(0.7, 1.4, 20_000), 1e-9, 1))
    seen = np.minimum(leaves, 8).astype(float)
    data = contracts.Tenures(np.where(leaves > 8, 8, seen), leaves <= 8, np.ones(20_000))
    found = fitting.fit(lambda v: contracts.log_likelihood(v, data), contracts.PARAMETERS, [np.ones(2)], 20_000)
    assert found.values == pytest.approx([0.7, 1.4], rel=0.1)
    assert np.all(np.diff(contracts.retention(found.values, np.arange(1.0, 9.0))) > 0)
    plain, discounted = (
        contracts.expected_renewals(found.values, np.array([3.0]), 12, rate)[0] for rate in (0.0, 0.02)
    )
    assert 0 < discounted < plain < 12


def test_rhythm_tells_a_subscription_from_shopping():
    months = np.array([28.0, 30.0, 31.0, 62.0])
    assert contracts.contractual(*contracts.rhythm(months, np.array([50.0, 400.0, 600.0, 20.0])))
    assert not contracts.contractual(*contracts.rhythm(np.arange(1.0, 60.0), np.ones(59)))
    assert contracts.rhythm(np.array([]), np.array([])) == (0.0, 0.0)


def test_histories_that_cannot_be_are_refused():
    with pytest.raises(BadInput, match="after the end"):
        Histories(np.array([1.0]), np.array([9.0]), np.array([5.0]), np.ones(1))
    with pytest.raises(BadInput, match="without a repeat"):
        Histories(np.array([0.0]), np.array([2.0]), np.array([5.0]), np.ones(1))


@pytest.mark.parametrize("name", MODELS)
def test_few_histories_that_stand_for_all_lead_to_the_same_top(name, monkeypatch):
    model, histories = MODELS[name], simulated(name, 8_000, np.random.default_rng(8))
    whole = valuation.fitted(model, histories)
    monkeypatch.setattr(valuation, "ROUGH", 300)
    assert len(histories.coarse(300)[0].x) <= 300
    led = valuation.fitted(model, histories)
    assert led.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-4)
    assert led.values == pytest.approx(whole.values, rel=1e-4)
    assert led.low == pytest.approx(whole.low, rel=0.02)
    assert led.high == pytest.approx(whole.high, rel=0.02)


def test_doubt_about_being_active_shrinks_with_the_customers_seen():
    chance = np.random.default_rng(6)
    apart = []
    for customers in (400, 6_400):
        histories = simulated("bg_nbd", customers, chance)
        found = valuation.fitted(MODELS["bg_nbd"], histories)
        ahead = forecast.Forecast(MODELS["bg_nbd"], found, histories, 90, 0.1)
        figures = ahead.figures(np.arange(customers), histories.x, np.zeros(customers), forecast.Money())
        inside = (figures["p_alive_low"] <= figures["p_alive"]) & (figures["p_alive"] <= figures["p_alive_high"])
        assert inside.all()
        apart.append(float(np.mean(figures["p_alive_high"] - figures["p_alive_low"])))
    assert apart[1] < 0.5 * apart[0]
