"""Changes to a definition, each giving a new one. A place is the number of the part on each level: () is the root."""

from dataclasses import replace

from dangol.base.errors import BadInput
from dangol.insight.segments.rules.definition import ANY, Group, Node
from dangol.insight.segments.rules.reading import from_dict, to_dict

Path = tuple[int, ...]
_GONE = Group("gone")  # stands where something is taken from until it lies in its new place


def at(root: Group, path: Path) -> Node:
    """What lies at a place. Raises BadInput."""
    node: Node = root
    for place in path:
        if not isinstance(node, Group) or not 0 <= place < len(node.parts):
            raise BadInput("This part is not there any more. Load the page again.", field="path")
        node = node.parts[place]
    return node


def group_at(root: Group, path: Path) -> Group:
    """The group at a place. Raises BadInput where there is none."""
    node = at(root, path)
    if not isinstance(node, Group):
        raise BadInput("This part is not there any more. Load the page again.", field="path")
    return node


def put(root: Group, path: Path, node: Node) -> Group:
    """The definition with another part at a place."""
    if not path:
        return node if isinstance(node, Group) else Group(parts=(node,))
    parent = group_at(root, path[:-1])
    at(root, path)
    parts = (*parent.parts[: path[-1]], node, *parent.parts[path[-1] + 1 :])
    return put(root, path[:-1], replace(parent, parts=parts))


def add(root: Group, path: Path, node: Node, place: int | None = None) -> Group:
    """The definition with one part more in the group at a place, the last or the `place`-th one. Raises TooMuch."""
    return _checked(_laid(root, path, node, place))


def remove(root: Group, path: Path) -> Group:
    """The definition without a part. The root cannot be removed, only emptied."""
    at(root, path)
    if not path:
        return Group(root.match)
    parent = group_at(root, path[:-1])
    return put(root, path[:-1], replace(parent, parts=(*parent.parts[: path[-1]], *parent.parts[path[-1] + 1 :])))


def move(root: Group, path: Path, into: Path, place: int | None = None) -> Group:
    """The definition with a part lying in another group. Raises BadInput into itself, TooMuch where too deep."""
    node = at(root, path)
    if not path or into[: len(path)] == path:
        raise BadInput("A group cannot lie in itself.", field="path")
    moved = _laid(put(root, path, _GONE), into, node, place)
    return _checked(_swept(moved))


def _laid(root: Group, path: Path, node: Node, place: int | None) -> Group:
    """As `add`, while a part is on its way."""
    group = group_at(root, path)
    at_ = len(group.parts) if place is None else max(0, min(place, len(group.parts)))
    return put(root, path, replace(group, parts=(*group.parts[:at_], node, *group.parts[at_:])))


def _swept(group: Group) -> Group:
    kept = [part for part in group.parts if part is not _GONE]
    return replace(group, parts=tuple(_swept(part) if isinstance(part, Group) else part for part in kept))


def wrap(root: Group, path: Path) -> Group:
    """The definition with a part in a group of its own: any of it, and of what is put beside it."""
    return _checked(put(root, path, Group(ANY, (at(root, path),))))


def unwrap(root: Group, path: Path) -> Group:
    """The definition with a group's parts lying where the group lay."""
    group = group_at(root, path)
    if not path:
        return root
    parent = group_at(root, path[:-1])
    parts = (*parent.parts[: path[-1]], *group.parts, *parent.parts[path[-1] + 1 :])
    return put(root, path[:-1], replace(parent, parts=parts))


def _checked(root: Group) -> Group:
    """The definition itself where it keeps the limits. Raises TooMuch."""
    return from_dict(to_dict(root))


def shift(root: Group, path: Path, steps: int) -> Group:
    """The definition with a part one place up (below 0) or down within its group."""
    if not path:
        return root
    parts = list(group_at(root, path[:-1]).parts)
    node, target = at(root, path), max(0, min(path[-1] + steps, len(parts) - 1))
    parts.pop(path[-1])
    parts.insert(target, node)
    return put(root, path[:-1], replace(group_at(root, path[:-1]), parts=tuple(parts)))


def lift(root: Group, path: Path) -> Group:
    """The definition with a part lying behind the group it was in."""
    return root if len(path) < 2 else move(root, path, path[:-2], path[-2] + 1)


def sink(root: Group, path: Path) -> Group:
    """The definition with a part lying in the next group above it, or in one of its own where there is none."""
    if not path:
        return root
    before = group_at(root, path[:-1]).parts[: path[-1]]
    if before and isinstance(before[-1], Group):
        return move(root, path, (*path[:-1], path[-1] - 1))
    return wrap(root, path)
