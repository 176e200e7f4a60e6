"""Conditions as forms: what each card asks, and what was typed as a condition."""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol.base.errors import BadInput
from dangol.base.money import currency, to_major, to_minor
from dangol.insight.segments import reads, rules
from dangol.insight.segments.rules import (
    Event,
    Filter,
    InSegment,
    Measured,
    Profile,
    Purchase,
    Reach,
    Score,
    Window,
)

MONEY = ("amount", "average")
PRICE = "price"  # the one way to narrow purchases down that is no list of values
CAMPAIGNS = ("contact", "response", "click", "control")
TESTS = {
    "one_of": N_("is one of"), "none_of": N_("is none of"), "between": N_("lies between"),
    "known": N_("is known"), "unknown": N_("is not known"),
}  # fmt: skip
WINDOWS = {"last": N_("in the last days"), "between": N_("between two days"), "always": N_("at any time")}
# What can be added: key -> label, hint, icon, the condition it begins as.
STARTS: dict[str, tuple[str, str, str, rules.Node]] = {
    "profile": (N_("Profile"), N_("gender, age, branch, own attributes"), "person", Profile("gender")),
    "purchase": (N_("Purchases"), N_("how often, how much, of what, not since"), "inbox",
                 Purchase(window=Window("last", 90))),
    "measure": (N_("Own measures and figures"), N_("margin, discount share, formulas of the company’s own"), "chart",
                Measured("", window=Window("last", 365))),
    "score": (N_("Scores"), N_("RFM, lifetime value, groups"), "star", Score("rfm", "segment")),
    "campaign": (N_("Campaigns"), N_("received, responded, clicked, control group"), "megaphone",
                 Event("contact", window=Window("last", 90))),
    "event": (N_("Events"), N_("web events, survey answers"), "clock", Event("visit", window=Window("last", 30))),
    "reach": (N_("Reachable"), N_("may be sent advertising"), "send", Reach("email")),
    "segment": (N_("Another segment"), N_("who is in it, or not"), "people", InSegment(0)),
}  # fmt: skip


def shape(node: rules.Node) -> Any:
    """What decides which fields a card has: while it stays the same the card need not be drawn anew."""
    match node:
        case Profile() | Score():
            return type(node), getattr(node, "table", ""), node.field, node.test, node.values
        case Purchase():
            return Purchase, node.measure, node.window.kind, node.filters, node.top is None, node.is_priced
        case Measured():
            return Measured, node.measure, node.window.kind
        case Event():
            return Event, node.what, node.window.kind, node.filters, node.then
        case _:
            return node


def read(given: QueryDict, before: rules.Condition) -> rules.Condition:  # noqa: PLR0911  one return a kind of condition
    """The condition a card says now. Raises BadInput, TooMuch."""
    match before:
        case Profile():
            return rules.whole(_tested(given, before, given.get("field", before.field)))
        case Score():
            table, _dot, field = given.get("field", f"{before.table}.{before.field}").partition(".")
            found = replace(_tested(given, before, field, (before.table, before.field) != (table, field)), table=table)
            return rules.whole(replace(found, months_ago=_whole(given, "months_ago") or 0))
        case Reach():
            return Reach(given.get("channel", before.channel), given.get("can", "1") == "1")
        case InSegment():
            return InSegment(_whole(given, "segment_id") or 0, given.get("inside", "1") == "1")
        case Purchase():
            return rules.whole(_purchase(given, before))
        case Measured():
            return rules.whole(_measured(given, before))
        case Event():
            what = given.get("what", before.what)
            least, most = _bounds(given, money=False)
            filters = _filters(given, before.filters) if what == before.what else ()
            then = given.get("then", before.then)
            within = _whole(given, "within") or 0 if then else 0
            return rules.whole(Event(what, least, most, _window(given), filters, then, within))


def _purchase(given: QueryDict, before: Purchase) -> Purchase:
    measure = given.get("measure", before.measure)
    filters, which = _filters(given, before.filters), given.get("which", before.which)
    low, high = _prices(given, before)
    if given.get("by") == "top" and measure in rules.RANKED:
        top = _number(given, "top", money=False) or before.top or 10
        window = replace(_window(given), quiet_days=0, not_since=False)
        return Purchase(measure, None, None, window, filters, which, top, low, high)
    least, most = _bounds(given, money=measure in MONEY and before.measure in MONEY)
    if (measure in MONEY) != (before.measure in MONEY):  # three purchases are not three won
        least, most = None, None
    return Purchase(measure, least, most, _window(given), filters, which, None, low, high)


def _prices(given: QueryDict, before: Purchase) -> tuple[float | None, float | None]:
    """The prices of a piece that count: from nothing on, where they were just added."""
    if given.get("add_filter") == PRICE:
        return 0, None
    if not before.is_priced or PRICE in given.getlist("drop_filter"):
        return None, None
    return _number(given, "price_from", money=True), _number(given, "price_to", money=True)


def _measured(given: QueryDict, before: Measured) -> Measured:
    """A measure's condition. Another measure begins afresh: its figures are of another size."""
    measure = given.get("measure", before.measure)
    if measure != before.measure:
        return Measured(measure, None, None, before.window)
    unit = units().get(measure, "")
    least, most = _bounds(given, money=unit == "money")
    if unit == "share":
        least, most = (None if one is None else one / 100 for one in (least, most))
    return Measured(measure, least, most, _window(given))


