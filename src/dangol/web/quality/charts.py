"""The trend of the six criteria as a Vega-Lite chart, its table, and the sentence it says."""

from typing import Any

from django.utils.translation import gettext as _

from dangol.customers.quality.reads import Board
from dangol.customers.quality.rules.criteria import CRITERIA
from dangol.web.sentences import say
from dangol.web.templatetags.dangol import day, percent

Row = dict[str, Any]


def trend(board: Board) -> Row | None:
    """Chart, table rows, columns and caption; None before there are two measuring days."""
    if len(board.trend) < 2:
        return None
    rows = [
        {"day": point.day, "criterion": say(CRITERIA[code].label), "share": share.value}
        for point in board.trend
        for code, share in point.scores.items()
        if share.value is not None
    ]
    names = [say(one.label) for one in CRITERIA.values()]
    return {
        "spec": _spec(names), "rows": rows, "caption": _sentence(board),
        "columns": [("day", _("Day"), "day"), ("criterion", _("Criterion"), "text"), ("share", _("Share"), "percent")],
    }  # fmt: skip


def _spec(names: list[str]) -> Row:
    colour = {"field": "criterion", "type": "nominal", "sort": names, "title": None, "scale": {"domain": names},
              "legend": {"columns": {"expr": "width < 360 ? 1 : width < 600 ? 2 : 6"}}}  # fmt: skip
    return {
        "height": 240,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None, "axis": {"tickCount": 6}},
            "y": {"field": "share", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]},
                  "axis": {"format": "%"}},
            "color": colour,
            "tooltip": [
                {"field": "day", "type": "temporal", "title": _("Day")},
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
