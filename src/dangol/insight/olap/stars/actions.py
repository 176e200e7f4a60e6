"""Take a star in: check its declaration, read its files within limits, and serve a snapshot of it."""

import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table as Rows

from dangol.base.errors import BadInput
from dangol.customers.collect.rules import Definition
from dangol.customers.collect.staging import Staged, stage
from dangol.engine import Engine, fresh_local
from dangol.engine.snapshots import Draft
from dangol.insight.olap.stars import tables
from dangol.insight.olap.stars.reads import missing, names, store
from dangol.insight.olap.stars.rules import Star, Table, Tree, declared, fitting
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Running

MOST_BYTES = 1 << 20
BATCH_ROWS = 1_000_000
READERS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet", ".xlsx": "excel"}


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show the note of a job in their language
    return text


def read_declaration(path: Path) -> dict[str, Any]:
    """The settings of a TOML file. Raises BadInput."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput("The file {name} is too large for a description of a star.", field="file", name=path.name)
        found = tomllib.loads(path.read_text("utf-8"))
        json.dumps(found)
    except OSError:
        raise BadInput("There is no file {name}.", field="file", name=path.name) from None
    except TypeError:
        raise BadInput("Write dates in quotation marks in {name}.", field="file", name=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput("{name} is not TOML: {why}.", field="file", name=path.name, why=str(error)) from None
    return found


@dataclass
class _Build:
    """One star while it is read in."""

    running: Running
    engine: Engine
    draft: Draft
    star: Star
    data: Path
    scratch: Path
    aside: dict[str, list[Path]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def write(self, name: str, rows: Rows) -> int:
        """Write a file of a table into the draft."""
        path = self.draft.place(name)
        written = self.engine.write(rows, path)
        self.draft.add(name, path, written)
        return written

    def keep(self, table: Table, rows: Rows) -> None:
        """Keep rows of a declared table; those of facts aside, for they are written with their day later."""
        if table.name in self.star.kept:
            written = self.write(table.name, rows)
        else:
            path = self.scratch / f"{table.name}-{len(self.aside.get(table.name, []))}.parquet"
            written = self.engine.write(rows, path)
            self.aside.setdefault(table.name, []).append(path)
        self.rows[table.name] = self.rows.get(table.name, 0) + written

    def read(self, name: str) -> Rows:
        """A table as far as it is written."""
        drafted = [self.draft.folder / one["name"] for one in self.draft.files if one["table"] == name]
        return self.engine.table(self.aside.get(name) or drafted)


def add(running: Running, *, by: Member, file: Path, data: Path | None = None) -> dict[str, Any]:
    """Read a star in and serve it; one of the same name before is replaced, its snapshot kept for a while.

    file: its description (see docs/stars.md); data: the folder of its tables, that of the description if not given.
    Returns star, snapshot, rows (per table), lost (joins with rows that lead nowhere). Raises BadInput naming the place
    in the description, or table, file, row and column; TooMuch; Conflict; Cancelled.
    """
    require(by, Right.SOURCES_LOAD)
    said = read_declaration(file)
    star = declared(said)
    kept = store(star.model.name)
    folder = (data or file.parent).resolve()
    fresh = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    last = max(kept.ids(), default="")
    name = fresh if fresh > last else f"{last}-n"
    with kept.draft(name) as draft, fresh_local() as opened, _scratch() as scratch:
        build = _Build(running, opened, draft, star, folder, scratch)
        for table in star.tables.values():
            _take(build, table)
        lost = _check_joins(build)
        for tree in star.trees.values():
            _write_tree(build, tree)
        for fact in star.facts.values():
            running.progress(len(star.tables), len(star.tables) + 1, N_("Writing facts"))
            build.write(f"{fact.name}_rows", tables.dated(build.read, star, fact))
        draft.facts |= {"declaration": said, "currency": star.currency, "generated": [], **_days(build)}
    return {"star": star.model.name, "snapshot": name, "rows": build.rows, "lost": lost}


def remove(*, by: Member, name: str) -> None:
    """Take a star out with all its snapshots. Raises NotFound, Conflict."""
    require(by, Right.SOURCES_LOAD)
    if name not in names():
        raise missing(name)
    kept = store(name)
    with kept.writing():
        (kept.root / "CURRENT").unlink()
    shutil.rmtree(kept.root, ignore_errors=True)


@contextmanager
def _scratch() -> Iterator[Path]:
    root: Path = settings.DANGOL.home / "scratch"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as name:
        yield Path(name)


def _take(build: _Build, table: Table) -> None:
    """Read one table's files, check every cell, and write it."""
    done = list(build.star.tables).index(table.name)
    build.running.progress(done, len(build.star.tables) + 1, N_("Reading the files of the star"))
    for name in table.files:
        _take_file(build, table, name)
    rows = build.read(table.name)
    if table.key:
        for row in build.engine.arrow(tables.repeated(rows, table.key)).to_pylist():
            raise BadInput("{table}: {rows} rows have the key {key} = {value}. A key names one row.", field="file",
                           table=table.name, rows=row["rows"], key=table.key,
                           value="–" if row["value"] is None else row["value"])  # fmt: skip


