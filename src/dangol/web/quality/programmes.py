"""Collection programmes and the tasks they make for reps."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict
from dangol.customers.quality import actions, reads
from dangol.customers.quality.rules.checks import ASKED, FIELDS
from dangol.insight.score import reads as score
from dangol.staff import reads as staff
from dangol.staff.reads import may, scope_of
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.quality.forms import ProgrammeForm
from dangol.web.quality.pages import frame
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

USUAL_DAYS = 60
UNITS_MOST = 200


@page(Right.CUSTOMERS_VIEW)
def index(request: Request) -> HttpResponse:
    """All programmes with their progress."""
    context = {"programmes": reads.programmes(request.user), "fields": FIELDS,
               "tasks": reads.open_tasks(request.user)}  # fmt: skip
    return render(request, "quality/programmes.html", frame(request, "programmes") | context)


@page(Right.QUALITY_EDIT, methods=("GET", "POST"))
def new(request: Request) -> HttpResponseBase:
    """Start a programme."""
    today = timezone.localdate()
    form = ProgrammeForm(
        request.POST or None, units=staff.unit_tree(request.user)[:UNITS_MOST], segments=_segments(),
        initial={"starts_on": today, "ends_on": today + timedelta(days=USUAL_DAYS), "most_per_rep": 50,
                 "fields_asked": [name for name in request.GET.getlist("field") if name in ASKED]},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.start(by=request.user, plan=form.plan())
        except BadInput as error:
            place = "fields_asked" if error.field == "fields" else error.field
            form.add_error(place if place in form.fields else None, sentence(error))
        else:
            messages.success(request, _("The programme has begun and its tasks are with the reps."))
            return HttpResponseRedirect(reverse("quality:programme", args=[made]))
    context = {"form": form, "lacking": _lacking(request)}
    return render(request, "quality/new_programme.html", frame(request, "programmes") | context,
                  status=422 if form.errors else 200)  # fmt: skip


def _segments() -> list[tuple[str, str]]:
    return [(code, f"{code} {one.name}") for code, one in score.strategies().items()]


def _lacking(request: Request) -> list[dict[str, Any]]:
    """How many customers lack each field, to choose by."""
    board = reads.board(request.user)
    if board is None:
        return []
    return [{"label": one.label, "n": board.customers - one.real} for one in board.fields if one.name in ASKED]


@page(Right.CUSTOMERS_VIEW)
def one(request: Request, programme_id: int) -> HttpResponse:
    """One programme: progress by rep or branch, result."""
    part = "unit" if request.GET.get("by") == "unit" else "rep"
    found = reads.programme(request.user, programme_id, part=part)
    context = frame(request, "programmes") | {"one": found, "part": part, "fields": FIELDS}
    return render(request, "quality/programme.html", context)


@page(Right.QUALITY_EDIT, methods=("POST",))
def stop(request: Request, programme_id: int) -> HttpResponse:
    """Stop a programme."""
    try:
        actions.stop(by=request.user, programme_id=programme_id)
        messages.success(request, _("The programme was stopped; its open tasks were closed."))
    except Conflict as error:
        messages.warning(request, sentence(error))
    return HttpResponseRedirect(reverse("quality:programme", args=[programme_id]))


@page(Right.CUSTOMERS_EDIT)
def tasks(request: Request) -> HttpResponse:
    """The tasks of a member, ready to be worked on with one hand."""
    return _tasks(request)


def _tasks(request: Request, problem: str = "", at: int = 0, given: dict[str, str] | None = None) -> HttpResponse:
    everyone = request.GET.get("all") == "1" and scope_of(request.user).member_id is None
    after = request.GET.get("after", "")
    found = reads.tasks(
        request.user, everyone=everyone, after=int(after) if after.isdecimal() and len(after) < 19 else 0
    )
    context = frame(request, "tasks") | {
        "tasks": [{"one": task, "fields": _inputs(task, given if task.id == at else None),
                   "problem": problem if task.id == at else ""} for task in found],
        "waiting": reads.open_tasks(request.user), "now": timezone.now().isoformat(), "everyone_shown": everyone,
        "next": found[-1].id if len(found) == reads.PAGE else None,
        "may_type": may(request.user, Right.CUSTOMERS_UNMASK),
    }  # fmt: skip
    return render(request, "quality/tasks.html", context, status=422 if problem else 200)


TYPES = {"phone": ("tel", "tel"), "email": ("email", "email"), "birth_year": ("text", "numeric")}


def _inputs(task: reads.TaskView, given: dict[str, str] | None) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": FIELDS[name].label, "value": (given or {}).get(name, ""),
         "type": TYPES.get(name, ("text", "text"))[0], "mode": TYPES.get(name, ("text", "text"))[1]}
        for name in task.missing
    ]  # fmt: skip


@page(Right.CUSTOMERS_EDIT, methods=("POST",))
def handle(request: Request, task_id: int) -> HttpResponse:
    """What became of a task."""
    given = {name: request.POST.get(name, "") for name in ASKED if request.POST.get(name)}
    result = request.POST.get("result", "")
    try:
        state = actions.handle(
            by=request.user, task_id=task_id, result=result, values=given, seen_at=_seen(request),
            address=address_of(request),
        )  # fmt: skip
    except (BadInput, Conflict) as error:
        return _tasks(request, sentence(error), task_id, given)
    said = {"done": _("Thank you: the task is done."),
            "refused": _("Noted: the customer will be left alone for a year."),
            "open": _("Noted. The task stays open.")}  # fmt: skip
    messages.success(request, said[state])
    return HttpResponseRedirect(reverse("quality:tasks") + ("?all=1" if request.GET.get("all") == "1" else ""))


def _seen(request: Request) -> datetime:
    try:
        seen = datetime.fromisoformat(request.POST.get("seen_at", ""))
    except ValueError:
        return timezone.now()
    return seen if seen.tzinfo else timezone.now()
