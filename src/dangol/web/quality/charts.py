"""The trend of the six criteria as a Vega-Lite chart, its table, and the sentence it says."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dangol.customers.quality.reads import Board
from dangol.customers.quality.rules.criteria import CRITERIA
from dangol.web.sentences import say
from dangol.web.templatetags.dangol import day, percent

Row = dict[str, Any]
DASHES = [[1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4]]


def trend(board: Board) -> Row | None:
    """Chart, table rows, columns and caption; None before there are two measuring days."""
    if len(board.trend) < 2:
        return None
    several_years = board.trend[0].day.year != board.trend[-1].day.year
    rows = [
        {
            "day": point.day,
            "label": _label(point.day, several_years),
            "criterion": say(CRITERIA[code].label),
            "share": share.value,
        }
        for point in board.trend
        for code, share in point.scores.items()
        if share.value is not None
    ]
    names = [say(one.label) for one in CRITERIA.values()]
    return {
        "spec": _spec(names), "rows": rows, "caption": _sentence(board),
        "columns": [("day", _("Day"), "day"), ("criterion", _("Criterion"), "text"), ("share", _("Share"), "percent")],
    }  # fmt: skip


def _label(when: date, with_year: bool) -> str:
    return f"{when:%Y}/{when.month}/{when.day}" if with_year else f"{when.month}/{when.day}"


def _spec(names: list[str]) -> Row:
    # Both scales name their domain, so that colour and dash become one legend in the order of the criteria.
    series: Row = {"field": "criterion", "type": "nominal", "title": None}
    legend = {"symbolType": "stroke", "symbolSize": 360, "symbolStrokeWidth": 2.25,
              "columns": {"expr": "width < 360 ? 1 : width < 600 ? 2 : 6"}}  # fmt: skip
    colour = series | {"scale": {"domain": names}, "legend": legend}
    dash = series | {"scale": {"domain": names, "range": DASHES}, "legend": legend}
    return {
        "height": 240,
        "mark": {"type": "line"},
        "encoding": {
            "x": {"field": "label", "type": "ordinal", "sort": None, "title": None,
                  "axis": {"labelOverlap": True, "labelAngle": 0}},
            "y": {"field": "share", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]},
                  "axis": {"format": "%"}},
            "color": colour,
            "strokeDash": dash,
            "tooltip": [
                {"field": "label", "type": "ordinal", "title": _("Day")},
                {"field": "criterion", "type": "nominal", "title": _("Criterion")},
                {"field": "share", "type": "quantitative", "title": _("Share"), "format": ".1%"},
            ],
        },
    }  # fmt: skip


def _sentence(board: Board) -> str:
    first, last = board.trend[0], board.trend[-1]
    if first.overall is None or last.overall is None:
        return _("The six criteria by measuring day")
    return _("The mean of the six criteria went from {before} ({first}) to {now} ({last}).").format(
        before=percent(first.overall, 1), first=day(first.day), now=percent(last.overall, 1), last=day(last.day)
    )
