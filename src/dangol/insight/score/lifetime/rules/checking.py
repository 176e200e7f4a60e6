"""How good a forecast was: the hold-out, and which model to take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dangol.insight.score.lifetime.rules import buying
from dangol.insight.score.lifetime.rules.fitting import Fit
from dangol.insight.score.lifetime.rules.history import Floats, Histories

CLASSES = 8  # the last is open: "7 and more" of single repeat purchases
WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
MOST_OF_THEM = 0.95
CLEARLY_BETTER = 6.0


@dataclass(frozen=True)
class Holdout:
    """The forecast against what came.

    classes: {repeats, upto (absent in the last, open one), customers, forecast, actual}, means per customer.

    forecast, actual: purchases of all customers in the days after. root_mean_square: of the miss per customer; unlike
    the mean absolute miss it does not favour too low forecasts. amounts: forecast and actual, minor units.
    """

    days: int
    forecast: float
    actual: int
    mean_absolute: float
    root_mean_square: float
    classes: list[dict[str, float]] = field(default_factory=list)
    amounts: tuple[int, int] | None = None

    @property
    def total_error(self) -> float | None:
        """How far the forecast of all purchases is off: 0.05 is 5 % too many. None where none came."""
        return self.forecast / self.actual - 1 if self.actual else None


def holdout(
    forecast: Floats, who: tuple[Histories, NDArray[np.intp]], later: Floats, days: int,
    amounts: tuple[int, int] | None = None,
) -> Holdout:  # fmt: skip
    """forecast: expected purchases per customer; who: the histories and which of them each has; later: what came."""
    histories, which = who
    width = class_width(histories)
    place = np.minimum(histories.x[which] // width, CLASSES - 1).astype(int)
    classes = [
        repeat_class(int(one), width)
        | {"customers": int(here.sum()), "forecast": round(float(forecast[here].mean()), 4),
           "actual": round(float(later[here].mean()), 4)}
        for one in range(CLASSES) if (here := place == one).any()
    ]  # fmt: skip
    return Holdout(days, float(forecast.sum()), int(later.sum()), float(np.abs(forecast - later).mean()),
                   float(np.sqrt(np.square(forecast - later).mean())), classes, amounts)  # fmt: skip


def class_width(h: Histories) -> int:
    """How many numbers of repeat purchases make one class, so that CLASSES classes tell nearly all customers apart."""
    order = np.argsort(h.x)
    reached = int(np.searchsorted(np.cumsum(h.weight[order]), MOST_OF_THEM * h.customers))
    usual = float(h.x[order[min(reached, len(order) - 1)]])
    return next((width for width in WIDTHS if width * CLASSES > usual), WIDTHS[-1])


def repeat_class(place: int, width: int) -> dict[str, float]:
    """The bounds of a class; the last has no upper one."""
    bounds: dict[str, float] = {"repeats": place * width}
    return bounds if place == CLASSES - 1 else bounds | {"upto": (place + 1) * width - 1}


def choice(fits: Mapping[str, Fit], holdouts: Mapping[str, Holdout]) -> tuple[str, str]:
    """BG/NBD, the simplest, unless another is clearly better; and by what it was chosen ("holdout", "bic").

    With a hold-out: one whose misses of single customers are 2 % smaller. Without: one whose BIC is smaller by 6, a
    strong difference (Kass, Raftery, Bayes Factors, JASA 90, 1995).
    """
    simple = buying.BgNbd.name
    if holdouts:
        best = min(holdouts, key=lambda name: holdouts[name].root_mean_square)
        better = holdouts[best].root_mean_square < 0.98 * holdouts[simple].root_mean_square
        return (best if better else simple), "holdout"
    best = min(fits, key=lambda name: fits[name].bic)
    return (best if fits[best].bic < fits[simple].bic - CLEARLY_BETTER else simple), "bic"
