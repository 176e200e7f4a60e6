"""Launch a campaign and watch it run."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput
from dangol.campaigns.execute import actions, reads, rules
from dangol.campaigns.plan import reads as plan
from dangol.channels.rules import STATES, UNSENT
from dangol.customers.consent.rules import REASONS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.campaigns import mailbox
from dangol.web.entry.proof import ask_proof
from dangol.web.shell import Request, page

LEFT_OUT = REASONS | UNSENT | {rules.STOPPED_BY_PERSON: STATES["cancelled"]}

LIVE = (rules.DRAWING, rules.LAUNCHING, rules.SENDING, rules.WAITING)


@page(Right.CAMPAIGNS_LAUNCH, methods=("GET", "POST"))
def launch(request: Request, plan_id: int) -> HttpResponse:
    """Confirm a launch with its exact numbers; POST launches."""
    if request.method == "POST":
        if answer := ask_proof(request, request.path):
            return answer
        speed = request.POST.get("per_second", "")
        run = actions.launch(
            by=request.user, plan_id=plan_id, content_hash=request.POST.get("hash", ""),
            per_second=float(speed) if speed.isdecimal() else 0,
        )  # fmt: skip
        messages.success(request, _("Launched. The messages are going out now."))
        return redirect("campaigns:run", run.id)
    view = plan.plan(request.user, plan_id)
    if view.approved is None:
        return redirect("campaigns:approve", plan_id)
    return render(
        request, "campaigns/launch.html",
        {"plan": view, "preview": reads.preview(request.user, plan_id), "reason_names": LEFT_OUT,
         "counting": plan.counting(request.user, plan_id), "replayed": reads.replayed()},
    )  # fmt: skip


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def run(request: Request, run_id: int) -> HttpResponse:
    """A launched campaign, live; POST pauses, resumes, stops, or decides on a message in doubt."""
    if request.method == "POST":
        return _act(request, run_id)
    return render(request, "campaigns/run.html", _variables(request, run_id))


@page(Right.CAMPAIGNS_VIEW)
def numbers(request: Request, run_id: int) -> HttpResponse:
    """The part of the page that changes while messages go out."""
    return render(request, "campaigns/run_numbers.html", _variables(request, run_id))


def _variables(request: Request, run_id: int) -> dict[str, Any]:
    view = reads.run(request.user, run_id)
    return {
        "drawing": reads.drawing(request.user, view),
        "run": view, "state_name": rules.STATES[view.state], "live": view.state in LIVE,
        "share": view.done / view.total if view.total else 1.0,
        "messages_by_state": [(name, STATES[name], view.messages[name]) for name in STATES],
        "reason_names": LEFT_OUT, "in_doubt": reads.in_doubt(request.user, run_id),
        "failures": reads.failures(request.user, run_id), "may_launch": may(request.user, Right.CAMPAIGNS_LAUNCH),
        "mailbox": mailbox.present(), "replayed": reads.replayed(),
    }  # fmt: skip


def _act(request: Request, run_id: int) -> HttpResponse:
    verb = request.POST.get("act", "")
    if verb in ("delivered", "again"):
        message = request.POST.get("message", "")
        actions.resolve(
            by=request.user, run_id=run_id, message_id=int(message) if message.isdecimal() else 0,
            delivered=verb == "delivered",
        )  # fmt: skip
    elif verb == "pause":
        actions.pause(by=request.user, run_id=run_id)
    elif verb == "resume":
        actions.resume(by=request.user, run_id=run_id)
    elif verb == "stop":
        count = actions.stop(by=request.user, run_id=run_id)
        messages.success(request, _("Stopped. Messages cancelled: %(count)s") % {"count": count})
    else:
        raise BadInput("The form does not say what to do. Load the page again.")
    return redirect("campaigns:run", run_id)
