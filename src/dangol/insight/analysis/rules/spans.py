"""Spans of whole months, and the span another is compared with."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from dangol.base.errors import BadInput

PREVIOUS, YEAR = "previous", "year"
LONGEST_MONTHS = 24


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def months(self) -> int:
        """How many calendar months it touches."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def month_number(day: date) -> int:
    """Months since the year 0: one more is the next month."""
    return day.year * 12 + day.month - 1


def month_first(number: int) -> date:
    """The first day of a month by its number."""
    return date(number // 12, number % 12 + 1, 1)


def month_last(number: int) -> date:
    """The last day of a month by its number."""
    year, month = number // 12, number % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def month_of(text: str) -> int:
    """The number of a month written like 2017-03. Raises BadInput."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) or text.startswith("0000"):
        raise BadInput("“{text}” is not a month. Write it like 2017-03.", field="end", text=text[:20])
    return int(text[:4]) * 12 + int(text[5:]) - 1


def month_text(number: int) -> str:
    """A month as it is written in an address: 2017-03."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def last_full_month(first_day: date, as_of: date) -> int:
    """The last month that is over on `as_of`; the month of `as_of` itself where none is."""
    number = month_number(as_of)
    full = number if month_last(number) == as_of else number - 1
    return max(full, month_number(first_day))


def span(end: int, months: int) -> Span:
    """So many months up to a month, that one included. Raises BadInput."""
    if not 1 <= months <= LONGEST_MONTHS:
        raise BadInput("A period has from 1 to {most} months.", field="months", most=LONGEST_MONTHS)
    return Span(month_first(end - months + 1), month_last(end))


def compared(now: Span, against: str) -> Span:
    """The span before it of as many months, or the same months a year earlier. Raises BadInput.

    Against the year before, a span of over twelve months would overlap with itself.
    """
    if against not in (PREVIOUS, YEAR):
        raise BadInput("Compare with “previous” or “year”.", field="against")
    if against == YEAR and now.months > 12:
        raise BadInput("Over twelve months can only be compared with the period before.", field="against")
    back = now.months if against == PREVIOUS else 12
    end = month_number(now.last) - back
    return Span(month_first(end - now.months + 1), month_last(end))


def day_before(day: date) -> date:
    """Yesterday."""
    return day - timedelta(days=1)
