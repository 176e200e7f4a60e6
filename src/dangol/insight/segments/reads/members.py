"""Who is in a segment as it was last worked out, and how much work it is to write that down."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from dangol.base.errors import Conflict, Damaged, NotFound
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import current
from dangol.insight.segments import prepared
from dangol.insight.segments.counting import Counter
from dangol.insight.segments.models import Segment
from dangol.insight.segments.reads.listing import visible
from dangol.insight.segments.reads.lists import list_key
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work import reads as work
from dangol.work.reads import JobView

LARGE = 20_000  # who is in a larger segment is written down by a job


def figures_day() -> date:
    """The last day of the figures segments are counted on. Raises NotFound before the first cycle."""
    return date.fromisoformat(prepared.current().facts["as_of"])


def everybody() -> int:
    """How many customers the figures know."""
    return int(warehouse.store().open(prepared.current().facts["warehouse"]).rows["customers"])


def is_large(ids: Collection[int]) -> bool:
    """Whether writing down who is in these segments takes longer than somebody waits; nobody is counted for it."""
    sizes = Segment.objects.filter(pk__in=list(ids)).values_list("size", flat=True)
    return sum(everybody() if size is None else size for size in sizes) > LARGE


def freeze_key(segment_id: int) -> str:
    """The key under which the job that freezes a segment waits or runs."""
    return f"segments.freeze:{segment_id}"


def freezing(by: Member, segment_id: int) -> JobView | None:
    """The job that writes down who is in a frozen segment or a list, if one waits or runs."""
    return _waits(by, freeze_key(segment_id)) or _waits(by, list_key(segment_id))


def past_key(segment_id: int) -> str:
    """The key under which the job that works out a segment's past sizes waits or runs."""
    return f"segments.past:{segment_id}"


def working_past(by: Member, segment_id: int) -> JobView | None:
    """The job that works out past sizes, if one waits or runs."""
    return _waits(by, past_key(segment_id))


def _waits(by: Member, key: str) -> JobView | None:
    """The job that waits or runs under a key, where it is one's own or one oversees it."""
    job_id = work.under(key)
    try:
        return None if job_id is None else work.job(by, job_id)
    except NotFound:
        return None


def members_now(given: str) -> list[int]:
    """Everybody in a segment as it was last worked out; of a live one that never was, as it is now. Raises NotFound."""
    row = Segment.objects.filter(pk=int(given)).first()
    if row is None:
        raise NotFound("There is no such segment.")
    if row.size is None and row.kind != "live":
        raise Conflict("This segment is still being written down. Wait until that is done.")
    if row.size is None:
        counter = Counter(current())
        return [int(one) for one in counter.now.ids(counter.segment(row.pk))]
    return identify.members_of_segment(row.pk)


def frozen_members(list_id: int, digest: str) -> list[int]:
    """Everybody in a list that was frozen for a campaign. Raises Damaged unless it has this hash still."""
    ids = identify.members_of_segment(list_id)
    if members_hash(ids) != digest:
        raise Damaged("The list of people this campaign was approved for is not what it was. Hand the plan in again.")
    return ids


def are_kept(list_ids: Collection[int]) -> bool:
    """Whether all of these lists, frozen for a campaign, are there and written down."""
    return Segment.objects.filter(pk__in=list_ids, size__isnull=False).count() == len(set(list_ids))


def members_hash(ids: Sequence[int]) -> str:
    """SHA-256 (hex) of who is in a segment, in order of id."""
    return hashlib.sha256(np.array(sorted(ids), dtype="<i8").tobytes()).hexdigest()


def member_ids(segment_id: int) -> list[int]:
    """Everybody in a segment as it was last worked out, ascending: for campaigns, which bound it themselves."""
    return identify.members_of_segment(segment_id)


def members_of(by: Member, segment_id: int, *, after: int = 0, limit: int = 50) -> list[int]:
    """Ids of a segment's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.CUSTOMERS_VIEW)
    visible(by, segment_id)
    found = identify.customer_ids(by, CustomerQuery(segment_ids=(segment_id,)))
    return found[int(np.searchsorted(np.array(found, dtype=np.int64), after, side="right")) :][:limit]
