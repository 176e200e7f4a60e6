"""The scheme customers are scored by: in force, tried out on today's customers, published."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dangol.base.errors import BadInput, DangolError, NotFound
from dangol.base.money import currency, to_minor
from dangol.insight.score import actions, reads
from dangol.insight.score.rules import AXES, AXIS_NAMES, PRESETS, Axis, Difference, RfmScheme, cut_points
from dangol.staff.reads import may, require
from dangol.staff.rules import Right
from dangol.web.insight.channel import all_channels, chosen, query, switch
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags import dangol as shown

OWN = "own"
WINDOWS = (("90", gettext_lazy("90 days")), ("180", gettext_lazy("180 days")), ("365", gettext_lazy("1 year")),
           ("", gettext_lazy("all history")))  # fmt: skip


class SchemeForm(forms.Form):
    """What a scheme is made of; with a preset only the window and the weights are asked for."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Groups"),
        choices=[*((code, f"RFM {code}") for code in PRESETS), (OWN, gettext_lazy("Own"))],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("555 makes five groups of about equal size on each axis."),
    )
    window_days = forms.TypedChoiceField(
        label=gettext_lazy("Window of frequency and monetary value"), choices=WINDOWS, coerce=int, empty_value=None,
        required=False, help_text=gettext_lazy("Recency always looks at all history."),
    )  # fmt: skip
    r_groups = forms.IntegerField(label=gettext_lazy("Groups of recency"), min_value=2, max_value=9, required=False)
    f_groups = forms.IntegerField(label=gettext_lazy("Groups of frequency"), min_value=2, max_value=9, required=False)
    m_groups = forms.IntegerField(label=gettext_lazy("Groups of money"), min_value=2, max_value=9, required=False)
    r_cuts = forms.CharField(label=gettext_lazy("Cut points of recency (days)"), required=False, max_length=200,
                             help_text=gettext_lazy("Like 7, 30, 90, 180. Empty: groups of about equal size."),
                             )  # fmt: skip
    f_cuts = forms.CharField(label=gettext_lazy("Cut points of frequency (orders)"), required=False, max_length=200,
                             help_text=gettext_lazy("Like 2, 3, 6, 12."),
                             )  # fmt: skip
    m_cuts = forms.CharField(label=gettext_lazy("Cut points of money (amount)"), required=False, max_length=200,
                             help_text=gettext_lazy("Like 100, 300, 600, 1000."),
                             )  # fmt: skip
    r_weight = forms.FloatField(label=pgettext_lazy("weight", "Recency"), min_value=0, max_value=100, initial=1)
    f_weight = forms.FloatField(label=pgettext_lazy("weight", "Frequency"), min_value=0, max_value=100, initial=1)
    m_weight = forms.FloatField(label=pgettext_lazy("weight", "Monetary value"), min_value=0, max_value=100, initial=1)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, required=False)

    def scheme(self) -> RfmScheme:
        """The scheme that was filled in. Raises BadInput with the field at fault."""
        given = self.cleaned_data
        axes = {code: self._axis(code, given) for code in AXES}
        usual = _("Own scheme") if given["kind"] == OWN else f"RFM {given['kind']}"
        return RfmScheme(name=given["name"] or usual, window_days=given["window_days"], r=axes["r"], f=axes["f"],
                         m=axes["m"])  # fmt: skip

    def _axis(self, code: str, given: Mapping[str, Any]) -> Axis:
        weight = given[f"{code}_weight"]
        if given["kind"] != OWN:
            return Axis(groups=int(given["kind"][AXES.index(code)]), weight=weight)
        points = self._cut_points(code, given[f"{code}_cuts"])
        try:
            if points:
                return Axis(groups=len(points) + 1, method="fixed", cut_points=points, weight=weight)
            return Axis(groups=given[f"{code}_groups"] or 5, weight=weight)
        except BadInput as wrong:
            raise BadInput(wrong.template, field=f"{code}_cuts", **wrong.params) from None

    def _cut_points(self, code: str, text: str) -> tuple[int, ...]:
        if code != "m":
            return cut_points(text, field=f"{code}_cuts")
        unit = currency(settings.DANGOL.currency)
        try:
            return tuple(to_minor(part, unit) for part in text.replace(";", ",").split(",") if part.strip())
        except BadInput as wrong:
            raise BadInput(wrong.template, field="m_cuts", **wrong.params) from None


