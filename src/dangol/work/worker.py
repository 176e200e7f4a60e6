"""The worker: claims jobs under a lease, keeps it alive, rescues the jobs of dead workers.

A job is run at least once and finished at most once: a worker that slept past its lease finds another lease number
in every write's condition, and its write changes nothing (fencing).
"""

import json
import logging
import os
import platform
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from dangol.base.disk import FULL, is_full
from dangol.base.errors import Cancelled, DangolError, Unavailable
from dangol.engine import patient
from dangol.work.actions import Held
from dangol.work.locking import locked
from dangol.work.models import Job
from dangol.work.rules import CANCELLED, DEATHS, DIED, DONE, FAILED, PARKED, QUEUED, RUNNING, UNEXPECTED, Pace
from dangol.work.schedules import actions as schedules

log = logging.getLogger(__name__)


class Stop(Protocol):
    """What ends a worker: a threading.Event or a multiprocessing one."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> Any: ...


def _machine() -> str:
    """A name of this machine, its boot and its process namespace: process ids mean something only within it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{platform.node()[:60]}/{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux
        return platform.node()[:60]


MACHINE = _machine()
PACE = Pace()


def _holder() -> str:
    return f"{MACHINE} {os.getpid()}"


def _gone(holder: str) -> bool:
    """Whether a holder was a process of this very machine that is no longer there."""
    machine, _, pid = holder.rpartition(" ")
    if machine != MACHINE or not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _zombie(int(pid))


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _due() -> Any:
    return Job.objects.filter(state=QUEUED).filter(Q(run_after=None) | Q(run_after__lte=Now()))


def claim() -> Job | None:
    """Take the oldest due job under a new lease, or None."""
    if not _due().exists():
        return None
    with transaction.atomic():
        job: Job | None = locked(_due().order_by("pk")).first()
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(
            state=RUNNING, lease=F("lease") + 1, attempts=F("attempts") + 1, holder=_holder(), heartbeat_at=Now(),
            started_at=Now(), done=0, total=None, note="",
        )  # fmt: skip
        job.refresh_from_db()
        return job


def rescue(pace: Pace) -> int:
    """Queue the jobs of dead workers again, park those whose worker died too often; returns how many.

    Dead: no sign of life for `pace.stale` seconds of the database's clock, or a process of this machine that is gone.
    """
    limit = ExpressionWrapper(Now() - timedelta(seconds=pace.stale), output_field=DateTimeField())
    stale = set(Job.objects.filter(state=RUNNING, heartbeat_at__lt=limit).values_list("pk", "lease"))
    held = Job.objects.filter(state=RUNNING, holder__startswith=MACHINE).values_list("pk", "lease", "holder")
    stale |= {(pk, lease) for pk, lease, holder in held if _gone(holder)}
    return sum(_rescue_one(pk, lease) for pk, lease in sorted(stale))


def _rescue_one(pk: int, lease: int) -> int:
    """The lease number grows at once: whatever the old holder still writes is refused from here on."""
    with transaction.atomic():
        job = locked(Job.objects.filter(pk=pk, lease=lease, state=RUNNING)).first()
        if job is None:
            return 0
        mine = Job.objects.filter(pk=pk, lease=lease, state=RUNNING)
        if job.cancel_asked:
            return int(mine.update(lease=lease + 1, state=CANCELLED, holder="", unique_key=None, finished_at=Now()))
        if job.attempts >= DEATHS:
            error = {"type": "Unavailable", "template": DIED, "params": {"deaths": job.attempts}}
            log.error("job %s (%s) was parked after its worker died %s times", pk, job.kind, job.attempts)
            return int(
                mine.update(lease=lease + 1, state=PARKED, holder="", unique_key=None, finished_at=Now(), error=error)
            )
        log.warning("job %s (%s) lost its worker and is queued again", pk, job.kind)
        return int(mine.update(lease=lease + 1, state=QUEUED, holder="", heartbeat_at=None))


def _plain(value: Any) -> Any:
    """Values of an error's sentence as JSON keeps them."""
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)


def _told(error: DangolError) -> dict[str, Any]:
    return {
        "type": type(error).__name__,
        "template": error.template,
        "params": {name: _plain(value) for name, value in error.params.items()},
    }


def _alone() -> bool:
    """Whether a second connection could see nothing of this job: inside a transaction, or an in-memory database."""
    return connection.in_atomic_block or ("mode=memory" in str(connection.settings_dict["NAME"]))


@contextmanager
def _kept_alive(held: Held, pace: Pace) -> Any:
    """While the handler runs, a thread writes signs of life and progress and looks for cancel."""
    if _alone():
        held.own_thread = True
        yield
        return
    over = threading.Event()

    def beat() -> None:
        last = time.monotonic()
        try:
            while not over.wait(pace.poll):
                try:
                    if held.unwritten or time.monotonic() - last >= pace.heartbeat:
                        held.beat()
                        last = time.monotonic()
                    else:
                        held.look()
                except DatabaseError:
                    log.warning("job %s could not write its sign of life", held.job_id, exc_info=True)
                    close_old_connections()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"job-{held.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _result(value: Any) -> Any:
    """What a handler returned, as JSON keeps it: dates and decimals become text."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder)) if value is not None else None


def run(job: Job, *, stop: Callable[[], bool], pace: Pace) -> None:
    """Run one claimed job to its end and write how it went, if the lease still holds then."""
    held = Held(job, stop=stop, sure_seconds=pace.stale / 2, poll_seconds=pace.poll)
    ending: Callable[[], bool]
    try:
        with _kept_alive(held, pace), patient(held.stopping):
            handler = import_string(settings.JOBS[job.kind])
            value = _result(handler(held, **job.arguments))
        ending = lambda: held.end(DONE, result=value)  # noqa: E731
    except Cancelled:
        ending = held.hand_back if held.why == "stop" else lambda: held.end(CANCELLED)
    except DangolError as error:
        told = _told(error)
        ending = lambda: held.end(FAILED, error=told)  # noqa: E731
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        neutral = {"type": "Unexpected", "template": UNEXPECTED, "params": {"job": job.pk}}
        if is_full(error):
            neutral = _told(Unavailable(FULL))
        ending = lambda: held.end(FAILED, error=neutral)  # noqa: E731
    except BaseException:  # Ctrl-C or the end of the process: not the job's fault
        held.hand_back()
        raise
    if not ending():
        log.warning("job %s (%s): its lease was lost, the late result is refused", job.pk, job.kind)


def _never() -> bool:
    return False


def run_until_empty(*, pace: Pace = PACE) -> int:
    """Run all due jobs in this thread and return how many ran; jobs of dead workers are rescued first."""
    ran = 0
    rescue(pace)
    while (job := claim()) is not None:
        run(job, stop=_never, pace=pace)
        ran += 1
    return ran


def run_forever(stop: Stop, *, pace: Pace = PACE) -> None:
    """Run jobs, and start those that are due by a schedule, until `stop` is set.

    A job that is running then is put back into the queue at its next step.

    When the database does not answer, the worker waits and tries again: it never ends by itself.
    """
    rescued_at = 0.0
    try:
        while not stop.is_set():
            try:
                if time.monotonic() - rescued_at >= pace.heartbeat or not rescued_at:
                    rescue(pace)
                    schedules.tick()
                    rescued_at = time.monotonic()
                job = claim()
                if job is not None:
                    run(job, stop=stop.is_set, pace=pace)
                    continue
            except DatabaseError:
                log.exception("the operations database does not answer; trying again")
                stop.wait(pace.heartbeat)
            close_old_connections()
            stop.wait(pace.poll)
    finally:
        connection.close()
