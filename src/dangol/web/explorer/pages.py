"""The explorer's page and its panels: the values of a field, a cell, the customers behind it."""

import secrets
from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django_htmx.http import push_url, replace_url

from dangol import engine
from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.insight.olap import reads as olap
from dangol.reports import answering, picture, show
from dangol.reports import asked as steps
from dangol.reports.asked import Asked
from dangol.reports.grid import Grid
from dangol.staff.rules import Right
from dangol.web.explorer import files, views, working
from dangol.web.explorer.board import Board, moved, state_from, state_of
from dangol.web.explorer.table import table
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, page

REGION = "explorer"


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
        context |= _result(request, board, opening=True)
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
        "where_open": bool(board.asked.where), "files": files.offered(board), "tools": board.tools(),
        "result_url": board.part("result"), "bar": views.bar(request.user, steps.query(board.asked), board.view),
        "state": steps.query(board.asked), "roles": views.roles(),
    }  # fmt: skip


def _result(request: Request, board: Board, *, opening: bool = False) -> dict[str, Any]:
    """The table and chart, or why there are none.

    opening: whether the page is not there yet: it comes at once, and fetches what takes longer.
    """
    context: dict[str, Any] = {"failed": "", "chosen": bool(board.asked.figures)}
    failed = working.failed_in(request)
    try:
        grid = _grid(request, board, failed, opening=opening)
    except TooMuch as error:
        if not takes_long(error):
            return context | {"failed": sentence(error)}
        return context | ({"later": True, "opening": True} if opening else working.shown(request, board, None))
    except BadInput as error:
        return context | {"failed": _in_words(error, board)}
    except (NotFound, Damaged) as error:
        return context | {"missing": sentence(error)}
    if isinstance(grid, int):
        return context | working.shown(request, board, grid)
    return context | {"grid": grid} | (_shown(grid, board) if grid.rows else {})


def _in_words(error: BadInput, board: Board) -> str:
    """The sentence with fields called as the page calls them, not by the names that the API and commands know."""
    fields = {**board.fields.dimensions, **board.fields.measures}
    params = {
        key: gettext(fields[value].label) if isinstance(value, str) and value in fields else value
        for key, value in error.params.items()
    }
    return say(error.template, params)


def _grid(request: Request, board: Board, failed: int | None, *, opening: bool) -> Grid | int:
    """The table: kept, or asked now; else the job that is at it, or the one that failed at it."""
    found = answering.kept(request.user, board.asked, board.fields)
    if found is not None:
        return found
    job_id = answering.running(request.user, board.asked) or failed
    if job_id is not None:
        return job_id
    return answering.fresh(request.user, board.asked, board.fields, opening=opening)


def _stars(request: Request, board: Board) -> list[Any]:
    found = [(one["name"], one["label"]) for one in olap.stars(request.user)]
    return [board.step(gettext(label), Asked(star=name), current=name == board.asked.star)
            for name, label in found] if len(found) > 1 else []  # fmt: skip


def _shown(grid: Grid, board: Board) -> dict[str, Any]:
    drawn = picture.of(grid)
    title = show.title(grid)
    return {
        "title": title, "table": table(grid, board), "picture": drawn, "notes": show.notes(grid),
        "periods": board.periods(),
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
