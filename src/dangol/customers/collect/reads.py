"""What was collected, from where, how the loads went, and what waits in quarantine.

For the warehouse: rows of a kind are in the files of `raw_files`, oldest batch first. A row whose `line_key` occurs in
a later file of the list is superseded; only files with `replaces` > 0 ever stand in for earlier rows, so that without
such a file nothing needs to be compared. `source` (the column and the field) is the space the customer keys live in.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext

from dangol.base.errors import NotFound
from dangol.base.formula import guard
from dangol.base.identifiers import content_hash
from dangol.customers.collect import places
from dangol.customers.collect.events import settle
from dangol.customers.collect.forgetting import held, old_rows, old_uploads, old_versions, phone_key
from dangol.customers.collect.loading import reasons
from dangol.customers.collect.mending import MendOutlook, mend_outlook, menders
from dangol.customers.collect.models import Batch, Load, Person, Quarantined, Source
from dangol.customers.collect.people import batches as people_batches
from dangol.customers.collect.people import names as people_keys
from dangol.customers.collect.people import versions
from dangol.customers.collect.previews import Preview, forget, keep_file, preview
from dangol.customers.collect.rules import REASONS, RECORDS, UNCUT, parts
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, may, require
from dangol.staff.rules import Right

__all__ = [
    "MendOutlook", "Preview", "forget", "held", "keep_file", "mend_outlook", "menders", "old_rows", "old_uploads",
    "old_versions", "people_batches", "people_keys", "phone_key", "preview", "versions",
]  # fmt: skip
PAGE = 50
EXPORTED = ("dangol_file", "dangol_line", "dangol_reason", "dangol_sentence")
EXPORT_MOST = 100_000
LOOKED = ("checking", "checked", "unread")  # states of files that were looked through only


@dataclass(frozen=True)
class RawFile:
    """One batch of validated rows. sha256: of the file. replaces: rows that stand in for earlier ones."""

    path: Path
    source: str
    batch: int
    sha256: str
    rows: int
    replaces: int = 0
    code: str = ""


@dataclass(frozen=True)
class SourceView:
    """A source and how its last load went."""

    code: str
    name: str
    system: str
    kind: str
    kind_label: str
    reader: str
    mapping: dict[str, str]
    constants: dict[str, str]
    key: list[str]
    options: dict[str, str]
    own: bool
    generated: bool
    rows: int
    waiting: int
    last: "LoadView | None" = None
    columns: list[str] = field(default_factory=list)
    cleaning: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class LoadView:
    """A load's state, counts, and sentences ({template, params})."""

    id: int
    source: str
    source_name: str
    kind: str
    name: str
    bytes: int
    state: str
    read: int
    loaded: int
    unchanged: int
    quarantined: int
    notes: list[dict[str, Any]]
    error: dict[str, Any] | None
    by: str
    job_id: int | None
    seconds: float
    created_at: datetime
    finished_at: datetime | None
    reasons: dict[str, int]
    updated: int = 0
    skipped: int = 0
    outlook: dict[str, Any] = field(default_factory=dict)
    corrections: int = 0
    by_id: int | None = None

    @property
    def created(self) -> int:
        """Those of the loaded rows that are new."""
        return self.loaded - self.updated


@dataclass(frozen=True)
class QuarantineGroup:
    """Rows of one source refused for one reason."""

    source: str
    source_name: str
    kind: str
    reason: str
    field: str
    label: str
    template: str
    rows: int


@dataclass(frozen=True)
class QuarantineRow:
    """One refused row. cells: {column: text}; mendable: it has cells to correct."""

    id: int
    load: int
    source: str
    kind: str
    file: str
    line: int
    cells: dict[str, str]
    column: str
    reason: str
    template: str
    params: dict[str, Any]
    field: str
    label: str
    state: str
    note: str
    mendable: bool
    source_name: str = ""
    assigned: str = ""
    created_at: datetime | None = None

    @property
    def written(self) -> str:
        """The refused cell, or the whole row where no one cell is to blame."""
        if self.column in self.cells:
            return self.cells[self.column]
        return " · ".join(self.cells.values())[:300]


