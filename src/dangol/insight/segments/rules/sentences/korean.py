"""A definition in Korean."""

from collections.abc import Callable, Mapping

from dangol.base.text import with_particle
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

# Korean ends a clause by what follows: (before "customers", before "and", before "or").
ENDINGS = {
    "is": ("인", "이고", "이거나"), "did": ("한", "했고", "했거나"), "not": ("않은", "않았고", "않았거나"),
    "has": ("있는", "있고", "있거나"), "lacks": ("없는", "없고", "없거나"), "can": ("수 있는", "수 있고", "수 있거나"),
    "cannot": ("수 없는", "수 없고", "수 없거나"), "fits": ("해당하는", "해당하고", "해당하거나"),
    "fits not": ("해당하지 않는", "해당하지 않고", "해당하지 않거나"), "is not": ("아닌", "아니고", "아니거나"),
    "in": ("속한", "속하고", "속하거나"), "in top": ("드는", "들고", "들거나"), "got": ("받은", "받았고", "받았거나"),
}  # fmt: skip
LAST = "마지막 캠페인"
FINAL, AND, OR = 0, 1, 2
UNITS = {"orders": "회", "quantity": "개", "products": "종", "first": "일", "last": "일"}
FIGURES_KO = {
    "amount": "구매 금액이", "average": "구매당 평균 금액이", "quantity": "구매 수량이", "products": "산 상품 종류가",
    "first": "첫 구매 후 지난 날이", "last": "마지막 구매 후 지난 날이",
}  # fmt: skip
HAPPENED_KO: Mapping[str, tuple[str, str]] = {
    "visit": ("웹 이벤트가 {n}", "has"), "answer": ("설문 응답이 {n}", "has"),
    "contact": ("메시지를 {n}", "got"), "response": ("응답이 {n}", "has"),
    "click": ("메시지 링크 클릭이 {n}", "has"), "control": ("통제군에 {n}", "in"),
}  # fmt: skip
NEVER_KO = {
    "visit": "웹 이벤트가", "answer": "설문 응답이", "contact": "메시지를 받지", "response": "응답이",
    "click": "메시지 링크 클릭이", "control": "통제군에 속하지",
}  # fmt: skip
OF_CAMPAIGN = ("contact", "response", "click", "control")
OF_PRODUCT = ("brand", "product_major", "product_middle", "product_minor", "product_key")
WHICH = {"any": "", "first": "첫 구매에서", "later": "첫 구매 뒤에", "last": "마지막 구매에서"}
TOP = {
    "orders": "구매 횟수",
    "amount": "구매 금액",
    "quantity": "구매 수량",
    "products": "산 상품 종류",
    "average": "구매당 평균 금액",
}
EVERYBODY = "모든 고객"


def sentence(whole: Node, words: Words) -> str:
    """Whom a definition describes."""
    return f"{_ko(whole, words, FINAL, top=True)} 고객"


def phrase(condition: Condition, words: Words) -> str:
    """One condition alone."""
    stem, ending = _condition_ko(condition, words)
    return stem + _space(ending) + ENDINGS[ending][FINAL]


def _ko(node: Node, words: Words, form: int, *, top: bool = False) -> str:
    node = denied(node)
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


def _condition_ko(one: Condition, words: Words) -> tuple[str, str]:  # noqa: PLR0911  one return a kind of condition
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
            name = f"세그먼트 “{words.value('segment', str(one.segment_id))}”에"
            return (name, "in") if one.inside else (f"{name} 속하지", "not")
        case Measured():
            return _measured_ko(one, words)
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
        return f"{named} {_range_ko(one.least, one.most, '', number_of(one, words))}", "is"
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
    def said(one: Filter) -> str:
        values = _or_ko([words.value(one.field, value) for value in in_order(one)])
        return LAST if last_campaign(one) else f"{words.label('filter', labels[one.field])} {values}"

    return " ".join(said(one) for one in filters)


def _purchase_ko(one: Purchase, words: Words) -> tuple[str, str]:
    bought = one.top is None and (one.measure == "orders" or is_never(one))
    start = " ".join(
        part for part in (WHICH[one.which], _when_ko(one.window, words), _what_ko(one, words, bought)) if part
    )
    if one.top is not None:
        return f"{start} {TOP[one.measure]} 상위 {plain(one.top)}%에".strip(), "in top"
    if is_never(one):
        return f"{start} 구매하지".strip(), "not"
    said = _range_ko(one.least, one.most, UNITS.get(one.measure, ""), number_of(one, words))
    if one.measure == "orders":
        text = f"{start}{'' if is_once(one) else f' {said}'} 구매".strip()
        return (f"{text}하고 그 뒤로는 구매하지", "not") if one.window.ends_quietly else (text, "did")
    text = f"{start} {FIGURES_KO[one.measure]} {said}".strip()
    return (f"{text}이고 그 뒤로는 구매하지", "not") if one.window.ends_quietly else (text, "is")


def _what_ko(one: Purchase, words: Words, bought: bool) -> str:
    """Where it was bought, and what: bought says that the clause goes on with buying it."""
    product = _where_ko(tuple(each for each in one.filters if each.field in OF_PRODUCT), words, FILTERS)
    if one.is_priced:
        product = f"개당 가격이 {_range_ko(one.price_from, one.price_to, '', words.money)}인 {product or '상품'}"
    place = _where_ko(tuple(each for each in one.filters if each.field not in OF_PRODUCT), words, FILTERS)
    parts = (f"{place}에서" if place else "", with_particle(product, "을") if product and bought else product)
    return " ".join(part for part in parts if part)


def _event_ko(one: Event, words: Words) -> tuple[str, str]:
    where = _where_ko(one.filters, words, FIELDS_OF[one.what])
    if one.what in OF_CAMPAIGN:
        where = f"{where}의" if where else "캠페인" if one.what in ("contact", "response") else ""
    start = " ".join(part for part in (_when_ko(one.window, words), where) if part)
    template, ending = HAPPENED_KO[one.what]
    if is_never(one) and not one.then:
        return f"{start} {NEVER_KO[one.what]}".strip(), "lacks" if ending == "has" else "not"
    often = "" if is_once(one) else _range_ko(one.least, one.most, "회", plain)
    text = f"{start} {template.format(n=often).strip()}".strip()
    if one.then:
        return _then_ko(f"{text}{_space(ending)}{ENDINGS[ending][AND]}", one)
    if one.window.ends_quietly:
        return f"{text} {ENDINGS[ending][AND]} 그 뒤로는", "lacks"
    return text, ending


def _then_ko(text: str, one: Event) -> tuple[str, str]:
    """What was, or was not, bought from the day of the event on."""
    when = f"그날부터 {one.within}일 안에" if one.within else "그날부터 지금까지"
    return (f"{text} {when} 구매", "did") if one.then == BOUGHT else (f"{text} {when} 구매하지", "not")


def _measured_ko(one: Measured, words: Words) -> tuple[str, str]:
    unit = "일" if words.unit(one.measure) == "days" else ""
    said = _range_ko(one.least, one.most, unit, number_of(one, words))
    label = with_particle(words.label("measure", one.measure), "이")
    return f"{_when_ko(one.window, words)} {label} {said}".strip(), "is"
