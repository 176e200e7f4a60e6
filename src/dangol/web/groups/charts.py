"""Pictures of this area: bars of a profile as plain SVG figures, the choice of a number of clusters, sizes by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dangol.insight.score.groups.reads import GroupView, SizeView, TraitView
from dangol.insight.score.index.reads import DayView
from dangol.web.templatetags.dangol import money, number, percent

Row = dict[str, Any]
WIDEST = 1.5  # standard deviations a bar can show


def figure(value: float | None, kind: str) -> str:
    """A feature's value as its kind is shown."""
    if kind == "money":
        return money(None if value is None else round(value))
    return percent(value, 1) if kind == "share" else number(value, 1)


@dataclass(frozen=True)
class Bar:
    """One feature of a group: its bar from the middle (all customers), x and width in standard deviations."""

    label: str
    value: str
    whole: str
    word: str
    x: str
    width: str
    above: bool
    strong: bool


def bar(trait: TraitView, *, strong: bool) -> Bar:
    """How far a group lies from all customers by one feature."""
    size = min(abs(trait.difference), WIDEST)
    above = trait.difference > 0
    return Bar(trait.label, figure(trait.value, trait.kind), figure(trait.whole, trait.kind), trait.word,
               f"{0 if above else -size:.2f}", f"{size:.2f}", above, strong)  # fmt: skip


def bars(group: GroupView) -> list[Bar]:
    """A group's whole profile, in the same order of features for every group."""
    strong = {one.feature for one in group.traits}
    return [bar(one, strong=one.feature in strong) for one in group.profile]


def choice(fitted: Row) -> Row:
    """Silhouette and stability by number of clusters, the chosen one marked."""
    rows: list[Row] = []
    for one in fitted["candidates"]:
        rows.append({"k": one["k"], "what": _("Standing apart (silhouette)"), "value": one["silhouette"]})
        rows.append({"k": one["k"], "what": _("Staying the same (adjusted Rand)"), "value": one["stability"]})
    names = [_("Staying the same (adjusted Rand)"), _("Standing apart (silhouette)")]
    series: Row = {"field": "what", "type": "nominal", "title": None, "scale": {"domain": names}, "sort": names}
    x: Row = {"field": "k", "type": "ordinal", "title": _("Number of clusters"), "axis": {"labelAngle": 0}}
    stroke = {"symbolType": "stroke", "columns": {"expr": "width < 400 ? 1 : 2"}}
    line: Row = {
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": x,
            "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"domain": [0, 1], "clamp": True}},
            "color": {**series, "legend": stroke},
            "strokeDash": {**series, "scale": {"domain": names, "range": [[1, 0], [7, 3]]}, "legend": stroke},
            "tooltip": [{"field": "k", "title": _("Number of clusters")}, {"field": "what", "title": " "},
                        {"field": "value", "type": "quantitative", "title": _("Value"), "format": ".2f"}],
        },
    }  # fmt: skip
    rule: Row = {
        "transform": [{"filter": f"datum.k == {int(fitted['choice']['k'])}"}],
        "mark": {"type": "rule", "strokeDash": [2, 3]}, "encoding": {"x": x},
    }  # fmt: skip
    return {"height": 220, "layer": [rule, line], "data": {"values": rows}}


def choice_table(fitted: Row) -> tuple[list[Row], list[tuple[str, str, str]]]:
    """The candidates as rows and columns of a table."""
    rows = [{**one, "bic": None if one["bic"] is None else round(one["bic"]),
             "silhouette": f"{one['silhouette']:.2f}", "stability": f"{one['stability']:.2f}"}
            for one in fitted["candidates"]]  # fmt: skip
    columns = [("k", _("Number of clusters"), "number"), ("silhouette", _("Standing apart (silhouette)"), "text"),
               ("stability", _("Staying the same (adjusted Rand)"), "text"),
               ("smallest", _("Smallest cluster"), "percent")]  # fmt: skip
    if any(one["bic"] is not None for one in rows):
        columns.append(("bic", _("BIC"), "number"))
    return rows, columns


def sizes(found: Sequence[SizeView], groups: Sequence[GroupView]) -> tuple[Row, list[Row]] | None:
    """Customers by day of counting and group; None before there are two days."""
    days = sorted({one.as_of for one in found})
    if len(days) < 2:
        return None
    names = {one.code: f"{one.code} · {one.name}" for one in groups}
    rows = [{"day": one.as_of.isoformat(), "group": names[one.code], "customers": one.customers or 0}
            for one in found if one.code in names]  # fmt: skip
    spec: Row = {
        "height": 260,
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "title": None, "axis": {"labelOverlap": True, "labelAngle": 0}},
            "y": {"field": "customers", "type": "quantitative", "title": _("Customers"), "stack": True},
            "color": {"field": "group", "type": "nominal", "title": None, "scale": {"domain": list(names.values())},
                      "legend": {"columns": {"expr": "width < 480 ? 1 : 2"}}},
        },
    }  # fmt: skip
    return spec, rows


def spread(day: DayView) -> tuple[Row, list[Row]]:
    """Customers by steps of an index; a step too small to show counts as empty."""
    width = 100 / len(day.bins)
    rows = [{"at": place * width, "to": (place + 1) * width, "step": f"{place * width:g}–{(place + 1) * width:g}",
             "customers": count} for place, count in enumerate(day.bins)]  # fmt: skip
    cuts: Row = {
        "data": {"values": [{"at": one.least, "grade": one.name} for one in day.grades]},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
    bars: Row = {
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {"field": "at", "type": "quantitative", "bin": {"binned": True, "step": width}, "title": _("Index"),
                  "scale": {"domain": [0, 100]}},
            "x2": {"field": "to"},
            "y": {"field": "customers", "type": "quantitative", "title": None},
            "tooltip": [{"field": "step", "title": _("Index")},
                        {"field": "customers", "type": "quantitative", "title": _("Customers"), "format": ","}],
        },
        "data": {"values": rows},
    }  # fmt: skip
    lines = {**cuts, "mark": {"type": "rule", "strokeDash": [2, 3]}}
    names = {**cuts, "mark": {"type": "text", "align": "left", "dx": 3, "baseline": "bottom"},
             "encoding": {**cuts["encoding"], "text": {"field": "grade"}, "y": {"value": -3}}}  # fmt: skip
    return {"height": 240, "layer": [bars, lines, names], "data": {"values": rows}}, rows


def grades_over_time(days: Sequence[DayView]) -> tuple[Row, list[Row]] | None:
    """Customers by month and grade; None before there are two months."""
    if len(days) < 2:
        return None
    rows = [{"month": str(day.as_of)[:7], "grade": one.name, "customers": one.customers or 0}
            for day in days for one in day.grades]  # fmt: skip
    spec: Row = {
        "height": 240,
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {"field": "month", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "customers", "type": "quantitative", "title": _("Customers"), "stack": True},
            "color": {"field": "grade", "type": "nominal", "title": None, "sort": None},
        },
    }  # fmt: skip
    return spec, rows
