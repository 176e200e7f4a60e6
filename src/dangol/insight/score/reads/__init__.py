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
    months,
    sees_small_groups,
    snapshot_id,
    store,
    table,
)
from dangol.insight.score.reads.moves import Flow, migration
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
    "SMALL_GROUP", "Flow", "Histogram", "Preview", "SchemeView", "SegmentView", "SizeView", "StandingView",
    "StrategyVersion", "StrategyView", "as_of", "history", "is_newest", "members_of", "migration", "months", "preview",
    "scheme", "scheme_versions", "scored_by", "sees_small_groups", "segment_members", "segments", "sizes",
    "snapshot_id", "store", "strategies", "strategy", "strategy_versions", "table",
]  # fmt: skip
