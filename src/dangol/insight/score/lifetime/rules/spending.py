"""How much one purchase of a customer is worth on average, seen through the noise of a few purchases.

Source: Fader, Hardie, The Gamma-Gamma Model of Monetary Value, 2013; Fader, Hardie, Lee, RFM and CLV, Journal of
Marketing Research 42(4), 2005.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from dangol.insight.score.lifetime.rules.history import Floats

PARAMETERS = ("p", "q", "gamma")
CORRELATION_LIMIT = 0.3


@dataclass(frozen=True)
class Spendings:
    """Customers with a repeat purchase. x: float[n], repeat purchases; mean: float[n], their mean amount, above 0."""

    x: Floats
    mean: Floats

    @property
    def correlation(self) -> float:
        """Between frequency and amount, which the model takes for independent; 0 where one of them never varies."""
        if len(self.x) < 3 or np.ptp(self.x) == 0 or np.ptp(self.mean) == 0:
            return 0.0
        return float(np.corrcoef(self.x, self.mean)[0, 1])


def log_likelihood(parameters: Floats, data: Spendings) -> tuple[float, Floats]:
    """Sum over all customers (2013, eq. 1a) and its gradient in (p, q, gamma)."""
    p, q, gamma = parameters
    px = p * data.x
    total = gamma + data.x * data.mean
    log_total, log_mean, log_x = np.log(total), np.log(data.mean), np.log(data.x)
    each = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma) + (px - 1) * log_mean + px * log_x
        - (px + q) * log_total
    )  # fmt: skip
    slope = np.array([
        np.sum(data.x * (digamma(px + q) - digamma(px) + log_mean + log_x - log_total)),
        np.sum(digamma(px + q) - digamma(q) + np.log(gamma) - log_total),
        np.sum(q / gamma - (px + q) / total),
    ])  # fmt: skip
    return float(each.sum()), slope


def expected(parameters: Floats, x: Floats, mean: Floats) -> Floats:
    """Expected mean amount of a customer's purchases: the own mean drawn towards everybody's (2013, eq. 5).

    x: float[n], repeat purchases, 0 allowed (then everybody's mean). Infinite where q <= 1 and nothing is known.
    """
    p, q, gamma = parameters
    weight = p * x + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0, p * (gamma + x * mean) / weight, np.inf)
