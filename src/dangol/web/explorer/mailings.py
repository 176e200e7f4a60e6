"""Mailings: a view that goes out by mail, to whom, in which form and when; and what was sent."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.reports import actions, reads, sending
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.explorer.views import address_of
from dangol.web.feeds.forms import WEEKDAYS, PlanForm
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.work.schedules.rules import Plan

FORMS = (("xlsx", "Excel"), ("csv", "CSV"), ("pdf", "PDF"), ("png", "PNG"))
EVERY = (("daily", _("Every day")), ("weekly", _("On days of the week")), ("monthly", _("On a day of the month")))
KINDS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv",
         "pdf": "application/pdf", "png": "image/png"}  # fmt: skip


class MailForm(PlanForm):
    """To whom, in which form and when."""

    minutes = retries = late_minutes = None  # type: ignore[assignment]
    form = forms.ChoiceField(label=_("Form of the file"), choices=FORMS)
    recipients = forms.TypedMultipleChoiceField(
        label=_("Recipients"), coerce=int, widget=forms.CheckboxSelectMultiple,
        help_text=_("Members only. Each gets what their own rights show."),
    )  # fmt: skip
    field_order = ("form", "recipients", "every", "at", "weekdays", "month_day")

    def __init__(self, *given: Any, by: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        fields: Any = self.fields
        people = dict(staff.holders(by, Right.INSIGHT_VIEW)) | {by.pk: by.name}
        fields["recipients"].choices = [
            (str(pk), format_html("<span data-own>{}</span>", name)) for pk, name in people.items()
        ]
        fields["every"].choices = EVERY
        fields["month_day"].required = False

    def plan(self) -> Plan:
        data = self.cleaned_data
        days = tuple(sorted(data["weekdays"]))
        return Plan(data["every"], at=data["at"].strftime("%H:%M"), weekdays=days, month_day=data["month_day"] or 1)


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def mailings(request: Request, view_id: int) -> HttpResponseBase:
    """The mailings of a view, and a new one."""
    view = reads.seen(request.user, view_id)
    initial = {"form": "xlsx", "every": "weekly", "at": "08:00", "weekdays": ["0"], "month_day": 1,
               "recipients": [str(request.user.pk)]}  # fmt: skip
    form = MailForm(request.POST or None, initial=initial, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.mail(by=request.user, view_id=view_id, form=form.cleaned_data["form"],
                         recipients=form.cleaned_data["recipients"], plan=form.plan())  # fmt: skip
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, sentence(error))
        else:
            messages.success(request, gettext("The report is scheduled."))
            return redirect("explorer:mailings", view_id)
    return render(request, "explorer/mailings.html", {
        "view": view, "view_url": address_of(view), "form": form,
        "rows": [_row(one, request.user) for one in reads.mailings(request.user, view_id)],
    }, status=422 if form.errors else 200)  # fmt: skip


def _row(one: reads.MailingView, by: Any) -> dict[str, Any]:
    plan = one.clock.plan if one.clock else None
    return {
        "one": one, "form": dict(FORMS)[one.form], "when": _when(plan) if plan else "",
        "copies": [(copy, gettext(sending.STATES[copy.state]), _badge(copy.state)) for copy in one.copies],
    }  # fmt: skip


def _when(plan: Plan) -> str:
    if plan.every == "weekly":
        days = ", ".join(str(WEEKDAYS[day]) for day in plan.weekdays)
        return gettext("%(days)s at %(time)s") % {"days": days, "time": plan.at}
    if plan.every == "monthly":
        return gettext("day %(day)s of the month at %(time)s") % {"day": plan.month_day, "time": plan.at}
    return gettext("every day at %(time)s") % {"time": plan.at}


def _badge(state: str) -> str:
    return {"sent": "ok", "failed": "bad", "in_doubt": "warn"}.get(state, "info")


@page(Right.INSIGHT_VIEW, methods=("POST",))
def act(request: Request, view_id: int, mailing_id: int) -> HttpResponseBase:
    """Send now, pause, go on or end."""
    wanted = request.POST.get("act", "")
    try:
        if wanted == "send":
            actions.send_now(by=request.user, mailing_id=mailing_id)
            messages.success(request, gettext("Started. How it went shows here in a moment."))
        elif wanted in ("pause", "resume"):
            actions.pause(by=request.user, mailing_id=mailing_id, paused=wanted == "pause")
        elif wanted == "stop":
            actions.stop(by=request.user, mailing_id=mailing_id)
            messages.success(request, gettext("The mailing was ended."))
        else:
            raise NotFound("There is no such action.")
    except Conflict as error:
        messages.info(request, sentence(error))
    return redirect("explorer:mailings", view_id)


@page(Right.INSIGHT_VIEW)
def copy(request: Request, copy_id: int) -> HttpResponse:
    """A file as it was sent."""
    name, content = reads.sent_file(request.user, copy_id)
    response = HttpResponse(content, content_type=KINDS[name.rpartition(".")[2]])
    response["Content-Disposition"] = f'attachment; filename="report-{name}"'
    return response
