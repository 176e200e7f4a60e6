"""The chart of a table: which kinds fit, which one is chosen by itself, its Vega-Lite spec and its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dangol.base.money import currency
from dangol.reports import korea, show
from dangol.reports.asked import Asked, Figure, path_text
from dangol.reports.fields import Fields
from dangol.reports.grid import Grid, Head
from dangol.reports.show import korean

SERIES, BARS, POINTS, TILES_SIDE = 8, 30, 200, 64
Spec = dict[str, Any]
LEGEND: Spec = {"columns": {"expr": "width < 360 ? 1 : width < 560 ? 2 : 4"}, "labelLimit": 150}


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


NAMES = {
    "auto": N_("Fitting chart"), "line": N_("Line chart"), "bar": N_("Bar chart"), "pareto": N_("Pareto"),
    "scatter": N_("Scatter"), "cohort": N_("Cohort grid"), "map": N_("Map of Korea"), "none": N_("No chart"),
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A chart. kind: how it is drawn; its spec draws `rows`; said: its sentence; notes: on limits."""

    kind: str
    spec: Spec
    rows: list[dict[str, Any]]
    said: str
    notes: list[str]

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """The columns of the table of its data: what a mark says when it is pointed at."""
        return [(tip["field"], tip["title"], "text") for tip in _tips(self.spec)]


def _tips(spec: Spec) -> list[Spec]:
    inside = [spec, *spec.get("layer", ())]
    return next((one["encoding"]["tooltip"] for one in inside if one.get("encoding", {}).get("tooltip")), [])


def of(grid: Grid) -> Picture | None:
    """The chart of a table; None where there is nothing to draw or none is wanted."""
    heads = leaves(grid)
    if grid.asked.chart == "none" or not grid.asked.figures or not heads:
        return None
    kind = grid.asked.chart if grid.asked.chart in fitting(grid.asked, grid.fields) else usual(grid)
    notes = []
    if kind == "map" and not _on_map(grid):
        notes.append(gettext("These regions are not the provinces of Korea, so they are shown as bars."))
        kind = "bar"
    made = _MAKERS[kind](grid, heads)
    if made is None:
        return None
    spec, rows, more = made
    return Picture(kind, spec, rows, said(grid, heads), notes + more)


def leaves(grid: Grid) -> list[Head]:
    """The members a chart shows: those rows that are not unfolded further."""
    return [head for head in grid.rows if head.kind == "member" and not head.unfolded]


def _members(heads: Sequence[Head]) -> list[Head]:
    return [head for head in heads if head.kind == "member"]


def _timed(fields: Fields, names: Sequence[str]) -> bool:
    return bool(names) and fields.dimensions[names[-1]].is_period


def fitting(asked: Asked, fields: Fields) -> list[str]:
    """The kinds of chart that can show what is asked; whether a map can is known from its regions only."""
    if not asked.figures or not asked.dimensions:
        return []
    found = ["bar"]
    if _timed(fields, asked.rows) or _timed(fields, asked.columns):
        found.append("line")
    if asked.rows and fields.measures[asked.figures[0].measure].additive:
        found.append("pareto")
    if len(asked.figures) > 1 and asked.rows:
        found.append("scatter")
    if asked.columns and asked.rows:
        found.append("cohort")
    if asked.rows and fields.dimensions[asked.rows[-1]].place in ("customer", "posting", "store", "own"):
        found.append("map")
    return found


def _on_map(grid: Grid) -> bool:
    return korea.is_korea(head.path[-1] for head in leaves(grid))


def usual(grid: Grid) -> str:
    """The kind that shows the table best: time runs as a line, provinces lie on the map, the rest are bars."""
    kinds = fitting(grid.asked, grid.fields)
    timed = (
        (leaves(grid) if _timed(grid.fields, grid.asked.rows) else _members(grid.columns)) if "line" in kinds else []
    )
    if len(timed) > 2:
        return "line"
    if _on_map(grid):
        return "map"
    return "cohort" if len(_members(grid.columns)) > SERIES else "bar"


def _major(grid: Grid, value: Any, figure: Figure) -> Any:
    return value / 10 ** currency(grid.currency).digits if value is not None and grid.unit(figure) == "money" else value


