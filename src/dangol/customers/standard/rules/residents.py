"""Resident and foreigner registration numbers, recognised so that they can be refused everywhere.

Source: Personal Information Protection Act, article 24-2 (no processing without a law that asks for it). Six digits of
the birth day, one of sex and century (1-4 residents, 5-8 foreigners), six more. Up to October 2020 the last is a check
digit; since then the last six are drawn at random (Resident Registration Act, enforcement rules, article 2).
"""

import re
from datetime import date

from dangol.customers.standard.rules.texts import narrow

_GAP = r"[\s\u00ad\u200b-\u200f\u2060\ufeff]{0,4}"
_DASH = r"[-‐‑‒–—―−－﹣~〜～.·_/]"
# Unicode's digits are digits too: what looks like a number to a reader must not slip through.
RESIDENT = re.compile(
    rf"(?<!\d)(\d{{2}})(\d{{2}})(\d{{2}})({_GAP}{_DASH}{_GAP}|{_GAP})(\d)(\d{{6}})(?!\d)"
)  # fmt: skip
# The same shape, wider, for engines whose expressions know no look-around: whatever matches RESIDENT matches this.
RESIDENT_RE2 = r"\pN{6}[^\pN]{0,12}\pN{7}"
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_CENTURY = {1: 1900, 2: 1900, 3: 2000, 4: 2000, 5: 1900, 6: 1900, 7: 2000, 8: 2000}
LATEST = 50  # nobody is born after 2050 yet: such digits are a barcode
RANDOM_SINCE = date(2020, 10, 5)
_BLOT = "●" * 13


def holds_resident_number(text: str, *, dashed_only: bool = False) -> bool:
    """Whether a text holds a resident or foreigner registration number.

    With a dash the form decides, without one the check digit (or, for who was born since October 2020, the form).
    dashed_only: for identifiers, where 13 digits in a row are as a rule a barcode.
    """
    if sum(character.isdigit() for character in text) < 13:
        return False
    return any(_is_resident(match, dashed_only=dashed_only) for match in RESIDENT.finditer(narrow(text)))


def without_resident_numbers(text: str) -> str:
    """The text with every such number blotted out."""
    return RESIDENT.sub(lambda match: _BLOT if _is_resident(match, dashed_only=False) else match[0], text)


def _is_resident(match: re.Match[str], *, dashed_only: bool) -> bool:
    born = _born(int(match[1]), int(match[2]), int(match[3]), int(match[5]))
    if born is None:
        return False
    if match[4].strip():
        return True
    if dashed_only:
        return False
    digits = [int(character) for character in "".join(match.group(1, 2, 3, 5, 6))]
    return _check_digit_fits(digits) or born >= RANDOM_SINCE


def _born(year: int, month: int, day: int, century: int) -> date | None:
    if century not in _CENTURY or (_CENTURY[century] == 2000 and year > LATEST):
        return None
    try:
        return date(_CENTURY[century] + year, month, day)
    except ValueError:
        return None


def _check_digit_fits(digits: list[int]) -> bool:
    """Whether the last digit checks the twelve before; foreigners' numbers are shifted by two."""
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    check = (11 - total % 11) % 10
    return digits[12] == check or (digits[6] > 4 and digits[12] == (check + 2) % 10)
