"""Customers that turn out to be one person, or not: the most restrictive word holds while they are one."""

from collections import defaultdict
from datetime import UTC, datetime

from django.db import transaction

from dangol.base.errors import Conflict
from dangol.customers.consent.families import Family, families
from dangol.customers.consent.models import Consent, Joined
from dangol.customers.consent.rules import Said, strictest

COPIED = (
    "purpose", "channel", "given", "at", "until", "text_version", "proof", "through", "origin", "by", "generated"
)  # fmt: skip


def merged(*, kept: int, gone: int, merge: object) -> None:
    """Two customers are one person from now on: per purpose and channel the most restrictive word holds for both.

    merge: the id of the merge, to be given back to `parted`. A refusal goes before an agreement, and of two agreements
    the older one counts, so that none is lengthened by being joined. Who said nothing takes over what the other said.
    Harmless when repeated. Raises Conflict where the two are one person already, under another merge.
    """
    with transaction.atomic():
        if Joined.objects.filter(merge=str(merge), parted_at=None).exists():
            return
        before = families([kept]).get(kept)
        if before is not None and gone in before.members:
            raise Conflict("These two customers are joined already.")
        Joined.objects.filter(merge=str(merge)).delete()
        Joined.objects.create(kept=kept, gone=gone, merge=str(merge))
        _align(families([kept])[kept])


def _align(family: Family) -> None:
    """Give every member of a family the strictest word about each purpose and channel."""
    words: dict[tuple[str, str], dict[int, Consent]] = defaultdict(dict)
    for row in Consent.objects.select_for_update().filter(customer_id__in=family.members, current=True):
        words[row.purpose, row.channel][row.customer_id] = row
    for present in words.values():
        said = strictest([_said(row) for row in present.values()])
        source = present[said.customer_id]
        for member in family.members:
            own = present.get(member)
            if own is None or (own.given, own.at) != (said.given, said.at):
                _lend(source, said, member, family, own)


def _said(row: Consent) -> Said:
    return Said(row.pk, row.customer_id, row.given, row.at, tuple(row.merges.split()))


def _lend(source: Consent, said: Said, member: int, family: Family, own: Consent | None) -> None:
    """Write another member's word for this one, marked with the merges it came by."""
    if own is not None:
        Consent.objects.filter(pk=own.pk).update(current=False)
    came = dict.fromkeys((*said.merges, *family.path(said.customer_id, member)))
    copied = {name: getattr(source, name) for name in COPIED}
    Consent.objects.create(customer_id=member, merges=" ".join(came), noticed_at=source.noticed_at, **copied)


def parted(*, kept: int, gone: int, merge: object) -> None:
    """Two customers are two persons again: each has the own words back; a refusal said meanwhile stays with both.

    What was lent under the merge is destroyed, as it is another person's word. Harmless when repeated.
    """
    with transaction.atomic():
        family = families([kept]).get(kept)
        if not Joined.objects.filter(merge=str(merge), parted_at=None).update(parted_at=datetime.now(UTC)):
            return
        for member in family.members if family else {kept, gone}:
            _restore(member, str(merge))


def _restore(member: int, merge: str) -> None:
    rows = list(Consent.objects.select_for_update().filter(customer_id=member).order_by("pk"))
    lent = [row.pk for row in rows if merge in row.merges.split()]
    if not lent:
        return
    Consent.objects.filter(pk__in=lent).delete()
    newest = {(row.purpose, row.channel): row for row in rows if row.pk not in lent}
    Consent.objects.filter(pk__in=[row.pk for row in newest.values()]).update(current=True)
