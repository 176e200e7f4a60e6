"""Quarantine: refused rows by reason; correct, try again, ignore, export."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect import actions, reads
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.sources import parts

CELL = "cell:"


@page(Right.SOURCES_VIEW)
def groups(request: Request) -> HttpResponse:
    """All refused rows that wait, by source and reason."""
    found = [parts.group_row(group) for group in reads.quarantine_groups(request.user)]
    total = sum(row["group"].rows for row in found)
    return render(request, "sources/quarantine.html", {"groups": found, "total": total})


@page(Right.SOURCES_VIEW)
def rows(request: Request) -> HttpResponse:
    """Rows of one source and reason."""
    source, reason = request.GET.get("source", ""), request.GET.get("reason", "")
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else None
    found = reads.quarantine(request.user, source_code=source, reason=reason, after_id=after)
    shown = [{"row": row, "sentence": parts.told(row.reason, row.label, row.params)} for row in found.rows]
    last = found.rows[-1].id if len(found.rows) == reads.PAGE else None
    return render(request, "sources/rows.html", {
        "source": reads.source(request.user, source), "reason": reason, "rows": shown, "total": found.total,
        "may_load": may(request.user, Right.SOURCES_LOAD), "mendable": any(row.mendable for row in found.rows),
        "next": urlencode({"source": source, "reason": reason, "after": str(last)}) if last else "",
    })  # fmt: skip


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
                messages.success(request, _("The row is loaded."))
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
    return reverse("sources:rows") + "?" + urlencode(left)


@page(Right.SOURCES_LOAD, methods=("POST",))
def retry(request: Request) -> HttpResponseBase:
    """Try all rows of a source and reason again."""
    source, reason = request.POST.get("source", ""), request.POST.get("reason", "")
    done = actions.retry(by=request.user, source_code=source, reason=reason)
    said = ngettext("%(n)s row is loaded now.", "%(n)s rows are loaded now.", done["loaded"]) % {"n": done["loaded"]}
    messages.info(request, said)
    return redirect(_group(source, reason) if done["loaded"] < done["tried"] else reverse("sources:quarantine"))


@page(Right.SOURCES_LOAD, methods=("POST",))
def ignore(request: Request) -> HttpResponseBase:
    """Let rows rest, with a reason that is kept."""
    source, reason = request.POST.get("source", ""), request.POST.get("reason", "")
    count = actions.ignore(by=request.user, source_code=source, reason=reason, note=request.POST.get("note", ""))
    said = ngettext("%(n)s row is ignored.", "%(n)s rows are ignored.", count) % {"n": count}
    messages.info(request, said)
    return redirect("sources:quarantine")


@page(Right.SOURCES_VIEW, methods=("POST",))
def export(request: Request) -> HttpResponse:
    """The refused rows as CSV, as they were, with their reasons."""
    source, reason = request.POST.get("source", ""), request.POST.get("reason", "")
    text = reads.export_quarantine(request.user, source_code=source, reason=reason, why=request.POST.get("why", ""))
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="quarantine-{reads.source(request.user, source).code}.csv"'
    return answer
