"""Exports of a list: CSV and XLSX in which no cell can act as a formula, with a reason in the access log.

Source: OWASP, CSV injection; UX-wise negative numbers and international phone numbers stay as they are.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import FileResponse, HttpResponseBase
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from dangol.base.errors import BadInput, NotFound, TooMuch
from dangol.base.formula import guard
from dangol.base.money import currency, to_major
from dangol.staff import actions, reads
from dangol.web.lists.parts import Column, Selection
from dangol.web.lists.state import ListState
from dangol.web.shell import Request

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage

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
    """The file, after the right and the reason were checked and the access was noted."""
    if page.export_right is None:
        raise NotFound("There is no such action.")
    reads.require(request.user, page.export_right)
    reason = request.POST.get("reason", "").strip()[:300]
    if len(reason) < REASON_LENGTH:
        raise BadInput("Say in a few words what the export is for. It is kept in the access log.", field="reason")
    form = request.POST.get("format", "csv")
    if form not in ("csv", "xlsx"):
        raise BadInput("Choose CSV or Excel as the form of the export.", field="format")
    columns = [one for one in page.columns if one.export and one.key in (state.columns or page.usual_columns)]
    file, count = write(form, columns, _rows(page, selection))
    actions.note_access(
        by=request.user, verb="export", what=page.name, count=count, reason=reason,
        address=request.META.get("REMOTE_ADDR", "")[:45], detail={"columns": [one.key for one in columns]},
    )  # fmt: skip
    name = f"{page.name}-{datetime.now(UTC).astimezone(settings.DANGOL.zone):%Y%m%d-%H%M}.{form}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CSV_TYPE if form == "csv" else XLSX_TYPE)


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
