"""The forms a table can leave in."""

from collections.abc import Callable, Mapping

from dangol.reports import paper, sheets
from dangol.reports.grid import Grid
from dangol.reports.sheets import Made

FORMS: Mapping[str, Callable[[Grid], Made]] = {
    "xlsx": sheets.as_xlsx, "csv": sheets.as_csv, "pdf": paper.as_pdf, "png": paper.as_png,
}  # fmt: skip
