"""Long jobs: how far they are, and stopping them."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, caller, page_of
from dangol.work import actions, reads
from dangol.work.reads import JobView

router = Router(tags=["jobs"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}


class JobOut(Schema):
    """A job. state: queued, running, done, failed, cancelled or parked; error is a sentence."""

    id: int
    kind: str
    state: str
    done: int
    total: int | None
    note: str
    seconds_left: int | None
    result: dict[str, Any] | None
    error: str | None
    attempts: int
    cancel_asked: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def job_out(job: JobView) -> dict[str, Any]:
    """A job as its schema says it."""
    told = job.error or {"template": "", "params": {}}
    template = told["template"]
    sentence = gettext(template).format(**told["params"]) if template else None
    return {**vars(job), "note": gettext(job.note) if job.note else "", "error": sentence}


@router.get("/jobs", response={200: Page[JobOut], **FAILURES}, operation_id="list_jobs")
def list_jobs(
    request: HttpRequest,
    state: Annotated[str, Field(max_length=10)] = "",
    kind: Annotated[str, Field(max_length=60)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Your jobs and those you oversee, newest first."""
    by = caller(request)
    page = page_of(
        lambda before, n: reads.jobs(by, state=state, kind=kind, before_id=before, limit=n),
        key=lambda job: job.id,
        cursor=cursor,
        limit=limit,
    )
    return {**page, "items": [job_out(job) for job in page["items"]]}


@router.get("/jobs/{int:job_id}", response={200: JobOut, **FAILURES}, operation_id="get_job")
def get_job(request: HttpRequest, job_id: Id) -> Any:
    """One job."""
    return job_out(reads.job(caller(request), job_id))


@router.post("/jobs/{int:job_id}/cancel", response={202: JobOut, **FAILURES}, operation_id="cancel_job")
def cancel_job(request: HttpRequest, job_id: Id) -> Any:
    """Ask a job to stop; a running one stops at its next step."""
    by = caller(request)
    actions.cancel(by=by, job_id=job_id)
    return Status(202, job_out(reads.job(by, job_id)))


@router.post("/jobs/{int:job_id}/retry", response={202: JobOut, **FAILURES}, operation_id="retry_job")
def retry_job(request: HttpRequest, job_id: Id) -> Any:
    """Queue a job once more that failed, was cancelled or was set aside."""
    by = caller(request)
    actions.retry(by=by, job_id=job_id)
    return Status(202, job_out(reads.job(by, job_id)))
