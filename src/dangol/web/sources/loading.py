"""Look a file through before loading, correct its cells, start the load, watch it, take it back."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, NotFound
from dangol.customers.collect import actions, reads
from dangol.customers.collect.cleaning import VERBS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import say
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.describing import keep
from dangol.web.sources.forms import MendForm, UploadForm
from dangol.work import reads as work

CELL = "cell:"
TURNING = ("undoing", "redoing")
GOING = ("waiting", "running", *TURNING)


@page(Right.SOURCES_LOAD, methods=("POST",))
def check(request: Request, code: str) -> HttpResponseBase:
    """Take a file (or ask the query) and have all its rows looked through."""
    source = reads.source(request.user, code)
    file = parts.Kept("", source.name, "sql")
    if source.reader != "sql":
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            raise BadInput("Choose a file to load.", field="file")
        file = keep(request, form.cleaned_data["file"])
    load_id = actions.start_check(by=request.user, source_code=code, upload=file.upload, name=file.name, queue=True)
    return redirect("sources:look", load_id)


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def look(request: Request, load_id: int) -> HttpResponseBase:
    """What would become of a file's rows; POST corrects cells, looks again, loads or throws it away."""
    view = reads.load(request.user, load_id)
    if view.state not in reads.LOOKED:
        return redirect("sources:load", load_id)
    if request.method == "POST":
        return _act(request, view)
    job = _job(request, view) if view.state == "checking" else None
    source = reads.source(request.user, view.source)
    reason = request.GET.get("reason", "")
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else None
    rows = reads.drafts(request.user, load_id, reason=reason, after_id=after) if view.state == "checked" else None
    last = rows.rows[-1].id if rows and len(rows.rows) == reads.PAGE else None
    return render(request, "sources/look.html", {
        "load": view, "job": job, "source": source, "kind": parts.kind_label(view.kind), "prefix": CELL,
        "error": say(view.error["template"], view.error.get("params")) if view.error else "",
        "reasons": _reasons(view), "chosen": reason, "rows": [_draft(row) for row in rows.rows] if rows else [],
        "notes": parts.notes(view.kind, view.outlook.get("notes", [])),
        "examples": _examples(view), "mending": _mending(view),
        "next": urlencode({"reason": reason, "after": str(last)}) if last else "",
    }, status=422 if view.state == "unread" else 200)  # fmt: skip


def _act(request: Request, view: reads.LoadView) -> HttpResponseBase:
    act = request.POST.get("act", "")
    if act == "load":
        actions.load_checked(by=request.user, load_id=view.id)
        return redirect("sources:load", view.id)
    if act == "discard":
        actions.discard_check(by=request.user, load_id=view.id)
        return redirect("sources:source", view.source)
    if act == "step":
        form = _mending(view, request.POST)
        if not form.is_valid():
            raise BadInput("Choose the column to correct.", field="column")
        actions.add_step(by=request.user, source_code=view.source, step=form.step())
        actions.check_again(by=request.user, load_id=view.id)
        return redirect("sources:look", view.id)
    values: dict[int, dict[str, str]] = {}
    for name, text in request.POST.items():
        row, sign, column = name.removeprefix(CELL).partition(":")
        if name.startswith(CELL) and sign and row.isdecimal():
            values.setdefault(int(row), {})[column] = str(text)
    if values:
        actions.correct(by=request.user, load_id=view.id, values=values)
    actions.check_again(by=request.user, load_id=view.id)
    return redirect("sources:look", view.id)


def _mending(view: reads.LoadView, given: Any = None) -> MendForm:
    form = MendForm(given, columns=view.outlook.get("columns", []), verbs=VERBS)
    del form.fields["remember"]
    return form


def _job(request: Request, view: reads.LoadView) -> Any:
    """The job of a load while it waits or runs."""
    try:
        return work.job(request.user, view.job_id) if view.job_id else None
    except NotFound:
        return None


def _reasons(view: reads.LoadView) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for reason, name, rows in view.outlook.get("reasons", []):
        one = found.setdefault(reason, {"code": reason, "rows": 0, "sentences": []})
        one["rows"] += rows
        one["sentences"].append((parts.told(reason, reads.label_of(view.kind, name), parts.BLANK), rows))
    return list(found.values())


def _draft(row: reads.QuarantineRow) -> dict[str, Any]:
    return {"row": row, "sentence": parts.told(row.reason, row.label, row.params)}


def _examples(view: reads.LoadView) -> list[dict[str, Any]]:
    """A few rows that would be created or updated, with what would change."""
    words = {"created": _("created"), "updated": _("updated")}
    return [
        {"line": one["line"], "key": one["key"], "word": words[kind], "kind": kind,
         "changes": [(gettext(reads.label_of(view.kind, name)), *pair) for name, pair in one["changes"].items()]}
        for kind in ("updated", "created") for one in view.outlook.get("examples", {}).get(kind, [])[:5]
    ]  # fmt: skip


@page(Right.SOURCES_VIEW)
def load(request: Request, load_id: int) -> HttpResponse:
    """One load: how far it is, or its report."""
    view = reads.load(request.user, load_id)
    if view.state in reads.LOOKED:
        raise NotFound("There is no such load.")
    job = _job(request, view) if view.state in GOING else None
    groups = reads.quarantine_groups(request.user, load_id=load_id) if view.quarantined else []
    return render(request, "sources/load.html", {
        "card": parts.load_card(view), "load": view, "job": job,
        "halted": view.state in TURNING and (job is None or job.ended),
        "groups": [parts.group_row(group) for group in groups],
        "may_load": may(request.user, Right.SOURCES_LOAD),
    })  # fmt: skip


@page(Right.SOURCES_LOAD, methods=("POST",))
def undo(request: Request, load_id: int) -> HttpResponseBase:
    """Have what a load brought taken back."""
    actions.undo_load(by=request.user, load_id=load_id, queue=True)
    return redirect("sources:load", load_id)


@page(Right.SOURCES_LOAD, methods=("POST",))
def redo(request: Request, load_id: int) -> HttpResponseBase:
    """Have what was taken back brought back."""
    actions.redo_load(by=request.user, load_id=load_id, queue=True)
    return redirect("sources:load", load_id)


@page(Right.SOURCES_LOAD, methods=("POST",))
def again(request: Request, load_id: int) -> HttpResponseBase:
    """Go on with a load that did not end."""
    actions.queue_load(by=request.user, load_id=load_id)
    return redirect("sources:load", load_id)
