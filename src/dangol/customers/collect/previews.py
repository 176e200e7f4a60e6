"""A look at a file before it is loaded: its columns and first rows, a proposed mapping, and what would become of it."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dangol.base.errors import NotFound
from dangol.base.identifiers import token
from dangol.customers.collect import places
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.models import Source
from dangol.customers.collect.rules import (
    REASON_OF,
    RECORDS,
    Counts,
    Definition,
    guess_kind,
    propose,
)
from dangol.customers.collect.sorting import Sorter, definition_of, live_index, refuse_unfit, terms_of
from dangol.customers.collect.staging import Staged, stage
from dangol.customers.standard.rules import without_resident_numbers
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

SAMPLE_ROWS = 8
CHECKED_ROWS = 200_000
SHOWN_BAD = 20


@dataclass(frozen=True)
class Preview:
    """Columns and first rows of a file, what was found out about it, and a proposed mapping for a kind."""

    columns: list[str]
    rows: list[list[str]]
    kind: str
    mapping: dict[str, str]
    found: dict[str, Any]


@dataclass(frozen=True)
class Outlook:
    """What would become of a file's rows. whole: all rows were checked. bad: the first refused ones."""

    counts: Counts
    whole: bool
    reasons: dict[tuple[str, str], int]
    bad: list[dict[str, Any]] = field(default_factory=list)


def _folder() -> Path:
    return places.scratch(f"look-{token()}")


def keep_file(by: Member, file: Path | Iterator[bytes]) -> str:
    """Keep a file, or its bytes in pieces; returns the name under which `preview` and `outlook` find it."""
    require(by, Right.SOURCES_LOAD)
    places.sweep()
    return places.keep_upload(places.pieces_of(file) if isinstance(file, Path) else file)[0]


def forget(by: Member, *, upload: str) -> None:
    """Remove a kept file."""
    require(by, Right.SOURCES_LOAD)
    if upload:
        places.kept(upload).unlink(missing_ok=True)


def preview(by: Member, *, upload: str = "", reader: str, kind: str = "", options: Mapping[str, str]) -> Preview:
    """Look at the first rows of an uploaded file (or of a query)."""
    require(by, Right.SOURCES_LOAD)
    if reader == "sql":
        require(by, Right.STAFF_MANAGE)
    definition = Definition("", "", kind or "sales", reader, {}, {}, (), dict(options))
    folder = _folder()
    try:
        staged = stage(
            definition, places.kept(upload) if upload else None, folder, limit=SAMPLE_ROWS, tick=lambda done: None
        )
        first = next(staged.batches(SAMPLE_ROWS), None)
        rows = first.drop_columns([LINE]).to_pylist() if first is not None else []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kind = kind or guess_kind(staged.columns)
    shown = [[without_resident_numbers(row[name] or "")[:200] for name in staged.columns] for row in rows]
    return Preview(staged.columns, shown, kind, propose(staged.columns, RECORDS[kind]), staged.found)


def outlook(by: Member, *, source_code: str, upload: str = "", most: int | None = CHECKED_ROWS) -> Outlook:
    """Check rows without loading any: how many would be new, unchanged, refused, and why. most: None checks all."""
    require(by, Right.SOURCES_LOAD)
    source = Source.objects.filter(code=source_code).first()
    if source is None:
        raise NotFound("There is no source {code}.", code=source_code)
    definition = definition_of(source)
    folder = _folder()
    try:
        path = places.kept(upload) if upload else None
        staged = stage(definition, path, folder, limit=most, tick=lambda done: None)
        refuse_unfit(definition, staged.columns)
        return _outlook(staged, Sorter(definition, terms_of(definition), live_index(source)), most)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outlook(staged: Staged, sorter: Sorter, most: int | None) -> Outlook:
    fields = sorter.definition.fields()
    counts, reasons, bad = Counts(), dict[tuple[str, str], int](), list[dict[str, Any]]()
    for line in staged.refused():
        counts += Counts(quarantined=1)
        reasons[line.reason, ""] = reasons.get((line.reason, ""), 0) + 1
        if len(bad) < SHOWN_BAD:
            bad.append(
                {"line": line.line, "reason": line.reason, "field": "", "params": line.params, "text": line.text}
            )
    for rows in staged.batches(CHECKED_ROWS):
        found = sorter.sort(rows)
        wrong = found.checked.reason.nonzero()[0]
        counts += Counts(int(found.load.sum()), int(found.unchanged.sum()), len(wrong))
        for place in wrong:
            name = fields[int(found.checked.place[place])].name
            reason = REASON_OF[int(found.checked.reason[place])]
            reasons[reason, name] = reasons.get((reason, name), 0) + 1
            if len(bad) < SHOWN_BAD:
                column = sorter.definition.mapping.get(name, "")
                text = (rows.column(column)[int(place)].as_py() or "") if column in rows.column_names else ""
                bad.append({"line": int(found.checked.lines[place]), "reason": reason, "field": name, "params": {},
                            "text": without_resident_numbers(text)[:200]})  # fmt: skip
    return Outlook(counts, most is None or staged.rows < most, reasons, bad)
