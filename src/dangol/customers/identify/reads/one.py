"""Looks at single customers: what is known, where each value came from, what was changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Subquery
from django.db.models import Value as Given
from django.db.models.functions import Coalesce

from dangol.base.errors import NotFound
from dangol.customers.identify.models import Change, Customer, Standing
from dangol.customers.identify.rules import MASKED, mask
from dangol.staff import reads as staff
from dangol.staff.reads import Member, may, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 900
MANY = 50_000
CHANGES_SHOWN = 200


@dataclass(frozen=True)
class Value:
    """One field of a customer: its value (masked where it must be), where it came from and when."""

    field: str
    value: str
    masked: bool = False
    generated: bool = False
    source: str = ""
    at: str = ""
    by_hand: str = ""  # the member who wrote it


@dataclass(frozen=True)
class Stand:
    """A customer's published standing. amount: minor units; average ticket is amount / orders."""

    as_of: date
    first_day: date | None
    last_day: date | None
    orders: int
    amount: int
    recency_days: int | None
    r: int | None
    f: int | None
    m: int | None
    score: float | None
    segment: str
    segment_before: str


@dataclass(frozen=True)
class Person:
    """One customer. ids: those under which the person is known, its own first (`family`)."""

    id: int
    ids: Sequence[int]
    kind: str
    code: str
    name: str
    values: Mapping[str, Value]
    attributes: Mapping[str, Any]
    unit_id: int | None
    unit: str
    rep_id: int | None
    rep: str
    keys: Sequence[tuple[str, str]]
    standing: Stand | None
    created_at: datetime
    updated_at: datetime
    may_unmask: bool
    may_edit: bool

    @property
    def label(self) -> str:
        """What the customer is called."""
        return self.name or self.code


def visible(by: Member, customer_id: int) -> Customer:
    """The customer's row, for this room only; of a merged one that of the customer it is now part of.

    Raises NotFound for a missing one and a foreign one alike.
    """
    require(by, Right.CUSTOMERS_VIEW)
    found = Customer.objects.select_related("unit", "rep", "standing").filter(within(scope_of(by)), merged_into=None)
    row = found.filter(pk=_whole(customer_id)).first() if 0 < customer_id < 2**63 else None
    if row is None:
        raise NotFound("There is no such customer.")
    return row


def all_visible(by: Member, customer_ids: Iterable[int]) -> list[Customer]:
    """The customers' own rows, in the order asked for: seen by whoever sees the customers they are now part of.

    For this room only. Raises NotFound where one of them is missing or foreign.
    """
    require(by, Right.CUSTOMERS_VIEW)
    wanted = list(dict.fromkeys(customer_ids))
    rows = Customer.objects.in_bulk([one for one in wanted if 0 < one < 2**63])
    wholes = sorted({row.merged_into_id or row.pk for row in rows.values()})
    mine = Customer.objects.filter(within(scope_of(by)), merged_into=None)
    seen = sum(mine.filter(pk__in=wholes[start : start + CHUNK]).count() for start in range(0, len(wholes), CHUNK))
    if len(rows) < len(wanted) or seen < len(wholes):
        raise NotFound("There is no such customer.")
    return [rows[one] for one in wanted]


def _whole(customer_id: int) -> Coalesce:
    """The customer this one is now part of, or itself: asked within the question about it, not before it."""
    part = Customer.objects.filter(pk=customer_id).values("merged_into_id")
    return Coalesce(Subquery(part), Given(customer_id))


def root(ids: Iterable[int]) -> dict[int, int]:
    """For each customer the one it is now part of: itself, where it was never merged."""
    found = {one: one for one in ids}
    wanted = list(found)
    if len(wanted) > MANY:  # all who were merged are fewer than so many questions about these
        merged = Customer.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id")
        found.update((gone, whole) for gone, whole in merged.iterator() if gone in found)
        return found
    for start in range(0, len(wanted), CHUNK):
        rows = Customer.objects.filter(pk__in=wanted[start : start + CHUNK], merged_into__isnull=False)
        found.update(rows.values_list("pk", "merged_into_id"))
    return found


def family(customer_id: int) -> list[int]:
    """The ids under which one person is known: the customer itself first, then those merged into it.

    For what is kept under the id it once had, like messages; of a merged customer the whole it is now part of.
    """
    rows = Customer.objects.filter(merged_into=_whole(customer_id)).order_by("pk").values_list("merged_into_id", "pk")
    parts = list(rows)
    return [parts[0][0] if parts else customer_id, *(pk for _whole_id, pk in parts)]


def customer(by: Member, customer_id: int) -> Person:
    """One customer, masked. Raises NotFound for a missing one and a foreign one alike."""
    return person(by, visible(by, customer_id), unmasked=False)


