"""Which period a period is compared with: the one before, and the same one a year before."""

from collections.abc import Collection
from datetime import date, timedelta

from dangol.base.errors import BadInput
from dangol.insight.olap.rules import PERIODS, period_from, period_number, period_text
from dangol.reports.asked import LAST_PERIOD

YEAR_STEPS = {"month": 12, "quarter": 4, "half": 2, "year": 1}
ORDER = {name: place for place, name in enumerate(PERIODS)}  # day is the finest


def first_day(period: str, number: int) -> date:
    """The first day of a period."""
    text = period_text(period, number)
    if period == "day":
        return date.fromisoformat(text)
    if period == "week":
        return date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
    month = {"month": number % 12 + 1, "quarter": number % 4 * 3 + 1, "half": number % 2 * 6 + 1, "year": 1}[period]
    return date(int(text[:4]), month, 1)


def last_day(period: str, number: int) -> date:
    """The last day of a period."""
    return first_day(period, number + 1) - timedelta(days=1)


def finest(periods: Collection[str]) -> str:
    """The shortest of some periods."""
    return min(periods, key=lambda name: ORDER[name])


def base_of(kind: str, period: str, number: int, steps: int = 1) -> int | None:
    """The period that one is compared with; None where there is none (29 February, week 53).

    kind: "last" or "year". steps: how many periods lie in what is compared, so that three months are compared with
    the three before.
    """
    if kind == LAST_PERIOD:
        return number - steps
    if period in YEAR_STEPS:
        return number - YEAR_STEPS[period]
    text = period_text(period, number)
    try:
        return period_from(period, f"{int(text[:4]) - 1}{text[4:]}")
    except BadInput:
        return None


def within(period: str, number: int, longer: str) -> str:
    """The longer period in which a period lies, as text. A week lies in the month and year of its Thursday."""
    day = first_day(period, number) + timedelta(days=3 if period == "week" else 0)
    return period_text(longer, period_number(longer, day))


def numbers(period: str, low: str, high: str, first: date, last: date) -> list[int]:
    """All periods from one to another, open ends at the ends of the data."""
    start = period_from(period, low) if low else period_number(period, first)
    end = period_from(period, high) if high else period_number(period, last)
    return list(range(start, end + 1)) if end - start < 4_000 else []


def change(now: float | None, before: float | None, *, points: bool) -> float | None:
    """By what share a figure grew; the difference for figures that are shares. None where there is no base."""
    if now is None or before is None:
        return None
    if points:
        return now - before
    return (now - before) / abs(before) if before else None
