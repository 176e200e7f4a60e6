"""Finding clusters, and how many there are: k-means, a Gaussian mixture, or a hierarchy (Ward).

Every method ends in one shape, `Centres`: a customer belongs to the cluster whose (weighted) squared distance plus
bias is least. So everybody is assigned by one expression in the engine, whatever found the centres in the sample.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from dangol.base.errors import BadInput
from dangol.insight.score.groups.rules.features import LONGEST_WINDOW_DAYS, N_, USUAL, checked
from dangol.insight.score.groups.rules.scaling import Matrix

SEED = 20261123
METHODS = {
    "kmeans": N_("k-means"),
    "mixture": N_("Gaussian mixture"),
    "hierarchical": N_("Hierarchy (Ward)"),
}
FEWEST_K, MOST_K = 2, 10
FEWEST_CUSTOMERS = 100
SAMPLE = 20_000
HIERARCHY_SAMPLE = 3_000
DRAWN_AGAIN = 5  # bootstrap samples a k
DRAWN_ROWS = 4_000
SHAPE_ROWS = 2_000
# Source: Hennig (2007), Cluster-wise assessment of cluster stability, CSDA 52, section 3: 0.75 and more is stable.
STABLE = 0.75
# Source: Kaufman and Rousseeuw (1990), Finding Groups in Data, table 4: to 0.25 no substantial structure.
SOME_STRUCTURE = 0.25
SMALLEST_SHARE = 0.02
LEAST_VARIANCE = 0.05


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for. k: 0 lets the data choose from 2..most_k. window_days: None for all history."""

    method: str = "kmeans"
    features: tuple[str, ...] = USUAL
    window_days: int | None = 365
    k: int = 0
    most_k: int = 8
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadInput("There is no method {method}. Known are: {known}.", field="method",
                           method=self.method[:40], known=", ".join(METHODS))  # fmt: skip
        object.__setattr__(self, "features", checked(self.features))
        if self.window_days is not None and not 1 <= self.window_days <= LONGEST_WINDOW_DAYS:
            raise BadInput("The window must be from 1 to {most} days, or empty for all history.", field="window_days",
                           most=LONGEST_WINDOW_DAYS)  # fmt: skip
        if self.k and not FEWEST_K <= self.k <= MOST_K:
            raise BadInput("The number of clusters must be from {least} to {most}.", field="k", least=FEWEST_K,
                           most=MOST_K)  # fmt: skip
        if not FEWEST_K <= self.most_k <= MOST_K:
            raise BadInput("The number of clusters must be from {least} to {most}.", field="most_k", least=FEWEST_K,
                           most=MOST_K)  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing; `Wanted(**…)` turns them back."""
        return {**asdict(self), "features": list(self.features)}


def wanted(given: dict[str, Any]) -> Wanted:
    """What was asked for, from plain values."""
    return Wanted(**{**given, "features": tuple(given["features"])})


@dataclass(frozen=True)
class Centres:
    """Where clusters lie. centres, variances: k lists of a number a feature, on scale; biases: k numbers."""

    centres: tuple[tuple[float, ...], ...]
    variances: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing."""
        return asdict(self)


def centres_from(given: dict[str, Any]) -> Centres:
    """Centres from plain values."""
    return Centres(tuple(map(tuple, given["centres"])), tuple(map(tuple, given["variances"])), tuple(given["biases"]))


def assigned(z: Matrix, found: Centres) -> np.ndarray:
    """The place of each row's cluster, 0..k-1; the same as `tables.assigned`."""
    distances = [
        ((z - np.array(centre)) ** 2 / np.array(variance)).sum(axis=1) + bias
        for centre, variance, bias in zip(found.centres, found.variances, found.biases, strict=True)
    ]
    nearest: np.ndarray = np.argmin(np.column_stack(distances), axis=1)
    return nearest


def _round_centres(centres: Any) -> Centres:
    rows = tuple(tuple(float(one) for one in row) for row in centres)
    return Centres(rows, tuple(tuple(1.0 for _one in row) for row in rows), (0.0,) * len(rows))


def _kmeans(z: Matrix, k: int, seed: int) -> Centres:
    return _round_centres(KMeans(n_clusters=k, n_init=4, random_state=seed).fit(z).cluster_centers_)


def _mixture(z: Matrix, k: int, seed: int) -> Centres:
    """Diagonal covariances: a width a cluster and feature. Distance: -2 log density, less what is common."""
    model = GaussianMixture(k, covariance_type="diag", n_init=2, reg_covar=LEAST_VARIANCE, random_state=seed).fit(z)
    variances = model.covariances_
    biases = np.log(variances).sum(axis=1) - 2 * np.log(model.weights_)
    return Centres(tuple(tuple(map(float, row)) for row in model.means_),
                   tuple(tuple(map(float, row)) for row in variances), tuple(map(float, biases)))  # fmt: skip


def _hierarchy(z: Matrix, k: int, _seed: int) -> Centres:
    rows = z[:HIERARCHY_SAMPLE]
    labels = fcluster(linkage(rows, "ward"), k, "maxclust")
    return _round_centres([rows[labels == label].mean(axis=0) for label in np.unique(labels)])


FITS: dict[str, Callable[[Matrix, int, int], Centres]] = {
    "kmeans": _kmeans, "mixture": _mixture, "hierarchical": _hierarchy,
}  # fmt: skip


