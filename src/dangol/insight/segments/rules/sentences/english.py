"""A definition in English: every condition is a clause that begins with who or whose."""

from collections.abc import Callable

from dangol.insight.segments.rules.definition import (
    ALL,
    BOUGHT,
    FIELDS_OF,
    FILTERS,
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
    Window,
)
from dangol.insight.segments.rules.sentences.words import (
    Words,
    denied,
    in_order,
    is_never,
    is_once,
    last_campaign,
    number_of,
    plain,
)

LAST = "the last campaign"
EVERYBODY = "All customers"
CLOSED = ("gender", "kind")  # whose values are words, not names
PRODUCT = ("brand", "product_major", "product_middle", "product_minor", "product_key")
PLACES = {"store": "at", "store_region": "in the", "channel": "through the"}
TOP = {
    "orders": "number of purchases", "amount": "amount spent", "quantity": "quantity bought",
    "products": "number of different products", "average": "average amount per purchase",
}  # fmt: skip
HAPPENED = {
    "visit": "had a web event", "answer": "answered a survey", "contact": "received a campaign message",
    "response": "responded to a campaign", "click": "clicked in a message", "control": "were in a control group",
}  # fmt: skip
NEVER = {
    "visit": "had no web event", "answer": "answered no survey", "contact": "received no campaign message",
    "response": "responded to no campaign", "click": "clicked in no message", "control": "were in no control group",
}  # fmt: skip
OF_CAMPAIGN = {  # of one that is named: what happened, what did not
    "contact": ("received a message of", "received no message of"), "response": ("responded to", "did not respond to"),
    "click": ("clicked in a message of", "clicked in no message of"),
    "control": ("were in the control group of", "were not in the control group of"),
}  # fmt: skip
Number = Callable[[float], str]


def sentence(whole: Node, words: Words) -> str:
    """Whom a definition describes."""
    return f"Customers {_said(whole, words, top=True)}"


def phrase(condition: Condition, words: Words) -> str:
    """One condition alone, as a heading."""
    clause = _clause(condition, words)
    for start in ("who are ", "who were ", "who ", "whose "):
        if clause.startswith(start):
            clause = clause.removeprefix(start)
            break
    return clause[:1].upper() + clause[1:]


def _said(node: Node, words: Words, *, top: bool = False) -> str:
    node = denied(node)
    if not isinstance(node, Group):
        return _clause(node, words)
    parts = [_said(part, words) for part in node.parts]
    if node.match == NONE:
        return f"who are not among those ({_joined(parts, 'or')})"
    text = _joined(parts, "and" if node.match == ALL else "or")
    return text if top or len(parts) == 1 else f"({text})"


def _joined(parts: list[str], word: str) -> str:
    if len(parts) < 3:
        return f" {word} ".join(parts)
    return ", ".join(parts[:-1]) + f", {word} {parts[-1]}"


def _clause(one: Condition, words: Words) -> str:  # noqa: PLR0911  one return a kind of condition
    match one:
        case Profile():
            return _tested(words.label("profile", one.field), one, words, "is")
        case Score():
            when = f" {_many(one.months_ago, 'month')} ago" if one.months_ago else ""
            label = words.label("score", f"{one.table}.{one.field}")
            return _tested(_low(label) + when, one, words, "was" if when else "is")
        case Reach():
            channel = _low(words.value("channel", one.channel))
            return f"who {'can' if one.can else 'cannot'} be sent advertising by {channel}"
        case InSegment():
            name = words.value("segment", str(one.segment_id))
            return f"who are {'' if one.inside else 'not '}in the segment “{name}”"
        case Purchase():
            return _purchase(one, words)
        case Measured():
            when = _when(one.window, words)
            label = _low(words.label("measure", one.measure)) + (f" {when}" if when else "")
            unit = "day" if words.unit(one.measure) == "days" else ""
            return f"whose {label} is {_bounds(one.least, one.most, number_of(one, words), unit)}"
        case Event():
            return _event(one, words)


def _low(label: str) -> str:
    """A label within a sentence; abbreviations stay."""
    plain_word = label[1:2].islower() or label[1:2] in (" ", "-")
    return label[:1].lower() + label[1:] if plain_word else label


def _many(n: float, noun: str) -> str:
    return f"{plain(n)} {noun}{'' if n == 1 else 's'}"


# ---- values ------------------------------------------------------------------------------------------------------


def _tested(label: str, one: Profile | Score, words: Words, verb: str) -> str:
    if isinstance(one, Profile) and one.field == "first_day" and one.test == "between":
        return f"who joined {_bounds(one.least, one.most, plain, 'day')} ago"
    label = _low(label)
    if one.test in ("known", "unknown"):
        return f"whose {label} {verb} {'' if one.test == 'known' else 'not '}known"
    if one.test == "between":
        return f"whose {label} {verb} {_bounds(one.least, one.most, number_of(one, words))}"
    key = one.field if isinstance(one, Profile) else f"{one.table}.{one.field}"
    values = [words.value(key, value) for value in one.values]
    if isinstance(one, Profile) and one.field in CLOSED:
        values = [_low(value) for value in values]
    return f"whose {label} {verb} {'not ' if one.test == 'none_of' else ''}{_or(values)}"


def _or(values: list[str]) -> str:
    shown = values[:4]
    text = ", ".join(shown[:-1]) + (" or " if len(shown) > 1 else "") + shown[-1] if shown else ""
    return f"one of {len(values)} values ({text}, …)" if len(values) > 4 else text


