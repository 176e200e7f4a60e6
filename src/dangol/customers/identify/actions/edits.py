"""Changes by hand: edit with conflict detection, undo for a while, assign a rep, see what is masked."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import Conflict, NotFound
from dangol.customers.identify.models import Change, Customer
from dangol.customers.identify.reads.one import Person, person, visible
from dangol.customers.identify.rules import MASKED, UNDO_SECONDS, checked, standard
from dangol.staff import reads as staff
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 900


@transaction.atomic
def edit(
    *, by: Member, customer_id: int, changes: Mapping[str, str], seen_at: datetime, address: str = ""
) -> list[int]:
    """Change fields of a customer by hand; returns the ids of the changes, for undo.

    changes: {field: text}. seen_at: when the member read the values. Raises Conflict with both values where somebody
    changed one of these fields since; NotFound for a foreign customer; BadInput naming the field.
    """
    require(by, Right.CUSTOMERS_EDIT)
    row = _locked(by, customer_id)
    given = checked(changes)
    if any(name in MASKED for name in given):
        require(by, Right.CUSTOMERS_UNMASK)
    values = {name: standard({name: value}) for name, value in given.items()}
    made = [_write(by, row, name, columns, seen_at) for name, columns in values.items()]
    changed = [change for change in made if change is not None]
    if changed:
        if row.name and row.kind == "unnamed":
            row.kind = "named"
        row.save()
        note_access(
            by=by, verb="change", what="customer", customer_id=row.pk, address=address,
            detail={"fields": sorted(change.field for change in changed)},
        )  # fmt: skip
    return [change.pk for change in changed]


def _locked(by: Member, customer_id: int) -> Customer:
    """The customer's row, held until the end of the transaction (SQLite holds the whole database anyway)."""
    visible(by, customer_id)
    return Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)


def _write(by: Member, row: Customer, name: str, columns: dict[str, Any], seen_at: datetime) -> Change | None:
    present, wanted = _text(getattr(row, name)), _text(columns[name])
    if present == wanted:
        return None
    origin = row.origins.get(name)
    if origin and datetime.fromisoformat(origin["at"]) > seen_at and _changed_since(row, name, seen_at):
        raise Conflict(
            "Someone changed this meanwhile. It now says “{theirs}”; you wrote “{mine}”. Choose one of them.",
            field=name, theirs=present or "-", mine=wanted or "-",
        )  # fmt: skip
    change = Change.objects.create(
        customer=row, field=name, before=present, after=wanted, origin_before=origin,
        generated_before=name in row.generated, member=by, at=timezone.now(),
    )  # fmt: skip
    for column, value in columns.items():
        setattr(row, column, value)
    row.origins[name] = {"source": f"staff:{by.pk}", "at": change.at.isoformat()}
    row.generated = [field for field in row.generated if field != name]
    return change


def _changed_since(row: Customer, name: str, seen_at: datetime) -> bool:
    return Change.objects.filter(customer=row, field=name, at__gt=seen_at).exists()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@transaction.atomic
def undo(*, by: Member, change_id: int, address: str = "") -> int:
    """Take back a change one made a moment ago; returns the customer's id.

    Raises NotFound for another member's change, Conflict when its time is over or the value changed again.
    """
    require(by, Right.CUSTOMERS_EDIT)
    change = Change.objects.filter(pk=change_id, member=by).first()
    if change is None:
        raise NotFound("There is no such change.")
    row = _locked(by, change.customer_id)
    if change.undone_at or timezone.now() - change.at > timedelta(seconds=UNDO_SECONDS):
        raise Conflict("This change cannot be undone any more. Edit the field instead.")
    if _text(getattr(row, _column(change.field))) != change.after:
        raise Conflict("The value was changed again meanwhile. Edit the field instead.")
    _restore(row, change)
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    note_access(
        by=by, verb="change", what="customer", customer_id=row.pk, address=address,
        detail={"fields": [change.field], "undo": change.pk},
    )  # fmt: skip
    return row.pk


def _column(name: str) -> str:
    return f"{name}_id" if name in ("unit", "rep") else name


def _restore(row: Customer, change: Change) -> None:
    columns = (
        {_column(change.field): int(change.before) if change.before else None}
        if change.field in ("unit", "rep")
        else standard({change.field: change.before})
    )
    for column, value in columns.items():
        setattr(row, column, value)
    row.origins.pop(change.field, None)
    if change.origin_before:
        row.origins[change.field] = change.origin_before
    if change.generated_before:
        row.generated = sorted({*row.generated, change.field})
    if change.field == "name" and not row.name:
        row.kind = "unnamed"
    row.save()


def assign(*, by: Member, customer_ids: Iterable[int], rep_id: int, address: str = "") -> int:
    """Put customers into a rep's charge (and the rep's unit); returns how many. Those one may not see are left alone.

    Raises BadInput when there is no such active member or the rep is outside one's own part of the organisation.
    """
    require(by, Right.CUSTOMERS_EDIT)
    rep = staff.colleague(by, rep_id)
    wanted, moved = list(customer_ids), 0
    for start in range(0, len(wanted), CHUNK):
        moved += _assign(by, wanted[start : start + CHUNK], rep)
    note_access(by=by, verb="change", what="customer rep", count=moved, address=address, detail={"rep": rep.pk})
    return moved


@transaction.atomic
def _assign(by: Member, ids: list[int], rep: Member) -> int:
    rows = list(Customer.objects.filter(within(scope_of(by)), pk__in=ids).exclude(rep=rep))
    now = timezone.now()
    changes = []
    for row in rows:
        changes.append(
            Change(customer=row, field="rep", before=_text(row.rep_id), after=str(rep.pk),
                   origin_before=row.origins.get("rep"), generated_before="rep" in row.generated, member=by, at=now)
        )  # fmt: skip
        row.rep, row.unit, row.updated_at = rep, rep.unit, now
        row.origins["rep"] = {"source": f"staff:{by.pk}", "at": now.isoformat()}
        row.generated = [name for name in row.generated if name not in ("rep", "unit")]
    Customer.objects.bulk_update(rows, ["rep", "unit", "origins", "generated", "updated_at"], batch_size=90)
    Change.objects.bulk_create(changes, batch_size=90)
    return len(rows)


def unmask(*, by: Member, customer_id: int, address: str = "", reason: str = "") -> Person:
    """A customer with phone, e-mail and address in full; written to the access log.

    Raises NotAllowed without the right, NotFound for a foreign customer.
    Source: Personal Information Safety Measures notice (masking by role, access log).
    """
    require(by, Right.CUSTOMERS_UNMASK)
    row = visible(by, customer_id)
    note_access(by=by, verb="unmask", what="customer", customer_id=row.pk, address=address, reason=reason)
    return person(by, row, unmasked=True)
