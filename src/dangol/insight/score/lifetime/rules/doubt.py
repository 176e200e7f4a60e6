"""How far off a forecast may be: chance in what people do, and the doubt about the parameters.

Parameters are drawn from the normal distribution that the curvature of the likelihood gives, then the future from the
model with each of them. Source: King, Tomz, Wittenberg, Making the Most of Statistical Analyses, American Journal of
Political Science 44(2), 2000: estimation and fundamental uncertainty.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dangol.insight.score.lifetime.rules import spending
from dangol.insight.score.lifetime.rules.buying import Buying, Counts
from dangol.insight.score.lifetime.rules.fitting import Fit
from dangol.insight.score.lifetime.rules.history import Floats, Histories

VECTORS, EACH = 25, 8  # parameters drawn, and futures drawn with each
TOGETHER = 60  # parameters drawn for the sums over all customers, which cost little
LEAST_SHAPE = 1.5  # from 1 down an amount has no finite mean: amounts that differ by chance alone lead there
FARTHEST_LEVEL = 100.0  # amounts that tell nothing of their spread must not make a forecast of any size
NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class Futures:
    """What may come of some histories. purchases: int[n, draws]; worth: float[n, draws], its amount in units of the
    customer's expected amount of a purchase, None where amounts are not known.
    """

    purchases: Counts
    worth: Floats | None


@dataclass(frozen=True)
class Doubt:
    """A fitted model of purchases and one of amounts (or none), and a source of chance."""

    model: Buying
    fit: Fit
    amounts: Fit | None
    chance: np.random.Generator

    def futures(self, h: Histories, weeks: float) -> Futures:
        """VECTORS * EACH futures of every history."""
        drawn = [
            self.model.draw(vector, h, weeks, EACH, self.chance) for vector in self.fit.drawn(VECTORS, self.chance)
        ]
        if self.amounts is None:
            return Futures(np.concatenate(drawn, axis=1), None)
        vectors = self.amounts.drawn(VECTORS, self.chance)
        worth = [self._worth(vector, h.x, bought) for vector, bought in zip(vectors, drawn, strict=True)]
        return Futures(np.concatenate(drawn, axis=1), np.concatenate(worth, axis=1))

    def _worth(self, vector: Floats, x: Floats, bought: Counts) -> Floats:
        """The amount of drawn purchases, each customer's own mean amount drawn, too (Gamma-Gamma, 2013, eq. 2 to 5)."""
        p, q, _gamma = vector
        shape = np.maximum(p * x + q, LEAST_SHAPE)
        who, where = np.nonzero(bought)
        found = np.zeros(bought.shape)
        spent = self.chance.standard_gamma(p * bought[who, where])
        own = self.chance.standard_gamma(shape[:, None], bought.shape)
        found[who, where] = spent / own[who, where] * (self._level(vector, x) / p * (shape - 1))[who]
        return found

    def _level(self, vector: Floats, x: Floats) -> Floats:
        """A customer's expected amount by these parameters over that by the fitted ones, at everybody's mean."""
        assert self.amounts is not None  # noqa: S101  asked only where amounts are known
        p, q, gamma = self.amounts.values
        mean = np.full(len(x), p * gamma / (q - 1) if q > 1 else gamma)
        here, fitted = (spending.expected(one, x, mean) for one in (vector, self.amounts.values))
        with np.errstate(invalid="ignore"):
            return np.clip(np.nan_to_num(here / fitted, nan=1.0, posinf=1.0), 1 / FARTHEST_LEVEL, FARTHEST_LEVEL)

    def together(self, h: Histories, weeks: float, average: Floats, average_squared: Floats) -> "Together":
        """The sums over all customers. h: weighed by customers; average, average_squared: float[n], expected amount of
        a purchase, discounted, and its square, summed over the customers of each history (minor units).
        """
        parts = list(self._sums(h, weeks, average))
        alive, purchases, value = (np.array(one) for one in zip(*(sums for sums, _each in parts), strict=True))
        each = np.array([expected for _sums, expected in parts])
        point = self.model.alive(self.fit.values, h)
        future = self.futures(h, weeks)
        doubted = float(h.weight @ each.var(axis=0, ddof=1))
        worth = float(average_squared @ future.worth.var(axis=1)) if future.worth is not None else 0.0
        bought = max(float(h.weight @ future.purchases.var(axis=1)) - doubted, 0.0)
        spread = [float(one.var(ddof=1)) for one in (alive, purchases, value)]
        return Together(
            alive=_half(spread[0] + float(h.weight @ (point * (1 - point)))), purchases=_half(spread[1] + bought),
            value=_half(spread[2] + worth), of_one=_share(doubted, bought), of_all=_share(spread[1], bought),
        )  # fmt: skip

    def _sums(self, h: Histories, weeks: float, average: Floats) -> Iterator[tuple[tuple[float, float, float], Floats]]:
        amounts = self.amounts.drawn(TOGETHER, self.chance) if self.amounts else [None] * TOGETHER
        for vector, money in zip(self.fit.drawn(TOGETHER, self.chance), amounts, strict=True):
            expected = self.model.expected(vector, h, weeks)
            worth = float((expected * self._level(money, h.x)) @ average) if money is not None else 0.0
            yield (float(h.weight @ self.model.alive(vector, h)), float(h.weight @ expected), worth), expected


def _half(variance: float) -> float:
    """Half the width of a 90 % interval."""
    return NORMAL_90 * float(np.sqrt(variance))


def _share(doubt: float, chance: float) -> float:
    return doubt / (doubt + chance) if doubt > 0 else 0.0


@dataclass(frozen=True)
class Together:
    """Half the widths of the 90 % intervals of the sums over all customers: active ones, purchases, minor units.

    of_one, of_all: share of the variance of purchases that is doubt about the parameters, of one customer on average
    and of all together; the rest is chance, which evens out over many.
    """

    alive: float
    purchases: float
    value: float
    of_one: float = 0.0
    of_all: float = 0.0
