"""A definition as frozen dataclasses, and the one strict way from and to JSON.

A definition is a group: all, any or none of its parts, which are conditions or groups again. Every condition is one
question about one customer, answered alone; groups only put answers together.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from dangol.base.errors import BadInput, TooMuch

VERSION = 1


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Limits:
    """What a definition may be at most: refused beyond it, with the limit named."""

    depth: int = 6
    conditions: int = 60
    values: int = 200
    text: int = 120
    days: int = 3660
    json_bytes: int = 64 * 1024


LIMITS = Limits()
ALL, ANY, NONE = "all", "any", "none"
MATCHES = {ALL: N_("all of these"), ANY: N_("any of these"), NONE: N_("none of these")}

MEASURES = {
    "orders": N_("number of purchases"),
    "amount": N_("amount spent"),
    "quantity": N_("quantity bought"),
    "average": N_("average amount per purchase"),
    "products": N_("number of different products"),
    "first": N_("days since the first purchase"),
    "last": N_("days since the last purchase"),
}
NO_ZERO = frozenset({"average", "first", "last"})  # who bought nothing has no such value, not the value 0
FILTERS = {
    "brand": N_("Brand"), "product_major": N_("Major class"), "product_middle": N_("Middle class"),
    "product_minor": N_("Minor class"), "product_key": N_("Product number"), "store": N_("Store"),
    "store_region": N_("Region of the store"), "channel": N_("Sales channel"),
}  # fmt: skip
WHAT = {
    "visit": N_("web event"), "answer": N_("survey answer"), "contact": N_("campaign message received"),
    "response": N_("response to a campaign"), "click": N_("click in a message"),
    "control": N_("place in a control group"),
}  # fmt: skip
FIELDS_OF: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "visit": {"event": N_("Event"), "page": N_("Page"), "campaign": N_("Campaign")},
    "answer": {"survey_key": N_("Survey"), "question_key": N_("Question"), "answer": N_("Answer")},
    "contact": {"campaign": N_("Campaign"), "channel": N_("Channel")},
    "response": {"campaign": N_("Campaign"), "kind": N_("Kind of response")},
    "click": {"campaign": N_("Campaign")},
    "control": {"campaign": N_("Campaign")},
})  # fmt: skip
TESTS = ("one_of", "none_of", "known", "unknown", "between")


@dataclass(frozen=True)
class Window:
    """A time in company days. kind: always; last (the last `days`, today included); between (since..until).

    quiet_days: for always and last, a time up to today in which nothing may have happened; what is counted lies before
    it. not_since: for between, nothing may have happened after `until`.
    """

    kind: str = "always"
    days: int = 0
    since: date | None = None
    until: date | None = None
    quiet_days: int = 0
    not_since: bool = False

    @property
    def ends_quietly(self) -> bool:
        """Whether something must not have happened after the time that is counted."""
        return bool(self.quiet_days) or self.not_since


@dataclass(frozen=True)
class Filter:
    """Only rows whose field has one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """An attribute of the customer. test: one of TESTS; least and most (both included) for between."""

    field: str
    test: str = "one_of"
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Reach:
    """Whether the customer may be sent advertising on a channel, by consent and address."""

    channel: str
    can: bool = True


@dataclass(frozen=True)
class Purchase:
    """A figure over the customer's purchases. Amounts are minor units; least and most are both included."""

    measure: str = "orders"
    least: float | None = 1
    most: float | None = None
    window: Window = Window()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Event:
    """How often something happened to the customer. what: a key of WHAT."""

    what: str
    least: float | None = 1
    most: float | None = None
    window: Window = Window()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Score:
    """A score. table: rfm, or another that is published; months_ago: 0 for now, else that many scoring days back."""

    table: str
    field: str
    test: str = "one_of"
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    months_ago: int = 0


@dataclass(frozen=True)
class InSegment:
    """Being in another saved segment."""

    segment_id: int


Condition = Profile | Reach | Purchase | Event | Score | InSegment


@dataclass(frozen=True)
class Group:
    """match: all, any or none of the parts. A group without parts asks for nothing: everybody is in it."""

    match: str = ALL
    parts: tuple["Node", ...] = ()


