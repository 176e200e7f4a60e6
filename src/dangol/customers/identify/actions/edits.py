"""Changes by hand: edit with conflict detection, undo for a while, assign a rep, see what is masked."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import Conflict, NotFound
from dangol.customers.identify.golden.actions import recompute, shown
from dangol.customers.identify.golden.fields import by_hand
from dangol.customers.identify.models import Change, Customer
from dangol.customers.identify.reads.one import Person, person, visible
from dangol.customers.identify.rules import MASKED, UNDO_SECONDS, checked
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
    made = [_write(by, row, name, by_hand(name, value), seen_at) for name, value in given.items()]
    changed = [change for change in made if change is not None]
    if changed:
        names = sorted(change.field for change in changed)
        recompute([row.pk], cause="hand", by=by, quiet=frozenset(names))
        note_access(
            by=by, verb="change", what="customer", customer_id=row.pk, address=address, detail={"fields": names}
        )
    return [change.pk for change in changed]


def _locked(by: Member, customer_id: int) -> Customer:
    """The customer's row, held until the end of the transaction (SQLite holds the whole database anyway)."""
    return Customer.objects.select_for_update(of=("self",)).get(pk=visible(by, customer_id).pk)


def _write(by: Member, row: Customer, name: str, columns: dict[str, Any], seen_at: datetime) -> Change | None:
    """Write down what a member says of a field; the golden value follows from it."""
    present, wanted = shown(row, name), _text(columns[name])
    if present == wanted:
        return None
    origin = row.origins.get(name)
    if _changed_since(row, name, seen_at):
        raise Conflict(
            "Someone changed this meanwhile. It now says “{theirs}”; you wrote “{mine}”. Choose one of them.",
            field=name, theirs=present or "-", mine=wanted or "-",
        )  # fmt: skip
    return Change.objects.create(
        customer=row, field=name, before=present, after=wanted, origin_before=origin,
        generated_before=name in row.generated, member=by, cause="hand", at=timezone.now(),
    )  # fmt: skip


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
    change = Change.objects.filter(pk=change_id, member=by, cause="hand").first()
    if change is None:
        raise NotFound("There is no such change.")
    row = _locked(by, change.customer_id)
    if change.undone_at or timezone.now() - change.at > timedelta(seconds=UNDO_SECONDS):
        raise Conflict("This change cannot be undone any more. Edit the field instead.")
    if shown(row, change.field) != change.after:
        raise Conflict("The value was changed again meanwhile. Edit the field instead.")
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    recompute([row.pk], cause="hand", by=by, quiet=frozenset({change.field}))
    note_access(
        by=by, verb="change", what="customer", customer_id=row.pk, address=address,
        detail={"fields": [change.field], "undo": change.pk},
    )  # fmt: skip
    return row.pk


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
    rows = list(Customer.objects.filter(within(scope_of(by)), merged_into=None, pk__in=ids).exclude(rep=rep))
    now = timezone.now()
    wanted = {"rep": str(rep.pk), "unit": _text(rep.unit_id)}
    Change.objects.bulk_create(
        [
            Change(customer=row, field=name, before=shown(row, name), after=after, origin_before=row.origins.get(name),
                   generated_before=name in row.generated, member=by, cause="hand", at=now)
            for row in rows for name, after in wanted.items() if shown(row, name) != after
        ],
        batch_size=90,
    )  # fmt: skip
    recompute([row.pk for row in rows], cause="hand", by=by, quiet=frozenset(wanted))
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
