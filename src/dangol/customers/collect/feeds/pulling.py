"""Fetch from a source by itself: its query, or the files of its watched folder; by a schedule or by hand."""

from typing import Any

from dangol.base.errors import BadInput, NotFound
from dangol.customers.collect import actions as collect
from dangol.customers.collect.feeds import folders
from dangol.customers.collect.models import Load, Source
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Running
from dangol.work.schedules import actions as schedules
from dangol.work.schedules.rules import Plan

JOB = "collect.pull"
FETCHED = ("sql", "csv", "excel", "parquet")


def pull(running: Running, source_code: str) -> dict[str, Any]:
    """The job `collect.pull`: bring a source up to date; returns its load's report, or that of its folder's files.

    A fetch that was cut off goes on with the rows it had. Raises Unavailable for what may pass (nobody answers, the
    connection broke), BadInput or NotAllowed for what needs a person.
    """
    require(running.by, Right.SOURCES_LOAD)
    source = Source.objects.filter(code=source_code).first()
    if source is None:
        raise NotFound("There is no source {code}.", code=source_code)
    if source.reader not in FETCHED:
        raise BadInput("Nothing is fetched from {code}: its rows are sent here.", code=source_code)
    if source.reader != "sql":
        return folders.sweep(running, source)
    load = _cut_off(source)
    load_id = load.pk if load else collect.start_load(by=running.by, source_code=source_code)
    return collect.run_load(running, load_id=load_id)


def _cut_off(source: Source) -> Load | None:
    """The source's newest load, where its process died or where no row was fetched yet."""
    newest = source.loads.order_by("-pk").first()
    if newest is None or newest.state not in ("waiting", "running", "failed"):
        return None
    return newest if newest.state != "failed" or not newest.upload else None


def schedule_code(source_code: str) -> str:
    """The code of a source's schedule."""
    return f"pull:{source_code}"


def schedule_pull(*, by: Member, source_code: str, plan: Plan, retries: int = 3, late_minutes: int = 60) -> int:
    """Have a source fetched by the clock; returns the schedule's id. A source of files gets its watched folder."""
    require(by, Right.SOURCES_LOAD)
    source = Source.objects.filter(code=source_code).first()
    if source is None or source.own or source.reader not in FETCHED:
        raise NotFound("There is no source {code} that could be fetched.", code=source_code)
    if source.reader != "sql":
        folders.prepare(source_code)
    return schedules.set_plan(
        by=by, code=schedule_code(source_code), name=source.name or source_code, kind=JOB,
        arguments={"source_code": source_code}, plan=plan, retries=retries, late_minutes=late_minutes,
    )  # fmt: skip