def _scale(grid: Grid, figure: Figure, field: str = "value") -> Spec:
    """An axis of a figure with its title and number form."""
    unit = grid.unit(figure)
    scale: Spec = {"field": field, "type": "quantitative", "title": show.measure(grid.fields, figure)}
    if unit == "money":
        return scale | {"axis": {"format": currency(grid.currency).sign, "formatType": "money"}}
    if unit in ("share", "change", "points"):
        return scale | {"axis": {"format": ".0%", "formatType": "number"}}
    return scale


def _point(grid: Grid, row: Head, column: Head, figure: Figure) -> dict[str, Any]:
    return {
        "value": _major(grid, grid.figure(row.path, column.path, figure), figure),
        "shown": show.cell(grid, row, column, figure),
        "at": path_text((path_text(row.path), path_text(column.path))),
    }


def _row_label(grid: Grid, head: Head) -> str:
    return show.path(grid.asked.rows, head.path) if head.path else gettext("Total")


def _column_label(grid: Grid, head: Head) -> str:
    return show.path(grid.asked.columns, head.path) if head.path else gettext("Total")


def _tooltip(names: Sequence[tuple[str, str]]) -> list[Spec]:
    return [{"field": key, "type": "nominal", "title": title} for key, title in names if title]


def _axis_title(grid: Grid, names: Sequence[str]) -> str:
    return ", ".join(show.field(grid.fields, name) for name in names)


def _ranked(grid: Grid, heads: Sequence[Head], figure: Figure, *, rows: bool) -> list[Head]:
    """Heads by the size of the figure at their total."""
    worth = {head.path: (grid.figure(head.path, (), figure) if rows else grid.figure((), head.path, figure)) or 0
             for head in heads}  # fmt: skip
    return sorted(heads, key=lambda head: -abs(worth[head.path]))


Made = tuple[Spec, list[dict[str, Any]], list[str]]


def _cut(n: int, whole: int) -> list[str]:
    return [gettext("The chart shows the %(n)s largest.") % {"n": n}] if whole > n else []


def _line(grid: Grid, heads: list[Head]) -> Made | None:
    figure = grid.asked.figures[0]
    total = Head((), kind="total")
    if _timed(grid.fields, grid.asked.rows):
        times, others = heads, _members(grid.columns) or [total]
        label, other = _row_label, _column_label
        names, split = grid.asked.rows, grid.asked.columns
    else:
        times, others = _members(grid.columns), heads
        label, other = _column_label, _row_label
        names, split = grid.asked.columns, grid.asked.rows
    on_rows = times is heads
    kept = _ranked(grid, others, figure, rows=not on_rows)[:SERIES]
    rows = []
    for one in (head for head in others if head in kept):
        for time in times:
            row, column = (time, one) if on_rows else (one, time)
            rows.append(_point(grid, row, column, figure) | {"time": label(grid, time), "group": other(grid, one)})
    order = [label(grid, time) for time in times]
    encoding: Spec = {
        "x": {"field": "time", "type": "ordinal", "sort": order, "title": _axis_title(grid, names[-1:]),
              "axis": {"labelAngle": 0, "labelOverlap": True, "labelSeparation": 8}},
        "y": _scale(grid, figure),
        "tooltip": _tooltip([("time", _axis_title(grid, names[-1:])), ("group", _axis_title(grid, split)),
                             ("shown", show.measure(grid.fields, figure))]),
    }  # fmt: skip
    if len(others) > 1:
        encoding["color"] = {"field": "group", "type": "nominal", "title": None, "legend": LEGEND,
                             "sort": [other(grid, one) for one in kept]}  # fmt: skip
    return {"mark": {"type": "line", "point": True}, "encoding": encoding}, rows, _cut(SERIES, len(others))


