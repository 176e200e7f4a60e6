"""What sentences are made with in either language."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dangol.insight.segments.rules.definition import (
    ALL,
    LAST_CAMPAIGN,
    MONEY_SCORES,
    NONE,
    Condition,
    Event,
    Filter,
    Group,
    InSegment,
    Measured,
    Node,
    Profile,
    Purchase,
    Reach,
    Score,
)

OPPOSITE = {"one_of": "none_of", "none_of": "one_of", "known": "unknown", "unknown": "known"}
COUNTS = ("orders", "quantity", "products")
MONEY = ("amount", "average")


@dataclass(frozen=True)
class Words:
    """What a sentence is made with. language: ko or en. label: of a field. value: a field's value as people call it.

    money: minor units as an amount. day: a date. unit: what the number of a measure is: money, share, days, count …
    """

    language: str
    label: Callable[[str, str], str]
    value: Callable[[str, str], str]
    money: Callable[[float], str]
    day: Callable[[object], str]
    unit: Callable[[str], str] = lambda _measure: "count"


def plain(number: float) -> str:
    """A number without needless decimals."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,}"


def is_never(one: Purchase | Event) -> bool:
    """Whether it asks that nothing happened."""
    counts = isinstance(one, Event) or one.measure in (*COUNTS, "amount")
    return counts and not one.least and one.most == 0


def is_once(one: Purchase | Event) -> bool:
    """Whether it asks only that something happened at all."""
    return one.least == 1 and one.most is None and (isinstance(one, Event) or one.measure == "orders")


def last_campaign(one: Filter) -> bool:
    """Whether a filter asks for the last campaign, whichever that is, and for no other."""
    return one.field == "campaign" and one.values == (LAST_CAMPAIGN,)


def in_order(one: Filter) -> list[str]:
    """The values of a filter, those with a name of their own first."""
    return sorted(one.values, key=lambda value: value == LAST_CAMPAIGN)


def number_of(one: Purchase | Measured | Profile | Score, words: Words) -> Callable[[float], str]:
    """How the numbers of a figure are written."""
    if isinstance(one, Profile | Score):
        money = isinstance(one, Score) and f"{one.table}.{one.field}" in MONEY_SCORES
        return words.money if money else plain
    unit = words.unit(one.measure) if isinstance(one, Measured) else "money" if one.measure in MONEY else ""
    if unit == "share":
        return lambda share: f"{plain(round(share * 100, 6))}%"
    return words.money if unit == "money" else plain


def denied(node: Node) -> Node:
    """A group of which nothing may fit, as one all of which fits, where each part can be said the other way round."""
    if not isinstance(node, Group) or node.match != NONE:
        return node
    parts = tuple(_opposite(part) for part in node.parts)
    return Group(ALL, tuple(one for one in parts if one is not None)) if None not in parts else node


def _opposite(node: Node) -> Condition | None:
    """The condition that exactly those meet who do not meet this one; None where there is none."""
    match node:
        case Profile() | Score() if node.test in OPPOSITE:
            return replace(node, test=OPPOSITE[node.test])
        case Reach():
            return replace(node, can=not node.can)
        case InSegment():
            return replace(node, inside=not node.inside)
        case Purchase() | Event() if _is_count(node) and (node.least or 0) >= 1 and node.most is None:
            return replace(node, least=None, most=int(node.least or 0) - 1)
    return None


def _is_count(one: Purchase | Event) -> bool:
    """Whether its figure is a whole number that everybody has."""
    if isinstance(one, Event):
        return not one.then and not one.window.ends_quietly
    return one.measure in COUNTS and one.top is None and not one.window.ends_quietly and one.which == "any"
