"""Whole files as tables of text, whatever their encoding, delimiter and form: for methods that take any columns."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dangol.base.errors import BadInput, NotFound
from dangol.cli.plain import DELIMITERS, encoding_of

HEAD_LINES = 20
EXCEL = (".xlsx", ".xlsm", ".xls")


def table_of(path: Path) -> pa.Table:
    """A CSV (UTF-8, UTF-16 or CP949; comma, tab, semicolon or bar), Parquet or Excel file as a table.

    Headers that are missing or double are numbered; a first row of values only is no header. Raises BadInput, NotFound.
    """
    if not path.is_file():
        raise NotFound("There is no file {path}.", path=path)
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return pq.read_table(path)
        except pa.ArrowInvalid:
            raise BadInput("{path} is not a Parquet file.", field="file", path=path) from None
    return _excel(path) if path.suffix.lower() in EXCEL else _csv(path)


def _headers(first: list[str], second: list[str]) -> tuple[list[str], bool]:
    """The headers, and whether the first row holds them: it does not where it looks like the rows below."""
    digits = sum(any(c.isdigit() for c in cell) for cell in first)
    alike = sum(any(c.isdigit() for c in cell) for cell in second)
    there = not (digits >= 2 and digits >= alike > 0) and not any("@" in cell for cell in first)
    names: list[str] = []
    for number, cell in enumerate(first, 1):
        name = cell.strip().strip("\ufeff").strip() if there else ""
        name = name or f"column {number}"
        names.append(name if name not in names else f"{name} {number}")
    return names, there


def _csv(path: Path) -> pa.Table:
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        lines = [line for line in (file.readline() for _ in range(HEAD_LINES)) if line.strip()]
    if not lines:
        raise BadInput("{path} is empty.", field="file", path=path)
    delimiter = _delimiter(lines)
    rows = list(csv.reader(lines[:2], delimiter=delimiter, skipinitialspace=True))
    names, there = _headers(rows[0], rows[1] if len(rows) > 1 else [])
    places = [f"c{n}" for n in range(len(names))]
    written = "utf8" if encoding == "utf-8-sig" else encoding
    try:
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(encoding=written, column_names=places,
                                           skip_rows=int(there), block_size=8 << 20),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True,
                                             invalid_row_handler=lambda row: "skip"),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(places, pa.string()),
                                                 strings_can_be_null=True, null_values=[""]),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise BadInput("{path} is not a readable CSV file: {why}", field="file", path=path,
                       why=str(error).split("\n", maxsplit=1)[0]) from None  # fmt: skip
    return table.rename_columns(names)


def _delimiter(lines: list[str]) -> str:
    """The delimiter that cuts all of the first lines into the same number of cells, most of them."""

    def fits(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=counts.count)
        return (counts.count(usual) if usual > 1 else 0, usual)

    return max(DELIMITERS, key=fits)


def _excel(path: Path) -> pa.Table:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows: list[list[Any]] = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    except (CalamineError, IndexError, OSError):
        raise BadInput("{path} is not an Excel file.", field="file", path=path) from None
    cells = [[_cell(value) for value in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        raise BadInput("{path} is empty.", field="file", path=path)
    width = max(len(row) for row in cells)
    cells = [row + [""] * (width - len(row)) for row in cells]
    start = next(n for n, row in enumerate(cells) if sum(map(bool, row)) > width / 2 or n == len(cells) - 1)
    names, there = _headers(cells[start], cells[start + 1] if start + 1 < len(cells) else [])
    body = cells[start + int(there) :]
    return pa.table({name: pa.array([row[n] or None for row in body], pa.string()) for n, name in enumerate(names)})


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return "" if value is None else str(value)
