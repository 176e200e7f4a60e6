"""How each kind of chart draws a table: Vega-Lite specs with their rows."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext

from dangol.base.money import currency
from dangol.reports import korea, show
from dangol.reports.asked import Figure, path_text
from dangol.reports.fields import Fields
from dangol.reports.grid import Grid, Head
from dangol.reports.show import korean

SERIES, BARS, POINTS, TILE = 8, 30, 200, 68
NAMED = 6  # points whose names stand in a narrow chart, where all would lie on one another
Spec = dict[str, Any]
LEGEND: Spec = {"columns": {"expr": "width < 360 ? 1 : width < 560 ? 2 : 4"}, "labelLimit": 150}

SECOND: Spec = {"datum": "second", "scale": {"domain": ["first", "second"]}, "legend": None}  # a theme's second colour


def members(heads: Sequence[Head]) -> list[Head]:
    """The heads that stand for one member, no totals and no others."""
    return [head for head in heads if head.kind == "member"]


def timed(fields: Fields, names: Sequence[str]) -> bool:
    """Whether the innermost of some dimensions is a period."""
    return bool(names) and fields.dimensions[names[-1]].is_period


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
    if unit == "count":
        return scale | {"axis": {"tickMinStep": 1}}
    return scale


def _point(grid: Grid, row: Head, column: Head, figure: Figure) -> dict[str, Any]:
    return {
        "value": _major(grid, grid.figure(row.path, column.path, figure), figure),
        "shown": show.cell(grid, row, column, figure),
        "at": path_text((path_text(row.path), path_text(column.path))),
    }


def row_label(grid: Grid, head: Head) -> str:
    """A row's members in words."""
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
    if timed(grid.fields, grid.asked.rows):
        times, others = heads, members(grid.columns) or [total]
        label, other = row_label, _column_label
        names, split = grid.asked.rows, grid.asked.columns
    else:
        times, others = members(grid.columns), heads
        label, other = _column_label, row_label
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
    series = members(grid.columns)
    total = Head((), kind="total")
    kept = _ranked(grid, heads, figure, rows=True)[:BARS]
    groups = _ranked(grid, series, figure, rows=False)[:SERIES] if series else [total]
    kept_in_order = [head for head in heads if head in kept]
    rows = [
        _point(grid, row, column, figure) | {"name": row_label(grid, row), "group": _column_label(grid, column)}
        for row in kept_in_order
        for column in groups
    ]
    title = _axis_title(grid, grid.asked.rows) or None
    encoding: Spec = {
        "y": {"field": "name", "type": "nominal", "title": title,
              "sort": [row_label(grid, head) for head in kept_in_order]},
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
        rows.append(point | {"name": row_label(grid, head), "running": running / total,
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
            {"mark": {"type": "line", "point": True},
             "encoding": {"x": x, "tooltip": tips, "color": SECOND, "y": {
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
    rows: list[dict[str, Any]] = []
    for head in kept:
        point = _point(grid, head, total, one)
        value = _major(grid, grid.figure(head.path, (), other), other)
        rows.append(point | {"name": row_label(grid, head), "other": value, "rank": len(rows),
                             "other_shown": show.cell(grid, head, total, other)})  # fmt: skip
    title = _axis_title(grid, grid.asked.rows)
    x = _scale(grid, one) | {"scale": {"zero": False}}
    y = _scale(grid, other, "other") | {"scale": {"zero": False}}
    tips = _tooltip([("name", title), ("shown", show.measure(grid.fields, one)),
                     ("other_shown", show.measure(grid.fields, other))])  # fmt: skip
    layers: list[Spec] = [{"mark": {"type": "point"}, "encoding": {"x": x, "y": y, "tooltip": tips}}]
    if len(rows) <= 40:
        few = {"expr": f"width < 500 && datum.rank >= {NAMED} ? 0 : 1"}
        layers.append({"mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 11, "limit": 120, "opacity": few},
                       "encoding": {"x": x, "y": y, "text": {"field": "name", "type": "nominal"}}})  # fmt: skip
    return {"height": 320, "layer": layers}, rows, _cut(POINTS, len(heads))


def _cohort(grid: Grid, heads: list[Head]) -> Made | None:
    """Rows by columns as shaded squares: with cohorts on the rows, the triangle."""
    figure = grid.asked.figures[0]
    columns = members(grid.columns)
    kept = heads[:60]
    rows = []
    for row in kept:
        for column in columns:
            point = _point(grid, row, column, figure)
            if point["value"] is not None and (row.path, column.path) in grid.values:
                rows.append(point | {"name": row_label(grid, row), "group": _column_label(grid, column)})
    across, down = _axis_title(grid, grid.asked.columns), _axis_title(grid, grid.asked.rows)
    scale = _scale(grid, figure)
    axis = scale.pop("axis", {})
    encoding: Spec = {
        "x": {"field": "group", "type": "ordinal", "sort": [_column_label(grid, one) for one in columns],
              "title": across, "axis": {"labelAngle": -40, "labelOverlap": True, "labelLimit": 100}},
        "y": {"field": "name", "type": "ordinal", "sort": [row_label(grid, one) for one in kept], "title": down},
        "color": scale | {"scale": {"range": "ramp"}, "legend": {**axis, "gradientLength": 160}},
        "tooltip": _tooltip([("name", down), ("group", across), ("shown", show.measure(grid.fields, figure))]),
    }  # fmt: skip
    if not encoding["color"]["legend"].get("format"):
        encoding["color"]["legend"].pop("format", None)
    return {"mark": {"type": "rect"}, "encoding": encoding, "height": {"step": 26}}, rows, _cut(60, len(heads))


def _map(grid: Grid, heads: list[Head]) -> Made | None:
    """The provinces as tiles, shaded by their figure, which is written on them: no colour has to be read alone."""
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
    tips = _tooltip([("name", _axis_title(grid, grid.asked.rows[-1:])), ("shown", show.measure(grid.fields, figure))])
    shade: Spec = {"field": "value", "type": "quantitative", "legend": None, "scale": {"range": [0.1, 0.5]}}
    spec: Spec = {
        "height": TILE * 6, "encoding": {**place, "tooltip": tips},
        "layer": [
            {"mark": {"type": "rect", "cornerRadius": 6, "invalid": None}, "encoding": {"opacity": {
                "condition": {"test": "isValid(datum.value)", **shade}, "value": 0.04}}},
            {"mark": {"type": "text", "dy": -9, "fontWeight": 600},
             "encoding": {"text": {"field": "name", "type": "nominal"}}},
            {"mark": {"type": "text", "dy": 9, "fontSize": 11},
             "encoding": {"text": {"field": "shown", "type": "nominal"}}},
        ],
    }  # fmt: skip
    away = [show.member(grid.asked.rows[-1], head.path[-1]) for head in heads if not korea.tile_of(head.path[-1])]
    notes = [gettext("Not on the map: %(names)s.") % {"names": ", ".join(away)}] if away else []
    return spec, rows, notes


MAKERS = {"line": _line, "bar": _bar, "pareto": _pareto, "scatter": _scatter, "cohort": _cohort, "map": _map}
