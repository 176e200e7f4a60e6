"""What the pages of this area share: plans and runs in words, and a source's own part of its page."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext

from dangol.customers.collect.feeds import reads
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.feeds.forms import WEEKDAYS
from dangol.web.sentences import say
from dangol.work.schedules import reads as schedules
from dangol.work.schedules.rules import DAILY, MINUTES, WEEKLY, Plan

BADGES = {"open": "info", "done": "ok", "failed": "bad", "cancelled": "warn"}


def plan_words(plan: Plan) -> str:
    """A plan as a sentence."""
    if plan.every == MINUTES:
        return ngettext("every {n} minute", "every {n} minutes", plan.minutes).format(n=plan.minutes)
    if plan.every == DAILY:
        return gettext("every day at {time}").format(time=plan.at)
    if plan.every == WEEKLY:
        days = ", ".join(str(WEEKDAYS[day]) for day in plan.weekdays)
        return gettext("{days} at {time}").format(days=days, time=plan.at)
    return gettext("on day {day} of the month at {time}").format(day=plan.month_day, time=plan.at)


def run_row(run: schedules.RunView) -> dict[str, Any]:
    """A run as pages show it."""
    sentence = say(run.error["template"], run.error.get("params")) if run.error and run.state != "done" else ""
    return {"run": run, "badge": BADGES[run.state], "sentence": sentence}


def schedule_row(view: schedules.ScheduleView) -> dict[str, Any]:
    """A schedule as pages show it."""
    name = gettext(view.name) if view.builtin else view.name
    return {
        "view": view,
        "name": name,
        "words": plan_words(view.plan),
        "last": run_row(view.last) if view.last else None,
    }


def source_part(member: Any, source: Any) -> dict[str, Any]:
    """What a source's page shows of this area: how its rows come in by themselves."""
    view = schedules.by_code(member, reads.schedule_code(source.code))
    fetched = source.reader in reads.FETCHED and not source.own
    return {
        "fetched": fetched, "schedule": schedule_row(view) if view else None,
        "folder": str(reads.folder_of(source.code)) if view and source.reader != "sql" else "",
        "push_url": f"{settings.DANGOL.base_url}/api/v1/sources/{source.code}/rows",
        "may_push": not source.own and source.reader != "sql",
        "may_load": may(member, Right.SOURCES_LOAD) and not source.own,
    }  # fmt: skip
