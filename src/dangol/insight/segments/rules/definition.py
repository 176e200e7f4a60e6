"""A definition as frozen dataclasses.

A definition is a group: all, any or none of its parts, which are conditions or groups again. Every condition is one
question about one customer, answered alone; groups only put answers together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

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
LAST_CAMPAIGN = "@last"  # as a value: the campaign whose first message went out last, whichever that is
BOUGHT, NOTHING = "bought", "nothing"
THEN = {"": N_("whatever came after"), BOUGHT: N_("and bought after it"), NOTHING: N_("and bought nothing after it")}
WHICH = {
    "any": N_("any purchase"), "first": N_("the first purchase of all"), "later": N_("after the first purchase"),
    "last": N_("the last purchase of all"),
}  # fmt: skip
RANKED = ("orders", "amount", "quantity", "products", "average")  # figures that have a top
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
    """A figure over the customer's purchases. Amounts are minor units; least and most are both included.

    which: a key of WHICH, the purchases of all that are known which count. top: instead of bounds, the part (in
    percent, rounded up to whole customers) of those who bought so whose figure is highest; of equal figures the lower
    customer number comes first. price_from, price_to (both included): only what was sold at such a price of one piece,
    which is the amount of a line by its quantity, rounded down; no returns and nothing given away.
    """

    measure: str = "orders"
    least: float | None = 1
    most: float | None = None
    window: Window = Window()
    filters: tuple[Filter, ...] = ()
    which: str = "any"
    top: float | None = None
    price_from: float | None = None
    price_to: float | None = None

    @property
    def is_priced(self) -> bool:
        """Whether only what was sold at some prices counts."""
        return self.price_from is not None or self.price_to is not None


@dataclass(frozen=True)
class Measured:
    """A measure of the company's star, of one customer; the explorer gives the same figure.

    Amounts are minor units, shares 0..1; least and most are both included. window: always, last or between.
    """

    measure: str
    least: float | None = None
    most: float | None = None
    window: Window = Window()


@dataclass(frozen=True)
class Event:
    """How often something happened to the customer. what: a key of WHAT.

    then: a key of THEN; other than "" only those times count from whose day on something, or nothing, was bought within
    so many days (0: up to now). Nothing can be said of fewer days than have passed: such a time does not count.
    """

    what: str
    least: float | None = 1
    most: float | None = None
    window: Window = Window()
    filters: tuple[Filter, ...] = ()
    then: str = ""
    within: int = 0


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


MONEY_SCORES = frozenset({"rfm.monetary"}) | {
    f"lifetime.{name}" for name in ("average_amount", "value", "value_low", "value_high", "at_risk")
}  # amounts in minor units


@dataclass(frozen=True)
class InSegment:
    """Being in another saved segment, or not."""

    segment_id: int
    inside: bool = True


Condition = Profile | Reach | Purchase | Measured | Event | Score | InSegment


@dataclass(frozen=True)
class Group:
    """match: all, any or none of the parts. A group without parts asks for nothing: everybody is in it."""

    match: str = ALL
    parts: tuple["Node", ...] = ()


Node = Condition | Group
KINDS: Mapping[str, type] = {
    "profile": Profile, "reach": Reach, "purchase": Purchase, "measure": Measured, "event": Event, "score": Score,
    "segment": InSegment,
}  # fmt: skip
NAMES = {kind: name for name, kind in KINDS.items()}


def conditions(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Condition]]:
    """Every condition with its place: the number of the part on each level down to it."""
    if not isinstance(node, Group):
        yield path, node
        return
    for place, part in enumerate(node.parts):
        yield from conditions(part, (*path, place))


def is_ready(condition: Condition) -> bool:  # noqa: PLR0911  one return a kind of condition
    """Whether a condition asks for anything yet: one that is still being filled in does not."""
    match condition:
        case Profile() | Score():
            if condition.test == "between":
                return condition.least is not None or condition.most is not None
            return bool(condition.field) and (condition.test in ("known", "unknown") or bool(condition.values))
        case Purchase() if condition.top is not None:
            return all(one.values for one in condition.filters)
        case Purchase() | Event():
            bounded = condition.least is not None or condition.most is not None
            return bounded and all(one.values for one in condition.filters)
        case Measured():
            return bool(condition.measure) and (condition.least is not None or condition.most is not None)
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
