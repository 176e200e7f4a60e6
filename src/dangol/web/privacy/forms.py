"""The forms of this area."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSE_NAMES, WAYS
from dangol.privacy.rules import CHECKS, GROUNDS, KINDS

LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}  # each in its own words


def _choices(names: Any, *, first: Any = None) -> list[tuple[str, Any]]:
    """Pairs for a select, in the reader's language."""
    return ([("", first)] if first is not None else []) + [(key, _(name)) for key, name in names.items()]


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Intake(forms.Form):
    """A request a customer made by phone, letter or in person."""

    customer = forms.IntegerField(label=_("Customer’s number"), min_value=1, max_value=2**63 - 1)
    kind = forms.ChoiceField(label=_("What is asked for"), choices=_choices(KINDS))
    received_at = forms.DateTimeField(
        label=_("Received"), widget=_Moment, initial=timezone.now, help_text=_("The deadline runs from this moment.")
    )
    country = forms.ChoiceField(label=_("Law of"))
    wish = forms.CharField(
        label=_("In the customer’s words"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *given: Any, countries: tuple[str, ...], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["country"].choices = [(one, one) for one in countries]  # type: ignore[attr-defined]


class Check(forms.Form):
    """How it was made sure that the customer asks."""

    how = forms.ChoiceField(label=_("How was the identity checked?"), choices=_choices(CHECKS))
    remark = forms.CharField(label=_("Remark"), required=False, max_length=200)


class Answer(forms.Form):
    """What the customer is told."""

    answer = forms.CharField(
        label=_("What the customer is told"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class Refusal(Answer):
    """Why a request is refused, and what the customer is told."""

    ground = forms.ChoiceField(label=_("Ground"), choices=_choices(GROUNDS))
    field_order = ("ground", "answer")


class Word(forms.Form):
    """A word of consent a member writes down."""

    about = forms.ChoiceField(label=_("About"))
    given = forms.ChoiceField(label=_("Said"), choices=[("yes", _("agrees")), ("no", _("refuses"))])
    at = forms.DateTimeField(label=_("When"), widget=_Moment, initial=timezone.now)
    through = forms.ChoiceField(label=_("How it was given"), choices=_choices(WAYS))
    text_version = forms.CharField(label=_("Version of the text"), max_length=40, required=False)
    proof = forms.CharField(
        label=_("Proof"),
        max_length=200,
        required=False,
        help_text=_("Form number, recording, or where it can be seen."),
    )
    until = forms.DateField(
        label=_("Ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only where it was given for a time."),
    )  # fmt: skip

    def __init__(self, *given: Any, combinations: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["about"].choices = [  # type: ignore[attr-defined]
            (f"{purpose}:{channel}", f"{_(PURPOSE_NAMES[purpose])} · {_(CHANNEL_NAMES[channel])}")
            for purpose, channel in combinations
        ]


class Guardian(forms.Form):
    """A guardian's consent for a customer under 14."""

    guardian = forms.CharField(label=_("Name of the guardian"), max_length=100)
    relation = forms.CharField(label=_("Relation to the customer"), max_length=40)
    proof = forms.CharField(label=_("Proof"), max_length=200, help_text=_("How the guardian’s identity was checked."))
    at = forms.DateTimeField(label=_("When"), widget=_Moment, initial=timezone.now)


class Text(forms.Form):
    """A text of consent."""

    purpose = forms.ChoiceField(label=_("Purpose"), choices=_choices(PURPOSE_NAMES))
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGE_NAMES.items()))
    version = forms.CharField(label=_("Version"), max_length=40, help_text=_("Like 2027-01."))
    title = forms.CharField(label=_("Title"), max_length=120)
    text = forms.CharField(label=_("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 8}))


class Breach(forms.Form):
    """Whom a breach touched, and what happened."""

    customers = forms.CharField(
        label=_("Customers’ numbers"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Separated by spaces or commas. Leave it empty to choose by account and time, or everybody."),
    )  # fmt: skip
    member = forms.IntegerField(label=_("Account’s number"), required=False, min_value=1, max_value=2**63 - 1)
    since = forms.DateTimeField(label=_("From"), required=False, widget=_Moment)
    until = forms.DateTimeField(label=_("Until"), required=False, widget=_Moment)
    everybody = forms.BooleanField(label=_("Everybody whose data is kept"), required=False)
    when = forms.CharField(label=_("When it happened"), max_length=200)
    what = forms.CharField(label=_("What happened"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    taken = forms.CharField(label=_("Which data"), max_length=300)
    advice = forms.CharField(label=_("What people can do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    done = forms.CharField(label=_("What we have done"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    language = forms.ChoiceField(label=_("Language of the notice"), choices=list(LANGUAGE_NAMES.items()))
    reason = forms.CharField(
        label=_("Reason for the export"), max_length=300, required=False,
        help_text=_("Only for the list; it goes to the access log."),
    )  # fmt: skip
