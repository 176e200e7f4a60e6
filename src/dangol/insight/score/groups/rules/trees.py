"""Segments by a tree of few rules, grown for a target: what to ask for, growing, pruning, reading and editing.

A tree is plain values: a split {"feature", "threshold", "low", "high"} (low: below the threshold) or a leaf {"code"}.
A path names a node from the root: "" the root, then "0" for low and "1" for high.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from dangol.base.errors import BadInput
from dangol.insight.score.groups.rules.clusters import SEED
from dangol.insight.score.groups.rules.features import LONGEST_WINDOW_DAYS, N_, OWN, checked, feature
from dangol.insight.score.groups.rules.scaling import Matrix

Tree = dict[str, Any]
FEWEST_CUSTOMERS, FEWEST_HITS = 200, 40
MOST_LEAVES, MOST_DEPTH = 8, 4
SMALLEST_SHARE, SMALLEST_LEAF = 0.02, 20
FOLDS, ALPHAS_TRIED = 5, 12
HELD_TENTHS = 3  # of ten customers, so many are held out
HIGH_SHARE = 0.2
TARGETS = {
    "high_value": N_("Among the best fifth by sales in the period"),
    "asleep": N_("No purchase in the period"),
    "responded": N_("Responded to a campaign"),
    "attribute": N_("Has an attribute"),
}


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for. target: of TARGETS; of: the campaign's key, or "column=value" of an attribute.

    target_days: the length of the period the target is measured in; features are from before it. attributes: columns
    of customers that may be used in rules. window_days: of the features that count purchases.
    """

    target: str = "high_value"
    of: str = ""
    features: tuple[str, ...] = tuple(OWN)
    attributes: tuple[str, ...] = ()
    window_days: int | None = 180
    target_days: int = 90
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise BadInput("There is no target {target}. Known are: {known}.", field="target", target=self.target[:40],
                           known=", ".join(TARGETS))  # fmt: skip
        if self.target == "responded" and not self.of:
            raise BadInput("Say which campaign.", field="of")
        if self.target == "attribute" and "=" not in self.of.strip("="):
            raise BadInput("Say which attribute and value, like kids=2.", field="of")
        if not self.attributes or self.features:
            object.__setattr__(self, "features", checked(self.features))
        if len(self.of) > 120 or len(self.attributes) > 20 or any(len(one) > 60 for one in self.attributes):
            raise BadInput("Choose fewer attributes.", field="attributes")
        for days, name in ((self.window_days, "window_days"), (self.target_days, "target_days")):
            if days is not None and not 1 <= days <= LONGEST_WINDOW_DAYS:
                raise BadInput("The window must be from 1 to {most} days, or empty for all history.", field=name,
                               most=LONGEST_WINDOW_DAYS)  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storing; `wanted` turns them back."""
        return {**asdict(self), "features": list(self.features), "attributes": list(self.attributes)}


def wanted(given: Mapping[str, Any]) -> Wanted:
    """What was asked for, from plain values."""
    return Wanted(**{**given, "features": tuple(given["features"]), "attributes": tuple(given["attributes"])})


def grown(x: Matrix, y: np.ndarray, names: Sequence[str], seed: int) -> Tree:
    """The tree of at most MOST_LEAVES leaves for a yes-or-no target, pruned by cross-validation.

    x: customers by features without gaps; y: bool[n]. Of the trees of the pruning path the smallest is taken whose log
    loss lies within one standard error of the least. Leaves are numbered 1.. by falling rate.
    Source: Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees, chapter 3.
    """
    shape = {"max_leaf_nodes": MOST_LEAVES, "max_depth": MOST_DEPTH, "random_state": seed,
             "min_samples_leaf": max(SMALLEST_LEAF, int(SMALLEST_SHARE * len(y)))}  # fmt: skip
    alphas = DecisionTreeClassifier(**shape).cost_complexity_pruning_path(x, y).ccp_alphas
    alphas = np.unique(np.maximum(alphas, 0))
    tried = alphas[np.unique(np.linspace(0, len(alphas) - 1, ALPHAS_TRIED).astype(int))]
    losses = np.array([_losses(x, y, {**shape, "ccp_alpha": alpha}, seed) for alpha in tried])
    means, errors = losses.mean(axis=1), losses.std(axis=1, ddof=1) / FOLDS**0.5
    best = int(np.argmin(means))
    alpha = max(one for one, mean in zip(tried, means, strict=True) if mean <= means[best] + errors[best])
    model = DecisionTreeClassifier(**shape, ccp_alpha=alpha).fit(x, y)
    rates = iter(_rates(model))
    order = sorted(rates, key=lambda pair: -pair[1])
    codes = {node: place for place, (node, _rate) in enumerate(order, start=1)}
    whole = {name: bool(np.all(x[:, place] == np.round(x[:, place]))) for place, name in enumerate(names)}
    return _read(model.tree_, 0, names, whole, codes)


def _losses(x: Matrix, y: np.ndarray, shape: dict[str, Any], seed: int) -> list[float]:
    found = []
    for inside, outside in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, y):
        chances = DecisionTreeClassifier(**shape).fit(x[inside], y[inside]).predict_proba(x[outside])[:, 1]
        found.append(float(log_loss(y[outside], np.clip(chances, 1e-3, 1 - 1e-3), labels=[False, True])))
    return found


def _rates(model: Any) -> list[tuple[int, float]]:
    """Each leaf's node and share of hits."""
    tree = model.tree_
    return [(node, float(tree.value[node][0][-1] / tree.value[node][0].sum()))
            for node in range(tree.node_count) if tree.children_left[node] < 0]  # fmt: skip


