"""Vega-Lite specs of this area's charts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

Row = dict[str, Any]


def month_label(day: date, *, with_year: bool) -> str:
    """A month short enough for an axis: 3월, Mar; with its year where it begins one: 2017년 1월, Jan 2017."""
    if (get_language() or "").startswith("ko"):
        return f"{day.year}년 {day.month}월" if with_year else f"{day.month}월"
    return day.strftime("%b %Y" if with_year else "%b")


def month_labels(days: Sequence[date]) -> dict[date, str]:
    """Axis labels of scoring days; over several years it stands at the first and at each January."""
    several = len({day.year for day in days}) > 1
    return {day: month_label(day, with_year=several and (place == 0 or day.month == 1))
            for place, day in enumerate(days)}  # fmt: skip


def _months(labels: Iterable[str]) -> Row:
    return {"field": "month", "type": "ordinal", "sort": list(labels), "title": None,
            "axis": {"labelSeparation": 6}}  # fmt: skip


WIDE_LEGEND = "width < 360 ? 1 : width < 480 ? 2 : 4"
FADED: Row = {"condition": {"test": "datum.full", "value": 1}, "value": 0.4}


def sizes_over_time(rows: list[Row], names: Sequence[str], labels: Sequence[str]) -> Row:
    """Stacked columns: rows of month, segment (name), customers and full (whether the window is full)."""
    return {
        "height": 300,
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": _months(labels),
            "y": {"field": "customers", "type": "quantitative", "title": _("Customers"), "stack": True},
            "color": {"field": "segment", "type": "nominal", "sort": list(names), "title": None,
                      "scale": {"domain": list(names)}, "legend": {"columns": {"expr": WIDE_LEGEND}}},
            "order": {"field": "place", "type": "quantitative"},
            "opacity": FADED,
            "tooltip": [
                {"field": "month", "type": "ordinal", "title": _("Month")},
                {"field": "segment", "type": "nominal", "title": _("Segment")},
                {"field": "customers", "type": "quantitative", "title": _("Customers"), "format": ",",
                 "formatType": "number"},
            ],
        },
    }  # fmt: skip


def one_size_over_time(labels: Sequence[str]) -> Row:
    """Columns of one segment's size: rows of month, customers and full."""
    return {
        "height": 200,
        "mark": {"type": "bar"},
        "encoding": {
            "x": _months(labels),
            "y": {"field": "customers", "type": "quantitative", "title": _("Customers")},
            "opacity": FADED,
            "tooltip": [
                {"field": "month", "type": "ordinal", "title": _("Month")},
                {"field": "customers", "type": "quantitative", "title": _("Customers"), "format": ",",
                 "formatType": "number"},
            ],
        },
    }  # fmt: skip
