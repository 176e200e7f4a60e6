"""Describe a source: a file or a query, then one form that maps its columns."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from dangol.base.errors import BadInput, TooMuch, Unavailable
from dangol.customers.collect import actions, reads
from dangol.customers.collect.rules import RECORDS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.forms import FIELD, FormatForm, MappingForm, UploadForm

FORMAT = ("encoding", "delimiter", "sheet")
VALUES = ("zone", "decimal", "date_order")
ASKED = "sources.sql"


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def upload(request: Request) -> HttpResponseBase:
    """First step: the file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _to_mapping(keep(request, form.cleaned_data["file"]))
        except (BadInput, TooMuch) as error:
            form.add_error("file", sentence(error))
    context = {"form": form, "may_query": may(request.user, Right.STAFF_MANAGE)}
    return render(request, "sources/upload.html", context, status=422 if form.errors else 200)


def keep(request: Request, file: Any) -> parts.Kept:
    """Keep an uploaded file under a name of our own."""
    reader = actions.reader_of(file.name)
    return parts.Kept(reads.keep_file(request.user, file.chunks()), file.name, reader)


def _to_mapping(file: parts.Kept) -> HttpResponseBase:
    return redirect(reverse("sources:describe") + "?" + urlencode({"file": file.signed()}))


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def describe(request: Request) -> HttpResponseBase:
    """Second step: what the columns mean. GET shows what was found and proposed, POST keeps the description."""
    file = parts.kept(request.GET.get("file", ""))
    options = {name: request.GET[name] for name in FORMAT if request.GET.get(name)}
    if file.reader == "sql":
        options |= request.session.get(ASKED, {})
    formats = FormatForm(request.GET if "kind" in request.GET else None, reader=file.reader)
    kind = request.GET.get("kind", "") if request.GET.get("kind") in RECORDS else ""
    try:
        shown = reads.preview(request.user, upload=file.upload, reader=file.reader, kind=kind, options=options)
    except (BadInput, TooMuch, Unavailable) as error:
        context = {"file": file, "formats": formats, "signed": request.GET["file"], "unread": sentence(error)}
        return render(request, "sources/describe.html", context, status=422)
    found = shown.found
    formats = FormatForm(reader=file.reader, initial={
        "kind": shown.kind, "encoding": found.get("encoding", ""), "delimiter": found.get("delimiter", ""),
        "sheet": found.get("sheet", ""),
    })  # fmt: skip
    form = MappingForm(request.POST or None, kind=shown.kind, columns=shown.columns, mapping=shown.mapping,
                       initial={"code": shown.kind, "decimal": ".", "date_order": "ymd"})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        answer = _keep(request, form, file, options)
        if answer is not None:
            return answer
    context = {
        "file": file, "signed": request.GET["file"], "formats": formats, "form": form, "shown": shown,
        "kind": parts.kind_label(shown.kind), "sheets": found.get("sheets", []),
    }  # fmt: skip
    return render(request, "sources/describe.html", context, status=422 if form.errors else 200)


def _keep(request: Request, form: MappingForm, file: parts.Kept, options: dict[str, str]) -> HttpResponseBase | None:
    """Keep the description and go on to the check; None where it was refused and the form says why."""
    data = form.cleaned_data
    try:
        actions.describe_source(
            by=request.user, code=data["code"], name=data["name"], kind=form.kind, reader=file.reader,
            mapping=form.mapping(), key=data["key"], system=data["system"],
            options=options | {name: data[name] for name in VALUES if data.get(name)},
        )  # fmt: skip
    except BadInput as error:
        place = error.field if error.field in form.fields else FIELD + error.field
        form.add_error(place if place in form.fields else None, sentence(error))
        return None
    request.session.pop(ASKED, None)
    query = "?" + urlencode({"file": file.signed()})
    return redirect(reverse("sources:check", args=[data["code"]]) + query)


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def change(request: Request, code: str) -> HttpResponse | HttpResponseBase:
    """Change a source's description; files loaded from now on are read by it."""
    source = reads.source(request.user, code)
    columns = list(dict.fromkeys(part.strip() for column in source.mapping.values() for part in column.split(" + ")))
    initial = {
        "code": code, "name": source.name, "system": source.system, "key": source.key,
        **{name: source.options.get(name, "") for name in VALUES},
    }  # fmt: skip
    form = MappingForm(request.POST or None, kind=source.kind, columns=columns, mapping=source.mapping, fixed=True,
                       initial=initial)  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.change_source(
                by=request.user, code=code, name=data["name"], mapping=form.mapping(), key=data["key"],
                system=data["system"], options={name: data[name] for name in VALUES if data.get(name)},
            )  # fmt: skip
            return redirect("sources:source", code)
        except BadInput as error:
            form.add_error(None, sentence(error))
    return render(request, "sources/change.html", {"source": source, "form": form}, status=422 if form.errors else 200)
