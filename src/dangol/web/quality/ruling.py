"""The steward's rules: list, form with a count before saving, versions, undo, switch."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.quality import actions, reads
from dangol.customers.quality.rules.checks import FIELDS, KINDS, SEVERITY_NAMES, Rule
from dangol.staff.rules import Right
from dangol.web.quality.forms import RuleForm, initial_of
from dangol.web.quality.pages import frame
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, page


@page(Right.CUSTOMERS_VIEW)
def index(request: Request) -> HttpResponse:
    """All rules, the worst first."""
    lines = reads.rule_lines(request.user)
    context = {"lines": lines, "kinds": KINDS.values(), "fields": FIELDS, "kinds_by": KINDS,
               "severities": SEVERITY_NAMES}  # fmt: skip
    return render(request, "quality/rules.html", frame(request, "rules") | context)


@page(Right.QUALITY_EDIT, methods=("POST",))
def begin(request: Request) -> HttpResponse:
    """Write the usual rules."""
    actions.begin(by=request.user)
    return HttpResponseRedirect(reverse("quality:rules"))


def _kind(name: str) -> str:
    if name not in KINDS:
        raise NotFound("There is no such kind of rule.")
    return name


def _uses(request: Request) -> list[str]:
    return sorted({rule.use for rule in reads.rules(request.user) if rule.use})


@page(Right.QUALITY_EDIT, methods=("GET", "POST"))
def new(request: Request, kind: str) -> HttpResponseBase:
    """A new rule of a kind."""
    usual = {"severity": "warn", "weight": 1, "whom": "all"}
    form = RuleForm(request.POST or None, kind=_kind(kind), uses=_uses(request), initial=usual)
    return _answer(request, form, None)


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def change(request: Request, rule_id: int) -> HttpResponseBase:
    """A rule: what it says, its versions; a steward changes it here."""
    rule = reads.rule(request.user, rule_id)
    form = RuleForm(request.POST or None, kind=rule.kind, rule=rule, uses=_uses(request), initial=initial_of(rule))
    return _answer(request, form, rule)


def _answer(request: Request, form: RuleForm, rule: Rule | None) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        kept = _save(request, form, rule)
        if kept is not None:
            messages.success(request, _("The rule was saved. It counts from the next measuring on."))
            return HttpResponseRedirect(reverse("quality:rules"))
    context = frame(request, "rules") | {
        "form": form, "rule": rule, "kind": form.kind, "uses": sorted(form.known), "fields": FIELDS,
        "severities": SEVERITY_NAMES, "history": reads.history(request.user, rule.id) if rule else [],
        "line": next((one for one in reads.rule_lines(request.user) if rule and one.rule.id == rule.id), None),
    }  # fmt: skip
    return render(request, "quality/rule.html", context, status=422 if form.errors else 200)


def _save(request: Request, form: RuleForm, rule: Rule | None) -> Rule | None:
    try:
        version = request.POST.get("version", "")
        made = form.made()
        if rule is not None and version.isdecimal() and int(version) != rule.version:
            raise Conflict("Somebody changed this rule meanwhile. Look at it again before you save yours.")
        return actions.save(by=request.user, rule=made)
    except (BadInput, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, sentence(error))
        return None


@page(Right.QUALITY_EDIT, methods=("POST",))
def preview(request: Request, kind: str) -> HttpResponse:
    """How many customers the rule in the form would find now; nothing is saved."""
    form = RuleForm(request.POST, kind=_kind(kind), uses=_uses(request))
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            context["found"] = reads.preview(request.user, form.made())
        except BadInput as error:
            context["problem"] = sentence(error)
    else:
        name, errors = next(iter(form.errors.items()))
        context["problem"] = f"{form.fields[name].label}: {errors[0]}" if name in form.fields else errors[0]
    return render(request, "quality/preview.html", context)


@page(Right.QUALITY_EDIT, methods=("POST",))
def switch(request: Request, rule_id: int) -> HttpResponse:
    """Switch a rule on or off."""
    rule = actions.switch(by=request.user, rule_id=rule_id, on=request.POST.get("on") == "1")
    said = _("Switched on: {name}") if rule.on else _("Switched off: {name}")
    messages.success(request, said.format(name=say(rule.name)))
    return HttpResponseRedirect(reverse("quality:rules"))


@page(Right.QUALITY_EDIT, methods=("POST",))
def undo(request: Request, rule_id: int) -> HttpResponse:
    """Bring back the version before."""
    try:
        actions.undo(by=request.user, rule_id=rule_id)
        messages.success(request, _("The version before was brought back."))
    except Conflict as error:
        messages.warning(request, sentence(error))
    return HttpResponseRedirect(reverse("quality:rule", args=[rule_id]))
