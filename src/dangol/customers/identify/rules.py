"""How names, numbers and addresses are standardised, shown and compared; how a key is tied to a customer."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput

HOME_REGION = "KR"
TAIL_DIGITS = 4
TEXT_LIMIT = 100
MAX_PAGE = 5_000
PAGE = 50
COUNT_CAP = 10_000
UNDO_SECONDS = 60
EDITABLE = ("name", "phone", "email", "address", "birth", "birth_year", "gender")
MASKED = frozenset({"phone", "email", "address", "birth"})
KINDS = ("named", "unnamed")
SORTS = ("name", "amount", "last_day")
TWO_SYLLABLE_SURNAMES = frozenset({"남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방", "망절", "어금"})
HANGUL = re.compile(r"^[가-힣]+$")
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
RESIDENT_NUMBER = re.compile(r"(?<!\d)(\d{6})-?([1-8]\d{6})(?!\d)")
RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


FIELD_NAMES = {
    "name": N_("Name"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "address": N_("Address"),
    "birth": N_("Date of birth"),
    "birth_year": N_("Year of birth"),
    "gender": N_("Gender"),
    "age_band": N_("Age band"),
    "rep": N_("Rep in charge"),
    "unit": N_("Branch"),
}
# What attributes of a source's own are usually called; one that is not here is shown under its own name.
ATTRIBUTE_NAMES = {
    "age_band": N_("Age band"),
    "home_ownership": N_("Home ownership"),
    "household_size": N_("Household size"),
    "household_type": N_("Household type"),
    "income_band": N_("Income band"),
    "kids": N_("Children"),
    "marital_status": N_("Marital status"),
}


def cleaned(text: str) -> str:
    """A text without control, direction and invisible characters, composed (NFC), with single spaces."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(" " if c in "\t\r\n" else c for c in composed if c in "\t\r\n" or _visible(c))
    return " ".join(kept.split())


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in INVISIBLE


def given_name(name: str) -> str:
    """The part of a Korean name after the surname (김민아: 민아); of other names the last word, or nothing."""
    if HANGUL.match(name) and len(name) > 1:
        return name[2:] if len(name) > 2 and name[:2] in TWO_SYLLABLE_SURNAMES else name[1:]
    words = name.split()
    return words[-1] if len(words) > 1 else ""


@dataclass(frozen=True)
class Phone:
    """A number as it was given, in E.164 (empty where it is not a valid number) and its last four digits."""

    given: str
    e164: str
    tail: str


def phone(text: str, region: str = HOME_REGION) -> Phone:
    """A telephone number standardised; the original is kept whatever it is.

    Source: ITU-T E.164; numbering plans by the phonenumbers library (1588-1234 is valid, 0131234567 is not).
    """
    given = cleaned(text)[:40]
    digits = "".join(character for character in given if character in "0123456789")
    try:
        number = phonenumbers.parse(given, region)
    except phonenumbers.NumberParseException:
        return Phone(given, "", digits[-TAIL_DIGITS:])
    valid = phonenumbers.is_valid_number(number)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else ""
    return Phone(given, e164, digits[-TAIL_DIGITS:])


def email(text: str) -> str:
    """An e-mail address trimmed and in lower case."""
    return cleaned(text).lower()[:254]


def holds_resident_number(text: str) -> bool:
    """Whether a text holds a resident registration number: 13 digits whose check digit fits.

    Source: Personal Information Protection Act art. 24-2 (such numbers are refused in every field).
    """
    for match in RESIDENT_NUMBER.finditer(text):
        digits = [int(character) for character in match[1] + match[2]]
        total = sum(digit * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS, strict=False))
        if (11 - total % 11) % 10 == digits[12]:
            return True
    return False


def masked_phone(text: str) -> str:
    """A number with its middle hidden: 010-1234-5678 is 010-****-5678."""
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) < 2 * TAIL_DIGITS:
        return "*" * TAIL_DIGITS if text else ""
    return f"{digits[:3]}-****-{digits[-TAIL_DIGITS:]}"


