"""Rows that another program sends: checked and taken in at once, with an answer for each of them."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import transaction

from dangol.base.errors import BadInput, Conflict, NotFound, TooMuch
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.feeds.rules import CREATED, PUSH_ROWS, QUARANTINED, UNCHANGED, UPDATED, cell
from dangol.customers.collect.loading import Loading
from dangol.customers.collect.models import Load, Source
from dangol.customers.collect.rules import REASON_OF, parts
from dangol.customers.collect.sorting import Sorted, Sorter, definition_of, fingerprint, sorter_of, terms_of
from dangol.customers.collect.turning import alone
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Quiet

PUSHED = "push"


@dataclass(frozen=True)
class RowTaken:
    """What became of one row: created, updated, unchanged or quarantined; then with the reason and field."""

    row: int
    outcome: str
    reason: str = ""
    field: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of pushed rows; read is the sum of the four."""

    load_id: int
    read: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    rows: list[RowTaken]


def take(*, source_code: str, rows: Sequence[Mapping[str, Any]], by: Member) -> Taken:
    """Take rows into a source as if they had come in a file: checked, recognised by their key, bad ones kept aside.

    rows: {column of the source: text, number, truth or nothing}. All are taken in one transaction, or none. Raises
    BadInput for a column the source does not have, TooMuch, Conflict while a load of the source runs, NotFound.
    """
    require(by, Right.SOURCES_LOAD)
    if not rows:
        raise BadInput("Send at least one row.", field="/rows")
    if len(rows) > PUSH_ROWS:
        raise TooMuch("Send at most {limit} rows at once; load a file for more.", limit=PUSH_ROWS)
    with transaction.atomic():
        # Held to the end of the transaction, so that the next push sees these rows: the file lock below ends before.
        source = Source.objects.select_for_update().filter(code=source_code, own=False).first()
        if source is None:
            raise NotFound("There is no source {code}.", code=source_code)
        if source.reader == "sql":
            raise Conflict("The rows of {code} are fetched by a query and cannot be pushed.", code=source_code)
        with alone(source):
            return _take(source, rows, by)


def _columns(source: Source) -> list[str]:
    named = [part for column in source.mapping.values() for part in parts(column, [])]
    return list(dict.fromkeys(named))


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    known = set(columns)
    for number, row in enumerate(rows):
        unknown = sorted(set(row) - known)
        if unknown:
            raise BadInput(
                "The source has no column {column}. It has: {columns}.", field=f"/rows/{number}/{unknown[0]}",
                column=unknown[0], columns=", ".join(columns[:30]),
            )  # fmt: skip
    texts = {
        name: pa.array([cell(row.get(name), f"/rows/{number}/{name}") for number, row in enumerate(rows)], pa.string())
        for name in columns
    }
    return pa.table(texts | {LINE: pa.array(range(1, len(rows) + 1), pa.int64())})


def _take(source: Source, rows: Sequence[Mapping[str, Any]], by: Member) -> Taken:
    definition = definition_of(source)
    table = _table(_columns(source), rows)
    now = datetime.now(UTC)
    load = Load.objects.create(
        source=source, name=PUSHED, state="done", by=by, definition=fingerprint(definition), started_at=now,
        finished_at=now,
    )  # fmt: skip
    sorter = sorter_of(source, definition, terms_of(definition))
    outcome = Loading(load, Quiet(by=by)).take(table, sorter)
    found = outcome.sorted
    if found is None:
        raise AssertionError("rows that came in were sorted")
    before = _known(found, sorter)
    fields = definition.fields()
    told: list[RowTaken] = []
    for place in range(len(rows)):
        reason = int(found.checked.reason[place])
        if reason:
            told.append(RowTaken(place, QUARANTINED, REASON_OF[reason], fields[int(found.checked.place[place])].name))
        elif found.load[place]:
            told.append(RowTaken(place, UPDATED if before[place] else CREATED))
        else:
            told.append(RowTaken(place, UNCHANGED))
    count = {name: sum(one.outcome == name for one in told) for name in (CREATED, UPDATED, UNCHANGED, QUARANTINED)}
    return Taken(load.pk, len(rows), **count, rows=told)


def _known(found: Sorted, sorter: Sorter) -> Any:
    """Which rows stand in for earlier ones: those of people carry what held before."""
    if not found.versions:
        known, _contents = sorter.live.find(found.line_keys)
        return known
    known = np.zeros(len(found.load), bool)
    known[found.load] = [one.before is not None for one in found.versions]
    return known


def rows_of_csv(text: str) -> list[dict[str, str | None]]:
    """Rows of a CSV text with a header line. Raises BadInput with the line."""
    return _read(csv.reader(io.StringIO(text), strict=True))


def _read(lines: Any) -> list[dict[str, str | None]]:
    try:
        header: list[str] = next(lines, [])
        if not header or len(set(header)) != len(header):
            raise BadInput("The first line names the columns, each once.", field="/")
        rows: list[dict[str, str | None]] = []
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(header):
                raise BadInput("Line {line} has {found} fields, the header has {expected}.", field="/",
                               line=lines.line_num, found=len(cells), expected=len(header))  # fmt: skip
            rows.append({name: text or None for name, text in zip(header, cells, strict=True)})
    except csv.Error as error:
        raise BadInput("Line {line} is no CSV: {said}", field="/", line=lines.line_num, said=str(error)) from None
    return rows


def rows_of_lines(text: str, read: Callable[[str], Any]) -> list[dict[str, Any]]:
    """Rows of NDJSON: an object a line. read: the strict JSON reader. Raises BadInput with the line."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row = read(line)
        if not isinstance(row, dict):
            raise BadInput("Line {line} is no JSON object.", field="/", line=number)
        rows.append(row)
    return rows
