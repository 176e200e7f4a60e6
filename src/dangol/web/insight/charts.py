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


def _number(field: str, title: str) -> Row:
    return {"field": field, "type": "quantitative", "title": title, "format": ",", "formatType": "number"}


def _folded(keys: Sequence[str], titles: Sequence[str]) -> list[Row]:
    """Columns of a row as rows of series and value, under their titles."""
    return [{"fold": list(keys), "as": ["key", "value"]},
            {"calculate": " : ".join([*(f"datum.key === '{key}' ? {title!r}" for key, title in
                                        zip(keys, titles, strict=True)), "''"]), "as": "series"}]  # fmt: skip


def expected_and_actual_over_time(rows: list[Row], checked_from: date | None) -> Row:
    """Cumulative repeat purchases: rows of day, expected and actual; a line where the check begins."""
    titles = [_("Actual"), _("Expected")]
    lines: Row = {
        "transform": _folded(["actual", "expected"], titles),
        "mark": {"type": "line"},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None},
            "y": {"field": "value", "type": "quantitative", "title": _("Repeat purchases so far")},
            "color": {"field": "series", "type": "nominal", "title": None, "sort": titles, "scale": {"domain": titles},
                      "legend": {"symbolType": "stroke"}},
            "strokeDash": {"field": "series", "type": "nominal", "sort": titles, "title": None,
                           "legend": {"symbolType": "stroke"},
                           "scale": {"domain": titles, "range": [[1, 0], [7, 3]]}},
            "tooltip": [{"field": "day", "type": "temporal", "title": _("Week to"), "formatType": "whole"},
                        {"field": "series", "type": "nominal", "title": _("Series")},
                        _number("value", _("Repeat purchases so far"))],
        },
    }  # fmt: skip
    layers = [lines]
    if checked_from is not None:
        layers.append({
            "data": {"values": [{"day": checked_from.isoformat()}]}, "mark": {"type": "rule", "strokeDash": [4, 3]},
            "encoding": {"x": {"field": "day", "type": "temporal"}},
        })  # fmt: skip
    return {"height": 280, "data": {"values": rows}, "layer": layers}


def expected_and_actual_by_class(rows: list[Row]) -> Row:
    """Customers by how often they bought again: rows of repeats, expected and actual."""
    titles = [_("Actual"), _("Expected")]
    return {
        "height": 260,
        "transform": _folded(["actual", "expected"], titles),
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "repeats", "type": "nominal", "sort": [row["repeats"] for row in rows],
                  "title": _("Repeat purchases")},
            "xOffset": {"field": "series", "sort": titles},
            "y": {"field": "value", "type": "quantitative", "title": _("Customers")},
            "color": {"field": "series", "type": "nominal", "title": None, "sort": titles, "scale": {"domain": titles}},
            "tooltip": [{"field": "repeats", "type": "nominal", "title": _("Repeat purchases")},
                        {"field": "series", "type": "nominal", "title": _("Series")}, _number("value", _("Customers"))],
        },
    }  # fmt: skip


def by_probability(rows: list[Row]) -> Row:
    """Customers by P(alive): rows of share (label) and customers."""
    return {
        "height": 220,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "share", "type": "nominal", "sort": [row["share"] for row in rows],
                  "title": _("Probability of being active"), "axis": {"labelSeparation": 6}},
            "y": {"field": "customers", "type": "quantitative", "title": _("Customers")},
            "tooltip": [{"field": "share", "type": "nominal", "title": _("Probability of being active")},
                        _number("customers", _("Customers"))],
        },
    }  # fmt: skip


def share_by_tenth(rows: list[Row]) -> Row:
    """What each tenth of the customers, the most valuable first, adds to the value: rows of tenth and share."""
    percent = {"format": ".0%", "formatType": "number"}
    return {
        "height": 220,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "tenth", "type": "nominal", "sort": [row["tenth"] for row in rows],
                  "title": _("Tenth of the customers, most valuable first")},
            "y": {"field": "share", "type": "quantitative", "title": _("Share of the value"), "axis": percent},
            "tooltip": [{"field": "tenth", "type": "nominal", "title": _("Tenth of the customers")},
                        {"field": "share", "type": "quantitative", "title": _("Share of the value"), **percent}],
        },
    }  # fmt: skip


def value_over_time(rows: list[Row], sign: str) -> Row:
    """Value of all customers at the month ends: rows of month, major (amount) and alive."""
    money = {"format": sign, "formatType": "money"}
    return {
        "height": 220,
        "mark": {"type": "bar"},
        "encoding": {
            "x": _months(row["month"] for row in rows),
            "y": {"field": "major", "type": "quantitative", "title": _("Value today"), "axis": money},
            "tooltip": [{"field": "month", "type": "ordinal", "title": _("Month")},
                        {"field": "major", "type": "quantitative", "title": _("Value today"), **money},
                        _number("alive", _("Still active"))],
        },
    }  # fmt: skip
