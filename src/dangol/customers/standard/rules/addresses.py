"""Korean addresses, by road name or by lot, taken apart and written in one order; Latin ones kept sensible.

Source: Road Name Address Act (도로명주소법) and its enforcement rules on notation: province, city or district, town,
road, building number, then after a comma the detail, and in brackets the legal dong and the building's name.
Five-digit codes since August 2015; the six-digit ones before are recognised and no longer used.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from dangol.customers.standard.rules.provinces import GLUED, GWANGJU_DISTRICTS, PROVINCE_OF, WITHOUT_DISTRICTS
from dangol.customers.standard.rules.texts import cleaned, narrow

LONGEST = 300
ROUNDS = 4
_POSTCODE = re.compile(
    r"(?:우편번호|\(우\)|우\)|〒)?\s*[:.]?\s*(?P<open>[\[(]\s*)?(?<![\d-])(?P<code>\d{5}|\d{3}-\d{3}|\d{6})(?![\d-])(?(open)\s*[\])])"
)
_POSTCODE_NAME = re.compile(r"(?:우편번호|\(우\)|우\))\s*[:.]?\s*")
_FIVE_DIGITS = re.compile(r"\d{5}|\d{3}-\d{3}")
_BRACKET = re.compile(r"\(([^()]*)\)")
_HANJA = re.compile(r"[一-鿿]+")
_GLUED = re.compile(rf"^({'|'.join(GLUED)})(?=[가-힣])")
_GLUED_DISTRICT = re.compile(r"^([가-힣]{2,3}시)([가-힣]{1,4}구)(?=\s|$)")
_GLUED_BELOW = re.compile(
    r"^((?:중|동|서|남|북|[가-힣]{2,4})[시군구])([가-힣][가-힣0-9.·-]*(?:동|로|길|읍|면|가|리)[0-9].*|"
    r"[가-힣]{2,}(?:동|읍|면|리|로|길)(?:\s.*)?$)"
)
_CITY = re.compile(r"([가-힣]{1,5}시)(?=\s|$)")
_DISTRICT = re.compile(r"([가-힣]{1,5}[군구])(?=\s|$)")
_TOWN = re.compile(r"([가-힣0-9]{1,7}[읍면])(?=\s|$)")
_ROAD = re.compile(
    r"([가-힣A-Za-z0-9][가-힣A-Za-z0-9·.]*?(?:대로|로|길)(?:\s?\d+(?:번|[가-하])?길(?:\s?\d+번안길)?|\s?\d*번안길|\s?[가-하]길)?)"
    r"\s?(?:번지\s?)?((?:지하|산)\s?)?(\d{1,5}(?:-\d{1,5})?)(?:번지|번)?(?=$|[\s,])"
)
_DONG = re.compile(r"([가-힣][가-힣0-9·.]*(?:동(?:\d가)?|\d가|가|리(?:\([一-鿿]+\))?))(?=$|[\s,]|(?:산\s?)?\d)")
_ROAD_DONG = frozenset({"세종로", "시장북로", "남성로"})  # legal areas named like roads
_LOT = re.compile(r"\s?((?:산)\s?)?(\d{1,5}(?:-\d{1,5})?)(?:\s?번지)?(?=$|[\s,])")
_LOT_WITH_SUB = re.compile(r"\s?((?:산)\s?)?(\d{1,5})(?:\s?번지)?\s(\d{1,4})호(?=$|[\s,])")
_UNIT = re.compile(
    r"(?:^|(?<=[\s,]))(?:(?:제\s?)?(?:\d{1,4}|[A-Za-z]|[가나다라마바사아자차카타파하])\s?동(?=$|[\s,\d제])|"
    r"(?:지하\s?|[Bb])?\d{1,3}\s?층|"
    r"(?:제\s?)?[A-Za-z]?\d{1,5}(?:-\d{1,4})?\s?호(?=$|[\s,])|\d{2,4}-\d{2,4}(?=$|[\s,]))"
)
_TIDY = (
    (re.compile(r"제\s?(?=[0-9A-Za-z]+\s?[동호층])"), ""), (re.compile(r"(?<=\d)\s+(?=[동호층](?:$|[\s,\d]))"), ""),
    (re.compile(r"(?:지하\s*|(?<![A-Za-z])[Bb])(\d{1,2})\s?층"), r"지하\1층"),
    (re.compile(r"(?<=동)(?=\d)|(?<=층)(?=\d)"), " "), (re.compile(r"^(\d{2,4})-(\d{2,4})$"), r"\1동 \2호"),
)  # fmt: skip
_BUILDING = re.compile(r"(?:아파트|빌라|빌딩|타워|맨션|주택|오피스텔|빌|상가|센터|하이츠|캐슬|파크|마을|단지)$")
_LEGAL = re.compile(r"(?:[가-힣0-9]+[읍면]\s)?[가-힣0-9·.]+(?:동(?:\d가)?|\d가|리)")

# What most lists hold is read at a glance: a place many addresses share, a number, and an ordinary end.
_UNITS = r"\d{1,4}동 \d{1,5}호|\d{1,3}층 \d{1,5}호|\d{1,4}동|\d{1,3}층|\d{1,5}호"
_HOUSE = r"[가-힣][가-힣A-Za-z0-9]{1,20}[^동가리호층번지시군구,() ]"
_GLANCE = re.compile(
    rf"([^(),]*?[가-힣]) (산)?(\d{{1,5}}(?:-\d{{1,4}})?)(?: ({_HOUSE}))?(?:,? ({_UNITS}))?"
    rf"(?: ?\(([가-힣]{{1,6}}(?:\d?동|동\d가|\d가|리))(?:, ?({_HOUSE}))?\))?",
    re.ASCII,
)
_NOT_AT_A_GLANCE = re.compile(r"[^가-힣A-Za-z0-9 ]| 번지| 우편")


_ROAD_LEAF = re.compile(r"[가-힣]{1,8}(?:\d{1,4}(?:번|[가-하])?)?(?:대로|로|길)(?:\d{1,4}(?:번|[가-하])?길)?", re.ASCII)


@dataclass(frozen=True)
class Address:
    """An address as given, in standard form, and its parts (empty where it names none).

    sido: province under its present full name. sigungu: city, county, district (수원시 장안구). dong: what lies below,
    town and village included (와부읍 덕소리). A road address has road and building_no, a lot address lot_no (산12-3).
    postcode: five digits; old_postcode: six, not in use since August 2015.
    """

    given: str
    standard: str
    sido: str = ""
    sigungu: str = ""
    dong: str = ""
    road: str = ""
    building_no: str = ""
    lot_no: str = ""
    building: str = ""
    detail: str = ""
    postcode: str = ""
    old_postcode: str = ""


def address(text: str) -> Address:
    """An address taken apart and standardised; the original is kept. Never raises. Source: see the module."""
    given = cleaned(text)[:LONGEST].rstrip()
    seen = glance(given)
    if seen:
        return Address(given, *seen)
    plain, postcode, old = _without_postcode(narrow(given))
    seen = glance(plain) if postcode or old else None
    return replace(Address(given, *seen), postcode=postcode, old_postcode=old) if seen else read_fully(given)


@lru_cache(maxsize=1 << 12)
def _ground(text: str) -> tuple[str, str, str] | None:
    """Province, district and town of a text that says nothing but these."""
    found = _read(text)
    written = " ".join(part for part in (found.sido, found.sigungu, found.dong) if part)
    coded = found.postcode or found.old_postcode
    sound = found.sido and not coded and found.standard == written and (not found.dong or found.dong[-1] in "읍면")
    return (found.sido, found.sigungu, found.dong) if sound else None


def read_fully(given: str) -> Address:
    """An address read part by part, until its standard form is read as itself."""
    found = _read(given)
    for _ in range(ROUNDS):
        again = _read(found.standard)
        if again.standard == found.standard:
            break
        found = replace(again, postcode=found.postcode, old_postcode=found.old_postcode)
    return replace(found, given=given)


_CODE_LIKE = re.compile(r"(?<!\d)\d{5,6}(?!\d)")  # may be a postcode in an odd place


def glance(given: str) -> tuple[str, ...] | None:
    """The parts of Address from `standard` to `detail` of an ordinary address, or None where it needs a full reading.

    The place is read once for all addresses that share it: 20 times faster, with the same result (a test compares).
    """
    match = _GLANCE.fullmatch(given)
    if not match or _CODE_LIKE.search(given):
        return None
    place, hill, number, house, unit, dong, building = match.groups()
    head = _place(place)
    if head is None or (house and (building or dong)):
        return None
    main, sido, sigungu, below, road = head
    building, detail = house or building or "", unit or ""
    if not road:
        if dong:
            return None
        number = f"산{number}" if hill else number
        standard = " ".join(part for part in (main, number, building, detail) if part)
        return standard, sido, sigungu, below, "", "", number, building, detail
    village = bool(dong) and dong.endswith("리")
    if hill or village != bool(below and dong) or (village and below[-1] not in "읍면"):
        return None
    bracket = f"{dong}, {building}" if dong and building else dong or building
    standard = f"{main} {number}{f', {detail}' if detail else ''}{f' ({bracket})' if bracket else ''}"
    return standard, sido, sigungu, f"{below} {dong}" if village else dong or below, road, number, "", building, detail


@lru_cache(maxsize=1 << 17)
def _place(text: str) -> tuple[str, str, str, str, str] | None:
    """What stands before the number: its standard form, province, district, dong and road; None for anything odd."""
    above, _space, leaf = text.rpartition(" ")
    ground = _ground(above)
    if ground and _ROAD_LEAF.fullmatch(leaf):
        return f"{' '.join(part for part in ground if part)} {leaf}", *ground, leaf
    if _NOT_AT_A_GLANCE.search(text):
        return None
    found = _read(f"{text} 1")
    odd = found.building or found.detail or found.postcode or found.old_postcode
    # Where something was moved about, the full reading settles it.
    if odd or "1" not in (found.building_no, found.lot_no) or not found.standard.endswith(text[-2:] + " 1"):
        return None
    return found.standard.removesuffix(" 1"), found.sido, found.sigungu, found.dong, found.road


def _read(given: str) -> Address:
    """One full reading."""
    plain, postcode, old = _without_postcode(_without_country(narrow(given)))
    if not re.search(r"[가-힣]", plain):
        return _latin(given, plain, postcode, old)
    plain, brackets = _without_brackets(plain)
    parts = _taken_apart(plain)
    _from_brackets(parts, brackets)
    parts["detail"] = _tidied(parts["detail"])
    return Address(given, _written(parts), postcode=postcode, old_postcode=old, **parts)


def _without_postcode(text: str) -> tuple[str, str, str]:
    """The text without its postal code, the code and the old code. A code stands at an end or in brackets."""
    for match in _POSTCODE.finditer(text) if _FIVE_DIGITS.search(text) else ():
        code = match["code"].replace("-", "")
        before, after = text[: match.start()].strip(" ,"), text[match.end() :].strip(" ,.")
        at_end = not before or (not after and len(code) == 5 and before[-1] not in "로길")
        if not (at_end or match["open"]) or not _is_code(code):
            continue
        rest = " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()).strip(" ,")
        return rest, code if len(code) == 5 else "", code if len(code) == 6 else ""
    return (_POSTCODE_NAME.sub("", text).strip() if "우" in text else text), "", ""


def _without_country(text: str) -> str:
    text = _COUNTRY.sub("", text) if text[-6:].lower().rstrip(".").endswith("korea") else text
    return text.replace("대한민국", "").strip(" ,") if "대한민국" in text else text.removeprefix("한국 ")


def _is_code(code: str) -> bool:
    return "01000" <= code <= "63999" if len(code) == 5 else "100000" <= code <= "799999"


def _without_brackets(text: str) -> tuple[str, list[str]]:
    """The text without what stands in brackets, and that; Hanja that tells two villages apart stays where it is."""
    if "(" not in text:
        return text, []
    inside: list[str] = []

    def take(match: re.Match[str]) -> str:
        if _HANJA.fullmatch(match[1]):
            return match[0]
        inside.extend(part.strip() for part in match[1].split(","))
        return " "

    return " ".join(_BRACKET.sub(take, text).split()), [part for part in inside if part]


def _taken_apart(text: str) -> dict[str, str]:
    parts = dict.fromkeys(("sido", "sigungu", "dong", "road", "building_no", "lot_no", "building", "detail"), "")
    before, parts["sido"], rest = _province(text)
    parts["sigungu"], rest = _districts(rest, parts)
    town = _TOWN.match(rest)
    if town:
        parts["dong"], rest = town[1], rest[town.end() :].lstrip()
    rest = _road_or_lot(rest, parts)
    _rest(f"{rest} {before}".strip(" ,"), parts)
    return parts


def _province(text: str) -> tuple[str, str, str]:
    """What stands before the province, the province, and what follows."""
    text = _GLUED.sub(r"\1 ", text, count=1)
    words = text.split()
    for place, word in enumerate(words[:8]):
        name = PROVINCE_OF.get(word.strip(","))
        if name and (place == 0 or (place + 1 < len(words) and words[place + 1][-1:] in "시군구")):
            return " ".join(words[:place]), name, " ".join(words[place + 1 :])
        if word == "광주시" and place + 1 < len(words):
            metropolis = words[place + 1] in GWANGJU_DISTRICTS
            name = "광주광역시" if metropolis else "경기도"
            return " ".join(words[:place]), name, " ".join(words[place + metropolis :])
    return "", "", text


def _districts(rest: str, parts: dict[str, str]) -> tuple[str, str]:
    """City and district and what follows."""
    if parts["sido"] == WITHOUT_DISTRICTS:
        return "", rest.removeprefix(f"{WITHOUT_DISTRICTS} ")  # lists repeat it where others have a city
    rest = _GLUED_DISTRICT.sub(r"\1 \2", rest, count=1)
    if parts["sido"]:
        rest = _GLUED_BELOW.sub(r"\1 \2", rest, count=1)
    city = _CITY.match(rest)
    if city:
        rest = rest[city.end() :].lstrip()
    district = _DISTRICT.match(rest)
    if district:
        rest = rest[district.end() :].lstrip()
    return " ".join(match[1] for match in (city, district) if match), rest


def _road_or_lot(rest: str, parts: dict[str, str]) -> str:
    """Fill road and number, or dong and lot; returns what follows them."""
    road = _ROAD.match(rest)
    if road:
        parts["road"] = road[1].replace(" ", "")
        parts["building_no"] = ("지하" if "지하" in (road[2] or "") else "산" if road[2] else "") + road[3]
        return rest[road.end() :]
    dong = _DONG.match(rest) or next(
        (found for name in _ROAD_DONG if rest.startswith(name) and (found := re.match(rf"({name})(?=\s|$)", rest))),
        None,
    )
    if not dong and not parts["dong"]:
        return rest
    if dong:
        parts["dong"] = f"{parts['dong']} {dong[1]}".strip()
        rest = rest[dong.end() :]
    return _lot(rest, parts)


def _lot(rest: str, parts: dict[str, str]) -> str:
    """Fill the lot number (산 12번지 3호 is 산12-3); returns what follows it."""
    sub = _LOT_WITH_SUB.match(rest)
    lot = sub or _LOT.match(rest)
    if not lot:
        return rest
    parts["lot_no"] = ("산" if lot[1] else "") + lot[2] + (f"-{sub[3]}" if sub else "")
    return rest[lot.end() :]


def _rest(text: str, parts: dict[str, str]) -> None:
    """Building and detail out of what follows the number."""
    text = " ".join(text.replace(",", " ").split())
    units = list(_UNIT.finditer(text))
    if units:
        before, after = text[: units[0].start()].strip(), text[units[-1].end() :].strip()
        parts["building"], parts["detail"] = before, text[units[0].start() :].strip()
        if not before and _BUILDING.search(after):
            parts["building"], parts["detail"] = after, text[: units[-1].end()].strip()
    elif any(character.isdigit() for character in text) or not any(parts.values()):
        parts["detail"] = text
    else:
        parts["building"] = text


def _from_brackets(parts: dict[str, str], brackets: list[str]) -> None:
    for inside in brackets:
        if _LEGAL.fullmatch(inside) and not parts["lot_no"]:
            if not parts["dong"]:
                parts["dong"] = inside
                continue
            if parts["dong"][-1] in "읍면" and inside.endswith("리"):
                parts["dong"] += f" {inside}"
                continue
            if inside in parts["dong"]:
                continue
        if not parts["building"] and not _UNIT.match(inside):
            parts["building"] = inside
        elif inside != parts["building"] and inside not in parts["dong"]:
            parts["detail"] = f"{parts['detail']} {inside}".strip()


def _tidied(detail: str) -> str:
    """제101동 제202호 and 101-202 as 101동 202호, B1층 as 지하1층."""
    if not detail:
        return ""
    for pattern, written in _TIDY:
        detail = pattern.sub(written, detail)
    return " ".join(detail.split())


def _written(parts: dict[str, str]) -> str:
    """The standard form: road addresses as the Act writes them, lot addresses in the order they are spoken."""
    front = [parts["sido"], parts["sigungu"]]
    if not parts["road"]:
        every = (*front, parts["dong"], parts["lot_no"], parts["building"], parts["detail"])
        return " ".join(part for part in every if part)
    town, _space, village = parts["dong"].partition(" ")
    if parts["dong"][-1:] not in "읍면" and not village:
        town, village = "", parts["dong"]
    main = " ".join(part for part in (*front, town, parts["road"], parts["building_no"]) if part)
    bracket = ", ".join(part for part in (village, parts["building"]) if part)
    return main + (f", {parts['detail']}" if parts["detail"] else "") + (f" ({bracket})" if bracket else "")


_LATIN_ROAD = re.compile(r"([A-Za-z][A-Za-z0-9' -]*?(?:-| )?(?:daero|ro|gil)(?:\s?\d+(?:beon)?-?gil)?)\b", re.I)
_COUNTRY = re.compile(r"[\s,]*(?:republic of korea|south korea|korea)\s*\.?$", re.I)


def _latin(given: str, plain: str, postcode: str, old: str) -> Address:
    """A romanised or foreign address: commas and spaces tidied, the parts that are plain to see."""
    words = [part.strip() for part in plain.split(",") if part.strip()]
    parts: dict[str, str] = {}
    for part in words:
        lower = part.lower()
        if lower in PROVINCE_OF:
            parts["sido"] = PROVINCE_OF[lower]
        elif re.fullmatch(r"[a-z' -]+-(?:si|gun|gu)(?:\s[a-z' -]+-gu)?", lower):
            parts["sigungu"] = f"{parts.get('sigungu', '')} {part}".strip()
        elif re.fullmatch(r"[a-z0-9' -]+-(?:dong|eup|myeon|ri|ga)", lower):
            parts["dong"] = part
        elif found := re.fullmatch(rf"(?:(\d+(?:-\d+)?)\s+)?{_LATIN_ROAD.pattern}(?:\s+(\d+(?:-\d+)?))?", part, re.I):
            parts["road"] = found[2]
            parts["building_no"] = found[1] or found[3] or parts.get("building_no", "")
        elif re.fullmatch(r"\d+(?:-\d+)?", part) and not parts:
            parts["building_no"] = part
    if not {"sido", "road", "sigungu"} & set(parts):
        parts, postcode, old = {}, "", ""  # a foreign address: its numbers are not ours to read
        words = [part.strip() for part in cleaned(narrow(given)).split(",") if part.strip()]
    return Address(given, ", ".join(words), postcode=postcode, old_postcode=old, **parts)
