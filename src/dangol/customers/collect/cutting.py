"""Cuts a delimited text file into cells, line by line and in bounded memory; what cannot be cut is told with its line.

Runs in the child process of `parser`. Nothing here may depend on the whole file fitting anywhere.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from dangol.base.errors import BadInput, TooMuch
from dangol.customers.collect import heading

PIECE_BYTES = 4 << 20
LINE_BYTES = 1 << 20
HEAD_BYTES = 800
SHOWN = 200
RECORD_LINES = 100  # lines one quoted field may run over
COLUMNS = 1000
HEAD_LINES = 200
BOM = b"\xef\xbb\xbf"

csv.field_size_limit(2 * LINE_BYTES)


@dataclass(frozen=True)
class Bad:
    """A line that could not be cut into cells."""

    line: int
    text: str
    reason: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """Rows of equal width. columns: one array of text a column; lines: the number of each row's first line."""

    columns: list[pa.Array]
    lines: pa.Array


@dataclass(frozen=True)
class Block:
    """Whole lines; the first has this number. `ended`: the last line has its line break."""

    first: int
    data: bytes
    ended: bool = True


@dataclass(frozen=True)
class Giant:
    """A line too long to be looked at."""

    line: int
    head: bytes
    length: int


def blocks(file: BinaryIO, piece_bytes: int = PIECE_BYTES) -> Iterator[Block | Giant]:
    """The file in blocks of whole lines; a line over the limit comes as a `Giant` and is never held."""
    line, rest = 1, b""
    while piece := file.read(piece_bytes):
        data = rest + piece
        cut = data.rfind(b"\n") + 1
        if cut:
            yield Block(line, data[:cut])
            line += data.count(b"\n", 0, cut)
            rest = data[cut:]
        else:
            rest = data
        if len(rest) > LINE_BYTES:
            giant, rest = _skip(file, rest, line, piece_bytes)
            yield giant
            line += 1
    if rest:
        yield Block(line, rest, ended=rest.endswith(b"\n"))


def _skip(file: BinaryIO, start: bytes, line: int, piece_bytes: int) -> tuple[Giant, bytes]:
    head, length = start[:HEAD_BYTES], len(start)
    while piece := file.read(piece_bytes):
        end = piece.find(b"\n")
        if end >= 0:
            return Giant(line, head, length + end), piece[end + 1 :]
        length += len(piece)
    return Giant(line, head, length), b""


UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def utf16(start: bytes, given: str) -> str:
    """The UTF-16 a file's first bytes are written in, or nothing: by its mark, or as every second byte is zero."""
    if start[:2] in UTF16_MARKS:
        return UTF16_MARKS[start[:2]]
    pairs = max(1, len(start) // 2)
    low, high = start[0::2].count(0) / pairs, start[1::2].count(0) / pairs
    if given and _encoding(given) == "utf-16":
        return "utf-16-be" if low > high else "utf-16-le"
    if given or len(start) < 16:
        return ""
    found = "utf-16-le" if high > 0.3 and low < 0.02 else "utf-16-be" if low > 0.3 and high < 0.02 else ""
    text = start[: len(start) // 2 * 2].decode(found, "replace") if found else ""
    return found if not any(sign < " " and sign not in "\t\r\n" for sign in text) else ""


def _broken(error: UnicodeError) -> tuple[str, int]:
    """A half character becomes a byte that is no UTF-8, so that its line alone is refused."""
    return "\udcff", error.end if isinstance(error, UnicodeDecodeError) else 0


codecs.register_error("dangol-broken", _broken)


def to_utf8(file: BinaryIO, encoding: str, out: BinaryIO, tick: Callable[[], None]) -> None:
    """Write a UTF-16 file as UTF-8, piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)("dangol-broken")
    first = True
    while piece := file.read(PIECE_BYTES):
        text = decoder.decode(piece)
        out.write((text.removeprefix("\ufeff") if first else text).encode("utf-8", "surrogateescape"))
        first = False
        tick()
    out.write(decoder.decode(b"", True).encode("utf-8", "surrogateescape"))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def find_encoding(file: BinaryIO, given: str, tick: Callable[[], None]) -> str:
    """The file's encoding: utf-8 or cp949, as most of its lines read. Raises BadInput where the given one does not fit.

    A few lines that do not fit are no reason to refuse the file: they go to quarantine one by one.
    """
    lines = {"utf-8": 0, "cp949": 0}
    foreign, first_wrong, offset = 0, 0, 0
    for block in blocks(file):
        tick()
        if isinstance(block, Giant):
            offset += block.length + 1
            continue
        if not block.data.isascii():
            if _decodes(block.data, "utf-8"):
                found = sum(not line.isascii() for line in block.data.splitlines())
                foreign += found
                lines["utf-8"] += found
            else:
                for line in block.data.splitlines(keepends=True):
                    if not line.isascii():
                        foreign += 1
                        for name in lines:
                            lines[name] += _decodes(line, name)
                        if not first_wrong and not _decodes(line, "utf-8"):
                            first_wrong = offset + _wrong_at(line, "utf-8") + 1
                    offset += len(line)
                continue
        offset += len(block.data)
    wanted = _encoding(given) if given else ("utf-8" if 2 * lines["utf-8"] >= foreign else "cp949")
    if foreign and 2 * lines.get(wanted, foreign) < foreign:
        raise _wrong_encoding(wanted, first_wrong)
    return wanted


def _wrong_at(line: bytes, encoding: str) -> int:
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _encoding(given: str) -> str:
    plain = given.lower().replace("_", "-")
    known = {
        "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "ascii": "utf-8",
        "utf-16": "utf-16", "utf16": "utf-16", "utf-16le": "utf-16", "utf-16be": "utf-16", "utf-16-le": "utf-16",
        "utf-16-be": "utf-16", "cp949": "cp949", "euc-kr": "cp949", "euckr": "cp949", "ms949": "cp949",
    }  # fmt: skip
    if plain not in known:
        raise BadInput(
            "The encoding {encoding} is not known. Choose UTF-8, CP949 or UTF-16.", field="encoding", encoding=given
        )
    return known[plain]


def _wrong_encoding(wanted: str, byte: int) -> BadInput:
    if wanted == "utf-8":
        return BadInput(
            "The file is not UTF-8 (the first wrong byte is number {byte}). Choose CP949 (EUC-KR) as its encoding, or "
            "save it as UTF-8.",
            field="encoding",
            byte=byte,
        )
    return BadInput("The file is not CP949 (EUC-KR). Choose UTF-8 as its encoding.", field="encoding")


def header_names(cells: Sequence[str]) -> list[str]:
    """Column names: trimmed, never empty, each once. Raises TooMuch."""
    if len(cells) > COLUMNS:
        raise TooMuch("The file has {count} columns, at most {limit} are read.", count=len(cells), limit=COLUMNS)
    names: list[str] = []
    for position, cell in enumerate(cells, 1):
        name = cell.strip()[:SHOWN] or f"column {position}"
        while name in names:
            name = f"{name} ({position})"
        names.append(name)
    return names


class Cutter:
    """Cuts the blocks of one file. `bad` is called with each line that cannot be cut.

    header: number of the row of the file's head in which the header begins (0: find it); header_rows: how many rows it
    has ("": find it, "0": none). `found` says afterwards where it stood.
    """

    def __init__(self, *, encoding: str, delimiter: str, bad: Callable[[Bad], None], header: int = 0,
                 header_rows: str = "", label: str = "") -> None:  # fmt: skip
        self.encoding = encoding
        self.label = label or encoding.upper()
        self.delimiter = delimiter
        self.header, self.header_rows = header, header_rows
        self.names: list[str] = []
        self.found: dict[str, Any] = {}
        self._bad = bad
        self._open: tuple[int, bytes] | None = None  # lines of a record the next block may close

    def run(self, file: BinaryIO) -> Iterator[Cells]:
        """The rows after the header, in order. Sets `names` before the first is given."""
        start = file.read(len(BOM))
        if start != BOM:
            file.seek(0)
        for block in blocks(file):
            if isinstance(block, Giant):
                if self._open is not None:
                    yield self._last()
                self._giant(block)
                continue
            body = block if self.names else self._header(block)
            if body.data:
                yield self._cut(body)
        if self._open is not None:
            yield self._last()
        if not self.names:
            raise BadInput("The file is empty. Choose a file with a header line and rows.", field="file")

    def _giant(self, giant: Giant) -> None:
        if not self.names:
            raise TooMuch("The header line is longer than {limit} bytes. Check the file.", limit=LINE_BYTES)
        text = giant.head.decode(self.encoding, "replace")
        self._bad(Bad(giant.line, text[:SHOWN], "line_too_long", {"length": giant.length, "limit": LINE_BYTES}))

    def _header(self, block: Block) -> Block:
        """Take delimiter and column names from the file's head; what is left are rows."""
        if not block.data.strip():
            return Block(block.first, b"")
        head = block.data.split(b"\n", HEAD_LINES)[:HEAD_LINES]
        lines = [self._head_line(line) for line in head]
        start = heading.find_start([f"{line}\n" for line in lines], self.delimiter)
        if not start.rows:  # a quotation mark in the header that never closes
            start = heading.Start(start.delimiter, [lines[0].split(start.delimiter)], [1])
        self.delimiter = start.delimiter
        place = heading.settled(start.rows, self.header, self.header_rows)
        end = place.first + place.rows
        before, taken = sum(start.lines[: place.first]), sum(start.lines[:end])
        if b"\0" in b"\n".join(head[before:taken]):
            raise BadInput("The file is no text (it holds NUL bytes). Save it as CSV in UTF-8.", field="file")
        self._check_header(b"\n".join(head[before:taken]))
        width = max((len(row) for row in start.rows[place.first :]), default=1)
        names = heading.joined(start.rows[place.first : end]) if place.rows else [""] * width
        self.names = header_names(names)
        self.found = heading.facts(place, block.first + before)
        skipped = sum(len(line) + 1 for line in head[:taken])
        return Block(block.first + taken, block.data[skipped:], block.ended)

    def _head_line(self, line: bytes) -> str:
        if len(line) > LINE_BYTES:
            return ""
        return line.replace(b"\0", b" ").decode(self.encoding, "replace").rstrip("\r")

    def _check_header(self, line: bytes) -> None:
        try:
            line.decode(self.encoding)
        except UnicodeDecodeError:
            raise _wrong_encoding(self.encoding, _wrong_at(line, self.encoding) + 1) from None

    def _cut(self, block: Block) -> Cells:
        if self._open is not None:
            first, before = self._open
            self._open = None
            return self._careful(Block(first, before + block.data, block.ended))
        quick = self._quick(block)
        return quick if quick is not None else self._careful(block)

    def _last(self) -> Cells:
        first, data = self._open or (0, b"")
        self._open = None
        return self._careful(Block(first, data), closing=True)

    def _quick(self, block: Block) -> Cells | None:
        """A block without anything odd, cut in one go as `_careful` would; None where that one is needed."""
        data = block.data
        if b'"' in data or b"\0" in data or b"\r\r" in data or not block.ended:
            return None
        if (
            b"\n\n" in data
            or b"\n\r\n" in data
            or data[:1] in (b"\n", b"\r")
            or data.count(b"\r") != data.count(b"\r\n")
        ):
            return None
        try:
            if self.encoding != "utf-8":
                data = data.decode(self.encoding).encode()
            table = pacsv.read_csv(
                BytesIO(data),
                read_options=pacsv.ReadOptions(
                    column_names=[str(n) for n in range(len(self.names))], block_size=len(data) + 1, use_threads=False
                ),
                parse_options=pacsv.ParseOptions(delimiter=self.delimiter, quote_char=False, ignore_empty_lines=False),
                convert_options=pacsv.ConvertOptions(
                    column_types={str(n): pa.string() for n in range(len(self.names))}, strings_can_be_null=False
                ),
            )
        except (pa.ArrowInvalid, UnicodeDecodeError):
            return None
        if table.num_rows != data.count(b"\n"):
            return None
        return Cells(
            [column.combine_chunks() for column in table.columns],
            pa.array(np.arange(block.first, block.first + table.num_rows)),
        )

    def _careful(self, block: Block, *, closing: bool = False) -> Cells:
        rows: list[list[str]] = []
        lines: list[int] = []
        for number, record in self._records(block, closing=closing or not block.ended):
            row = self._row(number, record, last=not block.ended)
            if row is not None:
                rows.append(row)
                lines.append(number)
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)] if rows else []
        return Cells(columns, pa.array(lines, pa.int64()))

    def _row(self, number: int, record: str, *, last: bool) -> list[str] | None:
        try:
            cells = next(csv.reader([record], delimiter=self.delimiter, strict=False))
        except (csv.Error, StopIteration):
            self._bad(Bad(number, record[:SHOWN], "open_quote", {}))
            return None
        width = len(self.names)
        if len(cells) == width:
            return cells
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width]  # delimiters behind the last column
        reason = "cut_off" if last and len(cells) < len(self.names) else "wrong_fields"
        self._bad(Bad(number, record[:SHOWN], reason, {"found": len(cells), "expected": len(self.names)}))
        return None

    def _lines(self, block: Block) -> Iterator[tuple[int, str]]:
        pieces = block.data.split(b"\n")
        if not pieces[-1]:
            pieces.pop()
        for number, piece in enumerate(pieces, block.first):
            if b"\0" in piece:
                shown = piece[:HEAD_BYTES].replace(b"\0", b" ").decode(self.encoding, "replace")
                self._bad(Bad(number, shown[:SHOWN], "nul", {}))
                continue
            if len(piece) > LINE_BYTES:
                self._giant(Giant(number, piece[:HEAD_BYTES], len(piece)))
                continue
            try:
                text = piece.decode(self.encoding)
            except UnicodeDecodeError:
                shown = piece[:HEAD_BYTES].decode(self.encoding, "replace")
                self._bad(Bad(number, shown[:SHOWN], "wrong_encoding", {"encoding": self.label}))
                continue
            yield number, text.removesuffix("\r")

    def _records(self, block: Block, *, closing: bool) -> Iterator[tuple[int, str]]:
        """Lines, joined where a quotation mark stays open; one that never closes costs its own line only."""
        lines = list(self._lines(block))
        position = 0
        while position < len(lines):
            number, text = lines[position]
            position += 1
            if not text.strip():
                continue
            if text.count('"') % 2:
                if not closing and self._wait(lines, position - 1):
                    return
                joined = self._joined(lines, position - 1)
                if joined is None:
                    reason = "cut_off" if not block.ended and position == len(lines) else "open_quote"
                    found = text.count(self.delimiter) + 1
                    self._bad(Bad(number, text[:SHOWN], reason, {"found": found, "expected": len(self.names)}))
                    continue
                text, position = joined
            yield number, text

    def _wait(self, lines: list[tuple[int, str]], start: int) -> bool:
        """Keep the lines from an open quotation mark on for the next block, where that may close it."""
        rest = lines[start : start + RECORD_LINES]
        if len(rest) == RECORD_LINES or any(text.count('"') % 2 for _number, text in rest[1:]):
            return False
        data = "".join(text + "\n" for _number, text in rest).encode(self.encoding)
        if len(data) > LINE_BYTES:
            return False
        self._open = (rest[0][0], data)
        return True

    def _joined(self, lines: list[tuple[int, str]], start: int) -> tuple[str, int] | None:
        """The record from a line with an open quotation mark on, and where the next begins.

        It must have as many cells as the header: two lines with a stray mark each are no record of two lines.
        """
        text = lines[start][1]
        for end in range(start + 1, min(start + RECORD_LINES, len(lines))):
            text += "\n" + lines[end][1]
            if lines[end][1].count('"') % 2:
                cells = next(csv.reader([text], delimiter=self.delimiter), [])
                return (text, end + 1) if len(cells) == len(self.names) else None
            if len(text) > LINE_BYTES:
                return None
        return None
