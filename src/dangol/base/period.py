"""Days and months of the company: times are UTC inside, the company's zone outside."""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def company_day(moment: datetime, zone: ZoneInfo) -> date:
    """The company's calendar day of an aware moment."""
    return moment.astimezone(zone).date()


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_ends(first: date, last: date) -> Iterator[date]:
    """The last days of all months that end within first..last, both included."""
    end = month_end(first)
    while end <= last:
        yield end
        end = month_end(end + timedelta(days=1))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day where it has no such day."""
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))
