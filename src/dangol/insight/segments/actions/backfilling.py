"""Work out how many were in a segment on days on which nobody counted it: the last ends of months."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import BadInput, NotFound
from dangol.engine import fresh
from dangol.insight.segments import counting, past, reads, rules
from dangol.insight.segments.models import Segment, Size
from dangol.staff.reads import Member
from dangol.work.actions import Running, enqueue

MONTHS = 13  # a year and the month it is held against


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show the note of a job in their language
    return text


def fill_past(*, by: Member, segment_id: int) -> int:
    """Queue working out the past sizes of a live segment; returns the job. Raises NotFound, BadInput for a list."""
    row = reads.visible(by, segment_id)
    if row.kind != "live":
        raise BadInput("Only a live segment has a past to work out.", field="kind")
    return enqueue_past(row, by)


def enqueue_past(row: Segment, by: Any) -> int:
    """Queue it; while it waits or runs, the id of that job is returned."""
    return enqueue(kind="segments.past", arguments={"segment_id": row.pk}, by=by, unique_key=reads.past_key(row.pk))


def run_past(running: Running, segment_id: int) -> dict[str, Any]:
    """The job `segments.past`: count a live segment on the last ends of months.

    Days nobody can know it on are left out, and those with a size from the day itself stay. Returns days and counted.
    """
    row = Segment.objects.filter(pk=segment_id, kind="live").first()
    if row is None:
        return {"days": 0, "counted": 0}
    root = rules.from_dict(row.definition)
    with fresh() as engine:
        try:
            now = counting.served(engine)
        except NotFound:
            return {"days": 0, "counted": 0}
        days = month_ends(now.as_of, MONTHS)
        begun = past.first_day(engine, now)
        sizes = {}
        for done, day in enumerate(days):
            running.progress(done, len(days), N_("Working out past sizes"))
            if begun is not None and day >= begun and past.problem(root, day, now.as_of) is None:
                then = past.Then(engine, day)
                sizes[day] = counting.size(then.node(root))
    return {"days": len(days), "counted": _keep(row, sizes)}


def _keep(row: Segment, sizes: dict[date, int]) -> int:
    """Write the sizes down unless the definition was changed meanwhile: its own job is on the way then."""
    with transaction.atomic():
        now = Segment.objects.select_for_update().get(pk=row.pk)
        if now.definition != row.definition:
            return 0
        Size.objects.filter(segment=row, afterwards=True).delete()
        there = set(Size.objects.filter(segment=row).values_list("day", flat=True))
        made = [Size(segment=row, day=day, customers=n, version=now.version, afterwards=True)
                for day, n in sizes.items() if day not in there]  # fmt: skip
        Size.objects.bulk_create(made)
        Segment.objects.filter(pk=row.pk).update(past_at=timezone.now())
    return len(made)


def month_ends(day: date, count: int) -> list[date]:
    """The last days of so many months before the month of a day, the earliest first."""
    found = []
    for _month in range(count):
        day = day.replace(day=1) - timedelta(days=1)
        found.append(day)
    return found[::-1]
