"""Quarantine: refused rows in a list; correct one or many alike, try again, assign, ignore, export."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.collect import actions, reads
from dangol.customers.collect.cleaning import VERBS
from dangol.customers.collect.rules import REASONS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.lists import Bulk, Choice, Column, Count, ListPage, ListState, Page, Selection
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.forms import MendForm

CELL = "cell:"
STATES = (("open", _("waiting")), ("ignored", _("ignored")), ("fixed", _("corrected and loaded")))
BADGES = {"open": "warn", "ignored": "info", "fixed": "ok", "closed": "info"}
SELECTED_MOST = 500


def _query(state: ListState) -> reads.QuarantineQuery:
    chosen = state.filters
    load = chosen.get("load")
    mine = chosen.get("assigned", ("",))[0]
    return reads.QuarantineQuery(
        states=tuple(chosen.get("state", ("open",))), sources=tuple(chosen.get("source", ())),
        reasons=tuple(chosen.get("reason", ())), fields=tuple(chosen.get("field", ())), text=state.text,
        load_id=int(load[0]) if load and load[0].isdecimal() and len(load[0]) < 19 else None,
        assigned_to=int(mine) if mine.isdecimal() and len(mine) < 19 else None, descending=state.descending,
    )  # fmt: skip


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() and len(after) < 19 else None
    found = reads.quarantine_list(state.by, _query(state), after=start, limit=limit + 1)
    return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)


def _count(state: ListState, exact: bool) -> Count:
    return Count(reads.quarantine_count(state.by, _query(state)))


def _sources(by: Any) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in reads.sources(by) if not one.own]


def _reasons(by: Any) -> list[tuple[str, str]]:
    found = dict.fromkeys(group.reason for group in reads.quarantine_groups(by))
    return [
        (reason, parts.told(reason, "…", parts.BLANK)) for reason in [*found, *(r for r in REASONS if r not in found)]
    ]


def _menders(by: Any) -> list[tuple[str, str]]:
    return [(str(one.pk), one.name) for one in reads.menders()]


def _assignees(by: Any) -> list[tuple[str, str]]:
    return [("0", gettext("nobody")), *_menders(by)]


def _ids(selection: Selection) -> list[int]:
    return [int(one) for one in selection.each() if one.isascii() and one.isdecimal() and len(one) < 19]


def _to(name: str) -> Any:
    """A bulk action that goes on to a page of its own with the rows selected."""

    def go(by: Any, selection: Selection, value: str) -> str | HttpResponse:
        ids = _ids(selection)
        if len(ids) <= SELECTED_MOST:
            return HttpResponseRedirect(f"{reverse(name)}?{urlencode([('id', str(one)) for one in ids])}")
        chosen = selection.state.filters
        if set(chosen) <= {"source", "reason"} and len(chosen.get("source", ())) == 1 and not selection.state.text:
            pairs = [("source", chosen["source"][0]), *(("reason", one) for one in chosen.get("reason", ())[:1])]
            return HttpResponseRedirect(f"{reverse(name)}?{urlencode(pairs)}")
        return gettext(
            "So many rows are treated alike by source and reason: filter by one source and one reason first."
        )

    return go


def _retry(by: Any, selection: Selection, value: str) -> str:
    done = actions.retry(by=by, row_ids=_ids(selection))
    return _loaded(done["loaded"])


def _loaded(count: int) -> str:
    return ngettext("%(n)s row is loaded now.", "%(n)s rows are loaded now.", count) % {"n": f"{count:,}"}


def _assign(by: Any, selection: Selection, value: str) -> str:
    count = actions.assign(by=by, row_ids=_ids(selection), member_id=int(value) or None)
    return ngettext("%(n)s row was assigned.", "%(n)s rows were assigned.", count) % {"n": f"{count:,}"}


def _take_up(by: Any, selection: Selection, value: str) -> str:
    count = actions.take_up(by=by, row_ids=_ids(selection))
    return ngettext("%(n)s row waits again.", "%(n)s rows wait again.", count) % {"n": f"{count:,}"}


def _state(row: reads.QuarantineRow) -> tuple[str, str]:
    words = {**dict(STATES), "closed": _("its load is taken back")}
    return BADGES[row.state], str(words[row.state])


QUARANTINE = ListPage(
    name="quarantine",
    title=_("Quarantine"),
    search=_("Search the file’s name"),
    unit=_("rows"),
    columns=(
        Column("line", _("Line"), value=lambda row: f"{row.line:,}",
               link=lambda row: reverse("sources:row", args=[row.id])),
        Column("written", _("Written"), value=lambda row: row.written),
        Column("reason", _("Reason"), value=lambda row: parts.told(row.reason, row.label, row.params)),
        Column("source", _("Source"), value=lambda row: row.source_name),
        Column("file", _("File")),
        Column("state", _("State"), "badge", value=_state),
        Column("assigned", _("Assigned to")),
        Column("created_at", _("Loaded on"), "day", sortable=True),
        Column("note", _("Note"), shown=False),
    ),
    filters=(
        Choice("state", _("State"), choices=STATES),
        Choice("source", _("Source"), choices=_sources),
        Choice("reason", _("Reason"), choices=_reasons),
        Choice("assigned", _("Assigned to"), choices=_menders, several=False),
    ),
    bulk=(
        Bulk("mend", _("Correct alike…"), _to("sources:mend"), right=Right.SOURCES_LOAD, icon="edit"),
        Bulk("retry", _("Try again"), _retry, right=Right.SOURCES_LOAD, icon="refresh"),
        Bulk("assign", _("Assign"), _assign, right=Right.SOURCES_LOAD, choices=_assignees),
        Bulk("ignore", _("Ignore…"), _to("sources:ignore"), right=Right.SOURCES_LOAD, icon="close"),
        Bulk("take_up", _("Wait again"), _take_up, right=Right.SOURCES_LOAD, icon="undo"),
    ),
    rows=_rows,
    count=_count,
    sort="created_at",
    export_right=Right.SOURCES_VIEW,
    empty=(_("Nothing waits"), _("Every row that was read is loaded, unchanged or settled."), "/sources/",
           _("To the sources")),
)  # fmt: skip


@page(Right.SOURCES_VIEW, methods=("GET", "POST"))
def quarantine(request: Request) -> HttpResponseBase:
    """All refused rows: grouped by reason above, one by one below."""
    groups = [parts.group_row(group) for group in reads.quarantine_groups(request.user)]
    return QUARANTINE.respond(request, "sources/quarantine.html", {"groups": groups})


@page(Right.SOURCES_VIEW, methods=("GET", "POST"))
def row(request: Request, row_id: int) -> HttpResponseBase:
    """One refused row; POST corrects cells and tries it again."""
    found = reads.quarantine_row(request.user, row_id)
    said = ""
    if request.method == "POST":
        given = {name.removeprefix(CELL): text for name, text in request.POST.items() if name.startswith(CELL)}
        changed = {name: str(text) for name, text in given.items() if found.cells.get(name) != text}
        try:
            if actions.fix(by=request.user, row_id=row_id, values=changed):
                messages.success(request, gettext("The row is loaded."))
                return redirect(_group(found.source, ""))
        except (BadInput, Conflict) as error:
            said = sentence(error)
        found = reads.quarantine_row(request.user, row_id)
    context = {
        "row": found, "sentence": said or parts.told(found.reason, found.label, found.params), "prefix": CELL,
        "may_load": may(request.user, Right.SOURCES_LOAD) and found.state == "open" and found.mendable,
    }  # fmt: skip
    return render(request, "sources/row.html", context, status=422 if request.method == "POST" else 200)


def _group(source: str, reason: str) -> str:
    left = {"source": source, "reason": reason} if reason else {"source": source}
    return reverse("sources:quarantine") + "?" + urlencode(left)


def _chosen(request: Request) -> dict[str, Any]:
    """The rows a page of its own is about, from its address: ids, or a source and reason."""
    ids = [int(one) for one in request.GET.getlist("id")[:SELECTED_MOST] if one.isdecimal() and len(one) < 19]
    source, reason = request.GET.get("source", ""), request.GET.get("reason", "")
    if ids:
        first = reads.quarantine_row(request.user, ids[0])
        return {"row_ids": ids, "source_code": first.source, "reason": "", "first": first, "count": len(ids)}
    if not source:
        raise NotFound("There is no such row.")
    query = reads.QuarantineQuery(sources=(source,), reasons=(reason,) if reason else ())
    rows = reads.quarantine_list(request.user, query, limit=1)
    return {"row_ids": None, "source_code": source, "reason": reason, "first": rows[0] if rows else None,
            "count": reads.quarantine_count(request.user, query)}  # fmt: skip


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def mend(request: Request) -> HttpResponseBase:
    """Correct a column of many rows in one way: first what would come of it, then the doing."""
    chosen = _chosen(request)
    first = chosen["first"]
    if first is None:
        return redirect("sources:quarantine")
    asked = {name: chosen[name] for name in ("row_ids", "source_code", "reason")}
    form = MendForm(request.POST or None, columns=list(first.cells), verbs=VERBS,
                    initial={"column": first.column, "find": first.written if first.column else ""})  # fmt: skip
    outlook, said = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("act") == "mend":
                done = actions.mend(by=request.user, step=form.step(), remember=form.cleaned_data["remember"], **asked)
                messages.success(request, _loaded(done["loaded"]))
                return redirect(_group(chosen["source_code"], ""))
            outlook = reads.mend_outlook(request.user, step=form.step(), **asked)
        except (BadInput, Conflict) as error:
            said = sentence(error)
    context = {"form": form, "outlook": outlook, "said": said, "count": chosen["count"], "first": first,
               "source": reads.source(request.user, chosen["source_code"]),
               "sentence": parts.told(first.reason, first.label, first.params)}  # fmt: skip
    return render(request, "sources/mend.html", context, status=422 if said or form.errors else 200)


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def ignore(request: Request) -> HttpResponseBase:
    """Let rows rest, with a reason that is kept; they can be taken up again."""
    chosen = _chosen(request)
    said = ""
    if request.method == "POST":
        asked = {name: chosen[name] for name in ("row_ids", "source_code", "reason")}
        try:
            count = actions.ignore(by=request.user, note=request.POST.get("note", ""), **asked)
        except BadInput as error:
            said = sentence(error)
        else:
            told = ngettext("%(n)s row is ignored.", "%(n)s rows are ignored.", count) % {"n": f"{count:,}"}
            messages.info(request, told)
            return redirect("sources:quarantine")
    context = {"said": said, "count": chosen["count"], "source": reads.source(request.user, chosen["source_code"])}
    return render(request, "sources/ignore.html", context, status=422 if said else 200)


@page(Right.SOURCES_LOAD, methods=("POST",))
def retry(request: Request) -> HttpResponseBase:
    """Try all rows of a source and reason again."""
    source, reason = request.POST.get("source", ""), request.POST.get("reason", "")
    done = actions.retry(by=request.user, source_code=source, reason=reason)
    messages.info(request, _loaded(done["loaded"]))
    return redirect(_group(source, reason) if done["loaded"] < done["tried"] else reverse("sources:quarantine"))


@page(Right.SOURCES_VIEW, methods=("POST",))
def export(request: Request) -> HttpResponse:
    """The refused rows of a source or of one file as CSV: the original cells and the reason, to be corrected there."""
    source, reason = request.POST.get("source", ""), request.POST.get("reason", "")
    load = request.POST.get("load", "")
    code = reads.source(request.user, source).code
    text = reads.export_quarantine(
        request.user, source_code=code, reason=reason, why=request.POST.get("why", ""),
        load_id=int(load) if load.isdecimal() and len(load) < 19 else None,
    )  # fmt: skip
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="quarantine-{code}.csv"'
    return answer
