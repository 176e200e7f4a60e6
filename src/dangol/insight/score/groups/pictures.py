"""A tree of rules as its readers see it: the picture, and how every rule does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.features import feature
from dangol.insight.score.groups.wording import answers, condition, label, rule
from dangol.insight.score.reads import SMALL_GROUP, sees_small_groups
from dangol.staff.reads import Member


@dataclass(frozen=True)
class LeafView:
    """A rule of a tree: its conditions as texts, and how it did. Counts are of the customers the tree was made with.

    rate: share of hits; held_rate, lift: of the customers held out, lift against all of them. None without customers,
    or where too small for the reader.
    """

    code: int
    name: str
    conditions: Sequence[str]
    customers: int | None
    rate: float | None
    held: int | None
    held_rate: float | None
    lift: float | None


@dataclass(frozen=True)
class NodeView:
    """A node of the picture. label: what a split asks for; below, above: its answers, for low and high.

    of: who comes there, as conditions in words; empty for everybody.
    """

    path: str
    of: Sequence[str]
    label: str
    below: str
    above: str
    feature: str
    kind: str
    threshold: float | None
    leaf: LeafView | None
    low: "NodeView | None" = None
    high: "NodeView | None" = None


@dataclass(frozen=True)
class TreeView:
    """A tree: its picture, its rules by falling rate, and the rate of all customers held out."""

    root: NodeView
    leaves: Sequence[LeafView]
    customers: int
    rate: float | None
    held_rate: float | None
    generated: Sequence[str]


def tree_of(by: Member, fitted: dict[str, Any], names: dict[int, str]) -> TreeView:
    """The rules of a tree for a reader.

    fitted: as in GroupingView, or as `editing.tried` says. names: what leaves are called, by number.
    """
    folds = not sees_small_groups(by)
    counted = [trees.Leaf(**one) for one in fitted["leaves"]]
    rates, bounds = trees.lifts(counted), trees.rules(fitted["tree"])
    views = {}
    for one in counted:
        few = folds and 0 < one.customers < SMALL_GROUP
        rate, held_rate, lift = (None, None, None) if few else rates[one.code]
        views[one.code] = LeafView(one.code, names.get(one.code) or rule(bounds[one.code]),
                                   [condition(bound) for bound in bounds[one.code]],
                                   None if few else one.customers, rate, None if few else one.held, held_rate,
                                   lift)  # fmt: skip
    customers, held = sum(one.customers for one in counted), sum(one.held for one in counted)
    return TreeView(
        _node(fitted["tree"], "", views, _reached(fitted["tree"])),
        sorted(views.values(), key=lambda one: -(one.rate or 0)), customers,
        sum(one.hits for one in counted) / customers if customers else None,
        sum(one.held_hits for one in counted) / held if held else None, fitted["generated"],
    )  # fmt: skip


def _reached(tree: trees.Tree) -> dict[str, list[str]]:
    """Who comes to every node, by its path, in words."""
    return {path: [condition(one) for one in bounds] for _node, path, bounds in trees.reached(tree)}


def _node(tree: trees.Tree, path: str, leaves: dict[int, LeafView], of: dict[str, list[str]]) -> NodeView:
    if "code" in tree:
        return NodeView(path, of[path], "", "", "", "", "", None, leaves[tree["code"]])
    name, threshold = tree["feature"], tree["threshold"]
    below, above = answers(name, threshold)
    low, high = (_node(tree[side], path + step, leaves, of) for side, step in (("low", "0"), ("high", "1")))
    return NodeView(path, of[path], label(name), below, above, name, feature(name).kind, threshold, None, low, high)
