"""What a workbook says beside its values: what is hidden, formats that show leading zeros or percent. And its refusal.

Runs in the child process of `parser`. The file is inspected before anything of it is unpacked, parts are read by their
names in memory and never written anywhere.
"""

import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from dangol.base.errors import BadInput, TooMuch

ENTRIES, BYTES, RATIO, RATIO_FROM, SHEET_CELLS = 2000, 1 << 30, 200, 10 << 20, 20_000_000
PART_BYTES = 32 << 20
PIECE = 1 << 20
EXACT = 1e15  # larger numbers have lost digits in a spreadsheet
FILLED_MOST = 200_000
OLD, ZIPPED = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
PAD = re.compile(r"0[0\-]*0")
PERCENT = re.compile(r"[#0,]+(\.[#0?]+)?\s?%")
BUILT_IN = {
    "9": "0%",
    "10": "0.00%",
}  # number formats that a workbook names without writing them down (ECMA-376 18.8.30)
COLUMNS = 16_384
HIDDEN_COLUMN = re.compile(rb"<col\b[^>]*?>")
ROW = re.compile(
    rb'<row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"|<row\b[^>]*?\bhidden="(?:1|true)"[^>]*?\br="(\d+)"'
)
CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})\d+"[^>]*?\bs="(\d+)"')
NOT_WHOLE = "The workbook is not whole or no Excel file (.xlsx). Load it again."


@dataclass
class Layout:
    """hidden: numbers of hidden rows; columns: hidden columns, from 0. pads: column -> format of its numbers,
    like 00000, 000-0000-0000 or 0.0%."""

    hidden: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    pads: dict[int, str] = field(default_factory=dict)


def inspect(path: Path) -> bool:
    """Refuse a file that is no workbook, or would unpack to more than it may; returns whether it is a zipped one.

    Raises BadInput or TooMuch.
    """
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(OLD):
        return False
    if not start.startswith(ZIPPED):
        if b"<html" in start.lower() or b"<table" in start.lower() or b"<!doctype" in start.lower():
            raise BadInput(
                "The file is a web page with an Excel name. Open it in Excel and save it as .xlsx or CSV.", field="file"
            )
        raise BadInput(NOT_WHOLE, field="file")
    try:
        with zipfile.ZipFile(path) as archive:
            _inspect_entries(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise BadInput(NOT_WHOLE, field="file") from None
    return True


def _inspect_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    steep = any(
        entry.file_size > RATIO_FROM and entry.file_size > RATIO * max(entry.compress_size, 1) for entry in entries
    )
    if len(entries) > ENTRIES or total > BYTES or steep:
        raise TooMuch("The workbook unpacks to more than is allowed. Save the sheet as CSV.", field="file")
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or stat.S_ISLNK(entry.external_attr >> 16):
            raise BadInput("The workbook holds a part that points outside it. It is no file of Excel.", field="file")
        if name.endswith((".xml", ".rels")):
            with archive.open(entry) as part:
                _inspect_part(part.read(4096), sheet=name.startswith("xl/worksheets/"))


def _inspect_part(head: bytes, *, sheet: bool) -> None:
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise BadInput("The workbook defines entities, which no Excel file does. It is not read.", field="file")
    found = re.search(rb'<dimension ref="[A-Z]+\d+:([A-Z]+)(\d+)"', head) if sheet else None
    if found and (_column(found[1]) + 1) * int(found[2]) > SHEET_CELLS:
        raise TooMuch("A sheet of the workbook spans more than {limit} cells. Save it as CSV.", limit=SHEET_CELLS)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def layout(path: Path, sheet: str) -> Layout:
    """What a zipped workbook's sheet says beside its values; nothing where it cannot be told."""
    found = Layout()
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            if part:
                _scan(archive, part, _pads(archive), found)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, OSError, ValueError):
        return found
    return found


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as part:
        text = part.read(PART_BYTES)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("entities")
    return ElementTree.fromstring(text)  # noqa: S314  no entities, at most 32 MB, under the limits of this process


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The archive's name of a sheet's part."""
    identity = ""
    for one in _xml(archive, "xl/workbook.xml").iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            identity = next((value for name, value in one.attrib.items() if name.endswith("}id")), "")
    for one in _xml(archive, "xl/_rels/workbook.xml.rels"):
        if one.get("Id") == identity:
            target = one.get("Target", "").lstrip("/")
            return target if target.startswith("xl/") else f"xl/{target}"
    return ""


def _pads(archive: zipfile.ZipFile) -> dict[int, str]:
    """Cell styles whose number format writes leading zeros or percent: number of the style -> format."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    codes = dict(BUILT_IN)
    styles: dict[int, str] = {}
    for one in _xml(archive, "xl/styles.xml").iter():
        if one.tag.endswith("}numFmt"):
            codes[one.get("numFmtId", "")] = re.sub(r'["\\]|\[[^\]]*\]|;.*$', "", one.get("formatCode", ""))
        if one.tag.endswith("}cellXfs"):
            for number, style in enumerate(one):
                code = codes.get(style.get("numFmtId", ""), "")
                if PAD.fullmatch(code) or PERCENT.fullmatch(code):
                    styles[number] = code
    return styles


