"""A look at the first rows of a file: its columns, how it is written, a proposed kind and mapping."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dangol.base.errors import NotFound
from dangol.base.identifiers import token
from dangol.customers.collect import places
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.habits import decide
from dangol.customers.collect.models import Source
from dangol.customers.collect.proposals import WHY, Proposal, changed, guess_kind, looks, propose
from dangol.customers.collect.rules import RECORDS, Definition, parts
from dangol.customers.collect.staging import Staged, stage
from dangol.customers.standard.rules import without_resident_numbers
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

SAMPLE_ROWS, SHOWN_ROWS, CELL_SHOWN = 500, 8, 200


@dataclass(frozen=True)
class Preview:
    """Columns and first rows of a file, what was found out about it, and a proposed mapping for a kind.

    proposals: field -> the column proposed, why, how surely. samples: column -> some of its values. facts: how days and
    numbers are written, as {template, params}. fits: sources whose last file had this header. changes: columns more and
    less than in the last file of the source it is for.
    """

    columns: list[str]
    rows: list[list[str]]
    kind: str
    mapping: dict[str, str]
    found: dict[str, Any]
    proposals: dict[str, Proposal] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    fits: list[str] = field(default_factory=list)
    changes: dict[str, list[str]] = field(default_factory=dict)


def keep_file(by: Member, file: Path | Iterator[bytes]) -> str:
    """Keep a file, or its bytes in pieces; returns the name under which `preview` and `start_check` find it."""
    require(by, Right.SOURCES_LOAD)
    places.sweep()
    return places.keep_upload(places.pieces_of(file) if isinstance(file, Path) else file)[0]


def forget(by: Member, *, upload: str) -> None:
    """Remove a kept file."""
    require(by, Right.SOURCES_LOAD)
    if upload:
        places.kept(upload).unlink(missing_ok=True)


def preview(
    by: Member, *, upload: str = "", reader: str, kind: str = "", options: Mapping[str, str], source_code: str = ""
) -> Preview:
    """Look at the first rows of an uploaded file (or of a query).

    source_code: the source it is for, whose mapping is proposed as far as its columns are there.
    """
    require(by, Right.SOURCES_LOAD)
    if reader == "sql":
        require(by, Right.STAFF_MANAGE)
    source = Source.objects.filter(code=source_code, own=False).first() if source_code else None
    if source_code and source is None:
        raise NotFound("There is no source {code}.", code=source_code)
    asked = {**(source.options if source else {}), **dict(options)}
    staged, rows = _first_rows(Definition("", "", kind or "sales", reader, {}, {}, (), asked), upload)
    samples = [[row[place] for row in rows if row[place].strip()] for place in range(len(staged.columns))]
    kind = source.kind if source else kind or guess_kind(staged.columns, samples)
    proposals = {one.field: one for one in propose(staged.columns, RECORDS[kind], samples)}
    if source:
        proposals = _saved(source, staged.columns, samples, proposals)
    mapping = {name: one.column for name, one in proposals.items()}
    used = [n for n, name in enumerate(staged.columns) if samples[n] or not name.startswith("column ")]
    shown = [staged.columns[n] for n in used]
    return Preview(
        shown, [[row[n] for n in used] for row in rows[:SHOWN_ROWS]], kind, mapping, staged.found, proposals,
        {staged.columns[n]: list(looks(samples[n]).samples) for n in used}, _facts(staged, rows, kind, mapping, asked),
        _fitting(staged.columns), changed(source.columns, staged.columns) if source else {},
    )  # fmt: skip


def _first_rows(definition: Definition, upload: str) -> tuple[Staged, list[list[str]]]:
    folder = places.scratch(f"look-{token()}")
    try:
        path = places.kept(upload) if upload else None
        staged = stage(definition, path, folder, limit=SAMPLE_ROWS, tick=lambda done: None)
        first = next(staged.batches(SAMPLE_ROWS), None)
        rows = first.drop_columns([LINE]).to_pylist() if first is not None else []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return staged, [[without_resident_numbers(row[name] or "")[:CELL_SHOWN] for name in staged.columns] for row in rows]


def _saved(
    source: Source, columns: Sequence[str], samples: Sequence[Sequence[str]], proposals: dict[str, Proposal]
) -> dict[str, Proposal]:
    """The source's own mapping as far as the file has its columns; proposals only for what is left."""
    kept = {
        name: Proposal(name, column, 1.0, WHY["saved"], _samples_of(column, columns, samples))
        for name, column in source.mapping.items()
        if all(part in columns for part in parts(column, columns))
    }
    used = {part for one in kept.values() for part in parts(one.column, columns)}
    more = {
        name: one for name, one in proposals.items()
        if name not in kept and one.column not in used and (name in source.mapping or one.column not in source.columns)
    }  # fmt: skip
    return {**kept, **more}


def _samples_of(column: str, columns: Sequence[str], samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    place = list(columns).index(parts(column, columns)[0])
    return looks(samples[place]).samples


def _facts(
    staged: Staged, rows: list[list[str]], kind: str, mapping: dict[str, str], options: Mapping[str, str]
) -> list[dict[str, Any]]:
    """How the first rows write days and numbers. The look through all rows decides."""
    import pyarrow as pa

    definition = Definition("", "", kind, "csv", mapping, {}, (), dict(options))
    columns = {name: pa.array([row[n] for row in rows], pa.string()) for n, name in enumerate(staged.columns)}
    return decide([pa.table(columns)], definition).facts


def _fitting(columns: Sequence[str]) -> list[str]:
    found = (
        Source.objects.filter(own=False).exclude(reader="sql").order_by("-changed_at").values_list("code", "columns")
    )
    return [code for code, known in found if known and set(known) == set(columns)]
