"""The child process that reads a foreign file: `python -m dangol.customers.collect.parser < order.json`.

It turns CSV, Excel or Parquet into one Arrow file of text columns beside a list of lines that could not be cut. A
crafted file may crash a reader or make it take memory without end; so it runs here, under limits, with an empty
environment, and the parent only reads what this process wrote. It imports no Django and opens no connection.
"""

import contextlib
import ctypes
import importlib.abc
import json
import os
import resource
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dangol.base.errors import BadInput, DangolError, TooMuch
from dangol.base.process import follow
from dangol.customers.collect import cutting, heading, workbook
from dangol.customers.standard.rules import without_resident_numbers

ROWS_A_GROUP = 100_000
BAD_MOST = 100_000
LINE = "_line"
TEXT, BAD, META, STATE = "text.arrow", "bad.jsonl", "meta.json", "state"
FILE_BYTES = 64 << 30
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def confine(memory_mb: int, seconds: int) -> None:
    """Put this process under limits of memory, time and files, and off the network where the system allows it."""
    memory = memory_mb << 20
    for kind, soft, hard in (
        (resource.RLIMIT_DATA, memory, memory),
        (resource.RLIMIT_CPU, seconds, seconds + 5),  # at the soft limit SIGXCPU says why; SIGKILL would say nothing
        (resource.RLIMIT_FSIZE, FILE_BYTES, FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them only by name
            resource.setrlimit(kind, (soft, hard))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


class Writer:
    """Gathers cells into row groups of text, and bad lines into a list."""

    def __init__(self, folder: Path, limit: int | None) -> None:
        self.folder = folder
        self.limit = limit
        self.rows = self.bad = self.position = 0
        self._names: list[str] = []
        self._waiting: list[pa.Table] = []
        self._out: pa.RecordBatchFileWriter | None = None
        self._bad_file = (folder / BAD).open("w", encoding="utf-8")
        self._parent = os.getppid()

    def refuse(self, bad: cutting.Bad) -> None:
        """Write down a line that could not be cut."""
        self.bad += 1
        if self.bad > BAD_MOST:
            raise TooMuch(
                "More than {limit} lines cannot be read. Check encoding, delimiter and quotation marks.", limit=BAD_MOST
            )
        text = without_resident_numbers(bad.text)
        self._bad_file.write(json.dumps([bad.line, text, bad.reason, bad.params], ensure_ascii=False) + "\n")

    def begin(self, names: list[str]) -> None:
        """Take the header."""
        self._names = names

    def add(self, columns: list[pa.Array], lines: pa.Array) -> bool:
        """Take rows; False when no more are wanted."""
        if len(lines):
            self._waiting.append(pa.table([*columns, lines], names=[*self._names, LINE]))
            self.rows += len(lines)
            if sum(table.num_rows for table in self._waiting) >= ROWS_A_GROUP:
                self._flush(ROWS_A_GROUP)
        return self.limit is None or self.rows < self.limit

    def _flush(self, least: int) -> None:
        table = pa.concat_tables(self._waiting) if self._waiting else self._empty()
        while table.num_rows >= max(least, 1):
            self._put(table.slice(0, ROWS_A_GROUP))
            table = table.slice(ROWS_A_GROUP)
        self._waiting = [table] if table.num_rows else []

    def _empty(self) -> pa.Table:
        schema = pa.schema([*((name, pa.string()) for name in self._names), (LINE, pa.int64())])
        return schema.empty_table()

    def _put(self, table: pa.Table) -> None:
        if self._out is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
            self._out = pa.ipc.new_file(self.folder / TEXT, table.schema, options=options)
        self._out.write_table(table.combine_chunks())

    def tick(self, position: int) -> None:
        """Say how far the file is read; leave when nobody is waiting any more."""
        if os.getppid() != self._parent:
            raise SystemExit(3)
        self.position = position
        (self.folder / STATE).write_text(str(position))

    def close(self) -> None:
        """Write what is left."""
        self._flush(1)
        if self._out is None:
            self._put(self._empty())
        if self._out is not None:
            self._out.close()
        self._bad_file.close()


def read_csv(order: dict[str, Any], writer: Writer) -> dict[str, Any]:
    """Cut a delimited text file; returns what was found out about it."""
    path, given = Path(order["path"]), order.get("encoding", "")
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((workbook.ZIPPED, workbook.OLD)):
        raise BadInput("The file is an Excel or ZIP file, not CSV. Choose Excel as its form.", field="reader")
    wide = cutting.utf16(start, given)
    if wide:
        path = _narrowed(path, wide, Path(order["folder"]), writer)
    with path.open("rb") as file:
        encoding = "utf-8" if wide else cutting.find_encoding(file, given, lambda: writer.tick(0))
        file.seek(0)
        cutter = cutting.Cutter(
            encoding=encoding, delimiter=order.get("delimiter", ""), bad=writer.refuse,
            header=int(order.get("header") or 0), header_rows=str(order.get("header_rows", "")),
            label="UTF-16" if wide else "",
        )  # fmt: skip
        more = True
        for cells in cutter.run(file):
            writer.begin(cutter.names)
            more = writer.add(cells.columns, cells.lines)
            writer.tick(file.tell())
            if not more:
                break
        writer.begin(cutter.names)
        file.seek(-1, os.SEEK_END)
        ended = file.read(1) in (b"\n", b"\r")
    notes = [] if ended or not more else ["no_line_break"]
    return {"columns": cutter.names, "encoding": "utf-16" if wide else encoding, "delimiter": cutter.delimiter,
            "mark": start.startswith(cutting.BOM), "notes": notes, **cutter.found}  # fmt: skip


def _narrowed(path: Path, encoding: str, folder: Path, writer: Writer) -> Path:
    """A UTF-16 file written again as UTF-8."""
    narrow = folder / "utf8"
    with path.open("rb") as file, narrow.open("wb") as out:
        cutting.to_utf8(file, encoding, out, lambda: writer.tick(0))
    return narrow


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else _plain_number(repr(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _plain_number(text: str) -> str:
    from decimal import Decimal

    return format(Decimal(text), "f") if "e" in text.lower() and "inf" not in text and "nan" not in text else text


def read_excel(order: dict[str, Any], writer: Writer) -> dict[str, Any]:
    """Read a sheet of a workbook; returns what was found out about it."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    path = Path(order["path"])
    zipped = workbook.inspect(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = list(book.sheet_names)
        wanted = order.get("sheet") or _first_shown(book)
        if wanted not in sheets:
            raise BadInput(
                "The workbook has no sheet “{sheet}”. It has: {sheets}.", field="sheet", sheet=wanted,
                sheets=", ".join(sheets[:20]),
            )  # fmt: skip
        sheet = book.get_sheet_by_name(wanted)
    except PasswordError:
        raise BadInput("The workbook is locked by a password. Save it without one.", field="file") from None
    except (CalamineError, IndexError, OSError):
        raise BadInput(workbook.NOT_WHOLE, field="file") from None
    layout = workbook.layout(path, wanted) if zipped else workbook.Layout()
    rows = Sheet(sheet, layout, skip_hidden=order.get("hidden") == "skip")
    found = rows.write(writer, int(order.get("header") or 0), str(order.get("header_rows", "")))
    return {"sheets": sheets, "sheet": wanted, "hidden": len(layout.hidden), "hidden_columns": len(rows.concealed),
            **found}  # fmt: skip


def _first_shown(book: Any) -> str:
    shown = [one.name for one in book.sheets_metadata if str(one.visible).endswith("Visible")]
    return str(next(iter(shown), book.sheet_names[0]))


class Sheet:
    """The rows of a sheet as text, with what its layout says about them."""

    def __init__(self, sheet: Any, layout: workbook.Layout, *, skip_hidden: bool) -> None:
        self.top: int = (sheet.start or (0, 0))[0]
        self.left: int = (sheet.start or (0, 0))[1]
        self.pads = {column - self.left: code for column, code in layout.pads.items()}
        self.hidden = layout.hidden if skip_hidden else set()
        width = sheet.width
        self.concealed = {one - self.left for one in layout.columns if 0 <= one - self.left < width}
        self.gone = self.concealed if skip_hidden else set()
        self.merged = workbook.filled_down(sheet.merged_cell_ranges)
        self.shown: dict[int, list[str]] = {}  # rows whose cells later rows of a merged region show
        self.rounded = False
        self.rows = sheet.iter_rows()

    def texts(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with anything in them, as (number in the sheet, cells)."""
        wanted = {top for cells in self.merged.values() for top in cells.values()}
        for number, row in enumerate(self.rows, self.top):
            cells = [self._text(place, value) for place, value in enumerate(row)]
            for column, top in self.merged.get(number, {}).items():
                place = column - self.left
                if top in self.shown and 0 <= place < len(cells) and not cells[place]:
                    cells[place] = self.shown[top][place]
            if number in wanted:
                self.shown[number] = cells
            if self.gone:
                cells = [cell for place, cell in enumerate(cells) if place not in self.gone]
            if any(cells) and number + 1 not in self.hidden:
                yield number + 1, cells

    def _text(self, place: int, value: Any) -> str:
        if isinstance(value, float):
            text = workbook.shown(value, self.pads[place]) if place in self.pads else None
            if text is not None:
                return text
            self.rounded = self.rounded or (abs(value) >= workbook.EXACT and value.is_integer())
        return _cell(value)

    def write(self, writer: Writer, header: int, header_rows: str) -> dict[str, Any]:
        """Find the header, write the rows; returns what was found. header: its row number in the sheet, 0: find it."""
        rows = self.texts()
        head = list(islice(rows, heading.ROWS))
        if not head:
            raise BadInput("The sheet is empty. Choose a sheet with a header row and rows.", field="sheet")
        chosen = next((n for n, (number, _cells) in enumerate(head, 1) if header and number >= header), 0)
        place = heading.settled([cells for _number, cells in head], chosen, header_rows)
        end = place.first + place.rows
        names = heading.joined([cells for _number, cells in head[place.first : end]])
        width = len(head[0][1])
        names = cutting.header_names(names if place.rows else [""] * width)
        names = cutting.header_names([*names, *[""] * (width - len(names))])
        writer.begin(names)
        _excel_rows(chain(head[end:], rows), width, writer)
        line = head[min(place.first, len(head) - 1)][0]
        notes = ["rounded"] if self.rounded else []
        return {"columns": names, "notes": notes, **heading.facts(place, line)}


def _excel_rows(rows: Iterator[tuple[int, list[str]]], width: int, writer: Writer) -> None:
    texts: list[list[str]] = []
    lines: list[int] = []
    for number, cells in rows:
        texts.append(cells)
        lines.append(number)
        if len(texts) == 10_000:
            if not writer.add(*_columns(texts, lines, width)):
                return
            writer.tick(number)
            texts, lines = [], []
    writer.add(*_columns(texts, lines, width))


def _columns(texts: list[list[str]], lines: list[int], width: int) -> tuple[list[pa.Array], pa.Array]:
    columns = [pa.array([row[n] for row in texts], pa.string()) for n in range(width)]
    return columns, pa.array(lines, pa.int64())


def read_parquet(order: dict[str, Any], writer: Writer) -> dict[str, Any]:
    """Read a Parquet file's columns as text; returns what was found out about it."""
    try:
        file = pq.ParquetFile(order["path"], memory_map=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError):
        raise BadInput("The file is not whole or no Parquet file. Load it again.", field="file") from None
    names = cutting.header_names(file.schema_arrow.names)
    writer.begin(names)
    line = 1
    try:
        for batch in file.iter_batches(batch_size=50_000):
            lines = pa.array(np.arange(line, line + batch.num_rows))
            line += batch.num_rows
            if not writer.add([_as_text(column) for column in batch.columns], lines):
                break
            writer.tick(line)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, pa.ArrowMemoryError):
            raise MemoryError from None
        raise BadInput("The Parquet file is damaged inside. Load it again.", field="file") from None
    return {"columns": names, "rows": file.metadata.num_rows, "notes": []}


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_nested(kind):
        return pa.array([json.dumps(v, default=str, ensure_ascii=False) for v in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) and kind.tz:
        column = pc.cast(column, pa.timestamp(kind.unit)).cast(pa.string())
        return pc.binary_join_element_wise(column, "Z", "")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise BadInput("A column of the Parquet file holds bytes, not text or numbers. Leave it out.", field="file")
    text = column.cast(pa.string())
    if pa.types.is_floating(kind) and pc.any(pc.match_substring(text, "e")).as_py():
        text = pa.array([None if value is None else _plain_number(value) for value in text.to_pylist()], pa.string())
    return text


class WithoutPandas(importlib.abc.MetaPathFinder):
    """Keeps pyarrow from loading pandas unasked: that would cost 60 MB and a second."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """No pandas here."""
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


READERS = {"csv": read_csv, "excel": read_excel, "parquet": read_parquet}


def work(order: dict[str, Any]) -> dict[str, Any]:
    """Read one file as ordered; the answer goes into meta.json."""
    folder = Path(order["folder"])
    try:
        writer = Writer(folder, order.get("limit"))
        found = READERS[order["reader"]](order, writer)
        writer.close()
        return found | {"read": writer.rows, "bad": writer.bad}
    except DangolError as error:
        return {"error": type(error).__name__, "template": error.template, "field": error.field, "params": error.params}
    except (MemoryError, pa.ArrowMemoryError):
        return {"error": "memory"}


def main() -> int:
    """Read the order from standard input, confine this process, work, and write the answer."""
    follow(os.getppid())
    sys.meta_path.insert(0, WithoutPandas())
    order = json.load(sys.stdin)
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    confine(order["memory_mb"], order["seconds"])
    answer = work(order)
    folder = Path(order["folder"])
    (folder / "meta.new").write_text(json.dumps(answer, ensure_ascii=False))
    (folder / "meta.new").replace(folder / META)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
