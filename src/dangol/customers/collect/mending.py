"""What becomes of refused rows: corrected one by one or all alike, tried again, given to somebody, or ignored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F, Max, QuerySet

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.collect import cleaning, people, places
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.habits import habits_of
from dangol.customers.collect.loading import CELL_SHOWN, CHUNK, write_batch
from dangol.customers.collect.models import Batch, Load, Quarantined, Source
from dangol.customers.collect.rules import REASON_OF, RECORDS, UNCUT
from dangol.customers.collect.sorting import Sorted, Sorter, definition_of, refuse_unfit, sorter_of, terms_of
from dangol.customers.collect.turning import alone
from dangol.customers.standard.rules import without_resident_numbers
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, may, require
from dangol.staff.rules import Right

RETRY_MOST = 20_000
SHOWN = 20


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


def retry(
    *, by: Member, source_code: str = "", reason: str = "", load_id: int | None = None,
    row_ids: Sequence[int] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Try refused rows again, after their source's description or the world changed; returns {tried, loaded}.

    row_ids: these rows, of whatever sources; otherwise those of a source, reason and load.
    """
    require(by, Right.SOURCES_LOAD)
    if row_ids is None:
        rows = _open(source_code, reason, load_id)
    else:
        rows = Quarantined.objects.filter(state="open", pk__in=list(row_ids)[:RETRY_MOST])
    tried = list(rows.exclude(reason__in=UNCUT).select_related("source").order_by("pk")[:RETRY_MOST])
    loaded = 0
    for source_id in dict.fromkeys(row.source_id for row in tried):
        loaded += _try(source_id, [row for row in tried if row.source_id == source_id], by)
    return {"tried": len(tried), "loaded": loaded}


def mend(
    *,
    by: Member,
    source_code: str,
    step: Mapping[str, str],
    reason: str = "",
    row_ids: Sequence[int] | None = None,
    remember: bool = False,
) -> dict[str, int]:
    """Correct a column of many refused rows in one way and try them again; returns {tried, changed, loaded}.

    step: {column, verb, find, put}, see cleaning.VERBS. row_ids: these rows only. remember: do it to the rows of every
    later file of the source as well. Raises BadInput.
    """
    require(by, Right.SOURCES_LOAD)
    rows = _mendable(source_code, reason, row_ids)
    [kept] = cleaning.checked([step])
    changed = _changed(rows, kept)
    now = datetime.now(UTC)
    for row in rows:
        if row.pk in changed:
            row.raw[kept["column"]] = without_resident_numbers(changed[row.pk])[:CELL_SHOWN]
            row.changed_by, row.changed_at = by, now
    with transaction.atomic():
        Quarantined.objects.bulk_update([row for row in rows if row.pk in changed], ["raw", "changed_by", "changed_at"],
                                        batch_size=CHUNK)  # fmt: skip
        if remember:
            source = Source.objects.select_for_update().filter(code=source_code).first()
            if source is None:
                raise NotFound("There is no source {code}.", code=source_code)
            if kept not in source.cleaning:
                source.cleaning = cleaning.checked([*source.cleaning, kept])
                source.save(update_fields=["cleaning", "changed_at"])
    note_access(by=by, verb="change", what="quarantine", count=max(len(changed), 1), reason=f"{kept['verb']}")
    loaded = _try(rows[0].source_id, rows, by) if rows else 0
    return {"tried": len(rows), "changed": len(changed), "loaded": loaded}


@dataclass(frozen=True)
class MendOutlook:
    """What a correction would do. shown: the first changed cells, (line, before, after, whether the row then fits)."""

    rows: int
    changed: int
    fits: int
    shown: list[tuple[int, str, str, bool]]


def mend_outlook(
    by: Member, *, source_code: str, step: Mapping[str, str], reason: str = "", row_ids: Sequence[int] | None = None
) -> MendOutlook:
    """What `mend` would do, without doing it."""
    require(by, Right.SOURCES_LOAD)
    rows = _mendable(source_code, reason, row_ids)
    [kept] = cleaning.checked([step])
    changed = _changed(rows, kept)
    before = {row.pk: row.raw[kept["column"]] for row in rows if row.pk in changed}
    for row in rows:
        if row.pk in changed:
            row.raw[kept["column"]] = changed[row.pk]
    fits: dict[int, bool] = {}
    for load_id in {row.load_id for row in rows}:
        part = [row for row in rows if row.load_id == load_id]
        found = _sorted(Load.objects.select_related("source").get(pk=load_id), part)
        fits |= {row.pk: not reason for row, reason in zip(part, found.checked.reason, strict=True)}
    shown = [(row.line, before[row.pk], changed[row.pk], fits[row.pk]) for row in rows if row.pk in changed]
    return MendOutlook(len(rows), len(changed), sum(fits.values()), shown[:SHOWN])


def _mendable(source_code: str, reason: str, row_ids: Sequence[int] | None) -> list[Quarantined]:
    rows = _open(source_code, reason, None).exclude(reason__in=UNCUT).select_related("source").order_by("pk")
    if row_ids is not None:
        chosen = set(row_ids)
        return [row for row in rows.filter(pk__gte=min(chosen, default=0)) if row.pk in chosen][:RETRY_MOST]
    return list(rows[:RETRY_MOST])


def _changed(rows: Sequence[Quarantined], step: Mapping[str, str]) -> dict[int, str]:
    """The cells a step changes: row id -> new text."""
    column = step["column"]
    having = [row for row in rows if column in row.raw]
    if not having:
        return {}
    texts = pa.table({column: pa.array([row.raw[column] for row in having], pa.string())})
    after = cleaning.clean(texts, [step]).column(0).to_pylist()
    return {row.pk: text or "" for row, text in zip(having, after, strict=True) if (text or "") != row.raw[column]}


