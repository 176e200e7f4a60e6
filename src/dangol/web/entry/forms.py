"""The forms of signing in and of one's own account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import DangolError
from dangol.staff.rules import RIGHT_NAMES, Right
from dangol.web.sentences import sentence


def told(form: forms.BaseForm, error: DangolError) -> None:
    """Put an expected failure at the field it names, or above the form."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, sentence(error))


def _password(label: Any, *, new: bool, **more: Any) -> forms.CharField:
    attrs = {"autocomplete": "new-password" if new else "current-password"}
    return forms.CharField(label=label, strip=False, max_length=1000, widget=forms.PasswordInput(attrs=attrs), **more)


class SignIn(forms.Form):
    """E-mail and password."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = _password(_("Password"), new=False)


class Code(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Six digits from your authenticator app, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )


class Confirm(forms.Form):
    """The password once more, with the second factor where one is on."""

    password = _password(_("Password"), new=False)

    def __init__(self, *given: Any, second_factor: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        if second_factor:
            self.fields["code"] = Code.base_fields["code"]


class Profile(forms.Form):
    """One's own name, language and colours."""

    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.ChoiceField(label=_("Language"), choices=[("ko", "한국어"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("Colours"), choices=[("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))]
    )


class Password(forms.Form):
    """The current password and a new one."""

    current = _password(_("Current password"), new=False)
    password = _password(
        _("New password"), new=True, help_text=_("At least 8 characters; a few words in a row are good.")
    )


class SecondFactor(forms.Form):
    """The first code of a newly connected app."""

    code = forms.CharField(
        label=_("Code from the app"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class Token(forms.Form):
    """A new API token."""

    name = forms.CharField(label=_("Name of the token"), max_length=80, help_text=_("What will use it?"))
    days = forms.TypedChoiceField(
        label=_("Good for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("365 days"))],
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *given: Any, rights: list[Right], **more: Any) -> None:
        super().__init__(*given, **{"auto_id": "token_%s", **more})  # the profile on the same page has a name too
        choices = [(right.value, _(RIGHT_NAMES[right])) for right in rights]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
