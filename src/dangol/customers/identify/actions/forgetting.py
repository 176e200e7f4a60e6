"""Forget a person: the customer stays as an un-named key, so that purchases keep adding up."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dangol.customers.identify.linkage import compared
from dangol.customers.identify.models import Change, Customer, Household, Merge, Pair
from dangol.customers.identify.postings import actions as postings

# What stays of a customer: the key, its code and place in the organisation. Everything else tells about a person.
KEPT = frozenset({"id", "kind", "code", "unit", "rep", "created_at", "updated_at", "merged_into"})


def forget(*, customer_ids: Iterable[int]) -> int:
    """Empty the golden fields of customers and destroy the history of their values; returns how many were left to do.

    The row, its code and its source keys stay: purchases and campaign results hang on them and name nobody. Harmless
    when repeated. Merges stay, as edges without words: purchases of both add up under one number. Source: Personal
    Information Protection Act art. 36(2) and 58-2.
    """
    done, wanted = 0, list(customer_ids)
    for one in wanted:
        with transaction.atomic():
            row = Customer.objects.select_for_update(of=("self",)).filter(pk=one).first()
            if row is None:
                continue
            Change.objects.filter(customer_id=one).delete()
            _forget_links(one)
            done += _blank(row)
    compared.forget(wanted)
    postings.forget(wanted)
    return done


def _forget_links(customer_id: int) -> None:
    """Destroy what ties the customer to other people: pairs, the household, and what was written when merging."""
    Pair.objects.filter(Q(left=customer_id) | Q(right=customer_id)).delete()
    Household.objects.filter(customer=customer_id).delete()
    Merge.objects.filter(Q(kept=customer_id) | Q(gone=customer_id)).update(note="", parted_note="")


def _blank(row: Customer) -> bool:
    empty = {field.attname: _nothing(field) for field in Customer._meta.concrete_fields if field.name not in KEPT}
    changed = row.kind != "unnamed" or any(getattr(row, name) != value for name, value in empty.items())
    if changed:
        for name, value in empty.items():
            setattr(row, name, value)
        row.kind, row.updated_at = "unnamed", timezone.now()
        row.save()
    return changed


def _nothing(field: Any) -> Any:
    return None if field.null else field.get_default()
