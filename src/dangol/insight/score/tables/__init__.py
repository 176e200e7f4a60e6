"""RFM as Ibis expressions: scores from purchases, and two scorings beside each other."""

from dangol.insight.score.tables.moving import migration, moved, richest, standings
from dangol.insight.score.tables.scoring import (
    axis_sizes,
    breaks,
    first_day,
    group_sizes,
    histogram,
    history,
    measured,
    nearly_all,
    of_channel,
    pieces,
    rfm,
    rfm_anew,
    sales_by_channel,
    scored,
    segment_sizes,
    side_by_side,
    spend,
    spend_at,
    tried,
    with_computed,
)

__all__ = [
    "axis_sizes", "breaks", "first_day", "group_sizes", "histogram", "history", "measured", "migration", "moved",
    "nearly_all", "of_channel", "pieces", "rfm", "rfm_anew", "richest", "sales_by_channel", "scored",
    "segment_sizes", "side_by_side", "spend", "spend_at", "standings", "tried", "with_computed",
]  # fmt: skip
