"""A question that takes long: the job that works it out, how far it is, stopping it, and asking it again."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.reports import answering
from dangol.reports import asked as steps
from dangol.staff.rules import Right
from dangol.web.explorer.board import Board, state_from
from dangol.web.sentences import say
from dangol.web.shell import Request, page
from dangol.work import actions as jobs
from dangol.work import reads as work_reads
from dangol.work.rules import DONE


def failed_in(request: Request) -> int | None:
    """The job an address names where it ended without an answer: it is not asked again by looking at it.

    Raises NotFound for others' jobs.
    """
    text = request.GET.get("job", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    job = work_reads.job(request.user, int(text))
    return job.id if job.state != DONE else None


def shown(request: Request, board: Board, job_id: int | None) -> dict[str, Any]:
    """What the page shows instead of a table. job_id: None before there is a job. Raises NotFound for others' jobs."""
    job = work_reads.job(request.user, job_id) if job_id is not None else None
    over = job is not None and job.ended
    begun = (job.started_at or job.created_at) if job else None
    return {
        "working": True, "job": job, "over": over,
        "so_far": (datetime.now(UTC) - begun).total_seconds() if begun else 0,
        "failed": "", "why": say(job.error["template"], job.error.get("params")) if job and job.error else "",
        "poll_url": board.part("result", job=str(job_id)) if job and not over else "",
        "stop_url": reverse("explorer:stop", args=[job.id]) if job and job.may_cancel else "",
    }  # fmt: skip


def address(board: Board, job_id: int) -> str:
    """The page of a question with its job."""
    return f"{board.path}?{steps.query(board.asked, view=board.view, job=str(job_id))}"


@page(Right.INSIGHT_VIEW, methods=("POST",))
def work(request: Request) -> HttpResponseBase:
    """Have a question worked out; where a job is at it already, that one is shown."""
    board = _board(request)
    return _answer(request, board, answering.start(by=request.user, asked=board.asked))


@page(Right.INSIGHT_VIEW, methods=("POST",))
def stop(request: Request, job_id: int) -> HttpResponseBase:
    """Stop working a question out. Raises NotFound for the job of somebody else."""
    jobs.cancel(by=request.user, job_id=job_id)
    return _answer(request, _board(request), job_id)


def _board(request: Request) -> Board:
    return Board(*state_from(request, request.POST))


def _answer(request: Request, board: Board, job_id: int) -> HttpResponseBase:
    if not request.htmx:
        return HttpResponseRedirect(address(board, job_id))
    return render(request, "explorer/working.html", {"board": board} | shown(request, board, job_id))
