"""Which period a period is compared with: the one before, and the same one a year before."""

from datetime import date, timedelta

from dangol.insight.olap.rules import finest, first_day, last_day, period_from, period_number, period_text, year_before
from dangol.reports.asked import LAST_PERIOD

__all__ = ["base_of", "change", "finest", "first_day", "last_day", "numbers", "within"]


def base_of(kind: str, period: str, number: int, steps: int = 1) -> int | None:
    """The period that one is compared with; None where there is none (29 February, week 53).

    kind: "last" or "year". steps: how many periods lie in what is compared, so that three months are compared with
    the three before.
    """
    return number - steps if kind == LAST_PERIOD else year_before(period, number)


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
