"""The forms of members and of the organisation tree."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dangol.staff.reads import UnitView
from dangol.staff.rules import ROLE_NAMES, UNIT_KINDS
from dangol.web.templatetags.dangol import number


def unit_choices(units: list[UnitView]) -> list[tuple[str, Any]]:
    """The tree as the choices of a select, indented by depth."""
    return [("", _("none")), *((str(unit.id), "\u2003" * unit.depth + unit.name) for unit in units)]


class MemberForm(forms.Form):
    """An account. With `password` for a new one; `active` for one that exists."""

    name = forms.CharField(label=_("Name"), max_length=100)
    email = forms.CharField(
        label=_("E-mail"), max_length=254, help_text=_("The name to sign in with."),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"}),
    )  # fmt: skip
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, _(name)) for role, name in ROLE_NAMES.items()])
    unit = forms.TypedChoiceField(
        label=_("Organisation unit"), required=False, coerce=int, empty_value=None,
        help_text=_("A rep sees the own customers; leaders see those of their unit and everything below it."),
    )  # fmt: skip

    def __init__(self, *given: Any, units: list[UnitView], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["unit"].choices = unit_choices(units)  # type: ignore[attr-defined]


def _new_password(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Password"), strip=False, max_length=1000, help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


class NewMember(MemberForm):
    """A new account."""

    password = _new_password(_("At least 8 characters. The member changes it on the own account page."))
    language = forms.ChoiceField(label=_("Language"), choices=[("ko", "한국어"), ("en", "English")])


class ChangeMember(MemberForm):
    """An account that exists."""

    from_day = forms.DateField(
        label=_("In another unit from"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    active = forms.BooleanField(label=_("May sign in"), required=False)

    def __init__(self, *given: Any, customers: int, **more: Any) -> None:
        super().__init__(*given, **more)
        if not customers:
            del self.fields["from_day"]
            return
        self.fields["from_day"].help_text = ngettext(
            "Where the unit changes, the %(n)s customer of this member comes along from this day (today, if it is left "
            "empty). Sales before it stay with the old unit; the leaders of the new one see the customer at once.",
            "Where the unit changes, the %(n)s customers of this member come along from this day (today, if it is left "
            "empty). Sales before it stay with the old unit; the leaders of the new one see the customers at once.",
            customers,
        ) % {"n": number(customers)}


class NewPassword(forms.Form):
    """A new password for a member who forgot it."""

    password = _new_password(_("All sessions of the member end."))


class NewUnit(forms.Form):
    """A new unit of the organisation tree."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind, _(name)) for kind, name in UNIT_KINDS.items()])
    parent = forms.TypedChoiceField(label=_("Below"), required=False, coerce=int, empty_value=None)

    def __init__(self, *given: Any, units: list[UnitView], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["parent"].choices = unit_choices(units)  # type: ignore[attr-defined]


class ChangeUnit(forms.Form):
    """Name and place of a unit."""

    name = forms.CharField(label=_("Name"), max_length=100)
    parent = forms.TypedChoiceField(
        label=_("Below"), required=False, coerce=int, empty_value=None,
        help_text=_("Everything below the unit moves with it, and who sees which customers changes at once."),
    )  # fmt: skip

    def __init__(self, *given: Any, units: list[UnitView], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["parent"].choices = unit_choices(units)  # type: ignore[attr-defined]
