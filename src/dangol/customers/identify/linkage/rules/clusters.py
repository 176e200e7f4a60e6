"""From pairs to people: how sure a pair is, from where on pairs are taken, and clusters without chains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Weights inside a cluster, log2 of the odds: who moved and has a new number disagrees with their old record without
# contradicting it, so no disagreement counts for more than MILD (a pair that no block brought together neither), and no
# agreement for more than STRONG; a contradiction (see Vetoes) counts in full.
MILD, STRONG = -4.0, 12.0
FAR, UNLIKE = -1e9, -12.0


def probability(weight: Floats) -> Floats:
    """The probability for a weight, log2 of the odds."""
    return np.asarray(1 / (1 + 2.0 ** -np.clip(weight, -500, 500)))


def prior_of(weight: Floats, prior: float, total: float) -> float:
    """The prior that agrees with its own answer: as many matches as the probabilities of all pairs add up to.

    weight: of the pairs seen, log2 odds under `prior`; total: number of all pairs.
    """
    evidence = weight - np.log2(prior / (1 - prior))
    for _ in range(30):
        before = prior
        prior = float(np.clip(probability(evidence + np.log2(prior / (1 - prior))).sum() / total, 0.5 / total, 0.5))
        if abs(prior - before) < 1e-4 * before:
            break
    return prior


def among_rivals(left: Ints, right: Ints, weight: Floats, files: Ints) -> Floats:
    """The probability of each pair where a record matches at most one of every other file. files: of each record.

    With odds o of a pair and the sum s of the odds of its rivals on one side, o / (1 + o + s); of the two sides the
    smaller. Source: Jaro (1989), JASA 84, section on the assignment of pairs, in its probabilistic form.
    """
    odds = 2.0 ** np.clip(weight, -60, 60)
    least = np.ones(len(odds))
    for side, other in ((left, right), (right, left)):
        _ids, place = np.unique(side * (int(files.max(initial=0)) + 1) + files[other], return_inverse=True)
        least = np.minimum(least, odds / (1 + np.bincount(place, weights=odds)[place]))
    return least


def threshold(chance: Floats, precision: float, pairs: Floats | None = None, least: float = 0.5) -> tuple[float, float]:
    """The lowest probability from which on pairs together keep the wanted precision, and the precision expected.

    Expected precision of the pairs from t on is the mean of their probabilities. Not below `least`. pairs: how many
    pairs each probability stands for, one where None.
    """
    order = np.argsort(-chance, kind="stable")[: int((chance >= least).sum())]
    if not len(order):
        return 1.0, 1.0
    ordered, counts = chance[order], np.ones(len(order)) if pairs is None else pairs[order]
    means = np.cumsum(ordered * counts) / np.maximum(np.cumsum(counts), 1e-9)
    kept = int(np.searchsorted(-means, -precision, side="right"))
    if kept == 0:
        return 1.0, 1.0
    return float(ordered[kept - 1]), float(means[kept - 1])


def one_to_one(left: Ints, right: Ints, chance: Floats, files: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs remain where each record has one partner in every other file: the surest first."""
    taken: set[tuple[int, int]] = set()
    kept = np.zeros(len(chance), bool)
    for place in np.lexsort((right, left, -chance)):
        one = (int(left[place]), int(files[right[place]]))
        other = (int(right[place]), int(files[left[place]]))
        if one not in taken and other not in taken:
            taken.update((one, other))
            kept[place] = True
    return kept


def components(left: Iterable[int], right: Iterable[int]) -> list[list[int]]:
    """Records connected through any pair, as lists of records."""
    parent: dict[int, int] = {}

    def top(record: int) -> int:
        parent.setdefault(record, record)
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for one, other in zip(left, right, strict=True):
        a, b = top(one), top(other)
        if a != b:
            parent[max(a, b)] = min(a, b)
    found: dict[int, list[int]] = defaultdict(list)
    for record in sorted(parent):
        found[top(record)].append(record)
    return list(found.values())


def cut(members: Sequence[int], weights: Mapping[tuple[int, int], float], least: float) -> list[list[int]]:
    """Cut one component into people: groups are joined while their pairs on average keep the weight `least`.

    weights: (smaller, larger) -> log2 odds, FAR or UNLIKE where two records contradict each other; a pair not there is
    MILD. A chain a-b-c whose ends contradict each other is cut at its weaker link. Average linkage: Sokal and Michener
    (1958).
    """
    groups: dict[int, list[int]] = {n: [member] for n, member in enumerate(members)}
    links: dict[int, dict[int, float]] = {n: {} for n in groups}
    index = {member: n for n, member in enumerate(members)}
    for (one, other), weight in weights.items():
        a, b = index[one], index[other]
        held = weight if weight <= UNLIKE else min(max(weight, MILD), STRONG)
        links[a][b] = links[b][a] = held
    while True:
        best = max(
            ((_mean(groups, links, a, b), -a, -b) for a in links for b in links[a] if a < b), default=(FAR, 0, 0)
        )
        if best[0] < least:
            return sorted(sorted(group) for group in groups.values())
        _join(groups, links, -best[1], -best[2])


def _mean(groups: Mapping[int, list[int]], links: Mapping[int, Mapping[int, float]], a: int, b: int) -> float:
    return links[a][b] / (len(groups[a]) * len(groups[b]))


def _join(groups: dict[int, list[int]], links: dict[int, dict[int, float]], a: int, b: int) -> None:
    """Join group b into a; sums of weights to the others are added, an unseen pair counting as MILD."""
    for other in (set(links[a]) | set(links[b])) - {a, b}:
        size = len(groups[other])
        joined = links[a].get(other, MILD * size * len(groups[a])) + links[b].get(other, MILD * size * len(groups[b]))
        links[a][other] = links[other][a] = joined
        links[other].pop(b, None)
    links[a].pop(b, None)
    groups[a] += groups.pop(b)
    del links[b]
