"""Looks at jobs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from dangol.base.errors import NotFound
from dangol.work.actions import Asker
from dangol.work.models import Job
from dangol.work.rules import FAILED, KIND_NAMES, OPEN, PARKED, RUNNING, STATE_NAMES, seconds_left


@dataclass(frozen=True)
class JobView:
    """A job as doors show it.

    kind_name, state_name and note are English texts of the catalogue; error is {"type", "template", "params"}, whose
    template is one too. seconds_left is None while too little is known.
    """

    id: int
    kind: str
    kind_name: str
    state: str
    state_name: str
    done: int
    total: int | None
    note: str
    seconds_left: int | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    attempts: int
    cancel_asked: bool
    by_id: int | None
    by_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    may_cancel: bool
    may_retry: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in OPEN

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None while the total is not known."""
        return min(self.done / self.total, 1.0) if self.total else None


def _view(by: Asker, job: Job) -> JobView:
    elapsed = (datetime.now(UTC) - job.started_at).total_seconds() if job.started_at else 0.0
    mine = job.by_id == by.pk or by.oversees(job.kind, change=True)
    return JobView(
        id=job.pk, kind=job.kind, kind_name=KIND_NAMES.get(job.kind, job.kind), state=job.state,
        state_name=STATE_NAMES[job.state], done=job.done, total=job.total, note=job.note,
        seconds_left=seconds_left(job.done, job.total, elapsed) if job.state == RUNNING else None,
        result=job.result, error=job.error, attempts=job.attempts, cancel_asked=job.cancel_asked, by_id=job.by_id,
        by_name=str(job.by) if job.by else "", created_at=job.created_at, started_at=job.started_at,
        finished_at=job.finished_at, may_cancel=mine and job.state in OPEN and not job.cancel_asked,
        may_retry=mine and job.state in (FAILED, PARKED, "cancelled"),
    )  # fmt: skip


def _visible(by: Asker) -> QuerySet[Job]:
    """One's own jobs and those of the kinds one oversees."""
    kinds = [kind for kind in settings.JOBS if by.oversees(kind)]
    return Job.objects.filter(Q(by_id=by.pk) | Q(kind__in=kinds)).select_related("by")


def job(by: Asker, job_id: int) -> JobView:
    """One job. Raises NotFound where it does not exist or is not for this member to see."""
    found = _visible(by).filter(pk=job_id).first()
    if found is None:
        raise NotFound("This job does not exist.")
    return _view(by, found)


def jobs(by: Asker, *, state: str = "", kind: str = "", before_id: int | None = None, limit: int = 50) -> list[JobView]:
    """One's own jobs and those one oversees, newest first."""
    found = _visible(by)
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return [_view(by, one) for one in found.order_by("-pk")[:limit]]


def is_open(job_id: int) -> bool:
    """Whether a job waits or runs."""
    return Job.objects.filter(pk=job_id, state__in=OPEN).exists()


def under(unique_key: str) -> int | None:
    """The id of the job that waits or runs under a unique key."""
    return Job.objects.filter(unique_key=unique_key, state__in=OPEN).values_list("pk", flat=True).first()


def open_jobs() -> int:
    """How many jobs wait or run, for checks of the installation."""
    return Job.objects.filter(state__in=OPEN).count()
