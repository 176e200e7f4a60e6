"""Collected people: versions of what a source says about a person, the newest of which counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef

from dangol.customers.collect.models import Batch, Load, Person, Source

CHUNK = 500
KEY = "source_key"
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
    if said.get("birth") and "birth_year" not in row:
        said["birth_year"] = int(said["birth"][:4])
    fields = merged(before, said)
    return Version(key, fields, None if said == fields else said, before)


def write(batch: Batch, versions: Sequence[Version]) -> None:
    """Keep new versions; they are the newest from now on. Call inside a transaction."""
    for chunk in _chunks([one.key for one in versions if one.before is not None]):
        Person.objects.filter(source=batch.source, newest=True, source_key__in=chunk).update(newest=False)
    Person.objects.bulk_create(
        [Person(source=batch.source, source_key=one.key, batch=batch, fields=one.fields, said=one.said)
         for one in versions],
        batch_size=CHUNK,
    )  # fmt: skip


def turn(load: Load, *, live: bool) -> None:
    """Show or hide the versions a load brought; whoever has others too goes back to what then holds.

    Most people of a first load have one version only: those turn in one statement. Call inside a transaction.
    """
    mine = Person.objects.filter(batch__load=load)
    others = Person.objects.filter(source=load.source, source_key=OuterRef(KEY)).exclude(pk=OuterRef("pk"))
    several = list(mine.filter(Exists(others)).values_list(KEY, flat=True))
    if live:
        mine.filter(~Exists(others)).update(newest=True)
    else:
        mine.update(newest=False)
    choose_newest(load.source, several)


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


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    return value.isoformat() if isinstance(value, date) else value


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
