"""What starts by the clock: the list, one schedule with its history, and a source's own."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict, NotAllowed
from dangol.customers.collect import reads as collect
from dangol.customers.collect.feeds import actions as feeds
from dangol.customers.collect.feeds import reads
from dangol.staff.rules import Right
from dangol.web.feeds import parts
from dangol.web.feeds.forms import PlanForm, plan_initial
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.work.schedules import actions
from dangol.work.schedules import reads as schedules_

RUNS = 20


@page()
def schedules(request: Request) -> HttpResponse:
    """Every schedule whose jobs the member may see."""
    found = schedules_.schedules(request.user)
    if not found and not request.user.oversees("collect.pull"):
        raise NotAllowed("Your role has no page here. Ask an administrator.")
    return render(request, "feeds/schedules.html", {"rows": [parts.schedule_row(one) for one in found]})


@page(methods=("GET", "POST"))
def schedule(request: Request, schedule_id: int) -> HttpResponseBase:
    """One schedule: when it is due, how it went."""
    view = schedules_.schedule(request.user, schedule_id)
    form = PlanForm(request.POST or None, initial=plan_initial(view))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(
                by=request.user, schedule_id=schedule_id, plan=form.plan(), retries=form.cleaned_data["retries"],
                late_minutes=form.cleaned_data["late_minutes"],
            )  # fmt: skip
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, sentence(error))
        else:
            messages.success(request, _("The schedule is changed."))
            return redirect("feeds:schedule", schedule_id)
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 19 else None
    runs = schedules_.runs(request.user, schedule_id, before_id=before_id, limit=RUNS + 1)
    return render(request, "feeds/schedule.html", {
        "row": parts.schedule_row(view), "view": view, "form": form,
        "runs": [parts.run_row(run) for run in runs[:RUNS]],
        "before": runs[RUNS - 1].id if len(runs) > RUNS else None,
    }, status=422 if form.errors else 200)  # fmt: skip


@page(methods=("POST",))
def run(request: Request, schedule_id: int) -> HttpResponseBase:
    """Start a schedule's job now."""
    try:
        actions.run_now(by=request.user, schedule_id=schedule_id)
    except Conflict as error:
        messages.info(request, sentence(error))
    else:
        messages.success(request, _("Started. How it went shows here in a moment."))
    return redirect("feeds:schedule", schedule_id)


@page(methods=("POST",))
def switch(request: Request, schedule_id: int) -> HttpResponseBase:
    """Pause a schedule, or let it go on."""
    actions.switch(by=request.user, schedule_id=schedule_id, enabled=request.POST.get("enabled") == "1")
    return redirect("feeds:schedule", schedule_id)


@page(methods=("POST",))
def remove(request: Request, schedule_id: int) -> HttpResponseBase:
    """Forget a schedule."""
    try:
        actions.remove(by=request.user, schedule_id=schedule_id)
    except Conflict as error:
        messages.error(request, sentence(error))
        return redirect("feeds:schedule", schedule_id)
    messages.success(request, _("The schedule is removed."))
    return redirect("feeds:schedules")


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def source(request: Request, code: str) -> HttpResponseBase:
    """Have a source fetched by the clock."""
    found = collect.source(request.user, code)
    view = schedules_.by_code(request.user, reads.schedule_code(code))
    form = PlanForm(request.POST or None, initial=plan_initial(view))
    if request.method == "POST" and form.is_valid():
        try:
            made = feeds.schedule_pull(by=request.user, source_code=code, plan=form.plan(),
                                       retries=form.cleaned_data["retries"],
                                       late_minutes=form.cleaned_data["late_minutes"])  # fmt: skip
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, sentence(error))
        else:
            messages.success(request, _("It is fetched by the clock from now on."))
            return redirect("feeds:schedule", made)
    context = {"source": found, "form": form, "folder": reads.folder_of(code) if found.reader != "sql" else ""}
    return render(request, "feeds/source.html", context, status=422 if form.errors else 200)
