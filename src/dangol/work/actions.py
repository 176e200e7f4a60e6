"""Queue, cancel and retry jobs, and what a handler sees of its job. The worker itself is in worker.py."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from dangol.base.errors import Cancelled, Conflict, NotFound
from dangol.work.models import Job
from dangol.work.rules import CANCELLED, ENDED, FAILED, PARKED, QUEUED, RUNNING


class Asker(Protocol):
    """Who asks: a member. `oversees` says whether jobs of a kind that others started may be seen (or stopped)."""

    pk: int

    def oversees(self, kind: str, *, change: bool = False) -> bool: ...


def enqueue(
    *,
    kind: str,
    arguments: dict[str, Any],
    by: Any,
    unique_key: str | None = None,
    run_after: datetime | None = None,
) -> int:
    """Queue a job and return its id; with a unique_key, the id of the job already queued or running under it.

    kind: a name in settings.JOBS. arguments: what its handler takes, as JSON. run_after: not before this moment (UTC).
    In a transaction the job is seen by workers only after the commit.
    """
    while True:
        present = Job.objects.filter(unique_key=unique_key).first() if unique_key else None
        if present is not None:
            return present.pk
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    kind=kind, arguments=arguments, by=by, unique_key=unique_key, run_after=run_after
                )
            return job.pk
        except IntegrityError:
            if not unique_key or not Job.objects.filter(unique_key=unique_key).exists():
                raise


def _changeable(by: Asker, job_id: int) -> Job:
    """A job that somebody may stop or start again, locked. Raises NotFound for others, as for none."""
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None or not (job.by_id == by.pk or by.oversees(job.kind, change=True)):
        raise NotFound("This job does not exist.")
    return job


@transaction.atomic
def cancel(*, by: Asker, job_id: int) -> None:
    """Ask a job to stop: a waiting one ends at once, a running one at its next step. An ended one stays as it is."""
    job = _changeable(by, job_id)
    if job.state == QUEUED:
        Job.objects.filter(pk=job.pk).update(state=CANCELLED, cancel_asked=True, unique_key=None, finished_at=Now())
    elif job.state == RUNNING:
        Job.objects.filter(pk=job.pk).update(cancel_asked=True)


@transaction.atomic
def retry(*, by: Asker, job_id: int) -> None:
    """Queue a job that failed, was cancelled or was parked once more. Raises Conflict for any other state."""
    job = _changeable(by, job_id)
    if job.state not in (FAILED, CANCELLED, PARKED):
        raise Conflict("Only a job that failed, was cancelled or was set aside can be started again.")
    Job.objects.filter(pk=job.pk).update(
        state=QUEUED, attempts=0, cancel_asked=False, error=None, result=None, finished_at=None, done=0, total=None,
        note="", run_after=None,
    )  # fmt: skip


def prune(*, before: datetime) -> int:
    """Forget jobs that ended before a moment; returns how many."""
    removed, _kinds = Job.objects.filter(state__in=ENDED, finished_at__lt=before).delete()
    return removed


class Running:
    """A job while it runs, as its handler sees it: `handler(running, **arguments) -> dict | None`."""

    job_id: int
    by: Any

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far it is; cheap enough for every row. note: an English sentence that is in the catalogue.

        Raises Cancelled when somebody asked to stop, the worker is shutting down, or the lease was lost.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Ask the database now whether this worker still holds the job. Call it before a step that cannot be undone.

        Raises Cancelled like progress.
        """
        raise NotImplementedError


class Quiet(Running):
    """For calls outside a worker (command line, tests): progress goes to an optional function(done, total, note)."""

    def __init__(self, by: Any = None, show: Callable[[int, int | None, str], None] | None = None) -> None:
        self.job_id, self.by, self.show = 0, by, show

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        if self.show:
            self.show(done, total, note)

    def check(self) -> None:
        return None


class Held(Running):
    """A job held under a lease by this process.

    The handler's thread only leaves its progress here; `beat` (in a thread of its own with its own connection)
    writes it. Written in the handler's thread it would sit in the handler's transaction: seen by nobody before the
    commit, and a lock on the row for all that time.
    """

    def __init__(self, job: Job, *, stop: Callable[[], bool], sure_seconds: float, poll_seconds: float) -> None:
        self.job_id, self.by, self.lease = job.pk, job.by, job.lease
        self.arguments: dict[str, Any] = job.arguments
        self.kind = job.kind
        self.why = ""  # cancel, lost or stop once it has to end
        self._stop, self._sure_seconds, self._poll_seconds = stop, sure_seconds, poll_seconds
        self._now: tuple[int, int | None, str] = (0, None, "")
        self._written: tuple[int, int | None, str] = self._now
        self._sure_at = time.monotonic()
        self._beat_at = time.monotonic()
        self.own_thread = False  # True: no second thread, progress writes itself

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self._now = (done, total, note[:200])
        if self.own_thread and time.monotonic() - self._beat_at >= self._poll_seconds:
            self.beat()
        if time.monotonic() - self._sure_at > self._sure_seconds:
            self.check()  # this process may have slept past its lease: nothing goes on before that is known
        self._raise()

    def check(self) -> None:
        row = Job.objects.filter(pk=self.job_id).values_list("lease", "state", "cancel_asked").first()
        self._judge(row)
        self._raise()

    def stopping(self) -> bool:
        """Whether it has to end, by all that is known now; may be asked from any thread."""
        if not self.why and self._stop():
            self.why = "stop"
        return bool(self.why)

    def _raise(self) -> None:
        if self.stopping():
            raise Cancelled("The work was stopped.")

    def _judge(self, row: tuple[int, str, bool] | None) -> None:
        if row is None or row[:2] != (self.lease, RUNNING):
            self.why = "lost"
        elif row[2]:
            self.why = self.why or "cancel"
        self._sure_at = time.monotonic()

    def _mine(self) -> Any:
        """The job's row as long as this lease is the valid one: the condition of every write."""
        return Job.objects.filter(pk=self.job_id, lease=self.lease, state=RUNNING)

    def beat(self) -> None:
        """Write a sign of life and the progress, and look whether the job may go on."""
        done, total, note = self._written = self._now
        self._beat_at = time.monotonic()
        if not self._mine().update(heartbeat_at=Now(), done=done, total=total, note=note):
            self.why = "lost"
        self.look()

    def look(self) -> None:
        """Only look whether the job may go on."""
        row = Job.objects.filter(pk=self.job_id).values_list("lease", "state", "cancel_asked").first()
        self._judge(row)

    @property
    def unwritten(self) -> bool:
        """Whether there is progress that nobody can see yet."""
        return self._now != self._written

    def end(self, state: str, *, result: Any = None, error: dict[str, Any] | None = None) -> bool:
        """The final write. False where the lease was lost: then nothing was written."""
        done, total, note = self._now
        return bool(
            self._mine().update(
                state=state, result=result, error=error, done=done, total=total, note=note, unique_key=None,
                finished_at=Now(), holder="",
            )
        )  # fmt: skip

    def hand_back(self) -> bool:
        """Put the job back into the queue as if it had not been claimed: the worker is shutting down."""
        row = self._mine().values_list("attempts", flat=True).first()
        return bool(self._mine().update(state=QUEUED, attempts=max((row or 1) - 1, 0), holder="", heartbeat_at=None))
