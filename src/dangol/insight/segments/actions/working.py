"""Work live segments out: all of them in each cycle, one when it was changed; publish who is in a segment."""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from django.utils import timezone

from dangol.base.errors import BadInput, NotFound
from dangol.customers.identify import actions as identity
from dangol.engine import fresh
from dangol.insight.segments import prepared, reads, rules
from dangol.insight.segments.actions.backfilling import enqueue_past
from dangol.insight.segments.counting import Counter
from dangol.insight.segments.models import Segment, Size
from dangol.work.actions import Running

log = logging.getLogger(__name__)
Tick = Callable[[int, int], None]


def nobody_waits(done: int, total: int) -> None:
    """The tick of whoever needs none."""


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show the note of a job in their language
    return text


def run(running: Running, controls: pa.Table | None = None) -> dict[str, Any]:
    """Lay the facts down and work out every live segment; a step of the cycle after the scores.

    controls: who was kept in a control group (campaign_key, customer_id, day).
    Returns snapshot, rows, reused, segments.
    """
    said = prepared.prepare(running, controls)
    live = list(Segment.objects.filter(kind="live", archived_at=None).order_by("pk"))
    with fresh() as engine:
        counter = Counter(engine)
        for done, row in enumerate(live):
            running.progress(done, len(live), N_("Working out segments"))
            _work_out(counter, row)
            if row.past_at is None:
                enqueue_past(row, running.by)
    return said | {"segments": len(live)}


def refresh(running: Running, segment_id: int) -> dict[str, Any]:
    """The job `segments.refresh`: work out one segment now. Nothing to do before the first cycle."""
    row = Segment.objects.filter(pk=segment_id, kind="live").first()
    if row is None:
        return {"customers": 0}
    with fresh() as engine:
        try:
            counter = Counter(engine)
        except NotFound:
            return {"customers": 0}
        return {"customers": _work_out(counter, row)}


def follow(running: Running) -> dict[str, Any]:
    """The job `segments.follow`: work out the live segments that ask for scores, after these changed between cycles.

    Returns segments: how many.
    """
    rows = {row.pk: row for row in Segment.objects.filter(kind="live", archived_at=None).order_by("pk")}
    asking = _asking_for_scores(list(rows.values()))
    with fresh() as engine:
        try:
            counter = Counter(engine)
        except NotFound:
            return {"segments": 0}
        for done, pk in enumerate(asking):
            running.progress(done, len(asking), N_("Working out segments"))
            _work_out(counter, rows[pk])
    return {"segments": len(asking)}


def _asking_for_scores(rows: Sequence[Segment]) -> list[int]:
    """The segments that ask for a score, or are made from one that does."""
    roots = {row.pk: rules.from_dict(row.definition) for row in rows}
    found = {
        pk for pk, root in roots.items() if any(isinstance(one, rules.Score) for _path, one in rules.conditions(root))
    }
    while more := {pk for pk, root in roots.items() if pk not in found and rules.segments_in(root) & found}:
        found |= more
    return sorted(found)


def _work_out(counter: Counter, row: Segment) -> int:
    """Work one out. What can no longer be asked, like a measure that was changed, leaves it as it was last."""
    try:
        counter.segment(row.pk)
    except BadInput as wrong:
        log.warning("Segment %d cannot be worked out: %s", row.pk, wrong)
        return row.size or 0
    ids = [int(one) for one in counter.now.ids(counter.segment(row.pk))]
    publish(row, ids, counter.now.as_of)
    return len(ids)


def publish(row: Segment, ids: list[int], day: date | None = None, tick: Tick = nobody_waits) -> None:
    """Publish who is in a segment and keep its size of the day. tick: called with how many are written, of how many."""
    day = day or timezone.localdate()
    identity.publish_members(segment_id=row.pk, customer_ids=ids, tick=tick)
    Segment.objects.filter(pk=row.pk).update(size=len(ids), as_of=day, members_sha256=reads.members_hash(ids))
    found = {"customers": len(ids), "version": row.version, "afterwards": False}
    Size.objects.update_or_create(segment=row, day=day, defaults=found)
