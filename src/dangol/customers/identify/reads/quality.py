"""All customers with the values, sources and dates that quality is measured by, in pieces of constant size.

Personal values leave the operations database here: for the room quality only, which keeps no copy of them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import BooleanField, Count, Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Mod

from dangol.customers.identify.models import Customer, SourceKey
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 20_000
TEXTS = ("name", "phone", "email", "address", "gender", "age_band")
NUMBERS = ("birth_year",)
PLACES = ("unit", "rep")
HELD = (*TEXTS, *NUMBERS, *PLACES)
BASE = ("id", "kind", "phone_e164", "unit_id", "unit__path", "rep_id", "created_at")


def schema() -> pa.Schema:
    """The columns of `people`.

    Per field f of HELD besides its value: made_f (it is generated), src_f (its source), at_f (when the source or the
    member who wrote it said so; the day the customer was entered where nobody knows).
    """
    columns: list[tuple[str, pa.DataType]] = [
        ("customer_id", pa.int64()), ("kind", pa.string()), ("phone_e164", pa.string()), ("unit_id", pa.int64()),
        ("unit_path", pa.string()), ("rep_id", pa.int64()), ("keyed", pa.bool_()),
    ]  # fmt: skip
    columns += [(name, pa.string()) for name in TEXTS] + [(name, pa.int32()) for name in NUMBERS]
    for name in HELD:
        columns += [(f"made_{name}", pa.bool_()), (f"src_{name}", pa.string()), (f"at_{name}", pa.date32())]
    return pa.schema(columns)


def people(*, every: int = 1, ids: Iterable[int] | None = None) -> Iterator[pa.RecordBatch]:
    """Every customer, or those of the ids, or one in `every` (by id), as batches of `schema`; dates are company days.

    No scope: whoever asks counts over all customers or has bounded the ids before.
    """
    rows = Customer.objects.all()
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    if every > 1:
        rows = rows.annotate(draw=Mod(F("pk"), every)).filter(draw=0)
    keyed = Exists(SourceKey.objects.filter(customer=OuterRef("pk")))
    chosen = rows.annotate(
        is_keyed=Cast(keyed, BooleanField()), origin_text=Cast("origins", TextField()),
        made_text=Cast("generated", TextField()),
    ).order_by("pk").values_list(*BASE, "is_keyed", *TEXTS, *NUMBERS, "made_text", "origin_text")  # fmt: skip
    whole, reader = schema(), _Origins()
    for chunk in _chunks(chosen):
        yield _batch(chunk, whole, reader)


def _chunks(rows: QuerySet[Any, Any]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Origins:
    """Reads the origins of fields; most customers of a load share the moment, so that moments are read once."""

    def __init__(self) -> None:
        self.days: dict[str, date] = {}

    def day(self, text: str) -> date | None:
        """The company's day of a moment in ISO 8601."""
        if text not in self.days:
            if len(self.days) > 100_000:
                self.days.clear()
            moment = datetime.fromisoformat(text)
            self.days[text] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(_zone()).date()
        return self.days[text]

    def read(self, text: str) -> Mapping[str, Mapping[str, str]]:
        """The origins of one customer: {field: {"source", "at"}}."""
        found: Mapping[str, Mapping[str, str]] = json.loads(text) if text else {}
        return found


def _zone() -> Any:
    return settings.DANGOL.zone


def _batch(chunk: Sequence[tuple[Any, ...]], whole: pa.Schema, reader: _Origins) -> pa.RecordBatch:
    turned = list(zip(*chunk, strict=True))
    given = dict(zip((*BASE, "keyed", *TEXTS, *NUMBERS, "made", "origins"), turned, strict=True))
    entered = [moment.astimezone(_zone()).date() for moment in given["created_at"]]
    origins = [reader.read(text) for text in given["origins"]]
    made = [json.loads(text) if text and text != "[]" else () for text in given["made"]]
    columns: dict[str, Any] = {
        "customer_id": given["id"], "kind": given["kind"], "phone_e164": given["phone_e164"],
        "unit_id": given["unit_id"], "unit_path": given["unit__path"], "rep_id": given["rep_id"],
        "keyed": [bool(one) for one in given["keyed"]],
    } | {name: given[name] for name in (*TEXTS, *NUMBERS)}  # fmt: skip
    nothing: Mapping[str, str] = {}
    for name in HELD:
        said = [one.get(name, nothing) for one in origins]
        columns[f"made_{name}"] = [name in one for one in made]
        columns[f"src_{name}"] = [one.get("source", "") for one in said]
        columns[f"at_{name}"] = [
            reader.day(one["at"]) if one.get("at") else day for one, day in zip(said, entered, strict=True)
        ]
    arrays = [pa.array(columns[field.name], field.type) for field in whole]
    return pa.record_batch(arrays, schema=whole)


def how_many() -> int:
    """How many customers there are in all."""
    return Customer.objects.count()


def known_by_source() -> dict[str, int]:
    """How many customers each source has a key for."""
    return dict(SourceKey.objects.values_list("source").annotate(Count("customer", distinct=True)).order_by())


def values_of(by: Member, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Of the customers of `ids` a member may see: id -> {field: value or None, "generated": [...], "seen_at"}.

    For deciding which fields are missing; not for showing. Raises NotAllowed.
    """
    require(by, Right.CUSTOMERS_VIEW)
    columns = [*TEXTS, *NUMBERS, "unit_id", "rep_id", "generated", "updated_at"]
    rows = Customer.objects.filter(within(scope_of(by)), pk__in=list(ids)).values("pk", *columns)
    return {row.pop("pk"): {(k.removesuffix("_id")): v for k, v in row.items()} for row in rows}


def lacking(
    by: Member, fields: Sequence[str], *, unit_path: str = "", segments: Sequence[str] = (), after: int = 0,
    limit: int = CHUNK,
) -> list[tuple[int, int | None, int | None, list[str]]]:  # fmt: skip
    """Customers of one's own tree without a real value in one of the fields: (id, rep id, unit id, missing fields).

    unit_path: of that part of the organisation only. segments: of these segments only. In order of id, after `after`.
    """
    require(by, Right.CUSTOMERS_VIEW)
    condition = Q()
    for name in fields:
        condition |= _missing(name)
    rows = Customer.objects.filter(within(scope_of(by)), condition, pk__gt=after)
    rows = rows.filter(unit__path__startswith=unit_path) if unit_path else rows
    rows = rows.filter(standing__segment__in=segments) if segments else rows
    found = rows.order_by("pk").values("pk", "rep_id", "unit_id", "generated", *(n for n in fields if n not in PLACES))
    return [
        (row["pk"], row["rep_id"], row["unit_id"], [name for name in fields if not _real(row, name)])
        for row in found[:limit]
    ]


def _missing(name: str) -> Q:
    made = Q(generated__icontains=f'"{name}"')
    if name in (*PLACES, *NUMBERS):
        return Q(**{f"{name}__isnull": True}) | made
    return Q(**{name: ""}) | made


def _real(row: Mapping[str, Any], name: str) -> bool:
    value = row[f"{name}_id" if name in PLACES else name]
    return value not in (None, "") and name not in row["generated"]


def named_ids() -> list[int]:
    """The ids of all named customers, in order."""
    return list(Customer.objects.filter(kind="named").order_by("pk").values_list("pk", flat=True))
