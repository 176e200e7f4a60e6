"""Save, change and put away segments."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotAllowed, NotFound, TooMuch
from dangol.insight.segments import checking, reads, rules
from dangol.insight.segments.actions.backfilling import enqueue_past
from dangol.insight.segments.models import Draft, Segment, Version
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import enqueue


def create(
    *, by: Member, name: str, root: rules.Group, shared: bool = True, note: str = "", keeps_draft: bool = False
) -> reads.SegmentView:  # fmt: skip
    """Save a definition as a live segment and queue working it out. Raises BadInput while it is not whole.

    keeps_draft: it was not built in the builder, so what the member is building there stays.
    """
    require(by, Right.INSIGHT_VIEW)
    definition = _whole(by, root, 0)
    with transaction.atomic():
        row = Segment.objects.create(
            name=named(name), note=_noted(note), definition=definition, shared=shared, owner=by
        )  # fmt: skip
        written(row, by)
        if not keeps_draft:
            Draft.objects.filter(by=by, segment_id=0).delete()
    _enqueue(row, by)
    return reads.segment(by, row.pk)


def update(
    *, by: Member, segment_id: int, version: int, name: str | None = None, root: rules.Group | None = None,
    shared: bool | None = None, note: str | None = None,
) -> reads.SegmentView:  # fmt: skip
    """Change a segment; a changed definition is worked out anew. Raises Conflict where somebody changed it since."""
    definition = None if root is None else _whole(by, root, segment_id)
    with transaction.atomic():
        row = _locked(by, segment_id)
        if version != row.version:
            raise Conflict("Somebody else has changed this segment since you opened it. Load the page again.")
        if definition is not None and row.kind != "live":
            raise BadInput("Only a live segment has conditions to change.", field="definition")
        row.name = row.name if name is None else named(name)
        row.note = row.note if note is None else _noted(note)
        if shared is not None and row.owner_id == by.pk:
            row.shared = shared
        changed = definition is not None and rules.from_dict(definition) != rules.from_dict(row.definition)
        if changed:
            row.definition = definition
        row.version += 1
        row.save()
        written(row, by)
        Draft.objects.filter(by=by, segment_id=segment_id).delete()
    if changed:
        _enqueue(row, by)
    return reads.segment(by, segment_id)


def archive(*, by: Member, segment_ids: Iterable[int]) -> int:
    """Put segments away; returns how many. Raises Conflict for one another segment is made from."""
    done = 0
    with transaction.atomic():
        for one in segment_ids:
            row = _locked(by, one)
            users = [user.name for user in reads.users(by, one) if not user.archived]
            if users:
                raise Conflict(
                    "The segment {name} is part of another: {user}. Change that one first.", name=row.name,
                    user=users[0],
                )  # fmt: skip
            Segment.objects.filter(pk=row.pk, archived_at=None).update(archived_at=timezone.now())
            done += 1
    return done


def restore(*, by: Member, segment_ids: Iterable[int]) -> int:
    """Take segments back from the archive; returns how many."""
    done = 0
    with transaction.atomic():
        for one in segment_ids:
            done += Segment.objects.filter(pk=_locked(by, one).pk, archived_at__isnull=False).update(archived_at=None)
    return done


def _locked(by: Member, segment_id: int) -> Segment:
    reads.visible(by, segment_id)
    row = Segment.objects.select_for_update().filter(pk=segment_id).first()
    if row is None:
        raise NotFound("There is no such segment.")
    if not reads.editable(by, row):
        raise NotAllowed("This segment is somebody else’s. Save a copy of your own.")
    return row


def named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain:
        raise BadInput("Give the segment a name.", field="name")
    if len(plain) > 120:
        raise TooMuch("A name may have at most {limit} characters.", field="name", limit=120)
    return plain


def _noted(note: str) -> str:
    if len(note) > 300:
        raise TooMuch("A note may have at most {limit} characters.", field="note", limit=300)
    return note.strip()


def _whole(by: Member, root: rules.Group, segment_id: int) -> dict[str, Any]:
    """A definition that can be saved. Raises BadInput for an empty or unfinished one, one that asks for what is not
    there, or one made from itself.
    """
    root = rules.from_dict(rules.to_dict(root))
    unfinished = [path for path, one in rules.conditions(root) if not rules.is_ready(one)]
    if unfinished:
        raise BadInput("A condition is not finished. Fill it in or take it out.", field="definition")
    if rules.ready(root) is None:
        raise BadInput("Add a condition first: without one everybody would be in the segment.", field="definition")
    for problem in checking.wrong(root, checking.known()).values():
        raise problem
    for one in rules.segments_in(root):
        reads.visible(by, one)
    if segment_id and segment_id in _made_from(root):
        raise BadInput("A segment cannot be made from itself.", field="definition")
    return rules.to_dict(root)


def _made_from(root: rules.Group) -> set[int]:
    """Every segment a definition rests on, however far down."""
    found: set[int] = set()
    waiting = set(rules.segments_in(root))
    while waiting:
        one = waiting.pop()
        found.add(one)
        definition = Segment.objects.filter(pk=one, kind="live").values_list("definition", flat=True).first()
        if definition:
            waiting |= rules.segments_in(rules.from_dict(definition)) - found
    return found


def written(row: Segment, by: Member) -> None:
    Version.objects.create(segment=row, number=row.version, name=row.name, definition=row.definition, by=by)


def _enqueue(row: Segment, by: Member) -> None:
    """Have it worked out now, and on the days it was not there yet."""
    enqueue(kind="segments.refresh", arguments={"segment_id": row.pk}, by=by, unique_key=f"segments.refresh:{row.pk}")
    enqueue_past(row, by)
