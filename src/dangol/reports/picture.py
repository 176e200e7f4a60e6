"""The chart of a table: which kinds fit, which one is chosen by itself, its Vega-Lite spec and its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dangol.reports import korea, show
from dangol.reports.asked import Asked
from dangol.reports.drawing import MAKERS, SERIES, Spec, members, row_label, timed
from dangol.reports.fields import Fields
from dangol.reports.grid import Grid, Head


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
        notes.append(gettext(korea.why_not(head.path[-1] for head in heads)))
        kind = "bar"
    made = MAKERS[kind](grid, heads)
    if made is None:
        return None
    spec, rows, more = made
    return Picture(kind, spec, rows, said(grid, heads), notes + more)


def leaves(grid: Grid) -> list[Head]:
    """The members a chart shows: those rows that are not unfolded further."""
    return [head for head in grid.rows if head.kind == "member" and not head.unfolded]


def fitting(asked: Asked, fields: Fields) -> list[str]:
    """The kinds of chart that can show what is asked; whether a map can is known from its regions only."""
    if not asked.figures or not asked.dimensions:
        return []
    found = ["bar"]
    if timed(fields, asked.rows) or timed(fields, asked.columns):
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
    return korea.is_korea([head.path[-1] for head in leaves(grid)])


def usual(grid: Grid) -> str:
    """The kind that shows the table best: time runs as a line, provinces lie on the map, the rest are bars."""
    kinds = fitting(grid.asked, grid.fields)
    times = (leaves(grid) if timed(grid.fields, grid.asked.rows) else members(grid.columns)) if "line" in kinds else []
    if len(times) > 2:
        return "line"
    if _on_map(grid):
        return "map"
    return "cohort" if len(members(grid.columns)) > SERIES else "bar"


def said(grid: Grid, heads: Sequence[Head]) -> str:
    """What the chart shows in a sentence: what is drawn, the highest and the lowest."""
    figure = grid.asked.figures[0]
    worth = [(value, head) for head in heads if (value := grid.figure(head.path, (), figure)) is not None]
    title = show.title(grid)
    if len(worth) < 2:
        return title
    high, low = max(worth, key=lambda one: one[0]), min(worth, key=lambda one: one[0])
    said_of = [(row_label(grid, head), show.figure(value, grid.unit(figure), grid.currency))
               for value, head in (high, low)]  # fmt: skip
    return gettext("%(title)s. Highest: %(high)s (%(most)s), lowest: %(low)s (%(least)s).") % {
        "title": title, "high": said_of[0][0], "most": said_of[0][1], "low": said_of[1][0], "least": said_of[1][1],
    }  # fmt: skip