@dataclass(frozen=True)
class QuarantineQuery:
    """Which refused rows are asked for. mine: given to this member. text: in the file's name or the row's cells."""

    states: tuple[str, ...] = ("open",)
    sources: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    load_id: int | None = None
    assigned_to: int | None = None
    text: str = ""
    descending: bool = False


@dataclass(frozen=True)
class QuarantinePage:
    """Some refused rows and how many there are in all."""

    rows: list[QuarantineRow]
    total: int


def systems() -> dict[str, str]:
    """The spaces customer keys live in, as `raw_files` and `people` name them; each stands for itself."""
    return {name: name for name in Source.objects.values_list("system", flat=True).distinct().order_by()}


def raw_files(kind: str) -> list[RawFile]:
    """The live batches of a kind of fact, oldest first. Events recorded one by one are gathered into a batch first."""
    settle(kind)
    batches = Batch.objects.filter(kind=kind, live=True, rows__gt=0).exclude(path="").select_related("source")
    return [
        RawFile(places.raw() / b.path, b.source.system, b.pk, b.sha256, b.rows, b.replaces, b.source.code)
        for b in batches.order_by("pk")
    ]


def people(since_batch: int | None = None) -> Iterator[dict[str, Any]]:
    """What sources say about people, newest version of each, in the order it came in.

    Each row: source (the key space), source_code, source_key, batch, generated, and the record's fields and `attr:`
    names filled.
    since_batch: only versions of later batches.
    """
    rows = Person.objects.filter(newest=True, batch__live=True)
    if since_batch is not None:
        rows = rows.filter(batch_id__gt=since_batch)
    for person in rows.select_related("source").order_by("batch_id", "pk").iterator(chunk_size=5000):
        yield person.fields | {
            "source": person.source.system, "source_key": person.source_key, "batch": person.batch_id,
            "generated": person.source.generated, "source_code": person.source.code,
        }  # fmt: skip


def fingerprint() -> str:
    """A hash that changes when, and only when, what is live changes."""
    settle()
    return live_fingerprint()


def anything_loaded() -> bool:
    """Whether any source has given a row yet."""
    return Batch.objects.filter(live=True, rows__gt=0).exists()


def live_fingerprint() -> str:
    """The same without gathering the loop's own events first: a look that changes nothing."""
    live = Batch.objects.filter(live=True, rows__gt=0).order_by("pk").values_list("pk", flat=True)
    return content_hash({"batches": list(live)})


def sources(by: Member) -> list[SourceView]:
    """All sources with their last load, latest loaded first."""
    require(by, Right.SOURCES_VIEW)
    rows = dict(Batch.objects.filter(live=True).values_list("source").annotate(Sum("rows")).order_by())
    waiting = dict(Quarantined.objects.filter(state="open").values_list("source").annotate(Count("pk")).order_by())
    last = dict(Load.objects.exclude(state__in=LOOKED).values_list("source").annotate(Max("pk")).order_by())
    views = {v.id: v for v in map(_load_view, _loads().filter(pk__in=last.values()))}
    found = [
        _source_view(source, rows.get(source.pk, 0), waiting.get(source.pk, 0), views.get(last.get(source.pk, 0)))
        for source in Source.objects.order_by("name")
    ]
    return sorted(found, key=lambda view: -(view.last.id if view.last else 0))


def source(by: Member, code: str) -> SourceView:
    """One source. Raises NotFound."""
    found = next((view for view in sources(by) if view.code == code), None)
    if found is None:
        raise NotFound("There is no source {code}.", code=code)
    return found


def _source_view(source: Source, rows: int, waiting: int, last: LoadView | None) -> SourceView:
    return SourceView(
        source.code, source.name, source.system, source.kind, RECORDS[source.kind].label, source.reader, source.mapping,
        source.constants, source.key, source.options, source.own, source.generated, rows, waiting, last,
        source.columns, source.cleaning,
    )  # fmt: skip


def _loads() -> Any:
    return Load.objects.select_related("source", "by")


def _load_view(load: Load, by_reason: dict[str, int] | None = None) -> LoadView:
    return LoadView(
        load.pk, load.source.code, load.source.name, load.source.kind, load.name, load.bytes, load.state, load.read,
        load.loaded, load.unchanged, load.quarantined, load.notes, load.error, load.by.name if load.by else "",
        load.job_id, load.seconds, load.created_at, load.finished_at, by_reason or {}, load.updated, load.skipped,
        load.outlook, len(load.corrections), load.by_id,
    )  # fmt: skip


