"""Looks at schedules: when they are due, how they went, which are late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from dangol.base.errors import NotFound
from dangol.work.actions import Asker
from dangol.work.models import Run, Schedule
from dangol.work.rules import KIND_NAMES
from dangol.work.schedules import rules
from dangol.work.schedules.actions import now_by_database, plan_of
from dangol.work.schedules.rules import STATE_NAMES, Plan

PAGE = 20


@dataclass(frozen=True)
class RunView:
    """One run. state_name is an English text of the catalogue; error is {"type", "template", "params"}."""

    id: int
    slot: datetime
    state: str
    state_name: str
    attempt: int
    job_id: int | None
    error: dict[str, Any] | None
    result: dict[str, Any] | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class ScheduleView:
    """A schedule as doors show it. late: a due time went by without a run that ended; failing: its last run failed."""

    id: int
    code: str
    name: str
    kind: str
    kind_name: str
    arguments: dict[str, Any]
    plan: Plan
    enabled: bool
    builtin: bool
    retries: int
    late_minutes: int
    by_name: str
    next_run: datetime | None
    last: RunView | None
    late: bool
    may_change: bool

    @property
    def failing(self) -> bool:
        """Whether its last run failed for good."""
        return self.last is not None and self.last.state == rules.FAILED

    @property
    def alarmed(self) -> bool:
        """Whether somebody should look."""
        return self.enabled and (self.late or self.failing)


def _run(run: Run) -> RunView:
    return RunView(
        run.pk, run.slot, run.state, STATE_NAMES[run.state], run.attempt, run.job_id, run.error, run.result,
        run.started_at, run.ended_at,
    )  # fmt: skip


def _view(schedule: Schedule, by: Asker | None, now: datetime) -> ScheduleView:
    last = schedule.runs.order_by("-pk").first()
    open_slot = last.slot if last is not None and last.state == rules.OPEN else None
    late = schedule.enabled and rules.is_late(
        next_run=schedule.next_run, open_slot=open_slot, late_minutes=schedule.late_minutes, now=now
    )
    return ScheduleView(
        schedule.pk, schedule.code, schedule.name, schedule.kind, KIND_NAMES.get(schedule.kind, schedule.kind),
        schedule.arguments, plan_of(schedule), schedule.enabled, schedule.builtin, schedule.retries,
        schedule.late_minutes, str(schedule.by) if schedule.by else "", schedule.next_run if schedule.enabled else None,
        _run(last) if last else None, late, by is not None and by.oversees(schedule.kind, change=True),
    )  # fmt: skip


def schedules(by: Asker, *, now: datetime | None = None) -> list[ScheduleView]:
    """The schedules whose jobs a member may see, those that are alarmed first, then by their next due time."""
    now = now or now_by_database()
    kinds = [kind for kind in settings.JOBS if by.oversees(kind)]
    found = [_view(one, by, now) for one in Schedule.objects.filter(kind__in=kinds).select_related("by")]
    return sorted(found, key=lambda one: (not one.alarmed, one.next_run is None, one.next_run, one.name))


def schedule(by: Asker, schedule_id: int, *, now: datetime | None = None) -> ScheduleView:
    """One schedule. Raises NotFound where it does not exist or is not for this member to see."""
    found = Schedule.objects.select_related("by").filter(pk=schedule_id).first()
    if found is None or not by.oversees(found.kind):
        raise NotFound("This schedule does not exist.")
    return _view(found, by, now or now_by_database())


def by_code(by: Asker, code: str) -> ScheduleView | None:
    """The schedule with this code, or None."""
    found = Schedule.objects.select_related("by").filter(code=code).first()
    return _view(found, by, now_by_database()) if found is not None and by.oversees(found.kind) else None


def runs(by: Asker, schedule_id: int, *, before_id: int | None = None, limit: int = PAGE) -> list[RunView]:
    """The history of a schedule, newest first. Raises NotFound."""
    schedule(by, schedule_id)
    found = Run.objects.filter(schedule_id=schedule_id).order_by("-pk")
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return [_run(one) for one in found[:limit]]


def alarms(*, now: datetime | None = None) -> list[ScheduleView]:
    """Every schedule that is late or whose last run failed, for checks of the installation."""
    now = now or now_by_database()
    found = (_view(one, None, now) for one in Schedule.objects.filter(enabled=True).select_related("by"))
    return [one for one in found if one.alarmed]
