"""What can be asked for, by kind of grouping."""

from collections.abc import Mapping
from typing import Any

from dangol.insight.score.groups.rules import clusters, trees
from dangol.insight.score.groups.rules.features import N_

Wish = clusters.Wanted | trees.Wanted
CLUSTERS, TREE = "clusters", "tree"
KIND_NAMES = {CLUSTERS: N_("Clusters"), TREE: N_("Tree")}


def kind_of(wish: Wish) -> str:
    """The kind of grouping a wish is for."""
    return TREE if isinstance(wish, trees.Wanted) else CLUSTERS


def read(kind: str, given: Mapping[str, Any]) -> Wish:
    """A wish from plain values."""
    return trees.wanted(given) if kind == TREE else clusters.wanted(dict(given))