def ignore(*, by: Member, note: str, row_ids: Sequence[int] | None = None, source_code: str = "",
           reason: str = "") -> int:  # fmt: skip
    """Let refused rows rest for a reason that is kept; returns how many."""
    require(by, Right.SOURCES_LOAD)
    if not note.strip():
        raise BadInput("Say why these rows are ignored.", field="note")
    rows = _open(source_code, reason, None) if row_ids is None else Quarantined.objects.filter(state="open")
    changes = {"state": "ignored", "note": note.strip()[:300], "changed_by": by, "changed_at": datetime.now(UTC)}
    count = _update(rows, row_ids, changes)
    note_access(by=by, verb="change", what="quarantine", count=max(count, 1), reason=note.strip()[:300])
    return count


def take_up(*, by: Member, row_ids: Sequence[int] | None = None, source_code: str = "", reason: str = "") -> int:
    """Have ignored rows wait again; returns how many."""
    require(by, Right.SOURCES_LOAD)
    rows = Quarantined.objects.filter(state="ignored")
    rows = rows.filter(source__code=source_code) if source_code else rows
    rows = rows.filter(reason=reason) if reason else rows
    changes = {"state": "open", "note": "", "changed_by": by, "changed_at": datetime.now(UTC)}
    return _update(rows, row_ids, changes)


def assign(*, by: Member, row_ids: Sequence[int], member_id: int | None) -> int:
    """Give waiting rows to a member who may correct them, or to nobody; returns how many. Raises BadInput."""
    require(by, Right.SOURCES_LOAD)
    if member_id is not None and member_id not in {one.pk for one in menders()}:
        raise BadInput("This member may not correct rows. Choose one who may load sources.", field="member")
    changes = {"assigned_to_id": member_id, "changed_by": by, "changed_at": datetime.now(UTC)}
    return _update(Quarantined.objects.filter(state="open"), row_ids, changes)


def menders() -> list[Member]:
    """Members who may correct refused rows, by name."""
    return [one for one in Member.objects.filter(is_active=True).order_by("name") if may(one, Right.SOURCES_LOAD)]


def _update(rows: QuerySet[Quarantined], row_ids: Sequence[int] | None, changes: dict[str, Any]) -> int:
    if row_ids is None:
        return rows.update(**changes)
    ids = list(row_ids)
    return sum(rows.filter(pk__in=ids[start : start + CHUNK]).update(**changes) for start in range(0, len(ids), CHUNK))


def _open(source_code: str, reason: str, load_id: int | None) -> QuerySet[Quarantined]:
    rows = Quarantined.objects.filter(state="open", source__code=source_code)
    rows = rows.filter(reason=reason) if reason else rows
    return rows.filter(load_id=load_id) if load_id else rows


def _try(source_id: int, rows: list[Quarantined], by: Member) -> int:
    """Check rows again and take in those that fit now, as one more batch of their loads."""
    source = rows[0].source
    with alone(source):
        loaded = 0
        for load_id in sorted({row.load_id for row in rows}):
            load = Load.objects.select_related("source").get(pk=load_id)
            if load.state != "done":
                raise Conflict("The load of this row has not ended yet. Try again when it has.")
            loaded += _try_load(load, [row for row in rows if row.load_id == load_id], by)
    return loaded


def _try_load(load: Load, rows: list[Quarantined], by: Member) -> int:
    found = _sorted(load, rows)
    with places.disk():
        return _settle(load, rows, found, by)


def _sorted(load: Load, rows: list[Quarantined]) -> Sorted:
    """What becomes of refused rows now."""
    definition = definition_of(load.source)
    names = list(dict.fromkeys(name for row in rows for name in row.raw))
    table = pa.table(
        {name: pa.array([row.raw.get(name) or None for row in rows], pa.string()) for name in names}
        | {LINE: pa.array([row.line for row in rows], pa.int64())}
    )
    refuse_unfit(definition, names)
    sorter = sorter_of(load.source, definition, terms_of(definition, habits_of(load.decided)))
    if not definition.key:
        _count_equal(load, sorter)
    return sorter.sort(table)


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
    personal = RECORDS[load.source.kind].personal
    path, sha256 = "", ""
    if loaded and not personal:
        name = f"{load.pk:08d}-{number:05d}"
        chosen = pa.array(found.load)
        columns = {name: values.filter(chosen) for name, values in found.checked.columns.items()}
        path, sha256 = write_batch(
            load.source, name, columns, found.line_keys[found.load], found.contents[found.load]
        )  # fmt: skip
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
                people.write(batch, found.versions)
        Quarantined.objects.bulk_update(rows, ["reason", "field"], batch_size=CHUNK)
        for start in range(0, len(fine), CHUNK):
            Quarantined.objects.filter(pk__in=fine[start : start + CHUNK]).update(
                state="fixed", changed_by=by, changed_at=now
            )
        Load.objects.filter(pk=load.pk).update(
            loaded=F("loaded") + loaded, unchanged=F("unchanged") + unchanged,
            quarantined=F("quarantined") - loaded - unchanged,
            updated=F("updated") + found.replaces, skipped=F("skipped") + found.skipped,
        )  # fmt: skip
    return loaded + unchanged


def _reasons(rows: list[Quarantined], found: Sorted, fields: Any) -> None:
    for row, reason, place in zip(rows, found.checked.reason, found.checked.place, strict=True):
        if reason:
            row.reason = REASON_OF[int(reason)]
            row.field = "" if row.reason == "total_row" else fields[int(place)].name