def _scan(archive: zipfile.ZipFile, part: str, styles: dict[int, str], found: Layout) -> None:
    """Look through a sheet's text piece by piece for what is hidden and for columns whose format shows more."""
    seen: dict[int, Counter[str]] = {}
    with archive.open(part) as sheet:
        for text in _pieces(sheet):
            found.hidden.update(int(row[1] or row[2]) for row in ROW.finditer(text))
            for column in HIDDEN_COLUMN.findall(text):
                found.columns |= _hidden(column)
            if styles:
                for cell in CELL.finditer(text):
                    if int(cell[2]) in styles:
                        seen.setdefault(_column(cell[1]), Counter())[styles[int(cell[2])]] += 1
    found.pads = {column: codes.most_common(1)[0][0] for column, codes in seen.items()}


def _hidden(column: bytes) -> set[int]:
    """The columns a `col` element hides, from 0."""
    said = dict(re.findall(rb'\b(min|max|hidden)="(\w+)"', column))
    if said.get(b"hidden") not in (b"1", b"true") or not (
        said.get(b"min", b"").isdigit() and said.get(b"max", b"").isdigit()
    ):
        return set()
    return set(range(int(said[b"min"]) - 1, min(int(said[b"max"]), COLUMNS)))


def _pieces(sheet: Any) -> Iterator[bytes]:
    rest = b""
    while piece := sheet.read(PIECE):
        text = rest + piece
        cut = text.rfind(b"<") if len(text) < 4 * PIECE else len(text)
        yield text[:cut]
        rest = text[cut:]
    yield rest


def shown(value: float, code: str) -> str | None:
    """A number as its cell shows it: 1012345678 in 000-0000-0000 is 010-1234-5678, and 0.125 in 0% is 12.5%.

    No digit is rounded away. None where the format says nothing about it.
    """
    if code.endswith("%"):
        return f"{Decimal(repr(value)).scaleb(2).normalize():f}%"
    return _padded(value, code) if value.is_integer() and abs(value) < EXACT else None


def _padded(value: float, code: str) -> str:
    digits = str(int(abs(value))).zfill(code.count("0"))
    sign = "-" if value < 0 else ""
    out: list[str] = []
    place = len(digits)
    for letter in reversed(code):
        if letter == "-":
            out.append("-")
        else:
            place -= 1
            out.append(digits[place])
    return sign + digits[:place] + "".join(reversed(out))


def filled_down(ranges: Any) -> dict[int, dict[int, int]]:
    """Cells of regions merged over several rows: row -> {column: the row whose value they show}, from 0."""
    cells: dict[int, dict[int, int]] = {}
    count = 0
    for (top, left), (bottom, right) in ranges or ():
        count += (bottom - top) * (right - left + 1)
        if count > FILLED_MOST:
            break
        for row in range(top + 1, bottom + 1):
            cells.setdefault(row, {})[left] = top
    return cells
