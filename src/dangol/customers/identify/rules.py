"""Which values a customer keeps, how they are shown and searched for; how a key is tied to a customer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.customers.identify.picked import Among, Figure
from dangol.customers.standard.rules import (
    TAIL_DIGITS,
    address,
    birth,
    cleaned,
    email,
    gender,
    holds_resident_number,
    person_name,
    phone,
)

TEXT_LIMIT = 100
MAX_PAGE = 5_000
PAGE = 50
COUNT_CAP = 10_000
UNDO_SECONDS = 60
EDITABLE = ("name", "phone", "email", "address", "birth", "birth_year", "gender")
MASKED = frozenset({"phone", "email", "address", "birth"})
KINDS = ("named", "unnamed")
FIGURES = ("index", "value")  # sort orders that a room above knows the figures of
SORTS = ("name", "amount", "last_day", *FIGURES)
HANGUL = re.compile(r"^[가-힣]+$")
# The parts of an address that have a column, and how long each may be.
ADDRESS_PARTS = {
    "sido": 40, "sigungu": 60, "dong": 60, "road": 100, "building_no": 20, "lot_no": 20, "building": 100,
    "detail": 200, "postcode": 10,
}  # fmt: skip


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
    "birth_year": N_("Year of birth"),
    "gender": N_("Gender"),
    "home_ownership": N_("Home ownership"),
    "household_size": N_("Household size"),
    "household_type": N_("Household type"),
    "income_band": N_("Income band"),
    "kids": N_("Children"),
    "kind": N_("Named or un-named"),
    "marital_status": N_("Marital status"),
}


def given_name(name: str) -> str:
    """The part of a name by which a search finds it besides its beginning: 민아 of 김민아, Kim of Mina Kim.

    That is the given name of a Korean name written in Hangul; of other names the last word, or nothing.
    """
    found = person_name(name)
    return _found_by(name, found.family, found.first)


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
    attributes: own attributes of the company, by equality. ids: only these customers. segment_ids: in any of these
    segments that people built. among: those a room above picked out; figure: what it sorts them by (sort in FIGURES).
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
    segment_ids: tuple[int, ...] = ()
    among: Among | None = None
    figure: Figure | None = None
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
        if self.sort in FIGURES and self.figure is None:
            raise BadInput("Customers have no such figure yet. Choose another order.", field="sort")
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
        # Of an e-mail address the line breaks must still be seen: they are what injections are made of.
        result |= _standard_one(name, str(value) if name == "email" and value is not None else text)
    return result


def _standard_one(name: str, text: str) -> dict[str, Any]:
    reader = _READERS.get(name)
    return reader(text) if reader else {name: text[:20]}


def _phone(text: str) -> dict[str, Any]:
    number = phone(text)
    return {"phone": number.given, "phone_e164": number.e164, "phone_tail": number.tail}


def _email(text: str) -> dict[str, Any]:
    return {"email": email(text) or cleaned(text).lower()[:254]}  # an unusable one is shown, to be corrected


def _birth(text: str) -> dict[str, Any]:
    born = birth(text)
    return {"birth": text[:40], "birth_day": born.day, "birth_lunar": born.lunar}


def _birth_year(text: str) -> int | None:
    if text and not (text.isdigit() and 1900 <= int(text) <= 2100):
        raise BadInput("“{text}” is not a year of birth. Write four digits, like 1988.", field="birth_year", text=text)
    return int(text) if text else None


def _name(text: str) -> dict[str, Any]:
    found = person_name(text)
    return name_columns(found.standard, found.family, found.first)


def name_columns(written: str, family: str, first: str) -> dict[str, Any]:
    """The columns a name fills in, from its standard form and parts."""
    return {"name": written[:100], "family_name": family[:60], "given_name": _found_by(written[:100], family, first)}


def _found_by(written: str, family: str, first: str) -> str:
    if HANGUL.match(written):
        return first if family else ""
    words = written.split()
    return words[-1] if len(words) > 1 else ""


def _address(text: str) -> dict[str, Any]:
    found = address(text)
    return address_columns(text, {name: getattr(found, name) for name in ADDRESS_PARTS})


def address_columns(text: str, parts: Mapping[str, str]) -> dict[str, Any]:
    """The columns an address fills in: as given, and its parts."""
    cut = {("address_detail" if name == "detail" else name): parts[name][:most] for name, most in ADDRESS_PARTS.items()}
    return {"address": text[:300]} | cut


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "name": _name, "phone": _phone, "email": _email, "address": _address, "birth": _birth,
    "birth_year": lambda text: {"birth_year": _birth_year(text)}, "gender": lambda text: {"gender": gender(text)},
}  # fmt: skip


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
