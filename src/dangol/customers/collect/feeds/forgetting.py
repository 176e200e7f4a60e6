"""Forget persons in what web sites sent: the event stays and counts on, whose it was is destroyed."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import Q

from dangol.base.identifiers import file_hash, token
from dangol.customers.collect import places
from dangol.customers.collect.feeds.models import Site, Visitor, WebEvent
from dangol.customers.collect.models import Batch, Source
from dangol.customers.consent import reads as consent

KIND = "events"
WHO = ("customer_key", "visitor")
TELLING = (*WHO, "page", "properties")  # what may tell who it was (a path may hold a name): emptied
WAIT_SECONDS = 60.0  # a site gathers its events for a moment only


def forget(*, keys: Sequence[tuple[str, str]]) -> int:
    """Take the persons behind (source system, key) out of what web sites sent; returns how many rows told of them.

    Events that wait or are remembered and what is known of visitors go. Events in batches lose the person's key, the
    visitor's number, the page and the properties, also those from before the visitor said who they are: what was done
    when, and by which campaign, stays, so that the figures stay right. Harmless when repeated, also after a kill.
    Raises Conflict where a source is busy all the while.
    Source: Personal Information Protection Act art. 36(2).
    """
    gone = 0
    for source in Source.objects.filter(kind=KIND, system__in={system for system, _key in keys}).order_by("pk"):
        names = sorted(key for system, key in keys if system == source.system)
        with places.only_one(source.code, wait_seconds=WAIT_SECONDS):
            gone += _in_batches(source, names)
    for site in Site.objects.filter(system__in={system for system, _key in keys}):
        gone += _waiting(site, [key for system, key in keys if system == site.system])
    return gone


def _waiting(site: Site, names: Sequence[str]) -> int:
    visitors = Visitor.objects.filter(site=site, customer_key__in=names)
    known = list(visitors.values_list("anonymous_id", flat=True))
    with transaction.atomic():
        said = Q(fields__customer_key__in=names) | Q(fields__visitor__in=known)
        return WebEvent.objects.filter(said, site=site).delete()[0] + visitors.delete()[0]


def _in_batches(source: Source, names: Sequence[str]) -> int:
    """Write batches that name the persons anew without them. All are read first: a later one may tell a visitor's name.

    The old file goes after the new one is in force; what a kill left lying of either is removed here.
    """
    batches = list(Batch.objects.filter(source=source).exclude(path="").order_by("pk"))
    said = Visitor.objects.filter(site__system=source.system, customer_key__in=names)
    visitors = _visitors(batches, names, set(said.values_list("anonymous_id", flat=True)))
    gone = sum(_rewrite(source, batch, names, visitors) for batch in batches)
    used = {Path(path).name for path in Batch.objects.filter(source=source).values_list("path", flat=True)}
    for path in (places.raw() / source.code).glob("*"):
        if path.name not in used:
            path.unlink()
    return gone


def _visitors(batches: Iterable[Batch], names: Sequence[str], mine: set[str]) -> list[str]:
    """The numbers of visitors who were these persons, and nobody else besides. mine: those known otherwise."""
    others: set[str] = set()
    for batch in batches:
        table = pq.read_table(places.raw() / batch.path, columns=list(WHO), use_threads=False)
        named = table.filter(pc.and_(pc.is_valid(table["customer_key"]), pc.is_valid(table["visitor"])))
        theirs = pc.is_in(named["customer_key"], value_set=pa.array(names, pa.string()))
        mine |= set(named.filter(theirs)["visitor"].unique().to_pylist())
        others |= set(named.filter(pc.invert(theirs))["visitor"].unique().to_pylist())
    return sorted(mine - others)


def _rewrite(source: Source, batch: Batch, names: Sequence[str], visitors: Sequence[str]) -> int:
    old = places.raw() / batch.path
    table = pq.read_table(old, use_threads=False)
    told = pc.or_(
        pc.fill_null(pc.is_in(table["customer_key"], value_set=pa.array(names, pa.string())), False),
        pc.fill_null(pc.is_in(table["visitor"], value_set=pa.array(visitors, pa.string())), False),
    )
    rows = int(pc.sum(told).as_py() or 0)
    if not rows:
        return 0
    for name in TELLING:
        place = table.schema.get_field_index(name)
        empty = pa.nulls(table.num_rows, table.schema.field(place).type)
        table = table.set_column(place, table.schema.field(place), pc.if_else(told, empty, table[name]))
    new = old.with_name(f"{old.stem.partition('~')[0]}~{token()[:8]}.parquet")
    draft = new.with_suffix(".new")
    with places.disk():
        pq.write_table(table, draft, compression="zstd", compression_level=1)
        sha256 = file_hash(draft)
        places.publish(draft, new)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(path=f"{source.code}/{new.name}", sha256=sha256)
    old.unlink(missing_ok=True)
    return rows


def without_erased(system: str, names: Iterable[str]) -> set[str]:
    """Which of these keys name nobody erased: a visitor who was erased is not written down again."""
    wanted = {name for name in names if name}
    gone = consent.suppressed("key", {f"{system}:{name}" for name in wanted}) if wanted else set()
    return {name for name in wanted if f"{system}:{name}" not in gone}
