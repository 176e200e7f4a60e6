"""Keep schedules, start what is due, try again what may pass."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.work import actions as work
from dangol.work.actions import Asker
from dangol.work.locking import locked
from dangol.work.models import Job, Run, Schedule
from dangol.work.rules import DONE, ENDED, FAILED, PARKED
from dangol.work.schedules import rules
from dangol.work.schedules.rules import Plan

log = logging.getLogger(__name__)
UNKNOWN = {"type": "NotFound", "template": rules.LOST, "params": {}}


def now_by_database() -> datetime:
    """The database's clock: one for all workers."""
    return Schedule.objects.annotate(now=Now()).values_list("now", flat=True).first() or timezone.now()


def plan_of(schedule: Schedule) -> Plan:
    """The plan kept in a row."""
    return Plan(schedule.every, schedule.minutes, schedule.at, tuple(schedule.weekdays), schedule.month_day)


def set_plan(
    *,
    by: Asker,
    code: str,
    name: str,
    kind: str,
    arguments: Mapping[str, Any],
    plan: Plan,
    retries: int = 3,
    late_minutes: int = 60,
    builtin: bool = False,
    now: datetime | None = None,
) -> int:
    """Have a job start by the clock, or change when it does; returns the schedule's id. It runs in the name of `by`.

    Raises BadInput for a plan that cannot be kept, NotFound without the right to start such jobs.
    """
    if not by.oversees(kind, change=True):
        raise NotFound("This schedule does not exist.")
    if kind not in settings.JOBS:
        raise BadInput("There is no job {kind}.", field="kind", kind=kind)
    _check(plan, retries, late_minutes)
    now = now or now_by_database()
    with transaction.atomic():
        schedule, _made = Schedule.objects.get_or_create(code=code, defaults={"kind": kind, "builtin": builtin})
        schedule.name, schedule.kind, schedule.arguments, schedule.by_id = name, kind, dict(arguments), by.pk
        _put(schedule, plan, retries, late_minutes, now)
    return schedule.pk


def _check(plan: Plan, retries: int, late_minutes: int) -> None:
    rules.check(plan)
    if not 0 <= retries <= rules.RETRIES_MOST:
        raise BadInput("Choose 0 to {most} tries.", field="retries", most=rules.RETRIES_MOST)
    if not 1 <= late_minutes <= rules.MOST_MINUTES:
        raise BadInput("Choose {least} to {most} minutes.", field="late_minutes", least=1, most=rules.MOST_MINUTES)


def _put(schedule: Schedule, plan: Plan, retries: int, late_minutes: int, now: datetime) -> None:
    schedule.every, schedule.minutes, schedule.at = plan.every, plan.minutes, plan.at
    schedule.weekdays, schedule.month_day = list(plan.weekdays), plan.month_day
    schedule.retries, schedule.late_minutes = retries, late_minutes
    schedule.next_run = rules.following(plan, now, settings.DANGOL.zone)
    schedule.save()


def _changeable(by: Asker, schedule_id: int) -> Schedule:
    schedule = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
    if schedule is None or not by.oversees(schedule.kind, change=True):
        raise NotFound("This schedule does not exist.")
    return schedule


@transaction.atomic
def change(*, by: Asker, schedule_id: int, plan: Plan, retries: int, late_minutes: int,
           now: datetime | None = None) -> None:  # fmt: skip
    """Change when a schedule is due. Raises BadInput or NotFound."""
    _check(plan, retries, late_minutes)
    _put(_changeable(by, schedule_id), plan, retries, late_minutes, now or now_by_database())


@transaction.atomic
def switch(*, by: Asker, schedule_id: int, enabled: bool, now: datetime | None = None) -> None:
    """Pause a schedule, or let it go on from its next due time; what was missed meanwhile is not made up for."""
    schedule = _changeable(by, schedule_id)
    schedule.enabled = enabled
    schedule.next_run = rules.following(plan_of(schedule), now or now_by_database(), settings.DANGOL.zone)
    schedule.save(update_fields=["enabled", "next_run"])


@transaction.atomic
def remove(*, by: Asker, schedule_id: int) -> None:
    """Forget a schedule and its history. Raises Conflict for those every installation has."""
    schedule = _changeable(by, schedule_id)
    if schedule.builtin:
        raise Conflict("Every installation has this schedule. Pause it instead.")
    schedule.delete()


@transaction.atomic
def run_now(*, by: Asker, schedule_id: int, now: datetime | None = None) -> int:
    """Start a schedule's job now, beside its plan; returns the job's id. Raises Conflict while it is running."""
    schedule = _changeable(by, schedule_id)
    moment = now or now_by_database()
    _settle(schedule, moment)
    if schedule.runs.filter(state=rules.OPEN).exists():
        raise Conflict("It is running already. Wait until it has ended.")
    return _start(schedule, moment, moment)


