"""All customers as Arrow tables for the warehouse: keys and attributes, no names and no numbers."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce

from dangol.customers.identify.models import Customer, SourceKey, Standing
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 20_000
PART = 900
BASE_COLUMNS = (
    "customer_id", "kind", "code", "age_band", "gender", "birth_year", "unit_path", "branch", "region", "rep",
    "unit_id", "rep_id",
)  # fmt: skip
COLUMNS_OF = {"unit": ("branch", "region")}  # a field of the customer -> its columns here, where the names differ
KEYS = pa.schema([("source", pa.string()), ("key", pa.string()), ("customer_id", pa.int64())])
MEASURED = ("name", "phone", "email", "address", "birth_year", "gender", "age_band", "unit", "rep")


def keys() -> pa.Table:
    """Every source key: source, key, customer_id (int64); the keys of a merged customer lead to the whole."""
    return _key_table(Coalesce("customer__merged_into_id", "customer_id"))


def owned_keys() -> pa.Table:
    """Every source key with the customer it was given to, merged since or not: source, key, customer_id (int64)."""
    return _key_table(F("customer_id"))


def _key_table(owner: Any) -> pa.Table:
    rows = SourceKey.objects.values_list("source", "key", owner).iterator(chunk_size=CHUNK)
    batches = [pa.record_batch(list(zip(*chunk, strict=True)), schema=KEYS) for chunk in _chunks(rows)]
    return pa.Table.from_batches(batches, schema=KEYS)


def key_of(customer_id: int) -> tuple[str, str] | None:
    """The oldest key (source, key) a source knows a customer by, or None."""
    return SourceKey.objects.filter(customer_id=customer_id).order_by("pk").values_list("source", "key").first()


def own_keys(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """One source key of each customer, always the same, and always its own, also of one merged into another.

    What is written down under it comes back to this customer when a merge is taken back.
    """
    wanted, found = sorted(set(ids)), dict[int, tuple[str, str]]()
    for start in range(0, len(wanted), PART):
        rows = SourceKey.objects.filter(customer_id__in=wanted[start : start + PART]).order_by("-pk")
        found |= {owner: (source, key) for source, key, owner in rows.values_list("source", "key", "customer_id")}
    return found


RECORDS = pa.schema(
    [("customer_id", pa.int64())]
    + [
        (name, pa.string())
        for name in (
            "name", "family", "first", "phone_e164", "email", "birth", "gender", "postcode", "sido", "sigungu", "road",
            "building_no", "address", "source",
        )
    ]
    + [("birth_year", pa.int32())]
)  # fmt: skip


def records() -> pa.Table:
    """The standardised values of every named customer, to be compared with each other. Empty values are null.

    Columns: customer_id int64, name (standard), family, first, phone_e164, email, birth (solar, YYYY-MM-DD), birth_year
    int32, gender, postcode, sido, sigungu, road, building_no, address, source (that of the name). Generated values are
    left out: they tell nothing about who somebody is. Personal data: never leaves the process but into a comparison.
    """
    rows = Customer.objects.filter(kind="named", merged_into=None).order_by("pk").values_list(
        "pk", "name", "family_name", "given_name", "phone_e164", "email", "birth_day", "gender", "postcode",
        "sido", "sigungu", "road", "building_no", "address", "origins", "birth_year", "generated",
    ).iterator(chunk_size=CHUNK)  # fmt: skip
    batches = [_record_batch(chunk) for chunk in _chunks(rows)]
    return pa.Table.from_batches(batches, schema=RECORDS)


MADE = {"phone_e164": "phone", "email": "email", "birth": "birth", "gender": "gender", "birth_year": "birth_year"} | (
    dict.fromkeys(("postcode", "sido", "sigungu", "road", "building_no", "address"), "address")
)


def _record_batch(chunk: list[tuple[Any, ...]]) -> pa.RecordBatch:
    names = RECORDS.names
    columns: list[list[Any]] = [[] for _name in names]
    for row in chunk:
        said = dict(zip(names, row, strict=False))
        said |= {
            "birth": row[6].isoformat() if row[6] else None,
            "source": (row[14].get("name") or {}).get("source"), "birth_year": row[15],
        }  # fmt: skip
        for column, name in zip(columns, names, strict=True):
            made = bool(row[16]) and MADE.get(name) in row[16]
            column.append(None if made else said[name] or None)
    return pa.record_batch(
        [pa.array(c, RECORDS.field(n).type) for c, n in zip(columns, names, strict=True)], schema=RECORDS
    )


def attributes() -> pa.Table:
    """What analysis may know of every customer: one row each, customer_id int64, own attributes as text columns.

    branch and region are the units in charge, rep its code ("rep 7"), never a person's name. The schema's metadata
    `generated` (JSON) names the columns in which anybody has a generated value.
    """
    places, made = _places(), set[str]()
    rows = Customer.objects.filter(merged_into=None).values_list(
        "pk", "kind", "code", "age_band", "gender", "birth_year", "unit__path", "unit_id", "rep_id", "attributes",
        "generated",
    ).iterator(chunk_size=CHUNK)  # fmt: skip
    tables = []
    for chunk in _chunks(rows):
        made.update(field for row in chunk for field in row[10])
        tables.append(_attribute_table(chunk, places))
    found = pa.concat_tables(tables, promote_options="default") if tables else _attribute_table([], places)
    columns = sorted(
        column for field in made for column in COLUMNS_OF.get(field, (field,)) if column in found.column_names
    )
    return found.replace_schema_metadata({"generated": json.dumps(columns)})


def _attribute_table(chunk: list[tuple[Any, ...]], places: dict[int, tuple[str, str | None]]) -> pa.Table:
    own = sorted({name for row in chunk for name in row[9]} - set(BASE_COLUMNS))
    nowhere = (None, None)
    columns: dict[str, Any] = {
        "customer_id": pa.array([row[0] for row in chunk], pa.int64()),
        "kind": pa.array([row[1] for row in chunk], pa.string()),
        "code": pa.array([row[2] for row in chunk], pa.string()),
        "age_band": pa.array([row[3] or None for row in chunk], pa.string()),
        "gender": pa.array([row[4] or None for row in chunk], pa.string()),
        "birth_year": pa.array([row[5] for row in chunk], pa.int32()),
        "unit_path": pa.array([row[6] for row in chunk], pa.string()),
        "branch": pa.array([places.get(row[7], nowhere)[0] for row in chunk], pa.string()),
        "region": pa.array([places.get(row[7], nowhere)[1] for row in chunk], pa.string()),
        "rep": pa.array([f"rep {row[8]}" if row[8] else None for row in chunk], pa.string()),
        "unit_id": pa.array([row[7] for row in chunk], pa.int64()),
        "rep_id": pa.array([row[8] for row in chunk], pa.int64()),
    }
    for name in own:
        columns[name] = pa.array([_plain_text(row[9].get(name)) for row in chunk], pa.string())
    return pa.table(columns)


def _plain_text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _places() -> dict[int, tuple[str, str | None]]:
    """For each unit the branch it is or lies in (itself where there is none), and the large branch above."""
    units = {unit.id: unit for unit in staff.units()}
    found = {}
    for unit in units.values():
        above = [units[int(part)] for part in unit.path.split("/") if part]
        branch = [one.name for one in above if one.kind == "branch"]
        region = [one.name for one in above if one.kind == "large_branch"]
        found[unit.id] = (branch[-1] if branch else unit.name, region[-1] if region else None)
    return found


def units() -> pa.Table:
    """Every organisation unit as analysis names it: unit_id (int64), branch, region (null for none above it)."""
    places = sorted(_places().items())
    return pa.table({
        "unit_id": pa.array([pk for pk, _names in places], pa.int64()),
        "branch": pa.array([names[0] for _pk, names in places], pa.string()),
        "region": pa.array([names[1] for _pk, names in places], pa.string()),
    })  # fmt: skip


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def tally(by: Member) -> dict[str, Any]:
    """Counts over the customers a member may see, for quality.

    Keys: customers, named, held {field: how many have a real value}, generated {field: how many a generated one},
    oldest_update, standing_as_of. One pass over the customers.
    """
    require(by, Right.CUSTOMERS_VIEW)
    asked: dict[str, Any] = {
        "customers": Count("pk"),
        "named": Count("pk", filter=Q(kind="named")),
        "oldest_update": Min("updated_at"),
    }
    for name in MEASURED:
        made = Q(generated__icontains=f'"{name}"')
        asked[f"held_{name}"] = Count("pk", filter=~_empty(name) & ~made)
        asked[f"generated_{name}"] = Count("pk", filter=~_empty(name) & made)
    totals = Customer.objects.filter(within(scope_of(by)), merged_into=None).aggregate(**asked)
    as_of = Standing.objects.order_by("-last_day").values_list("as_of", flat=True).first()
    return {
        "customers": totals["customers"], "named": totals["named"], "oldest_update": totals["oldest_update"],
        "held": {name: totals[f"held_{name}"] for name in MEASURED},
        "generated": {name: totals[f"generated_{name}"] for name in MEASURED}, "standing_as_of": as_of,
    }  # fmt: skip


def _empty(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) if name in ("birth_year", "unit", "rep") else Q(**{name: ""})
