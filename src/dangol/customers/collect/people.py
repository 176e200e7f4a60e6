"""Collected people: versions of what a source says about a person, the newest of which counts."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from dangol.customers.collect.forgetting import without_erased
from dangol.customers.collect.models import Batch, Person, Source

CHUNK = 500
KEY = "source_key"
# Rows straight into the table: as objects they take twice the time of everything else.
NEW = (
    "INSERT INTO collect_person (source_id, source_key, fields, said, batch_id, newest) "
    "VALUES (%s, %s, %s, %s, %s, TRUE)"
)
Fields = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """A new version of a person. fields: all that holds; said: what the row itself said, None where that is the same.

    before: what held until now in this source; None for somebody new to it.
    """

    key: str
    fields: Fields
    said: Fields | None
    before: Fields | None


@dataclass(frozen=True)
class Former:
    """What is known of a key: in the source's own newest version, or (known only) in another source of its system."""

    fields: Fields | None
    known: bool = True


def former(source: Source, names: Sequence[str]) -> dict[str, Former]:
    """What is known of these keys."""
    found: dict[str, Former] = {}
    rows = Person.objects.filter(source__system=source.system, newest=True)
    for chunk in _chunks(names):
        for own, name, fields in rows.filter(source_key__in=chunk).values_list("source_id", KEY, "fields"):
            if own == source.pk:
                found[name] = Former(fields)
            else:
                found.setdefault(name, Former(None))
    return found


def merged(before: Fields | None, said: Mapping[str, Any]) -> Fields:
    """What holds after a row: its values over the former ones; null erases."""
    fields = {**(before or {}), **said}
    return {name: value for name, value in fields.items() if value is not None}


def version(
    key: str, row: Mapping[str, Any], before: Fields | None, overwrite: Sequence[str], *, erase: bool
) -> Version:
    """The version a row makes. overwrite: fields an update may change, all where empty; others are only filled in."""
    said: Fields = {}
    for name, value in row.items():
        if name == KEY or (before and overwrite and name not in overwrite and name in before):
            continue
        if value is not None:
            said[name] = plain(value)
        elif erase and before and name in before:
            said[name] = None
    if said.get("birth") and "birth_lunar" not in said and before and before.get("birth_lunar"):
        said["birth_lunar"] = None  # a solar day now
    if said.get("birth") and "birth_year" not in row:
        said["birth_year"] = int(said["birth"][:4])
    fields = merged(before, said)
    return Version(key, fields, None if said == fields else said, before)


def write(batch: Batch, versions: Sequence[Version]) -> None:
    """Keep new versions; they are the newest from now on. Call inside a transaction."""
    versions = _without_erased(batch.source.system, versions)
    for chunk in _chunks([one.key for one in versions if one.before is not None]):
        Person.objects.filter(source=batch.source, newest=True, source_key__in=chunk).update(newest=False)
    rows = [
        (batch.source_id, one.key, json.dumps(one.fields), None if one.said is None else json.dumps(one.said), batch.pk)
        for one in versions
    ]
    with connection.cursor() as cursor:
        cursor.executemany(NEW, rows)


def _without_erased(system: str, versions: Sequence[Version]) -> list[Version]:
    """The versions, those of erased people bare: a later load must not bring the person back."""
    rows = [one.fields | {KEY: one.key} for one in versions]
    kept = without_erased(system, rows)
    return [
        one
        if row is bare
        else Version(one.key, {name: value for name, value in bare.items() if name != KEY}, None, one.before)
        for one, row, bare in zip(versions, rows, kept, strict=True)
    ]


def turn(mine: QuerySet[Person], source: Source, *, live: bool) -> None:
    """Show or hide versions a load brought; whoever has others too goes back to what then holds.

    Most people of a first load have one version only: those turn in one statement. Call inside a transaction.
    """
    others = Person.objects.filter(source=source, source_key=OuterRef(KEY)).exclude(pk=OuterRef("pk"))
    several = list(mine.filter(Exists(others)).values_list(KEY, flat=True))
    if live:
        mine.filter(~Exists(others)).update(newest=True)
    else:
        mine.update(newest=False)
    choose_newest(source, several)


def choose_newest(source: Source, names: Iterable[str]) -> None:
    """Make the latest live version of each key the newest, with what then holds. Call inside a transaction."""
    for chunk in _chunks(sorted(set(names))):
        versions = Person.objects.filter(source=source, source_key__in=chunk)
        versions.filter(newest=True).update(newest=False)
        holds: dict[str, Fields] = {}
        latest: dict[str, Person] = {}
        changed: list[Person] = []
        for one in versions.filter(batch__live=True).order_by("batch_id", "pk"):
            said = one.fields if one.said is None else one.said
            fields = merged(holds.get(one.source_key), said)
            if fields != one.fields:
                one.said, one.fields = said, fields
                changed.append(one)
            holds[one.source_key] = fields
            latest[one.source_key] = one
        Person.objects.bulk_update(changed, ["fields", "said"], batch_size=CHUNK)
        Person.objects.filter(pk__in=[one.pk for one in latest.values()]).update(newest=True)


def batches() -> dict[int, bool]:
    """The batches that brought people, in order, and whether each is live."""
    return dict(Batch.objects.filter(kind="customers", rows__gt=0).order_by("pk").values_list("pk", "live"))


def names(batch: int) -> Iterator[tuple[str, str]]:
    """The (key space, key) of every person a batch brought, live or not."""
    rows = Person.objects.filter(batch_id=batch).order_by("pk").values_list("source__system", KEY)
    return rows.iterator(chunk_size=5000)


def versions(wanted: Collection[tuple[str, str]], *, live: bool = True) -> Iterator[dict[str, Any]]:
    """Every version of what sources say of these (key space, key), in the order it came; by default the live ones.

    Each row: source (the key space), source_code, source_key, batch, load, live, at (when the source says it changed,
    else when it was loaded; UTC), generated, and the record's fields and `attr:` names filled.
    """
    sources = {source.pk: source for source in Source.objects.filter(system__in={space for space, _key in wanted})}
    taken: dict[int, Batch] = {}
    for chunk in _chunks(sorted({key for _space, key in wanted})):
        found = Person.objects.filter(source_key__in=chunk, source__in=list(sources))
        found = found.filter(batch__live=True) if live else found
        rows = list(found.order_by("batch_id", "pk").values_list("source_id", KEY, "batch_id", "fields", "said"))
        taken |= Batch.objects.in_bulk({row[2] for row in rows} - taken.keys())
        for source, key, batch, fields, said in rows:
            if (sources[source].system, key) in wanted:
                yield _version(sources[source], key, taken[batch], fields if said is None else said)


def _version(source: Source, key: str, batch: Batch, fields: dict[str, Any]) -> dict[str, Any]:
    said = fields.get("said_at")
    at = datetime.fromisoformat(said) if said else batch.made_at
    known = {name: value for name, value in fields.items() if value is not None and name != "said_at"}
    return known | {
        "source": source.system, "source_code": source.code, "source_key": key, "batch": batch.pk,
        "load": batch.load_id, "live": batch.live, "at": at, "generated": source.generated,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    return value.isoformat() if isinstance(value, date) else value


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
