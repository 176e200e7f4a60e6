"""Maximum likelihood: from any sensible start, with standard errors from the curvature at the top."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from dangol.base.errors import BadInput
from dangol.insight.score.lifetime.rules.history import Floats

NORMAL_95 = 1.959963984540054
STEP = 1e-4
BOUNDS = (-16.0, 9.2)  # of the logarithms: 1e-7 to 1e4; beyond, people hardly differ and the top is flat
NOWHERE = 1e12  # the cost where the likelihood is not finite
FLAT = 1e-7  # steepest slope, per customer, that counts as the top
CHORDS = 12
Likelihood = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True)
class Fit:
    """A fitted model. low, high: 95 % intervals, by the curvature in logarithms; nan where the top is flat."""

    names: tuple[str, ...]
    values: Floats
    low: Floats
    high: Floats
    log_likelihood: float
    customers: float
    converged: bool
    covariance: Floats  # of the logarithms of the values; nan where the top is flat

    @property
    def bic(self) -> float:
        """Bayesian information criterion (Schwarz 1978); the smaller the better."""
        return len(self.names) * float(np.log(self.customers)) - 2 * self.log_likelihood

    @property
    def parameters(self) -> dict[str, float]:
        """Name to value."""
        return {name: float(value) for name, value in zip(self.names, self.values, strict=True)}

    @property
    def intervals(self) -> dict[str, list[float | None]]:
        """Name to [low, high] of 95 %."""
        ends = zip(self.names, self.low, self.high, strict=True)
        return {name: [None if np.isnan(end) else float(end) for end in pair] for name, *pair in ends}

    def drawn(self, vectors: int, chance: np.random.Generator) -> Floats:
        """Parameters as they may be, by the normal distribution of their logarithms: float[vectors, parameters].

        A parameter whose top is flat stays as it is: how far off it may be, the data do not tell.
        """
        known = np.where(np.isfinite(self.covariance), self.covariance, 0.0)
        sizes, ways = np.linalg.eigh((known + known.T) / 2)
        steps = chance.standard_normal((vectors, len(self.values))) * np.sqrt(np.maximum(sizes, 0.0))
        return np.asarray(np.exp(np.clip(np.log(self.values) + steps @ ways.T, *BOUNDS)), np.float64)


Cost = Callable[[Floats], tuple[float, Floats]]


def fit(
    likelihood: Likelihood, names: tuple[str, ...], starts: list[Floats], customers: float,
    *, rough: Likelihood | None = None,
) -> Fit:  # fmt: skip
    """The parameters of the greatest likelihood: all positive, so their logarithms are sought.

    likelihood(parameters) gives the sum and its gradient. starts: where to begin, several guard against a local top.
    rough: nearly the same likelihood at a small part of the cost. It is climbed first, and its curvature leads the few
    steps that are left on the true one (a chord method: the top is the true one, whatever leads there) and gives the
    intervals. Raises BadInput where no start leads to a finite top.
    """
    cost = _cost(likelihood, customers)
    led = _led(cost, _cost(rough, customers), starts) if rough else None
    top, curvature = led or _climbed(cost, starts)
    covariance = _covariance(curvature * customers)
    errors = np.sqrt(np.diag(covariance))
    with np.errstate(over="ignore"):  # where the top is flat, the interval is as wide as numbers go
        low, high = np.exp(top.x - NORMAL_95 * errors), np.exp(top.x + NORMAL_95 * errors)
    known = np.isfinite(high)
    return Fit(names, np.exp(top.x), np.where(known, low, np.nan), np.where(known, high, np.nan),
               -top.cost * customers, customers, top.converged, covariance)  # fmt: skip


@dataclass(frozen=True)
class _Top:
    """Where a climb ended: logarithms of the parameters, cost (mean negative log-likelihood), whether it is a top."""

    x: Floats
    cost: float
    converged: bool


def _cost(likelihood: Likelihood, customers: float) -> Cost:
    def cost(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        with np.errstate(all="ignore"):
            total, slope = likelihood(values)
        return -total / customers if np.isfinite(total) else NOWHERE, np.nan_to_num(-slope * values / customers)

    return cost


def _climbed(cost: Cost, starts: list[Floats]) -> tuple[_Top, Floats]:
    """The best top from several starts (L-BFGS) and the curvature there."""
    best = None
    for start in starts:
        found = minimize(cost, np.log(start), jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(start),
                         options={"maxiter": 1_000, "maxfun": 20_000, "ftol": 1e-12, "gtol": FLAT})  # fmt: skip
        if best is None or found.fun < best.fun:
            best = found
    if best is None or best.fun >= NOWHERE:
        raise BadInput("No parameters fit these purchases. Check the dates and amounts.", field="date")
    return _Top(best.x, float(best.fun), bool(best.success)), _by_slopes(cost, best.x)


def _led(cost: Cost, rough: Cost, starts: list[Floats]) -> tuple[_Top, Floats] | None:
    """The top reached from the rough one with the rough curvature; None where that does not lead there."""
    near, curvature = _climbed(rough, starts)
    x, (here, slope) = near.x, cost(near.x)
    for _step in range(CHORDS):
        if np.abs(slope).max() < FLAT:
            return _Top(x, here, True), curvature
        try:
            x = x - np.linalg.solve(curvature, slope)
        except np.linalg.LinAlgError:
            return None
        if np.any(x <= BOUNDS[0]) or np.any(x >= BOUNDS[1]):
            return None
        here, slope = cost(x)
    return None


def _covariance(curvature: Floats) -> Floats:
    """Of the logarithms: the inverse of the observed information (Efron, Hinkley 1978); nan where there is none."""
    try:
        found = np.linalg.inv(curvature)
    except np.linalg.LinAlgError:
        return np.full_like(curvature, np.nan)
    sure = np.diag(found) > 0
    return np.asarray(np.where(np.outer(sure, sure), found, np.nan), np.float64)


def _by_slopes(cost: Cost, top: Floats) -> Floats:
    rows = []
    for step in np.eye(len(top)) * STEP:
        (_up, above), (_down, below) = cost(top + step), cost(top - step)
        rows.append((above - below) / (2 * STEP))
    return np.asarray((np.array(rows) + np.array(rows).T) / 2, np.float64)
