"""What starts by the clock: when it is due, how it went, pausing and starting it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, caller, page_of
from dangol.work.schedules import actions, reads
from dangol.work.schedules.rules import Plan

router = Router(tags=["schedules"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}


class PlanIn(Strict):
    """When a job starts. at: company time, HH:MM. weekdays: 0 is Monday. late_minutes: when it counts as late."""

    every: Literal["minutes", "daily", "weekly", "monthly"]
    minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    at: Annotated[str, Field(max_length=5)] = "02:00"
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = []
    month_day: Annotated[int, Field(ge=1, le=31)] = 1
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    late_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60

    def plan(self) -> Plan:
        """The plan of the work room."""
        return Plan(self.every, self.minutes, self.at, tuple(sorted(set(self.weekdays))), self.month_day)


class RunOut(Schema):
    """One run. slot: its due time. state: open, done, failed or cancelled; error is a sentence."""

    id: int
    slot: datetime
    state: str
    attempt: int
    job_id: int | None
    error: str | None
    result: dict[str, Any] | None
    started_at: datetime
    ended_at: datetime | None


class ScheduleOut(Schema):
    """A schedule. late: a due time went by without a run that ended; failing: its last run failed for good."""

    id: int
    code: str
    name: str
    kind: str
    arguments: dict[str, Any]
    every: str
    minutes: int
    at: str
    weekdays: list[int]
    month_day: int
    enabled: bool
    retries: int
    late_minutes: int
    next_run: datetime | None
    late: bool
    failing: bool
    last: RunOut | None


def _run(run: reads.RunView) -> dict[str, Any]:
    told = run.error
    return {**vars(run), "error": gettext(told["template"]).format(**told.get("params", {})) if told else None}


def out(view: reads.ScheduleView) -> dict[str, Any]:
    """A schedule as an answer."""
    last = _run(view.last) if view.last else None
    return {**vars(view.plan), **vars(view), "last": last, "failing": view.failing}


@router.get("/schedules", response={200: list[ScheduleOut], **FAILURES}, operation_id="list_schedules")
def list_schedules(request: HttpRequest) -> Any:
    """Schedules whose jobs you may see, alarmed ones first."""
    return [out(view) for view in reads.schedules(caller(request))]


@router.get("/schedules/{int:schedule_id}", response={200: ScheduleOut, **FAILURES}, operation_id="get_schedule")
def get_schedule(request: HttpRequest, schedule_id: Id) -> Any:
    """One schedule."""
    return out(reads.schedule(caller(request), schedule_id))


@router.put("/schedules/{int:schedule_id}", response={200: ScheduleOut, **FAILURES}, operation_id="change_schedule")
def change_schedule(request: HttpRequest, schedule_id: Id, body: PlanIn) -> Any:
    """Change when a schedule is due."""
    by = caller(request)
    actions.change(by=by, schedule_id=schedule_id, plan=body.plan(), retries=body.retries,
                   late_minutes=body.late_minutes)  # fmt: skip
    return out(reads.schedule(by, schedule_id))


@router.delete("/schedules/{int:schedule_id}", response={204: None, **FAILURES}, operation_id="remove_schedule")
def remove_schedule(request: HttpRequest, schedule_id: Id) -> Any:
    """Forget a schedule and its history."""
    actions.remove(by=caller(request), schedule_id=schedule_id)
    return Status(204, None)


@router.post(
    "/schedules/{int:schedule_id}/pause", response={200: ScheduleOut, **FAILURES}, operation_id="pause_schedule"
)
def pause_schedule(request: HttpRequest, schedule_id: Id) -> Any:
    """Pause a schedule."""
    return _switched(request, schedule_id, enabled=False)


@router.post("/schedules/{int:schedule_id}/resume", response={200: ScheduleOut, **FAILURES},
             operation_id="resume_schedule")  # fmt: skip
def resume_schedule(request: HttpRequest, schedule_id: Id) -> Any:
    """Let a schedule go on from its next due time."""
    return _switched(request, schedule_id, enabled=True)


def _switched(request: HttpRequest, schedule_id: int, *, enabled: bool) -> Any:
    by = caller(request)
    actions.switch(by=by, schedule_id=schedule_id, enabled=enabled)
    return out(reads.schedule(by, schedule_id))


@router.post("/schedules/{int:schedule_id}/run", response={202: ScheduleOut, **FAILURES}, operation_id="run_schedule")
def run_schedule(request: HttpRequest, schedule_id: Id) -> Any:
    """Start a schedule's job now, beside its plan."""
    by = caller(request)
    actions.run_now(by=by, schedule_id=schedule_id)
    return Status(202, out(reads.schedule(by, schedule_id)))


@router.get("/schedules/{int:schedule_id}/runs", response={200: Page[RunOut], **FAILURES}, operation_id="list_runs")
def list_runs(request: HttpRequest, schedule_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The history of a schedule, newest first."""
    by = caller(request)
    page = page_of(
        lambda before, n: reads.runs(by, schedule_id, before_id=before, limit=n),
        key=lambda run: run.id, cursor=cursor, limit=limit,
    )  # fmt: skip
    return {**page, "items": [_run(run) for run in page["items"]]}