def _bar(grid: Grid, heads: list[Head]) -> Made | None:
    figure = grid.asked.figures[0]
    series = _members(grid.columns)
    total = Head((), kind="total")
    kept = _ranked(grid, heads, figure, rows=True)[:BARS]
    groups = _ranked(grid, series, figure, rows=False)[:SERIES] if series else [total]
    kept_in_order = [head for head in heads if head in kept]
    rows = [
        _point(grid, row, column, figure) | {"name": _row_label(grid, row), "group": _column_label(grid, column)}
        for row in kept_in_order
        for column in groups
    ]
    title = _axis_title(grid, grid.asked.rows) or None
    encoding: Spec = {
        "y": {"field": "name", "type": "nominal", "title": title,
              "sort": [_row_label(grid, head) for head in kept_in_order]},
        "x": _scale(grid, figure),
        "tooltip": _tooltip([("name", title or ""), ("group", _axis_title(grid, grid.asked.columns)),
                             ("shown", show.measure(grid.fields, figure))]),
    }  # fmt: skip
    if series:
        encoding["color"] = {"field": "group", "type": "nominal", "title": None, "legend": LEGEND,
                             "sort": [_column_label(grid, one) for one in groups]}  # fmt: skip
        if not (grid.fields.measures[figure.measure].additive and not figure.kind):
            encoding["yOffset"] = {"field": "group", "sort": [_column_label(grid, one) for one in groups]}
            encoding["x"]["stack"] = None
    return {"mark": "bar", "encoding": encoding}, rows, _cut(BARS, len(heads)) + _cut(SERIES, len(series))


def _pareto(grid: Grid, heads: list[Head]) -> Made | None:
    figure = Figure(grid.asked.figures[0].measure)
    total = grid.figure((), (), figure)
    if not total:
        return _bar(grid, heads)
    running, rows = 0.0, []
    for head in _ranked(grid, heads, figure, rows=True)[:BARS]:
        value = grid.figure(head.path, (), figure) or 0
        running += value
        point = _point(grid, head, Head((), kind="total"), figure)
        rows.append(point | {"name": _row_label(grid, head), "running": running / total,
                             "so_far": show.figure(running / total, "share", "")})  # fmt: skip
    order = [row["name"] for row in rows]
    title = _axis_title(grid, grid.asked.rows)
    x: Spec = {"field": "name", "type": "nominal", "sort": order, "title": title,
               "axis": {"labelAngle": -40, "labelLimit": 110}}  # fmt: skip
    tips = _tooltip([("name", title), ("shown", show.measure(grid.fields, figure)),
                     ("so_far", gettext("Share so far"))])  # fmt: skip
    spec: Spec = {
        "height": 280,
        "layer": [
            {"mark": "bar", "encoding": {"x": x, "y": _scale(grid, figure), "tooltip": tips}},
            {"mark": {"type": "line", "point": True, "stroke": "#27457f", "color": "#27457f"},
             "encoding": {"x": x, "tooltip": tips, "y": {
                 "field": "running", "type": "quantitative", "title": gettext("Share so far"),
                 "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "formatType": "number", "grid": False,
                                                       "titleX": None, "titleAlign": "right"}}}},
        ],
        "resolve": {"scale": {"y": "independent"}},
    }  # fmt: skip
    return spec, rows, _cut(BARS, len(heads))


def _scatter(grid: Grid, heads: list[Head]) -> Made | None:
    one, other = grid.asked.figures[:2]
    total = Head((), kind="total")
    kept = _ranked(grid, heads, one, rows=True)[:POINTS]
    rows = []
    for head in kept:
        point = _point(grid, head, total, one)
        value = _major(grid, grid.figure(head.path, (), other), other)
        rows.append(point | {"name": _row_label(grid, head), "other": value,
                             "other_shown": show.cell(grid, head, total, other)})  # fmt: skip
    title = _axis_title(grid, grid.asked.rows)
    x = _scale(grid, one) | {"scale": {"zero": False}}
    y = _scale(grid, other, "other") | {"scale": {"zero": False}}
    tips = _tooltip([("name", title), ("shown", show.measure(grid.fields, one)),
                     ("other_shown", show.measure(grid.fields, other))])  # fmt: skip
    layers: list[Spec] = [{"mark": {"type": "point"}, "encoding": {"x": x, "y": y, "tooltip": tips}}]
    if len(rows) <= 40:
        layers.append({"mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 11, "limit": 120},
                       "encoding": {"x": x, "y": y, "text": {"field": "name", "type": "nominal"}}})  # fmt: skip
    return {"height": 320, "layer": layers}, rows, _cut(POINTS, len(heads))


