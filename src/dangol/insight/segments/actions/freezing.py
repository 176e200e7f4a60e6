"""Keep who is in a segment on a day for good: for people, and for a campaign whose approval binds who they are."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, NotFound
from dangol.customers.identify import actions as identity
from dangol.engine import fresh
from dangol.insight.segments import counting, past, reads, rules
from dangol.insight.segments.actions.making import named, written
from dangol.insight.segments.actions.working import publish
from dangol.insight.segments.models import Segment
from dangol.staff.reads import Member
from dangol.work.actions import Quiet, Running, enqueue


def freeze(*, by: Member, segment_id: int, name: str, day: date | None = None) -> reads.SegmentView:
    """The members of a live segment on a day (None: now), kept for good, with the definition they were found by.

    A large one is written down by the job `segments.freeze`: until then it has no size and cannot be aimed at. Raises
    BadInput for a day its people are not known on, NotFound before the first cycle.
    """
    row = reads.visible(by, segment_id)
    if row.kind != "live":
        raise BadInput("Only a live segment can be frozen; this one does not change by itself.", field="kind")
    today = reads.figures_day()
    past.check(rules.from_dict(row.definition), day or today, today)
    with transaction.atomic():
        made = Segment.objects.create(
            name=named(name), kind="frozen", definition=row.definition, shared=row.shared, owner=by, made_of=row,
            origin=row.name[:120], as_of=day or today,
        )  # fmt: skip
        written(made, by)
    if reads.is_large([row.pk]) or (day not in (None, today) and reads.everybody() > reads.LARGE):
        enqueue(kind="segments.freeze", arguments={"segment_id": made.pk}, by=by, unique_key=reads.freeze_key(made.pk))
    else:
        run_freeze(Quiet(by=by), made.pk)
    return reads.segment(by, made.pk)


def run_freeze(running: Running, segment_id: int) -> dict[str, Any]:
    """The job `segments.freeze`: find out who was in a segment on its day and write them down; once, for good."""
    row = Segment.objects.filter(pk=segment_id, kind="frozen").first()
    if row is None or row.as_of is None:
        raise NotFound("There is no such segment.")
    if row.size is None:
        with fresh() as engine:
            ids = [int(one) for one in _found(engine, row, row.as_of)]
        publish(row, ids, row.as_of, running.progress)
        row.refresh_from_db()
    return {"customers": row.size}


def _found(engine: Any, row: Segment, day: date) -> Any:
    root = rules.from_dict(row.definition)
    counter = counting.Counter(engine)
    if day >= counter.now.as_of:
        return counter.now.ids(counter.node(root))
    return past.members_on(engine, root, day)


def freeze_for(
    *, by: Member, segment_id: int, origin: str, bound_for: str, kept: Collection[int] = (),
    running: Running | None = None,
) -> reads.SegmentView:  # fmt: skip
    """Keep who is in a segment now for a campaign; the approval binds the hash of who they are. Raises NotFound.

    bound_for: what the list is for, as the caller calls it: one that was begun for it and cut off is gone on with.
    kept: lists that are in use there already and stay as they are. running: the job that does it, where it is a large
    one.
    """
    row = reads.visible(by, segment_id)
    ids = reads.members_now(str(row.pk))
    begun = Segment.objects.filter(kind=reads.BOUND, bound_for=bound_for, made_of=row).exclude(pk__in=kept).first()
    made = begun or Segment(kind=reads.BOUND, bound_for=bound_for, made_of=row, shared=False)
    made.name, made.definition, made.owner, made.origin = row.name, row.definition, by, origin[:120]
    made.size, made.members_sha256 = None, ""
    made.save()
    publish(made, ids, row.as_of, (running or Quiet()).progress)
    made.refresh_from_db()
    return reads.segment(by, made.pk)


def let_go(*, bound_for: str, kept: Collection[int] = ()) -> None:
    """Forget the lists frozen for something, but those that are in use there."""
    for row in Segment.objects.filter(kind=reads.BOUND, bound_for=bound_for).exclude(pk__in=kept):
        _forget(row)


def sweep(*, used: Collection[int], before: datetime) -> int:
    """Forget the lists frozen before a moment for campaigns that do not use them; returns how many.

    used: those that campaigns use.
    """
    found = Segment.objects.filter(kind=reads.BOUND, changed_at__lt=before).exclude(pk__in=used)
    for row in found:
        _forget(row)
    return len(found)


def _forget(row: Segment) -> None:
    identity.publish_members(segment_id=row.pk, customer_ids=[])
    row.delete()
