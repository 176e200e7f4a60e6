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
Likelihood = Callable[[Floats], tuple[float, Floats | None]]


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


def fit(likelihood: Likelihood, names: tuple[str, ...], starts: list[Floats], customers: float) -> Fit:
    """The parameters of the greatest likelihood: all positive, so their logarithms are sought.

    likelihood(parameters) gives the sum and its gradient (None: by differences). starts: where to begin, several
    guard against a local top. Raises BadInput where no start leads to a finite top.
    """

    def cost(logs: Floats) -> float | tuple[float, Floats]:
        values = np.exp(logs)
        with np.errstate(all="ignore"):
            total, slope = likelihood(values)
        total = -total / customers if np.isfinite(total) else 1e12
        return total if slope is None else (total, np.nan_to_num(-slope * values / customers))

    exact = likelihood(starts[0])[1] is not None
    best = None
    for start in starts:
        found = minimize(cost, np.log(start), jac=exact or None, method="L-BFGS-B",
                         bounds=[BOUNDS] * len(names),
                         options={"maxiter": 1_000, "maxfun": 20_000, "ftol": 1e-12, "gtol": 1e-7})  # fmt: skip
        if best is None or found.fun < best.fun:
            best = found
    if best is None or best.fun >= 1e12:
        raise BadInput("No parameters fit these purchases. Check the dates and amounts.", field="date")
    errors = _errors(cost, best.x, customers, exact=exact)
    with np.errstate(over="ignore"):  # where the top is flat, the interval is as wide as numbers go
        low, high = np.exp(best.x - NORMAL_95 * errors), np.exp(best.x + NORMAL_95 * errors)
    known = np.isfinite(high)
    return Fit(names, np.exp(best.x), np.where(known, low, np.nan), np.where(known, high, np.nan),
               -best.fun * customers, customers, bool(best.success))  # fmt: skip


def _errors(
    cost: Callable[[Floats], float | tuple[float, Floats]], top: Floats, customers: float, *, exact: bool
) -> Floats:
    """Standard errors of the logarithms: the inverse of the observed information (Efron, Hinkley 1978)."""
    curvature: Floats = (_by_slopes if exact else _by_values)(cost, top) * customers
    try:
        spread = np.diag(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        return np.full(len(top), np.nan)
    return np.asarray(np.sqrt(np.where(spread > 0, spread, np.nan)), np.float64)


def _by_slopes(cost: Callable[[Floats], float | tuple[float, Floats]], top: Floats) -> Floats:
    rows = []
    for step in np.eye(len(top)) * STEP:
        (_up, above), (_down, below) = cost(top + step), cost(top - step)  # type: ignore[misc]
        rows.append((above - below) / (2 * STEP))
    return np.asarray((np.array(rows) + np.array(rows).T) / 2, np.float64)


def _by_values(cost: Callable[[Floats], float | tuple[float, Floats]], top: Floats) -> Floats:
    steps = np.eye(len(top)) * 1e-3

    def at(move: Floats) -> float:
        return float(cost(top + move))  # type: ignore[arg-type]

    here = at(np.zeros(len(top)))
    found = np.empty((len(top), len(top)))
    for i, one in enumerate(steps):
        for j, other in enumerate(steps):
            if i == j:
                found[i, j] = (at(one) - 2 * here + at(-one)) / 1e-6
            else:
                found[i, j] = (at(one + other) - at(one - other) - at(other - one) + at(-one - other)) / 4e-6
    return found