def masked_email(text: str) -> str:
    """An address with most of its first part hidden: mina@example.com is m***@example.com."""
    local, at, domain = text.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else ("***" if text else "")


def masked_address(text: str) -> str:
    """An address down to its first two words: 서울 강남구 역삼로 1 is 서울 강남구 ***."""
    words = text.split()
    return " ".join([*words[:2], "***"]) if len(words) > 2 else ("***" if words else "")


def masked_birth(text: str) -> str:
    """A date of birth down to its first four digits, which are the year in most spellings."""
    return f"{text[:4]}-**-**" if text else ""


MASKS = {"phone": masked_phone, "email": masked_email, "address": masked_address, "birth": masked_birth}


def mask(field_name: str, value: str) -> str:
    """A value as people without the right to see it read it."""
    return MASKS[field_name](value) if field_name in MASKS else value


class Linker(Protocol):
    """Decides which keys mean the same customer: the seam where record linkage plugs in."""

    def tie(self, keys: pa.Table) -> pa.Table:
        """The keys (source, space, key) with one more column `group` (text); one group is one customer.

        space: sources of one system share their keys.
        """


class ExactKey:
    """The default linker: the same key in the same system is the same customer, nothing else is."""

    def tie(self, keys: pa.Table) -> pa.Table:
        return keys.append_column("group", pc.binary_join_element_wise(keys["space"], keys["key"], "\x1f"))


@dataclass(frozen=True)
class CustomerQuery:
    """What a list of customers asks for. Empty means no condition; amounts are minor units.

    unit_id takes its whole subtree. consent_channel: has current marketing consent for it. recency: idle days.
    attributes: own attributes of the company, by equality. ids: only these customers.
    """

    text: str = ""
    segments: tuple[str, ...] = ()
    kind: str = ""
    unit_id: int | None = None
    rep_id: int | None = None
    last_from: date | None = None
    last_to: date | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    age_bands: tuple[str, ...] = ()
    gender: str = ""
    consent_channel: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    sort: str = "name"
    descending: bool = False
    cursor: str = ""
    size: int = PAGE

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise BadInput(
                "Customers cannot be sorted by “{sort}”. Use one of: {known}.",
                field="sort", sort=self.sort, known=", ".join(SORTS),
            )  # fmt: skip
        if self.kind and self.kind not in KINDS:
            raise BadInput(
                "“{kind}” is not a kind of customer. Use one of: {known}.",
                field="kind", kind=self.kind, known=", ".join(KINDS),
            )  # fmt: skip
        if not 1 <= self.size <= MAX_PAGE:
            raise BadInput("A page holds 1 to {most} customers.", field="size", most=MAX_PAGE)
        if len(self.text) > TEXT_LIMIT:
            raise BadInput("Search with at most {most} characters.", field="text", most=TEXT_LIMIT)

    @property
    def personal(self) -> bool:
        """Whether it searches with a person's data, which the access log records."""
        return bool(self.text.strip())


@dataclass(frozen=True)
class Clue:
    """One way a search text may be meant: the field and the beginning (or, with exact, the whole) of its value."""

    field: str
    value: str
    exact: bool = False


def clues(text: str, *, unmasked: bool) -> Sequence[Clue]:
    """How a search text may be meant: name, given name, code, phone tail, whole number, e-mail.

    unmasked: whether the searcher may read whole numbers and e-mail addresses. Who may not must not find them out by
    searching either, so these two are then left out; the tail of a number is visible to everybody.
    """
    text = cleaned(text)
    if not text:
        return ()
    if not text.isascii():
        return [Clue("name", text), *([Clue("given_name", text)] if len(text) > 1 else [])]
    found = [Clue("name", text), Clue("code", text)]
    found += [Clue("code", text.upper()), Clue("name", text.title()), Clue("given_name", text.title())]
    digits = re.sub(r"[-\s().+]", "", text)
    if digits.isdigit():
        return found[:2] + _number_clues(text, digits, unmasked)
    return list(dict.fromkeys([*found, Clue("email", text.lower())] if unmasked else found))


