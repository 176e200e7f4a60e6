"""Features on one scale: logarithm where skewed, then distance from the median in robust standard deviations."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
SKEWED = 1.0
FAR = 4.0  # values further out count as so far: one giant must not become a group of its own
NORMAL_IQR = 1.349  # interquartile range of the normal distribution with standard deviation 1


@dataclass(frozen=True)
class Scale:
    """How one feature is brought to scale. fill: what stands in for a missing value (the median of the known)."""

    name: str
    log: bool
    fill: float
    centre: float
    spread: float


def from_dict(given: Sequence[dict[str, Any]]) -> tuple[Scale, ...]:
    """Scales from plain values."""
    return tuple(Scale(**one) for one in given)


def as_dicts(scales: Sequence[Scale]) -> list[dict[str, Any]]:
    """Scales as plain values."""
    return [asdict(one) for one in scales]


def _skewness(values: Matrix) -> float:
    deviation = values - values.mean()
    spread = values.std()
    return float((deviation**3).mean() / spread**3) if spread > 0 else 0.0


def _scale(name: str, column: Matrix) -> Scale | None:
    known = column[~np.isnan(column)]
    if not len(known):
        return None
    fill = float(np.median(known))
    values = np.where(np.isnan(column), fill, column)
    log = bool(values.min() >= 0 and _skewness(values) > SKEWED)
    values = np.log1p(values) if log else values
    low, centre, high = np.quantile(values, (0.25, 0.5, 0.75))
    spread = float(high - low) / NORMAL_IQR or float(values.std())
    return Scale(name, log, fill, float(centre), spread) if spread > 1e-9 else None


def fit(names: Sequence[str], matrix: Matrix) -> tuple[tuple[Scale, ...], tuple[str, ...]]:
    """The scale of every feature, and the features that are the same for everybody, which cannot tell groups apart.

    matrix: customers by features, NaN where missing.
    """
    found = {name: _scale(name, matrix[:, place]) for place, name in enumerate(names)}
    return (tuple(one for one in found.values() if one), tuple(name for name, one in found.items() if one is None))


def scaled(matrix: Matrix, scales: Sequence[Scale]) -> Matrix:
    """Columns (one a scale, in that order) on their scales, within -FAR..FAR; the same as `tables.scaled`."""
    columns = []
    for place, one in enumerate(scales):
        values = np.where(np.isnan(matrix[:, place]), one.fill, matrix[:, place])
        values = np.log1p(np.maximum(values, 0)) if one.log else values
        columns.append(np.clip((values - one.centre) / one.spread, -FAR, FAR))
    return np.column_stack(columns)
