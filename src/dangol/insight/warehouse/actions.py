"""Rebuild the star from loaded rows, identified customers and their attributes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.base.identifiers import content_hash, file_hash
from dangol.base.period import company_day
from dangol.customers.collect import reads as collect
from dangol.customers.identify import reads as identify
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.snapshots import Draft
from dangol.insight.warehouse import rules, tables
from dangol.insight.warehouse.reads import store
from dangol.work.actions import Running

ARROW = {
    "string": pa.string(), "int64": pa.int64(), "int32": pa.int32(), "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}  # fmt: skip
STEPS = 10


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show the note of a job in their language
    return text


@dataclass(frozen=True)
class Given:
    """Everything a refresh is made from."""

    files: Mapping[str, Sequence[Any]]  # kind -> loaded files
    keys: pa.Table
    attributes: pa.Table
    postings: pa.Table
    units: pa.Table

    def batches(self, kind: str) -> list[rules.Batch]:
        """The loaded files of a kind, as a snapshot remembers them."""
        return [rules.Batch(file.source, str(file.batch), file.sha256) for file in self.files[kind]]

    def fingerprint(self) -> str:
        """Equal for two refreshes that would give the same star."""
        options = settings.DANGOL
        return content_hash(
            {
                "version": rules.VERSION,
                "settings": [options.time_zone, options.currency, options.today],
                "batches": {kind: [asdict(batch) for batch in self.batches(kind)] for kind in rules.KINDS},
                "keys": _hash(self.keys, ["source", "key"]),
                "attributes": _hash(self.attributes, ["customer_id"]),
                "postings": _hash(self.postings, ["source", "key", "from_day"]),
                "units": _hash(self.units, ["unit_id"]),
            }
        )


class _Digest:
    """A file that keeps only the hash of what is written to it."""

    closed = False

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self.sha256.update(piece)
        return len(piece)

    def flush(self) -> None:
        pass


def _hash(rows: pa.Table, order: Sequence[str]) -> str:
    ordered = rows.sort_by([(name, "ascending") for name in order]).combine_chunks()
    digest = _Digest()
    with pa.ipc.new_stream(pa.PythonFile(digest, mode="w"), ordered.schema) as stream:
        stream.write_table(ordered)
    return digest.sha256.hexdigest()


@dataclass
class Build:
    """One refresh while it runs: its engine, draft, the snapshot before, and what happened so far."""

    engine: Engine
    draft: Draft
    given: Given
    before: Snapshot | None
    running: Running
    step: int = 0
    reused: int = 0
    taken: int = 0  # files of tickets taken over
    scratch: dict[str, Path] = field(default_factory=dict)

    def say(self, note: str) -> None:
        """Tell how far the refresh is. Raises Cancelled."""
        self.running.progress(self.step, STEPS, note)
        self.step += 1

    def write(self, name: str, rows: Table) -> None:
        """Write one file of a star table into the draft."""
        path = self.draft.place(name)
        self.draft.add(name, path, self.engine.write(rows, path))

    def files(self, name: str) -> list[Path]:
        """The files of a star table of the draft, in the order they were added."""
        return [self.draft.folder / entry["name"] for entry in self.draft.files if entry["table"] == name]

    def written(self, name: str) -> Table:
        """A star table of the draft."""
        return self.engine.table(self.files(name))


def refresh(running: Running) -> dict[str, Any]:
    """Build a new snapshot of the star and serve it; the one before stays as it is.

    Where only new batches came, the old files of sales lines are taken over and the new lines become files beside
    them. Where nothing changed, the served snapshot stays. Returns snapshot (id), rows (per table), reused (sales
    lines taken over). Raises Damaged, Conflict (another refresh runs), Cancelled.
    """
    running.progress(0, STEPS, N_("Reading what has been loaded"))
    given = Given(
        {kind: collect.raw_files(kind) for kind in rules.KINDS}, identify.keys(), identify.attributes(),
        identify.postings(), identify.units(),
    )  # fmt: skip
    fingerprint = given.fingerprint()
    before = _served()
    if before and before.facts.get("fingerprint") == fingerprint:
        return _report(before.id, before.rows, before.rows.get("sales_lines", 0))
    name = _new_id()
    with store().draft(name) as draft, fresh() as opened:
        build = Build(opened, draft, given, before, running)
        _check(build)
        _build(build)
        draft.facts |= _facts(build, fingerprint)
        running.progress(STEPS, STEPS, N_("Serving the new snapshot"))
    rows: dict[str, int] = {}
    for entry in draft.files:
        rows[entry["table"]] = rows.get(entry["table"], 0) + entry["rows"]
    return _report(name, rows, build.reused)


def _report(name: str, rows: Mapping[str, int], reused: int) -> dict[str, Any]:
    return {"snapshot": name, "rows": dict(rows), "reused": reused}


def _served() -> Snapshot | None:
    """The snapshot before, if it is there and whole: a damaged one is never built upon."""
    try:
        snapshot, newest = store().current()
    except (NotFound, Damaged):
        return None
    return snapshot if newest and snapshot.facts.get("version") == rules.VERSION else None


def _new_id() -> str:
    """An id by the clock that sorts after all others, even when the clock was set back."""
    fresh = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    last = max(store().ids(), default="")
    return fresh if fresh > last else f"{last}-n"


def _check(build: Build) -> None:
    """Raises Damaged where a loaded file is not the one that was written."""
    build.say(N_("Checking the loaded files"))
    for files in build.given.files.values():
        for file in files:
            if not Path(file.path).exists() or file_hash(Path(file.path)) != file.sha256:
                raise Damaged(
                    "A loaded file of the source {source} is damaged or missing. Undo that load and load it again.",
                    source=file.source,
                )


def _build(build: Build) -> None:
    build.say(N_("Writing keys and attributes"))
    attributes = build.engine.memory(build.given.attributes)
    build.write("customer_keys", tables.charged(build.engine.memory(build.given.keys), attributes))
    for name in ("postings", "units"):
        _write_arrow(build, name, getattr(build.given, name), rules.STAR[name])
    added = _only_added(build)
    for kind in rules.DIMENSION_KEYS:
        build.say(N_("Writing products, stores and campaigns"))
        _dimension(build, kind, added)
    build.say(N_("Writing sales lines"))
    _sales(build, added)
    build.say(N_("Writing customers"))
    _visits(build)
    build.write("customers", tables.customers(attributes, build.written("visits")))
    for kind in ("contacts", "responses", "survey_answers"):
        build.say(N_("Writing contacts and responses"))
        build.write(kind, tables.keyed(_in_force(build, kind), build.written("customer_keys"), rules.STAR[kind]))
    build.say(N_("Writing web events"))
    _events(build)


def _events(build: Build) -> None:
    events = _in_force(build, "events")
    [span] = build.engine.arrow(tables.span(events, "happened_at")).to_pylist()
    some = span["first"] is not None
    zone = rules.stretches(settings.DANGOL.zone, span["first"], span["last"]) if some else [rules.Stretch(None, 0)]
    build.write("web_events", tables.web_events(events, build.written("customer_keys"), zone))


def _write_arrow(build: Build, name: str, rows: pa.Table, columns: Mapping[str, str]) -> None:
    path = build.draft.place(name)
    schema = pa.schema([(column, ARROW[kind]) for column, kind in columns.items()])
    pq.write_table(rows.select(schema.names).cast(schema), path, compression="zstd")
    build.draft.add(name, path, rows.num_rows)


def _empty(build: Build, kind: str) -> Table:
    columns = {**rules.RAW[kind], **rules.MARKS}
    schema = pa.schema([(column, ARROW[type_]) for column, type_ in columns.items()])
    return build.engine.memory(schema.empty_table())


def _in_force(build: Build, kind: str) -> Table:
    """All rows of a kind that no later batch replaced."""
    sources = sorted({file.source for file in build.given.files[kind]})
    found = [_of_source(build, kind, [file for file in build.given.files[kind] if file.source == source])
             for source in sources]  # fmt: skip
    if not found:
        return _empty(build, kind)
    return found[0] if len(found) == 1 else found[0].union(*found[1:])


def _of_source(build: Build, kind: str, files: Sequence[Any]) -> Table:
    """The rows of one source in force. The usual case, no row ever replaced, costs nothing."""
    if not any(file.replaces for file in files):
        return _read(build, kind, files)
    batches = [tables.loaded(build.engine.table([Path(file.path)]), kind) for file in files]
    old = build.engine.arrow(tables.superseded(batches))
    return tables.in_force(batches, build.engine.memory(old)) if old.num_rows else _read(build, kind, files)


def _read(build: Build, kind: str, files: Sequence[Any]) -> Table:
    """Loaded files as one table. Those of one shape are read together: later versions may know more columns."""
    shapes: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        shapes.setdefault(tuple(pq.read_schema(file.path).names), []).append(Path(file.path))
    found = [tables.loaded(build.engine.table(paths), kind) for paths in shapes.values()]
    return found[0] if len(found) == 1 else found[0].union(*found[1:])


def _dimension(build: Build, kind: str, added: Sequence[rules.Batch] | None) -> None:
    """Products, stores or campaigns; the first two with numbers, which those known keep where lines are taken over."""
    key, columns = rules.DIMENSION_KEYS[kind], rules.STAR[kind]
    if kind not in rules.NUMBERS:
        build.write(kind, tables.newest(_in_force(build, kind), key, columns))
        return
    told = tables.newest(_in_force(build, kind), key, rules.RAW[kind])
    number = rules.NUMBERS[kind]
    files = _to_write(build, added)
    keys = tables.keys_of(key, told, *([_read(build, "sales", files)] if files else []))
    known, last = None, rules.NOTHING
    if added is not None and build.before is not None:
        known = build.engine.table(build.before.paths(kind))
        [most] = build.engine.arrow(known.aggregate(last=known[number].max())).to_pylist()
        last = most["last"] or rules.NOTHING
    build.write(kind, tables.dimension(tables.numbered(keys, key, number, known, last), told, key, columns))


def _to_write(build: Build, added: Sequence[rules.Batch] | None) -> list[Any]:
    """The files whose sales lines are written: the added ones where the others are taken over, else all."""
    files = build.given.files["sales"]
    if added is None:
        return list(files)
    wanted = {(batch.source, batch.batch) for batch in added}
    return [file for file in files if (file.source, str(file.batch)) in wanted]


def _sales(build: Build, added: Sequence[rules.Batch] | None) -> None:
    """Sales lines and tickets: the old files and the new batches, or all of it anew."""
    if added is not None and build.before is not None:
        _take_over(build, build.before)
    files = _to_write(build, added)
    for source in sorted({file.source for file in files}):
        _sales_of(build, source, [file for file in files if file.source == source])
    for name in ("sales_lines", "tickets"):
        if not build.files(name):
            columns = rules.STAR[name]
            schema = pa.schema([(column, ARROW[kind]) for column, kind in columns.items()])
            _write_arrow(build, name, schema.empty_table(), columns)


def _take_over(build: Build, before: Snapshot) -> None:
    for name in ("sales_lines", "tickets"):
        for path in before.paths(name):
            if rows := before.file_rows[path.name]:
                build.draft.copy(name, path, rows, before.sha256[path.name])
    build.reused, build.taken = before.rows["sales_lines"], len(build.files("tickets"))


def _visits(build: Build) -> None:
    """Visits: those known of the lines taken over, and of the new tickets."""
    new = build.files("tickets")[build.taken :]
    known = build.engine.table(build.before.paths("visits")) if build.taken and build.before else None
    build.write("visits", tables.visits(build.engine.table(new) if new else None, known))


def _only_added(build: Build) -> list[rules.Batch] | None:
    """The batches of sales to add to the old files, or None where the old files cannot be kept."""
    if build.before is None or build.before.facts["unkeyed"] or not _same_clock(build.before):
        return None
    known = [rules.Batch(*entry) for entry in build.before.facts["sales_batches"]]
    fresh = rules.added(known, build.given.batches("sales"))
    if fresh is None or _is_other_past(build, build.before):
        return None
    return fresh if all(not _touches(build, source, known, batches) for source, batches in rules.by_source(fresh)) \
        else None  # fmt: skip


def _same_clock(before: Snapshot) -> bool:
    return bool(before.facts["zone"] == settings.DANGOL.time_zone)


def _is_other_past(build: Build, before: Snapshot) -> bool:
    """Whether a line of the old files would have another customer now, or somebody else in charge on its day."""
    last = before.facts["last_day"]
    if last is None:
        return False
    keys, postings = (build.engine.table(before.paths(name)) for name in ("customer_keys", "postings"))
    changed = tables.other_past(
        tables.Charge(keys, postings), tables.Charge(build.written("customer_keys"), build.written("postings")),
        date.fromisoformat(last),
    )  # fmt: skip
    asked = changed if build.given.postings.num_rows else changed[:1]
    return any(_count(build, rows) for rows in asked)


def _count(build: Build, rows: Table) -> int:
    return int(build.engine.arrow(rows.aggregate(rows=rows.count())).column("rows")[0].as_py())


def _touches(build: Build, source: str, known: Sequence[rules.Batch], fresh: Sequence[rules.Batch]) -> bool:
    """Whether new batches of a source replace old lines or add lines to old orders."""
    old, new = (_files(build, source, {one.batch for one in batches if one.source == source})
                for batches in (known, fresh))  # fmt: skip
    if not old:
        return False
    if any(file.replaces for file in new):
        return True
    before, added = (_read(build, "sales", files) for files in (old, new))
    return bool(_count(build, before.semi_join(added, "order_id")))


def _files(build: Build, source: str, batches: set[str]) -> list[Any]:
    return [file for file in build.given.files["sales"] if file.source == source and str(file.batch) in batches]


def _sales_of(build: Build, source: str, files: Sequence[Any]) -> None:
    """Write the sales lines of one source, a file for each run of days: memory stays that of one file."""
    raw = _of_source(build, "sales", files)
    counted = build.engine.arrow(tables.rows_per_day(raw)).to_pylist()
    cuts = rules.pieces([(row["utc_day"], row["rows"]) for row in counted])
    if not cuts:
        return
    first, last = (datetime(day.year, day.month, day.day) for day in (cuts[0].first_day, cuts[-1].end_day))  # noqa: DTZ001
    zone = rules.stretches(settings.DANGOL.zone, first, last)
    [marks] = build.engine.arrow(tables.order_marks(raw)).to_pylist()
    split = build.engine.arrow(tables.split_orders(raw)) if marks["split"] and len(cuts) > 1 else None
    keys = build.written("customer_keys")
    keys = keys.filter(keys.source == source).drop("source")
    postings = build.written("postings")
    moved = postings.filter(postings.source == source) if build.given.postings.num_rows else None
    known = tables.Known(keys, moved, {kind: build.written(kind) for kind in rules.NUMBERS}, zone)
    for piece in cuts:
        build.running.progress(build.step, STEPS, N_("Writing sales lines"))
        apart = build.engine.memory(split) if split is not None else None
        before = sum(entry["rows"] for entry in build.draft.files if entry["table"] == "sales_lines")
        build.write(
            "sales_lines",
            tables.sales_lines(tables.piece_of(raw, piece, apart), known, orders_before=before,
                               numbered=not marks["unnumbered"]),
        )  # fmt: skip
        build.write("tickets", tables.tickets(build.engine.table(build.files("sales_lines")[-1:]), zone))


def _facts(build: Build, fingerprint: str) -> dict[str, Any]:
    """What the snapshot says about itself."""
    options = settings.DANGOL
    [days] = build.engine.arrow(tables.days(build.written("sales_lines"))).to_pylist()
    [strange] = build.engine.arrow(tables.strangers(build.written("visits"), build.written("customers"))).to_pylist()
    today = options.today or company_day(datetime.now(UTC), options.zone)
    return {
        "version": rules.VERSION,
        "fingerprint": fingerprint,
        "as_of": str(_as_of(days["last_day"], options.today) or today),
        "first_day": str(days["first_day"]) if days["first_day"] else None,
        "last_day": str(days["last_day"]) if days["last_day"] else None,
        "unkeyed": int(days["unkeyed"] or 0),
        "strangers": int(strange["strangers"]),
        "zone": options.time_zone,
        "currency": options.currency,
        "sources": collect.fingerprint(),
        "sales_batches": [[batch.source, batch.batch, batch.sha256] for batch in build.given.batches("sales")],
        "generated": _generated(build.given.attributes),
    }


def _as_of(last_sale: date | None, today: date | None) -> date | None:
    """The day figures are as of: that of the last sale, or the fixed day of the installation where it is later."""
    return max((day for day in (last_sale, today) if day), default=None)


def _generated(attributes: pa.Table) -> list[str]:
    """The columns of customers in which anybody has a generated value, as the attributes say."""
    return [str(name) for name in json.loads((attributes.schema.metadata or {}).get(b"generated", b"[]"))]
