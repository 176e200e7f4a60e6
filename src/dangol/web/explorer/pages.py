"""The explorer's page and its panels: the values of a field, a cell, the customers behind it."""

import json
import secrets
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django_htmx.http import push_url, replace_url

from dangol import engine
from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.insight.olap import reads as olap
from dangol.reports import answering, layout, picture, show
from dangol.reports import asked as steps
from dangol.reports import fields as catalogue
from dangol.reports import grid as tables
from dangol.reports.asked import Asked, Filter
from dangol.reports.fields import Fields
from dangol.reports.grid import OTHERS, Grid
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.explorer import views, working
from dangol.web.explorer.board import Board, moved
from dangol.web.explorer.table import table
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

REGION = "explorer"
VALUES = 60
FORM_NAMES = {"xlsx": "Excel", "csv": "CSV", "pdf": "PDF", "png": "PNG"}


def state_of(request: Request) -> tuple[Asked, Fields, str]:
    """The state in an address, the fields of its star, and the saved view it began with. Raises BadInput."""
    return state_from(request, request.GET)


def state_from(request: Request, given: QueryDict) -> tuple[Asked, Fields, str]:
    """The state in some parameters; before anybody chose, the usual one."""
    asked = steps.read(dict(given.lists()))
    fields = catalogue.of(request.user, asked.star)
    view = given.get("view", "")
    touched = any(name != "star" for name, _value in steps.pairs(asked))
    asked = fields.known(asked) if touched else replace(fields.usual(), star=asked.star)
    return asked, fields, view if view.isascii() and view.isdecimal() and len(view) < 10 else ""


@page(Right.INSIGHT_VIEW)
def explorer(request: Request) -> HttpResponseBase:
    """The page; after a step of somebody with a script only what changed of it."""
    problem = ""
    if not request.GET and (kept := views.usual(request.user)):
        return HttpResponseRedirect(kept)
    try:
        asked, fields, view = state_of(request)
    except BadInput as error:
        asked, fields, view = state_from(request, QueryDict())
        problem = sentence(error)
    if drop := request.GET.get("do", ""):
        try:
            asked = moved(asked, drop[:400], fields)
        except BadInput as error:
            problem = sentence(error)
    board = Board(asked, fields, view)
    partly = bool(request.htmx) and request.htmx.target == REGION
    if drop and not partly:
        return HttpResponseRedirect(board.url(asked))
    context = _shelves(request, board) | {"problem": problem}
    if not partly:
        context |= _result(request, board)
        problem = problem or context["failed"]
        return render(request, "explorer/page.html", context, status=422 if problem else 200)
    response = render(request, "explorer/region.html", context | {"later": True})
    way = replace_url if request.htmx.trigger == "explorer-undo" else push_url
    return way(response, board.url(asked))


@page(Right.INSIGHT_VIEW)
def moved_here(request: Request) -> HttpResponseBase:
    """The former page of figures: its links lead to the same question here."""
    given = request.GET
    figures = tuple(steps.Figure(given[name]) for name in ("measure", "measure2", "measure3") if given.get(name))
    rows = tuple(given[name] for name in ("by", "by2") if given.get(name))
    order = {"-": "-0", "+": "0"}.get(given.get("order", ""), "") if figures else ""
    asked = Asked(rows=rows, figures=figures, where=given.get("where", "")[:4000], sort=order, depth=max(len(rows), 1))
    return HttpResponseRedirect(f"{reverse('explorer:explorer')}?{steps.query(asked)}")


@page(Right.INSIGHT_VIEW)
def result(request: Request) -> HttpResponseBase:
    """The chart and table of a state: asked for after the shelves, so that a step is never waited for."""
    asked, fields, view = state_of(request)
    board = Board(asked, fields, view)
    if not request.htmx:
        return HttpResponseRedirect(board.url(asked))
    with engine.asking(tab_of(request)):  # a newer question of this tab interrupts this one
        return render(request, "explorer/result.html", {"board": board} | _result(request, board))


def tab_of(request: Request) -> str:
    """Who asks from where: the member, and the tab of the browser as its script names it."""
    return f"explorer {request.user.pk} {request.headers.get('X-Tab', '')[:40] or secrets.token_hex()}"


def _shelves(request: Request, board: Board) -> dict[str, Any]:
    return {
        "board": board, "here": board.url(board.asked), "measures": board.measures(),
        "dimensions": board.dimensions(), "rows": board.axis("rows"), "columns": board.axis("cols"),
        "figures": board.figures(), "filters": board.filters(), "stars": _stars(request, board),
        "known": [{"name": one.name, "label": gettext(one.label), "definition": gettext(one.definition)}
                  for one in board.fields.dimensions.values()],
        "where_open": bool(board.asked.where), "files": _files(board), "tools": board.tools(),
        "result_url": board.part("result"), "bar": views.bar(request.user, steps.query(board.asked), board.view),
        "state": steps.query(board.asked), "roles": views.roles(),
    }  # fmt: skip


