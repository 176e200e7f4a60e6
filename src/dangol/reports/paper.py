"""A table and its chart on paper: PDF with text and a vector chart, and the chart alone as PNG."""

import copy
import json
import re
from dataclasses import replace
from typing import Any

import typst
import vl_convert
from django.conf import settings
from django.utils.translation import gettext

from dangol.base.errors import Unavailable
from dangol.base.money import currency
from dangol.reports import picture, sheets, show
from dangol.reports.grid import Grid
from dangol.reports.sheets import Made, Told, nobody
from dangol.reports.show import korean


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


PDF_KIND, PNG_KIND = "application/pdf", "image/png"
FONTS = ("Pretendard", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic",
         "Nanum Gothic")  # fmt: skip
LATIN = "Libertinus Serif"  # inside of typst
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
NO_FONT = N_(
    "No font with Korean letters is installed on this machine, so nothing Korean can be drawn as PDF or PNG. Install "
    "one, such as the package fonts-noto-cjk or fonts-nanum. Excel and CSV files need none."
)
MOST_LINES = 400
VEGA_LITE = "6.1"
SERIES = ("#b4511f", "#27457f", "#2b9a80", "#a072cf", "#5f4b14", "#c04a86", "#5d5853", "#2c7a96")
INK, SOFT, LINE = "#25211c", "#625b51", "#ebe5db"
# A sheet is written in plain markup: its texts come as data, so that none of them can be read as markup.
SHEET = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", flipped: data.wide, margin: (x: 1.6cm, y: 1.5cm), footer: context [
  #set text(8pt, fill: rgb("#625b51"))
  #data.company #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set text(font: data.fonts, size: 9pt, lang: data.lang, fill: rgb("#25211c"))
