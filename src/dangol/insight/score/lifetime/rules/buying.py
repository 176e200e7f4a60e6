"""Three models of how often people buy and when they silently leave.

Notation as in the papers: x repeat purchases, t_x time of the last one, T age; the purchases of one customer are
Poisson with a rate drawn from Gamma(r, alpha).
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln, hyp2f1

from dangol.insight.score.lifetime.rules.history import Floats, Histories

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
NEAR_ONE = 1e-6
LARGEST_RATE = 1e6
SAME_COIN = 200.0
PIECE = 20_000  # histories worked on at a time where each takes many numbers
Counts = NDArray[np.int64]


class Buying(Protocol):
    """A model of buying without a contract. parameters: names of the float[4] all its functions take, all positive."""

    name: str
    parameters: tuple[str, ...]
    source: str

    def log_likelihood(self, p: Floats, h: Histories) -> tuple[float, Floats]:
        """Sum over all customers and its gradient."""

    def alive(self, p: Floats, h: Histories) -> Floats:
        """Probability that a customer is still active: float[n] in 0..1."""

    def expected(self, p: Floats, h: Histories, weeks: float) -> Floats:
        """Expected purchases in the next weeks given the history: float[n]."""

    def expected_new(self, p: Floats, weeks: float) -> float:
        """Expected repeat purchases of a new customer in the first weeks."""

    def draw(self, p: Floats, h: Histories, weeks: float, draws: int, chance: np.random.Generator) -> Counts:
        """Purchases in the next weeks, drawn from what is known of each customer: int[n, draws]."""


def _away_from_one(value: float) -> float:
    """The formulas have a removable hole at 1."""
    return value + NEAR_ONE if abs(value - 1) < NEAR_ONE else value


class _Geometric:
    """What BG/NBD and MBG/NBD share: leaving is a coin tossed at a purchase, its probability drawn from Beta(a, b).

    first_toss: 0 where the coin is tossed at the first purchase already, 1 where it is tossed at repeat purchases only.
    Survived tosses are x + 1 - first_toss, so that `after` is the second parameter of the posterior Beta.
    """

    first_toss: int
    parameters: tuple[str, ...] = ("r", "alpha", "a", "b")

    def _after(self, b: float, h: Histories) -> tuple[Floats, NDArray[np.bool_]]:
        tosses = h.x + 1 - self.first_toss
        return b + tosses, tosses > 0

    def log_likelihood(self, p: Floats, h: Histories) -> tuple[float, Floats]:
        """Sum over all customers and its gradient in (r, alpha, a, b)."""
        r, alpha, a, b = p
        x, which, w = h.counts
        after = b + x + 1 - self.first_toss
        tossed = x + 1 > self.first_toss
        last = np.where(tossed, after - 1, 1.0)
        chance = np.where(tossed, np.log(a) - np.log(last), -np.inf)
        k = r + h.x
        log_age, log_last = np.log(alpha + h.age), np.log(alpha + h.t_x)
        stayed, left = -k * log_age, chance[which] - k * log_last
        total = np.logaddexp(stayed, left)
        stay = h.weight * np.exp(stayed - total)
        leave = h.weight - stay
        each = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, after) - betaln(a, b)
        both, one = digamma(a + b) - digamma(a + after), digamma(after) - digamma(b)
        left_by_count = np.bincount(which, weights=leave, minlength=len(x))
        slope = np.array([
            w @ (digamma(r + x) - digamma(r) + np.log(alpha)) - stay @ log_age - leave @ log_last,
            w.sum() * r / alpha - stay @ (k / (alpha + h.age)) - leave @ (k / (alpha + h.t_x)),
            w @ both + left_by_count.sum() / a,
            w @ (both + one) - left_by_count @ (1 / last),
        ])  # fmt: skip
        return float(w @ each + h.weight @ total), slope

    def alive(self, p: Floats, h: Histories) -> Floats:
        """Probability of being active: the odds of having left at the last purchase against silence since then."""
        r, alpha, a, b = p
        after, tossed = self._after(b, h)
        log_odds = np.log(a / np.where(tossed, after - 1, 1.0)) + (r + h.x) * np.log((alpha + h.age) / (alpha + h.t_x))
        return np.where(tossed, 1 / (1 + np.exp(np.minimum(log_odds, 700))), 1.0)

    def expected(self, p: Floats, h: Histories, weeks: float) -> Floats:
        """Expected purchases in the next weeks.

        The papers' 2F1(r+x, b+x; a+b+x-1; z) overflows for eager buyers; after Euler's transformation it does not.
        """
        r, alpha, a, b = p
        after, _tossed = self._after(b, h)
        return self._active(h.x + r, alpha + h.age, _away_from_one(a), after, weeks) * self.alive(p, h)

    def expected_new(self, p: Floats, weeks: float) -> float:
        """Expected repeat purchases of a new customer."""
        r, alpha, a, b = p
        after = b + 1 - self.first_toss
        stays = 1.0 if self.first_toss else b / (a + b)
        found = self._active(np.array([r]), np.array([alpha]), _away_from_one(a), np.array([after]), weeks)
        return float(found[0] * stays)

    @staticmethod
    def _active(k: Floats, rate: Floats, a: float, after: Floats, weeks: float) -> Floats:
        """Purchases expected of somebody who is active. With a large a, all toss nearly the same coin."""
        coin = a / (a + after)
        alike = -np.expm1(-k * np.log1p(coin * weeks / rate)) / coin
        if a > SAME_COIN:
            return np.asarray(alike, np.float64)
        z, c = weeks / (rate + weeks), a + after - 1
        with np.errstate(all="ignore"):
            found = c / (a - 1) * (1 - (1 - z) ** (a - 1) * hyp2f1(c - k, a - 1, c, z))
        return np.where(np.isfinite(found), found, alike)

    def draw(self, p: Floats, h: Histories, weeks: float, draws: int, chance: np.random.Generator) -> Counts:
        """Purchases drawn: those of the rate, cut off at the toss at which the customer leaves."""
        r, alpha, a, b = p
        after, _tossed = self._after(b, h)
        size = (len(h.x), draws)
        rate = chance.gamma((r + h.x)[:, None], 1 / (alpha + h.age)[:, None], size)
        leaves = np.clip(chance.beta(a, after[:, None], size), 1e-12, 1.0)
        bought = np.minimum(chance.poisson(np.minimum(rate * weeks, LARGEST_RATE)), chance.geometric(leaves))
        return np.asarray(np.where(chance.random(size) < self.alive(p, h)[:, None], bought, 0), np.int64)


class BgNbd(_Geometric):
    """Customers may leave right after any repeat purchase.

    Source: Fader, Hardie, Lee, "Counting Your Customers" the Easy Way, Marketing Science 24(2), 2005: likelihood
    eq. 6, E[X(t)] eq. 9, conditional expectation eq. 10.
    """

    name: str = "bg_nbd"
    source: str = "Fader, Hardie, Lee 2005"
    first_toss = 1


class MbgNbd(_Geometric):
    """Customers may leave right after any purchase, the first one included.

    Source: Batislam, Denizel, Filiztekin, Empirical validation and comparison of models for customer base analysis,
    International Journal of Research in Marketing 24(3), 2007.
    """

    name: str = "mbg_nbd"
    source: str = "Batislam, Denizel, Filiztekin 2007"
    first_toss = 0


class ParetoNbd:
    """Customers may leave at any moment; their rate of leaving is drawn from Gamma(s, beta).

    Source: Schmittlein, Morrison, Colombo, Counting Your Customers, Management Science 33(1), 1987; in the form of
    Fader, Hardie, A Note on Deriving the Pareto/NBD Model, 2005. Its hypergeometric A_0 is the integral over the moment
    of leaving; here that integral is taken with 24 Gauss-Legendre nodes on a scale where it is nearly flat.
    """

    name: str = "pareto_nbd"
    parameters: tuple[str, ...] = ("r", "alpha", "s", "beta")
    source: str = "Schmittlein, Morrison, Colombo 1987"

    def log_likelihood(self, p: Floats, h: Histories) -> tuple[float, Floats]:
        """Sum over all customers and its gradient in (r, alpha, s, beta), in pieces: every history has 24 nodes.

        The gradient of the integral is a mean over the moment of leaving, taken with the same nodes.
        """
        r, alpha, s, beta = p
        total, slope = 0.0, np.zeros(4)
        for start in range(0, len(h.x), PIECE):
            part = h.part(slice(start, start + PIECE))
            w, k = part.weight, r + part.x
            stayed, left, moments = self._parts(p, part)
            sum_of = np.logaddexp(stayed, left)
            stay = w * np.exp(stayed - sum_of)
            leave = w - stay
            each = gammaln(k) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + sum_of
            total += float(w @ each)
            log_bought, bought, log_left, gone = moments()
            slope += [
                w @ (digamma(k) - digamma(r) + np.log(alpha)) - stay @ np.log(alpha + part.age) - leave @ log_bought,
                w.sum() * r / alpha - stay @ (k / (alpha + part.age)) - leave @ (k * bought),
                w.sum() * np.log(beta) - stay @ np.log(beta + part.age) + leave @ (1 / s - log_left),
                w.sum() * s / beta - stay @ (s / (beta + part.age)) - (s + 1) * (leave @ gone),
            ]
        return total, slope

    @staticmethod
    def _parts(p: Floats, h: Histories) -> tuple[Floats, Floats, Callable[[], tuple[Floats, ...]]]:
        """Logarithms of the two ways: still active at T, and left between t_x and T.

        The third gives means over the moment of leaving y: log(alpha + y), 1 / (alpha + y), log(beta + y) and
        1 / (beta + y).
        """
        r, alpha, s, beta = p
        k = r + h.x
        stayed = -k * np.log(alpha + h.age) - s * np.log(beta + h.age)
        log_last = np.log(alpha + h.t_x)
        span = np.log(alpha + h.age) - log_last
        shrunk = -np.expm1(-(k + s) * span)  # 1 - ((alpha + t_x) / (alpha + T)) ** (k + s)
        at = 1 - shrunk[:, None] * (NODES + 1) / 2
        log_later = log_last[:, None] - np.log(at) / (k + s)[:, None]  # of alpha + the moment of leaving
        later = np.exp(log_later)
        reached = later + (beta - alpha)
        log_reached = np.log(reached)
        flat = np.exp((s + 1) * (log_later - log_reached))
        mass = flat @ NODE_WEIGHTS
        left = np.log(s / (k + s)) - (k + s) * log_last + np.log(np.maximum(shrunk * mass / 2, 1e-300))

        def moments() -> tuple[Floats, ...]:
            ways = (log_later, 1 / later, log_reached, 1 / reached)
            return tuple((flat * one) @ NODE_WEIGHTS / mass for one in ways)

        return stayed, left, moments

    def alive(self, p: Floats, h: Histories) -> Floats:
        """Probability of being active."""
        pieces = (h.part(slice(start, start + PIECE)) for start in range(0, len(h.x), PIECE))
        odds = [left - stayed for stayed, left, _moments in (self._parts(p, piece) for piece in pieces)]
        return np.asarray(1 / (1 + np.exp(np.minimum(np.concatenate(odds), 700))), np.float64)

    def expected(self, p: Floats, h: Histories, weeks: float) -> Floats:
        """Expected purchases in the next weeks."""
        r, alpha, s, beta = p
        s = _away_from_one(s)
        reached = beta + h.age
        lasting = reached / (s - 1) * -np.expm1((s - 1) * np.log(reached / (reached + weeks)))
        return np.asarray((r + h.x) / (alpha + h.age) * lasting * self.alive(p, h), np.float64)

    def expected_new(self, p: Floats, weeks: float) -> float:
        """Expected repeat purchases of a new customer."""
        r, alpha, s, beta = p
        s = _away_from_one(s)
        return float(r * beta / (alpha * (s - 1)) * -np.expm1((s - 1) * np.log(beta / (beta + weeks))))

    def draw(self, p: Floats, h: Histories, weeks: float, draws: int, chance: np.random.Generator) -> Counts:
        """Purchases drawn over the time that is left."""
        r, alpha, s, beta = p
        size = (len(h.x), draws)
        rate = chance.gamma((r + h.x)[:, None], 1 / (alpha + h.age)[:, None], size)
        leaving = np.maximum(chance.gamma(s, 1 / (beta + h.age)[:, None], size), 1e-300)
        time = np.minimum(chance.exponential(1.0, size) / leaving, weeks)
        bought = chance.poisson(np.minimum(rate * time, LARGEST_RATE))
        return np.asarray(np.where(chance.random(size) < self.alive(p, h)[:, None], bought, 0), np.int64)


MODELS: dict[str, Buying] = {model.name: model for model in (BgNbd(), MbgNbd(), ParetoNbd())}
