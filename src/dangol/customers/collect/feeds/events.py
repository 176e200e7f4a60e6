"""Events of web sites: taken in one by one, each once; tied to the customer; gathered into batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F

from dangol.base.errors import BadInput, Conflict, NotAllowed, TooMuch
from dangol.customers.collect import keys, places
from dangol.customers.collect.columns import TYPES
from dangol.customers.collect.feeds.forgetting import KIND, TELLING, without_erased
from dangol.customers.collect.feeds.models import Site, Visitor, WebEvent
from dangol.customers.collect.feeds.rules import CALLS_PER_MINUTE, KEEP_EVENTS_DAYS, Sender, event_row, flat
from dangol.customers.collect.loading import write_batch
from dangol.customers.collect.models import Batch, Load, Source
from dangol.customers.collect.rules import RECORDS, Type
from dangol.customers.collect.sorting import live_index
from dangol.work.actions import Running

GATHER_ROWS = 100_000
CHUNK = 500


@dataclass(frozen=True)
class Heard:
    """What became of a call: events that are new, and those known from before."""

    new: int
    known: int


def hear(*, write_key: str, origin: str, body: Any, now: datetime | None = None) -> Heard:
    """Take in the events of a call in the shape of the Segment spec: one, or a batch.

    write_key: of the site; it stands in every page and is no secret. origin: of the page, empty for a server. Raises
    NotAllowed for an unknown key or a foreign origin, BadInput with the field at fault (then none is taken), TooMuch.
    """
    now = now or datetime.now(UTC)
    site = Site.objects.filter(write_key=write_key, enabled=True).first() if write_key else None
    if site is None or (origin and origin.lower() not in site.origins):
        raise NotAllowed("No events are taken with this write key from this page.")
    _count(site, now)
    sender = Sender(site.code, site.properties)
    rows = []
    for number, event in enumerate(flat(body)):
        try:
            rows.append((event, event_row(event, sender, received=now)))
        except BadInput as error:
            place = f"/batch/{number}{error.field}" if "batch" in body else error.field
            raise BadInput(error.template, field=place, **error.params) from None
    _unname(site, [row for _event, row in rows])
    with transaction.atomic():
        new = _keep(site, [row for _event, row in rows], now)
        _tie(site, [row for event, row in rows if event.get("type") == "identify"], now)
    return Heard(new, len(rows) - new)


def _count(site: Site, now: datetime) -> None:
    """Count a call. Raises TooMuch with the seconds to wait where the limit of the minute is reached."""
    minute = int(now.timestamp()) // 60
    this = Site.objects.filter(pk=site.pk, minute=minute, calls__lt=CALLS_PER_MINUTE)
    if this.update(calls=F("calls") + 1):
        return
    Site.objects.filter(pk=site.pk).exclude(minute=minute).update(minute=minute, calls=0)  # one of the first calls
    if not this.update(calls=F("calls") + 1):
        wait = 60 - int(now.timestamp()) % 60
        raise TooMuch("Too many events from this site. Wait {seconds} seconds.", seconds=wait)


def _unname(site: Site, rows: list[dict[str, Any]]) -> None:
    """Take who it was out of the events of erased people: they count, and name nobody."""
    named = [row for row in rows if row.get("customer_key")]
    known = without_erased(site.system, [row["customer_key"] for row in named])
    for row in named:
        if row["customer_key"] not in known:
            for name in TELLING:
                row.pop(name, None)


def _keep(site: Site, rows: list[dict[str, Any]], now: datetime) -> int:
    names = [row["event_key"] for row in rows]
    known = set(WebEvent.objects.filter(site=site, message_id__in=names).values_list("message_id", flat=True))
    fresh = {row["event_key"]: row for row in rows if row["event_key"] not in known}
    WebEvent.objects.bulk_create(
        [WebEvent(site=site, message_id=name, fields=row, received_at=now) for name, row in fresh.items()],
        batch_size=CHUNK, ignore_conflicts=True,
    )  # fmt: skip
    return len(fresh)


def _tie(site: Site, rows: list[dict[str, Any]], now: datetime) -> None:
    """Remember who an anonymous visitor is. The first word counts: the next one at the same machine starts afresh."""
    Visitor.objects.bulk_create(
        [Visitor(site=site, anonymous_id=row["visitor"], customer_key=row["customer_key"], at=now)
         for row in rows if row.get("visitor") and row.get("customer_key")],
        ignore_conflicts=True,
    )  # fmt: skip


def gather(running: Running) -> dict[str, int]:
    """Write waiting events into batches, and the customer's key into those of visitors who said who they are since.

    Returns {gathered, tied}. A site another process gathers is left to it.
    """
    total = {"gathered": 0, "tied": 0}
    for site in Site.objects.order_by("pk"):
        source = _source(site)
        try:
            with places.only_one(source.code):
                while counts := _gather(site, source):
                    total = {name: total[name] + counts[name] for name in total}
                    running.progress(total["gathered"])
        except Conflict:
            continue
    return total


def _source(site: Site) -> Source:
    made, _new = Source.objects.get_or_create(
        code=f"{site.code}.web-events",
        defaults={"name": site.name, "system": site.system, "kind": KIND, "reader": "own", "own": True},
    )  # fmt: skip
    if (made.name, made.system, made.generated) != (site.name, site.system, site.generated):
        made.name, made.system, made.generated = site.name, site.system, site.generated
        made.save()
    return made


def _gather(site: Site, source: Source) -> dict[str, int]:
    """One batch; empty where nothing is to do."""
    waiting = list(WebEvent.objects.filter(site=site, gathered=False).order_by("pk")[:GATHER_ROWS])
    ties = dict(Visitor.objects.filter(site=site, tied=False).values_list("anonymous_id", "customer_key"))
    if not waiting and not ties:
        return {}
    rows = [dict(event.fields) for event in waiting]
    _name(site, rows)
    fresh = _new_of(source, _table(rows), site)
    earlier = _earlier(source, ties)
    table = pa.concat_tables([fresh, earlier])
    _write(source, table, replaces=earlier.num_rows, waiting=waiting, site=site, ties=ties)
    return {"gathered": fresh.num_rows, "tied": earlier.num_rows}


def _name(site: Site, rows: list[dict[str, Any]]) -> None:
    """Give rows of visitors who said who they are the customer's key."""
    nameless = sorted({row["visitor"] for row in rows if row.get("visitor") and not row.get("customer_key")})
    known: dict[str, str] = {}
    for start in range(0, len(nameless), CHUNK):
        found = Visitor.objects.filter(site=site, anonymous_id__in=nameless[start : start + CHUNK])
        known |= dict(found.values_list("anonymous_id", "customer_key"))
    for row in rows:
        if not row.get("customer_key") and row.get("visitor") in known:
            row["customer_key"] = known[row["visitor"]]


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    def values(name: str, kind: Type) -> pa.Array:
        given = [row.get(name) for row in rows]
        if kind is Type.TIME:
            given = [datetime.fromisoformat(one).astimezone(UTC).replace(tzinfo=None) if one else None for one in given]
        return pa.array(given, TYPES[kind])

    return pa.table({field.name: values(field.name, field.type) for field in RECORDS[KIND].fields})


