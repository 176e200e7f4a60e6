"""The rules of a tree as fields: each split's threshold in the unit people read, and what came back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput
from dangol.base.money import currency
from dangol.insight.score.groups.pictures import NodeView
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.features import feature
from dangol.insight.score.groups.wording import label


@dataclass(frozen=True)
class Split:
    """One split as a field. value: the threshold in whole money or per cent; unit: of it. yes_no: nothing to type.

    of: who is asked, as conditions in words; empty for everybody.
    """

    path: str
    of: str
    label: str
    value: str
    unit: str
    depth: int
    yes_no: bool


def _scale(kind: str) -> float:
    return 10 ** currency(settings.DANGOL.currency).digits if kind == "money" else 0.01 if kind == "share" else 1


def _unit(kind: str) -> str:
    units = {"money": currency(settings.DANGOL.currency).code, "share": "%", "days": _("days")}
    return units.get(kind, "")


def splits(root: NodeView) -> list[Split]:
    """Every split of a tree, the root first."""
    return list(_splits(root))


def _splits(node: NodeView) -> Iterator[Split]:
    if node.low is None or node.high is None or node.threshold is None:
        return
    value = f"{node.threshold / _scale(node.kind):.10g}"
    yield Split(node.path, " · ".join(node.of), label(node.feature), value, _unit(node.kind), len(node.path),
                node.feature.startswith("is:"))  # fmt: skip
    yield from _splits(node.low)
    yield from _splits(node.high)


def changes(given: Mapping[str, Any], tree: trees.Tree) -> tuple[dict[str, float], list[str]]:
    """Thresholds that differ and paths to be merged, from fields t<path> and m<path>. Raises BadInput."""
    thresholds, merges = {}, []
    for path, node in trees.nodes(tree):
        if "code" in node:
            continue
        if given.get(f"m{path}"):
            merges.append(path)
        text = str(given.get(f"t{path}", "")).replace(",", "").strip()
        kind = feature(node["feature"]).kind
        if text and text != f"{node['threshold'] / _scale(kind):.10g}":
            try:
                thresholds[path] = float(text) * _scale(kind)
            except ValueError:
                raise BadInput("“{text}” is not a number.", field=f"t{path}", text=text[:40]) from None
    return thresholds, merges
