"""Describe a source: a file or a query, then one form that says what its columns mean."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from dangol.base.errors import BadInput, DangolError, TooMuch, Unavailable
from dangol.customers.collect import actions, reads
from dangol.customers.collect.rules import RECORDS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.forms import FIELD, FORMAT, FormatForm, MappingForm, UploadForm

ASKED = "sources.sql"
UNREAD = (BadInput, TooMuch, Unavailable)


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
    actions.reader_of(file.name)
    name = reads.keep_file(request.user, file.chunks())
    return parts.Kept(name, file.name, actions.reader_of(file.name, name))


def _to_mapping(file: parts.Kept) -> HttpResponseBase:
    return redirect(reverse("sources:describe") + "?" + urlencode({"file": file.signed()}))


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def describe(request: Request) -> HttpResponseBase:
    """Second step: what the columns mean. GET shows what was found and proposed, POST keeps the description.

    With a source in the address its own mapping is proposed, as far as the file has its columns.
    """
    file, code = parts.kept(request.GET.get("file", "")), request.GET.get("source", "")
    source = reads.source(request.user, code) if code else None
    options = {name: request.GET[name] for name in FORMAT if request.GET.get(name)}
    if file.reader == "sql":
        options |= request.session.get(ASKED, {})
    kind = request.GET.get("kind", "") if request.GET.get("kind") in RECORDS else ""
    context: dict[str, Any] = {"file": file, "signed": request.GET["file"], "source": source}
    try:
        shown = reads.preview(request.user, upload=file.upload, reader=file.reader, kind=kind, options=options,
                              source_code=code)  # fmt: skip
    except UNREAD as error:
        given = {name: request.GET.get(name, "") for name in (*FORMAT, "kind")}
        context["formats"] = FormatForm(initial=given, reader=file.reader, fixed=bool(source))
        return render(request, "sources/describe.html", {**context, "unread": sentence(error)}, status=422)
    context["formats"] = _formats(file, shown, options, fixed=bool(source))
    form = _mapping_form(request, shown, source, file)
    if request.method == "POST" and form.is_valid():
        answer = _keep(request, form, file, options, shown, source)
        if answer is not None:
            return answer
    context |= {
        "form": form, "shown": shown, "kind": parts.kind_label(shown.kind),
        "facts": [say(one["template"], one["params"]) for one in shown.facts],
        "fits": [reads.source(request.user, one) for one in shown.fits[:3]] if not source else [],
    }  # fmt: skip
    return render(request, "sources/describe.html", context, status=422 if form.errors else 200)


def _formats(file: parts.Kept, shown: reads.Preview, options: dict[str, str], *, fixed: bool) -> FormatForm:
    found = shown.found
    header_rows = found.get("header_rows")
    return FormatForm(
        reader=file.reader, sheets=found.get("sheets", ()), fixed=fixed,
        hidden=found.get("hidden", 0) + found.get("hidden_columns", 0),
        initial={
            "kind": shown.kind, "encoding": found.get("encoding", ""), "delimiter": found.get("delimiter", ""),
            "sheet": found.get("sheet", ""), "header": found.get("header"), "hidden": options.get("hidden", ""),
            "header_rows": "" if header_rows is None else str(header_rows),
        },
    )  # fmt: skip


def _mapping_form(
    request: Request, shown: reads.Preview, source: reads.SourceView | None, file: parts.Kept
) -> MappingForm:
    initial = parts.initial(source) if source else {"code": parts.free_code(shown.kind, file.name)}
    return MappingForm(
        request.POST or None, kind=shown.kind, columns=shown.columns, mapping=shown.mapping, fixed=bool(source),
        constants=source.constants if source else {}, proposals=parts.proposals(shown), initial=initial,
    )  # fmt: skip


def _keep(  # noqa: PLR0917
    request: Request, form: MappingForm, file: parts.Kept, options: dict[str, str], shown: reads.Preview,
    source: reads.SourceView | None,
) -> HttpResponseBase | None:  # fmt: skip
    """Keep the description and look all rows through; None where it was refused and the form says why."""
    data = form.cleaned_data
    given = {"mapping": form.mapping(), "key": data["key"], "system": data["system"], "columns": shown.columns,
             "options": options | form.options(), "constants": form.constant_texts(), "name": data["name"]}  # fmt: skip
    try:
        if source:
            actions.change_source(by=request.user, code=source.code, **given)
        else:
            actions.describe_source(by=request.user, code=data["code"], kind=form.kind, reader=file.reader, **given)
        load_id = actions.start_check(
            by=request.user, source_code=data["code"], upload=file.upload, name=file.name, queue=True
        )
    except DangolError as error:
        refused(form, error)
        return None
    request.session.pop(ASKED, None)
    return redirect("sources:look", load_id)


def refused(form: MappingForm, error: DangolError) -> None:
    """Say in the form why a description was refused."""
    name = error.params.get("name", "")
    place = next((one for one in (error.field, f"{FIELD}{name}", f"{FIELD}{error.field}") if one in form.fields), None)
    form.add_error(place, sentence(error))


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def change(request: Request, code: str) -> HttpResponse | HttpResponseBase:
    """Change a source's description; files loaded from now on are read by it."""
    source = reads.source(request.user, code)
    used = [part for column in source.mapping.values() for part in column.split(" + ")]
    columns = list(dict.fromkeys([*source.columns, *(part for part in used if part)]))
    form = MappingForm(request.POST or None, kind=source.kind, columns=columns, mapping=source.mapping, fixed=True,
                       constants=source.constants, initial=parts.initial(source))  # fmt: skip
    steps = parts.steps(source)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        dropped = set(request.POST.getlist("drop"))
        try:
            actions.change_source(
                by=request.user, code=code, name=data["name"], mapping=form.mapping(), key=data["key"],
                system=data["system"], options=form.options(), constants=form.constant_texts(),
                cleaning=[step for n, step in enumerate(source.cleaning) if str(n) not in dropped],
            )  # fmt: skip
            return redirect("sources:source", code)
        except DangolError as error:
            refused(form, error)
    context = {"source": source, "form": form, "steps": steps}
    return render(request, "sources/change.html", context, status=422 if form.errors else 200)
