"""Figures and members as people read them, in the language of who reads."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from dangol.base.money import currency, show
from dangol.insight.olap import rules
from dangol.reports.asked import (
    ENDS,
    HAS,
    LACKS,
    LAST_PERIOD,
    LAST_YEAR,
    OF_COLUMN,
    OF_ROW,
    OF_TOTAL,
    PLAIN,
    STARTS,
    Figure,
    Filter,
)
from dangol.reports.fields import Fields
from dangol.reports.grid import OTHERS, Grid, Head

NOTHING = "–"
PRICE = "price_band"
CLOCK = frozenset({"weekday", "hour", "month_of_year"})


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


KIND_NAMES = {
    PLAIN: N_("Figure itself"),
    OF_TOTAL: N_("Share of the total"),
    OF_ROW: N_("Share of the row"),
    OF_COLUMN: N_("Share of the column"),
    LAST_PERIOD: N_("Change against the period before"),
    LAST_YEAR: N_("Change against the year before"),
}
SHORT = {
    OF_TOTAL: N_("share of total"),
    OF_ROW: N_("share of row"),
    OF_COLUMN: N_("share of column"),
    LAST_PERIOD: N_("against period before"),
    LAST_YEAR: N_("against year before"),
}


def korean() -> bool:
    """Whether the reader's language is Korean."""
    return (get_language() or "").startswith("ko")


def number(value: Any, digits: int = 0) -> str:
    """1234567.8 as 1,234,568, with a true minus sign."""
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def figure(value: Any, unit: str, code: str) -> str:
    """A figure in its unit; a dash where there is not enough data."""
    if value is None:
        return NOTHING
    if unit == "money":
        return show(round(value), currency(code)).replace("-", "−") if code else number(value)
    if unit in ("share", "change", "points"):
        sign = "+" if unit != "share" and value > 0 else ""
        return sign + number(value * 100, 1) + ("%p" if unit == "points" else "%")
    return number(value, {"ratio": 2, "days": 1}.get(unit, 0))


def member(name: str, value: Any) -> str:
    """A member of a dimension: a period in the reader's language, a text as it is."""
    if value is None:
        return gettext("unknown")
    if name == PRICE and str(value).isdecimal():
        return price(int(value))
    if name in CLOCK and str(value).isdecimal():
        return clock(name, int(value))
    return period(name, str(value)) if name in rules.PERIODS else str(value)


def price(low: int) -> str:
    """A price band by its lower end in minor units: $2.00 – $5.00."""
    here = currency(settings.DANGOL.currency)
    next_ = next((edge for edge in rules.price_edges() if edge > low), None)
    return " – ".join(show(edge, here) for edge in (low, next_) if edge is not None)


def clock(name: str, number: int) -> str:
    """A weekday (1 is Monday), an hour or a month of the year in the reader's language."""
    if name == "hour":
        return gettext("%(hour)s:00") % {"hour": f"{number:02}"}
    named = WEEKDAYS.get(number - 1) if name == "weekday" else MONTHS.get(number)
    return str(named or number)


def period(name: str, text: str) -> str:
    """A period in the reader's language: 2017-03 is 2017년 3월 or Mar 2017."""
    if name == "day":
        day = date.fromisoformat(text)
        return f"{day.year}년 {day.month}월 {day.day}일" if korean() else date_format(day, "j M Y")
    year = text[:4]
    if name == "month":
        month = date(int(year), int(text[5:]), 1)
        return f"{month.year}년 {month.month}월" if korean() else date_format(month, "M Y")
    if name == "quarter":
        return gettext("Q%(quarter)s %(year)s") % {"year": year, "quarter": text[6:]}
    if name == "half":
        return gettext("H%(half)s %(year)s") % {"year": year, "half": text[6:]}
    if name == "week":
        return gettext("week %(week)s of %(year)s") % {"year": year, "week": int(text[6:])}
    return gettext("%(year)s") % {"year": year}


def head(one: Head) -> str:
    """The heading of a row or column."""
    if one.kind == "total":
        return gettext("Total")
    if one.kind == "others":
        return ngettext("%(n)s other", "%(n)s others", one.count) % {"n": f"{one.count:,}"}
    return member(one.name, one.path[-1]) + ("" if one.whole else "*")