def loads(by: Member, *, source_code: str = "", before_id: int | None = None, limit: int = PAGE) -> list[LoadView]:
    """Loads, latest first."""
    require(by, Right.SOURCES_VIEW)
    rows = _loads().exclude(state__in=LOOKED).order_by("-pk")
    rows = rows.filter(source__code=source_code) if source_code else rows
    rows = rows.filter(pk__lt=before_id) if before_id is not None else rows
    return [_load_view(load) for load in rows[:limit]]


def load(by: Member, load_id: int) -> LoadView:
    """One load with its refused rows by reason. Raises NotFound."""
    require(by, Right.SOURCES_VIEW)
    found = _loads().filter(pk=load_id).first()
    if found is None:
        raise NotFound("There is no such load.")
    return _load_view(found, reasons(found))


def quarantine_groups(by: Member, *, source_code: str = "", load_id: int | None = None) -> list[QuarantineGroup]:
    """Open refused rows by source, reason and field, most first."""
    require(by, Right.SOURCES_VIEW)
    rows = _refused(source_code, load_id, "", "open").values_list(
        "source__code", "source__name", "source__kind", "reason", "field"
    )
    counted = rows.annotate(rows=Count("pk")).order_by("-rows", "reason")
    return [QuarantineGroup(c, n, k, r, f, label_of(k, f), REASONS[r], count) for c, n, k, r, f, count in counted]


def quarantine(
    by: Member,
    *,
    source_code: str = "",
    reason: str = "",
    load_id: int | None = None,
    state: str = "open",
    after_id: int | None = None,
    limit: int = PAGE,
) -> QuarantinePage:
    """Refused rows in the order of their loads, and how many there are in all.

    Personal cells are masked for roles that may not see them.
    """
    require(by, Right.SOURCES_VIEW)
    rows = _refused(source_code, load_id, reason, state)
    following = rows.filter(pk__gt=after_id) if after_id is not None else rows
    chosen = list(following.select_related("source", "load").order_by("pk")[:limit])
    if any(RECORDS[row.source.kind].personal for row in chosen):
        note_access(by=by, verb="view", what="quarantine", count=len(chosen))
    return QuarantinePage([_row(by, row) for row in chosen], rows.count())


def quarantine_list(
    by: Member, query: QuarantineQuery, *, after: int | None = None, limit: int = PAGE
) -> list[QuarantineRow]:
    """Refused rows of a question, in the order of their ids. after: the id before the first."""
    require(by, Right.SOURCES_VIEW)
    rows = _asked(query).select_related("source", "load", "assigned_to")
    if after is not None:
        rows = rows.filter(pk__lt=after) if query.descending else rows.filter(pk__gt=after)
    chosen = list(rows.order_by("-pk" if query.descending else "pk")[:limit])
    if any(RECORDS[row.source.kind].personal for row in chosen):
        note_access(by=by, verb="view", what="quarantine", count=len(chosen))
    return [_row(by, row) for row in chosen]


def quarantine_count(by: Member, query: QuarantineQuery) -> int:
    """How many refused rows a question has."""
    require(by, Right.SOURCES_VIEW)
    return int(_asked(query).count())


def _asked(query: QuarantineQuery) -> Any:
    wanted = Q(state__in=query.states)
    for name, values in (("source__code", query.sources), ("reason", query.reasons), ("field", query.fields)):
        wanted &= Q(**{f"{name}__in": values}) if values else Q()
    wanted &= Q(load_id=query.load_id) if query.load_id else Q()
    wanted &= Q(assigned_to=query.assigned_to) if query.assigned_to else Q()
    # Cells are not searched: whoever may not see them must not be able to ask for them either.
    wanted &= Q(load__name__icontains=query.text) if query.text else Q()
    return Quarantined.objects.filter(wanted)


def waiting(by: Member) -> int:
    """How many refused rows wait for correction."""
    require(by, Right.SOURCES_VIEW)
    return Quarantined.objects.filter(state="open").count()


