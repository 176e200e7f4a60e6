"""Birth dates in their many spellings, lunar days turned into solar ones, and gender codes.

Source: lunar calendar of the Korea Astronomy and Space Science Institute through korean-lunar-calendar; century codes
of resident registration (1 and 2 born in the 1900s, 3 and 4 in the 2000s) for lists that kept only that digit.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from korean_lunar_calendar import KoreanLunarCalendar

from dangol.customers.standard.rules.texts import cleaned, narrow, words

FIRST_YEAR, LAST_YEAR = 1900, 2050
OLDEST_YEARS = 120
PIVOT = 30  # without a day to compare with, two digits below this are of the 2000s
GIVEN_LONGEST = 40
_LUNAR = re.compile(
    r"음력|\(\s*음\s*\)|\(\s*-\s*\)|\blunar\b|^음\s*|^L\s*(?=\d)|\s음$|\(\s*L\s*\)|(?<=\d)\s*[L음]\.?$", re.I
)
_SOLAR = re.compile(r"양력|\(\s*양\s*\)|\(\s*\+\s*\)|\bsolar\b|^양\s*|\s양$|\(\s*S\s*\)", re.I)
_LEAP = re.compile(r"\(?\s*윤달?\s*\)?|\bleap\b", re.I)
_CLOCK = re.compile(r"(?<=\d)[T\s]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[AP]M)?$", re.I)
_BORN = re.compile(r"\s*(?:생년월일|출생|생일|생|born|년생)\s*[:.]?\s*", re.I)
_MONTHS = {name: number for number, name in enumerate(words("jan feb mar apr may jun jul aug sep oct nov dec"), 1)}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_SEP = r"\s*[-./,·년월\s]\s*"
_YMD = re.compile(rf"'?(\d{{4}}|\d{{2}}){_SEP}(\d{{1,2}}){_SEP}(\d{{1,2}})\s*일?\.?")
_XYY = re.compile(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})\.?")
_DAY_MONTH = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s.-]*({_MONTH})[\s,.-]*(\d{{4}})", re.I)
_MONTH_DAY = re.compile(rf"({_MONTH})\s*(\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(\d{{4}})", re.I)
_YEAR = re.compile(r"'?(\d{4}|\d{2})\s*년?\.?")

Parts = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Birth:
    """A birth date as given; the solar day where it is known whole, else at least the year (of the calendar given)."""

    given: str
    day: date | None
    year: int | None
    lunar: bool = False


def birth(text: str, *, lunar: bool = False, today: date | None = None) -> Birth:
    """A birth date standardised; a lunar one (said by `lunar` or in the text) becomes the solar day.

    today: tells which century two digits mean (the latest that is no future) and refuses who is not born yet or older
    than 120. Days that do not exist, and orders that could be read two ways (03/04/1988), give no day.
    """
    given = cleaned(text)[:GIVEN_LONGEST].rstrip()
    plain = narrow(given)
    lunar = (lunar and not _SOLAR.search(plain)) or bool(_LUNAR.search(plain))
    leap = bool(_LEAP.search(plain))
    bare = plain
    if not plain.replace("-", "").isdigit():
        for pattern in (_LUNAR, _SOLAR, _LEAP, _BORN):
            bare = pattern.sub(" ", bare)
        bare = " ".join(_CLOCK.sub("", " ".join(bare.split())).split())
    year, month, day = _read(bare, today)
    if year is None or not _plausible(year, today):
        return Birth(given, None, None, lunar)
    if month is None or day is None:
        return Birth(given, None, year if month is None else None, lunar)
    solar = _solar(year, month, day, leap=leap) if lunar else _existing(year, month, day)
    if solar is None or (today and not date(today.year - OLDEST_YEARS, 1, 1) <= solar <= today):
        return Birth(given, None, None, lunar)
    return Birth(given, solar, solar.year, lunar)


def _read(bare: str, today: date | None) -> Parts:
    """Year, month and day; a year alone has no month, an order that could be read two ways neither."""
    for pattern, read in _SPELLINGS:
        found = pattern.fullmatch(bare)
        if found:
            return read(found, today)
    return None, None, None


def _in_order(found: re.Match[str], today: date | None) -> Parts:
    return _century(found[1], today), int(found[2]), int(found[3])


def _year_last(found: re.Match[str], today: date | None) -> Parts:
    one, two, year = int(found[1]), int(found[2]), int(found[3])
    if one > 12 or one == two:
        return year, two, one
    return (year, one, two) if two > 12 else (year, None, None)


def _day_month(found: re.Match[str], today: date | None) -> Parts:
    return int(found[3]), _MONTHS[found[2][:3].lower()], int(found[1])


def _month_day(found: re.Match[str], today: date | None) -> Parts:
    return int(found[3]), _MONTHS[found[1][:3].lower()], int(found[2])


def _year_alone(found: re.Match[str], today: date | None) -> Parts:
    return _century(found[1], today), None, None


_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date | None], Parts]], ...] = (
    (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"), _in_order),
    (re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})"), _in_order),
    (_YMD, _in_order), (_XYY, _year_last), (_DAY_MONTH, _day_month), (_MONTH_DAY, _month_day), (_YEAR, _year_alone),
)  # fmt: skip


def _century(digits: str, today: date | None) -> int:
    number = int(digits)
    if len(digits) == 4:
        return number
    if today:
        return 2000 + number if 2000 + number <= today.year else 1900 + number
    return number + (2000 if number < PIVOT else 1900)


def _plausible(year: int, today: date | None) -> bool:
    if today:
        return today.year - OLDEST_YEARS <= year <= today.year
    return FIRST_YEAR <= year <= LAST_YEAR


def _existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _solar(year: int, month: int, day: int, *, leap: bool) -> date | None:
    """The solar day of a lunar one; None where that year has no such day or no such leap month."""
    calendar = KoreanLunarCalendar()
    if not (1 <= month <= 12 and 1 <= day <= 30 and calendar.setLunarDate(year, month, day, leap)):
        return None
    if leap != calendar.isIntercalation:
        return None
    found = date.fromisoformat(calendar.SolarIsoFormat())
    back = KoreanLunarCalendar()
    back.setSolarDate(found.year, found.month, found.day)
    same = (back.lunarYear, back.lunarMonth, back.lunarDay, back.isIntercalation) == (year, month, day, leap)
    return found if same else None


_FEMALE = frozenset(
    words("f female w woman women girl lady 여 여자 여성 여아 女 女子 女性 ms mrs miss 2 4 6 8 f. 여(f) 부인")
)
_MALE = frozenset(words("m male man men boy 남 남자 남성 남아 男 男子 男性 mr 1 3 5 7 m. 남(m)"))


def gender(text: str) -> str:
    """F or M of the usual words and codes in Korean and English, else nothing.

    1 to 8 are the digits of registration numbers: odd for men, even for women.
    """
    plain = narrow(text).strip().strip(".()[]").lower()
    return "F" if plain in _FEMALE else "M" if plain in _MALE else ""
