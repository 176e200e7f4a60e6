"""Goals, and the management indicators of the company."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, DangolError, NotFound
from dangol.base.money import currency, to_minor
from dangol.insight.analysis import actions, reads
from dangol.insight.analysis.reads import Indicators
from dangol.insight.analysis.rules import goals
from dangol.insight.score import reads as score
from dangol.insight.score.rules import NOT_YET
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.analysis import dashboard
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page


class GoalForm(forms.Form):
    """What is to be reached, by whom, until when."""

    measure = forms.ChoiceField(label=_("Goal"))
    unit = forms.ChoiceField(label=_("For"), required=False)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    target = forms.DecimalField(
        label=_("Target"), min_value=0, help_text=_("An amount, a number, or percent for a share.")
    )

    def __init__(self, member: Any, *given: Any) -> None:
        super().__init__(*given)
        who = staff.scope_of(member)
        units = [one for one in staff.units() if who.everyone or (who.unit_path and one.path.startswith(who.unit_path))]
        whole = [("", gettext("the whole company"))] if who.everyone else []
        segments = [(f"segment:{code}", one.name) for code, one in score.strategies().items()] if who.everyone else []
        reps = [(f"rep:{pk}", f"{name} · {unit}" if unit else name) for pk, name, unit in staff.reps(member)]
        fields: dict[str, Any] = self.fields
        fields["measure"].choices = [(name, gettext(one.label)) for name, one in goals.MEASURES.items()]
        groups = {
            gettext("Units"): [(f"unit:{one.id}", one.name) for one in units],
            gettext("RFM segments"): segments,
            gettext("Sales reps"): reps,
        }
        fields["unit"].choices = [*whole, *((label, found) for label, found in groups.items() if found)]

    def of(self) -> dict[str, Any]:
        """Whose goal it is, as `actions.set_goal` takes it."""
        kind, _sign, value = self.cleaned_data["unit"].partition(":")
        return {
            "unit_id": int(value) if kind == "unit" else None,
            "rep_id": int(value) if kind == "rep" else None,
            "segment": value if kind == "segment" else "",
        }

    def target_of(self) -> int:
        """The target as it is kept: minor units, a count, or basis points."""
        given: Decimal = self.cleaned_data["target"]
        kind = goals.MEASURES[self.cleaned_data["measure"]].kind
        if kind == "money":
            return to_minor(given, currency(settings.DANGOL.currency))
        return round(given * 100) if kind == "share" else round(given)


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def indicators(request: Request) -> HttpResponse:
    """All goals, a form for another, and the indicators against last quarter."""
    may_edit = staff.may(request.user, Right.INSIGHT_EDIT)
    form = GoalForm(request.user, request.POST or None) if may_edit else None
    if request.method == "POST":
        staff.require(request.user, Right.INSIGHT_EDIT)
        if form is not None and form.is_valid() and _set(request, form):
            return HttpResponseRedirect(reverse("analysis:indicators"))
    try:
        found: Indicators | None = reads.indicators(request.user)
    except NotFound:
        found = None
    context = {
        "form": form,
        "may_edit": may_edit,
        "found": found,
        "good_meant": gettext(goals.GOOD_MEANT),
        "counted": gettext(goals.COUNTED),
        "goals": [dashboard.goal(one) for one in reads.goals_of(request.user)],
    }
    more = _told(found) if found else {}
    return render(request, "analysis/indicators.html", context | more, status=422 if request.method == "POST" else 200)


def _set(request: Request, form: GoalForm) -> bool:
    """Set the goal; False with the error on the form where it cannot be."""
    given = form.cleaned_data
    try:
        actions.set_goal(
            by=request.user,
            measure=given["measure"],
            **form.of(),
            first=given["first"],
            last=given["last"],
            target=form.target_of(),
        )
    except BadInput as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, sentence(wrong))
        return False
    messages.success(request, _("The goal is set."))
    return True


@page(Right.INSIGHT_EDIT, methods=("POST",))
def remove_goal(request: Request, goal_id: int) -> HttpResponse:
    """Take a goal away."""
    try:
        actions.remove_goal(by=request.user, goal_id=goal_id)
        messages.success(request, _("The goal was removed."))
    except DangolError as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("analysis:indicators"))


def _told(found: Indicators) -> dict[str, Any]:
    """The figures with their changes, the matrix of moves."""
    rows = [
        {
            "segment": one,
            "share": _less(one.share, one.share_before),
            "sales": _less(one.sales_share, one.sales_share_before),
            "ticket": (one.ticket - one.ticket_before) / one.ticket_before
            if one.ticket and one.ticket_before
            else None,
        }
        for one in found.segments
    ]
    names = {one.code: one.name for one in found.segments}
    counts = {(flow.before, flow.after): flow.customers for flow in found.flows}
    matrix = [
        {
            "name": names.get(code, gettext("Not yet a customer")),
            "cells": [counts.get((code, after), 0) for after in names],
        }
        for code in (*names, NOT_YET)
    ]
    known = [flow for flow in found.flows if flow.before != NOT_YET]
    rise = {
        way: sum(flow.customers or 0 for flow in known if (flow.after.count("H") - flow.before.count("H")) * sign > 0)
        for way, sign in (("up", 1), ("down", -1))
    }
    return {
        "rows": rows,
        "names": list(names.values()),
        "matrix": matrix if found.before else [],
        "ways": rise,
        "good_change": _less(found.good, found.good_before),
    }


def _less(now: float | None, before: float | None) -> float | None:
    return now - before if now is not None and before is not None else None
