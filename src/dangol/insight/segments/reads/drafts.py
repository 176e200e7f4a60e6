"""What a member is building and has not saved."""

from dataclasses import dataclass, field
from datetime import datetime

from dangol.base.errors import BadInput
from dangol.insight.segments import rules
from dangol.insight.segments.models import Draft
from dangol.insight.segments.reads.listing import visible
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right


@dataclass(frozen=True)
class DraftView:
    """What a member is building. changed: whether it differs from what is saved."""

    segment_id: int
    root: rules.Group
    turn: int
    undo: bool
    redo: bool
    changed: bool
    at: datetime | None
    path: tuple[int, ...] = field(default=())


def draft(by: Member, segment_id: int = 0) -> DraftView:
    """What a member is building of a segment (0: a new one): the draft, or what is saved where there is none."""
    require(by, Right.INSIGHT_VIEW)
    saved = rules.Group()
    if segment_id:
        row = visible(by, segment_id)
        if row.definition is None:
            raise BadInput("A list of customers has no conditions. Build a new segment instead.", field="segment")
        saved = rules.from_dict(row.definition)
    kept = Draft.objects.filter(by=by, segment_id=segment_id).first()
    if kept is None or not kept.steps:
        return DraftView(segment_id, saved, 0, undo=False, redo=False, changed=False, at=None)
    root = rules.from_dict(kept.steps[kept.place])
    return DraftView(
        segment_id, root, kept.turn, undo=kept.place > 0, redo=kept.place < len(kept.steps) - 1,
        changed=root != saved, at=kept.changed_at,
    )  # fmt: skip


def draft_turn(by: Member, segment_id: int) -> int:
    """Which change a draft is at: a count of an older one gives up."""
    return Draft.objects.filter(by=by, segment_id=segment_id).values_list("turn", flat=True).first() or 0