def path(names: Sequence[str], values: Sequence[Any]) -> str:
    """A whole path of members in words."""
    return " · ".join(gettext("others") if value == OTHERS else member(name, value)
                      for name, value in zip(names, values, strict=False))  # fmt: skip


def condition(where: str) -> str:
    """The members a cell's condition names, in words; where it says more than members, the condition as it is written.

    Raises BadInput where it cannot be read.
    """
    found = rules.parse(where)
    said = [_members(part) for part in rules.parts_of(found) if not isinstance(part, rules.Over)]
    return " · ".join(said) if all(said) else where


def _members(part: rules.Condition) -> str:
    try:
        match part:
            case rules.Compare(name, "=", value):
                return member(name, value)
            case rules.In(name, values):
                return ", ".join(member(name, value) for value in values)
            case rules.IsNull(name):
                return member(name, None)
    except ValueError:  # not the text of a period: the question itself will say so
        pass
    return ""


def measure(fields: Fields, one: Figure) -> str:
    """The name of a figure: Sales, or Sales, share of total."""
    label = gettext(fields.measures[one.measure].label)
    return f"{label} ({gettext(SHORT[one.kind])})" if one.kind else label


def field(fields: Fields, name: str) -> str:
    """The name of a dimension."""
    return gettext(fields.dimensions[name].label)


def cell(grid: Grid, row: Head, column: Head, one: Figure) -> str:
    """A cell of the table as text."""
    if grid.folded(row.path, column.path):
        return gettext("fewer than 5")
    return figure(grid.figure(row.path, column.path, one), grid.unit(one), grid.currency)


def notes(grid: Grid) -> list[str]:
    """What is to be said about the table."""
    return [gettext(template).format(**{key: gettext(value) if isinstance(value, str) else f"{value:,}"
                                        for key, value in params.items()})
            for template, params in grid.notes]  # fmt: skip


def title(grid: Grid) -> str:
    """What the table shows in a few words: Sales by region and month."""
    figures = ", ".join(measure(grid.fields, one) for one in grid.asked.figures)
    names = ", ".join(field(grid.fields, name) for name in grid.asked.dimensions)
    if not names:
        return figures
    return gettext("%(measure)s by %(dimensions)s") % {"measure": figures, "dimensions": names}


PARTS = {
    HAS: N_("%(name)s holds “%(text)s”"),
    STARTS: N_("%(name)s starts with “%(text)s”"),
    ENDS: N_("%(name)s ends with “%(text)s”"),
    LACKS: N_("%(name)s without “%(text)s”"),
}


def between(name: str, one: Filter) -> str:
    """From and to of a filter in words."""
    low, high = (member(one.name, end) if end else "" for end in (one.low, one.high))
    if one.name == PRICE and low and high:  # from the lower end of the first band to the upper end of the last
        low, high = low.partition(" – ")[0], high.rpartition(" – ")[2]
        return gettext("%(name)s: %(values)s") % {"name": name, "values": f"{low} – {high}"}
    if one.low == one.high:
        return gettext("%(name)s: %(values)s") % {"name": name, "values": low}
    if not low or not high:
        template = gettext("%(name)s from %(value)s") if low else gettext("%(name)s up to %(value)s")
        return template % {"name": name, "value": low or high}
    return gettext("%(name)s: %(values)s") % {"name": name, "values": f"{low} – {high}"}


def filters(grid: Grid) -> list[str]:
    """Each filter in words."""
    found = []
    for one in grid.asked.filters:
        name = field(grid.fields, one.name)
        listed = ", ".join(member(one.name, value) for value in one.values)
        if one.values == (None,):
            found.append((gettext("%(name)s is known") if one.out else gettext("%(name)s is missing")) % {"name": name})
        elif one.values:
            found.append((gettext("%(name)s without: %(values)s") if one.out else gettext("%(name)s: %(values)s"))
                         % {"name": name, "values": listed})  # fmt: skip
        if one.low or one.high:
            found.append(between(name, one))
        if one.has:
            found.append(gettext(PARTS[one.way]) % {"name": name, "text": one.has})
    return found + ([grid.asked.where] if grid.asked.where else [])
