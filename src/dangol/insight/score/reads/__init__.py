"""Segments, how they grew, how customers moved between them, and the schemes they are scored by.

channel, wherever it is asked: "" for the company's scheme over all purchases, or a channel with a scheme of its own.
"""

from dangol.insight.score.reads.classes import (
    SegmentView,
    SizeView,
    StandingView,
    history,
    members_of,
    segment_members,
    segments,
    sizes,
)
from dangol.insight.score.reads.kept import (
    SMALL_GROUP,
    as_of,
    is_newest,
    missing,
    months,
    sees_small_groups,
    snapshot_id,
    span,
    store,
    table,
)
from dangol.insight.score.reads.moves import MOST_LISTED, Flow, Move, Mover, migration, mover_ids, movers
from dangol.insight.score.reads.schemes import (
    Histogram,
    Preview,
    SchemeView,
    preview,
    scheme,
    scheme_versions,
    scored_by,
)
from dangol.insight.score.reads.strategies import (
    StrategyVersion,
    StrategyView,
    strategies,
    strategy,
    strategy_versions,
)

__all__ = [
    "MOST_LISTED", "SMALL_GROUP", "Flow", "Histogram", "Move", "Mover", "Preview", "SchemeView", "SegmentView",
    "SizeView", "StandingView", "StrategyVersion", "StrategyView", "as_of", "history", "is_newest", "members_of",
    "migration", "missing", "months", "mover_ids", "movers", "preview", "scheme", "scheme_versions", "scored_by",
    "sees_small_groups", "segment_members", "segments", "sizes", "snapshot_id", "span", "store", "strategies",
    "strategy", "strategy_versions", "table",
]  # fmt: skip
