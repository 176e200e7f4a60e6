"""Vega-Lite specs of the reports' charts, from the rows of their tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.base.money import currency
from dangol.insight.analysis.rules.findings import N_, NUMERIC, Block, Chart, Column, Sentence
from dangol.web.analysis import wording

Row = dict[str, Any]
# Places of the page's eight chart colours: orange for what falls, green for what rises, grey for what is whole
TONES = ["down", "_2", "up", "_4", "_5", "_6", "whole", "_8"]
MOST_BARS = 20
FIGURE_WIDTH = 104  # pixels beside the longest bar, for its figure
LEAST_WIDE = (50, 150)  # of an axis of indices: 101 against 100 is next to nothing
PARTS = (N_("now"), N_("before"), N_("other months"))  # of a series: orange, blue, grey


def chart(block: Block) -> Row | None:
    """The spec of a block's chart with its data, and the sentence it says; None where there is nothing to draw."""
    wanted = block.chart
    if wanted is None or not (rows := wanted.rows if wanted.rows is not None else block.rows):
        return None
    columns = {column.key: column for column in block.columns}
    spec = FORMS[wanted.form](wanted, columns, rows)
    return {"spec": spec, "caption": wording.sentence(wanted.caption) if wanted.caption else ""}


def _title(column: Column) -> str:
    return _(column.label)


def _amount(value: Any, kind: str) -> Any:
    """A number as it is drawn: amounts in major units."""
    if value is None or kind not in ("money", "signed"):
        return value
    return value / 10 ** currency(settings.DANGOL.currency).digits


def _axis(kind: str) -> Row:
    if kind in ("money", "signed"):
        return {"format": currency(settings.DANGOL.currency).sign, "formatType": "money"}
    return {"format": ".0%", "formatType": "number"} if kind in ("share", "points") else {}


