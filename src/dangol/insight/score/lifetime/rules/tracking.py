"""How a fitted model compares with what people did: repeat purchases week by week, and how many bought how often."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from dangol.insight.score.lifetime.rules import checking
from dangol.insight.score.lifetime.rules.buying import Buying
from dangol.insight.score.lifetime.rules.forecast import WEEK
from dangol.insight.score.lifetime.rules.history import Floats, Histories

AGES, DRAWS, SEED = 60, 4_000, 19_970_930


def cumulative(model: Buying, parameters: Floats, newcomers: Floats, purchases: Floats) -> list[dict[str, float]]:
    """Repeat purchases to the end of every week, as the model expects them and as they came.

    newcomers: float[n], customers whose first purchase fell on each day; purchases: float[n], customers' purchase days
    on it. Returns {week, expected, actual}. Customers of one day are expected together.
    """
    weeks = len(newcomers) // WEEK
    ages = range(1, len(newcomers) + 1)
    since = np.array([0.0, *(model.expected_new(parameters, days / WEEK) for days in ages)])
    came = np.cumsum(purchases - newcomers)
    expected = np.convolve(newcomers, since)
    return [{"week": week, "expected": float(expected[week * WEEK - 1]), "actual": float(came[week * WEEK - 1])}
            for week in range(1, weeks + 1)]  # fmt: skip


def spread(model: Buying, parameters: Floats, h: Histories) -> list[dict[str, float]]:
    """How many customers bought again how often: expected of people of these ages, and actual.

    Returns {repeats, upto, expected, actual} per class, as in checking. Ages are taken in AGES groups; the expectation
    is drawn from the model as of somebody new.
    """
    width = checking.class_width(h)

    def counted(x: Floats, weights: Floats | None = None) -> Floats:
        places = np.minimum(x // width, checking.CLASSES - 1).astype(int)
        return np.bincount(places, weights=weights, minlength=checking.CLASSES).astype(np.float64)

    groups = np.minimum((h.age / max(float(h.age.max()), 1e-9) * AGES).astype(int), AGES - 1)
    weight = np.bincount(groups, weights=h.weight, minlength=AGES)
    age = np.bincount(groups, weights=h.weight * h.age, minlength=AGES) / np.maximum(weight, 1)
    new, chance = Histories(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1)), np.random.default_rng(SEED)
    expected = sum(
        weight[place] / DRAWS * counted(model.draw(parameters, new, float(age[place]), DRAWS, chance)[0].astype(float))
        for place in np.flatnonzero(weight)
    )
    actual = counted(h.x, h.weight)
    return [checking.repeat_class(place, width) | {"expected": float(expected[place]), "actual": float(actual[place])}
            for place in range(checking.CLASSES)]  # fmt: skip


def path(model: Buying, parameters: Floats, purchases: Sequence[date], ends: Sequence[date]) -> list[float | None]:
    """One customer's P(alive) at the ends, by what was known then; None before the first purchase.

    purchases: the customer's distinct days with a purchase, ascending.
    """
    if not purchases:
        return [None for _ in ends]
    known = [[day for day in purchases if day <= end] for end in ends]
    told = [(len(days) - 1, (days[-1] - days[0]).days / WEEK, (end - days[0]).days / WEEK)
            for days, end in zip(known, ends, strict=True) if days]  # fmt: skip
    if not told:
        return [None for _ in ends]
    x, t_x, age = np.array(told, float).T
    alive = iter(model.alive(parameters, Histories(x, t_x, age, np.ones(len(x)))))
    return [float(next(alive)) if days else None for days in known]
