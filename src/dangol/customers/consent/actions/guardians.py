"""Customers under 14: who may speak for them, and until when."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, NotFound
from dangol.customers.consent.actions.saying import refuse_resident_numbers
from dangol.customers.consent.models import Minor
from dangol.staff.actions import note_access


def note_births(*, grown: Mapping[int, date | None]) -> int:
    """Note until when customers need a guardian's word; returns how many rows changed.

    grown: customer -> first day without need of a guardian (None: no need, or not known any more). The days of
    several customers come from rules.grown_on. A guardian's word that is there stays.
    """
    present = dict(Minor.objects.filter(customer_id__in=list(grown)).values_list("customer_id", "grown_on"))
    new = [Minor(customer_id=one, grown_on=day) for one, day in grown.items() if day and one not in present]
    moved = [(one, day) for one, day in grown.items() if day and present.get(one, day) != day]
    over = [one for one, day in grown.items() if day is None and one in present]
    with transaction.atomic():
        Minor.objects.bulk_create(new, batch_size=500)
        for one, day in moved:
            Minor.objects.filter(pk=one).update(grown_on=day)
        Minor.objects.filter(pk__in=over).delete()
    return len(new) + len(moved) + len(over)


def agree_for(
    *, by: Any, customer_id: int, guardian: str, relation: str, proof: str, at: datetime, address: str = ""
) -> None:
    """Record that a guardian agreed for a customer under 14: who, as what, and how it can be proved.

    Before it no consent of that customer counts. Raises BadInput for an empty field, NotFound where the customer is
    not known to be under 14. Source: Personal Information Protection Act art. 22-2(1).
    """
    for field, text in (("guardian", guardian), ("relation", relation), ("proof", proof)):
        if not text.strip():
            raise BadInput("Fill in this field.", field=field)
        refuse_resident_numbers(text, field)
    if at > datetime.now(UTC):
        raise BadInput("Consent cannot be given in the future.", field="at")
    _change(
        by, customer_id, address, "guardian agreed", guardian=guardian.strip()[:100], relation=relation.strip()[:40],
        proof=proof.strip()[:200], agreed_at=at, by_id=by.pk,
    )  # fmt: skip


def withdraw_for(*, by: Any, customer_id: int, address: str = "") -> None:
    """The guardian no longer agrees: no consent of the customer counts from now on. Raises NotFound."""
    _change(by, customer_id, address, "guardian refused", agreed_at=None, by_id=by.pk)


def _change(member: Any, customer_id: int, address: str, said: str, **values: Any) -> None:
    with transaction.atomic():
        if not Minor.objects.filter(pk=customer_id).update(**values):
            raise NotFound("This customer is not known to be under 14, so no guardian is needed.")
        note_access(
            by=member, verb="change", what="consent", customer_id=customer_id, address=address, detail={"said": said}
        )  # fmt: skip
