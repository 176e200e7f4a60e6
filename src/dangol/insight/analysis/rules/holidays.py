"""Public holidays on which people buy otherwise than usual.

Korean ones by the law on holidays of public offices (관공서의 공휴일에 관한 규정, art. 2), without substitute days;
lunar days by the calendar of the Korea Astronomy and Space Science Institute through korean-lunar-calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from korean_lunar_calendar import KoreanLunarCalendar

from dangol.insight.analysis.rules.findings import N_

EVERYWHERE = {(1, 1): N_("New Year's Day"), (12, 25): N_("Christmas")}
KOREAN = EVERYWHERE | {
    (3, 1): N_("Independence Movement Day"),
    (5, 5): N_("Children's Day"),
    (6, 6): N_("Memorial Day"),
    (8, 15): N_("Liberation Day"),
    (10, 3): N_("National Foundation Day"),
    (10, 9): N_("Hangeul Day"),
}
LUNAR = (  # month, day, name, days before and after that are holidays too
    (1, 1, N_("Seollal"), 1),
    (4, 8, N_("Buddha's Birthday"), 0),
    (8, 15, N_("Chuseok"), 1),
)


@dataclass(frozen=True)
class Holiday:
    """A public holiday. moves: whether its day in the year is another one every year."""

    day: date
    name: str
    moves: bool = False


def holidays(first: date, last: date, *, korean: bool) -> list[Holiday]:
    """The holidays from `first` to `last`, both included, in order. korean: those of Korea, else of most places."""
    found = [one for year in range(first.year, last.year + 1) for one in _of_year(year, korean=korean)]
    return sorted((one for one in found if first <= one.day <= last), key=lambda one: one.day)


def _of_year(year: int, *, korean: bool) -> Iterator[Holiday]:
    for (month, day), name in (KOREAN if korean else EVERYWHERE).items():
        yield Holiday(date(year, month, day), name)
    for month, day, name, around in LUNAR if korean else ():
        calendar = KoreanLunarCalendar()
        if calendar.setLunarDate(year, month, day, False):
            middle = date.fromisoformat(calendar.SolarIsoFormat())
            for step in range(-around, around + 1):
                yield Holiday(middle + timedelta(days=step), name, moves=True)
