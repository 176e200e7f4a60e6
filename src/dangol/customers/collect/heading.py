"""Finds, from the first rows of a file, its delimiter and its header: title rows stand above it, groups over columns.

Runs in the child process of `parser`: no Django, no Arrow.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DELIMITERS = (",", "\t", ";", "|")
ROWS = 60  # rows looked at
SPAN_MOST = 5  # lines one record of the head may run over; more is a quotation mark that never closes
LIKE_DATA = re.compile(
    r"[+-]?[₩￦$€¥£]?\s?[\d.,]*\d\s?(?:원|%)?"
    r"|\d{2,4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,4}\s?[.일]?(?:[T ].*)?"
    r"|[^@\s]+@[^@\s]+\.[^@\s]+|0\d{1,2}-?\d{3,4}-?\d{4}"
)

LONG = re.compile(r"@|(\D*\d){5}")  # postcodes, days, phone numbers: two of them in one row name no columns


@dataclass(frozen=True)
class Heading:
    """Where the header stands. first: rows above it; rows: of the header itself, 0 where the file has none."""

    first: int
    rows: int


@dataclass(frozen=True)
class Start:
    """The head of a text file, cut. lines: how many physical lines each row takes."""

    delimiter: str
    rows: list[list[str]]
    lines: list[int]


def cut(lines: Sequence[str], delimiter: str) -> Start:
    """The rows of a file's first lines. Lines come with their line breaks."""
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[list[str]] = []
    taken: list[int] = []
    before = 0
    try:
        for row in reader:
            if reader.line_num - before > SPAN_MOST or len(rows) >= ROWS:
                break
            rows.append(row)
            taken.append(reader.line_num - before)
            before = reader.line_num
    except csv.Error:
        pass
    return Start(delimiter, rows, taken)


def find_start(lines: Sequence[str], delimiter: str = "") -> Start:
    """The head by the delimiter that cuts most of its lines into equally many cells."""
    if delimiter:
        return cut(lines, delimiter)
    return max((cut(lines, one) for one in DELIMITERS), key=_evenness)


def _evenness(start: Start) -> tuple[float, int]:
    widths = Counter(len(row) for row in start.rows if len(row) > 1)
    if not widths:
        return 0.0, 0
    width, rows = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] - 1), pair[0]))
    # One stray comma in every address cuts as evenly as two columns do; more columns are more evidence.
    return rows * (width - 1) ** 0.5 / max(1, len(start.rows)), width


def filled(row: Sequence[str]) -> int:
    """How many cells hold something."""
    return sum(1 for cell in row if cell.strip())


def _width(row: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)


def like_data(cell: str) -> bool:
    """Whether a cell looks like a value rather than a name: a number, a day, an address of e-mail, a phone number."""
    return LIKE_DATA.fullmatch(cell.strip()) is not None


def find(rows: Sequence[Sequence[str]]) -> Heading:
    """Where the header of these first rows stands."""
    widths = Counter(_width(row) for row in rows if filled(row))
    if not widths:
        return Heading(0, 1)
    usual = max(widths.items(), key=lambda pair: (pair[1], pair[0]))[0]
    need = 1 if usual < 2 else max(2, -(-usual * 3 // 5))
    first = next((n for n, row in enumerate(rows) if filled(row) >= need), None)
    if first is None:
        first = next(n for n, row in enumerate(rows) if filled(row))
    if filled(rows[first]) < usual and any(map(like_data, rows[first])):
        first = _whole(rows, first, usual)
    body = [row for row in rows[first + 1 :] if filled(row)]
    if _is_data(rows[first], body):
        return Heading(first, 0)
    above = first - 1
    if first and filled(rows[above]) > 1 and _two(rows[above], rows[first], rows[first + 1 :]):
        return Heading(above, 2)
    if first + 1 < len(rows) and _two(rows[first], rows[first + 1], rows[first + 2 :]):
        return Heading(first, 2)
    return Heading(first, 1)


def _whole(rows: Sequence[Sequence[str]], first: int, usual: int) -> int:
    """A whole row of words soon below a line like "Printed on: 2026-11-23"; that line itself where there is none."""
    near = range(first + 1, min(first + 6, len(rows)))
    return next((n for n in near if filled(rows[n]) == usual and not any(map(like_data, rows[n]))), first)


def _is_data(row: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first full row is a value row like those below: then the file has no header."""
    kinds = [like_data(cell) for cell in row]
    long = sum(kind and LONG.search(cell) is not None for cell, kind in zip(row, kinds, strict=True))
    if sum(kinds) < 2 or (2 * sum(kinds) < filled(row) and long < 2) or len(body) < (1 if long >= 2 else 2):
        return False
    same = sum(_share(body, place) >= 0.5 for place, kind in enumerate(kinds) if kind and not _counting(row, place))
    return same == sum(kinds)


def _counting(row: Sequence[str], place: int) -> bool:
    """Years side by side (2024, 2025) name columns of a pivot table."""
    return bool(re.fullmatch(r"(19|20)\d\d년?", row[place].strip()))


def _share(body: Sequence[Sequence[str]], place: int) -> float:
    """The share of filled cells of a column that look like values."""
    cells = [row[place] for row in body[:30] if place < len(row) and row[place].strip()]
    return sum(map(like_data, cells)) / len(cells) if cells else 0.0


def _two(top: Sequence[str], bottom: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether two rows are one header: groups above, names below; values begin only after both."""
    body = [row for row in rest if filled(row)]
    if not body or any(like_data(cell) for cell in bottom if cell.strip()) or filled(bottom) < 2:
        return False
    if any(like_data(cell) and not _counting(top, place) for place, cell in enumerate(top) if cell.strip()):
        return False  # a line of its own, like the day of printing
    width = max(_width(top), _width(bottom))
    blank = [place for place in range(width) if not _at(top, place)]
    if not blank or not all(_at(bottom, place) for place in blank) or not _at(top, 0) + _at(bottom, 0):
        return False
    return any(_share(body, place) >= 0.5 and _at(bottom, place) for place in range(width))


def _at(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column from the rows of a header: the group before the name, where there is one."""
    if len(rows) < 2:
        return [" ".join(cell.split()) for cell in (rows[0] if rows else [])]
    top, bottom = rows[0], rows[1]
    names: list[str] = []
    group = ""
    for place in range(max(len(top), len(bottom))):
        upper, lower = " ".join(_at(top, place).split()), " ".join(_at(bottom, place).split())
        group = (upper if lower else "") if upper else group if lower else ""
        names.append(upper if not lower else lower if not group or group == lower else f"{group} {lower}")
    return names


def settled(rows: Sequence[Sequence[str]], header: int, header_rows: str) -> Heading:
    """The heading as found, or as it was chosen. header: number of its first row, from 1; 0 to find it."""
    found = find(rows)
    if not header and not header_rows:
        return found
    first = min(header - 1, len(rows)) if header else found.first
    return Heading(first, int(header_rows) if header_rows else (found.rows if first == found.first else 1))


def facts(heading: Heading, line: int) -> dict[str, Any]:
    """What pages show of it. line: the header's first line in the file, from 1."""
    return {"header": line, "header_rows": heading.rows, "above": heading.first}