def found(method: str, z: Matrix, k: int, seed: int) -> Centres:
    """The centres of k clusters; fewer where there are fewer different customers. The same seed gives the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return FITS[method](z, k, seed)


@dataclass(frozen=True)
class Candidate:
    """One number of clusters. silhouette: -1..1; stability: mean adjusted Rand index when drawn again, None not asked.

    bic: of a mixture, lower is better. smallest: share of the smallest cluster.
    """

    k: int
    silhouette: float
    stability: float
    smallest: float
    bic: float | None = None


def judged(method: str, z: Matrix, k: int, seed: int) -> tuple[Candidate, Centres]:
    """One number of clusters, fitted and judged. z: customers of the sample on scale, in random order."""
    whole = found(method, z, k, seed)
    labels = assigned(z, whole)
    counts = np.bincount(labels, minlength=k)
    head = min(len(z), SHAPE_ROWS)
    shape = silhouette_score(z[:head], labels[:head]) if 1 < len(set(labels[:head])) < head else 0.0
    return Candidate(
        k, float(shape), _stability(method, z, k, seed, labels), float(counts.min() / len(z)),
        _bic(z, whole) if method == "mixture" else None,
    ), whole  # fmt: skip


def _stability(method: str, z: Matrix, k: int, seed: int, labels: np.ndarray) -> float:
    """Mean adjusted Rand index between the clusters and those of samples drawn with replacement, on all rows.

    Source: Hubert and Arabie (1985), Comparing partitions, J. Classification 2, equation 5; Hennig (2007), section 2.
    """
    size = min(len(z), DRAWN_ROWS)
    agreed = []
    for time in range(DRAWN_AGAIN):
        drawn = np.random.default_rng((seed, k, time)).integers(0, len(z), size)
        again = assigned(z, found(method, z[drawn], k, seed + time + 1))
        agreed.append(adjusted_rand_score(labels, again))
    return float(np.mean(agreed))


def _bic(z: Matrix, model: Centres) -> float:
    """Source: Schwarz (1978), Estimating the Dimension of a Model, Ann. Statist. 6; -2 log L + p log n."""
    d, k = z.shape[1], len(model.centres)
    halves = [
        -0.5 * (((z - np.array(centre)) ** 2 / np.array(variance)).sum(axis=1) + bias + d * np.log(2 * np.pi))
        for centre, variance, bias in zip(model.centres, model.variances, model.biases, strict=True)
    ]
    likelihood = np.logaddexp.reduce(np.column_stack(halves), axis=1).sum()
    return float(-2 * likelihood + (k * 2 * d + k - 1) * np.log(len(z)))


def tried(
    asked: Wanted, z: Matrix, say: Callable[[int, int], None] = lambda _done, _total: None
) -> tuple[list[Candidate], dict[int, Centres]]:
    """Every number of clusters up to the most, and the one asked for, as far as there are different customers.

    say: told how many of how many were tried. Raises BadInput where there are too few different customers.
    """
    different = len(np.unique(z[:HIERARCHY_SAMPLE], axis=0))
    numbers = [k for k in range(FEWEST_K, max(asked.most_k, asked.k) + 1) if k <= different]
    candidates, centres = [], {}
    for place, k in enumerate(numbers):
        say(place, len(numbers))
        candidate, whole = judged(asked.method, z, k, asked.seed)
        if len(whole.centres) == k:
            candidates.append(candidate)
            centres[k] = whole
    if not candidates or (asked.k and asked.k not in centres):
        raise BadInput("There are only {n} different customers by these features. Choose more features or fewer "
                       "clusters.", field="k", n=different)  # fmt: skip
    return candidates, centres


@dataclass(frozen=True)
class Choice:
    """How many clusters, and why. reason: a code of REASONS; weak: the clusters hardly stand apart."""

    k: int
    reason: str
    weak: bool


REASONS = {
    "asked": N_("{k} clusters, as somebody chose."),
    "silhouette": N_("{k} clusters: of the numbers that stay the same when customers are drawn again (adjusted Rand "
                     "{stability}), these stand apart best (silhouette {silhouette})."),
    "bic": N_("{k} clusters: of the numbers that stay the same when customers are drawn again (adjusted Rand "
              "{stability}), these explain the data with the fewest parameters (BIC {bic})."),
    "least_unstable": N_("{k} clusters: no number stays quite the same when customers are drawn again; this one does "
                         "best (adjusted Rand {stability}). Take the borders as rough."),
}  # fmt: skip
WEAK = N_("The clusters run into one another (silhouette {silhouette}): they are a useful cut, not separate kinds of "
          "people.")  # fmt: skip


def chosen(candidates: Sequence[Candidate], asked: int = 0) -> Choice:
    """The number of clusters to take: best of the stable ones without tiny clusters, or what was asked for."""
    if asked:
        one = next(candidate for candidate in candidates if candidate.k == asked)
        return Choice(asked, "asked", one.silhouette < SOME_STRUCTURE)
    usable = [one for one in candidates if one.smallest >= SMALLEST_SHARE] or list(candidates)
    stable = [one for one in usable if one.stability >= STABLE]
    if not stable:
        best = max(usable, key=lambda one: one.stability)
        return Choice(best.k, "least_unstable", best.silhouette < SOME_STRUCTURE)
    if all(one.bic is not None for one in stable):
        best = min(stable, key=lambda one: cast(float, one.bic))
        return Choice(best.k, "bic", best.silhouette < SOME_STRUCTURE)
    best = max(stable, key=lambda one: one.silhouette)
    return Choice(best.k, "silhouette", best.silhouette < SOME_STRUCTURE)
