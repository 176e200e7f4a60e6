"""Kept views of figures: keep, run, change and remove them; have them sent by mail."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Id, Problem, Strict, caller
from dangol.api.schedules import PlanIn
from dangol.base.errors import TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.reports import actions, answering, exporting, reads, sheets, show
from dangol.reports import asked as steps
from dangol.reports.grid import Grid

router = Router(tags=["reports"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Name = Annotated[str, Field(max_length=80)]
Query = Annotated[str, Field(max_length=8000)]
Roles = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=20)]
Shared = Literal["", "all", "roles"]


class ReportIn(Strict):
    """A view. query: the state of the explorer as its address says it, like rows=region&cols=month&show=sales_amount.

    shared: "" for oneself, "all", or "roles" with the roles it is for.
    """

    name: Name
    query: Query
    shared: Shared = ""
    roles: Roles = []


class ReportChange(Strict):
    """What is to change; what is left out stays. version: the one that was looked at, to change no other."""

    version: Annotated[int, Field(ge=1, le=2**31)]
    name: Name | None = None
    query: Query | None = None
    shared: Shared | None = None
    roles: Roles = []


class ReportOut(Schema):
    """A kept view."""

    id: int
    name: str
    star: str
    query: str
    shared: str
    roles: list[str]
    version: int
    owner_id: int
    owner_name: str
    own: bool
    changed_at: datetime


class TableOut(Schema):
    """A table. heads: lines of headings; rows: members and figures; amounts in major units, null: not enough data."""

    title: str
    as_of: str
    currency: str
    heads: list[list[str]]
    rows: list[list[str | int | float | None]]
    notes: list[str]
    generated: list[str]


class WorkingOut(Schema):
    """The job that works an answer out. Look at /jobs; when it is done, the same call gives the answer."""

    job_id: int


class MailingIn(Strict):
    """A mailing: form of the file, ids of members, and when."""

    form: Literal["xlsx", "csv", "pdf", "png"]
    recipients: Annotated[list[Id], Field(min_length=1, max_length=200)]
    plan: PlanIn


class CopyOut(Schema):
    """What one member was sent. rights: role and place that bounded its figures."""

    id: int
    member_name: str
    state: str
    rights: dict[str, Any]
    file: str
    said: str
    at: datetime | None


class MailingOut(Schema):
    """A view that goes out by mail."""

    id: int
    view_id: int
    form: str
    recipients: list[int]
    enabled: bool
    next_run: datetime | None
    late: bool
    failing: bool
    copies: list[CopyOut]


@router.get("/reports", response={200: list[ReportOut], **FAILURES}, operation_id="list_kept_reports")
def list_kept_reports(request: HttpRequest) -> Any:
    """Your own views and those shared with you."""
    return reads.views(caller(request))


@router.post("/reports", response={201: ReportOut, **FAILURES}, operation_id="keep_report")
def keep_report(request: HttpRequest, body: ReportIn) -> Any:
    """Keep a view under a new name."""
    by = caller(request)
    made = actions.keep(by=by, name=body.name, query=body.query, shared=body.shared, roles=body.roles)
    return Status(201, reads.seen(by, made))


@router.get("/reports/{int:report_id}", response={200: ReportOut, **FAILURES}, operation_id="get_kept_report")
def get_kept_report(request: HttpRequest, report_id: Id) -> Any:
    """One view."""
    return reads.seen(caller(request), report_id)


@router.patch("/reports/{int:report_id}", response={200: ReportOut, **FAILURES}, operation_id="change_report")
def change_report(request: HttpRequest, report_id: Id, body: ReportChange) -> Any:
    """Change a view of your own."""
    by = caller(request)
    actions.change(by=by, view_id=report_id, version=body.version, name=body.name, query=body.query,
                   shared=body.shared, roles=body.roles)  # fmt: skip
    return reads.seen(by, report_id)


@router.delete("/reports/{int:report_id}", response={204: None, **FAILURES}, operation_id="remove_report")
def remove_report(request: HttpRequest, report_id: Id) -> Any:
    """Take a view of your own away; restore takes it back."""
    actions.remove(by=caller(request), view_id=report_id)
    return Status(204, None)


@router.post("/reports/{int:report_id}/restore", response={200: ReportOut, **FAILURES}, operation_id="restore_report")
def restore_report(request: HttpRequest, report_id: Id) -> Any:
    """Take a removed view back."""
    by = caller(request)
    actions.restore(by=by, view_id=report_id)
    return reads.seen(by, report_id)


@router.get("/reports/{int:report_id}/table", response={200: TableOut, 202: WorkingOut, **FAILURES},
            operation_id="run_report")  # fmt: skip
def run_report(request: HttpRequest, report_id: Id) -> Any:
    """The table of a view, within what you may see; 202 with a job while a question that takes long is worked out."""
    grid = _grid(request, report_id)
    if isinstance(grid, int):
        return Status(202, {"job_id": grid})
    rows = [
        [*sheets.titles(grid, row), *(_plain(sheets.value(grid, row, column, figure))
                                      for column in grid.columns for figure in grid.asked.figures)]
        for row in grid.rows
    ]  # fmt: skip
    return {
        "title": show.title(grid), "as_of": grid.as_of, "currency": grid.currency, "heads": sheets.heads(grid),
        "rows": rows, "notes": show.notes(grid), "generated": sorted(grid.generated),
    }  # fmt: skip


def _grid(request: HttpRequest, report_id: int) -> Grid | int:
    """The table of a view, or the job that works it out: the same call gives the table when that is done."""
    by = caller(request)
    asked = steps.from_query(reads.seen(by, report_id).query)
    try:
        return answering.running(by, asked) or answering.table(by, asked)
    except TooMuch as error:
        if not takes_long(error):
            raise
        return answering.start(by=by, asked=asked)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else float(value)


@router.get(
    "/reports/{int:report_id}/file", operation_id="get_report_file", response={200: None, 202: WorkingOut, **FAILURES}
)
def get_report_file(request: HttpRequest, report_id: Id, form: Literal["xlsx", "csv", "pdf", "png"] = "xlsx") -> Any:
    """A view as a file; 202 with a job while one that takes long or has many cells is made."""
    by = caller(request)
    asked = steps.from_query(reads.seen(by, report_id).query)
    made = exporting.now(by, asked, form)
    if made is None:
        return Status(202, {"job_id": exporting.start(by=by, asked=asked, form=form)})
    response = HttpResponse(made.content, content_type=made.kind)
    response["Content-Disposition"] = f'attachment; filename="report-{report_id}-{made.as_of}.{form}"'
    return response


@router.get("/reports/{int:report_id}/mailings", response={200: list[MailingOut], **FAILURES},
            operation_id="list_mailings")  # fmt: skip
def list_mailings(request: HttpRequest, report_id: Id) -> Any:
    """The mailings of a view that you own; of everybody for administrators."""
    by = caller(request)
    reads.seen(by, report_id)
    return [_mailing(one) for one in reads.mailings(by, report_id)]


def _mailing(one: reads.MailingView) -> dict[str, Any]:
    clock = one.clock
    return {
        "id": one.id, "view_id": one.view_id, "form": one.form, "recipients": [pk for pk, _name in one.recipients],
        "enabled": bool(clock and clock.enabled), "next_run": clock.next_run if clock else None,
        "late": bool(clock and clock.late), "failing": bool(clock and clock.failing), "copies": one.copies,
    }  # fmt: skip


@router.post("/reports/{int:report_id}/mailings", response={201: MailingOut, **FAILURES},
             operation_id="schedule_report")  # fmt: skip
def schedule_report(request: HttpRequest, report_id: Id, body: MailingIn) -> Any:
    """Have a view sent by mail to members, each with what their own rights show."""
    by = caller(request)
    made = actions.mail(by=by, view_id=report_id, form=body.form, recipients=body.recipients, plan=body.plan.plan())
    return Status(201, next(_mailing(one) for one in reads.mailings(by, report_id) if one.id == made))


@router.post("/mailings/{int:mailing_id}/send", response={202: None, **FAILURES}, operation_id="send_mailing")
def send_mailing(request: HttpRequest, mailing_id: Id) -> Any:
    """Send a mailing now, beside its plan."""
    actions.send_now(by=caller(request), mailing_id=mailing_id)
    return Status(202, None)


@router.post("/mailings/{int:mailing_id}/pause", response={204: None, **FAILURES}, operation_id="pause_mailing")
def pause_mailing(request: HttpRequest, mailing_id: Id) -> Any:
    """Pause a mailing."""
    actions.pause(by=caller(request), mailing_id=mailing_id, paused=True)
    return Status(204, None)


@router.post("/mailings/{int:mailing_id}/resume", response={204: None, **FAILURES}, operation_id="resume_mailing")
def resume_mailing(request: HttpRequest, mailing_id: Id) -> Any:
    """Let a mailing go on."""
    actions.pause(by=caller(request), mailing_id=mailing_id, paused=False)
    return Status(204, None)


@router.delete("/mailings/{int:mailing_id}", response={204: None, **FAILURES}, operation_id="end_mailing")
def end_mailing(request: HttpRequest, mailing_id: Id) -> Any:
    """End a mailing for good."""
    actions.stop(by=caller(request), mailing_id=mailing_id)
    return Status(204, None)