def ensure_builtin(*, by: Asker) -> None:
    """Make the schedules every installation has (settings.SCHEDULES); those that are there stay as they are."""
    wanted: dict[str, tuple[str, str, dict[str, Any], int]] = settings.SCHEDULES
    present = set(Schedule.objects.filter(builtin=True).values_list("code", flat=True))
    for code, (name, kind, plan, late_minutes) in wanted.items():
        if code not in present:
            set_plan(by=by, code=code, name=name, kind=kind, arguments={}, plan=Plan(**plan),
                     late_minutes=late_minutes, builtin=True)  # fmt: skip


def tick(*, now: datetime | None = None) -> int:
    """Settle runs whose jobs ended and start what is due; returns how many jobs were started.

    Any number of workers may call it at any time: a due time fires once, because its row is locked while it moves on.
    """
    if not Schedule.objects.exists():
        return 0
    now = now or now_by_database()
    due = Q(enabled=True, next_run__lte=now) | Q(runs__state=rules.OPEN) | Q(fired_at__gt=now + rules.CLOCK_TOLERANCE)
    started = 0
    for pk in list(Schedule.objects.filter(due).values_list("pk", flat=True).distinct()):
        with transaction.atomic():
            schedule = locked(Schedule.objects.filter(pk=pk)).first()
            if schedule is not None:
                _settle(schedule, now)
                started += _fire(schedule, now)
    return started


def _fire(schedule: Schedule, now: datetime) -> int:
    plan, zone = plan_of(schedule), settings.DANGOL.zone
    if not schedule.enabled or schedule.next_run is None:
        return 0
    due = rules.mended(plan, next_run=schedule.next_run, slot=schedule.slot, fired_at=schedule.fired_at, now=now,
                       zone=zone)  # fmt: skip
    if due != schedule.next_run:
        log.warning("the clock went back: schedule %s is due at %s, no longer at %s", schedule.code, due,
                    schedule.next_run)  # fmt: skip
        Schedule.objects.filter(pk=schedule.pk).update(next_run=due, fired_at=now)
        return 0
    if due > now or schedule.runs.filter(state=rules.OPEN).exists():
        return 0  # a run that is still going: the due time waits and fires once after it
    slot = rules.latest(plan, due, now, zone)
    Schedule.objects.filter(pk=schedule.pk).update(
        next_run=rules.after_firing(plan, slot, now, zone), slot=slot, fired_at=now
    )
    _start(schedule, slot, now)
    return 1


def _start(schedule: Schedule, slot: datetime, now: datetime) -> int:
    job = work.enqueue(kind=schedule.kind, arguments=schedule.arguments, by=schedule.by, unique_key=_key(schedule))
    Run.objects.create(schedule=schedule, slot=slot, job_id=job, started_at=now)
    return job


def _settle(schedule: Schedule, now: datetime) -> None:
    """Take over how the jobs of open runs ended; a failure that may pass is tried again after a while."""
    for run in schedule.runs.filter(state=rules.OPEN):
        job = Job.objects.filter(pk=run.job_id or 0).first()
        if job is not None and job.state not in ENDED:
            continue
        run.error, run.result = (job.error, job.result) if job is not None else (UNKNOWN, None)
        if job is not None and job.state == FAILED and rules.passes(job.error) and run.attempt <= schedule.retries:
            _try_again(schedule, run, now)
        else:
            run.state = _state(job)
            run.ended_at = job.finished_at if job is not None else now
        run.save()


def _state(job: Job | None) -> str:
    if job is None or job.state in (FAILED, PARKED):
        return rules.FAILED
    return rules.DONE if job.state == DONE else rules.CANCELLED


def _try_again(schedule: Schedule, run: Run, now: datetime) -> None:
    later = now + timedelta(minutes=rules.wait_minutes(run.attempt))
    run.job_id = work.enqueue(kind=schedule.kind, arguments=schedule.arguments, by=schedule.by, run_after=later,
                              unique_key=_key(schedule))  # fmt: skip
    run.attempt += 1


def _key(schedule: Schedule) -> str:
    """What makes a job one: the same as where a person starts it (see cycle.start), so that the two never meet."""
    return f"{schedule.kind}:{schedule.code}" if schedule.arguments else schedule.kind


def prune(*, before: datetime) -> int:
    """Forget the history of runs that ended before a moment; the newest of each schedule stays."""
    newest = [
        pk for pk in (s.runs.order_by("-pk").values_list("pk", flat=True).first() for s in Schedule.objects.all()) if pk
    ]
    removed, _kinds = Run.objects.exclude(pk__in=newest).filter(ended_at__lt=before).delete()
    return removed
