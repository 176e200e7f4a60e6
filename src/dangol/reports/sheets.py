"""A table as Excel, with real numbers and number forms, and as CSV; no cell can act as a formula."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from dangol.base.formula import guard
from dangol.base.money import currency, to_major
from dangol.reports import show
from dangol.reports.asked import Figure
from dangol.reports.grid import Grid, Head

CSV_KIND = "text/csv; charset=utf-8"
XLSX_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY_FORM = "yyyy-mm-dd"
SHARE_FORM, CHANGE_FORM, POINTS_FORM = "0.0%", "+0.0%;-0.0%;0.0%", '+0.0"%p";-0.0"%p";0.0"%p"'


Told = Callable[[int], None]  # how many rows are written


@dataclass(frozen=True)
class Made:
    """A file: its bytes, its media type, and the last day inside its figures."""

    content: bytes
    kind: str
    as_of: str = ""


def nobody(_rows: int) -> None:
    """For files whose rows nobody waits for."""


def heads(grid: Grid) -> list[list[str]]:
    """The lines of headings above the figures, with the names of the row fields in front of the last one."""
    names = [show.field(grid.fields, name) for name in grid.asked.rows] or [""]
    lines = []
    for level, name in enumerate(grid.asked.columns):
        texts = [_column(grid, head, level, name) for head in grid.columns for _one in grid.asked.figures]
        lines.append([""] * (len(names) - 1) + [show.field(grid.fields, name)] + texts)
    lines.append(names + [_head(grid, figure) for _head_ in grid.columns for figure in grid.asked.figures])
    return lines


def _head(grid: Grid, figure: Figure) -> str:
    return show.measure(grid.fields, figure)


def _column(grid: Grid, head: Head, level: int, name: str) -> str:
    if head.kind != "member":
        return show.head(head) if level == 0 else ""
    return show.member(name, head.path[level])


def titles(grid: Grid, head: Head) -> list[str]:
    """A row's members, one a field; what lies above is repeated, so that the file can be filtered."""
    width = max(len(grid.asked.rows), 1)
    if head.kind == "total":
        texts = [gettext("Total")]
    else:
        inside = head.path[:-1] if head.kind == "others" else head.path
        texts = [show.member(name, value) for name, value in zip(grid.asked.rows, inside, strict=False)]
        texts += [show.head(head)] if head.kind == "others" else []
    return texts + [""] * (width - len(texts))


def value(grid: Grid, row: Head, column: Head, figure: Figure) -> Any:
    """A cell as spreadsheets count with it: amounts in major units, shares 0..1; None where there is no figure."""
    found = grid.figure(row.path, column.path, figure)
    if found is None:
        return None
    unit = grid.unit(figure)
    if unit == "money" and isinstance(found, int):
        return to_major(found, currency(grid.currency))
    if unit == "money":
        return found / 10 ** currency(grid.currency).digits
    return found * 100 if unit == "points" else found


def as_csv(grid: Grid, told: Told = nobody) -> Made:
    """The table alone, one line of headings for each column field."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for line in heads(grid):
        writer.writerow([guard(text) for text in line])
    for done, row in enumerate(grid.rows):
        told(done)
        cells = [value(grid, row, column, figure) for column in grid.columns for figure in grid.asked.figures]
        writer.writerow([guard(text) for text in titles(grid, row)] + ["" if one is None else one for one in cells])
    return Made(file.getvalue().encode("utf-8-sig"), CSV_KIND, grid.as_of)


def form_of(grid: Grid, figure: Figure) -> str:
    """The number form of a figure in Excel."""
    unit = grid.unit(figure)
    if unit == "money":
        money = currency(grid.currency)
        return f'"{money.sign}"#,##0{"." + "0" * money.digits if money.digits else ""}'
    return {"share": SHARE_FORM, "change": CHANGE_FORM, "points": POINTS_FORM, "ratio": "#,##0.00",
            "days": "#,##0.0"}.get(unit, "#,##0")  # fmt: skip


def about(grid: Grid) -> list[tuple[str, str]]:
    """What belongs to the figures wherever they are read: as of, filters, notes, definitions."""
    lines = [(gettext("As of"), show.period("day", grid.as_of) if grid.as_of else "")]
    lines += [(gettext("Filter"), text) for text in show.filters(grid)]
    lines += [(gettext("Note"), text) for text in show.notes(grid)]
    if grid.generated:
        named = ", ".join(show.field(grid.fields, name) for name in grid.asked.dimensions if name in grid.generated)
        lines.append((gettext("Generated data"), named))
    measures = [grid.fields.measures[name] for name in grid.asked.measures]
    dimensions = [grid.fields.dimensions[name] for name in grid.asked.dimensions]
    return lines + [(gettext(one.label), gettext(one.definition)) for one in (*measures, *dimensions)]


def as_xlsx(grid: Grid, told: Told = nobody) -> Made:
    """The table on a first sheet, what it means on a second."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Figures"))
    lines = heads(grid)
    width = len(lines[-1])
    sheet.freeze_panes = f"{get_column_letter(max(len(grid.asked.rows), 1) + 1)}{len(lines) + 1}"
    for place in range(1, width + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 22 if place <= max(len(grid.asked.rows), 1) else 16
    for line in lines:
        sheet.append([_text(sheet, text, bold=True) for text in line])
    forms = [form_of(grid, figure) for _column_ in grid.columns for figure in grid.asked.figures]
    for done, row in enumerate(grid.rows):
        told(done)
        bold = row.kind == "total" or row.unfolded
        figures = [value(grid, row, column, figure) for column in grid.columns for figure in grid.asked.figures]
        cells = [_number(sheet, one, form, bold=bold) for one, form in zip(figures, forms, strict=True)]
        sheet.append([*_titled(sheet, grid, row, bold=bold), *cells])
    notes = book.create_sheet(gettext("About these figures"))
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 90
    notes.append([_text(notes, show.title(grid), bold=True)])
    for name, text in about(grid):
        notes.append([_text(notes, name), _text(notes, text)])
    file = io.BytesIO()
    book.save(file)
    return Made(file.getvalue(), XLSX_KIND, grid.as_of)


def _titled(sheet: Any, grid: Grid, row: Head, *, bold: bool) -> list[Any]:
    """A row's members; days as dates that spreadsheets count with."""
    cells = [_text(sheet, text, bold=bold) for text in titles(grid, row)]
    inside = row.path if row.kind == "member" else row.path[:-1] if row.kind == "others" else ()
    for place, (name, one) in enumerate(zip(grid.asked.rows, inside, strict=False)):
        if name == "day" and one is not None:
            cells[place] = _number(sheet, date.fromisoformat(str(one)), DAY_FORM, bold=bold)
    return cells


def _number(sheet: Any, one: Any, form: str, *, bold: bool) -> Any:
    cell = WriteOnlyCell(sheet, one)
    cell.number_format = form
    cell.font = Font(bold=bold)
    return cell


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A cell that is text whatever it begins with: typed as a string and quoted, so it also survives editing."""
    cell = WriteOnlyCell(sheet, "".join(sign for sign in text if sign >= " "))
    cell.data_type, cell.quotePrefix = "s", True
    cell.font, cell.alignment = Font(bold=bold), Alignment(wrap_text=False)
    return cell