def _initial(scheme: RfmScheme) -> dict[str, Any]:
    """The form as the scheme in force would fill it in."""
    groups = "".join(str(axis.groups) for axis in scheme.axes.values())
    plain = groups in PRESETS and all(axis.method == "quantile" for axis in scheme.axes.values())
    filled: dict[str, Any] = {"kind": groups if plain else OWN, "window_days": scheme.window_days or ""}
    unit = currency(settings.DANGOL.currency)
    for code, axis in scheme.axes.items():
        scale = 10**unit.digits if code == "m" else 1
        points = axis.cut_points if axis.method == "fixed" else ()
        filled |= {f"{code}_groups": axis.groups, f"{code}_weight": axis.weight,
                   f"{code}_cuts": ", ".join(f"{point / scale:g}" for point in points)}  # fmt: skip
    return filled


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def scheme(request: Request) -> HttpResponse:
    """The scheme in force, its versions, and a form to try out and publish another one."""
    channel = chosen(request)
    view = reads.scheme(channel)
    form = SchemeForm(request.POST or None, initial=_initial(view.scheme))
    if request.method == "POST":
        require(request.user, Right.INSIGHT_EDIT)
        published = _publish(request, form, channel)
        if published is not None:
            return HttpResponseRedirect(reverse("insight:scheme") + query(channel, job=str(published)))
    job = request.GET.get("job", "")
    return render(request, "insight/scheme.html", {
        "view": view, "scheme": view.scheme, "axes": view.scheme.axes, "form": form, "job": _job(request, job),
        "may_edit": may(request.user, Right.INSIGHT_EDIT),
        "versions": [{"view": one, "changes": [_change(change) for change in one.changes]}
                     for one in reads.scheme_versions(channel)],
        "axis_names": AXIS_NAMES, "tried": None if form.errors else _tried(view.scheme, channel),
        "unit": currency(settings.DANGOL.currency).code, **switch(request, channel),
        "all_channels": all_channels(),
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("POST",))
def use_again(request: Request, version: int) -> HttpResponse:
    """Publish an earlier version once more."""
    channel = chosen(request)
    job = actions.use_scheme_again(by=request.user, version=version, channel=channel)[1]
    return HttpResponseRedirect(reverse("insight:scheme") + query(channel, job=str(job)))


WHAT = {
    "name": gettext_lazy("Name"), "window": gettext_lazy("Window (days)"), "groups": gettext_lazy("Groups"),
    "cut_points": gettext_lazy("Cut points"), "high": gettext_lazy("High from score"), "weight": gettext_lazy("Weight"),
}  # fmt: skip


def _change(change: Difference) -> dict[str, Any]:
    """A difference in words: R · cut points, before, after."""
    lead = f"{change.axis.upper()} · " if change.axis else ""
    return {"what": f"{lead}{WHAT[change.what]}", "before": _worded(change, change.before),
            "after": _worded(change, change.after)}  # fmt: skip


def _worded(change: Difference, value: Any) -> str:
    if change.what == "window":
        return str(value or _("all history"))
    if change.what != "cut_points":
        return f"{value:g}" if isinstance(value, float) else str(value)
    if not value:
        return _("computed at the next scoring")
    return " · ".join(shown.money(point) if change.axis == "m" else shown.number(point) for point in value)


def _publish(request: Request, form: SchemeForm, channel: str) -> int | None:
    """Publish what was filled in; returns the job's id, or None with the errors on the form."""
    if not form.is_valid():
        return None
    try:
        return actions.save_scheme(by=request.user, scheme=form.scheme(), channel=channel)[1]
    except BadInput as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, sentence(wrong))
        return None


def _job(request: Request, given: str) -> Any:
    from dangol.work import reads as work

    try:
        return work.job(request.user, int(given)) if given.isdecimal() else None
    except DangolError:
        return None


def _tried(wanted: RfmScheme, channel: str) -> dict[str, Any] | None:
    """Sizes by a scheme beside today's; None before there are purchases. Raises BadInput."""
    try:
        seen = reads.preview(wanted, channel)
    except NotFound:
        return None
    try:
        now = {segment.code: segment.customers for segment in reads.segments(channel=channel)}
    except NotFound:  # its first scoring is still to come
        now = {}
    most = max([*seen.segments.values(), *(now.values()), 1], key=lambda count: count or 0)
    names = reads.strategies()
    return {
        "customers": seen.customers, "as_of": seen.as_of, "scheme": seen.scheme, "most": most,
        "segments": [{"code": code, "name": names[code].name, "customers": count, "now": now.get(code),
                      "change": count - (now.get(code) or 0)} for code, count in seen.segments.items()],
        "axes": [{"code": code, "name": AXIS_NAMES[code], "axis": seen.scheme.axes[code],
                  "sizes": sorted(seen.axes[code].items(), reverse=True),
                  "most": max([*seen.axes[code].values(), 1]), "picture": _picture(seen, code)} for code in AXES],
    }  # fmt: skip


PICTURE_WIDTH, PICTURE_HEIGHT = 320, 84


def _picture(seen: Any, code: str) -> dict[str, Any]:
    """The histogram of an axis as bars and cut lines in a box of PICTURE_WIDTH by PICTURE_HEIGHT.

    Cut lines can be dragged (js/insight.js): `scale` of the axis' own units are one of those that are typed.
    """
    found, axis = seen.histograms[code], seen.scheme.axes[code]
    most, width = max([*found.customers, 1]), PICTURE_WIDTH / len(found.customers)
    heights = [round(PICTURE_HEIGHT * count / most, 2) for count in found.customers]
    bars = [{"x": round(place * width, 2), "height": height, "y": PICTURE_HEIGHT - height}
            for place, height in enumerate(heights)]  # fmt: skip
    scale = 10 ** currency(settings.DANGOL.currency).digits if code == "m" else 1
    return {
        "bars": bars, "bar_width": round(width - 1, 2), "top": found.top, "scale": scale, "round_top": round(found.top),
        "cuts": [{"x": round(PICTURE_WIDTH * found.place(point), 1), "value": point / scale}
                 for point in axis.cut_points],
    }  # fmt: skip


@page(Right.INSIGHT_VIEW)
def preview(request: Request) -> HttpResponse:
    """The fragment that shows what the form would make of today's customers; changes nothing."""
    form, channel = SchemeForm(request.GET), chosen(request)
    wrong, tried = "", None
    try:
        tried = _tried(form.scheme(), channel) if form.is_valid() else None
        wrong = "" if form.is_valid() else " ".join(str(error) for errors in form.errors.values() for error in errors)
    except BadInput as refused:
        wrong = sentence(refused)
    return render(request, "insight/preview.html", {"tried": tried, "wrong": wrong})
