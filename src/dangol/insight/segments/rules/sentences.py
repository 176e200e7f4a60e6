"""A definition as a sentence, in Korean and English: sentences as data, names and numbers put in by the caller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dangol.base.text import with_particle
from dangol.insight.segments.rules.definition import (
    ALL,
    FIELDS_OF,
    FILTERS,
    NONE,
    Condition,
    Event,
    Filter,
    Group,
    InSegment,
    Node,
    Profile,
    Purchase,
    Reach,
    Score,
    Window,
    is_ready,
    ready,
)


@dataclass(frozen=True)
class Words:
    """What a sentence is made with. language: ko or en. label: of a field. value: a field's value as people call it.

    money: minor units as an amount. day: a date.
    """

    language: str
    label: Callable[[str, str], str]
    value: Callable[[str, str], str]
    money: Callable[[float], str]
    day: Callable[[object], str]


# Korean ends a clause by what follows: (before "customers", before "and", before "or").
ENDINGS = {
    "is": ("인", "이고", "이거나"), "did": ("한", "했고", "했거나"), "not": ("않은", "않았고", "않았거나"),
    "has": ("있는", "있고", "있거나"), "lacks": ("없는", "없고", "없거나"), "can": ("수 있는", "수 있고", "수 있거나"),
    "cannot": ("수 없는", "수 없고", "수 없거나"), "fits": ("해당하는", "해당하고", "해당하거나"),
    "fits not": ("해당하지 않는", "해당하지 않고", "해당하지 않거나"), "is not": ("아닌", "아니고", "아니거나"),
    "in": ("속한", "속하고", "속하거나"), "got": ("받은", "받았고", "받았거나"),
}  # fmt: skip
FINAL, AND, OR = 0, 1, 2
UNITS = {
    "ko": {"orders": "회", "quantity": "개", "products": "종", "first": "일", "last": "일", "times": "회"},
    "en": {"orders": "times", "quantity": "items", "products": "products", "first": "days", "last": "days",
           "times": "times"},
}  # fmt: skip
FIGURES_KO = {
    "amount": "구매 금액이", "average": "구매당 평균 금액이", "quantity": "구매 수량이", "products": "산 상품 종류가",
    "first": "첫 구매 후 지난 날이", "last": "마지막 구매 후 지난 날이",
}  # fmt: skip
FIGURES_EN = {
    "amount": "spent {n}", "average": "spent {n} per purchase on average", "quantity": "bought {n}",
    "products": "bought {n} that differ", "first": "made their first purchase {n} ago",
    "last": "made their last purchase {n} ago", "orders": "bought {n}",
}  # fmt: skip
HAPPENED_KO: Mapping[str, tuple[str, str]] = {
    "visit": ("웹 이벤트가 {n}", "has"), "answer": ("설문 응답이 {n}", "has"),
    "contact": ("캠페인 메시지를 {n}", "got"), "response": ("캠페인 응답이 {n}", "has"),
    "click": ("메시지 링크 클릭이 {n}", "has"), "control": ("통제군에 {n}", "in"),
}  # fmt: skip
NEVER_KO = {
    "visit": "웹 이벤트가", "answer": "설문 응답이", "contact": "캠페인 메시지를 받지", "response": "캠페인 응답이",
    "click": "메시지 링크 클릭이", "control": "통제군에 속하지",
}  # fmt: skip
HAPPENED_EN = {
    "visit": "had web events {n}", "answer": "answered a survey {n}", "contact": "were sent a campaign {n}",
    "response": "responded to a campaign {n}", "click": "clicked in a message {n}",
    "control": "were in a control group {n}",
}  # fmt: skip


def sentence(root: Group, words: Words) -> str:
    """Whom a definition describes, in one sentence; what is still being filled in is left out."""
    whole = ready(root)
    korean = words.language == "ko"
    if whole is None:
        return "모든 고객" if korean else "All customers"
    if korean:
        return f"{_ko(whole, words, FINAL, top=True)} 고객"
    return f"Customers who {_en(whole, words, top=True)}"


def phrase(condition: Condition, words: Words) -> str:
    """One condition alone, as its card is headed; empty while it is being filled in."""
    if not is_ready(condition):
        return ""
    if words.language == "ko":
        stem, ending = _condition_ko(condition, words)
        return stem + _space(ending) + ENDINGS[ending][FINAL]
    return _condition_en(condition, words)


# ---- Korean ------------------------------------------------------------------------------------------------------


def _ko(node: Node, words: Words, form: int, *, top: bool = False) -> str:
    if not isinstance(node, Group):
        stem, ending = _condition_ko(node, words)
        return stem + _space(ending) + ENDINGS[ending][form]
    joined = AND if node.match == ALL else OR
    last = len(node.parts) - 1
    said = [_ko(part, words, FINAL if place == last else joined) for place, part in enumerate(node.parts)]
    text = ", ".join(said)
    if node.match == NONE:
        return f"「{text}」 조건에 {ENDINGS['fits not'][form]}"
    if len(node.parts) == 1:
        return _ko(node.parts[0], words, form)
    if top:
        return text
    return f"「{text}」 조건에 {ENDINGS['fits'][form]}"


def _space(ending: str) -> str:
    return "" if ending in ("is", "did") else " "


def _condition_ko(one: Condition, words: Words) -> tuple[str, str]:
    match one:
        case Profile():
            return _tested_ko(words.label("profile", one.field), one, words)
        case Score():
            label = words.label("score", f"{one.table}.{one.field}")
            when = f"{one.months_ago}개월 전 " if one.months_ago else ""
            return _tested_ko(when + label, one, words)
        case Reach():
            channel = with_particle(words.value("channel", one.channel), "으로")
            return f"{channel} 광고를 받을", "can" if one.can else "cannot"
        case InSegment():
            return f"세그먼트 “{words.value('segment', str(one.segment_id))}”에", "in"
        case Purchase():
            return _purchase_ko(one, words)
        case Event():
            return _event_ko(one, words)


def _tested_ko(label: str, one: Profile | Score, words: Words) -> tuple[str, str]:
    named = with_particle(label, "이")
    if one.test == "known":
        return f"{label} 값이", "has"
    if one.test == "unknown":
        return f"{label} 값이", "lacks"
    if one.test == "between":
        return f"{named} {_range_ko(one.least, one.most, '', str)}", "is"
    key = one.field if isinstance(one, Profile) else f"{one.table}.{one.field}"
    values = _or_ko([words.value(key, value) for value in one.values])
    if one.test == "none_of":
        return f"{named} {with_particle(values, '이')}", "is not"
    return f"{named} {values}", "is"


def _or_ko(values: list[str]) -> str:
    shown = values[:4]
    text = ", ".join(shown[:-1]) + (" 또는 " if len(shown) > 1 else "") + shown[-1] if shown else ""
    return f"{text} 등 {len(values)}개 중 하나" if len(values) > 4 else text


def _range_ko(least: float | None, most: float | None, unit: str, number: Callable[[float], str]) -> str:
    if least is not None and most is not None:
        return f"{number(least)}{unit}" if least == most else f"{number(least)}~{number(most)}{unit}"
    return f"{number(most)}{unit} 이하" if least is None and most is not None else f"{number(least or 0)}{unit} 이상"


def _when_ko(window: Window, words: Words) -> str:
    if window.kind == "between":
        return f"{words.day(window.since)}부터 {words.day(window.until)}까지"
    if window.kind == "last":
        before = f"최근 {window.quiet_days}일 전까지 " if window.quiet_days else "최근 "
        return f"{before}{window.days}일 동안"
    return f"최근 {window.quiet_days}일 전까지" if window.quiet_days else ""


def _where_ko(filters: tuple[Filter, ...], words: Words, labels: Mapping[str, str]) -> str:
    return " ".join(
        f"{words.label('filter', labels[one.field])} {_or_ko([words.value(one.field, value) for value in one.values])}"
        for one in filters
    )


def _purchase_ko(one: Purchase, words: Words) -> tuple[str, str]:
    where = _where_ko(one.filters, words, FILTERS)
    start = " ".join(part for part in (_when_ko(one.window, words), where) if part)
    never = one.measure in ("orders", "quantity", "amount", "products") and not one.least and one.most == 0
    if never:
        return f"{start} 구매하지".strip(), "not"
    number = words.money if one.measure in ("amount", "average") else _plain
    said = _range_ko(one.least, one.most, UNITS["ko"].get(one.measure, ""), number)
    if one.measure == "orders":
        text = f"{start} {said} 구매".strip()
        return (f"{text}하고 그 뒤로는 구매하지", "not") if one.window.ends_quietly else (text, "did")
    text = f"{start} {FIGURES_KO[one.measure]} {said}".strip()
    return (f"{text}이고 그 뒤로는 구매하지", "not") if one.window.ends_quietly else (text, "is")


def _event_ko(one: Event, words: Words) -> tuple[str, str]:
    where = _where_ko(one.filters, words, FIELDS_OF[one.what])
    start = " ".join(part for part in (_when_ko(one.window, words), where) if part)
    template, ending = HAPPENED_KO[one.what]
    if not one.least and one.most == 0:
        return f"{start} {NEVER_KO[one.what]}".strip(), "lacks" if ending == "has" else "not"
    text = f"{start} {template.format(n=_range_ko(one.least, one.most, '회', _plain))}".strip()
    if one.window.ends_quietly:
        return f"{text} {ENDINGS[ending][AND]} 그 뒤로는", "lacks"
    return text, ending


def _plain(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,}"


# ---- English -----------------------------------------------------------------------------------------------------


def _en(node: Node, words: Words, *, top: bool = False) -> str:
    if not isinstance(node, Group):
        return _condition_en(node, words)
    word = " and " if node.match == ALL else " or "
    text = word.join(_en(part, words) for part in node.parts)
    if node.match == NONE:
        return f"do not match: ({text})" if len(node.parts) > 1 else f"do not match: {text}"
    return text if top or len(node.parts) == 1 else f"({text})"


def _condition_en(one: Condition, words: Words) -> str:
    match one:
        case Profile():
            return _tested_en(words.label("profile", one.field), one, words)
        case Score():
            when = f" {one.months_ago} months ago" if one.months_ago else ""
            return _tested_en(words.label("score", f"{one.table}.{one.field}"), one, words) + when
        case Reach():
            return f"{'can' if one.can else 'cannot'} be sent advertising by {words.value('channel', one.channel)}"
        case InSegment():
            return f"are in the segment “{words.value('segment', str(one.segment_id))}”"
        case Purchase():
            return _purchase_en(one, words)
        case Event():
            return _event_en(one, words)


def _tested_en(label: str, one: Profile | Score, words: Words) -> str:
    if one.test in ("known", "unknown"):
        return f"have {'a' if one.test == 'known' else 'no'} value for {label}"
    if one.test == "between":
        return f"have {label} {_range_en(one.least, one.most, '', str)}"
    key = one.field if isinstance(one, Profile) else f"{one.table}.{one.field}"
    values = _or_en([words.value(key, value) for value in one.values])
    return f"have {label} {'other than ' if one.test == 'none_of' else ''}{values}"


def _or_en(values: list[str]) -> str:
    shown = values[:4]
    text = ", ".join(shown[:-1]) + (" or " if len(shown) > 1 else "") + shown[-1] if shown else ""
    return f"one of {len(values)} values ({text}, …)" if len(values) > 4 else text


def _range_en(least: float | None, most: float | None, unit: str, number: Callable[[float], str]) -> str:
    unit = f" {unit}" if unit else ""
    if least is not None and most is not None:
        return f"{number(least)}{unit}" if least == most else f"{number(least)} to {number(most)}{unit}"
    return f"at most {number(most)}{unit}" if least is None and most is not None else f"at least {number(least or 0)}{unit}"  # noqa: E501  # fmt: skip


def _when_en(window: Window, words: Words) -> str:
    if window.kind == "between":
        return f"from {words.day(window.since)} to {words.day(window.until)}"
    if window.kind == "last":
        return (
            f"in the {window.days} days before the last {window.quiet_days}"
            if window.quiet_days
            else (f"in the last {window.days} days")
        )
    return f"before the last {window.quiet_days} days" if window.quiet_days else ""


def _where_en(filters: tuple[Filter, ...], words: Words, labels: Mapping[str, str]) -> str:
    said = [f"{words.label('filter', labels[one.field])} {_or_en([words.value(one.field, v) for v in one.values])}"
            for one in filters]  # fmt: skip
    return f"({', '.join(said)})" if said else ""


def _purchase_en(one: Purchase, words: Words) -> str:
    rest = [_where_en(one.filters, words, FILTERS), _when_en(one.window, words)]
    if one.measure in ("orders", "quantity", "amount", "products") and not one.least and one.most == 0:
        return " ".join(part for part in ("bought nothing", *rest) if part)
    number = words.money if one.measure in ("amount", "average") else _plain
    said = _range_en(one.least, one.most, UNITS["en"].get(one.measure, ""), number)
    text = " ".join(part for part in (FIGURES_EN[one.measure].format(n=said), *rest) if part)
    return f"{text}, and not since" if one.window.ends_quietly else text


def _event_en(one: Event, words: Words) -> str:
    said = "never" if not one.least and one.most == 0 else _range_en(one.least, one.most, "times", _plain)
    rest = [_where_en(one.filters, words, FIELDS_OF[one.what]), _when_en(one.window, words)]
    text = " ".join(part for part in (HAPPENED_EN[one.what].format(n=said), *rest) if part)
    return f"{text}, and not since" if one.window.ends_quietly else text