def _read(tree: Any, node: int, names: Sequence[str], whole: Mapping[str, bool], codes: Mapping[int, int]) -> Tree:
    if tree.children_left[node] < 0:
        return {"code": codes[node]}
    name = names[tree.feature[node]]
    low, high = (_read(tree, child[node], names, whole, codes) for child in (tree.children_left, tree.children_right))
    return {"feature": name, "threshold": readable(float(tree.threshold[node]), name, whole=whole[name]), "low": low,
            "high": high}  # fmt: skip


def readable(threshold: float, name: str, *, whole: bool) -> float:
    """A threshold people can say: the next whole number for counts, three digits for the rest."""
    if whole and abs(threshold) < 1000:
        return float(np.floor(threshold) + 1)
    rounded = float(f"{threshold:.3g}")
    return float(round(rounded)) if feature(name).kind in ("money", "days") and abs(rounded) >= 1 else rounded


def nodes(tree: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """Every node with its path, the root first, low before high."""
    yield path, tree
    if "code" not in tree:
        yield from nodes(tree["low"], path + "0")
        yield from nodes(tree["high"], path + "1")


def codes(tree: Tree) -> list[int]:
    """The numbers of the leaves, from low to high."""
    return [node["code"] for _path, node in nodes(tree) if "code" in node]


def used(tree: Tree) -> list[str]:
    """The features the rules use, each once."""
    return list(dict.fromkeys(node["feature"] for _path, node in nodes(tree) if "code" not in node))


@dataclass(frozen=True)
class Bounds:
    """What a rule asks of one feature: at least `least` and below `below`; None is no bound."""

    feature: str
    least: float | None = None
    below: float | None = None


def rules(tree: Tree) -> dict[int, list[Bounds]]:
    """The rule of every leaf: conditions on the same feature drawn together."""
    return {node["code"]: bounds for node, _path, bounds in reached(tree) if "code" in node}


def reached(tree: Tree) -> Iterator[tuple[Tree, str, list[Bounds]]]:
    """Every node with its path and what is known of whoever comes there."""
    return _walk(tree, "", {})


def _walk(tree: Tree, path: str, bounds: dict[str, Bounds]) -> Iterator[tuple[Tree, str, list[Bounds]]]:
    yield tree, path, list(bounds.values())
    if "code" in tree:
        return
    name, threshold = tree["feature"], tree["threshold"]
    now = bounds.get(name, Bounds(name))
    below = threshold if now.below is None else min(threshold, now.below)
    least = threshold if now.least is None else max(threshold, now.least)
    yield from _walk(tree["low"], path + "0", {**bounds, name: Bounds(name, now.least, below)})
    yield from _walk(tree["high"], path + "1", {**bounds, name: Bounds(name, least, now.below)})


def with_threshold(tree: Tree, path: str, threshold: float) -> Tree:
    """The tree with another threshold at a split. Raises BadInput where there is no split or no number."""
    if not np.isfinite(threshold) or abs(threshold) > 1e15:
        raise BadInput("This is not a number that can be compared with.", field="threshold")
    return _changed(tree, path, lambda node: {**node, "threshold": float(threshold)})


def merged(tree: Tree, path: str, customers: Mapping[int, int]) -> Tree:
    """The tree with everything below a split made one leaf, which keeps the number of its largest leaf.

    customers: number of a leaf -> customers in it. Raises BadInput where there is no split.
    """
    return _changed(tree, path, lambda node: {"code": max(codes(node), key=lambda one: (customers.get(one, 0), -one))})


def _changed(tree: Tree, path: str, change: Any) -> Tree:
    if "code" in tree:
        raise BadInput("There is no rule at this place of the tree.", field="path")
    if not path:
        found: Tree = change(tree)
        return found
    side = {"0": "low", "1": "high"}.get(path[0])
    if side is None:
        raise BadInput("There is no rule at this place of the tree.", field="path")
    return {**tree, side: _changed(tree[side], path[1:], change)}


def renumbered(tree: Tree, numbers: Mapping[int, int]) -> Tree:
    """The tree with other numbers for its leaves."""
    if "code" in tree:
        return {"code": numbers[tree["code"]]}
    return {**tree, "low": renumbered(tree["low"], numbers), "high": renumbered(tree["high"], numbers)}


@dataclass(frozen=True)
class Leaf:
    """How a leaf does. customers, hits: all the tree was made with; held, held_hits: those held out of growing."""

    code: int
    customers: int
    hits: int
    held: int
    held_hits: int


def lifts(leaves: Sequence[Leaf]) -> dict[int, tuple[float | None, float | None, float | None]]:
    """Of every leaf: its rate among all, its rate and lift among those held out; None without customers."""
    held, hits = sum(one.held for one in leaves), sum(one.held_hits for one in leaves)
    whole = hits / held if held else 0.0
    return {
        one.code: (
            one.hits / one.customers if one.customers else None,
            one.held_hits / one.held if one.held else None,
            one.held_hits / one.held / whole if one.held and whole else None,
        )
        for one in leaves
    }
