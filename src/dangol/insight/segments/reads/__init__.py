"""Looks at segments: which there are, who is in them, why, how they overlap, and the counts while one is edited."""

from dangol.insight.segments.reads.counted import (
    OVERLAP,
    SAMPLE,
    Counts,
    Overlap,
    ReachLine,
    Why,
    counts,
    meeting,
    overlap,
    sample,
    why,
)
from dangol.insight.segments.reads.drafts import DraftView, draft, draft_turn
from dangol.insight.segments.reads.listing import (
    BOUND,
    HOW,
    SMALL_GROUP,
    SegmentView,
    SizeView,
    choices,
    editable,
    measuring,
    names,
    of_customer,
    saved,
    sees_small_groups,
    segment,
    segments,
    sizes,
    users,
    uses,
    versions,
    visible,
    visible_id,
)
from dangol.insight.segments.reads.lists import (
    KEEP_DAYS,
    folder,
    has_left_out,
    laid_aside,
    left_out,
    left_out_file,
    list_key,
)
from dangol.insight.segments.reads.members import (
    LARGE,
    are_kept,
    everybody,
    figures_day,
    freeze_key,
    freezing,
    frozen_members,
    is_large,
    member_ids,
    members_hash,
    members_now,
    members_of,
    past_key,
    working_past,
)
from dangol.insight.segments.reads.offered import (
    CHOICES,
    campaign_names,
    channels,
    fields,
    score_values,
    scores,
    values,
)

__all__ = [
    "BOUND", "CHOICES", "HOW", "KEEP_DAYS", "LARGE", "OVERLAP", "SAMPLE", "SMALL_GROUP", "Counts", "DraftView", "Overlap", "ReachLine",
    "SegmentView", "SizeView", "Why", "are_kept", "campaign_names", "channels", "choices", "counts", "draft", "draft_turn", "editable",
    "everybody", "fields", "figures_day", "folder", "freeze_key", "freezing", "frozen_members", "has_left_out", "is_large", "laid_aside", "left_out", "left_out_file",
    "list_key", "measuring", "meeting",
    "member_ids", "members_hash", "members_now", "members_of", "names", "of_customer", "overlap", "past_key", "sample", "saved",
    "score_values", "scores", "sees_small_groups", "segment", "segments", "sizes", "users", "uses", "values",
    "versions", "visible", "visible_id", "why", "working_past",
]  # fmt: skip
