"""One value of each kind brought to the parts that are compared; a part that is not there is None."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from dangol.customers.identify.linkage.rules.words import DOUBLE_FAMILY, MONTHS, NOTHING, SHORT

TITLES = re.compile(r"(고객님|회원님|님|씨)$")
TITLES_LATIN = re.compile(r"^(mr|mrs|ms|miss|dr|prof|sir)\.?\s+|,?\s+(jr|sr|phd|md|ii|iii)\.?$")
BUILDING = re.compile(r"([가-힣0-9]+(?:로|길|동|리|가))\s*(?:번지\s*)?(\d+(?:-\d+)?)")
Parts = Mapping[str, str | None]


def plain(text: str) -> str:
    """A text composed (NFKC), in lower case, without quotation marks around it and with single blanks."""
    text = unicodedata.normalize("NFKC", text).lower().strip(" \t\r\n'\"`")
    return " ".join(text.split())


def present(text: str | None) -> str | None:
    """A plain text, or None where it says nothing (n/a, 없음, -)."""
    found = plain(text) if text else ""
    return None if found in NOTHING else found


def digits_of(text: str) -> str:
    """The digits of a text."""
    return "".join(c for c in text if c in "0123456789")


def is_hangul(text: str) -> bool:
    """Whether a text is Hangul syllables only."""
    return bool(text) and all("가" <= c <= "힣" for c in text)


def strokes(text: str) -> str:
    """Hangul syllables taken apart, a letter of ASCII for each jamo (engines count bytes), so that distances count
    key strokes."""
    found = []
    for syllable in text:
        code = ord(syllable) - 0xAC00
        first, vowel, last = code // 588, code % 588 // 28, code % 28
        found.append(chr(ord("A") + first) + chr(ord("a") + vowel) + (chr(ord("!") + last) if last else ""))
    return "".join(found)


def _name_part(text: str | None) -> dict[str, str | None]:
    """The word; x: its key strokes; bag: its letters in order, which shows swapped syllables; start."""
    if not text:
        return {"": None, "x": None, "bag": None, "start": None}
    hangul = is_hangul(text)
    return {"": text, "x": strokes(text) if hangul else text, "bag": "".join(sorted(text)) if hangul else None,
            "start": text[:1] if hangul else text[:3]}  # fmt: skip


def split_name(text: str) -> tuple[str | None, str | None]:
    """A whole name as (family, given). Korean names begin with the family name; Latin ones end with it unless a comma
    says otherwise."""
    text = re.sub(r"\(.*?\)", "", text).strip()
    joined = TITLES.sub("", text.replace(" ", ""))
    if is_hangul(joined):
        if len(joined) < 2:
            return None, joined
        cut = 2 if len(joined) > 2 and joined[:2] in DOUBLE_FAMILY else 1
        return joined[:cut], joined[cut:]
    text = TITLES_LATIN.sub("", TITLES_LATIN.sub("", text))
    if "," in text:
        family, _, given = text.partition(",")
        return letters(family), letters(given.split()[0] if given.split() else "")
    words = [letters(word) for word in text.replace(".", " ").split()]
    found = [word for word in words if word]
    if not found:
        return None, None
    return (found[-1], found[0]) if len(found) > 1 else (None, found[0])


def letters(text: str) -> str | None:
    """The letters and digits of a text, accents dropped, or None."""
    if is_hangul(text.replace(" ", "")):
        return text.replace(" ", "") or None
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(c for c in bare if c.isalnum())) or None


def name(text: str) -> Parts:
    """family, given, each with its strokes, bag and start."""
    family, given = split_name(text)
    return {f"f{key}": value for key, value in _name_part(family).items()} | {
        f"g{key}": value for key, value in _name_part(given).items()
    }


def family(text: str) -> Parts:
    """A family name."""
    return {f"f{key}": value for key, value in _name_part(letters(text)).items()}


def given(text: str) -> Parts:
    """A given name; of several words the first."""
    text = TITLES.sub("", text) if is_hangul(text.replace(" ", "")) else text
    word = text.replace(" ", "") if is_hangul(text.replace(" ", "")) else (text.split() or [""])[0]
    return {f"g{key}": value for key, value in _name_part(letters(word)).items()}


def phone(text: str) -> Parts:
    """Digits as dialled at home, and the last eight."""
    digits = digits_of(text.removesuffix(".0"))
    if text.startswith("+") or (digits.startswith("82") and len(digits) >= 11):
        digits = "0" + digits[2:].lstrip("0") if digits.startswith("82") else digits
    digits = "0" + digits if len(digits) == 10 and digits.startswith("10") else digits  # Excel ate the zero
    if len(digits) < 6 or len(set(digits[-7:])) == 1:
        return {"": None, "tail": None}
    return {"": digits, "tail": digits[-8:]}


def email(text: str) -> Parts:
    """Address and its first part."""
    local, at, host = text.replace(" ", "").rpartition("@")
    if not (at and local and host):
        return {"": None, "local": None}
    return {"": f"{local}@{host}", "local": local if len(local) > 2 else None}


def _day(year: int, month: int, day: int) -> str | None:
    return f"{year:04}{month:02}{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 and 1850 <= year <= 2100 else None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year <= 26 else 1900)


def birth(text: str, *, month_first: bool = False) -> str | None:
    """A day as YYYYMMDD from any usual writing; None where it is none. month_first: how 3/4/1990 is meant."""
    text = re.sub(r"[t\s]\d{1,2}:.*$", "", text.removesuffix(".0")).strip()
    if found := re.fullmatch(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D*", text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})[-./\s](\d{1,2})[-./\s](\d{4}|\d{2})", text):
        one, other = int(found[1]), int(found[2])
        month, day = (one, other) if (month_first and one <= 12) or other > 12 else (other, one)
        return _day(_year(found[3]), month, day)
    words = re.findall(r"[a-z]+|\d+", text)
    months = [MONTHS[word] for word in words if word in MONTHS]
    numbers = [word for word in words if word.isdigit()]
    if months and len(numbers) == 2:
        year, day = (numbers[0], numbers[1]) if len(numbers[0]) == 4 else (numbers[1], numbers[0])
        return _day(_year(year), months[0], int(day))
    digits = digits_of(text)
    if len(digits) == 8 and digits == re.sub(r"\D", "", text):
        year_first = _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        return year_first or _year_last(digits, month_first) or (digits if digits[:2] in ("18", "19", "20") else None)
    if len(digits) == 6 and len(text) == 6:
        return _day(_year(digits[:2]), int(digits[2:4]), int(digits[4:]))
    return None


def _year_last(digits: str, month_first: bool) -> str | None:
    one, other, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return _day(year, *((one, other) if month_first else (other, one))) if 1850 <= year <= 2100 else None


def birth_parts(day: str | None) -> Parts:
    """The day, its swap of day and month, its year and its month and day."""
    if not day:
        return {"": None, "swap": None, "year": None, "md": None}
    swap = f"{day[:4]}{day[6:]}{day[4:6]}"
    return {"": day, "swap": swap if swap != day else None, "year": day[:4], "md": day[4:]}


def year(text: str) -> str | None:
    """A year of four digits."""
    digits = digits_of(text.removesuffix(".0"))
    if len(digits) == 2:
        return str(_year(digits))
    return digits[:4] if len(digits) in (4, 8) and 1850 <= int(digits[:4]) <= 2100 else None


def gender(text: str) -> str | None:
    """F or M."""
    found = plain(text)
    if found in ("f", "female", "w", "woman", "여", "여성", "여자", "fem"):
        return "F"
    return "M" if found in ("m", "male", "man", "남", "남성", "남자") else None


def words(text: str) -> list[str]:
    """The words of an address or a title, short forms made alike."""
    bare = text.replace("&", " and ").replace("'", "")
    bare = re.sub(r"[^\w\s-]", " ", bare)
    return [SHORT.get(word, word) for word in bare.replace("_", " ").split() if word not in ("the", "-")]


def address(text: str) -> dict[str, str | None]:
    """whole; house: road (or legal area) and number, the same for all who live in a building."""
    found = words(text)
    if not found:
        return {"": None, "house": None, "no": None}
    joined = " ".join(found)
    if korean := BUILDING.search(text):
        return {"": joined, "house": f"{korean[1]} {korean[2]}", "no": korean[2]}
    number = next((word for word in found if word[0].isdigit()), None)
    street = next(
        (word for word in found if len(word) > 2 and not word[0].isdigit() and word not in SHORT.values()), None
    )
    return {"": joined, "house": f"{number} {street}" if number and street else None,
            "no": digits_of(number) if number else None}  # fmt: skip


def code(text: str) -> str | None:
    """An identity or membership number without marks."""
    return "".join(c for c in text.removesuffix(".0") if c.isalnum()) or None


def title(value: str) -> str | None:
    """The name of a thing without what stands in brackets."""
    return text(re.sub(r"\(.*?\)", " ", value)) or text(value)


def text(value: str) -> str | None:
    """A free text: its words."""
    return " ".join(words(value)) or None


SIMPLE: dict[str, Callable[[str], str | None]] = {
    "birth_year": year, "gender": gender, "postcode": code, "street_number": code, "city": text, "region": text,
    "code": code, "category": text, "text": text,
}  # fmt: skip
PARTED: dict[str, Callable[[str], Parts]] = {
    "name": name, "family": family, "given": given, "phone": phone, "email": email, "address": address,
}  # fmt: skip