def drafts(
    by: Member, load_id: int, *, reason: str = "", after_id: int | None = None, limit: int = PAGE
) -> QuarantinePage:
    """Rows that would be refused if a file that was looked through were loaded; the first of them are kept."""
    require(by, Right.SOURCES_LOAD)
    rows = _refused("", load_id, reason, "draft")
    following = rows.filter(pk__gt=after_id) if after_id is not None else rows
    chosen = list(following.select_related("source", "load").order_by("pk")[:limit])
    if any(RECORDS[row.source.kind].personal for row in chosen):
        note_access(by=by, verb="view", what="quarantine", count=len(chosen))
    return QuarantinePage([_row(by, row) for row in chosen], rows.count())


def quarantine_row(by: Member, row_id: int) -> QuarantineRow:
    """One refused row. Raises NotFound."""
    require(by, Right.SOURCES_VIEW)
    found = Quarantined.objects.select_related("source", "load", "assigned_to").filter(pk=row_id)
    row = found.exclude(state="draft").first()
    if row is None:
        raise NotFound("There is no such row.")
    return _row(by, row)


def _refused(source_code: str, load_id: int | None, reason: str, state: str) -> Any:
    wanted = Q(state=state) if state else Q()
    wanted &= Q(source__code=source_code) if source_code else Q()
    wanted &= Q(load_id=load_id) if load_id else Q()
    wanted &= Q(reason=reason) if reason else Q()
    return Quarantined.objects.filter(wanted)


def _row(by: Member, row: Quarantined) -> QuarantineRow:
    column = next((part for part in parts(row.source.mapping.get(row.field, ""), row.raw) if part in row.raw), "")
    return QuarantineRow(
        row.pk, row.load_id, row.source.code, row.source.kind, row.load.name, row.line, _cells(by, row), column,
        row.reason, REASONS[row.reason], row.params, row.field, label_of(row.source.kind, row.field),
        row.state, row.note, row.reason not in UNCUT, row.source.name,
        row.assigned_to.name if row.assigned_to else "", row.load.created_at,
    )  # fmt: skip


def label_of(kind: str, name: str) -> str:
    """A field's label (the text to be translated); nothing for no field."""
    field = RECORDS[kind].field(name) if name else None
    return field.label if field else name


def _cells(by: Member, row: Quarantined) -> dict[str, str]:
    """A row's cells in the order of the file's columns; personal ones masked for who may not see them."""
    known = [name for name in row.source.columns if name in row.raw]  # PostgreSQL keeps no order of its own
    cells = {name: row.raw[name] for name in dict.fromkeys([*known, *row.raw])}
    record = RECORDS[row.source.kind]
    if not record.personal or may(by, Right.CUSTOMERS_UNMASK):
        return cells
    open_columns = {row.source.mapping.get(f.name) for f in record.fields if not f.personal}
    return {name: text if name in open_columns else "●●●" for name, text in cells.items()}


def export_quarantine(
    by: Member, *, source_code: str, reason: str = "", why: str = "", load_id: int | None = None
) -> str:
    """Open refused rows of a source as CSV: the cells as written, then file, line and reason; no cell is a formula.

    Corrected, the file can be loaded into the same source as it is: columns the source does not know are left alone.
    load_id: the rows of that file; of one that was only looked through, those it would refuse.
    """
    require(by, Right.SOURCES_VIEW)
    looked = load_id is not None and Load.objects.filter(pk=load_id, state__in=LOOKED).exists()
    wanted = _refused(source_code, load_id, reason, "draft" if looked else "open")
    rows = wanted.select_related("source", "load").order_by("pk")[:EXPORT_MOST]
    found = [_row(by, row) for row in rows]
    note_access(by=by, verb="export", what="quarantine", count=max(len(found), 1), reason=why[:300])
    names = list(dict.fromkeys(name for row in found for name in row.cells))
    out = io.StringIO()
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow([*[guard(name or "text") for name in names], *EXPORTED])
    for row in found:
        said = gettext(row.template).format(**{**row.params, "field": gettext(row.label) if row.label else ""})
        cells = [row.file, row.line, row.reason, said]
        table.writerow([*[guard(row.cells.get(n, "")) for n in names], *[guard(str(cell)) for cell in cells]])
    return out.getvalue()
