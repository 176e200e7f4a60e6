"""All customers with the values, sources and dates that quality is measured by, in pieces of constant size.

Personal values leave the operations database here: for the room quality only, which keeps no copy of them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import BooleanField, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Coalesce

from dangol.customers.identify.models import Customer, SourceKey
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 20_000
KEPT = 50_000
EPOCH = date(1970, 1, 1).toordinal()
NOWHERE: tuple[str, int | None] = ("", None)
TEXTS = ("name", "phone", "email", "address", "gender", "age_band")
NUMBERS = ("birth_year",)
PLACES = ("unit", "rep")
HELD = (*TEXTS, *NUMBERS, *PLACES)
BASE = ("id", "kind", "phone_e164", "unit_id", "unit__path", "rep_id")


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


def people(*, ids: Iterable[int] | None = None) -> Iterator[pa.RecordBatch]:
    """Every customer, or those of the ids, as batches of `schema`; dates are company days.

    Merged customers are left out: what they brought counts with the one they are part of. No scope: whoever asks
    counts over all customers or has bounded the ids before.
    """
    rows = Customer.objects.filter(merged_into=None)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    keyed = Exists(SourceKey.objects.filter(customer=OuterRef("pk")))
    told = rows.annotate(
        is_keyed=Cast(keyed, BooleanField()), origin_text=Cast("origins", TextField()),
        made_text=Cast("generated", TextField()), entered_text=Cast("created_at", TextField()),
    )  # fmt: skip
    names = (*BASE, "entered_text", "is_keyed", *TEXTS, *NUMBERS, "made_text", "origin_text")
    chosen = told.order_by("pk").values_list(*names)
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
    """Reads the origins of fields. A load writes the same text on most of its customers, so that texts are kept."""

    def __init__(self) -> None:
        self.days: dict[str, int] = {}
        self.texts: dict[str, tuple[tuple[str, int | None], ...]] = {}

    def day(self, text: str) -> int:
        """The company's day of a moment in ISO 8601, in days since 1970."""
        found = self.days.get(text)
        if found is None:
            if len(self.days) > KEPT:
                self.days.clear()
            moment = datetime.fromisoformat(text)
            found = self.days[text] = _day_number(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        return found

    def read(self, text: str) -> tuple[tuple[str, int | None], ...]:
        """(source, day) of every field of HELD."""
        found = self.texts.get(text)
        if found is None:
            if len(self.texts) > KEPT:
                self.texts.clear()
            said = json.loads(text) if text else {}
            found = self.texts[text] = tuple(
                (one.get("source", ""), self.day(one["at"]) if one.get("at") else None) if one else NOWHERE
                for one in (said.get(name) for name in HELD)
            )
        return found


def _day_number(moment: datetime) -> int:
    return moment.astimezone(_zone()).date().toordinal() - EPOCH


def _zone() -> Any:
    return settings.DANGOL.zone


def _batch(chunk: Sequence[tuple[Any, ...]], whole: pa.Schema, reader: _Origins) -> pa.RecordBatch:
    n = len(chunk)
    given = dict(
        zip((*BASE, "entered", "keyed", *TEXTS, *NUMBERS, "made", "origins"), zip(*chunk, strict=True), strict=True)
    )
    entered = [reader.day(text) for text in given["entered"]]
    made = [json.loads(text) for text in given["made"]] if any(text != "[]" for text in given["made"]) else None
    arrays: dict[str, Any] = {
        "customer_id": given["id"], "kind": given["kind"], "phone_e164": given["phone_e164"],
        "unit_id": given["unit_id"], "unit_path": given["unit__path"], "rep_id": given["rep_id"],
        "keyed": pa.array(given["keyed"]).cast(pa.bool_()),
    } | {name: given[name] for name in (*TEXTS, *NUMBERS)}  # fmt: skip
    said = zip(*(reader.read(text) for text in given["origins"]), strict=True)
    for name, origins in zip(HELD, said, strict=True):
        sources, days = zip(*origins, strict=True)
        arrays[f"src_{name}"] = sources
        at = [day if day is not None else first for day, first in zip(days, entered, strict=True)]
        arrays[f"at_{name}"] = pa.array(at, pa.int32()).cast(pa.date32())
        arrays[f"made_{name}"] = [name in one for one in made] if made else pa.repeat(False, n)
    columns = [one if isinstance(one := arrays[field.name], pa.Array) else pa.array(one, field.type) for field in whole]
    return pa.record_batch(columns, schema=whole)


def sample_ids(size: int) -> list[int]:
    """Ids that lie evenly between the first and the last, for a sample of about so many customers."""
    ends = Customer.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    step = max(1, (ends["last"] - ends["first"] + 1) // size)
    return list(range(ends["first"], ends["last"] + 1, step))


def how_many() -> int:
    """How many customers there are in all, merged ones left out."""
    return Customer.objects.filter(merged_into=None).count()


def known_by_source() -> dict[str, int]:
    """How many customers each source has a key for; those merged into one are one."""
    whole = Coalesce("customer__merged_into_id", "customer_id")
    return dict(SourceKey.objects.values_list("source").annotate(people=Count(whole, distinct=True)).order_by())


def values_of(by: Member, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Of the customers of `ids` a member may see: id -> {field: value or None, "generated": [...], "seen_at"}.

    For deciding which fields are missing; not for showing. Raises NotAllowed.
    """
    require(by, Right.CUSTOMERS_VIEW)
    columns = [*TEXTS, *NUMBERS, "unit_id", "rep_id", "generated", "updated_at"]
    rows = Customer.objects.filter(within(scope_of(by)), merged_into=None, pk__in=list(ids)).values("pk", *columns)
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
    rows = Customer.objects.filter(within(scope_of(by)), condition, merged_into=None, pk__gt=after)
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
    """The ids of all named customers, in order; merged ones left out."""
    return list(Customer.objects.filter(kind="named", merged_into=None).order_by("pk").values_list("pk", flat=True))


def sharing(field: str, at_most: int, *, named_only: bool) -> int:
    """How many customers have a real value of a text field that more than so many customers have.

    Counted by the database on the values as they stand (a phone by its international form), for a quick look.
    """
    column = "phone_e164" if field == "phone" else field
    rows = Customer.objects.filter(merged_into=None).exclude(Q(**{column: ""}) | Q(generated__icontains=f'"{field}"'))
    rows = rows.filter(kind="named") if named_only else rows
    shared = rows.values(column).annotate(n=Count("pk")).filter(n__gt=at_most).order_by()
    return int(shared.aggregate(total=Sum("n"))["total"] or 0)
