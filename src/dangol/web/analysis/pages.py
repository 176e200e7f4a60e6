"""The list of reports, and one report as a page or a file."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.insight.analysis import reads
from dangol.insight.analysis.reads import Ask, Report
from dangol.insight.analysis.rules import catalogue
from dangol.insight.analysis.rules.findings import NUMERIC, Block, Column, Finding
from dangol.insight.answers.rules import takes_long
from dangol.insight.answers.waiting import page_seconds
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.analysis import charts, onward, wording, working
from dangol.web.analysis.asking import Question, asked
from dangol.web.lists import Column as FileColumn
from dangol.web.lists.export import CSV_TYPE, XLSX_TYPE, write
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags import dangol as shown

MOST_WHOLE, FIRST_ROWS = 20, 15  # rows of a table that are shown at first
NUMBERS = (*NUMERIC, "signed", "steps", "figure")
TONES = {"good": ("ok", "sort-up"), "bad": ("bad", "sort-down"), "plain": ("", "info")}


@page(Right.INSIGHT_VIEW)
def index(request: Request) -> HttpResponse:
    """All reports with what they tell."""
    return render(request, "analysis/index.html", {"kinds": reads.kinds(request.user)})


@page(Right.INSIGHT_VIEW)
def report(request: Request, name: str) -> HttpResponseBase:
    """A report; with `format=csv` or `xlsx` and `table`, one of its tables as a file.

    The page comes at once; figures that take longer are fetched by it from the same address, or worked out by a job.
    """
    kind = catalogue.kind(name)
    context: dict[str, Any] = {"kind": kind, "kinds": reads.kinds(request.user)}
    template = "analysis/result.html" if request.htmx else "analysis/report.html"
    try:
        ask = asked(kind, request.GET)
        found = reads.frame(request.user, ask)
        job_id = None if isinstance(found, Report) else found.job_id or working.failed(request)
        fetched = request.htmx or "format" in request.GET
        if job_id is None and not isinstance(found, Report):
            found = _now(request, ask, opening=not fetched) or found
    except BadInput as error:
        return _refused(request, context, error)
    except (NotFound, Damaged) as error:
        return render(request, template, context | {"missing": sentence(error)})
    if not isinstance(found, Report):
        waits = working.shown(request, name, job_id, later=job_id is None and not fetched)
        return render(request, template, context | {"form": Question(found)} | waits)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _file(found, request.GET["format"], request.GET.get("table", ""))
    return render(request, template, context | _shown(request, found))


def _now(request: Request, ask: Ask, *, opening: bool) -> Report | None:
    """The report, or nothing where it takes longer than a page may."""
    try:
        return reads.report(request.user, ask, seconds=page_seconds(opening=opening))
    except TooMuch as error:
        if takes_long(error):
            return None
        raise


def _refused(request: Request, context: dict[str, Any], error: BadInput) -> HttpResponse:
    """The form as it was filled in, with what is wrong."""
    usual = reads.frame(request.user, Ask(context["kind"].name))
    form = Question(usual, request.GET.dict())
    return render(request, "analysis/report.html", context | {"form": form, "wrong": sentence(error)}, status=422)


def _shown(request: Request, found: Report) -> dict[str, Any]:
    plans = may(request.user, Right.CAMPAIGNS_PLAN)
    link = {name: value for name, value in request.GET.items() if name not in ("format", "table", "job")}
    return {
        "report": found,
        "form": Question(found),
        "findings": [_finding(one, plans, found) for one in found.found.findings],
        "tiles": [
            {
                "label": gettext(tile.label),
                "value": wording.brief(tile.value, tile.kind),
                "hint": wording.sentence(tile.hint) if tile.hint else "",
            }
            for tile in found.found.tiles
        ],
        "notes": [*_incomplete(found), *(wording.sentence(note) for note in found.found.notes)],
        "blocks": [_block(block, found, whole="all" in request.GET) for block in found.found.blocks if block.rows],
        "explorer_url": onward.whole(found),
        "definitions": [(gettext(term), gettext(meaning)) for term, meaning in found.kind.definitions],
        "link": urlencode(link) + ("&" if link else ""),
        "all_link": urlencode(link | {"all": "1"}),
        "empty": not any(block.rows for block in found.found.blocks),
    }


def _incomplete(report: Report) -> list[str]:
    """What is not whole of the periods that are held against each other."""
    if not report.kind.compares or report.kind.of_people:
        return []
    found, end = [], date.fromisoformat(report.as_of)
    if report.now.first <= end < report.now.last:
        text = gettext("The data end on {day}: the last month is not over yet and is held against whole months.")
        found.append(text.format(day=shown.day(end)))
    if not report.covered:
        found.append(gettext("The data do not reach back over the whole period compared with, so a rise may be none."))
    return found


def _finding(one: Finding, plans: bool, report: Report) -> dict[str, Any]:
    tone, icon = TONES[one.tone]
    text = wording.sentence(one.sentence)
    return {
        "text": text,
        "tone": tone,
        "icon": icon,
        "plan_url": onward.draft(report, one, text) if plans and one.aim else "",
        "people_url": onward.people(report, one, text) if one.aim else "",
        "explorer_url": onward.told(report, one),
    }


def _block(block: Block, report: Report, *, whole: bool) -> dict[str, Any]:
    """A table; of a long one the first rows, with a way to all."""
    total, n = block.total, len(block.rows)
    most = n if whole or n <= MOST_WHOLE or block.dense else FIRST_ROWS
    return {
        "name": block.name,
        "title": gettext(block.title),
        "heads": [
            {"label": _head(column), "numeric": column.kind in NUMBERS, "generated": column.generated}
            for column in block.columns
        ],
        "rows": [
            (_cells(block, row), _onward(block, row, report), onward.row_people(report, block, place))
            for place, row in enumerate(block.rows[:most])
        ],
        "more": n if most < n else 0,
        "has_people": bool(block.people),
        "total": [
            _cell(block, total[column.key], column.kind) if column.key in total else "" for column in block.columns[1:]
        ]
        if total
        else None,
        "chart": charts.chart(block),
        "notes": [wording.sentence(note) for note in block.notes],
        "dense": block.dense,
    }


def _onward(block: Block, row: Mapping[str, Any], report: Report) -> str:
    """Where the group opens that a row is about."""
    first = block.columns[0]
    if "ends" in row:
        return onward.between(report, first.dimension, *row["ends"])
    return onward.group(report, first.dimension, row.get(first.key)) if first.dimension else ""


def _head(column: Column) -> str:
    return column.label if column.label.lstrip("+").isdecimal() else gettext(column.label)


def _cells(block: Block, row: Mapping[str, Any]) -> list[tuple[Any, bool]]:
    return [
        (_cell(block, row[column.key], column.kind) if column.key in row else "", column.kind in NUMBERS)
        for column in block.columns
    ]


def _cell(block: Block, value: Any, kind: str) -> Any:
    return shown.NONE if value is None and block.dense else wording.cell(value, kind)


def _file(found: Report, form: str, table: str) -> FileResponse:
    """One table with its own columns; amounts in major units, no cell a formula. Raises NotFound."""
    block = next((one for one in found.found.blocks if one.name == (table or one.name)), None)
    if block is None:
        raise NotFound("There is no table {name} in this report.", name=table[:40])
    columns = [_file_column(one) for one in block.columns]
    file, _count = write(form, columns, iter(block.rows))
    name = f"{found.kind.name}-{block.name}-{found.ask.end}.{form}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CSV_TYPE if form == "csv" else XLSX_TYPE)


def _file_column(column: Column) -> FileColumn:
    label = _head(column) + (" (" + gettext("generated") + ")" if column.generated else "")
    return FileColumn(column.key, label, value=lambda row: wording.exported(row.get(column.key), column))
