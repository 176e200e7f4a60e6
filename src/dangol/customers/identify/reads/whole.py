"""All customers as Arrow tables for the warehouse: keys and attributes, no names and no numbers."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from django.db.models import Count, Min, Q

from dangol.customers.identify.models import Customer, SourceKey, Standing
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 20_000
BASE_COLUMNS = (
    "customer_id", "kind", "code", "age_band", "gender", "birth_year", "unit_path", "branch", "region", "rep"
)  # fmt: skip
COLUMNS_OF = {"unit": ("branch", "region")}  # a field of the customer -> its columns here, where the names differ
KEYS = pa.schema([("source", pa.string()), ("key", pa.string()), ("customer_id", pa.int64())])
MEASURED = ("name", "phone", "email", "address", "birth_year", "gender", "age_band", "unit", "rep")


def keys() -> pa.Table:
    """Every source key: source, key, customer_id (int64)."""
    rows = SourceKey.objects.values_list("source", "key", "customer_id").iterator(chunk_size=CHUNK)
    batches = [pa.record_batch(list(zip(*chunk, strict=True)), schema=KEYS) for chunk in _chunks(rows)]
    return pa.Table.from_batches(batches, schema=KEYS)


def key_of(customer_id: int) -> tuple[str, str] | None:
    """The oldest key (source, key) a source knows a customer by, or None."""
    return SourceKey.objects.filter(customer_id=customer_id).order_by("pk").values_list("source", "key").first()


def attributes() -> pa.Table:
    """What analysis may know of every customer: one row each, customer_id int64, own attributes as text columns.

    branch and region are the units in charge, rep its code ("rep 7"), never a person's name. The schema's metadata
    `generated` (JSON) names the columns in which anybody has a generated value.
    """
    places, made = _places(), set[str]()
    rows = Customer.objects.values_list(
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
    totals = Customer.objects.filter(within(scope_of(by))).aggregate(**asked)
    as_of = Standing.objects.order_by("-last_day").values_list("as_of", flat=True).first()
    return {
        "customers": totals["customers"], "named": totals["named"], "oldest_update": totals["oldest_update"],
        "held": {name: totals[f"held_{name}"] for name in MEASURED},
        "generated": {name: totals[f"generated_{name}"] for name in MEASURED}, "standing_as_of": as_of,
    }  # fmt: skip


def _empty(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) if name in ("birth_year", "unit", "rep") else Q(**{name: ""})
