"""Forget the words of erased people, and keep silent about their addresses; destroy words that are no longer needed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dangol.customers.consent.models import Consent, Joined, Minor, Suppression
from dangol.customers.consent.reads import digest
from dangol.staff.actions import note_access

CHUNK = 5000


def suppress(*, by: Any, channel: str, address: str) -> None:
    """Never use this address again, and forget it: only a keyed hash stays. Called when a person is erased."""
    with transaction.atomic():
        Suppression.objects.get_or_create(channel=channel, digest=digest(channel, address))
        note_access(by=by, verb="erase", what="consent.suppression")


def erased(*, by: Any, customer_ids: Sequence[int], addresses: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Forget what these customers said, and their guardians; their addresses are suppressed first.

    addresses: (channel, address) pairs; channel is email, phone or key. Harmless when repeated. Returns how many
    {words, suppressed} that was. Source: Personal Information Protection Act art. 36(2): irrecoverable.
    """
    pairs = sorted(set(addresses))
    with transaction.atomic():
        for channel, address in pairs:
            Suppression.objects.get_or_create(channel=channel, digest=digest(channel, address))
        words, _kinds = Consent.objects.filter(customer_id__in=customer_ids).delete()
        Minor.objects.filter(pk__in=customer_ids).delete()
        Joined.objects.filter(kept__in=customer_ids, gone__in=customer_ids).delete()
        if words or pairs:
            note_access(by=by, verb="erase", what="consent.suppression", count=max(len(pairs), 1))
    return {"words": words, "suppressed": len(pairs)}


def forget_old_words(*, before: datetime) -> int:
    """Destroy words that another word took the place of before a moment; returns how many."""
    removed = 0
    while ids := list(Consent.objects.filter(current=False, at__lt=before).values_list("pk", flat=True)[:CHUNK]):
        removed += Consent.objects.filter(pk__in=ids).delete()[0]
    return removed
