"""The loop's own events: what campaigns, channels and other rooms did, written down here to be carried up again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect import keys, people, places
from dangol.customers.collect.columns import LINE, TYPES, check
from dangol.customers.collect.loading import write_batch
from dangol.customers.collect.models import Batch, Event, Load, Source
from dangol.customers.collect.rules import REASON_OF, REASONS, RECORDS, Definition
from dangol.customers.collect.sorting import terms_of

EVENT_KEY = "event_key"
CHUNK = 500


def record(*, source: str, kind: str, rows: Sequence[dict[str, Any]]) -> int:
    """Write down the loop's own events of one kind; returns how many were new.

    rows: fields of the kind's record (amounts in major units, times aware or in the company's zone). Two rows with the
    same values are one event, so that a repeated call changes nothing; where equal rows are several events give each an
    `event_key` of its own. source: the space of the customer keys, as everywhere. Raises BadInput for a row that does
    not fit: then none is written.
    """
    if kind not in RECORDS or RECORDS[kind].personal:
        raise BadInput("There is no kind of event {kind}.", field="kind", kind=kind)
    if not rows:
        return 0
    owner = _own_source(source, kind)
    columns = _checked(owner, kind, rows)
    contents = keys.row_hashes(columns, list(columns), owner.code)
    line_keys = contents
    if any(EVENT_KEY in row for row in rows):
        own = pa.array([str(row.get(EVENT_KEY, "")) for row in rows], pa.string())
        line_keys = keys.row_hashes({EVENT_KEY: own}, [EVENT_KEY], owner.code)
    typed = pa.table(columns).to_pylist()
    events = [
        Event(
            source=owner,
            line_key=keys.signed(key),
            fields={n: people.plain(v) for n, v in row.items() if v is not None},
        )
        for key, row in zip(line_keys, typed, strict=True)
    ]
    with transaction.atomic():
        before = Event.objects.filter(source=owner).count()
        Event.objects.bulk_create(events, batch_size=CHUNK, ignore_conflicts=True)
        return Event.objects.filter(source=owner).count() - before


def _own_source(system: str, kind: str) -> Source:
    code = f"{system}.{kind}"
    source, _made = Source.objects.get_or_create(
        code=code, defaults={"name": system, "system": system, "kind": kind, "reader": "own", "own": True}
    )
    if not source.own:
        raise Conflict("The source {code} is loaded from outside. Record events under another name.", code=code)
    return source


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _checked(source: Source, kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, pa.Array]:
    names = [field.name for field in RECORDS[kind].fields]
    unknown = sorted({name for row in rows for name in row} - {*names, EVENT_KEY})
    if unknown:
        raise BadInput("A {kind} row has no field {name}.", field=unknown[0], kind=kind, name=unknown[0])
    texts = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
    definition = Definition(source.code, source.system, kind, "own", {name: name for name in names}, {}, (), {})
    checked = check(
        pa.table(texts | {LINE: pa.array(range(1, len(rows) + 1), pa.int64())}),
        definition,
        terms_of(definition, own=True),
    )
    bad = checked.reason.nonzero()[0]
    if len(bad):
        name = definition.fields()[int(checked.place[bad[0]])].name
        said = REASONS[REASON_OF[int(checked.reason[bad[0]])]]
        raise BadInput("{name}: {said}", field=name, name=name, said=said.format(field=name))
    return checked.columns


def settle(kind: str | None = None) -> int:
    """Gather waiting events into batches; returns how many events. A source another process gathers is left to it."""
    waiting = Event.objects.filter(batch=None)
    if kind:
        waiting = waiting.filter(source__kind=kind)
    total = 0
    for pk in waiting.values_list("source", flat=True).distinct().order_by():
        source = Source.objects.get(pk=pk)
        try:
            with places.only_one(source.code):
                total += _gather(source)
        except Conflict:
            continue  # another process gathers them now
    return total


def _gather(source: Source) -> int:
    found = list(Event.objects.filter(source=source, batch=None).order_by("pk").values_list("pk", "line_key", "fields"))
    if not found:
        return 0
    columns = {field.name: _column(field, [row for _pk, _key, row in found]) for field in RECORDS[source.kind].fields}
    contents = keys.row_hashes(columns, list(columns), source.code)
    line_keys = pa.array([key for _pk, key, _row in found], pa.int64()).to_numpy().view("uint64")
    now = datetime.now(UTC)
    name = f"events-{found[0][0]:010d}-{found[-1][0]:010d}"
    path, sha256 = write_batch(source, name, columns, line_keys, contents)
    with transaction.atomic():
        load = Load.objects.create(
            source=source, name=name, state="done", read=len(found), loaded=len(found), started_at=now, finished_at=now
        )
        batch = Batch.objects.create(
            load=load,
            source=source,
            kind=source.kind,
            number=0,
            path=path,
            sha256=sha256,
            read=len(found),
            rows=len(found),
        )
        for start in range(0, len(found), CHUNK):
            chosen = [pk for pk, _key, _row in found[start : start + CHUNK]]
            Event.objects.filter(pk__in=chosen).update(batch=batch)
    return len(found)


def _column(field: Any, rows: list[dict[str, Any]]) -> pa.Array:
    kind = TYPES[field.type]
    values = [row.get(field.name) for row in rows]
    if pa.types.is_timestamp(kind):
        return pa.array([v and datetime.fromisoformat(v).replace(tzinfo=None) for v in values], kind)
    if pa.types.is_date(kind):
        return pa.array([v and datetime.fromisoformat(v).date() for v in values], kind)
    return pa.array(values, kind)
