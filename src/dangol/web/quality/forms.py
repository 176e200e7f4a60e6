"""The forms of this area: a rule by its kind, a collection programme."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.money import currency, to_minor
from dangol.customers.quality.actions.asking import Plan
from dangol.customers.quality.rules.checks import (
    ASKED,
    COMPARISONS,
    FIELDS,
    KINDS,
    SEVERITY_NAMES,
    USES,
    WHOM,
    Rule,
)
from dangol.web.sentences import say


def _said(pairs: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, gettext(text)) for key, text in pairs.items()]


def _fields(kinds: Sequence[str]) -> list[tuple[str, str]]:
    return [(one.name, gettext(one.label)) for one in FIELDS.values() if one.kind in kinds]


NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


def _params() -> dict[str, forms.Field]:
    return {
        "pattern": forms.CharField(
            label=_("Pattern"), max_length=200, widget=forms.TextInput(attrs={"spellcheck": "false", "class": "mono"}),
            help_text=_("For the whole value, like [0-9]{5}. Matched in linear time, so no pattern can hang."),
        ),
        "least": forms.CharField(label=_("At least"), required=False, max_length=12,
                                 widget=forms.TextInput(attrs=NUMBER)),
        "most": forms.CharField(label=_("At most"), required=False, max_length=12,
                                widget=forms.TextInput(attrs=NUMBER)),
        "values": forms.CharField(label=_("Values"), max_length=60_000, help_text=_("One a line."),
                                  widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})),
        "months": forms.IntegerField(label=_("Old after so many months"), min_value=1, max_value=600),
        "at_most": forms.IntegerField(label=_("At most so many customers"), min_value=1, max_value=1000),
        "other": forms.ChoiceField(label=_("Other field"), choices=_fields(("text", "number", "link"))),
        "how": forms.ChoiceField(label=_("What must hold"), choices=_said(COMPARISONS)),
    }  # fmt: skip


class RuleForm(forms.Form):
    """A rule of one kind."""

    name = forms.CharField(label=_("Name"), max_length=100)
    field = forms.ChoiceField(label=_("Field"))
    use = forms.CharField(
        label=_("Use"), max_length=100, required=False,
        help_text=_("What the field is needed for, like mailing, calls or a birthday programme. Name your own."),
    )  # fmt: skip
    severity = forms.ChoiceField(label=_("Severity"))
    weight = forms.FloatField(label=_("Weight"), min_value=0, max_value=10,
                              help_text=_("0 to 10; heavier rules come first and count more."))  # fmt: skip
    whom = forms.ChoiceField(label=_("For"))

    def __init__(self, *given: Any, kind: str, rule: Rule | None = None, uses: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*given, **more)
        self.kind, self.rule = KINDS[kind], rule
        self.known = {say(use): use for use in (*USES, *uses)}
        choices = {"field": _fields(self.kind.fits), "severity": _said(SEVERITY_NAMES), "whom": _said(WHOM)}
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        if kind != "required":
            del self.fields["use"]
        params = _params()
        if kind == "range":
            for name in ("least", "most"):
                params[name].help_text = _("A number, or “year” for this year, like year-115.")
                params[name].widget.attrs["inputmode"] = "text"
        place = {name: params[name] for name in self.kind.params}
        order = [*[name for name in self.fields if name in ("name", "field", "use")], *place]
        self.fields.update(place)
        self.order_fields([*order, "severity", "weight", "whom"])

    def made(self) -> Rule:
        """The rule the form describes; texts of the product that were not touched stay translatable."""
        data = self.cleaned_data
        before = self.rule
        name = before.name if before and data["name"] == say(before.name) else data["name"]
        use = self.known.get(data.get("use", "").strip(), data.get("use", ""))
        return Rule(
            name=name, kind=self.kind.name, field=data["field"], use=use, severity=data["severity"],
            weight=data["weight"], whom=data["whom"], params={one: data[one] for one in self.kind.params},
            id=before.id if before else 0, version=before.version if before else 0,
        )  # fmt: skip


def initial_of(rule: Rule) -> dict[str, Any]:
    """A rule's values for its form."""
    params = {name: "\n".join(value) if isinstance(value, list) else value for name, value in rule.params.items()}
    return params | {"name": say(rule.name), "field": rule.field, "use": say(rule.use) if rule.use else "",
                     "severity": rule.severity, "weight": rule.weight, "whom": rule.whom}  # fmt: skip


class ProgrammeForm(forms.Form):
    """A collection programme to start."""

    name = forms.CharField(label=_("Name"), max_length=100)
    fields_asked = forms.MultipleChoiceField(
        label=_("Fields to collect"), widget=forms.CheckboxSelectMultiple, choices=()
    )  # fmt: skip
    unit = forms.TypedChoiceField(label=_("Branch"), required=False, coerce=int, empty_value=None)
    segments = forms.MultipleChoiceField(
        label=_("Segments"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: customers of all segments, also those never scored."),
    )  # fmt: skip
    benefit = forms.CharField(
        label=_("What the customer gets"), required=False, max_length=300,
        help_text=_("Like a sample, points or a birthday gift. Reps see it beside the script."),
    )  # fmt: skip
    script = forms.CharField(label=_("What to say"), required=False, max_length=2000,
                             widget=forms.Textarea(attrs={"rows": 4}))  # fmt: skip
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    most_per_rep = forms.IntegerField(label=_("Tasks for each rep, at most"), min_value=1, max_value=1000, initial=50)
    benefit_cost = forms.CharField(label=_("Cost of the benefit for each customer"), required=False, max_length=15,
                                   widget=forms.TextInput(attrs=NUMBER))  # fmt: skip
    effort_cost = forms.CharField(label=_("Cost of the effort for each customer asked"), required=False, max_length=15,
                                  widget=forms.TextInput(attrs=NUMBER))  # fmt: skip

    def __init__(self, *given: Any, units: Sequence[Any], segments: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        asked = [(name, gettext(FIELDS[name].label)) for name in ASKED]
        whole = [("", _("all that I may see")), *((str(one.id), "\u2003" * one.depth + one.name) for one in units)]
        for name, found in (("fields_asked", asked), ("unit", whole), ("segments", list(segments))):
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def _money(self, name: str) -> int:
        text = str(self.cleaned_data.get(name) or "0").replace(",", "").strip()
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount <= 10**9:
            raise forms.ValidationError(_("Write an amount in digits, like 1000."))
        return to_minor(amount, currency(settings.DANGOL.currency))

    def clean_benefit_cost(self) -> int:
        """Minor units."""
        return self._money("benefit_cost")

    def clean_effort_cost(self) -> int:
        """Minor units."""
        return self._money("effort_cost")

    def plan(self) -> Plan:
        """The programme the form describes."""
        data = self.cleaned_data
        return Plan(
            name=data["name"], fields=data["fields_asked"], unit_id=data["unit"], segments=data["segments"],
            benefit=data["benefit"], script=data["script"], starts_on=data["starts_on"], ends_on=data["ends_on"],
            most_per_rep=data["most_per_rep"], benefit_cost=data["benefit_cost"], effort_cost=data["effort_cost"],
        )  # fmt: skip