def _take_file(build: _Build, table: Table, name: str) -> None:
    path = (build.data / name).resolve()
    if not path.is_relative_to(build.data):
        raise BadInput("{table}: the file {name} lies outside the folder of the data.", field="file",
                       table=table.name, name=name)  # fmt: skip
    if not path.is_file():
        raise BadInput("{table}: there is no file {name} in the folder of the data.", field="file",
                       table=table.name, name=name)  # fmt: skip
    staged = _staged(build, table, path)
    headers = [one.header for one in table.columns.values()]
    for header in headers:
        if header not in staged.columns:
            known = ", ".join(staged.columns)[:400]
            raise BadInput("{table}: {name} has no column “{header}”. It has: {known}.", field="file",
                           table=table.name, name=name, header=header, known=known)  # fmt: skip
    for refused in staged.refused():
        raise BadInput("{table}: row {row} of {name} cannot be read.", field="file", table=table.name,
                       row=refused.line, name=name)  # fmt: skip
    empty = True
    for rows in staged.batches(BATCH_ROWS):
        _write_batch(build, table, name, rows.select([*dict.fromkeys(headers), tables.LINE]))
        empty = False
    if empty:
        schema = pa.schema([*((header, pa.string()) for header in dict.fromkeys(headers)), (tables.LINE, pa.int64())])
        _write_batch(build, table, name, schema.empty_table())


def _staged(build: _Build, table: Table, path: Path) -> Staged:
    """The file's rows as text, read by the child process that reads every foreign file."""
    reader = READERS.get(path.suffix.lower(), "csv")
    definition = Definition(code=table.name, system="", kind="customers", reader=reader, mapping={}, constants={},
                            key=(), options={})  # fmt: skip
    folder = build.scratch / f"{table.name}-{path.name}"
    folder.mkdir()
    try:
        return stage(definition, path, folder, tick=lambda _at: build.running.progress(
            list(build.star.tables).index(table.name), len(build.star.tables) + 1,
            N_("Reading the files of the star")))  # fmt: skip
    except BadInput as error:
        raise BadInput("{table}: the file {name} cannot be used: {why}", field="file", table=table.name, name=path.name,
                       why=str(error)) from None  # fmt: skip


def _write_batch(build: _Build, table: Table, file: str, rows: pa.Table) -> None:
    text = build.scratch / f"text-{build.rows.get(table.name, 0)}-{table.name}.parquet"
    pq.write_table(rows, text)
    cells = build.engine.table([text])
    for wrong in build.engine.arrow(tables.unfit(cells, table)).to_pylist():
        fits = fitting(str(wrong["text"]))
        raise BadInput("{table}: row {row} of {name}: “{text}” in the column {column} is not of the type {kind}. "
                       "Declare the column as {fits} and add the star again.",
                       field="file", table=table.name, row=wrong["line"], name=file, text=str(wrong["text"])[:60],
                       column=wrong["column"], kind=wrong["kind"], fits=fits)  # fmt: skip
    build.keep(table, tables.typed(cells, table))
    text.unlink()


