"""Check a file before loading, start the load, watch it, take it back."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from dangol.base.errors import BadInput, NotFound, TooMuch, Unavailable
from dangol.customers.collect import actions, reads
from dangol.customers.collect.rules import RECORDS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.describing import keep
from dangol.web.sources.forms import UploadForm
from dangol.work import reads as work


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def check(request: Request, code: str) -> HttpResponseBase:
    """What would become of the file's rows; POST with a file keeps it and shows that, POST without one loads."""
    source = reads.source(request.user, code)
    if request.FILES:
        return _take(request, code)
    file = parts.kept(request.GET.get("file", "")) if source.reader != "sql" else parts.Kept("", source.name, "sql")
    if request.method == "POST":
        load_id = actions.start_load(by=request.user, source_code=code, upload=file.upload, name=file.name, queue=True)
        return redirect("sources:load", load_id)
    context = {"source": source, "file": file, "kind": parts.kind_label(source.kind)}
    try:
        found = reads.outlook(request.user, source_code=code, upload=file.upload)
    except (BadInput, TooMuch, Unavailable) as error:
        return render(request, "sources/check.html", {**context, "unread": sentence(error)}, status=422)
    return render(request, "sources/check.html", {**context, **_words(source.kind, found)})


def _words(kind: str, found: reads.Outlook) -> dict[str, object]:
    record = RECORDS[kind]

    def label(name: str) -> str:
        field = record.field(name) if name else None
        return field.label if field else name

    blank = dict.fromkeys(("found", "expected", "length", "limit", "encoding"), "…")
    reasons = [(parts.told(reason, label(name), blank), rows) for (reason, name), rows in found.reasons.items()]
    bad = [{**row, "sentence": parts.told(row["reason"], label(row["field"]), row["params"])} for row in found.bad]
    return {"found": found, "reasons": sorted(reasons, key=lambda pair: -pair[1]), "bad": bad}


def _take(request: Request, code: str) -> HttpResponseBase:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        raise BadInput("Choose a file to load.", field="file")
    file = keep(request, form.cleaned_data["file"])
    return redirect(reverse("sources:check", args=[code]) + "?" + urlencode({"file": file.signed()}))


@page(Right.SOURCES_VIEW)
def load(request: Request, load_id: int) -> HttpResponse:
    """One load: how far it is, or its report."""
    view = reads.load(request.user, load_id)
    job = None
    if view.job_id and view.state in ("waiting", "running"):
        try:
            job = work.job(request.user, view.job_id)
        except NotFound:
            job = None
    groups = reads.quarantine_groups(request.user, load_id=load_id) if view.quarantined else []
    return render(request, "sources/load.html", {
        "card": parts.load_card(view), "load": view, "job": job,
        "groups": [parts.group_row(group) for group in groups],
        "may_load": may(request.user, Right.SOURCES_LOAD),
    })  # fmt: skip


@page(Right.SOURCES_LOAD, methods=("POST",))
def undo(request: Request, load_id: int) -> HttpResponseBase:
    """Take back what a load brought."""
    actions.undo_load(by=request.user, load_id=load_id)
    return redirect("sources:load", load_id)


@page(Right.SOURCES_LOAD, methods=("POST",))
def redo(request: Request, load_id: int) -> HttpResponseBase:
    """Bring back what was taken back."""
    actions.redo_load(by=request.user, load_id=load_id)
    return redirect("sources:load", load_id)


@page(Right.SOURCES_LOAD, methods=("POST",))
def again(request: Request, load_id: int) -> HttpResponseBase:
    """Go on with a load that did not end."""
    actions.queue_load(by=request.user, load_id=load_id)
    return redirect("sources:load", load_id)
