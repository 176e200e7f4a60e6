"""Keep who is in a segment on a day for good: for people, and for a campaign whose approval binds who they are."""

from datetime import date
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, NotFound
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


def freeze_for(*, by: Member, segment_id: int, origin: str, running: Running | None = None) -> reads.SegmentView:
    """Keep who is in a segment now for a campaign; the approval binds the hash of who they are. Raises NotFound.

    running: the job that does it, where it is a large one.
    """
    row = reads.visible(by, segment_id)
    ids = reads.members_now(str(row.pk))
    made = Segment.objects.create(
        name=row.name, kind=reads.BOUND, definition=row.definition, shared=False, owner=by, made_of=row,
        origin=origin[:120],
    )  # fmt: skip
    try:
        publish(made, ids, row.as_of, (running or Quiet()).progress)
    except BaseException:
        let_go([made.pk])
        raise
    made.refresh_from_db()
    return reads.segment(by, made.pk)


def let_go(list_ids: list[int]) -> None:
    """Forget lists frozen for a campaign that was not handed in after all."""
    for row in Segment.objects.filter(pk__in=list_ids, kind=reads.BOUND):
        publish(row, [])
        row.delete()