def person(by: Member, row: Customer, *, unmasked: bool) -> Person:
    """A whole customer's row as it is shown; unmasked only by the action that logs it."""
    ids, keys = _known_by(row.pk)
    return Person(
        id=row.pk, ids=ids, kind=row.kind, code=row.code, name=row.name, values=_values(row, unmasked),
        attributes=row.attributes, unit_id=row.unit_id, unit=row.unit.name if row.unit else "",
        rep_id=row.rep_id, rep=row.rep.name if row.rep else "",
        keys=keys,
        standing=_standing(row), created_at=row.created_at, updated_at=row.updated_at,
        may_unmask=may(by, Right.CUSTOMERS_UNMASK), may_edit=may(by, Right.CUSTOMERS_EDIT),
    )  # fmt: skip


def _known_by(whole: int) -> tuple[list[int], list[tuple[str, str]]]:
    """The ids a person is known under, the whole one's first, and the source keys of all of them: one question.

    Of two halves, each answered by an index of its own: with an "or" between them SQLite reads every customer.
    """
    itself, merged = (Customer.objects.filter(**which).values_list("pk", "keys__source", "keys__key")
                      for which in ({"pk": whole}, {"merged_into": whole}))  # fmt: skip
    rows = sorted(itself.union(merged, all=True), key=lambda row: row[0])
    ids = dict.fromkeys([whole, *(pk for pk, _source, _key in rows)])
    return list(ids), sorted((source, key) for _pk, source, key in rows if source is not None)


SHOWN = ("name", "phone", "email", "address", "birth", "birth_year", "gender", "age_band")


def _values(row: Customer, unmasked: bool) -> dict[str, Value]:
    writers = _writers(row)
    result = {}
    for name in (*SHOWN, "unit", "rep"):
        origin = row.origins.get(name, {})
        source = origin.get("source", "")
        result[name] = Value(
            field=name,
            value=_text(row, name) if unmasked else mask(name, _text(row, name)),
            masked=name in MASKED and not unmasked and bool(_text(row, name)),
            generated=name in row.generated,
            source="" if source.startswith("staff:") else source,
            at=origin.get("at", ""),
            by_hand=writers.get(source, ""),
        )
    return result


def _text(row: Customer, name: str) -> str:
    if name in ("unit", "rep"):
        linked = getattr(row, name)
        return linked.name if linked else ""
    value = getattr(row, name)
    return "" if value is None else str(value)


def _writers(row: Customer) -> dict[str, str]:
    """The names of the members who wrote values by hand: {"staff:7": name}."""
    sources = {row.origins[name].get("source", "") for name in (*SHOWN, "unit", "rep") if name in row.origins}
    ids = [int(source[6:]) for source in sources if source.startswith("staff:")]
    if not ids:
        return {}
    members = staff.names(ids).items()
    return {f"staff:{pk}": name for pk, name in members}


def _standing(row: Customer) -> Stand | None:
    try:
        standing: Standing = row.standing
    except Standing.DoesNotExist:
        return None
    return Stand(**{name: getattr(standing, name) for name in Stand.__dataclass_fields__})


def changes(*ids: int) -> list[dict[str, Any]]:
    """What was changed on a customer, newest first; personal values masked, reps and units by name.

    ids: those under which the person is known (Person.ids); nobody else's changes are looked for.
    """
    found = Change.objects.filter(customer_id__in=ids).select_related("member").order_by("-at", "-id")
    rows = list(found[:CHANGES_SHOWN])
    names = {field: _linked_names(field, rows) for field in ("rep", "unit")}

    def said(row: Change, value: str) -> str:
        return names[row.field].get(value, value) if row.field in names else mask(row.field, value)

    return [
        {
            "id": row.pk, "field": row.field, "before": said(row, row.before),
            "after": said(row, row.after), "member": row.member.name if row.member else "",
            "source": row.source, "at": row.at, "undone_at": row.undone_at,
            "released_at": row.released_at, "cause": row.cause,
            "customer_id": row.customer_id,
        }
        for row in rows
    ]  # fmt: skip


def _linked_names(field: str, rows: Sequence[Change]) -> dict[str, str]:
    """The names behind the ids in changes of the rep or the unit."""
    ids = {int(value) for row in rows if row.field == field for value in (row.before, row.after) if value}
    if not ids:
        return {}
    if field == "unit":
        found = [(unit.id, unit.name) for unit in staff.units() if unit.id in ids]
    else:
        found = list(staff.names(ids).items())
    return {str(pk): name for pk, name in found}


def addressees(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Name and e-mail address of customers, for a campaign's messages: {id: (name, e-mail)}.

    Of a merged customer they are those of the one it is now part of.
    """
    roots = root(ids)
    wanted = sorted(set(roots.values()))
    known: dict[int, tuple[str, str]] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = Customer.objects.filter(pk__in=wanted[start : start + CHUNK]).values_list("pk", "name", "email")
        known |= {pk: (name, email) for pk, name, email in rows}
    return {one: known[whole] for one, whole in roots.items() if whole in known}
