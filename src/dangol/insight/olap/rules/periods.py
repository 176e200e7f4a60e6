"""Periods: whole numbers inside (one more is the next one), texts outside."""

import re
from collections.abc import Collection
from datetime import date, timedelta

from dangol.base.errors import BadInput

PERIODS = ("day", "week", "month", "quarter", "half", "year")
YEAR_STEPS = {"month": 12, "quarter": 4, "half": 2, "year": 1}
EPOCH = date(1970, 1, 1)
MONDAY_SHIFT = 3  # 1970-01-01 was a Thursday: (days + 3) // 7 counts weeks from Monday on


def period_number(period: str, day: date) -> int:
    """The number of the period a day lies in."""
    days = (day - EPOCH).days
    return {
        "day": days,
        "week": (days + MONDAY_SHIFT) // 7,
        "month": day.year * 12 + day.month - 1,
        "quarter": day.year * 4 + (day.month - 1) // 3,
        "half": day.year * 2 + (day.month - 1) // 6,
        "year": day.year,
    }[period]


def period_days(period: str, number: int) -> tuple[date, date]:
    """The first and last day of the period of a number."""
    return _day_of(period, number), _day_before(period, number + 1)


def _day_of(period: str, number: int) -> date:
    if period in ("day", "week"):
        return EPOCH + timedelta(days=number if period == "day" else number * 7 - MONDAY_SHIFT)
    parts = {"month": 12, "quarter": 4, "half": 2, "year": 1}[period]
    return date(number // parts, number % parts * (12 // parts) + 1, 1)


def _day_before(period: str, number: int) -> date:
    try:
        return _day_of(period, number) - timedelta(days=1)
    except (ValueError, OverflowError):  # after the last day there is
        return date.max


def period_text(period: str, number: int) -> str:
    """A period as people and scripts write it: 2017-03-31, 2017-W13, 2017-03, 2017-Q1, 2017-H1, 2017."""
    if period == "day":
        return (EPOCH + timedelta(days=number)).isoformat()
    if period == "week":
        year, week, _day = (EPOCH + timedelta(days=number * 7 - MONDAY_SHIFT)).isocalendar()
        return f"{year}-W{week:02}"
    if period == "month":
        return f"{number // 12:04}-{number % 12 + 1:02}"
    if period == "quarter":
        return f"{number // 4:04}-Q{number % 4 + 1}"
    if period == "half":
        return f"{number // 2:04}-H{number % 2 + 1}"
    return str(number)


FORMS = {
    "day": (r"\d{4}-\d{2}-\d{2}", "2017-03-31"),
    "week": (r"\d{4}-W\d{2}", "2017-W13"),
    "month": (r"\d{4}-\d{2}", "2017-03"),
    "quarter": (r"\d{4}-Q[1-4]", "2017-Q1"),
    "half": (r"\d{4}-H[12]", "2017-H1"),
    "year": (r"\d{4}", "2017"),
}


MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LOOSE = {
    "day": re.compile(r"(\d{4})(?:[-/.]|\s?년)\s?(\d{1,2})(?:[-/.]|\s?월)\s?(\d{1,2})\s?일?|(\d{4})(\d{2})(\d{2})"),
    "month": re.compile(r"(\d{4})(?:[-/.]|\s?년)\s?(\d{1,2})\s?월?|(\d{4})(\d{2})"),
    "quarter": re.compile(r"(\d{4})(?:[-/. ]|\s?년)?\s?(?:q([1-4])|([1-4])\s?분기)|q([1-4])[-/. ]?(\d{4})"),
    "half": re.compile(r"(\d{4})(?:[-/. ]|\s?년)?\s?(?:h([12])|([상하])반기)|h([12])[-/. ]?(\d{4})"),
    "week": re.compile(r"(\d{4})(?:[-/. ]|\s?년)?\s?(?:w(\d{1,2})|(\d{1,2})\s?주차?)"),
    "year": re.compile(r"(\d{4})\s?(?:년도?)?"),
}
NAMED_MONTH = re.compile(
    rf"({'|'.join(MONTH_NAMES)})[a-z]*[-/. ]*(\d{{4}})|(\d{{4}})[-/. ]*({'|'.join(MONTH_NAMES)})[a-z]*"
)


def _tidy(period: str, text: str) -> str:
    """A period as it is written here, out of the ways people write it: 2017년 3월, March 2017, Q1 2017, 2017/03/31."""
    said = text.strip().casefold()
    if period == "month" and (named := NAMED_MONTH.fullmatch(said)):
        first, year, second_year, second = named.groups()
        return f"{year or second_year}-{MONTH_NAMES.index(first or second) + 1:02}"
    found = LOOSE[period].fullmatch(said)
    if not found:
        return text
    year, *rest = sorted((one for one in found.groups() if one), key=lambda one: len(one) < 4)
    parts = [{"상": "1", "하": "2"}.get(one, one) for one in rest]
    if period in ("day", "month"):
        return "-".join([year, *(f"{int(one):02}" for one in parts)])
    letter = {"quarter": "Q", "half": "H", "week": "W"}.get(period)
    if letter is None:
        return year
    return f"{year}-{letter}{int(parts[0]):02}" if period == "week" else f"{year}-{letter}{parts[0]}"


def period_from(period: str, text: str) -> int:
    """The number of a period written as text. Raises BadInput."""
    form, example = FORMS[period]
    try:
        text = text if re.fullmatch(form, text) else _tidy(period, text)
        if not re.fullmatch(form, text):
            raise ValueError(text)
        return period_number(period, _first_of(period, text))
    except ValueError:
        raise BadInput("“{text}” is not a {period}. Write it like {example}.", field="where", text=text[:40],
                       period=period, example=example) from None  # fmt: skip


def _first_of(period: str, text: str) -> date:
    if period == "day":
        return date.fromisoformat(text)
    year = int(text[:4])
    if period == "week":
        return date.fromisocalendar(year, int(text[6:]), 1)
    part = int(text[5:].lstrip("QH") or 1)
    month = {"month": part, "quarter": part * 3 - 2, "half": part * 6 - 5, "year": 1}[period]
    return date(year, month, 1)


def first_day(period: str, number: int) -> date:
    """The first day of a period."""
    return _first_of(period, period_text(period, number))


def last_day(period: str, number: int) -> date:
    """The last day of a period."""
    return first_day(period, number + 1) - timedelta(days=1)


def finest(periods: Collection[str]) -> str:
    """The shortest of some periods."""
    return min(periods, key=PERIODS.index)


def year_before(period: str, number: int) -> int | None:
    """The same period a year before; None where there is none (29 February, week 53)."""
    if period in YEAR_STEPS:
        return number - YEAR_STEPS[period]
    text = period_text(period, number)
    try:
        return period_from(period, f"{int(text[:4]) - 1}{text[4:]}")
    except BadInput:
        return None
