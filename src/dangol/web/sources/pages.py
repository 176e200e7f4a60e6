"""Sources, and one source with its loads."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.customers.collect import reads
from dangol.customers.collect.rules import RECORDS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.feeds.parts import source_part
from dangol.web.lists import Choice, Column, Count, Flag, ListPage, ListState, Page
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.forms import UploadForm

SORTS = {
    "name": lambda one: one.name.casefold(),
    "rows": lambda one: one.rows,
    "waiting": lambda one: one.waiting,
    "last": lambda one: one.last.id if one.last else 0,
}


def _found(state: ListState) -> list[reads.SourceView]:
    """The sources a list's state asks for; there are never many."""
    chosen = state.filters
    own = "own" in chosen.get("whose", ())
    words = state.text.casefold()
    found = [
        one for one in reads.sources(state.by)
        if one.own == own
        and (not words or words in one.name.casefold() or words in one.code.casefold())
        and (not chosen.get("kind") or one.kind in chosen["kind"])
        and (not chosen.get("waiting") or one.waiting)
    ]  # fmt: skip
    return sorted(found, key=SORTS[state.sort], reverse=state.descending)


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
    found = _found(state)
    before = None if start == 0 else str(start - limit) if start > limit else ""
    return Page(found[start : start + limit], str(start + limit) if len(found) > start + limit else None, before)


def _count(state: ListState, exact: bool) -> Count:
    return Count(len(_found(state)))


def _state(row: reads.SourceView) -> tuple[str, str]:
    if row.last is None:
        return "info", gettext("never loaded")
    badge, word = parts.STATES[row.last.state]
    return badge, str(word)


def _kinds(by: Any) -> list[tuple[str, str]]:
    return [(record.kind, gettext(record.label)) for record in RECORDS.values()]


SOURCES = ListPage(
    name="sources",
    title=_("Sources"),
    search=_("Search name or code"),
    unit=_("sources"),
    columns=(
        Column("name", _("Source"), sortable=True, link=lambda row: reverse("sources:source", args=[row.code]),
               generated=lambda row: bool(row.generated), beside=lambda row: row.code),
        Column("kind", _("Kind of record"), value=lambda row: gettext(row.kind_label)),
        Column("reader", _("Form"), value=lambda row: str(parts.READERS[row.reader])),
        Column("rows", _("Rows"), "number", sortable=True),
        Column("waiting", _("In quarantine"), "number", sortable=True),
        Column("last", _("Last load"), "moment", sortable=True,
               value=lambda row: row.last.created_at if row.last else None),
        Column("state", _("State"), "badge", value=_state),
        Column("system", _("Customer numbers belong to"), shown=False),
    ),
    filters=(
        Choice("kind", _("Kind of record"), choices=_kinds),
        Flag("waiting", _("With rows in quarantine")),
        Choice("whose", _("Origin"), choices=[("own", _("The loop's own events"))], several=False),
    ),
    rows=_rows,
    count=_count,
    sort="-last",
    export_right=Right.SOURCES_VIEW,
    empty=(_("No data yet"), _("Describe where it comes from and load a first file: sales, customers or products."),
           "/sources/new/", _("Describe a source")),
)  # fmt: skip


@page(Right.SOURCES_VIEW, methods=("GET", "POST"))
def sources(request: Request) -> HttpResponseBase:
    """Where data comes from, how fresh it is, and what waits."""
    found = reads.sources(request.user)
    return SOURCES.respond(request, "sources/list.html", {
        "any": bool(found),
        "described": sum(not one.own for one in found),
        "loads": [parts.load_card(view) for view in reads.loads(request.user, limit=10)],
        "waiting": sum(one.waiting for one in found),
        "total": sum(one.rows for one in found),
        "may_load": may(request.user, Right.SOURCES_LOAD),
    })  # fmt: skip


@page(Right.SOURCES_VIEW)
def source(request: Request, code: str) -> HttpResponse:
    """One source: its description and its loads."""
    found = reads.source(request.user, code)
    record = RECORDS[found.kind]
    given = {**{name: f"“{text}”" for name, text in found.constants.items()}, **found.mapping}
    mapping = [(record.field(name), column) for name, column in given.items()]
    return render(request, "sources/source.html", {
        "source": found,
        "kind": parts.kind_label(found.kind),
        "reader": parts.READERS[found.reader],
        "mapping": mapping,
        "key": [record.field(name) for name in found.key],
        "steps": parts.steps(found),
        "loads": [parts.load_card(view) for view in reads.loads(request.user, source_code=code, limit=20)],
        "groups": [parts.group_row(group) for group in reads.quarantine_groups(request.user, source_code=code)],
        "form": UploadForm(),
        "feed": source_part(request.user, found),
        "may_load": may(request.user, Right.SOURCES_LOAD) and not found.own,
    })  # fmt: skip
