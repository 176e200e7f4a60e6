"""The table as a file: at once where that is quick, else made by a job while a page shows how far it is."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from dangol.base.errors import BadInput
from dangol.reports import exporting
from dangol.reports.asked import Asked
from dangol.reports.forms import FORMS
from dangol.reports.sheets import Made
from dangol.staff.rules import Right
from dangol.web.explorer import working
from dangol.web.explorer.board import Board, state_of
from dangol.web.shell import Request, page
from dangol.work import reads as jobs

FORM_NAMES = {"xlsx": "Excel", "csv": "CSV", "pdf": "PDF", "png": "PNG"}


def offered(board: Board) -> list[dict[str, Any]]:
    """The files to choose from: those that hold every row first, then those of what is shown."""
    whole = [_way(board, form) for form in FORM_NAMES if form in exporting.WHOLE]
    shown = [_way(board, form, shown="1" if form in exporting.WHOLE else "") for form in FORM_NAMES]
    return [{"label": gettext("Every row"), "files": whole}, {"label": gettext("As shown"), "files": shown}]


def _way(board: Board, form: str, **more: str) -> dict[str, str]:
    return {"name": FORM_NAMES[form], "url": board.part("file", format=form, **more)}


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def file(request: Request) -> HttpResponseBase:
    """The table as CSV, Excel or PDF with the rows that are unfolded, or its chart as PNG.

    Where its figures take long or its cells are many, a page that has a job make it and then offers it from here.
    """
    asked, fields, view = state_of(request)
    form = request.GET.get("format", "csv")
    if form not in FORMS:
        raise BadInput("Choose the form of the file: {forms}.", field="format", forms=", ".join(FORMS))
    board = Board(asked, fields, view)
    asked = asked if request.GET.get("shown") == "1" else exporting.whole(asked, form)
    if request.method == "POST":
        job_id = exporting.start(by=request.user, asked=asked, form=form)
        there = f"{_here(request, board, form)}&{urlencode({'job': job_id})}"
        return HttpResponseClientRedirect(there) if request.htmx else HttpResponseRedirect(there)
    if "job" in request.GET:
        return render(request, "explorer/making.html", _making(request, board, asked, form))
    made = exporting.now(request.user, asked, form, opening=True)
    if made is None:
        return render(request, "explorer/making.html", _making(request, board, asked, form))
    return _download(made, form)


def _here(request: Request, board: Board, form: str) -> str:
    """The address of this file."""
    return _way(board, form, shown="1" if request.GET.get("shown") == "1" else "")["url"]


def _making(request: Request, board: Board, asked: Asked, form: str) -> dict[str, Any]:
    """What the page shows: the job that makes the file, or the file. Raises NotFound for the job of somebody else."""
    job_id = exporting.running(request.user, asked, form) or working.failed_in(request)
    job = jobs.job(request.user, job_id) if job_id is not None else None
    here = _here(request, board, form)
    return {
        "board": board, "back": board.url(board.asked), "form_name": FORM_NAMES[form], "job": job, "file_url": here,
        "over": job is not None and job.ended, "ready": exporting.kept(request.user, asked, form) is not None,
        "here": f"{here}&{urlencode({'job': job_id})}" if job_id else here,
    }  # fmt: skip


def _download(made: Made, form: str) -> HttpResponse:
    response = HttpResponse(made.content, content_type=made.kind)
    response["Content-Disposition"] = f'attachment; filename="figures-{made.as_of}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