def _cohort(grid: Grid, heads: list[Head]) -> Made | None:
    """Rows by columns as shaded squares: with cohorts on the rows, the triangle."""
    figure = grid.asked.figures[0]
    columns = _members(grid.columns)
    kept = heads[:60]
    rows = []
    for row in kept:
        for column in columns:
            point = _point(grid, row, column, figure)
            if point["value"] is not None and (row.path, column.path) in grid.values:
                rows.append(point | {"name": _row_label(grid, row), "group": _column_label(grid, column)})
    across, down = _axis_title(grid, grid.asked.columns), _axis_title(grid, grid.asked.rows)
    scale = _scale(grid, figure)
    axis = scale.pop("axis", {})
    encoding: Spec = {
        "x": {"field": "group", "type": "ordinal", "sort": [_column_label(grid, one) for one in columns],
              "title": across, "axis": {"labelAngle": -40, "labelOverlap": True, "labelLimit": 100}},
        "y": {"field": "name", "type": "ordinal", "sort": [_row_label(grid, one) for one in kept], "title": down},
        "color": scale | {"scale": {"range": "ramp"}, "legend": {**axis, "gradientLength": 160}},
        "tooltip": _tooltip([("name", down), ("group", across), ("shown", show.measure(grid.fields, figure))]),
    }  # fmt: skip
    if not encoding["color"]["legend"].get("format"):
        encoding["color"]["legend"].pop("format", None)
    return {"mark": {"type": "rect"}, "encoding": encoding, "height": {"step": 26}}, rows, _cut(60, len(heads))


def _map(grid: Grid, heads: list[Head]) -> Made | None:
    figure = grid.asked.figures[0]
    total = Head((), kind="total")
    known = {tile.code: head for head in heads if (tile := korea.tile_of(head.path[-1]))}
    rows = []
    for tile in korea.TILES:
        head = known.get(tile.code)
        name = tile.spellings[0] if korean() else tile.english
        point = _point(grid, head, total, figure) if head else {"value": None, "shown": show.NOTHING, "at": ""}
        rows.append(point | {"name": name, "column": tile.column, "row": tile.row})
    place: Spec = {
        "x": {"field": "column", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
        "y": {"field": "row", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
    }
    scale = _scale(grid, figure)
    axis = scale.pop("axis", {})
    tips = _tooltip([("name", _axis_title(grid, grid.asked.rows[-1:])), ("shown", show.measure(grid.fields, figure))])
    spec: Spec = {
        "width": TILES_SIDE * 1.5 * 4, "height": TILES_SIDE * 6,
        "layer": [
            {"mark": {"type": "rect", "cornerRadius": 6},
             "encoding": {**place, "tooltip": tips,
                          "color": scale | {"scale": {"range": "ramp"}, "legend": {**axis, "gradientLength": 160}}}},
            {"mark": {"type": "text", "dy": -9, "fontWeight": 600},
             "encoding": {**place, "text": {"field": "name", "type": "nominal"}}},
            {"mark": {"type": "text", "dy": 9, "fontSize": 11},
             "encoding": {**place, "text": {"field": "shown", "type": "nominal"}}},
        ],
    }  # fmt: skip
    return spec, rows, []


_MAKERS = {"line": _line, "bar": _bar, "pareto": _pareto, "scatter": _scatter, "cohort": _cohort, "map": _map}


def said(grid: Grid, heads: Sequence[Head]) -> str:
    """What the chart shows in a sentence: what is drawn, the highest and the lowest."""
    figure = grid.asked.figures[0]
    worth = [(value, head) for head in heads if (value := grid.figure(head.path, (), figure)) is not None]
    title = show.title(grid)
    if len(worth) < 2:
        return title
    high, low = max(worth, key=lambda one: one[0]), min(worth, key=lambda one: one[0])
    said_of = [(_row_label(grid, head), show.figure(value, grid.unit(figure), grid.currency))
               for value, head in (high, low)]  # fmt: skip
    return gettext("%(title)s. Highest: %(high)s (%(most)s), lowest: %(low)s (%(least)s).") % {
        "title": title, "high": said_of[0][0], "most": said_of[0][1], "low": said_of[1][0], "least": said_of[1][1],
    }  # fmt: skip
