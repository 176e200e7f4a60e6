"""Telephone numbers: whatever spelling, one E.164 form beside the original.

Source: ITU-T E.164; the Korean numbering plan (ministry notice on telecommunication numbers); every other country's
plan by the phonenumbers library, which also judges what the short forms below do not decide.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

from dangol.customers.standard.rules.texts import cleaned, narrow

HOME_REGION = "KR"
TAIL_DIGITS = 4
GIVEN_LONGEST = 40
KINDS = ("mobile", "landline", "internet", "safe", "service", "foreign")

# Numbers the library calls valid beyond doubt (a test draws from this and asks it): decided here, 30 times faster.
SURE = re.compile(
    r"010[012346789]\d{7}|01[16-9]\d{7,8}|02[1-9]\d{6,7}|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])[1-9]\d{6,7}"
    r"|070\d{8}|050[2-8]\d{7,8}|080\d{7}",
    re.ASCII,
)
_MOBILE = frozenset({"10", "11", "16", "17", "18", "19"})
_NOT_DIGITS = re.compile(r"[^0-9]")
_COUNTRY = re.compile(r"^(?:\+\s*82|0082|00[1-9]{1,3}82|82(?=[\s-]*\(?0?\)?[\s-]*(?:1[016-9]|2|[3-7])[0-9\s-]{7,}$))")
_TRUNK = re.compile(r"\(\s*0\s*\)")
_LOST_ZERO = re.compile(
    r"1[016-9]\d{7,8}|2[1-9]\d{7}|(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])[1-9]\d{6,7}|70\d{8}|50[2-8]\d{7,8}"
)
_SHORT = re.compile(r"1[568]\d{6}")
_RANGE = re.compile(r"~\s*\d{1,4}$")  # 02-555-0120~5: the first of several lines
_EXTENSION = re.compile(
    r"[\s,(\[]*(?:내선|교환|구내|extension|ext|#|(?<=\d)\s*x)\s*[.:번]?\s*(\d{1,6})\s*번?\s*[)\]]?\s*$", re.I
)
_BETWEEN = re.compile(r"[/,;|\n·、&]|\s(?:or|and|또는|및)\s")
_CANDIDATE = re.compile(
    r"\+\d[\d\s().-]{6,17}\d|(?<!\d)0\d{1,3}[\s).-]{0,3}\d{3,4}[\s.-]{0,3}\d{4}(?!\d)|(?<!\d)1[568]\d{2}[\s.-]?\d{4}(?!\d)"
)


@dataclass(frozen=True)
class Phone:
    """A number as it was given, in E.164 (empty where it is not a valid number), its last four digits and its kind.

    kind: one of KINDS, empty where the number is not valid. safe: 050, forwarded to another number. service: 1588-1234
    and 080. extension: digits behind the number, without it in `e164`.
    """

    given: str
    e164: str
    tail: str
    kind: str = ""
    extension: str = ""


def phone(text: str, region: str = HOME_REGION) -> Phone:
    """A telephone number standardised; the original is kept whatever it is.

    Of several numbers in one text the first valid one counts. A leading zero that a spreadsheet took away is put back
    where the rest leaves no doubt (1012345678). Source: see the module.
    """
    given = cleaned(text)[:GIVEN_LONGEST].rstrip()
    e164, kind, extension = parts(given, region)
    tail = e164 if kind else _NOT_DIGITS.sub("", narrow(given))
    return Phone(given, e164, tail[-TAIL_DIGITS:], kind, extension)


def parts(given: str, region: str = HOME_REGION) -> tuple[str, str, str]:
    """E.164, kind and extension of a cleaned text; three empty texts where there is no valid number."""
    seen = phone_glance(given) if region == HOME_REGION else ""
    if seen:
        return seen, kind_of(seen[3:]), ""
    for one in _numbers(narrow(given)):
        without = _EXTENSION.sub("", one)
        e164 = _single(without, region)
        if e164:
            found = _EXTENSION.search(one)
            kind = kind_of(e164[3:]) if e164.startswith("+82") else "foreign"
            return e164, kind, found[1] if found else ""
    return "", "", ""


def phone_glance(given: str) -> str:
    """E.164 of a Korean number written with digits and hyphens only, or nothing where it needs a full reading."""
    digits = given.replace("-", "")
    return "+82" + digits[1:] if SURE.fullmatch(digits) else ""


def _numbers(text: str) -> Iterator[str]:
    """The text, its pieces, and what in it looks like a number, in this order."""
    yield text
    pieces = _BETWEEN.split(text)
    if len(pieces) > 1:
        yield from pieces
    yield from (match[0] for match in _CANDIDATE.finditer(text))


def _single(text: str, region: str) -> str:
    text = _RANGE.sub("", _TRUNK.sub("", text).strip())
    if region != HOME_REGION:
        return _by_library(text, region)
    national = _national(text)
    if national and SURE.fullmatch(national):
        return "+82" + national[1:]
    if national and not national.startswith("0") and not _SHORT.fullmatch(national):
        return ""  # a local number without its area: it could be anybody's
    if national.startswith("010") and len(national) != 11:
        return ""
    return _by_library(text, region)


def _national(text: str) -> str:
    """The digits as dialled within Korea, or nothing where the text names another country."""
    home = _COUNTRY.match(text)
    digits = _NOT_DIGITS.sub("", text[home.end() :] if home else text)
    if home:
        return "0" + digits.removeprefix("0")
    if text.startswith("+"):
        return ""
    return "0" + digits if not digits.startswith("0") and _LOST_ZERO.fullmatch(digits) else digits


def _by_library(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def kind_of(national: str) -> str:
    """The kind of a valid Korean number, given without country code and leading zero."""
    if national[:2] in _MOBILE and len(national) >= 9:
        return "mobile"
    if national[0] in "23456" and national[:2] not in ("50", "60"):
        return "landline"
    return {"70": "internet", "50": "safe"}.get(national[:2], "service")
