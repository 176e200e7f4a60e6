"""The forms of this area: a connection, a query, a site, and when a job starts."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.customers.collect.feeds.reads import ConnectionView
from dangol.customers.collect.feeds.rules import KIND_NAMES, PROPERTIES
from dangol.work.schedules.reads import ScheduleView
from dangol.work.schedules.rules import DAILY, MINUTES, MONTHLY, WEEKLY, Plan

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
EVERY = (
    (MINUTES, _("Every few minutes")), (DAILY, _("Every day")), (WEEKLY, _("On days of the week")),
    (MONTHLY, _("Once a month")),
)  # fmt: skip
QUIET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ConnectionForm(forms.Form):
    """Where a database is and how to enter it."""

    code = forms.SlugField(label=_("Code"), max_length=60, help_text=_("A short name, like erp."))
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KIND_NAMES.items()))
    host = forms.CharField(label=_("Host"), max_length=255, required=False, widget=forms.TextInput(attrs=QUIET),
                           help_text=_("Not needed for SQLite."))  # fmt: skip
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False,
                              help_text=_("Left empty: 5432 for PostgreSQL, 3306 for MySQL and MariaDB."))  # fmt: skip
    database = forms.CharField(label=_("Database"), max_length=500, widget=forms.TextInput(attrs=QUIET),
                               help_text=_("Its name; for SQLite the file in the folder of sources."))  # fmt: skip
    user = forms.CharField(label=_("User"), max_length=128, required=False, widget=forms.TextInput(attrs=QUIET),
                           help_text=_("Best an account that may only read."))  # fmt: skip
    password = forms.CharField(
        label=_("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    tls = forms.BooleanField(label=_("Encrypt, and check the server's certificate"), required=False)

    def __init__(self, *given: Any, kept: ConnectionView | None = None, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["password"].help_text = _("It is kept encrypted and never shown again.")
        if kept is not None:
            self.fields["code"].disabled = True
            if kept.has_password:
                self.fields["password"].help_text = _("Left empty, the one that is kept stays. It is never shown.")

    def values(self) -> dict[str, Any]:
        """What was filled in, for the verb that keeps it."""
        data = dict(self.cleaned_data)
        return {**data, "password": data["password"] or None}


class QueryForm(forms.Form):
    """A query to look at."""

    query = forms.CharField(
        label=_("Query"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("One SELECT. It is opened for reading only."),
    )  # fmt: skip


class GoOnForm(forms.Form):
    """How later fetches go on."""

    watermark = forms.ChoiceField(
        label=_("Continue from column"), required=False,
        help_text=_("A column that only grows, like updated_at: later fetches ask for newer rows only."),
    )  # fmt: skip
    overlap = forms.IntegerField(
        label=_("Ask again before it"), min_value=0, max_value=999_999_999, required=False,
        help_text=_("Minutes for a time, units for a number: finds rows that were committed late. Usually 10."),
    )  # fmt: skip

    def __init__(self, *given: Any, growing: list[str], **more: Any) -> None:
        super().__init__(*given, **more)
        choices = [("", gettext("– always ask for all rows –")), *((name, name) for name in growing)]
        self.fields["watermark"].choices = choices  # type: ignore[attr-defined]


class SiteForm(forms.Form):
    """A web site that sends events."""

    code = forms.SlugField(label=_("Code"), max_length=60, help_text=_("A short name, like shop."))
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    origins = forms.CharField(
        label=_("Origins"), widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One a line, like https://shop.example. Pages of others are refused."),
    )  # fmt: skip
    system = forms.CharField(
        label=_("Customer numbers belong to"), max_length=60, required=False,
        help_text=_("Sources with the same word here know a customer by the same number."),
    )  # fmt: skip
    properties = forms.CharField(
        label=_("Properties that are kept"), required=False, initial="\n".join(PROPERTIES),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("One name a line. Everything else is dropped: name none that may hold personal data."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=_("Take events in"), required=False, initial=True)

    def __init__(self, *given: Any, fixed: bool = False, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["code"].disabled = fixed

    def values(self) -> dict[str, Any]:
        """What was filled in, for the verb that keeps it."""
        data = dict(self.cleaned_data)
        return {**data, "origins": data["origins"].split(), "properties": data["properties"].split()}


class PlanForm(forms.Form):
    """When a job starts."""

    every = forms.ChoiceField(label=_("How often"), choices=EVERY)
    minutes = forms.IntegerField(label=_("Minutes between two starts"), min_value=1, max_value=10_080, initial=60)
    at = forms.TimeField(label=_("Time of day"), help_text=_("In the company's time zone."),
                         widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))  # fmt: skip
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
    )  # fmt: skip
    month_day = forms.IntegerField(label=_("Day of the month"), min_value=1, max_value=31, initial=1)
    retries = forms.IntegerField(
        label=_("Tries after a failure that may pass"), min_value=0, max_value=10, initial=3,
        help_text=_("After 1, 2, 4 … minutes. Failures that need a person are not tried again."),
    )  # fmt: skip
    late_minutes = forms.IntegerField(
        label=_("Late after minutes"), min_value=1, max_value=10_080, initial=60,
        help_text=_("Without a run that ended well by then, stewards and administrators are told."),
    )  # fmt: skip

    def plan(self) -> Plan:
        """The plan that was filled in."""
        data = self.cleaned_data
        days = tuple(sorted(data["weekdays"]))
        return Plan(data["every"], data["minutes"], data["at"].strftime("%H:%M"), days, data["month_day"])


def plan_initial(view: ScheduleView | None) -> dict[str, Any]:
    """What the form shows first."""
    plan = view.plan if view is not None else Plan(DAILY, at="03:00")
    return {
        "every": plan.every, "minutes": plan.minutes, "at": plan.at, "weekdays": [str(day) for day in plan.weekdays],
        "month_day": plan.month_day, "retries": view.retries if view else 3,
        "late_minutes": view.late_minutes if view else 60,
    }  # fmt: skip
