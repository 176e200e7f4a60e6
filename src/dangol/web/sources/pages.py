"""Sources, and one source with its loads."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from dangol.customers.collect import reads
from dangol.customers.collect.rules import RECORDS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.feeds.parts import source_part
from dangol.web.shell import Request, page
from dangol.web.sources import parts
from dangol.web.sources.forms import UploadForm


@page(Right.SOURCES_VIEW)
def sources(request: Request) -> HttpResponse:
    """Where data comes from, how fresh it is, and what waits."""
    found = reads.sources(request.user)
    rows: list[dict[str, Any]] = [
        {"source": one, "kind": parts.kind_label(one.kind), "reader": parts.READERS[one.reader],
         "last": parts.load_card(one.last) if one.last else None} for one in found
    ]  # fmt: skip
    return render(request, "sources/list.html", {
        "rows": [row for row in rows if not row["source"].own],
        "own": [row for row in rows if row["source"].own],
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
    given = {**found.mapping, **{name: f"“{text}”" for name, text in found.constants.items()}}
    mapping = [(record.field(name), column) for name, column in given.items()]
    return render(request, "sources/source.html", {
        "source": found,
        "kind": parts.kind_label(found.kind),
        "reader": parts.READERS[found.reader],
        "mapping": mapping,
        "key": [record.field(name) for name in found.key],
        "loads": [parts.load_card(view) for view in reads.loads(request.user, source_code=code, limit=20)],
        "groups": [parts.group_row(group) for group in reads.quarantine_groups(request.user, source_code=code)],
        "form": UploadForm(),
        "feed": source_part(request.user, found),
        "may_load": may(request.user, Right.SOURCES_LOAD) and not found.own,
    })  # fmt: skip