def _check_joins(build: _Build) -> list[dict[str, Any]]:
    """The joins with rows that lead nowhere: said, not refused, for such rows are counted under no member."""
    found = []
    for table in build.star.tables.values():
        for column, target in table.joins.items():
            counted = tables.lost(build.read(table.name), column, build.read(target), build.star.tables[target].key)
            [rows] = build.engine.arrow(counted).column("rows").to_pylist()
            if rows:
                found.append({"table": table.name, "column": column, "target": target, "rows": rows})
    return found


def _write_tree(build: _Build, tree: Tree) -> None:
    table = build.star.tables[tree.table]
    rows = build.read(tree.table)
    read = build.engine.arrow(rows.select(key=rows[table.key], above=rows[tree.parent], shown=rows[tree.column]))
    pairs = closure(read.to_pylist(), tree)
    kind = read.schema.field("key").type
    schema = pa.schema([("key", kind), ("member", pa.string()), ("level", pa.int64()), ("above", pa.string())])
    path = build.draft.place(tree.of)
    pq.write_table(pa.Table.from_pylist(pairs, schema=schema), path, compression="zstd")
    build.draft.add(tree.of, path, len(pairs))


def closure(rows: list[dict[str, Any]], tree: Tree) -> list[dict[str, Any]]:
    """All pairs of a member and one who stands above it, itself included.

    rows: key, above (the parent's key), shown. Two members of one name get their keys added to it, so that their sums
    stay apart. Returns key, member, level (1 at the top), above. Raises BadInput for a circle.
    """
    by_key = {row["key"]: row for row in rows}
    often: dict[str, int] = {}
    for row in rows:
        often[str(row["shown"])] = often.get(str(row["shown"]), 0) + 1
    shown = {key: str(row["shown"]) if often[str(row["shown"])] == 1 else f"{row['shown']} ({key})"
             for key, row in by_key.items()}  # fmt: skip
    pairs = []
    for key in by_key:
        line = list(_upwards(key, by_key, tree))
        for place, ancestor in enumerate(line):
            above = line[place + 1] if place + 1 < len(line) else None
            pairs.append({"key": key, "member": shown[ancestor], "level": len(line) - place,
                          "above": shown[above] if above is not None else None})  # fmt: skip
    return pairs


def _upwards(key: Any, by_key: Mapping[Any, Mapping[str, Any]], tree: Tree) -> Iterator[Any]:
    seen = {key}
    while True:
        yield key
        above = by_key[key]["above"]
        if above is None or above == key or above not in by_key:
            return
        if above in seen:
            raise BadInput("{table}: {column} goes round in a circle at {key}.", field="file", table=tree.table,
                           column=tree.parent, key=above)  # fmt: skip
        seen.add(above)
        key = above


def _days(build: _Build) -> dict[str, Any]:
    """The first and last day of each fact and of all."""
    spans: dict[str, list[str] | None] = {}
    for fact in build.star.facts.values():
        if fact.date:
            rows = build.read(f"{fact.name}_rows")
            [found] = build.engine.arrow(
                rows.aggregate(first=rows[tables.DAY].min(), last=rows[tables.DAY].max())
            ).to_pylist()
            spans[fact.name] = [str(found["first"]), str(found["last"])] if found["first"] else None
    known = [span for span in spans.values() if span]
    today = datetime.now(UTC).date()
    return {"first_day": min((first for first, _last in known), default=None),
            "last_day": max((last for _first, last in known), default=None),
            "as_of": max((last for _first, last in known), default=str(today)), "days": spans}  # fmt: skip
