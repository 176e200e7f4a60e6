"""Forget persons: what was collected of them, and what a source says of them again afterwards."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from dangol.customers.collect import places
from dangol.customers.collect.models import Load, Person, Quarantined, Source
from dangol.customers.collect.rules import CUSTOMERS, parts
from dangol.customers.consent import reads as consent

KEY = "source_key"
KEYS = (KEY, "customer_key")
NUMBER = re.compile(r"\+?\d[\d .()-]{5,}\d")
CHUNK = 500
ENDED = ("done", "failed", "cancelled", "undone")
PERSONAL = frozenset(field.name for field in CUSTOMERS.fields) - {KEY, "unit_code", "rep_code"}


def addresses_of(system: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    """What may tell that a row is about an erased person: (channel, address) as consent keeps them hashed."""
    found = [("key", f"{system}:{row[KEY]}")]
    if row.get("email"):
        found.append(("email", str(row["email"])))
    digits = re.sub(r"\D", "", str(row.get("phone") or ""))
    if digits:
        found.append(("phone", phone_key(digits)))
    return found


def phone_key(digits: str) -> str:
    """A number's digits without the trunk zero or the country, so that 010… and +82 10… are one."""
    plain = re.sub(r"\D", "", digits)
    return plain.removeprefix("00").removeprefix("82").removeprefix("0")


