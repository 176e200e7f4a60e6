"""The forms a table can leave in."""

from collections.abc import Mapping
from typing import Protocol

from dangol.reports import paper, sheets
from dangol.reports.grid import Grid
from dangol.reports.sheets import Made, Told, nobody


class Form(Protocol):
    """Writes a table as a file; `told` hears how many rows are written and may raise to stop it."""

    def __call__(self, grid: Grid, told: Told = nobody) -> Made: ...


FORMS: Mapping[str, Form] = {
    "xlsx": sheets.as_xlsx, "csv": sheets.as_csv, "pdf": paper.as_pdf, "png": paper.as_png,
}  # fmt: skip