def units() -> dict[str, str]:
    """What the number of each measure is."""
    return {one.name: one.unit for one in reads.measures()}


def _tested(given: QueryDict, before: Any, field: str, other: bool | None = None) -> Any:
    """A value's test. Another field begins afresh: its values are others."""
    if field != before.field or other:
        return replace(before, field=field, test="one_of", values=(), least=None, most=None)
    test = given.get("test", before.test)
    least, most = _bounds(given, money=_is_money(before))
    between = test == "between"
    return replace(
        before, field=field, test=test, values=tuple(sorted(set(given.getlist("values")))),
        least=least if between else None, most=most if between else None,
    )  # fmt: skip


def _is_money(node: Any) -> bool:
    """Whether the numbers of a card are amounts."""
    of_scores = isinstance(node, Score) and f"{node.table}.{node.field}" in rules.MONEY_SCORES
    return of_scores or getattr(node, "measure", "") in MONEY


def _number(given: QueryDict, name: str, *, money: bool) -> float | None:
    text = given.get(name, "").strip().replace(",", "")
    if not text:
        return None
    if money:
        return to_minor(text, currency(settings.DANGOL.currency))
    try:
        number = float(text)
    except ValueError:
        raise BadInput("“{text}” is not a number. Write digits only, like 12.", field=name, text=text[:40]) from None
    return int(number) if number.is_integer() else number


def _bounds(given: QueryDict, *, money: bool) -> tuple[float | None, float | None]:
    return _number(given, "least", money=money), _number(given, "most", money=money)


def _whole(given: QueryDict, name: str) -> int | None:
    text = given.get(name, "").strip().replace(",", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput("“{text}” is not a number. Write digits only, like 12.", field=name, text=text[:40])
    return int(text)


def _window(given: QueryDict) -> Window:
    kind = given.get("window", "always")
    if kind == "between":
        days = {"since": given.get("since", ""), "until": given.get("until", "")}
        if not all(days.values()):
            days = {"since": days["since"] or settings_day(), "until": days["until"] or settings_day()}
        made: dict[str, Any] = {"kind": kind, **days, "not_since": given.get("not_since") == "1"}
    else:
        made = {"kind": kind, "quiet_days": _whole(given, "quiet_days") or 0}
        if kind == "last":
            made["days"] = _whole(given, "days") or 90
    return rules.window_from_dict(made)


def settings_day() -> str:
    """The last day inside the figures, where somebody has not said one yet."""
    from dangol.web.shell import freshness

    found = freshness().as_of
    return found.isoformat() if found else "2026-01-01"


def _filters(given: QueryDict, before: tuple[Filter, ...]) -> tuple[Filter, ...]:
    dropped, added = given.get("drop_filter", ""), given.get("add_filter", "")
    kept = [Filter(one.field, tuple(sorted(set(given.getlist(f"filter.{one.field}"))))) for one in before
            if one.field != dropped]  # fmt: skip
    if added and added != PRICE and added not in {one.field for one in kept}:
        kept.append(Filter(added, ()))
    return tuple(sorted(kept, key=lambda one: one.field))


@dataclass(frozen=True)
class Bounds:
    """The two numbers of a card as they are typed."""

    least: str
    most: str
    unit: str


UNITS = {
    "orders": N_("times"), "quantity": N_("items"), "products": N_("products"), "first": N_("days"),
    "last": N_("days"), "times": N_("times"),
}  # fmt: skip
OF_MEASURES = {"days": N_("days"), "share": "%"}


def prices(node: Purchase) -> Bounds:
    """The prices of a piece as a card shows them, in major units."""
    unit = currency(settings.DANGOL.currency)
    low, high = ("" if one is None else f"{to_major(round(one), unit):f}" for one in (node.price_from, node.price_to))
    return Bounds(low, high, settings.DANGOL.currency)


def bounds(node: Any) -> Bounds:
    """A condition's numbers as its card shows them: money in major units. Empty for a condition without any."""
    measure = getattr(node, "measure", "times" if isinstance(node, Event) else "")
    given = (getattr(node, "least", None), getattr(node, "most", None))
    if isinstance(node, Measured):
        return _measured_bounds(node, given)
    if _is_money(node):
        unit = currency(settings.DANGOL.currency)
        least, most = ("" if one is None else f"{to_major(round(one), unit):f}" for one in given)
        return Bounds(least, most, settings.DANGOL.currency)
    least, most = ("" if one is None else f"{one:g}" if isinstance(one, float) else str(one) for one in given)
    return Bounds(least, most, gettext(UNITS[measure]) if measure in UNITS else "")


def _measured_bounds(node: Measured, given: tuple[float | None, float | None]) -> Bounds:
    """The numbers of a measure: money in major units, shares in percent."""
    unit = units().get(node.measure, "")
    if unit == "money":
        money = currency(settings.DANGOL.currency)
        least, most = ("" if one is None else f"{to_major(round(one), money):f}" for one in given)
        return Bounds(least, most, settings.DANGOL.currency)
    scale = 100 if unit == "share" else 1
    least, most = ("" if one is None else f"{round(one * scale, 6):g}" for one in given)
    return Bounds(least, most, gettext(OF_MEASURES[unit]) if unit in OF_MEASURES else "")
