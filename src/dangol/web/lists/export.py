"""Exports of a list: CSV and XLSX in which no cell can act as a formula, with a reason in the access log.

Source: OWASP, CSV injection; UX-wise negative numbers and international phone numbers stay as they are.
"""

import csv
import io
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import get_language, override
from django.utils.translation import gettext_noop as N_  # noqa: N812
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from dangol.base.errors import BadInput, NotFound, TooMuch
from dangol.base.formula import guard
from dangol.base.money import currency, to_major
from dangol.staff import actions, reads
from dangol.web.lists.bulk import list_named
from dangol.web.lists.parts import Column, Selection
from dangol.web.lists.state import ListState, read
from dangol.web.shell import Request
from dangol.work import reads as work
from dangol.work.actions import Running, enqueue

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage

KIND = "lists.export"
AT_ONCE = 5_000  # rows of a file that is made while somebody waits
KEEP_HOURS = 24
ROW_LIMIT = 1_000_000
PAGE_ROWS = 5000
REASON_LENGTH = 5
CSV_TYPE, XLSX_TYPE = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def plain(column: Column, row: Any) -> Any:
    """A cell as spreadsheets count with it: money in major units, moments in the company's time, dates as dates."""
    value = column.of(row)
    if value is None:
        return ""
    if column.kind == "money":
        return to_major(int(value), currency(settings.DANGOL.currency))
    if column.kind == "badge":
        return str(value[1])
    if isinstance(value, datetime):
        return value.astimezone(settings.DANGOL.zone).replace(tzinfo=None) if value.tzinfo else value
    return value if isinstance(value, int | float | date) and not isinstance(value, bool) else str(value)


def answer(page: "ListPage", state: ListState, selection: Selection, request: Request) -> HttpResponseBase:
    """The file, after the right and the reason were checked and the access was noted.

    One of many rows is made by the job `lists.export`: the answer leads to the list, which shows how far it is.
    """
    if page.export_right is None:
        raise NotFound("There is no such action.")
    reads.require(request.user, page.export_right)
    reason = request.POST.get("reason", "").strip()[:300]
    if len(reason) < REASON_LENGTH:
        raise BadInput("Say in a few words what the export is for. It is kept in the access log.", field="reason")
    form = request.POST.get("format", "csv")
    if form not in ("csv", "xlsx"):
        raise BadInput("Choose CSV or Excel as the form of the export.", field="format")
    address = request.META.get("REMOTE_ADDR", "")[:45]
    if is_long(page, selection):
        job_id = enqueue(kind=KIND, by=request.user, arguments={
            "name": page.name, "query": page.saved_query(state), "ids": list(selection.ids),
            "everything": selection.everything, "form": form, "reason": reason, "address": address,
            "columns": list(state.columns), "language": get_language() or "",
        })  # fmt: skip
        return HttpResponseRedirect(with_job(page.address(request.path, state), job_id))
    file, _count = _made(page, state, selection, form=form, reason=reason, address=address)
    return _sent(file, page.name, form)


def with_job(address: str, job_id: int) -> str:
    """An address of a list with the job it is to show."""
    return f"{address}{'' if address.endswith('?') else '&' if '?' in address else '?'}job={job_id}"


def is_long(page: "ListPage", selection: Selection) -> bool:
    """Whether a file takes longer to make than somebody waits."""
    if selection.ids and not selection.everything:
        return len(selection.ids) > AT_ONCE
    count = page.count(selection.state, False)
    return not count.exact or count.n > AT_ONCE


def _made(
    page: "ListPage", state: ListState, selection: Selection, *, form: str, reason: str, address: str,
    running: Running | None = None,
) -> tuple[Any, int]:  # fmt: skip
    """The file, and how many rows it has; the access is noted."""
    columns = [one for one in page.columns if one.export and one.key in (state.columns or page.usual_columns)]
    file, count = write(form, columns, _told(page, selection, running))
    actions.note_access(
        by=state.by, verb="export", what=page.name, count=count, reason=reason, address=address,
        detail={"columns": [one.key for one in columns]},
    )  # fmt: skip
    return file, count


def _told(page: "ListPage", selection: Selection, running: Running | None) -> Iterator[Any]:
    """The rows; a job is told how far it is."""
    total = page.count(selection.state, True).n if running and not selection.ids else len(selection.ids) or None
    for done, row in enumerate(_rows(page, selection)):
        if running and done % 500 == 0:
            running.progress(done, total, N_("Writing the file, row by row"))
        yield row


