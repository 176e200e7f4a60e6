"""Whole files as tables, whatever their encoding, delimiter, header and form: for methods that take any columns.

They are read as `dangol load` and the import pages read them, only in this process: an analyst's own file, with nothing
beside it that it could reach.
"""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dangol.base import errors
from dangol.base.errors import BadInput, NotFound, TooMuch

EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods")


class Sheet(NamedTuple):
    """A file's rows, and how many lines of it could not be cut into cells."""

    table: pa.Table
    left_out: int


def read(path: Path) -> Sheet:
    """A CSV (UTF-8, UTF-16 or CP949; comma, tab, semicolon or bar), Excel or Parquet file as a table.

    Of CSV and Excel all columns are text, null where empty; titles above the header are skipped, headers that are
    missing or double are numbered, and a first row of values is no header. Raises BadInput, TooMuch, NotFound.
    """
    if not path.is_file():
        raise NotFound("There is no file {path}.", path=path)
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return Sheet(_parquet(path), 0)
    return _cut(path, "excel" if start.startswith(EXCEL) or path.suffix.lower() in ENDINGS else "csv")


def _parquet(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError):
        raise BadInput("{path} is not a readable Parquet file.", field="file", path=path) from None


def _cut(path: Path, reader: str) -> Sheet:
    from dangol.customers.collect import parser

    with tempfile.TemporaryDirectory(prefix="dangol-") as folder:
        found = parser.work({"reader": reader, "path": str(path), "folder": folder})
        _refuse(path, found)
        with pa.OSFile(str(Path(folder) / parser.TEXT)) as source, pa.ipc.open_file(source) as file:
            table = file.read_all().drop_columns([parser.LINE])
    empty = {name: pc.if_else(pc.equal(table[name], ""), None, table[name]) for name in table.column_names}
    return Sheet(pa.table(empty), int(found["bad"]))


def _refuse(path: Path, found: dict[str, Any]) -> None:
    """Raise what the reader refused the file for, with the file's name."""
    if found.get("error") == "memory":
        raise TooMuch("Reading {path} needs more memory than there is.", path=path)
    if "error" in found:
        kind = getattr(errors, found["error"])
        raise kind("{path}: " + found["template"], field=found["field"], path=path, **found["params"])
