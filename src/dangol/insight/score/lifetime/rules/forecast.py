"""What a fitted model says of every customer: P(alive), purchases to come and their value, each with an interval."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dangol.insight.score.lifetime.rules import spending
from dangol.insight.score.lifetime.rules.buying import Buying
from dangol.insight.score.lifetime.rules.doubt import Doubt, Together
from dangol.insight.score.lifetime.rules.fitting import NORMAL_95, Fit
from dangol.insight.score.lifetime.rules.history import Floats, Histories

CELLS = 20_000
STEP_DAYS = 30
PIECE, FEW = 20_000, 2_000
LOW, HIGH = 5, 95
SEED = 20_050_512
SMALL = 1e-4  # step of the logarithms of the parameters
WEEK = 7


@dataclass(frozen=True)
class Money:
    """What purchases are worth: the Gamma-Gamma fit, or the reason why there is none.

    correlation: between frequency and amount, which the model takes for independent.
    """

    fit: Fit | None = None
    reason: str = ""
    correlation: float = 0.0

    def average(self, x: Floats, repeat: Floats) -> Floats:
        """Expected amount of a purchase, minor units. x: repeat purchases; repeat: their amount, minor units."""
        if self.fit is None:
            return np.zeros(len(x))
        mean = np.where(x > 0, np.maximum(repeat, 0) / np.maximum(x, 1) / 100, 0.0)
        found = spending.expected(self.fit.values, np.where(mean > 0, x, 0.0), mean) * 100
        return np.where(np.isfinite(found), found, 0.0)


@dataclass(frozen=True)
class Forecast:
    """A fitted model over distinct histories, how far to look, and what a purchase in a year is worth today.

    What depends on a history is worked out once for each. What costs much and changes slowly (the intervals, the share
    discounting takes) is worked out for at most CELLS histories that stand for all.
    """

    model: Buying
    fit: Fit
    histories: Histories
    horizon_days: int
    yearly_discount: float

    @property
    def weeks(self) -> float:
        """The horizon in weeks."""
        return self.horizon_days / WEEK

    def alive(self) -> Floats:
        """P(alive) of every history."""
        return self.model.alive(self.fit.values, self.histories)

    def expected(self) -> Floats:
        """Expected purchases of the horizon, of every history."""
        return self.model.expected(self.fit.values, self.histories, self.weeks)

    def worth(self) -> Floats:
        """Expected purchases of the horizon discounted to today, of every history."""
        cells, which = self.histories.coarse(CELLS)
        return np.asarray(self.expected() * self._discounting(cells)[which], np.float64)

    def figures(self, which: NDArray[np.intp], x: Floats, repeat: Floats, money: Money) -> Mapping[str, Any]:
        """One entry per customer in every column. which: the history of each customer; repeat: as in Money.average."""
        cells, cell_of = self.histories.coarse(CELLS)
        mine = cell_of[which]
        alive, expected = self.alive()[which], self.expected()[which]
        ranges = {name: one[mine] for name, one in self._ranges(cells, money).items()}
        apart = self._doubt(cells)[mine]
        columns: dict[str, Any] = {
            "p_alive": alive, "p_alive_low": np.minimum(_shifted(alive, -apart), alive),
            "p_alive_high": np.maximum(_shifted(alive, apart), alive),
            "expected_purchases": expected, "purchases_low": ranges["low"].astype(np.int64),
            "purchases_high": ranges["high"].astype(np.int64),
        }  # fmt: skip
        if money.fit is not None:
            share, average = self._discounting(cells)[mine], money.average(x, repeat)
            columns["average_amount"] = np.rint(average).astype(np.int64)
            for name, times in (("value", expected), ("value_low", ranges["worth_low"]),
                                ("value_high", ranges["worth_high"])):  # fmt: skip
                columns[name] = np.rint(times * share * average).astype(np.int64)
        return columns

    def _ranges(self, cells: Histories, money: Money) -> Mapping[str, Floats]:
        """5 % and 95 % of the purchases that may come, and of their worth in usual purchases of the customer.

        Drawn in pieces, so that memory stays small.
        """
        unsure = Doubt(self.model, self.fit, money.fit, np.random.default_rng(SEED))
        found: dict[str, list[Floats]] = defaultdict(list)
        for start in range(0, len(cells.x), PIECE):
            futures = unsure.futures(cells.part(slice(start, start + PIECE)), self.weeks)
            for lead, drawn in (("", futures.purchases), ("worth_", futures.worth)):
                if drawn is not None:
                    drawn.sort(axis=1)
                    draws = drawn.shape[1]
                    found[f"{lead}low"].append(drawn[:, draws * LOW // 100].astype(np.float64))
                    found[f"{lead}high"].append(drawn[:, draws * HIGH // 100 - 1].astype(np.float64))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def together(self, which: NDArray[np.intp], average: Floats, money: Money) -> Together:
        """How far off the sums over all customers may be. average: of every customer, minor units, as Money.average."""
        few, few_of = self.histories.coarse(FEW)
        mine = few_of[which]
        worth = average * self._discounting(few)[mine]
        sums = [np.bincount(mine, weights=one, minlength=len(few.x)).astype(np.float64) for one in (worth, worth**2)]
        return Doubt(self.model, self.fit, money.fit, np.random.default_rng(SEED)).together(few, self.weeks, *sums)

    def _doubt(self, cells: Histories) -> Floats:
        """Half the width of the 95 % interval of log(P(alive) / (1 - P(alive))), by the delta method.

        It tells how sure the parameters are: wide where few customers were seen. nan where the top is flat.
        """
        logs, slopes = np.log(self.fit.values), []
        for step in np.eye(len(logs)) * SMALL:
            up, down = (_log_odds(self.model.alive(np.exp(logs + way * step), cells)) for way in (1, -1))
            slopes.append((up - down) / (2 * SMALL))
        gradient = np.array(slopes)
        variance = np.einsum("in,ij,jn->n", gradient, self.fit.covariance, gradient)
        return np.asarray(NORMAL_95 * np.sqrt(np.where(variance >= 0, variance, np.nan)), np.float64)

    def _discounting(self, cells: Histories) -> Floats:
        """Discounted over plain expected purchases: those of each 30 days count from the middle of the 30 days."""
        none = np.zeros(len(cells.x))
        total, before, day = none, none, 0
        while day < self.horizon_days:
            following = min(day + STEP_DAYS, self.horizon_days)
            upto = self.model.expected(self.fit.values, cells, following / WEEK)
            total = total + (upto - before) * (1 + self.yearly_discount) ** -((day + following) / 2 / 365)
            before, day = upto, following
        return np.asarray(np.where(before > 1e-12, total / np.maximum(before, 1e-12), 1.0), np.float64)


def _log_odds(share: Floats) -> Floats:
    held = np.clip(share, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(held / (1 - held)), np.float64)


def _shifted(share: Floats, by: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(_log_odds(share) + by))), np.float64)