def _sent(file: Any, name: str, form: str) -> FileResponse:
    called = f"{name}-{datetime.now(UTC).astimezone(settings.DANGOL.zone):%Y%m%d-%H%M}.{form}"
    kind = CSV_TYPE if form == "csv" else XLSX_TYPE
    return FileResponse(file, as_attachment=True, filename=called, content_type=kind)


# ---- many rows -------------------------------------------------------------------------------------------------------


def run_job(
    running: Running, *, name: str, query: str, ids: list[str], everything: bool, form: str, reason: str, address: str,
    columns: list[str], language: str,
) -> dict[str, Any]:  # fmt: skip
    """The job `lists.export`: make the file of many rows, for the member who asked, with the rights of now.

    It is kept KEEP_HOURS for that member alone. Returns {"rows": how many, "list": of which list, "form": csv or xlsx}.
    """
    by = running.by
    page = list_named(name).of(by)
    if page.export_right is None:
        raise NotFound("There is no such action.")
    reads.require(by, page.export_right)
    _sweep()
    with override(language or None):
        state = replace(read(page, by, QueryDict(query)), columns=tuple(columns))
        selection = Selection(tuple(ids), everything, state.but(), page.rows, page.id_of)
        file, count = _made(page, state, selection, form=form, reason=reason, address=address, running=running)
    with file, _kept(running.job_id, form).open("wb") as target:
        shutil.copyfileobj(file, target)
    return {"rows": count, "list": name, "form": form}


def _folder() -> Path:
    """Where files wait to be fetched, for this account of the machine only."""
    found = Path(settings.DANGOL.home) / "exports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def _kept(job_id: int, form: str) -> Path:
    return _folder() / f"{job_id}.{form}"


def _sweep() -> None:
    """Forget files nobody may fetch any more."""
    before = time.time() - KEEP_HOURS * 3600
    for path in _folder().iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def fetch(page: "ListPage", by: Any, given: str) -> HttpResponseBase:
    """The file a job made, for the member who asked for it. Raises NotFound, NotAllowed."""
    if page.export_right is None:
        raise NotFound("There is no such action.")
    reads.require(by, page.export_right)
    _sweep()
    job = work.job(by, int(given)) if given.isdecimal() and len(given) < 19 else None
    found = (job.result or {}) if job is not None and job.kind == KIND and job.by_id == by.pk else {}
    path = _kept(int(given), found["form"]) if found.get("list") == page.name else None
    if path is None or not path.exists():
        raise NotFound("This file is not kept any more. Export it once more.")
    return _sent(path.open("rb"), page.name, found["form"])


def _rows(page: "ListPage", selection: Selection) -> Iterator[Any]:
    """The selected rows; all that match where none was selected. Raises TooMuch past a million."""
    wanted = frozenset(selection.ids)
    everything = selection.everything or not wanted
    if not everything and page.picked is not None:
        yield from page.picked(selection.state, selection.ids)
        return
    after: str | None = None
    seen = 0
    while True:
        found = page.rows(selection.state, PAGE_ROWS, after)
        for row in found.rows:
            if everything or page.id_of(row) in wanted:
                seen += 1
                if seen > ROW_LIMIT:
                    raise TooMuch("An export holds up to {limit} rows. Set a filter first.", limit=f"{ROW_LIMIT:,}")
                yield row
        after = found.next
        if after is None or (not everything and seen == len(wanted)):
            return


def write(form: str, columns: list[Column], rows: Iterator[Any]) -> tuple[Any, int]:
    """The rows as an open file, and how many there are. form: csv or xlsx."""
    file = SpooledTemporaryFile(max_size=8 * 2**20)  # noqa: SIM115  the answer closes it
    count = (_write_csv if form == "csv" else _write_xlsx)(file, columns, rows)
    file.seek(0)
    return file, count


def _write_csv(file: Any, columns: list[Column], rows: Iterator[Any]) -> int:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)  # the mark makes Excel read Korean
    writer = csv.writer(text)
    writer.writerow([guard(str(one.label)) for one in columns])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        values = (plain(one, row) for one in columns)
        writer.writerow([guard(value) if isinstance(value, str) else value for value in values])
    text.detach()
    return count


def _write_xlsx(file: Any, columns: list[Column], rows: Iterator[Any]) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_text_cell(sheet, str(one.label)) for one in columns])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        values = (plain(one, row) for one in columns)
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in values])
    book.save(file)
    return count


def _text_cell(sheet: Any, value: str) -> Any:
    """A cell that is text whatever it begins with: typed as a string and quoted, so it also survives editing."""
    cell = WriteOnlyCell(sheet, "".join(sign for sign in value if sign >= " " or sign in "\t\n"))
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
