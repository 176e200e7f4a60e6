"""The one strict way of a definition from and to JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING
from datetime import date
from typing import Any

from dangol.base.errors import BadInput, TooMuch
from dangol.insight.segments.rules.definition import (
    FILTERS,
    KINDS,
    LIMITS,
    MATCHES,
    NAMES,
    VERSION,
    Filter,
    Group,
    Node,
    Window,
    conditions,
)
from dangol.insight.segments.rules.fitting import whole, whole_window


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Window | Filter):
        return {name: _plain(one) for name, one in vars(value).items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def node_to_dict(node: Node) -> dict[str, Any]:
    """A group or condition as plain values."""
    if isinstance(node, Group):
        return {"match": node.match, "parts": [node_to_dict(part) for part in node.parts]}
    return {"kind": NAMES[type(node)], **{name: _plain(value) for name, value in vars(node).items()}}


def to_dict(root: Group) -> dict[str, Any]:
    """A definition as JSON holds it."""
    return {"version": VERSION, **node_to_dict(root)}


def from_dict(given: Any) -> Group:
    """A definition from plain values. Raises BadInput for what is none, TooMuch beyond LIMITS."""
    if not isinstance(given, Mapping):
        raise BadInput("A definition is an object with version, match and parts.", field="definition")
    if given.get("version") != VERSION:
        raise BadInput("A definition must say its version: {version}.", field="version", version=VERSION)
    root = node_from_dict({name: value for name, value in given.items() if name != "version"})
    if len(json.dumps(given, default=str)) > LIMITS.json_bytes:
        raise TooMuch("A definition may have at most {limit} bytes.", limit=LIMITS.json_bytes)
    if not isinstance(root, Group):
        raise BadInput("A definition begins with a group: all, any or none.", field="match")
    found = sum(1 for _one in conditions(root))
    if found > LIMITS.conditions:
        raise TooMuch(
            "A segment may have at most {limit} conditions; this one has {found}.", limit=LIMITS.conditions,
            found=found,
        )  # fmt: skip
    return root


def node_from_dict(given: Any, depth: int = 1) -> Node:
    """A group or a condition from plain values. Raises BadInput, TooMuch."""
    if depth > LIMITS.depth:
        raise TooMuch("Groups may lie at most {limit} deep in each other.", limit=LIMITS.depth)
    if not isinstance(given, Mapping):
        raise BadInput("A part is a group or a condition.", field="parts")
    if "match" in given:
        return _group(given, depth)
    made = KINDS.get(str(given.get("kind")))
    if made is None:
        raise BadInput("There is no kind of condition {kind}.", field="kind", kind=str(given.get("kind"))[:40])
    values = {name: value for name, value in given.items() if name != "kind"}
    return whole(made(**_read(made, values)))


def _group(given: Mapping[str, Any], depth: int) -> Group:
    unknown = set(given) - {"match", "parts"}
    if unknown or given["match"] not in MATCHES or not isinstance(given.get("parts"), list | tuple):
        raise BadInput("A group has match (all, any or none) and parts, nothing else.", field="match")
    if len(given["parts"]) > LIMITS.conditions:
        raise TooMuch(
            "A segment may have at most {limit} conditions; this one has {found}.", limit=LIMITS.conditions,
            found=len(given["parts"]),
        )  # fmt: skip
    return Group(given["match"], tuple(node_from_dict(part, depth + 1) for part in given["parts"]))


def _read(made: type, values: Mapping[str, Any]) -> dict[str, Any]:
    known = made.__dataclass_fields__  # type: ignore[attr-defined]
    unknown = sorted(str(name) for name in set(values) - set(known))
    if unknown:
        raise BadInput("A condition of this kind has no field {name}.", field=unknown[0][:40], name=unknown[0][:40])
    missing = sorted(name for name, spec in known.items() if name not in values and _needed(spec))
    if missing:
        raise BadInput("Fill in {name}.", field=missing[0], name=missing[0])
    return {name: _value(name, value) for name, value in values.items()}


def _needed(spec: Any) -> bool:
    return spec.default is MISSING


def _value(name: str, value: Any) -> Any:  # noqa: PLR0911  one return a kind of field
    if name == "window":
        return _window(value)
    if name == "filters":
        return _filters(value)
    if name == "values":
        return _values(value)
    if name in ("least", "most", "top", "price_from", "price_to"):
        return _number(name, value)
    if name in ("days", "quiet_days", "months_ago", "segment_id", "within"):
        return _count(name, value)
    if name in ("can", "not_since", "inside"):
        if not isinstance(value, bool):
            raise BadInput("{name} is true or false.", field=name, name=name)
        return value
    if name in ("since", "until"):
        return _day(name, value)
    return _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadInput("{name} is a text.", field=name, name=name)
    if len(value) > LIMITS.text:
        raise TooMuch("{name} may have at most {limit} characters.", field=name, name=name, limit=LIMITS.text)
    return value


def _values(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BadInput("values is a list of texts.", field="values")
    if len(value) > LIMITS.values:
        raise TooMuch("A condition may name at most {limit} values.", field="values", limit=LIMITS.values)
    return tuple(sorted({_text("values", one) for one in value}))


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e15:
        raise BadInput("{name} is a number or empty.", field=name, name=name)
    return int(value) if float(value).is_integer() else float(value)


def _count(name: str, value: Any) -> int:
    most = {"months_ago": 12, "segment_id": 2**62}.get(name, LIMITS.days)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadInput("{name} is a whole number from 0 to {most}.", field=name, name=name, most=most)
    return value


def _day(name: str, value: Any) -> date | None:
    try:
        return None if value is None else value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput("Write the day like 2026-11-23.", field=name) from None


def _window(value: Any) -> Window:
    if isinstance(value, Window):
        return value
    if not isinstance(value, Mapping):
        raise BadInput("A time is an object with kind.", field="window")
    return Window(**_read(Window, value))


def window_from_dict(given: Mapping[str, Any]) -> Window:
    """A time from plain values. Raises BadInput."""
    window = _window(given)
    whole_window(window)
    return window


def _filters(value: Any) -> tuple[Filter, ...]:
    if not isinstance(value, list | tuple) or len(value) > len(FILTERS):
        raise BadInput("filters is a list of objects with field and values.", field="filters")
    found = []
    for one in value:
        if isinstance(one, Filter):
            found.append(one)
        elif isinstance(one, Mapping):
            found.append(Filter(**_read(Filter, one)))
        else:
            raise BadInput("filters is a list of objects with field and values.", field="filters")
    return tuple(sorted(found, key=lambda one: one.field))
