"""Measures: those there are, and those people make of them by a formula."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, Conflict, Damaged, NotFound, TooMuch
from dangol.insight.olap import reads, rules
from dangol.insight.olap.own import actions, uses
from dangol.insight.olap.own import reads as own
from dangol.reports import show
from dangol.staff.reads import may, require
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

UNITS = (
    (rules.Unit.MONEY.value, _("amount of money")), (rules.Unit.COUNT.value, _("number of things")),
    (rules.Unit.RATIO.value, _("plain number with decimals")), (rules.Unit.SHARE.value, _("share in percent")),
    (rules.Unit.DAYS.value, _("days")),
)  # fmt: skip


class MeasureForm(forms.Form):
    """A measure as it is written down."""

    label_ko = forms.CharField(label=_("Name in Korean"), max_length=60)
    label_en = forms.CharField(label=_("Name in English"), max_length=60)
    name = forms.CharField(
        label=_("Short name"), max_length=60,
        help_text=_("For formulas, files and scripts: small English letters, like net_sales."),
    )  # fmt: skip
    formula = forms.CharField(
        label=_("Formula"), max_length=500, widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=_("Short names of measures, numbers, + - * / and brackets: (sales_amount - discount) / orders"),
    )  # fmt: skip
    condition = forms.CharField(
        label=_("Only where"), max_length=4000, required=False,
        help_text=_("Left empty, everything counts. Like: channel = 'web' and age_band is not null"),
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("Unit of measure"), choices=UNITS)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def written(self, star: str) -> own.Written:
        """What was filled in."""
        given = self.cleaned_data
        return own.Written(star=star, **{**given, "version": given["version"] or 0})


def _star(request: Request) -> str:
    return str(request.GET.get("star", "") or request.POST.get("star", ""))


def _to(star: str) -> str:
    return reverse("insight:measures") + (f"?star={star}" if star else "")


@page(Right.INSIGHT_VIEW)
def measures(request: Request) -> HttpResponse:
    """All measures of a star, own ones first."""
    star = _star(request)
    model = reads.model(request.user, star)
    made = {one.name: one for one in own.written(star)}
    lines = [{"name": one.name, "label": gettext(said[0]), "definition": gettext(said[1]), "own": made.get(one.name),
              "unit": dict(UNITS)[one.unit.value]}
             for one in model.measures.values() for said in (reads.texts(one),)]  # fmt: skip
    return render(request, "insight/measures.html", {
        "lines": [line for line in lines if line["own"]], "built_in": [line for line in lines if not line["own"]],
        "unfit": [one for one in made.values() if one.name not in model.measures], "star": star,
        "stars": reads.stars(request.user), "may_edit": may(request.user, Right.INSIGHT_EDIT),
    })  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def measure(request: Request, name: str = "") -> HttpResponse:
    """One own measure, or a new one: its form with a live check, and its versions."""
    star = _star(request)
    known = own.one(star, name) if name else None
    initial = {field: getattr(known, field) for field in MeasureForm.base_fields} if known else {"version": 0}
    form = MeasureForm(request.POST or None, initial=initial)
    if known:
        form.fields["name"].disabled = True
    if request.method == "POST":
        require(request.user, Right.INSIGHT_EDIT)
        if _saved(request, form, star):
            messages.success(request, gettext("The measure is kept."))
            return redirect(_to(star))
    made = uses.measures(request.user, star, name) if known else []
    return render(request, "insight/measure.html", {
        "made": made, "shown": uses.elsewhere(request.user, star, name) if known else [],
        "form": form, "known": known, "title": _title(known), "star": star, "back": _to(star),
        "names": _names(request, star),
        "versions": own.versions(star, name) if name else [], "units": dict(UNITS),
        "may_edit": may(request.user, Right.INSIGHT_EDIT), "wrong": "", "tried": None,
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


def _title(known: own.Written | None) -> str:
    """What the measure is called in the reader's language."""
    if known is None:
        return ""
    return known.label_ko if (get_language() or "").startswith("ko") else known.label_en


def _saved(request: Request, form: MeasureForm, star: str) -> bool:
    if not form.is_valid():
        return False
    try:
        actions.save(by=request.user, given=form.written(star))
    except (BadInput, Conflict) as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, sentence(wrong))
        return False
    return True


def _names(request: Request, star: str) -> list[dict[str, str]]:
    """Short names for formulas and conditions, with what they mean."""
    known = reads.model(request.user, star)
    items: list[rules.Measure | rules.Dimension] = [*known.measures.values(), *known.dimensions.values()]
    told = [(one.name, reads.texts(one)[0]) for one in items]
    return [{"name": name, "label": gettext(label)} for name, label in told]


@page(Right.INSIGHT_EDIT)
def check(request: Request) -> HttpResponse:
    """The fragment that says what the form would make; changes nothing."""
    star, wrong, tried = _star(request), "", None
    form = MeasureForm(request.GET)
    if form.is_valid():
        try:
            tried = _tried(request, form.written(star))
        except (BadInput, NotFound, Damaged, TooMuch) as refused:
            wrong = sentence(refused)
    elif request.GET.get("formula"):
        wrong = gettext("Fill in both names, the short name and the formula, and the figure appears here.")
    return render(request, "insight/measure_check.html", {"wrong": wrong, "tried": tried})


def _tried(request: Request, given: own.Written) -> dict[str, Any]:
    """What the measure means and what it is now."""
    found, answer = actions.tried(by=request.user, given=given)
    label, definition = reads.texts(found)
    value = ""
    if answer and answer.rows:
        value = show.figure(answer.rows[0][found.name], found.unit, answer.currency)
    return {"label": label, "definition": definition, "value": value, "as_of": answer.as_of if answer else ""}


@page(Right.INSIGHT_EDIT, methods=("POST",))
def remove(request: Request, name: str) -> HttpResponse:
    """Take a measure away; where it is in use, to its page, which says where and what can be done."""
    star = _star(request)
    try:
        actions.remove(by=request.user, star=star, name=name, anyway=request.POST.get("anyway") == "1")
    except Conflict as wrong:
        messages.error(request, sentence(wrong))
        return redirect(reverse("insight:measure", args=[name]) + (f"?star={star}" if star else ""))
    messages.success(request, gettext("The measure is taken away; its versions stay on record."))
    return redirect(_to(star))
