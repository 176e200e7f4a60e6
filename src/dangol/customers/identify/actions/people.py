"""Take over what sources say of people: which value wins, and where each came from."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from dangol.base.errors import BadInput
from dangol.customers.identify.models import Change, Customer, SourceKey
from dangol.customers.identify.rules import GOLDEN, Origin, standard, wins
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

ATTRIBUTE = "attr:"
CHUNK = 5_000
UPDATED = (
    "kind", "name", "given_name", "phone", "phone_e164", "phone_tail", "email", "address", "birth_year", "gender",
    "age_band", "unit_id", "rep_id", "attributes", "generated", "origins", "updated_at",
)  # fmt: skip


def apply_people(*, by: Member, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Fill the golden fields of customers from rows of people.

    rows: source, source_key, any of the golden fields, unit_code, rep_code, "attr:..." fields; `at` (when the source
    said so), source_code (the source's own name where `source` names its system) and `generated` (True, or the
    generated fields) may be there. A value a member wrote by hand stays;
    otherwise the later one wins, and an empty one never. Returns {people, refused, changed}; refused counts values
    that may not or cannot be kept, like resident registration numbers.
    """
    require(by, Right.SOURCES_LOAD)
    counted = {"people": 0, "refused": 0, "changed": 0}
    places = Places()
    for start in range(0, len(rows), CHUNK):
        more = _apply(rows[start : start + CHUNK], places)
        counted = {name: counted[name] + more[name] for name in counted}
    return counted


class Places:
    """The ids of organisation units and members by the names and codes sources write."""

    def __init__(self) -> None:
        units = [(unit.id, unit.name) for unit in staff.units()]
        self.units = {str(pk): pk for pk, _name in units} | {name: pk for pk, name in units}
        members = staff.rep_names()
        names = [name for _pk, _email, name in members]
        self.reps = {name: pk for pk, _email, name in members if names.count(name) == 1} if len(names) < 2000 else {}
        self.reps |= {email: pk for pk, email, _name in members}
        self.reps |= {str(pk): pk for pk, _email, _name in members}


@transaction.atomic
def _apply(rows: Sequence[Mapping[str, Any]], places: Places) -> dict[str, int]:
    wanted = {(row["source"], str(row["source_key"])) for row in rows}
    known = SourceKey.objects.filter(key__in={key for _source, key in wanted}).values_list(
        "source", "key", "customer_id"
    )
    owners = {(source, key): pk for source, key, pk in known if (source, key) in wanted}
    people = Customer.objects.in_bulk(list(set(owners.values())))
    now, touched, changes, refused = timezone.now(), set(), [], 0
    for row in rows:
        person = people.get(owners.get((row["source"], str(row["source_key"])), 0))
        if person is None:
            continue
        values, bad = _values(row, places)
        refused += bad
        changed = _take(person, values, row, now)
        changes += changed[1]
        if changed[0]:
            touched.add(person.pk)
    _update([people[pk] for pk in touched], now)
    Change.objects.bulk_create(changes, batch_size=90)
    return {"people": len(rows), "refused": refused, "changed": len(touched)}


def _values(row: Mapping[str, Any], places: Places) -> tuple[dict[str, dict[str, Any]], int]:
    """For each field that has a value its columns; and how many values were refused."""
    found: dict[str, dict[str, Any]] = {}
    refused = 0
    given = dict(row)
    given.setdefault("age_band", row.get(ATTRIBUTE + "age_band"))
    for name in GOLDEN:
        if given.get(name) in (None, ""):
            continue
        try:
            columns = standard({name: given[name]})
        except BadInput:
            refused += 1
            continue
        if columns[name] not in (None, ""):
            found[name] = columns
    if unit := places.units.get(str(row.get("unit_code") or "")):
        found["unit"] = {"unit_id": unit}
    if rep := places.reps.get(str(row.get("rep_code") or "")):
        found["rep"] = {"rep_id": rep}
    return found, refused


def _take(
    person: Customer, values: dict[str, dict[str, Any]], row: Mapping[str, Any], now: datetime
) -> tuple[bool, list[Change]]:
    """Set the values that win; tells whether anything changed, and which known values were replaced."""
    said = row.get("at") or now
    at = said.isoformat() if isinstance(said, datetime) else str(said)
    origin = Origin(str(row.get("source_code") or row["source"]), at, int(row.get("batch") or 0))
    made = set(values) if row.get("generated") is True else set(row.get("generated") or ())
    changes: list[Change] = []
    changed = _take_attributes(person, row)
    for name, columns in values.items():
        if not _replaces(person, name, columns, origin, generated=name in made):
            continue
        before = _shown(person, name)
        for column, value in columns.items():
            setattr(person, column, value)
        if before and before != _shown(person, name):
            changes.append(_change(person, name, before, origin, now))
        person.origins[name] = {"source": origin.source, "at": origin.at, "batch": origin.batch}
        person.generated = sorted((set(person.generated) - {name}) | ({name} & made))
        changed = True
    # A generated name tells nobody who the customer is: such a customer stays un-named.
    if person.kind == "unnamed" and person.name and "name" not in person.generated:
        person.kind, changed = "named", True
    return changed, changes


def _replaces(person: Customer, name: str, columns: dict[str, Any], origin: Origin, *, generated: bool) -> bool:
    """Whether a value is to be written: a real one always before a generated one, else the one that wins."""
    was_generated, old = name in person.generated, _origin(person.origins.get(name))
    if generated != was_generated and _shown(person, name):
        return was_generated and not (old and old.by_hand)
    same = all(getattr(person, column) == value for column, value in columns.items())
    return wins(origin, old) and not (same and old)


def _origin(stored: Any) -> Origin | None:
    return Origin(stored["source"], stored["at"], stored.get("batch", 0)) if stored else None


def _take_attributes(person: Customer, row: Mapping[str, Any]) -> bool:
    own = {
        name.removeprefix(ATTRIBUTE): value
        for name, value in row.items()
        if name.startswith(ATTRIBUTE) and name != ATTRIBUTE + "age_band" and value not in (None, "")
    }
    changed = any(person.attributes.get(name) != value for name, value in own.items())
    person.attributes |= own
    return changed


def _change(person: Customer, name: str, before: str, origin: Origin, now: datetime) -> Change:
    return Change(
        customer_id=person.pk, field=name, before=before, after=_shown(person, name),
        origin_before=person.origins.get(name), generated_before=name in person.generated,
        source=origin.source, at=now,
    )  # fmt: skip


def _shown(person: Customer, name: str) -> str:
    column = f"{name}_id" if name in ("unit", "rep") else name
    value = getattr(person, column)
    return "" if value is None else str(value)


def _update(people: list[Customer], now: datetime) -> None:
    """Write the people row by row in one statement: bulk_update's CASE grows with rows times fields."""
    if not people:
        return
    fields: list[Any] = [Customer._meta.get_field(name.removesuffix("_id")) for name in UPDATED]
    columns = ", ".join(f"{field.column} = %s" for field in fields)
    for person in people:
        person.updated_at = now
    rows = [(*(_stored(field, person) for field in fields), person.pk) for person in people]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE identify_customer SET {columns} WHERE id = %s", rows)  # noqa: S608


def _stored(field: Any, person: Customer) -> Any:
    value = getattr(person, field.attname)
    if field.get_internal_type() == "JSONField":
        return json.dumps(value, ensure_ascii=False)
    return field.get_db_prep_save(value, connection)
