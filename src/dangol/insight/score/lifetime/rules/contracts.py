"""Contracts: leaving is seen, at the end of a period. The shifted-beta-geometric model of retention.

Source: Fader, Hardie, How to Project Customer Retention, Journal of Interactive Marketing 21(1), 2007: eq. 5, 6; value
by Fader, Hardie, Customer-Base Valuation in a Contractual Setting, Marketing Science 29(1), 2010.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma

from dangol.insight.score.lifetime.rules.history import Floats

PARAMETERS = ("alpha", "beta")
PERIODS_AHEAD = 1_000
NEAR = 0.12  # of a period: months have 28 to 31 days
REGULAR = 0.9
SHORTEST_DAYS = 5
FEWEST_LEFT = 10  # before, how long people stay cannot be told: all alike is a habit, or a contract just begun


def rhythm(gap: Floats, times: Floats) -> tuple[float, float]:
    """The usual time between two purchases (median, days) and the share of times that are within 12 % of it.

    gap: float[n], distinct days between purchases; times: float[n], how often each occurs. A share of 0.9 and more
    reads as a contract: people who decide to buy do not keep to a day.
    """
    order = np.argsort(gap)
    gap, times = gap[order], times[order]
    if not len(gap) or not times.sum():
        return 0.0, 0.0
    period = float(gap[np.searchsorted(np.cumsum(times), times.sum() / 2)])
    near = np.abs(gap - period) <= NEAR * period
    return period, float(times[near].sum() / times.sum())


def contractual(period: float, share: float) -> bool:
    """Whether purchases come by a contract."""
    return period >= SHORTEST_DAYS and share >= REGULAR


@dataclass(frozen=True)
class Tenures:
    """Distinct tenures. periods: float[n], renewals seen; left: bool[n], whether they ended then; weight: customers."""

    periods: Floats
    left: np.ndarray
    weight: Floats


def log_likelihood(parameters: Floats, data: Tenures) -> tuple[float, Floats]:
    """Sum over all customers: P(T = t) of those who left, S(t) of those who are there; and its gradient."""
    alpha, beta = parameters
    t = np.maximum(data.periods, 0)
    one, other = alpha + data.left, beta + np.where(data.left, np.maximum(t - 1, 0), t)
    total = betaln(one, other) - betaln(alpha, beta)
    both = digamma(alpha + beta) - digamma(one + other)
    slope = np.array([data.weight @ (digamma(one) - digamma(alpha) + both),
                      data.weight @ (digamma(other) - digamma(beta) + both)])  # fmt: skip
    return float(data.weight @ total), slope


def retention(parameters: Floats, period: Floats) -> Floats:
    """Share of those there after period - 1 renewals who renew once more (2007, eq. 7); it rises with tenure."""
    alpha, beta = parameters
    return np.asarray((beta + period - 1) / (alpha + beta + period - 1), np.float64)


def expected_renewals(parameters: Floats, periods: Floats, ahead: int, discount: float) -> Floats:
    """Discounted renewals in the next `ahead` periods of customers who are there. discount: rate a period."""
    alpha, beta = parameters
    distinct, which = np.unique(periods, return_inverse=True)
    steps = np.arange(1, min(ahead, PERIODS_AHEAD) + 1)
    log_there = betaln(alpha, beta + distinct)[:, None]
    stays = np.exp(betaln(alpha, beta + distinct[:, None] + steps[None, :]) - log_there)
    return np.asarray((stays @ ((1 + discount) ** -steps.astype(float)))[which], np.float64)