def _bounds(least: float | None, most: float | None, number: Number, noun: str = "") -> str:
    """A range of numbers: at least 3 days, between 1 and 5."""

    def said(n: float) -> str:
        return number(n) + (f" {noun}{'' if n == 1 else 's'}" if noun else "")

    if least is not None and most is not None:
        return said(least) if least == most else f"between {number(least)} and {said(most)}"
    return f"at most {said(most)}" if most is not None else f"at least {said(least or 0)}"


def _times(least: float | None, most: float | None) -> str:
    """How often: at least once, twice, 2 to 5 times."""

    def said(n: float) -> str:
        return {1: "once", 2: "twice"}.get(int(n), f"{plain(n)} times") if float(n).is_integer() else f"{n} times"

    if least is not None and most is not None:
        return said(least) if least == most else f"{plain(least)} to {plain(most)} times"
    return f"at most {said(most)}" if most is not None else f"at least {said(least or 0)}"


# ---- what was done -----------------------------------------------------------------------------------------------


def _when(window: Window, words: Words) -> str:
    if window.kind == "between":
        return f"from {words.day(window.since)} to {words.day(window.until)}"
    before = f"before the last {_many(window.quiet_days, 'day')}" if window.quiet_days else ""
    if window.kind == "last":
        return f"in the {_many(window.days, 'day')} {before}" if before else f"in the last {_many(window.days, 'day')}"
    return before


def _named(one: Filter, words: Words) -> str:
    label = _low(words.label("filter", FILTERS[one.field]))
    return f"{label} {_or([words.value(one.field, value) for value in one.values])}"


def _goods(one: Purchase, words: Words) -> str:
    """What was bought: by class and brand, and at which price of a piece."""
    of = " and ".join(_named(each, words) for each in one.filters if each.field in PRODUCT)
    if not one.is_priced:
        return of
    return f"{of or 'goods'} {_priced(one, words)}"


def _priced(one: Purchase, words: Words) -> str:
    low, high = one.price_from, one.price_to
    if low is not None and high is not None:
        return f"at a unit price of {words.money(low)}" + ("" if low == high else f" to {words.money(high)}")
    said = f"at most {words.money(high)}" if high is not None else f"at least {words.money(low or 0)}"
    return f"at a unit price of {said}"


def _purchase(one: Purchase, words: Words) -> str:
    of = _goods(one, words)
    where = " and ".join(f"{PLACES[each.field]} {_named(each, words)}" for each in one.filters if each.field in PLACES)
    when = _when(one.window, words)
    after = {"later": "after their first purchase", "first": "in their first purchase",
             "last": "in their last purchase"}.get(one.which, "")  # fmt: skip
    if one.which in ("first", "last") and one.measure == "orders" and one.top is None and _is_any(one):
        parts = (f"whose {one.which} purchase was", f"of {of}" if of else "", where, when or ("" if of or where else
                 "at any time"))  # fmt: skip
    else:
        parts = (_bought(one, words, of), where, when, after)
    text = " ".join(part for part in parts if part)
    return f"{text} and nothing since" if one.window.ends_quietly else text


def _is_any(one: Purchase) -> bool:
    return (one.least or 0) <= 1 and one.most is None


def _bought(one: Purchase, words: Words, of: str) -> str:  # noqa: PLR0911  one return a figure
    if one.top is not None:
        return f"who are in the top {plain(one.top)}% by {TOP[one.measure]}" + (f" of {of}" if of else "")
    if is_never(one):
        return "who bought nothing" + (f" of {of}" if of else "").replace(" of goods ", " ")
    number = number_of(one, words)
    match one.measure:
        case "orders":
            if is_once(one):
                return f"who bought {of or 'something'}"
            return f"who bought {of + ' ' if of else ''}{_times(one.least, one.most)}"
        case "amount":
            return f"who spent {_bounds(one.least, one.most, number)}" + (f" on {of}" if of else "")
        case "average":
            return f"who spent {_bounds(one.least, one.most, number)} per purchase on average" + (
                f" on {of}" if of else ""
            )
        case "quantity":
            return f"who bought {_bounds(one.least, one.most, number, 'item')}" + (f" of {of}" if of else "")
        case "products":
            return f"who bought {_bounds(one.least, one.most, number, 'different product')}" + (
                f" of {of}" if of else ""
            )
        case _:
            days = _bounds(one.least, one.most, number, "day")
            return f"whose {one.measure} purchase{' of ' + of if of else ''} was {days} ago"


def _event(one: Event, words: Words) -> str:
    labels = {each.field: _low(words.label("filter", FIELDS_OF[one.what][each.field])) for each in one.filters}
    named = {each.field: LAST if last_campaign(each) else
             f"{labels[each.field]} {_or([words.value(each.field, value) for value in in_order(each)])}"
             for each in one.filters}  # fmt: skip
    never = is_never(one) and not one.then
    campaign = named.pop("campaign", "") if one.what in OF_CAMPAIGN else ""
    what = f"{OF_CAMPAIGN[one.what][never]} {campaign}" if campaign else (NEVER if never else HAPPENED)[one.what]
    often = "" if never or is_once(one) else _times(one.least, one.most)
    parts = (f"who {what}", f"({', '.join(named.values())})" if named else "", often, _when(one.window, words))
    text = " ".join(part for part in parts if part)
    if one.then:
        within = f"within {_many(one.within, 'day')} of it" if one.within else "since"
        return f"{text} and bought {'something' if one.then == BOUGHT else 'nothing'} {within}"
    return f"{text} and none since" if one.window.ends_quietly else text