def _result(request: Request, board: Board) -> dict[str, Any]:
    """The table and chart, or why there are none."""
    context: dict[str, Any] = {"failed": "", "chosen": bool(board.asked.figures)}
    failed = working.failed_in(request)
    try:
        grid = _grid(request, board, failed)
    except TooMuch as error:
        return context | (working.shown(request, board, None) if takes_long(error) else {"failed": sentence(error)})
    except BadInput as error:
        return context | {"failed": sentence(error)}
    except (NotFound, Damaged) as error:
        return context | {"missing": sentence(error)}
    if isinstance(grid, int):
        return context | working.shown(request, board, grid)
    return context | {"grid": grid} | (_shown(grid, board) if grid.rows else {})


def _grid(request: Request, board: Board, failed: int | None) -> Grid | int:
    """The table: kept, or asked now; else the job that is at it, or the one that failed at it."""
    found = answering.kept(request.user, board.asked, board.fields)
    if found is not None:
        return found
    job_id = answering.running(request.user, board.asked) or failed
    return job_id if job_id is not None else answering.fresh(request.user, board.asked, board.fields)


def _files(board: Board) -> list[tuple[str, str, str]]:
    return [(form, name, board.part("file", format=form)) for form, name in FORM_NAMES.items()]


def _stars(request: Request, board: Board) -> list[Any]:
    found = [(one["name"], one["label"]) for one in olap.stars(request.user)]
    return [board.step(gettext(label), Asked(star=name), current=name == board.asked.star)
            for name, label in found] if len(found) > 1 else []  # fmt: skip


def _shown(grid: Grid, board: Board) -> dict[str, Any]:
    drawn = picture.of(grid)
    title = show.title(grid)
    return {
        "title": title, "table": table(grid, board), "picture": drawn, "notes": show.notes(grid),
        "as_of": grid.as_of, "definitions": definitions(grid),
        "announced": gettext("%(title)s: %(rows)s rows, %(columns)s columns") % {
            "title": title, "rows": sum(head.kind == "member" for head in grid.rows),
            "columns": max(1, sum(head.kind == "member" for head in grid.columns))},
    }  # fmt: skip


def definitions(grid: Grid) -> list[tuple[str, str]]:
    """What each measure and dimension of a table means."""
    measures = [grid.fields.measures[name] for name in grid.asked.measures]
    dimensions = [grid.fields.dimensions[name] for name in grid.asked.dimensions]
    return [(gettext(one.label), gettext(one.definition)) for one in (*measures, *dimensions)]


# ---- the values of a field -------------------------------------------------------------------------------------------


@page(Right.INSIGHT_VIEW)
def values(request: Request) -> HttpResponse:
    """The panel that filters by a dimension: its largest values, or those that hold a text; of a period from and to."""
    asked, fields, view = state_of(request)
    name = request.GET.get("dimension", "")
    if name not in fields.dimensions:
        raise NotFound("There is no such field.")
    board = Board(asked, fields, view)
    chosen = asked.filter_of(name) or Filter(name)
    text = request.GET.get("find", "").strip()[:80]
    options, more = _options(request, asked, fields, name, text)
    shown_values = {value for value, *_rest in options}
    options = [(value, label, size, True) for value, label, size in _chosen(name, chosen) if value not in shown_values
               ] + [(value, label, size, value in {steps.written(one) for one in chosen.values})
                    for value, label, size in options]  # fmt: skip
    return render(request, "explorer/values.html", {
        "board": board, "field": fields.dimensions[name], "label": show.field(fields, name), "chosen": chosen,
        "options": options, "more": more, "find": text, "here": board.url(asked),
        "hidden": [(key, value) for key, value in board.hidden if not key.endswith(f".{name}")],
        "hidden_all": board.hidden, "clear": board.url(steps.filtered(asked, Filter(name))),
        "base": _base(request),
    })  # fmt: skip


def _base(request: Request) -> str:
    """A panel beside the table; without a script a page of its own."""
    return "explorer/panel.html" if request.htmx else "explorer/alone.html"


def _chosen(name: str, one: Filter) -> list[tuple[str, str, str]]:
    return [(steps.written(value), show.member(name, value), "") for value in one.values]


def _options(request: Request, asked: Asked, fields: Fields, name: str, text: str) -> tuple[list[Any], int]:
    """(value in an address, label, its first figure) of up to VALUES values, and how many more there are."""
    rest = tuple(one for one in asked.filters if one.name != name)
    measure = next(one for one in (*asked.measures, *fields.measures) if not fields.measures[one].compares)
    where = catalogue.both(*(catalogue.condition(one) for one in rest), asked.where)
    period = fields.dimensions[name].is_period
    try:
        answer = olap.ask(request.user, [measure], [name], where, order=f"-{name}" if period else f"-{measure}",
                          star=asked.star, limit=10_000)  # fmt: skip
    except (BadInput, TooMuch, NotFound, Damaged):
        return [], 0
    unit = fields.measures[measure].unit
    found = [
        (steps.written(row[name]), show.member(name, row[name]), show.figure(row[measure], unit, answer.currency))
        for row in answer.rows
    ]
    if text:
        found = [one for one in found if text.lower() in one[1].lower() or text.lower() in one[0].lower()]
    return found[:VALUES], max(0, (len(found) if text else answer.groups) - VALUES)


