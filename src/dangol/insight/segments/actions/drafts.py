"""What a member is building and has not saved: every step is kept, for undo and redo."""

from django.db import transaction

from dangol.insight.segments import reads, rules
from dangol.insight.segments.models import Draft
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

STEPS = 60  # of undo


def edit_draft(*, by: Member, segment_id: int = 0, root: rules.Group) -> reads.DraftView:
    """Keep a change as the next step of a draft; steps that were undone before it are forgotten. Raises TooMuch."""
    before = reads.draft(by, segment_id)
    root = rules.from_dict(rules.to_dict(root))
    if root == before.root and before.turn:
        return before
    with transaction.atomic():
        row = _draft(by, segment_id)
        steps = row.steps[: row.place + 1] or [rules.to_dict(before.root)]
        steps = [*steps, rules.to_dict(root)][-STEPS:]
        row.steps, row.place, row.turn = steps, len(steps) - 1, row.turn + 1
        row.save()
    return reads.draft(by, segment_id)


def step_draft(*, by: Member, segment_id: int = 0, steps: int) -> reads.DraftView:
    """Undo (below 0) or redo (above 0)."""
    reads.draft(by, segment_id)
    with transaction.atomic():
        row = _draft(by, segment_id)
        row.place = max(0, min(row.place + steps, max(0, len(row.steps) - 1)))
        row.turn += 1
        row.save()
    return reads.draft(by, segment_id)


def discard_draft(*, by: Member, segment_id: int = 0) -> None:
    """Go back to what is saved."""
    require(by, Right.INSIGHT_VIEW)
    Draft.objects.filter(by=by, segment_id=segment_id).delete()


def _draft(by: Member, segment_id: int) -> Draft:
    Draft.objects.get_or_create(by=by, segment_id=segment_id)
    return Draft.objects.select_for_update().get(by=by, segment_id=segment_id)
