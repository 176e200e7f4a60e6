"""Publish who is in a segment."""

from collections.abc import Callable, Sequence

from dangol.customers.identify.models import Membership

CHUNK = 4_000


def publish_members(
    *, segment_id: int, customer_ids: Sequence[int], tick: Callable[[int, int], None] = lambda _done, _total: None
) -> tuple[int, int]:
    """Write who is in a segment: the difference only, in small steps between which others write.

    tick: called before each step of those who came with how many are written, of how many. Repeating it changes
    nothing. Returns how many came and how many went.
    """
    before = set(Membership.objects.filter(segment_id=segment_id).values_list("customer_id", flat=True))
    came = [one for one in dict.fromkeys(customer_ids) if one not in before]
    gone = sorted(before.difference(customer_ids))
    for start in range(0, len(gone), CHUNK):
        Membership.objects.filter(segment_id=segment_id, customer_id__in=gone[start : start + CHUNK]).delete()
    for start in range(0, len(came), CHUNK):
        tick(start, len(came))
        Membership.objects.bulk_create(
            [Membership(segment_id=segment_id, customer_id=one) for one in came[start : start + CHUNK]],
            ignore_conflicts=True,
        )
    return len(came), len(gone)
