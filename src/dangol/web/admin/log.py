"""The access log: who looked at or changed whose data."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput
from dangol.staff import reads
from dangol.staff.reads import AccessQuery, AccessView
from dangol.staff.rules import VERB_NAMES, WHAT_NAMES, Right
from dangol.web.lists import Choice, Column, Count, Days, ListPage, ListState, Page
from dangol.web.lists.parts import Filter
from dangol.web.shell import Request, page

LARGEST = 2**63 - 1


def _customer(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text[:20]) > LARGEST:
        raise BadInput("“{text}” is not a customer’s number.", field="customer", text=text[:40])
    return int(text)


def _about(what: str) -> str:
    """What a line is about in the reader's words: "member 7" keeps its number."""
    word, _space, number = what.rpartition(" ")
    if word in WHAT_NAMES and number.isdecimal():
        return f"{gettext(WHAT_NAMES[word])} {number}"
    return gettext(WHAT_NAMES[what]) if what in WHAT_NAMES else what


def _query(state: ListState) -> AccessQuery:
    first, last = state.filters.get("at", (None, None))
    zone = settings.DANGOL.zone
    return AccessQuery(
        member=state.text,
        customer_id=_customer(state.filters.get("customer")),
        verbs=tuple(state.filters.get("verb", ())),
        since=datetime.combine(first, time.min, zone) if first else None,
        until=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
    )


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    """A page of lines. after: the id below which it begins; with a minus in front, the id above which it ends."""
    place = (after or "").removeprefix("-")
    number = int(place) if place.isdecimal() and len(place) < 19 else None
    if number is not None and after != place:
        found = reads.access_log(state.by, _query(state), after_id=number, limit=limit + 1)
        shown = found[-limit:]
        return Page(shown, str(shown[-1].id) if shown else None, f"-{shown[0].id}" if len(found) > limit else None)
    found = reads.access_log(state.by, _query(state), before_id=number, limit=limit + 1)
    back = f"-{found[0].id}" if number is not None and found else None
    return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None, back)


def _count(state: ListState, exact: bool) -> Count:
    return Count(*reads.count_access(state.by, _query(state), cap=None if exact else reads.COUNT_LIMIT))


def _detail(row: AccessView) -> str:
    """The particulars in one line."""

    def said(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{name} {said(part)}" for name, part in value.items())
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return "; ".join(f"{name}: {said(value)}" for name, value in row.detail.items())[:300]


LOG = ListPage(
    name="access-log",
    title=_("Access log"),
    search=_("Search by member"),
    unit=_("lines"),
    columns=(
        Column("at", _("When"), "moment"),
        Column("member_name", _("Who")),
        Column("verb", _("What was done"), value=lambda row: gettext(VERB_NAMES.get(row.verb, row.verb))),
        Column("what", _("To what"), value=lambda row: _about(row.what)),
        Column("customer_id", _("Customer")),
        Column("count", _("People"), "number"),
        Column("reason", _("Reason")),
        Column("address", _("From where")),
        Column("detail", _("Particulars"), value=_detail, shown=False),
    ),
    filters=(
        Choice("verb", _("What was done"), choices=[(verb, _(name)) for verb, name in VERB_NAMES.items()]),
        Days("at", _("Day")),
        Filter("customer", _("Customer’s number")),
    ),
    rows=_rows,
    count=_count,
    export_right=Right.LOG_VIEW,
    empty=(_("Nothing was looked at yet"), _("Every look at a customer and every change is written here."), "", ""),
)


@page(Right.LOG_VIEW, methods=("GET", "POST"))
def log(request: Request) -> HttpResponseBase:
    """The list."""
    return LOG.respond(request, "admin/log.html")
