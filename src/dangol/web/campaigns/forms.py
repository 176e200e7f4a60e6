"""The plan as a form. Nothing in it is required: a draft always saves; what is wrong is listed beside it."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, NotFound
from dangol.base.money import currency, to_major, to_minor
from dangol.campaigns.plan import reads, rules
from dangol.channels import letters
from dangol.channels import reads as channels
from dangol.customers.surveys import reads as surveys
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments

HELP = {
    "control_percent": _("Drawn at random and not contacted: only against it can an effect be seen."),
    "contacted_days": _("0 leaves nobody out."),
    "discount": _("What each purchase of a contacted customer costs you."),
    "margin_percent": _("Your share of the sales; profit is counted with it."),
    "landing": _("A path of this site, like /spring/. Empty shows the offer."),
    "starts_on": _("Purchases are counted from this day on."),
    "survey": _("Where {{ survey }} leads to; answers count for the customer and for this campaign."),
    "link_label": _("What {{ link }} reads like in the message."),
    "why": _("What you know of these customers, and what you recommend for them. The approver reads it."),
    "subject": _("The label the law asks for is put before it."),
}
PREFIX = "filter."
SOURCE = ("why_from", "why_at")  # where a plan's reason comes from: carried, not typed


def _day_field(name: str) -> forms.Field:
    return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}))


def _widget(name: str, spec: rules.Field) -> forms.Field:
    """The field of a plan as a form field that accepts anything."""
    if spec.kind == "date":
        return _day_field(name)
    if spec.choices is not None:
        choices = [("", "–"), *((key, gettext(text)) for key, text in spec.choices.items())]
        return forms.CharField(widget=forms.Select(choices=choices))
    if spec.kind == "long":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": {"body": 10, "why": 4}.get(name, 3)}))
    attrs = {"inputmode": "numeric"} if spec.kind in ("int", "minor") else {}
    return forms.CharField(widget=forms.TextInput(attrs=attrs))


def channel_name(name: str) -> str:
    """A channel as people call it; one of another package under its own name."""
    return {"email": gettext("E-mail")}.get(name, name)


class PlanForm(forms.Form):
    """Made from plan.rules.FIELDS, so that a field is described once."""

    use_required_attribute = False

    def __init__(self, content: dict[str, Any], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.content = content
        for name, spec in rules.FIELDS.items():
            if spec.kind in ("list", "map") or name in ("seed", *SOURCE):
                continue
            own = {"as_of": self._as_of, "channel": self._channel, "survey": self._survey}
            made = own[name]() if name in own else _widget(name, spec)
            made.label, made.required = (
                gettext(spec.label),
                spec.needed,
            )  # said beside the label only: nothing is refused
            made.help_text = HELP.get(name, "")
            made.initial = _shown(spec, content[name])
            self.fields[name] = made

    def _as_of(self) -> forms.Field:
        days = _months()
        if not days:
            return _day_field("as_of")
        choices = [("", "–"), *((day.isoformat(), day.isoformat()) for day in reversed(days))]
        return forms.CharField(widget=forms.Select(choices=choices))

    def _channel(self) -> forms.Field:
        return forms.CharField(widget=forms.Select(choices=[(name, channel_name(name)) for name in channels.names()]))

    def _survey(self) -> forms.Field:
        known = {code: one.name for code, one in surveys.linkable().items()}
        chosen = self.content["survey"]
        kept = {chosen: chosen} if chosen and chosen not in known else {}
        return forms.CharField(widget=forms.Select(choices=[("", "–"), *(known | kept).items()]))

    def given(self) -> dict[str, Any]:
        """What was typed, as fields of a plan; amounts in minor units where they can be read."""
        typed = self.data
        fields: dict[str, Any] = {
            name: _taken(rules.FIELDS[name], str(typed.get(name, ""))) for name in self.fields if name in typed
        }
        fields |= {name: typed[name] for name in SOURCE if name in typed}
        if isinstance(typed, QueryDict):
            fields["segments"], fields["built"] = typed.getlist("segments"), typed.getlist("built")
            fields["filters"] = {key[len(PREFIX) :]: typed.getlist(key) for key in typed if key.startswith(PREFIX)}
        return fields

    def segments(self) -> list[dict[str, Any]]:
        """The segments to choose from on the plan's day."""
        chosen = self.content["segments"]
        return [
            {"code": one.code, "name": one.name, "aim": one.aim, "customers": one.customers, "on": one.code in chosen}
            for one in _segments(rules.day(self.content["as_of"]))
        ]

    def built(self, by: Any) -> list[dict[str, Any]]:
        """The segments people built that a member may aim at, and which are chosen."""
        chosen = self.content["built"]
        return [{"id": str(one.id), "name": one.name, "customers": one.size, "note": one.note,
                 "on": str(one.id) in chosen} for one in segments.segments(by)]  # fmt: skip

    def conditions(self) -> list[dict[str, Any]]:
        """Further conditions: attribute, its values, which are chosen."""
        try:
            known = reads.attribute_values()
        except NotFound:
            return []
        return [
            {"name": name, "label": rules.ATTRIBUTES[name], "key": PREFIX + name,
             "values": [(value, value in self.content["filters"].get(name, [])) for value in values]}
            for name, values in known.items()
        ]  # fmt: skip

    @property
    def source(self) -> dict[str, str]:
        """Where the plan's reason comes from, and the page of it where that is one of this site."""
        at = self.content["why_at"]
        return {"text": self.content["why_from"], "at": at if rules.is_own_path(at) else ""}

    @property
    def names(self) -> str:
        """The names a message may use."""
        return " ".join(f"{{{{ {name} }}}}" for name in letters.NAMES)


def _months() -> list[date]:
    try:
        return score.months()
    except NotFound:
        return []


def _segments(day: date | None) -> list[Any]:
    for asked in (day, None):
        try:
            return score.segments(asked)
        except NotFound:
            continue
    return []


def _shown(spec: rules.Field, value: Any) -> Any:
    if spec.kind == "minor" and isinstance(value, int):
        return f"{to_major(value, currency(settings.DANGOL.currency)):f}"
    return "" if value is None else value


def _taken(spec: rules.Field, text: str) -> Any:
    if spec.kind != "minor" or not text.strip():
        return text
    try:
        return to_minor(text, currency(settings.DANGOL.currency))
    except BadInput:
        return text