Node = Condition | Group
KINDS: Mapping[str, type] = {
    "profile": Profile, "reach": Reach, "purchase": Purchase, "event": Event, "score": Score, "segment": InSegment,
}  # fmt: skip
NAMES = {kind: name for name, kind in KINDS.items()}


def conditions(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Condition]]:
    """Every condition with its place: the number of the part on each level down to it."""
    if not isinstance(node, Group):
        yield path, node
        return
    for place, part in enumerate(node.parts):
        yield from conditions(part, (*path, place))


def is_ready(condition: Condition) -> bool:
    """Whether a condition asks for anything yet: one that is still being filled in does not."""
    match condition:
        case Profile() | Score():
            if condition.test == "between":
                return condition.least is not None or condition.most is not None
            return bool(condition.field) and (condition.test in ("known", "unknown") or bool(condition.values))
        case Purchase() | Event():
            bounded = condition.least is not None or condition.most is not None
            return bounded and all(one.values for one in condition.filters)
        case InSegment():
            return condition.segment_id > 0
        case _:
            return bool(condition.channel)


def ready(node: Node) -> Node | None:
    """A definition without what is still being filled in; None where nothing is left of it."""
    if not isinstance(node, Group):
        return node if is_ready(node) else None
    parts = tuple(one for part in node.parts if (one := ready(part)) is not None)
    return Group(node.match, parts) if parts else None


def segments_in(node: Node) -> set[int]:
    """The other segments a definition is made from."""
    return {one.segment_id for _path, one in conditions(node) if isinstance(one, InSegment)}


# ---- to JSON -----------------------------------------------------------------------------------------------------


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


# ---- from JSON, strictly -----------------------------------------------------------------------------------------


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
    from dataclasses import MISSING

    return spec.default is MISSING


def _value(name: str, value: Any) -> Any:  # noqa: PLR0911  one return a kind of field
    if name == "window":
        return _window(value)
    if name == "filters":
        return _filters(value)
    if name == "values":
        return _values(value)
    if name in ("least", "most"):
        return _number(name, value)
    if name in ("days", "quiet_days", "months_ago", "segment_id"):
        return _count(name, value)
    if name in ("can", "not_since"):
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
    _time(window)
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


# ---- what fits together ------------------------------------------------------------------------------------------


def whole(condition: Condition) -> Condition:
    """The condition itself where its parts fit together. Raises BadInput."""
    match condition:
        case Purchase():
            _one_of("measure", condition.measure, MEASURES)
            _filters_known(condition.filters, FILTERS)
            _bounds(condition.least, condition.most)
            _time(condition.window)
        case Event():
            _one_of("what", condition.what, WHAT)
            _filters_known(condition.filters, FIELDS_OF[condition.what])
            _bounds(condition.least, condition.most)
            _time(condition.window)
        case Profile() | Score():
            _one_of("test", condition.test, TESTS)
            if condition.test == "between":
                _bounds(condition.least, condition.most)
        case _:
            pass
    return condition


def _one_of(name: str, value: str, known: Any) -> None:
    if value not in known:
        raise BadInput("{name}: “{value}” cannot be chosen. Choose one of: {known}.", field=name, name=name,
                       value=value[:40], known=", ".join(known))  # fmt: skip


def _filters_known(filters: tuple[Filter, ...], known: Mapping[str, str]) -> None:
    for one in filters:
        _one_of("filters", one.field, known)
    if len({one.field for one in filters}) != len(filters):
        raise BadInput("Every filter may be set once.", field="filters")


def _bounds(least: float | None, most: float | None) -> None:
    if least is not None and most is not None and least > most:
        raise BadInput("The smallest number is larger than the largest.", field="least")


def _time(window: Window) -> None:
    _one_of("window", window.kind, ("always", "last", "between"))
    if window.kind == "last" and not window.days:
        raise BadInput("Say how many days.", field="days")
    if window.kind == "between" and (window.since is None or window.until is None or window.since > window.until):
        raise BadInput("Say the first and the last day, the first one first.", field="since")
    if (window.kind == "between" and window.quiet_days) or (window.kind != "between" and window.not_since):
        raise BadInput("“Not since” is said in days, or of a time between two days.", field="quiet_days")
