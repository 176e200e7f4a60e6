"""Forget a person: the customer stays as an un-named key, so that purchases keep adding up."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.customers.identify.models import Change, Customer

LINKS = frozenset({"Household", "Pair"})  # models whose rows say something about two people at once
# What stays of a customer: the key, its code and place in the organisation. Everything else tells about a person.
KEPT = frozenset({"id", "kind", "code", "unit", "rep", "created_at", "updated_at", "merged_into"})


def forget(*, customer_ids: Iterable[int]) -> int:
    """Empty the golden fields of customers and destroy the history of their values; returns how many were left to do.

    The row, its code and its source keys stay: purchases and campaign results hang on them and name nobody. Harmless
    when repeated. Source: Personal Information Protection Act art. 36(2) and 58-2.
    """
    done = 0
    for one in customer_ids:
        with transaction.atomic():
            row = Customer.objects.select_for_update(of=("self",)).filter(pk=one).first()
            if row is None:
                continue
            Change.objects.filter(customer_id=one).delete()
            _forget_links(one)
            done += _blank(row)
    return done


def _forget_links(customer_id: int) -> None:
    """Destroy what ties the customer to other people: proposed pairs and the household."""
    for relation in Customer._meta.related_objects:
        if relation.related_model.__name__ in LINKS:
            relation.related_model._default_manager.filter(**{relation.field.name: customer_id}).delete()


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