#set document(title: data.title)
#text(16pt, weight: "bold", data.title)
#v(2pt)
#text(9pt, fill: rgb("#625b51"), data.lead.join("  ·  "))
#v(6pt)
#if data.chart != "" [
  #image(bytes(data.chart), format: "svg", width: 100%)
  #text(8.5pt, fill: rgb("#625b51"), data.said)
  #v(6pt)
]
#table(
  columns: data.columns.map(one => if one == "auto" { auto } else { 1fr }),
  align: (x, y) => if x < data.names { left } else { right },
  stroke: (x, y) => (bottom: 0.4pt + rgb("#d9d1c4")),
  inset: (x: 4pt, y: 3.5pt),
  table.header(..data.heads.flatten().map(one => text(8pt, fill: rgb("#625b51"), one))),
  ..data.lines.map(line => line.cells.map(one => if line.bold { strong(one) } else { [#one] })).flatten()
)
#if data.more != "" [ #text(8pt, fill: rgb("#625b51"), data.more) ]
#v(8pt)
#for one in data.about [ #text(8pt)[#strong(one.at(0)) #h(4pt) #one.at(1)] \\ ]
"""


def korean_fonts() -> list[str]:
    """The fonts of this machine that know Hangul, the best first."""
    known = set(typst.Fonts().families())
    return [name for name in FONTS if name in known]


def fonts(text: str) -> list[str]:
    """The fonts a sheet with this text is set in, the best first; what brings its own needs none of the machine's.

    Raises Unavailable where the text is Korean and no font here knows it: empty boxes would say nothing.
    """
    found = korean_fonts()
    if not found and HANGUL.search(text):
        raise Unavailable(NO_FONT)
    return [*found, LATIN]


def _label(unit: str, sign: str) -> str:
    """How an axis writes its numbers, as an expression: the same words as on the page."""
    steps = ((1e12, "조"), (1e8, "억"), (1e4, "만")) if korean() else ((1e9, "B"), (1e6, "M"), (1e3, "K"))
    least = 1e4
    parts = "".join(
        f"abs(datum.value) >= {max(step, least)} ? format(datum.value / {step}, ',.3~r') + '{name}' : "
        for step, name in steps
    )
    return f"'{sign if unit == 'money' else ''}' + ({parts}format(datum.value, ',.2~f'))"


def spec_of(grid: Grid) -> dict[str, Any] | None:
    """The chart's spec with its data, colours and sizes for paper; None where there is no chart."""
    found = picture.of(grid)
    if found is None:
        return None
    spec = copy.deepcopy(found.spec) | {"data": {"values": found.rows}}
    _plain(spec, _label("money", currency(grid.currency).sign if grid.currency else ""), _label("", ""))
    bands = spec.get("encoding", {}).get("y", {}).get("type") in ("nominal", "ordinal")
    spec.setdefault("width", 680)
    spec.setdefault("height", {"step": 22} if bands else 240)
    return spec | {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": _config()}


def _plain(node: Any, money: str, short: str) -> None:
    """Number forms of the page's own (which only its script knows) as expressions any drawing program knows."""
    if isinstance(node, list):
        for one in node:
            _plain(one, money, short)
    if not isinstance(node, dict):
        return
    node.pop("tooltip", None)
    if node.get("formatType") == "money":
        node.pop("format", None)
        node["labelExpr"] = money
    elif node.get("type") == "quantitative" and "axis" not in node and "legend" not in node:
        node["axis"] = {"labelExpr": short}
    node.pop("formatType", None)
    columns = node.get("columns")
    if isinstance(columns, dict):
        node["columns"] = 4
    for one in list(node.values()):
        _plain(one, money, short)


def _config() -> dict[str, Any]:
    family = ", ".join(FONTS)
    return {
        "background": "#ffffff", "font": family, "view": {"stroke": None}, "padding": 6,
        "range": {"category": list(SERIES), "ramp": ["#f4e6dd", SERIES[0]], "heatmap": ["#f4e6dd", SERIES[0]]},
        "axis": {"labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 11, "titleFontSize": 11, "domain": False,
                 "ticks": False, "gridColor": LINE, "labelLimit": 170},
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -10},
        "axisX": {"grid": False}, "axisXQuantitative": {"grid": True, "tickCount": 6}, "axisBand": {"grid": False},
        "legend": {"orient": "top", "labelColor": INK, "labelFontSize": 11, "offset": 28},
        "bar": {"fill": SERIES[0]}, "line": {"strokeWidth": 2.2}, "point": {"filled": True, "size": 40},
        "text": {"fill": INK},
    }  # fmt: skip


def drawn_title(grid: Grid) -> str:
    """What a chart shows in a few words: of several figures the first, and the second where it scatters."""
    drawn = picture.of(grid)
    shown = grid.asked.figures[: 2 if drawn and drawn.kind == "scatter" else 1]
    return show.title(Grid(replace(grid.asked, figures=shown), grid.fields))


def as_png(grid: Grid, told: Told = nobody) -> Made:
    """The chart as a picture for slides, twice as fine as on screen. Raises Unavailable where there is no chart."""
    told(0)
    spec = spec_of(grid)
    if spec is None:
        raise Unavailable("There is no chart to draw. Choose one in the explorer first.")
    spec["title"] = {"text": drawn_title(grid), "anchor": "start", "color": INK, "fontSize": 15, "offset": 12}
    text = json.dumps(spec, default=float, ensure_ascii=False)
    fonts(text)
    return Made(vl_convert.vegalite_to_png(text, vl_version=VEGA_LITE, scale=2.0), PNG_KIND, grid.as_of)


def as_pdf(grid: Grid, told: Told = nobody) -> Made:
    """The table, its chart as vectors, what was filtered, when it was as of, and what every measure means."""
    told(0)
    spec = spec_of(grid)
    drawn = picture.of(grid)
    heads = sheets.heads(grid)
    names = max(len(grid.asked.rows), 1)
    width = len(heads[-1])
    rows = grid.rows if len(grid.rows) <= MOST_LINES else [*grid.rows[: MOST_LINES - 1], grid.rows[-1]]
    lead = [gettext("As of %(day)s") % {"day": show.period("day", grid.as_of)}, *show.filters(grid)]
    data: dict[str, Any] = {
        "wide": width > 6, "company": settings.DANGOL.company, "lang": "ko" if korean() else "en",
        "title": show.title(grid), "lead": lead, "said": drawn.said if drawn else "",
        "chart": vl_convert.vegalite_to_svg(json.dumps(spec, default=float), vl_version=VEGA_LITE) if spec else "",
        "columns": ["auto"] * names + ["1fr"] * (width - names), "names": names, "heads": heads,
        "lines": [{"bold": row.kind == "total" or row.unfolded,
                   "cells": [*sheets.titles(grid, row), *(show.cell(grid, row, column, figure)
                             for column in grid.columns for figure in grid.asked.figures)]} for row in rows],
        "more": gettext("Not all rows fit on paper; the Excel file has them.") if len(rows) < len(grid.rows) else "",
        "about": [list(pair) for pair in sheets.about(grid)[1:]],
    }  # fmt: skip
    data["fonts"] = fonts(json.dumps(data, ensure_ascii=False))
    made = typst.compile(SHEET.encode(), format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return Made(bytes(made), PDF_KIND, grid.as_of)