# ---- a cell ----------------------------------------------------------------------------------------------------------


def cell_of(request: Request, asked: Asked) -> tuple[steps.Path, steps.Path]:
    """The row and column of a cell in an address. Raises BadInput."""
    try:
        row, column = json.loads(request.GET.get("at", "[[],[]]")[:2000])
        row, column = steps.path_from(json.dumps(row)), steps.path_from(json.dumps(column))
    except (ValueError, TypeError, RecursionError):
        raise BadInput("This address names no cell of the table. Open the explorer again.", field="at") from None
    if len(row) > len(asked.rows) or len(column) > len(asked.columns):
        raise BadInput("This address names no cell of the table. Open the explorer again.", field="at")
    return row, column


def condition_of(asked: Asked, grid: Grid | None, row: steps.Path, column: steps.Path) -> str:
    """The condition that a cell's customers meet. Raises BadInput for others, whose members are not told."""
    if OTHERS in row or OTHERS in column:
        raise BadInput("Open a single row: who is summed up as others is too many to name.", field="at")
    on = [*zip(asked.rows, row, strict=False), *zip(asked.columns, column, strict=False)]
    return catalogue.both(
        *(catalogue.condition(one) for one in asked.filters), asked.where,
        *(catalogue.among(name, [value]) for name, value in on),
    )  # fmt: skip


@page(Right.INSIGHT_VIEW)
def cell(request: Request) -> HttpResponse:
    """The panel of a cell: its figures, the customers behind it, and where to go from it."""
    asked, fields, view = state_of(request)
    row, column = cell_of(request, asked)
    board = Board(asked, fields, view)
    others = OTHERS in row or OTHERS in column
    where = "" if others else condition_of(asked, None, row, column)
    measures = list(dict.fromkeys([*asked.measures, *([] if asked.star else ["sales_amount", "buying_customers"])]))
    facts, buyers = _facts(request, asked, fields, measures, where) if not others else ([], None)
    names = [show.path(asked.rows, row), show.path(asked.columns, column)]
    return render(request, "explorer/cell.html", {
        "base": _base(request), "board": board, "facts": facts,
        "title": " · ".join(name for name in names if name) or gettext("Total"),
        "buyers": buyers, "others": others, "here": board.url(asked),
        "customers_url": board.part("customers", at=request.GET.get("at", "[[],[]]"))
        if buyers and not asked.star and may(request.user, Right.CUSTOMERS_VIEW) else "",
        "ways": _ways(board, row, column, others=others), "splits": _splits(board, row, column) if not others else [],
    })  # fmt: skip


def _facts(request: Request, asked: Asked, fields: Fields, measures: list[str], where: str) -> tuple[list[Any], Any]:
    """The figures of a cell, asked anew under its condition; those that need a period are left out."""
    found, buyers, code = [], None, ""
    for name in measures:
        if name not in fields.measures or not layout.fits(fields.measures[name], ()):
            continue
        try:
            answer = olap.ask(request.user, [name], (), where, star=asked.star)
        except BadInput:
            continue
        value, code = answer.rows[0][name] if answer.rows else None, answer.currency
        if name == tables.BUYERS:
            buyers = value
            if not may(request.user, Right.CUSTOMERS_VIEW) and 0 < (value or 0) < tables.SMALL_GROUP:
                return [], None
        found.append((gettext(fields.measures[name].label), show.figure(value, fields.measures[name].unit, code)))
    return found, buyers


def _ways(board: Board, row: steps.Path, column: steps.Path, *, others: bool) -> list[Any]:
    """Only this, and without this, for each member of the cell."""
    found = []
    on = [*zip(board.asked.rows, row, strict=False), *zip(board.asked.columns, column, strict=False)]
    for name, value in on:
        if value == OTHERS:
            continue
        label = show.member(name, value)
        only = steps.filtered(board.asked, Filter(name, (value,)))
        now = board.asked.filter_of(name)
        out = (*now.values, value) if now and now.out else (value,)
        if now and now.values and not now.out:
            without = Filter(name, tuple(one for one in now.values if one != value))
        else:
            without = Filter(name, out, out=True)
        found += [
            board.step(gettext("Only %(name)s") % {"name": label}, only, "filter"),
            board.step(gettext("Without %(name)s") % {"name": label}, steps.filtered(board.asked, without), "minus"),
        ]
    return found


def _splits(board: Board, row: steps.Path, column: steps.Path) -> list[Any]:
    """The cell alone, split by another dimension."""
    asked = board.asked
    for name, value in [*zip(asked.rows, row, strict=False), *zip(asked.columns, column, strict=False)]:
        asked = steps.filtered(asked, Filter(name, (value,)))
    return [
        board.step(show.field(board.fields, name),
                   replace(asked, rows=(name,), columns=(), open=(), shut=(), depth=1, sort=""))
        for name in board.fields.dimensions
        if name not in board.asked.dimensions
    ]  # fmt: skip
