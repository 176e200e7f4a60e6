"""A Sankey diagram of who moved between segments: where every node and band lies, as plain numbers and SVG paths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dangol.insight.score.rules.strategies import NOT_YET, SEGMENTS, way

WIDTH, HEIGHT = 720.0, 460.0
NODE_WIDTH, GAP, MARGIN = 12.0, 10.0, 150.0  # margin: for the names beside the nodes
LEAST_NODE = 2.0


@dataclass(frozen=True)
class Node:
    """A segment on one side. x, y: its upper left corner; middle: where its name stands."""

    code: str
    left: bool
    customers: int
    x: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        """Where the name beside it stands."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Band:
    """Customers who went from one segment to another: an SVG path, and which way it goes (see strategies.way)."""

    before: str
    after: str
    customers: int
    way: str
    path: str


@dataclass(frozen=True)
class Sankey:
    """A diagram of WIDTH by HEIGHT."""

    nodes: Sequence[Node]
    bands: Sequence[Band]
    width: float = WIDTH
    height: float = HEIGHT


def sankey(counts: Mapping[tuple[str, str], int]) -> Sankey:
    """Lay out flows: before on the left, after on the right, both in the order of the segments.

    counts: (before, after) -> customers, none below 0; before NOT_YET stands at the bottom. A node is as high as its
    customers (at least LEAST_NODE, to be seen), bands leave and arrive in the order of the other side, so that they
    cross as little as the order allows.
    """
    flows = {pair: count for pair, count in counts.items() if count > 0}
    befores = [code for code in (*SEGMENTS, NOT_YET) if any(one == code for one, _after in flows)]
    afters = [code for code in SEGMENTS if any(one == code for _before, one in flows)]
    total = sum(flows.values())
    if not total:
        return Sankey((), ())
    scale = (HEIGHT - GAP * (max(len(befores), len(afters)) - 1)) / total
    left = _column(befores, {code: sum(n for (one, _), n in flows.items() if one == code) for code in befores}, scale,
                   left=True)  # fmt: skip
    right = _column(afters, {code: sum(n for (_, one), n in flows.items() if one == code) for code in afters}, scale,
                    left=False)  # fmt: skip
    return Sankey([*left.values(), *right.values()], _bands(flows, left, right, scale))


def _column(codes: Sequence[str], sizes: Mapping[str, int], scale: float, *, left: bool) -> dict[str, Node]:
    x, y, placed = MARGIN if left else WIDTH - MARGIN - NODE_WIDTH, 0.0, {}
    for code in codes:
        height = max(sizes[code] * scale, LEAST_NODE)
        placed[code] = Node(code, left, sizes[code], x, round(y, 2), round(height, 2))
        y += sizes[code] * scale + GAP
    return placed


def _bands(
    flows: Mapping[tuple[str, str], int], left: Mapping[str, Node], right: Mapping[str, Node], scale: float
) -> list[Band]:
    leaves, arrives = ({code: node.y for code, node in side.items()} for side in (left, right))
    begin, end = MARGIN + NODE_WIDTH, WIDTH - MARGIN - NODE_WIDTH
    bend, bands = (begin + end) / 2, []
    for before in left:
        for after in right:
            count = flows.get((before, after), 0)
            if not count:
                continue
            top, bottom, high = leaves[before], arrives[after], count * scale
            leaves[before], arrives[after] = top + high, bottom + high
            path = (
                f"M{begin:.1f} {top:.2f}C{bend:.1f} {top:.2f} {bend:.1f} {bottom:.2f} {end:.1f} {bottom:.2f}"
                f"V{bottom + high:.2f}C{bend:.1f} {bottom + high:.2f} {bend:.1f} {top + high:.2f} {begin:.1f} "
                f"{top + high:.2f}Z"
            )
            bands.append(Band(before, after, count, way(before, after), path))
    return bands