def _number_clues(text: str, digits: str, unmasked: bool) -> list[Clue]:
    if len(digits) == TAIL_DIGITS:
        return [Clue("phone_tail", digits, exact=True)]
    if not unmasked or len(digits) < 7:
        return []
    international = text.strip().startswith("+")
    return [Clue("phone_e164", "+" + digits if international else "+82" + digits.removeprefix("0"))]


def after(prefix: str) -> str:
    """The first text after all that begin with the prefix, in code point order (for range scans of an index)."""
    last = ord(prefix[-1])
    if last >= 0x10FFFF:
        return prefix + chr(0x10FFFF)
    following = 0xE000 if 0xD7FF <= last < 0xE000 else last + 1
    return prefix[:-1] + chr(following)


def standard(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Golden values in standard form, with the columns derived from them.

    changes: {field: text, number or None}. Raises BadInput naming the field.
    """
    result: dict[str, Any] = {}
    for name, value in changes.items():
        text = cleaned(str(value)) if value is not None else ""
        if holds_resident_number(text):
            raise BadInput("Resident registration numbers may not be stored. Remove the number.", field=name)
        result |= _standard_one(name, text)
    return result


def _standard_one(name: str, text: str) -> dict[str, Any]:
    if name == "phone":
        number = phone(text)
        return {"phone": number.given, "phone_e164": number.e164, "phone_tail": number.tail}
    if name == "name":
        return _name(text[:100])
    if name == "email":
        return {"email": email(text)}
    if name == "birth":
        return _birth(text)
    if name == "birth_year":
        return {"birth_year": _birth_year(text)}
    return {name: _short(name, text)}


def _birth_year(text: str) -> int | None:
    if text and not (text.isdigit() and 1900 <= int(text) <= 2100):
        raise BadInput("“{text}” is not a year of birth. Write four digits, like 1988.", field="birth_year", text=text)
    return int(text) if text else None


def _short(name: str, text: str) -> str:
    if name == "gender":
        return {"f": "F", "female": "F", "여": "F", "m": "M", "male": "M", "남": "M"}.get(text.lower(), "")
    return text[:300] if name == "address" else text[:20]


def _name(text: str) -> dict[str, Any]:
    given = given_name(text)
    hangul = bool(HANGUL.match(text.replace(" ", "")))
    whole = text.replace(" ", "") if hangul else text
    family = whole[: len(whole) - len(given)].strip() if given and whole.endswith(given) else ""
    return {"name": text, "name_standard": whole, "family_name": family[:60], "given_name": given}


def _birth(text: str) -> dict[str, Any]:
    lunar = text.startswith("음")
    digits = "".join(character for character in text if character.isdigit())
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 and not lunar else None
    except ValueError:
        day = None
    return {"birth": text[:40], "birth_day": day, "birth_lunar": lunar}


def checked(changes: Mapping[str, str]) -> dict[str, str]:
    """Changes made by hand, refused where a value cannot be right. Raises BadInput naming the field."""
    for name, value in changes.items():
        if name not in EDITABLE:
            raise BadInput("The field {name} cannot be changed here.", field=name, name=name)
        if len(value) > 300:
            raise BadInput("This is too long. Use at most {most} characters.", field=name, most=300)
        if name == "email" and value and not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+", value):
            raise BadInput("“{text}” is not an e-mail address.", field=name, text=value)
        if name == "phone" and value and not phone(value).e164:
            raise BadInput("“{text}” is not a telephone number. Write it like 010-1234-5678.", field=name, text=value)
        if name == "gender" and value and value not in ("F", "M"):
            raise BadInput("“{text}” is not known here. Use F or M.", field=name, text=value)
    return dict(changes)