def without_erased(system: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, those of erased people without anything personal: a later load must not bring the person back.

    Source: Personal Information Protection Act art. 36(2).
    """
    asked: dict[str, set[str]] = {}
    for row in rows:
        for channel, address in addresses_of(system, row):
            asked.setdefault(channel, set()).add(address)
    gone = {(channel, one) for channel, some in asked.items() for one in consent.suppressed(channel, some)}
    if not gone:
        return list(rows)
    return [_bare(row) if gone.intersection(addresses_of(system, row)) else row for row in rows]


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {KEY: row[KEY], **{name: row[name] for name in ("unit_code", "rep_code") if row.get(name)}}


def held(keys: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """What sources said about the persons behind keys, every version: {source_key, source, batch, ...fields}."""
    rows = _versions(keys).select_related("source").order_by("pk")
    return [
        row.fields | {KEY: row.source_key, "source": row.source.system, "source_code": row.source.code,
                      "batch": row.batch_id, "newest": row.newest, "at": row.batch.made_at}
        for row in rows.select_related("source", "batch")
    ]  # fmt: skip


def _versions(keys: Iterable[tuple[str, str]]) -> Any:
    wanted = Q(pk__in=())
    for system, key in keys:
        wanted |= Q(source__system=system, source_key=key)
    return Person.objects.filter(wanted)


def forget(*, keys: Sequence[tuple[str, str]], texts: Iterable[str] = ()) -> dict[str, int]:
    """Destroy what was collected of the persons behind (source system, key): versions, refused rows, looks, uploads.

    texts: e-mail and phone as sources wrote them; refused rows of any kind that hold one, or the key, are emptied, so
    that no correction can bring the person back. Files of loads that have
    ended are removed: they hold everybody of the file, and nothing needs them any more; what was shown of them and
    corrected in them goes with them. Purchases stay under their key. Harmless when repeated. Returns how many {people,
    quarantined, looks, uploads}.
    """
    with transaction.atomic():
        people, _kinds = _versions(keys).delete()
        mentions = _Mentions(keys, [text for text in texts if len(text) >= 5])
        looks = _forget_looks(mentions)
        refused = _empty_refused(mentions)
    return {"people": people, "quarantined": refused, "looks": looks, "uploads": remove_uploads()}


class _Mentions:
    """Whether the cells of a row say a key or an address of the persons, however a number is written.

    A key counts where the source knows its customers by it: the quantity 17 is not the customer 17.
    """

    def __init__(self, keys: Sequence[tuple[str, str]], texts: Sequence[str]) -> None:
        self.keys: dict[str, set[str]] = {}
        for system, key in keys:
            self.keys.setdefault(system, set()).add(key)
        self.texts = [text.lower() for text in texts]
        self.phones = {phone_key(text) for text in texts if "@" not in text} - {""}

    def row(self, source: Source, raw: Mapping[str, str]) -> bool:
        mine = self.keys.get(source.system, set())
        names = [part for name in KEYS for part in parts(source.mapping.get(name, ""), raw)]
        said = {raw[name].strip() for name in names if name in raw} | set(re.split(r'[\s,;|"]+', raw.get("", "")))
        return bool(mine & said) or self.cells(raw.values())

    def cells(self, cells: Iterable[str]) -> bool:
        """Whether any cell holds an address."""
        return any(
            any(text in cell.lower() for text in self.texts)
            or any(phone_key(number) in self.phones for number in NUMBER.findall(cell))
            for cell in set(cells)
        )


def _empty_refused(mentions: _Mentions) -> int:
    sources = Source.objects.in_bulk()
    rows = Quarantined.objects.exclude(raw={}).values_list("pk", "source_id", "raw")
    found = (pk for pk, source, raw in rows.iterator(chunk_size=2000) if mentions.row(sources[source], raw))
    return empty_rows(list(found))


def _forget_looks(mentions: _Mentions) -> int:
    """Take people out of what looks through files showed and what was corrected in them; returns of how many loads.

    Of loads that have ended all of it goes. A look that may yet be loaded keeps its counts and the corrections of
    other rows; its examples go, as nobody can say whom they show.
    """
    done = 0
    for load in Load.objects.exclude(corrections={}, outlook={}).select_related("source"):
        ended = load.state in ENDED
        outlook = {} if ended else load.outlook | ({"examples": {}} if load.outlook.get("examples") else {})
        kept = {} if ended else _others(load, mentions)
        if (kept, outlook) != (load.corrections, load.outlook):
            Load.objects.filter(pk=load.pk).update(corrections=kept, outlook=outlook)
            done += 1
    Quarantined.objects.filter(state="draft", load__state__in=ENDED).delete()
    return done


def _others(load: Load, mentions: _Mentions) -> dict[str, Any]:
    rows = load.refused.filter(line__in=[int(line) for line in load.corrections]).values_list("line", "raw")
    theirs = {str(line) for line, raw in rows if mentions.row(load.source, raw)}
    return {line: cells for line, cells in load.corrections.items()
            if line not in theirs and not mentions.row(load.source, cells)}  # fmt: skip


def empty_rows(ids: Sequence[int]) -> int:
    """Take the cells out of refused rows; their number, reason and line stay, so that the counts add up."""
    emptied = 0
    for start in range(0, len(ids), CHUNK):
        rows = Quarantined.objects.filter(pk__in=ids[start : start + CHUNK])
        emptied += rows.update(raw={}, raw_hash=0, note="", params={})
        rows.filter(state="open").update(state="ignored")
    return emptied


def old_rows(before: datetime) -> list[int]:
    """Refused rows that still hold their cells and came in before a moment."""
    rows = Quarantined.objects.exclude(raw={}).filter(load__created_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def old_versions(before: datetime) -> int:
    """How many versions of people there are that a newer one took the place of, loaded before a moment."""
    n: int = _replaced(before).count()
    return n


def _replaced(before: datetime) -> Any:
    return Person.objects.filter(newest=False, batch__made_at__lt=before)


def forget_versions(before: datetime) -> int:
    """Destroy those versions; returns how many. An undo of a later load can no longer bring them back."""
    removed = 0
    while ids := list(_replaced(before).values_list("pk", flat=True)[:CHUNK]):
        removed += Person.objects.filter(pk__in=ids).delete()[0]
    return removed


def remove_uploads() -> int:
    """Remove files of loads that have ended; returns how many."""
    removed = 0
    for load in Load.objects.filter(state__in=ENDED).exclude(upload=""):
        path = places.uploads() / load.upload
        with suppress(OSError):
            path.unlink()
            removed += 1
    return removed


def old_uploads(before: datetime) -> int:
    """How many kept files are older than a moment."""
    return len(_files(before))


def remove_old_uploads(before: datetime) -> int:
    """Remove files nobody loaded before a moment; returns how many."""
    removed = 0
    for path in _files(before):
        with suppress(OSError):
            path.unlink()
            removed += 1
    return removed


def _files(before: datetime) -> list[Path]:
    found = []
    for path in places.uploads().glob("*"):
        with suppress(OSError):
            if path.stat().st_mtime < before.timestamp():
                found.append(path)
    return found
