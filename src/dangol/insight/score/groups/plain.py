"""Clusters and trees of a table of customers from anywhere: no database, no warehouse; the same rules as the pages use.

Features are columns of the table: numbers as they are (`column:<name>`), texts as one yes-or-no for each of their
commonest values (`is:<name>=<value>`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from dangol.base.errors import BadInput
from dangol.insight.score.groups.rules import clusters, naming, scaling, trees
from dangol.insight.score.groups.rules.features import ATTRIBUTE, COLUMN, feature

PRIME, STEP = 2_147_483_647, 48_271  # as in tables.sample
VALUES_TRIED = 6  # of a text, so many values become questions


@dataclass(frozen=True)
class PlainTable:
    """numbers: name -> float[n], NaN where missing; texts: name -> the n texts, None where missing."""

    rows: int
    numbers: Mapping[str, np.ndarray]
    texts: Mapping[str, Sequence[str | None]]


@dataclass(frozen=True)
class PlainClusters:
    """reason: "" or too_few (then nothing else). places: int[n], the cluster of each row, 1..k by falling size.

    groups: number -> size, means, traits and title. same: columns that are the same for everybody.
    """

    reason: str
    rows: int
    needed: int
    same: Sequence[str] = ()
    candidates: Sequence[clusters.Candidate] = ()
    choice: clusters.Choice = field(default_factory=lambda: clusters.Choice(0, "", weak=False))
    places: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    groups: Mapping[int, dict[str, Any]] = field(default_factory=dict)


def _mixed(rows: int) -> np.ndarray:
    """The places of the rows in mixed order, the same every time."""
    mixed: np.ndarray = np.argsort(np.arange(1, rows + 1, dtype=np.int64) * STEP % PRIME, kind="stable")
    return mixed


def find_clusters(table: PlainTable, asked: clusters.Wanted) -> PlainClusters:
    """Find groups of customers by the columns of numbers, and say what distinguishes each.

    Raises BadInput where no column tells customers apart.
    """
    names, needed = list(table.numbers), max(clusters.FEWEST_CUSTOMERS, 10 * asked.k)
    if table.rows < needed:
        return PlainClusters("too_few", table.rows, needed)
    raw = np.column_stack([table.numbers[name] for name in names])
    sample = raw[_mixed(table.rows)[: clusters.SAMPLE]]
    scales, same = scaling.fit(names, sample)
    if not scales:
        raise BadInput("These columns are the same for everybody, so they tell nobody apart. Choose others.",
                       field="columns")  # fmt: skip
    kept = [names.index(one.name) for one in scales]
    candidates, centres = clusters.tried(asked, scaling.scaled(sample[:, kept], scales))
    choice = clusters.chosen(candidates, asked.k)
    z = scaling.scaled(raw[:, kept], scales)
    places = _by_size(clusters.assigned(z, centres[choice.k]))
    groups = _groups(places, raw[:, kept], z, [one.name for one in scales])
    return PlainClusters("", table.rows, needed, same, candidates, choice, places, groups)


def _by_size(places: np.ndarray) -> np.ndarray:
    """Numbers 1.. by falling size; a cluster of the sample that nobody is in has none."""
    found, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
    rank = np.empty(len(found), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(1, len(found) + 1)
    numbers: np.ndarray = rank[inverse]
    return numbers


def _groups(
    places: np.ndarray, raw: scaling.Matrix, z: scaling.Matrix, names: Sequence[str]
) -> dict[int, dict[str, Any]]:
    whole, spread = z.mean(axis=0), z.std(axis=0)
    groups: dict[int, dict[str, Any]] = {}
    for code in range(1, int(places.max()) + 1):
        inside = places == code
        away = (z[inside].mean(axis=0) - whole) / np.where(spread > 0, spread, 1.0)
        groups[code] = {
            "customers": int(inside.sum()), "share": float(inside.mean()),
            "means": {name: _mean(raw[inside, place]) for place, name in enumerate(names)},
            "traits": naming.traits({f"{COLUMN.name}:{name}": float(one)
                                     for name, one in zip(names, away, strict=True)}),
        }  # fmt: skip
    titles = naming.titles({code: group["traits"] for code, group in groups.items()})
    return {code: group | {"title": _title(titles[code])} for code, group in groups.items()}


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _title(traits: Sequence[naming.Trait]) -> str:
    words = []
    for one in traits:
        known = feature(one.feature)
        words.append((known.more if one.difference > 0 else known.less).format(value=known.value))
    return ", ".join(words) or "like everybody"


@dataclass(frozen=True)
class PlainTree:
    """reason: "" or too_few or no_rule (then no tree). places: int[n], the leaf of each row.

    hits: of the target among rows; rules: leaf -> conditions; auc: of the rows held out, 0.5 is chance, None without.
    """

    reason: str
    rows: int
    hits: int
    needed: tuple[int, int]
    tree: trees.Tree = field(default_factory=dict)
    rules: Mapping[int, Sequence[trees.Bounds]] = field(default_factory=dict)
    leaves: Sequence[trees.Leaf] = ()
    places: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    auc: float | None = None


def grow_tree(table: PlainTable, hit: np.ndarray) -> PlainTree:
    """Grow a tree of few rules for a target on 7 of 10 rows and judge it on the others. hit: bool[n]."""
    needed = (trees.FEWEST_CUSTOMERS, trees.FEWEST_HITS)
    told: tuple[int, int, tuple[int, int]] = (table.rows, int(hit.sum()), needed)
    x, names = _questions(table)
    if table.rows < needed[0] or min(hit.sum(), (~hit).sum()) < needed[1]:
        return PlainTree("too_few", *told)
    if not names:
        return PlainTree("no_rule", *told)
    order = _mixed(table.rows)
    held = np.zeros(table.rows, dtype=bool)
    held[order[: table.rows * trees.HELD_TENTHS // 10]] = True
    grown_on = order[~held[order]][: clusters.SAMPLE]
    tree = trees.grown(x[grown_on], hit[grown_on], names, clusters.SEED)
    if "code" in tree:
        return PlainTree("no_rule", *told)
    places = _leaf_of(tree, x, names)
    leaves = [_leaf(code, places == code, hit, held) for code in trees.codes(tree)]
    rates = {one.code: (one.hits - one.held_hits) / max(one.customers - one.held, 1) for one in leaves}
    chances = np.array([rates[code] for code in places[held]])
    auc = float(roc_auc_score(hit[held], chances)) if 0 < hit[held].sum() < held.sum() else None
    return PlainTree("", *told, tree, trees.rules(tree), leaves, places, auc)


def _questions(table: PlainTable) -> tuple[scaling.Matrix, list[str]]:
    """Every column a rule may ask about, gaps filled: numbers by their median, texts by "no"."""
    columns: dict[str, np.ndarray] = {}
    for name, values in table.numbers.items():
        known = values[~np.isnan(values)]
        if len(known) and known.min() < known.max():
            columns[f"{COLUMN.name}:{name}"] = np.where(np.isnan(values), np.median(known), values)
    for name, texts in table.texts.items():
        given = np.array(["" if one is None else one for one in texts], dtype=object)
        found, counts = np.unique(given[given != ""].astype(str), return_counts=True)
        common = [str(one) for one in found[np.argsort(-counts, kind="stable")][:VALUES_TRIED]]
        for value in common[1:] if len(found) <= 2 else common:
            columns[f"{ATTRIBUTE.name}:{name}={value}"] = (given == value).astype(float)
    if not columns:
        return np.empty((table.rows, 0)), []
    return np.column_stack(list(columns.values())), list(columns)


def _leaf_of(tree: trees.Tree, x: scaling.Matrix, names: Sequence[str]) -> np.ndarray:
    if "code" in tree:
        return np.full(len(x), tree["code"], dtype=np.int64)
    below = x[:, names.index(tree["feature"])] < tree["threshold"]
    return np.where(below, _leaf_of(tree["low"], x, names), _leaf_of(tree["high"], x, names))


def _leaf(code: int, inside: np.ndarray, hit: np.ndarray, held: np.ndarray) -> trees.Leaf:
    return trees.Leaf(code, int(inside.sum()), int((inside & hit).sum()), int((inside & held).sum()),
                      int((inside & held & hit).sum()))  # fmt: skip
