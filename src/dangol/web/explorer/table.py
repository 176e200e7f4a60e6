"""The table of the explorer as its template draws it."""

import json
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from dangol.reports import asked as steps
from dangol.reports import changes, show
from dangol.reports.asked import GROWTH, Figure, path_text
from dangol.reports.grid import Grid, Head
from dangol.web.explorer.board import Board

HEAT_STEPS = 6


def table(grid: Grid, board: Board) -> dict[str, Any]:
    """Heads and lines of the table."""
    warm = _warmth(grid) if grid.asked.heat else {}
    return {
        "groups": _groups(grid),
        "heads": _heads(grid, board),
        "corner": " / ".join(show.field(grid.fields, name) for name in grid.asked.rows) or gettext("Total"),
        "corner_sort": _label_sort(grid, board),
        "lines": [_line(grid, board, head, warm) for head in grid.rows],
        "generated": [show.field(grid.fields, name) for name in grid.asked.dimensions if name in grid.generated],
    }


def _groups(grid: Grid) -> list[list[dict[str, Any]]]:
    """One line of headings for each field on the columns; equal neighbours share one."""
    lines: list[list[dict[str, Any]]] = []
    width = len(grid.asked.figures)
    for level, name in enumerate(grid.asked.columns):
        line: list[dict[str, Any]] = []
        for head in grid.columns:
            last = level == len(grid.asked.columns) - 1
            key = head.path[: level + 1] if head.kind == "member" else (head.kind,)
            if line and line[-1]["key"] == key:
                line[-1]["span"] += width
                continue
            text = show.member(name, head.path[level]) if head.kind == "member" and not last else show.head(head)
            text = "" if head.kind != "member" and not last else text
            at = json.dumps([[], list(head.path)], ensure_ascii=False, separators=(",", ":")) if last else ""
            line.append({"key": key, "label": text, "span": width, "at": at, "kind": head.kind})
        lines.append(line)
    return lines


def _heads(grid: Grid, board: Board) -> list[dict[str, Any]]:
    """The last line of headings: each figure of each column, with its way to sort."""
    found = []
    for head in grid.columns:
        for place, figure in enumerate(grid.asked.figures):
            at = f"@{path_text(head.path)}" if head.path else ""
            here = f"{place}{at}"
            order = {f"-{here}": "descending", here: "ascending"}.get(grid.asked.sort, "")
            target = {"descending": here, "ascending": ""}.get(order, f"-{here}")
            sortable = head.kind != "others"
            found.append({
                "label": show.measure(grid.fields, figure), "order": order, "kind": head.kind,
                "url": board.url(_sorted(grid, target)) if sortable else "",
                "definition": gettext(grid.fields.measures[figure.measure].definition), "id": f"sort-{here}",
            })  # fmt: skip
    return found


def _sorted(grid: Grid, sort: str) -> steps.Asked:
    return replace(grid.asked, sort=sort)


def _label_sort(grid: Grid, board: Board) -> dict[str, str]:
    order = {"-label": "descending", "label": "ascending"}.get(grid.asked.sort, "")
    target = {"descending": "", "ascending": "-label"}.get(order, "label")
    return {"order": order, "url": board.url(_sorted(grid, target))} if grid.asked.rows else {}


def _line(grid: Grid, board: Board, head: Head, warm: dict[Figure, tuple[float, float]]) -> dict[str, Any]:
    if head.unfolds:
        way = board.url(changes.folded(grid.asked, head.path))
    elif head.drills_to and head.kind == "member" and len(grid.asked.rows) < steps.MOST_ROWS_FIELDS:
        way = board.url(changes.drilled(grid.asked, head.path, head.drills_to))
    else:
        way = ""
    return {
        "head": head, "label": show.head(head), "way": way, "finer": _finer(grid, head),
        "id": "row-" + path_text(head.path), "at": _at(head.path, ()),
        "cells": [_cell(grid, head, column, figure, warm) for column in grid.columns for figure in grid.asked.figures],
    }  # fmt: skip


def _finer(grid: Grid, head: Head) -> str:
    return show.field(grid.fields, head.drills_to) if head.drills_to else ""


def _at(row: steps.Path, column: steps.Path) -> str:
    return json.dumps([list(row), list(column)], ensure_ascii=False, separators=(",", ":"))


def _cell(
    grid: Grid, row: Head, column: Head, figure: Figure, warm: dict[Figure, tuple[float, float]]
) -> dict[str, Any]:
    value = grid.figure(row.path, column.path, figure)
    kind = "up" if (value or 0) > 0 else "down" if (value or 0) < 0 else "muted"
    return {
        "text": show.cell(grid, row, column, figure), "at": _at(row.path, column.path),
        "css": (kind if figure.kind in GROWTH and value is not None else "muted" if not value else "")
        + (_heat(value, warm.get(figure)) if _inner(grid, row, column) else ""),
        "missing": value is None,
    }  # fmt: skip


def _inner(grid: Grid, row: Head, column: Head) -> bool:
    """Whether a cell is one of many alike: no total, and nothing that is unfolded below."""
    return row.kind == "member" and not row.unfolded and (column.kind == "member" or not grid.asked.columns)


def _warmth(grid: Grid) -> dict[Figure, tuple[float, float]]:
    """The smallest and largest of each figure among the members."""
    columns = [head for head in grid.columns if head.kind == "member"] or grid.columns
    found = {}
    for figure in grid.asked.figures:
        values = [value for row in grid.rows if row.kind == "member" and not row.unfolded for column in columns
                  if (value := grid.figure(row.path, column.path, figure)) is not None]  # fmt: skip
        if values:
            found[figure] = (min(values), max(values))
    return found


def _heat(value: float | None, ends: tuple[float, float] | None) -> str:
    """A step of warmth; below nothing it is cold."""
    if value is None or ends is None:
        return ""
    low, high = ends
    if low < 0:
        most = max(abs(low), abs(high))
        return f" {'cold' if value < 0 else 'warm'}-{min(HEAT_STEPS, 1 + int(HEAT_STEPS * abs(value) / most))}"
    return f" warm-{min(HEAT_STEPS, 1 + int(HEAT_STEPS * (value - low) / (high - low)))}" if high > low else ""
