"""What becomes of refused rows: corrected and tried again, or ignored with a reason."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F, Max, QuerySet

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.collect import people, places
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.loading import CELL_SHOWN, CHUNK, write_batch
from dangol.customers.collect.models import Batch, Load, Quarantined
from dangol.customers.collect.rules import REASON_OF, RECORDS, UNCUT
from dangol.customers.collect.sorting import Sorted, Sorter, definition_of, live_index, terms_of
from dangol.customers.standard.rules import without_resident_numbers
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

RETRY_MOST = 20_000


def fix(*, by: Member, row_id: int, values: Mapping[str, str]) -> bool:
    """Correct cells of a refused row and try it again; returns whether it is loaded now.

    values: {column: text}. Raises BadInput for a column the row does not have or a line that has no cells.
    """
    require(by, Right.SOURCES_LOAD)
    row = Quarantined.objects.select_related("source").filter(pk=row_id, state="open").first()
    if row is None:
        raise NotFound("This row does not wait for correction any more.")
    if row.reason in UNCUT:
        raise BadInput("This line could not be cut into cells. Correct it in the file and load that again.")
    for column, text in values.items():
        if column not in row.raw:
            raise BadInput("The row has no column {column}.", field=column, column=column)
        row.raw[column] = without_resident_numbers(text)[:CELL_SHOWN]
    row.changed_by, row.changed_at = by, datetime.now(UTC)
    row.save(update_fields=["raw", "changed_by", "changed_at"])
    return _try(row.source_id, [row], by) == 1


def retry(*, by: Member, source_code: str, reason: str = "", load_id: int | None = None) -> dict[str, int]:
    """Try refused rows of a source again, after its description or the world changed; returns {tried, loaded}."""
    require(by, Right.SOURCES_LOAD)
    rows = _open(source_code, reason, load_id).exclude(reason__in=UNCUT).select_related("source").order_by("pk")
    tried = list(rows[:RETRY_MOST])
    return {"tried": len(tried), "loaded": _try(tried[0].source_id, tried, by) if tried else 0}


def ignore(*, by: Member, note: str, row_ids: list[int] | None = None, source_code: str = "", reason: str = "") -> int:
    """Let refused rows rest for a reason that is kept; returns how many."""
    require(by, Right.SOURCES_LOAD)
    if not note.strip():
        raise BadInput("Say why these rows are ignored.", field="note")
    rows = Quarantined.objects.filter(state="open")
    rows = rows.filter(pk__in=row_ids) if row_ids is not None else _open(source_code, reason, None)
    count = rows.update(state="ignored", note=note.strip()[:300], changed_by=by, changed_at=datetime.now(UTC))
    note_access(by=by, verb="change", what="quarantine", count=max(count, 1), reason=note.strip()[:300])
    return count


def _open(source_code: str, reason: str, load_id: int | None) -> QuerySet[Quarantined]:
    rows = Quarantined.objects.filter(state="open", source__code=source_code)
    rows = rows.filter(reason=reason) if reason else rows
    return rows.filter(load_id=load_id) if load_id else rows


def _try(source_id: int, rows: list[Quarantined], by: Member) -> int:
    """Check rows again and take in those that fit now, as one more batch of their loads."""
    source = rows[0].source
    with places.only_one(source.code):
        loaded = 0
        for load_id in sorted({row.load_id for row in rows}):
            load = Load.objects.select_related("source").get(pk=load_id)
            if load.state != "done":
                raise Conflict("The load of this row has not ended yet. Try again when it has.")
            loaded += _try_load(load, [row for row in rows if row.load_id == load_id], by)
    return loaded


def _try_load(load: Load, rows: list[Quarantined], by: Member) -> int:
    definition = definition_of(load.source)
    names = list(rows[0].raw)
    table = pa.table(
        {name: pa.array([row.raw.get(name) or None for row in rows], pa.string()) for name in names}
        | {LINE: pa.array([row.line for row in rows], pa.int64())}
    )
    sorter = Sorter(definition, terms_of(definition), live_index(load.source))
    if not definition.key:
        _count_equal(load, sorter)
    found = sorter.sort(table)
    with places.disk():
        return _settle(load, rows, found, by)


def _count_equal(load: Load, sorter: Sorter) -> None:
    """Equal rows of the same file count on: a corrected row is one more of them."""
    paths = load.batches.filter(rows__gt=0).values_list("path", flat=True)
    hashes: list[Any] = [pq.read_table(places.raw() / p, columns=["content_hash"])[0].to_numpy() for p in paths]
    if hashes:
        distinct, counts = np.unique(np.concatenate(hashes).view(np.uint64), return_counts=True)
        sorter.here.put(distinct, counts.astype(np.uint64))


def _settle(load: Load, rows: list[Quarantined], found: Sorted, by: Member) -> int:
    number = (load.batches.aggregate(last=Max("number"))["last"] or 0) + 1
    loaded, unchanged = int(found.load.sum()), int(found.unchanged.sum())
    chosen = pa.array(found.load)
    columns = {name: values.filter(chosen) for name, values in found.checked.columns.items()}
    contents = found.contents[found.load]
    personal = RECORDS[load.source.kind].personal
    path, sha256 = "", ""
    if loaded and not personal:
        name = f"{load.pk:08d}-{number:05d}"
        path, sha256 = write_batch(load.source, name, columns, found.line_keys[found.load], contents)
    _reasons(rows, found, definition_of(load.source).fields())
    now = datetime.now(UTC)
    fine = [row.pk for row, reason in zip(rows, found.checked.reason, strict=True) if reason == 0]
    with transaction.atomic():
        if loaded:
            batch = Batch.objects.create(
                load=load, source=load.source, kind=load.source.kind, number=number, path=path, sha256=sha256,
                rows=loaded, replaces=found.replaces,
            )  # fmt: skip
            if personal:
                people.write(batch, columns, contents)
        Quarantined.objects.bulk_update(rows, ["reason", "field"], batch_size=CHUNK)
        for start in range(0, len(fine), CHUNK):
            Quarantined.objects.filter(pk__in=fine[start : start + CHUNK]).update(
                state="fixed", changed_by=by, changed_at=now
            )
        Load.objects.filter(pk=load.pk).update(
            loaded=F("loaded") + loaded, unchanged=F("unchanged") + unchanged,
            quarantined=F("quarantined") - loaded - unchanged,
        )  # fmt: skip
    return loaded + unchanged


def _reasons(rows: list[Quarantined], found: Sorted, fields: Any) -> None:
    for row, reason, place in zip(rows, found.checked.reason, found.checked.place, strict=True):
        if reason:
            row.reason, row.field = REASON_OF[int(reason)], fields[int(place)].name