def _data(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> Row:
    """The rows with texts in the reader's language and amounts in major units. kinds: column -> kind."""
    return {
        "values": [
            {
                key: _amount(row[key], kind)
                if kind in (*NUMERIC, "signed", "steps", "number")
                else wording.plain(row[key], kind)
                for key, kind in kinds.items()
                if key in row
            }
            for row in rows
        ]
    }


def _tip(field: str, title: str, kind: str = "") -> Row:
    quantity = kind in (*NUMERIC, "signed", "steps")
    return {
        "field": field,
        "title": title,
        "type": "quantitative" if quantity else "nominal",
        **(_axis(kind) or ({"format": ",.2~f", "formatType": "number"} if quantity else {})),
    }


def _toned(field: str) -> Row:
    return {"field": field, "type": "nominal", "scale": {"domain": TONES}, "legend": None}


def _waterfall(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Bars from where the one before ended, each with its figure; the axis is cut where the steps are small."""
    kind = columns[wanted.y].kind
    low, high = _ends(rows)
    drawn = [
        dict(row)
        | {"low": max(row["low"], low), "end": max(row["low"], row["high"]), "tip": _tip_of(row, wanted.y, kind)}
        for row in rows
    ]
    return _stepped(wanted, columns, drawn, kind, (low, high))


def _tip_of(row: Mapping[str, Any], key: str, kind: str) -> str:
    """The figure of a bar: of a step its effect, of a sum itself."""
    if key in row:
        return wording.plain(row[key], kind)
    return wording.plain(row["high"], "money" if kind == "signed" else kind)


def _ends(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """The ends of an axis that shows small steps between two large sums; from 0 where the steps are large."""
    steps = [row[key] for row in rows for key in ("low", "high") if row["tone"] != "whole"]
    sums = [row["high"] for row in rows if row["tone"] == "whole"]
    low, high = min((*steps, *sums)), max((*steps, *sums))
    cut = low - (high - low) * 0.35
    return (cut, high) if cut > 0 else (min(low, 0), max(high, 0))


def _stepped(
    wanted: Chart,
    columns: Mapping[str, Column],
    rows: Sequence[Mapping[str, Any]],
    kind: str,
    ends: tuple[float, float],
) -> Row:
    """Bars between low and high with their figures beside them."""
    name = {"field": wanted.x, "type": "nominal", "sort": None, "title": None}
    low, high = (_amount(end, kind) for end in ends)
    beside = {"expr": f"{low} + {high - low} * width / max(width - {FIGURE_WIDTH}, {FIGURE_WIDTH})"}  # room for figures
    scale = {"domainMin": low, "domainMax": beside, "nice": False, "zero": False}
    said = {
        "labels": False,
        "ticks": False,
        "domain": False,
        "grid": False,
        "title": _("The axis does not begin at 0."),
    }
    axis = said if low > 0 else None
    data = _data(rows, {wanted.x: "text", "low": kind, "high": kind, "end": kind, "tone": "text", "tip": "text"})
    return {
        "data": data,
        "height": {"step": 34},
        "encoding": {"y": name},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 0},
                "encoding": {
                    "x": {"field": "low", "type": "quantitative", "scale": scale, "axis": axis},
                    "x2": {"field": "high"},
                    "color": _toned("tone"),
                    "tooltip": [_tip(wanted.x, _title(columns[wanted.x])), _tip("tip", _title(columns[wanted.y]))],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {
                    "x": {"field": "end", "type": "quantitative", "scale": scale, "axis": axis},
                    "text": {"field": "tip", "type": "nominal"},
                },
            },
        ],
    }


def _diverging(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Bars to both sides of nothing, the largest first."""
    kind = columns[wanted.x].kind
    toned = [dict(row) | {"tone": "up" if (row[wanted.x] or 0) >= 0 else "down"} for row in rows[:MOST_BARS]]
    return {
        "data": _data(toned, {wanted.y: "text", wanted.x: kind, "tone": "text"}),
        "mark": "bar",
        "encoding": {
            "y": {"field": wanted.y, "type": "nominal", "sort": None, "title": None},
            "x": {"field": wanted.x, "type": "quantitative", "title": _title(columns[wanted.x]), "axis": _axis(kind)},
            "color": _toned("tone"),
            "tooltip": [_tip(wanted.y, _title(columns[wanted.y])), _tip(wanted.x, _title(columns[wanted.x]), kind)],
        },
    }


def _months(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Columns over the months, the periods told apart by colour."""
    kind = columns[wanted.y].kind
    data = _data(rows, {wanted.x: "month", wanted.y: kind, wanted.colour: "text"})
    parts = [wording.plain(Sentence(name), "text") for name in PARTS]
    seen = {row[wanted.colour] for row in data["values"]}
    return {
        "data": data,
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {"field": wanted.x, "type": "ordinal", "sort": None, "title": None, "axis": {"labelOverlap": True}},
            "y": {"field": wanted.y, "type": "quantitative", "title": None, "axis": _axis(kind)},
            "color": {
                "field": wanted.colour,
                "type": "nominal",
                "title": None,
                "scale": {"domain": [*parts[:2], "_3", "_4", "_5", "_6", parts[2]]},
                "legend": {"values": [part for part in parts if part in seen]},
            },
            "tooltip": [_tip(wanted.x, _("Month")), _tip(wanted.y, _title(columns[wanted.y]), kind)],
        },
    }


def _funnel(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Steps as whole bars, what each sets apart as bars at the end of the step before."""
    kind = columns[wanted.y].kind
    drawn = [
        dict(row)
        | {
            "end": row["high"],
            "tone": "whole" if row["tone"] == "whole" else "down",
            "tip": wording.plain(row[wanted.y], kind),
        }
        for row in rows
    ]
    return _stepped(wanted, columns, drawn, kind, (0, max(row["high"] for row in rows) * 1.15))


def _heat(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """A field for each pair, the darker the more."""
    kind = wanted.kind or "share"
    labels = {key: _(text) for key, text in wanted.labels.items()}
    data = _data(rows, {wanted.x: "number", wanted.y: columns[wanted.y].kind, wanted.colour: kind})
    return {
        "data": data,
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "x": {"field": wanted.x, "type": "ordinal", "title": labels[wanted.x]},
            "y": {"field": wanted.y, "type": "nominal", "sort": None, "title": None},
            "color": {
                "field": wanted.colour,
                "type": "quantitative",
                "title": None,
                "legend": {"format": ".0%", "formatType": "number"} if kind == "share" else {},
            },
            "tooltip": [
                _tip(wanted.y, _title(columns[wanted.y])),
                _tip(wanted.x, labels[wanted.x]),
                _tip(wanted.colour, labels[wanted.colour], kind),
            ],
        },
    }


def _bars(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Bars to one side, in the order of the rows."""
    key = columns[wanted.x]
    own = columns[wanted.y].label if wanted.y in columns else key.label
    return {
        "data": _data(rows[:MOST_BARS], {wanted.y: "text", wanted.x: key.kind}),
        "mark": "bar",
        "encoding": {
            "y": {"field": wanted.y, "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}},
            "x": {"field": wanted.x, "type": "quantitative", "title": _title(key), "axis": _axis(key.kind)},
            "tooltip": [_tip(wanted.y, _(own)), _tip(wanted.x, _title(key), key.kind)],
        },
    }


def _columns(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Columns in the order of the rows."""
    kind = columns[wanted.y].kind
    return {
        "data": _data(rows, {wanted.x: "text", wanted.y: kind}),
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {
                "field": wanted.x,
                "type": "ordinal",
                "sort": None,
                "title": _title(columns[wanted.x]),
                "axis": {"labelOverlap": True},
            },
            "y": {"field": wanted.y, "type": "quantitative", "title": None, "axis": _axis(kind)},
            "tooltip": [_tip(wanted.x, _title(columns[wanted.x])), _tip(wanted.y, _title(columns[wanted.y]), kind)],
        },
    }


def _index(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """Bars from 100 to either side, on an axis wide enough that a small difference looks small."""
    indices = [row[wanted.x] for row in rows[:MOST_BARS]]
    scale = {"domain": [min(*LEAST_WIDE, *indices), max(*LEAST_WIDE, *indices)], "zero": False}
    drawn = [dict(row) | {"low": 100, "tone": "up" if row[wanted.x] >= 100 else "down"} for row in rows[:MOST_BARS]]
    return {
        "data": _data(drawn, {wanted.y: "text", wanted.x: "index", "low": "index", "tone": "text"}),
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "y": {"field": wanted.y, "type": "nominal", "sort": None, "title": None},
            "x": {"field": "low", "type": "quantitative", "title": _("Index"), "scale": scale},
            "x2": {"field": wanted.x},
            "color": _toned("tone"),
            "tooltip": [_tip(wanted.y, _title(columns[wanted.y])), _tip(wanted.x, _("Index"), "index")],
        },
    }


def _limits(wanted: Chart, columns: Mapping[str, Column], rows: Sequence[Mapping[str, Any]]) -> Row:
    """A funnel plot: limits as lines over the number of customers, the groups as points."""
    kind = wanted.kind
    kinds = {
        "line": "text",
        "n": "count",
        "low": kind,
        "high": kind,
        "mean": kind,
        "group": "text",
        "value": kind,
        "verdict": "text",
        "stand": "text",
    }
    x = {"field": "n", "type": "quantitative", "title": _title(columns["n"]), "scale": {"zero": False}}
    values = _data(rows, kinds)["values"]
    title = _title(columns["value"])

    def edge(side: str) -> Row:
        return {
            "mark": {"type": "line", "strokeWidth": 1.25},
            "transform": [{"filter": "isValid(datum.line)"}],
            "encoding": {
                "x": x,
                "y": {
                    "field": side,
                    "type": "quantitative",
                    "title": None,
                    "axis": _axis(kind),
                    "scale": {"zero": False},
                },
                "strokeDash": {
                    "field": "line",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": ["99.8 %", "95 %"], "range": [[1, 0], [4, 3]]},
                    "legend": {"symbolType": "stroke", "labelExpr": "replace(datum.label, ' %', '%')"},
                },
                "detail": {"field": "line"},
            },
        }

    return {
        "data": {"values": values},
        "height": 320,
        "layer": [
            edge("low"),
            edge("high"),
            {
                "mark": {"type": "rule"},
                "transform": [{"filter": "isValid(datum.mean)"}],
                "encoding": {"y": {"field": "mean", "type": "quantitative", "axis": _axis(kind)}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "transform": [{"filter": "isValid(datum.group)"}],
                "encoding": {
                    "x": x,
                    "y": {"field": "value", "type": "quantitative", "axis": _axis(kind)},
                    "tooltip": [
                        _tip("group", _title(columns["group"])),
                        _tip("n", _title(columns["n"]), "count"),
                        _tip("value", title, kind),
                        _tip("verdict", _("Verdict")),
                    ],
                },
            },
        ],
    }


FORMS: Mapping[str, Callable[[Chart, Mapping[str, Column], Sequence[Mapping[str, Any]]], Row]] = {
    "waterfall": _waterfall,
    "diverging": _diverging,
    "months": _months,
    "funnel": _funnel,
    "heat": _heat,
    "limits": _limits,
    "bars": _bars,
    "columns": _columns,
    "index": _index,
}
