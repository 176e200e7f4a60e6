"""What each level is worth, learnt without labels from how often levels occur together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dangol.customers.identify.linkage.rules.comparing import DIFFER_MOST, Comparison

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]
ROUNDS, STRENGTH, LEAST_U, MOST_WEIGHT = 60, 8.0, 1e-7, 22.0
START_BASE, LEAST_M = 0.02, 0.002


@dataclass(frozen=True)
class Model:
    """A fitted model. prior: probability that two records picked at random match; m, u: by comparison, per level;
    matches: how many pairs are expected to match; chance, pairs: of each pattern learnt from, its probability and how
    many pairs it stands for."""

    prior: float
    m: dict[str, list[float]]
    u: dict[str, list[float]]
    matches: float
    chance: Floats
    pairs: Floats

    def weight(self, name: str, level: int) -> float:
        """log2 of m over u."""
        return float(np.log2(self.m[name][level] / self.u[name][level]))


@dataclass(frozen=True)
class Evidence:
    """What a model is learnt from.

    levels: int[patterns, comparisons], -1 missing; pairs: float[patterns], pairs of the whole data each stands for;
    forbidden: bool[patterns], pairs that cannot match; random: by comparison, the share of each level among all pairs
    that have both values; asked: by comparison, the share of all pairs that have them; total: number of all pairs.
    """

    levels: Levels
    pairs: Floats
    forbidden: npt.NDArray[np.bool_]
    random: Mapping[str, Floats]
    asked: Mapping[str, float]
    total: float


def fit(comparisons: Sequence[Comparison], seen: Evidence, records: int) -> Model:
    """Maximum likelihood by expectation and maximisation over all pairs, those outside any block counted as no match.

    m begins at what the levels stand for and is held there by a few imagined pairs; u is what remains of all pairs
    when the expected matches are taken out. Pairs that contradict themselves (see Vetoes) are no matches from the
    start, so that the household next door cannot be learnt as what a match looks like.
    Source: Winkler (1988), Using the EM algorithm for weight computation in the Fellegi-Sunter model of record
    linkage; Herzog, Scheuren and Winkler (2007), Data Quality and Record Linkage Techniques, chapter 9.
    """
    start = {one.name: _start(one) for one in comparisons}
    m, u = dict(start), {one.name: np.maximum(seen.random[one.name], LEAST_U) for one in comparisons}
    matches = max(1.0, min(records * 0.1, float(seen.pairs.sum()) * 0.5))
    for _ in range(ROUNDS):
        probability = _posterior(comparisons, seen, m, u, matches)
        share = probability * seen.pairs
        before, matches = matches, max(float(share.sum()), 0.5)
        for place, one in enumerate(comparisons):
            counts = np.array([share[seen.levels[:, place] == k].sum() for k in range(len(one.levels))])
            m[one.name] = _held((counts + STRENGTH * start[one.name]) / (counts.sum() + STRENGTH), one)
            found = min(counts.sum() / max(seen.total * seen.asked[one.name], 1.0), 0.5)
            rest = seen.random[one.name] - found * counts / max(counts.sum(), 1e-9)
            floor = np.maximum(LEAST_U, seen.random[one.name] * 0.002)
            u[one.name] = _normal(np.maximum(rest, floor))
        if abs(matches - before) < 1e-4 * before:
            break
    chance = _posterior(comparisons, seen, m, u, matches)
    m, u = _bounded(comparisons, m, u)
    listed = [{name: values.tolist() for name, values in one.items()} for one in (m, u)]
    return Model(min(matches / seen.total, 0.5), listed[0], listed[1], matches, chance, seen.pairs)


def _posterior(
    comparisons: Sequence[Comparison], seen: Evidence, m: Mapping[str, Floats], u: Mapping[str, Floats], matches: float
) -> Floats:
    logit = np.full(len(seen.pairs), np.log(matches / max(seen.total - matches, 1.0)))
    for place, one in enumerate(comparisons):
        weights = np.append(np.clip(np.log(m[one.name] / u[one.name]), -MOST_WEIGHT, MOST_WEIGHT), 0.0)
        logit += weights[seen.levels[:, place]]  # -1, missing, is the last: nothing
    probability = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
    probability[seen.forbidden] = 0.0
    return np.asarray(probability, dtype=np.float64)


def _held(m: Floats, one: Comparison) -> Floats:
    """m with no level impossible, and the last one not above what may differ between records of one person."""
    m = _normal(np.maximum(m, LEAST_M))
    most = DIFFER_MOST[one.role]
    if m[-1] > most:
        m[:-1] *= (1 - most) / m[:-1].sum()
        m[-1] = most
    return np.asarray(m, dtype=np.float64)


def _start(one: Comparison) -> Floats:
    return _normal(np.array([level.alike**3 + START_BASE for level in one.levels]))


def _normal(values: Floats) -> Floats:
    return np.asarray(values / values.sum(), dtype=np.float64)


def _bounded(
    comparisons: Sequence[Comparison], m: Mapping[str, Floats], u: Mapping[str, Floats]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Weights that do not grow from a level to a less alike one of the same kind, and stay within bounds."""
    made_m: dict[str, Floats] = {}
    for one in comparisons:
        weights = np.clip(np.log2(m[one.name] / u[one.name]), -MOST_WEIGHT, MOST_WEIGHT)
        weights[-1] = min(weights[-1], -0.05)
        weights[:-1] = np.maximum(weights[:-1], weights[-1] + 0.01)
        made_m[one.name] = u[one.name] * 2.0**weights
    return made_m, dict(u)
