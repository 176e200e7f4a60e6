"""Periods said from the end of the data: this month, last 12 months, 올해, 최근 30일."""

import re
from calendar import monthrange
from datetime import date, timedelta

from dangol.insight.olap.rules.conditions import Between, Compare, Condition, Recent
from dangol.insight.olap.rules.periods import PERIODS, first_day, last_day, period_number, period_text

KOREAN = {
    "일": "day", "주": "week", "주일": "week", "달": "month", "월": "month", "개월": "month", "분기": "quarter",
    "반기": "half", "해": "year", "년": "year",
}  # fmt: skip
WORDS = {
    "올해": ("year", 0), "금년": ("year", 0), "작년": ("year", 1), "전년": ("year", 1), "당월": ("month", 0),
    "이달": ("month", 0), "전월": ("month", 1), "지난달": ("month", 1), "오늘": ("day", 0), "어제": ("day", 1),
}  # fmt: skip
FORM = (
    r"(?:last|past|recent)\s+\d{1,4}\s+(?:day|week|month|quarter|half|year)s?(?!\w)"
    r"|(?:this|last)\s+(?:day|week|month|quarter|half|year)(?!\w)"
    r"|(?:year|quarter|month|week)[\s-]+to[\s-]+date(?!\w)"
    r"|(?:최근|지난)\s*\d{1,4}\s*(?:주일|개월|분기|반기|일|주|달|년)(?:간|\s*동안)?(?!\w)"
    r"|(?:이번|지난)\s*(?:주|달|분기|반기|해)(?!\w)|(?:" + "|".join(WORDS) + r")(?!\w)"
)
WHOLE = re.compile(FORM, re.IGNORECASE)
EARLIEST = date(1900, 1, 1)
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def recent(text: str, name: str = "day") -> Recent | None:
    """What such a text says; None for any other. name: the period it is said of."""
    said = text.strip().casefold()
    if not WHOLE.fullmatch(said):
        return None
    if said in WORDS:
        unit, back = WORDS[said]
        return Recent(name, unit, back)
    number = re.search(r"\d+", said)
    unit = _unit(said)
    if number:
        return Recent(name, unit, int(number[0]), rolling=True)
    return Recent(name, unit, 1 if said.startswith(("last", "지난")) else 0)


def _unit(said: str) -> str:
    english = next((one for one in PERIODS if one in said), "")
    if english:
        return english
    rest = re.sub(r"^(최근|지난|이번)|\d|\s|간$|동안$", "", said)
    return KOREAN[rest]


def dated(one: Recent, end: date) -> Condition:
    """The same as a condition on days or periods. end: the last day of the data.

    "This" and "last" are periods of the calendar; so many months are the days up to the last one, from the day after
    the same day so many months before.
    """
    if not one.rolling:
        return Compare(one.unit, "=", period_text(one.unit, period_number(one.unit, end) - one.count))
    first = _back(one, end + timedelta(days=1))
    low, high = period_number(one.unit, first), period_number(one.unit, end)
    if first == first_day(one.unit, low) and end == last_day(one.unit, high):
        return Between(one.unit, period_text(one.unit, low), period_text(one.unit, high))
    return Between("day", first.isoformat(), end.isoformat())


def _back(one: Recent, day: date) -> date:
    """The day so many units before."""
    if one.unit in MONTHS:
        at = max(day.year * 12 + day.month - 1 - MONTHS[one.unit] * one.count, EARLIEST.year * 12)
        year, month = at // 12, at % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    return max(day - timedelta(days=one.count * (7 if one.unit == "week" else 1)), EARLIEST)
