"""Draft, edit and approve a plan."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, DangolError, NotFound
from dangol.campaigns.execute import reads as execute
from dangol.campaigns.knowledge import reads as knowledge
from dangol.campaigns.knowledge import rules as lessons
from dangol.campaigns.plan import actions, reads, rules
from dangol.channels import letters
from dangol.channels.rules import UNSENT, Delivery
from dangol.customers.consent.rules import REASONS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.campaigns import found
from dangol.web.campaigns.catalogue import SHORT, built_names, segment_names
from dangol.web.campaigns.forms import PlanForm, _months, channel_name
from dangol.web.entry.proof import ask_proof
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, announce, page
from dangol.web.templatetags.dangol import day
from dangol.work import reads as work

AIM_OF = {  # what a segment's letters suggest as the usual aim
    "HHH": "keep", "HHL": "up_sell", "HLH": "cross_sell", "HLL": "cross_sell", "LHH": "prevent", "LHL": "prevent",
    "LLH": "reactivate", "LLL": "reactivate",
}  # fmt: skip


APART = frozenset({"name", "frozen", "subject", "body", "offer", "discount", "fixed_cost", "cost_per_message",
                   "why_at"})  # fmt: skip  # what the approval document shows elsewhere than in its list


@page(Right.CAMPAIGNS_PLAN, methods=("GET", "POST"))
def draft(request: Request) -> HttpResponse:
    """Begin a plan: aim and segments; the rest follows in the editor."""
    if request.method == "POST":
        days = _months()
        given = PlanForm(rules.canonical({}), request.POST).given()
        as_of = days[-1] if days else timezone.localdate()
        if who := request.POST.get("who", ""):
            given = found.keep(request, who, given)
        view = actions.draft(by=request.user, as_of=as_of, starts_on=as_of + timedelta(days=1), **given)
        return redirect("campaigns:plan", view.id)
    chosen = request.GET.getlist("segment")
    aim = request.GET.get("aim") or AIM_OF.get(chosen[0] if chosen else "", "")
    carried = {name: request.GET.get(name, "") for name in ("name", "why", "why_from", "why_at", "offer")}
    form = PlanForm(rules.canonical({"segments": chosen, "built": request.GET.getlist("built"), "aim": aim} | carried))
    similar = knowledge.similar(request.user, aim=aim, segments=chosen, channel="email")
    return render(
        request,
        "campaigns/draft.html",
        {
            "form": form,
            "similar": similar,
            "why": lessons.WHY,
            "short": SHORT,
            "built": form.built(request.user),
            "found": found.shown(request, request.GET.get("who", "")),
        },
    )


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def editor(request: Request, plan_id: int) -> HttpResponse:
    """The plan with everything it says; POST saves it as it is, right or wrong."""
    if request.method == "POST":
        return _save(request, plan_id)
    view = reads.plan(request.user, plan_id)
    if view.state == rules.LAUNCHED:
        return redirect("campaigns:run", execute.run_of_plan(request.user, plan_id).id)
    editable = may(request.user, Right.CAMPAIGNS_PLAN)
    if not editable:
        return redirect("campaigns:approve", plan_id)
    return render(request, "campaigns/plan.html", _variables(request, view))


def _variables(request: Request, view: reads.PlanView) -> dict[str, Any]:
    form = PlanForm(view.content)
    return {
        "plan": view, "form": form, "built": form.built(request.user),
        "state_name": rules.STATES[view.state], "problems": _problems(view),
        "label": letters.label(view.content["language"]), "may_launch": may(request.user, Right.CAMPAIGNS_LAUNCH),
        "submitting": reads.submitting(request.user, view.id),
    }  # fmt: skip


def _problems(view: reads.PlanView) -> list[dict[str, str]]:
    """The problems as sentences, each with the field it belongs to; labels in them are translated too."""
    found = []
    for problem in view.problems:
        params = {name: _(value) if name == "label" else value for name, value in problem.params.items()}
        found.append({"field": problem.field, "text": say(problem.template, params)})
    return found


def _save(request: Request, plan_id: int) -> HttpResponse:
    before = reads.plan(request.user, plan_id)
    version = request.POST.get("version", "")
    view = actions.edit(
        by=request.user, plan_id=plan_id, version=int(version) if version.isdecimal() else None,
        **PlanForm(before.content, request.POST).given(),
    )  # fmt: skip
    if not request.htmx:
        messages.success(request, _("Saved."))
        return redirect("campaigns:plan", plan_id)
    return render(request, "campaigns/plan_saved.html", _variables(request, view) | {"saved_at": timezone.now()})


@page(Right.CAMPAIGNS_VIEW)
def panel(request: Request, plan_id: int) -> HttpResponse:
    """What the plan can be expected to bring, and the past campaigns like it."""
    view = reads.plan(request.user, plan_id)
    return render(request, "campaigns/panel.html", _simulation(request.user, view) | _similar(request.user, view))


def _similar(by: Any, view: reads.PlanView) -> dict[str, Any]:
    content = view.content
    found = knowledge.similar(
        by, aim=content["aim"], segments=content["segments"], channel=content["channel"], limit=4
    )  # fmt: skip
    return {"similar": [one for one in found if one.campaign_key != view.key], "why": lessons.WHY, "short": SHORT}


def _simulation(by: Any, view: reads.PlanView) -> dict[str, Any]:
    """The simulation; of a plan for many its kept counts, the job that counts now, or neither: the page starts one."""
    variables: dict[str, Any] = {"plan": view, "content": view.content, "reason_names": REASONS | UNSENT}
    try:
        many = reads.aims_at_many(view.content)
        counting = reads.counting(by, view.id) if many else None
        counts = reads.kept(view) if many else reads.count(view.content)
    except DangolError as error:
        return variables | {"simulation_missing": sentence(error)}
    if counts is not None and counting is None:
        variables["simulation"] = reads.simulation(by, view.content, counts)
        variables["outdated"] = not counts.newest
    return variables | {"many": many, "counting": counting}


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def simulation(request: Request, plan_id: int) -> HttpResponse:
    """The simulation alone; POST counts the people of a plan for many in a job."""
    if request.method == "POST":
        job_id = actions.start_count(by=request.user, plan_id=plan_id)
        place = reverse(
            "campaigns:launch" if request.POST.get("then") == "launch" else "campaigns:approve", args=[plan_id]
        )
        if not request.htmx:
            return redirect(place)
        if request.POST.get("then") == "launch":
            return render(request, "home/job.html", {"view": work.job(request.user, job_id), "done_url": place})
    view = reads.plan(request.user, plan_id)
    variables = _simulation(request.user, view) | {"asked": "asked" in request.GET}
    return render(request, "campaigns/simulation.html", variables)


@page(Right.CAMPAIGNS_PLAN)
def preview(request: Request, plan_id: int) -> HttpResponse:
    """The message as one of the people would get it."""
    place = request.GET.get("place", "0")
    variables: dict[str, Any] = {"plan_id": plan_id}
    try:
        variables["preview"] = reads.preview(request.user, plan_id, int(place) if place.isdecimal() else 0)
        variables["next"] = variables["preview"].place + 1
    except (BadInput, NotFound) as error:
        variables["missing"] = sentence(error)
    return render(request, "campaigns/preview.html", variables)


@page(Right.CAMPAIGNS_PLAN, methods=("POST",))
def do(request: Request, plan_id: int) -> HttpResponse:
    """Submit, test, copy or delete."""
    verb = request.POST.get("act", "")
    if verb == "submit":
        if actions.start_submit(by=request.user, plan_id=plan_id) is not None:
            return redirect("campaigns:plan", plan_id)
        messages.success(request, _("Handed in. An approver can decide on it now."))
        return redirect("campaigns:approve", plan_id)
    if verb == "copy":
        return redirect("campaigns:plan", actions.copy(by=request.user, plan_id=plan_id).id)
    if verb == "discard":
        actions.discard(by=request.user, plan_id=plan_id)
        messages.success(request, _("The draft was deleted."))
        return redirect("campaigns:list")
    if verb == "test":
        return _test(request, plan_id)
    raise BadInput("The form does not say what to do. Load the page again.")


def _test(request: Request, plan_id: int) -> HttpResponse:
    try:
        actions.try_message(by=request.user, plan_id=plan_id)
    except (Delivery, BadInput) as error:
        text, level = sentence(error), "bad"
    else:
        text, level = _("A test was sent to %(address)s.") % {"address": request.user.email}, "ok"
    if request.htmx:
        return announce(HttpResponse(status=204), text, level)
    messages.info(request, text)
    return HttpResponseRedirect(f"/campaigns/{plan_id}/")


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def approve(request: Request, plan_id: int) -> HttpResponse:
    """The document an approver decides on: what is said, to whom, at what cost, with the hash that is approved."""
    if request.method == "POST":
        approves = request.POST.get("act") == "approve"
        return (ask_proof(request, request.path) if approves else None) or _decide(request, plan_id)
    view = reads.plan(request.user, plan_id)
    content = view.content
    document = [(gettext_label(name), _plain(name, content[name])) for name in rules.FIELDS if name not in APART]
    return render(
        request, "campaigns/approve.html",
        _simulation(request.user, view) | {
            "document": document, "empty": [label for label, value in document if value == "–"],
            "problems": _problems(view), "state_name": rules.STATES[view.state],
            "source_at": content["why_at"] if rules.is_own_path(content["why_at"]) else "",
            "may_decide": may(request.user, Right.CAMPAIGNS_APPROVE) and view.state == rules.SUBMITTED,
            "own": view.by_id == request.user.pk, "verdicts": rules.STATES,
            "may_plan": may(request.user, Right.CAMPAIGNS_PLAN), "label": letters.label(content["language"]),
            "may_launch": may(request.user, Right.CAMPAIGNS_LAUNCH) and view.state == rules.APPROVED,
        },
    )  # fmt: skip


def gettext_label(name: str) -> str:
    """A field's label in the reader's language."""
    return _(rules.FIELDS[name].label)


def _plain(name: str, value: Any) -> str:
    """A field's value as the document says it."""
    spec = rules.FIELDS[name]
    if name in ("segments", "built", "channel"):
        said = {"segments": segment_names, "built": built_names, "channel": channel_name}
        return said[name](value) or "–"
    if spec.choices is not None:
        return _(spec.choices[value]) if value in spec.choices else str(value or "–")
    if spec.kind == "date" and rules.day(value):
        return day(rules.day(value))
    if spec.kind == "map":
        return (
            "; ".join(f"{_(rules.ATTRIBUTES.get(key, key))}: {', '.join(values)}" for key, values in value.items())
            or "–"
        )
    return str(value if value not in ("", None) else "–")


def _decide(request: Request, plan_id: int) -> HttpResponse:
    wanted = {
        "by": request.user, "plan_id": plan_id, "content_hash": request.POST.get("hash", ""),
        "comment": request.POST.get("comment", ""),
    }  # fmt: skip
    if request.POST.get("act") == "approve":
        actions.approve(**wanted)
        messages.success(request, _("Approved. The planner can launch exactly this content."))
    else:
        actions.send_back(**wanted)
        messages.success(request, _("Sent back with your comment."))
    return redirect("campaigns:approve", plan_id)
