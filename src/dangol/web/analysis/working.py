"""A report that takes long: the job that works it out, how far it is, and asking it again."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from dangol.base.errors import NotFound
from dangol.insight.analysis import actions
from dangol.insight.analysis.rules import catalogue
from dangol.staff.rules import Right
from dangol.web.analysis.asking import asked
from dangol.web.shell import Request, page
from dangol.work import reads as jobs
from dangol.work.rules import DONE


def failed(request: Request) -> int | None:
    """The job an address names where it ended without an answer.

    A report that was stopped or failed is not asked again by looking at it. Somebody else's job, in an address that was
    passed on, counts for nothing.
    """
    text = request.GET.get("job", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    try:
        job = jobs.job(request.user, int(text))
    except NotFound:
        return None
    return job.id if job.state != DONE else None


def shown(request: Request, name: str, job_id: int | None, *, later: bool) -> dict[str, Any]:
    """What the page shows instead of a report. job_id: None before there is a job. later: whether it fetches it."""
    job = jobs.job(request.user, job_id) if job_id is not None else None
    query = _query(request)
    return {
        "later": later,
        "working": not later,
        "job": job,
        "over": job is not None and job.ended,
        "here": reverse("analysis:report", args=[name]) + query,
        "work_url": reverse("analysis:work", args=[name]) + query,
    }


def _query(request: Request, **more: Any) -> str:
    """What the address asks, as a query string."""
    asked_ = {key: value for key, value in request.GET.items() if key != "job"} | more
    return "?" + urlencode(asked_) if asked_ else ""


@page(Right.INSIGHT_VIEW, methods=("POST",))
def work(request: Request, name: str) -> HttpResponse:
    """Have a report worked out, then back to its page; where a job is at it already, that one is shown."""
    job_id = actions.start(by=request.user, ask=asked(catalogue.kind(name), request.GET))
    here = reverse("analysis:report", args=[name]) + _query(request, job=job_id)
    return HttpResponseClientRedirect(here) if request.htmx else HttpResponseRedirect(here)