def _line_keys(table: pa.Table, site_code: str) -> keys.Hashes:
    return keys.row_hashes({"event_key": table["event_key"].combine_chunks()}, ["event_key"], site_code)


def _new_of(source: Source, table: pa.Table, site: Site) -> pa.Table:
    """Without events that are in a batch already: a process died between the batch and its mark, or years went by."""
    if not table.num_rows:
        return table
    known, _contents = live_index(source).find(_line_keys(table, source.code))
    return table.filter(pa.array(~known))


def _earlier(source: Source, ties: dict[str, str]) -> pa.Table:
    """Nameless events in earlier batches of visitors who said who they are since, with the customer's key."""
    empty = _table([])
    if not ties:
        return empty
    names = pa.array(list(ties), pa.string())
    found = [_nameless(path, names) for path in _paths(source)]
    table = pa.concat_tables([empty, *found])
    keys_of = pa.array([ties[name] for name in table["visitor"].to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index("customer_key"), "customer_key", keys_of)


def _nameless(path: str, names: pa.Array) -> pa.Table:
    columns = [field.name for field in RECORDS[KIND].fields]
    table = pq.read_table(places.raw() / path, columns=columns, use_threads=False)
    wanted = pc.and_(pc.is_null(table["customer_key"]), pc.is_in(table["visitor"], value_set=names))
    return table.filter(wanted)


def _paths(source: Source) -> Iterator[str]:
    batches = Batch.objects.filter(source=source, live=True, rows__gt=0).exclude(path="").order_by("pk")
    yield from batches.values_list("path", flat=True)


def _write(source: Source, table: pa.Table, *, replaces: int, waiting: list[WebEvent], site: Site,
           ties: dict[str, str]) -> None:  # fmt: skip
    now = datetime.now(UTC)
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    path, sha256, first = "", "", waiting[0].pk if waiting else 0
    if table.num_rows:
        contents = keys.row_hashes(columns, list(columns), source.code)
        number = Batch.objects.filter(source=source).count()
        path, sha256 = write_batch(source, f"web-{number:06d}-{first:010d}", columns, _line_keys(table, source.code),
                                   contents)  # fmt: skip
    with transaction.atomic():
        if table.num_rows:
            load = Load.objects.create(
                source=source, name=f"web-{first}", state="done", read=table.num_rows, loaded=table.num_rows,
                started_at=now, finished_at=now,
            )  # fmt: skip
            Batch.objects.create(load=load, source=source, kind=KIND, number=0, path=path, sha256=sha256,
                                 read=table.num_rows, rows=table.num_rows, replaces=replaces)  # fmt: skip
        for start in range(0, len(waiting), CHUNK):
            chosen = [event.pk for event in waiting[start : start + CHUNK]]
            WebEvent.objects.filter(pk__in=chosen).update(gathered=True)
        names = list(ties)
        for start in range(0, len(names), CHUNK):
            Visitor.objects.filter(site=site, anonymous_id__in=names[start : start + CHUNK]).update(tied=True)


def prune(*, now: datetime) -> int:
    """Forget gathered events that came so long ago that nobody sends them again; returns how many."""
    old = WebEvent.objects.filter(gathered=True, received_at__lt=now - timedelta(days=KEEP_EVENTS_DAYS))
    removed, _kinds = old.delete()
    return removed
