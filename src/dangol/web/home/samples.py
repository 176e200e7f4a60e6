"""What the components page shows: invented rows that are marked so, and are no company's data."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.web.lists import Bulk, Choice, Column, Count, Days, ListPage, ListState, Page, Range

STATES = ("empty", "cleared", "nothing", "forbidden", "error", "loading", "stale")
BADGES = ("generated", "ok", "warn", "bad", "info", "draft", "new")
TONES = ("info", "ok", "warn", "bad")


def _rows() -> list[dict[str, Any]]:
    sample = gettext("Sample")
    return [
        {
            "id": i,
            "name": f"{sample} {i:04d}",
            "group": "ABC"[i % 3],
            "amount": (i * 7919) % 400_000 - 20_000,
            "share": (i * 37 % 100) / 100,
            "day": date(2017, 1 + i % 12, 1 + i % 28),
            "state": ("ok", gettext("active")) if i % 4 else ("warn", gettext("idle")),
        }
        for i in range(1, 240)
    ]


def _matching(state: ListState) -> list[dict[str, Any]]:
    low, high = state.filters.get("amount", (None, None))
    first, last = state.filters.get("day", (None, None))
    found = [
        row
        for row in _rows()
        if state.text.lower() in row["name"].lower()
        and row["group"] in (state.filters.get("group") or "ABC")
        and (low is None or row["amount"] >= low)
        and (high is None or row["amount"] <= high)
        and (first is None or row["day"] >= first)
        and (last is None or row["day"] <= last)
    ]
    key = state.sort or "name"
    return sorted(found, key=lambda row: (row[key], row["id"]), reverse=state.descending)


def _page(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() else 0
    found = _matching(state)
    following = str(start + limit) if start + limit < len(found) else None
    before = None if start == 0 else str(max(0, start - limit)) if start > limit else ""
    return Page(found[start : start + limit], following, before)


def _count(state: ListState, exact: bool) -> Count:
    n = len(_matching(state))
    return Count(n, True) if exact or n <= 100 else Count(100, False)


SAMPLES = ListPage(
    name="samples",
    title=_("Sample list"),
    search=_("Search the samples"),
    unit=_("samples"),
    columns=(
        Column("name", _("Name"), sortable=True, link=lambda row: f"#row-{row['id']}", generated=lambda row: True),
        Column("group", _("Group"), sortable=True),
        Column("amount", _("Sales"), "money", sortable=True),
        Column("share", _("Share"), "percent", sortable=True),
        Column("day", _("Last purchase"), "day", sortable=True),
        Column("state", _("State"), "badge"),
    ),
    filters=(
        Choice("group", _("Group"), choices=(("A", "A"), ("B", "B"), ("C", "C"))),
        Range("amount", _("Sales"), kind_of="money"),
        Days("day", _("Last purchase")),
    ),
    bulk=(
        Bulk(
            "mark",
            _("Count them"),
            lambda by, selection, value: gettext("Counted: {n}").format(n=sum(1 for _id in selection.each())),
            icon="check",
        ),
    ),
    rows=_page,
    count=_count,
    sort="name",
    size=25,
)


class SampleForm(forms.Form):
    """Every kind of field."""

    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("As it appears on messages."))
    amount = forms.IntegerField(label=_("Amount"), required=False)
    when = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    group = forms.ChoiceField(label=_("Group"), choices=[("A", "A"), ("B", "B"), ("C", "C")])
    channel = forms.MultipleChoiceField(
        label=_("Channels"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("email", _("E-mail")), ("sms", _("Text message"))],
    )  # fmt: skip
    note = forms.CharField(label=_("Memo"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label=_("I have read this"), required=False)


def _jobs() -> list[SimpleNamespace]:
    usual = {"id": 0, "done": 0, "total": None, "note": "", "seconds_left": None, "result": None, "error": None}
    return [
        SimpleNamespace(**usual | more)
        for more in (
            {"id": 1, "state": "queued"},
            {"id": 2, "state": "running", "done": 412_000, "total": 1_469_307, "seconds_left": 95},
            {"id": 3, "state": "done"},
            {"id": 4, "state": "cancelled"},
            {"id": 5, "state": "failed", "error": {"template": "A limit was reached."}},
            {"id": 6, "state": "parked"},
        )
    ]


def _line_chart() -> dict[str, Any]:
    months = [date(2017, month, 1) for month in range(1, 13)]
    rows = [
        {"month": month, "group": group, "sales": 40_000 + 9_000 * k + (i * 7 + k * 13) % 11 * 4_000}
        for i, month in enumerate(months)
        for k, group in enumerate("ABCD")
    ]
    spec = {
        "mark": {"type": "line"},
        "encoding": {
            "x": {"field": "month", "type": "temporal", "title": gettext("Month"), "axis": {"format": "%b"}},
            "y": {"field": "sales", "type": "quantitative", "title": gettext("Sales")},
            "color": {"field": "group", "type": "nominal", "title": gettext("Group")},
        },
    }
    columns = [
        ("month", gettext("Month"), "month"),
        ("group", gettext("Group"), "text"),
        ("sales", gettext("Sales"), "number"),
    ]
    return {"rows": rows, "spec": spec, "columns": columns}


def _bar_chart() -> dict[str, Any]:
    sizes = {"A": 48_200, "B": 31_000, "C": 22_400, "D": 12_900, "E": 9_100, "F": 4_300}
    rows = [{"segment": name, "customers": n} for name, n in sizes.items()]
    spec = {
        "mark": "bar",
        "encoding": {
            "y": {"field": "segment", "type": "nominal", "title": gettext("Segment"), "sort": "-x"},
            "x": {"field": "customers", "type": "quantitative", "title": gettext("Customers")},
        },
    }
    return {"rows": rows, "spec": spec}


def board() -> dict[str, Any]:
    """Everything on the components page."""
    return {
        "themes": [("light", gettext("Light")), ("dark", gettext("Dark"))],
        "states": STATES,
        "badges": BADGES,
        "tones": TONES,
        "form": SampleForm(auto_id="free_%s"),
        "bad_form": SampleForm({"name": "", "group": "A", "amount": "1.5"}, auto_id="bad_%s"),
        "jobs": _jobs(),
        "line_chart": _line_chart(),
        "bar_chart": _bar_chart(),
        "figures": {
            "count": 1_469_307, "minor": 459_812_345, "share": 0.1234, "rise": 0.052, "fall": -0.031,
            "moment": datetime(2026, 11, 22, 5, 3, tzinfo=UTC), "day": date(2026, 11, 22),
        },
    }  # fmt: skip
