"""Scheme, segments with their strategies, and the picture of who moved between them: pure functions."""

from dangol.insight.score.rules.scheme import (
    AXES,
    AXIS_NAMES,
    DEFAULT,
    FEWEST_GROUPS,
    LONGEST_WINDOW_DAYS,
    MOST_GROUPS,
    PRESETS,
    TOP_SCORE,
    Axis,
    AxisCode,
    RfmScheme,
    cut_points,
    from_dict,
    from_quantiles,
    middle_up,
    preset,
    quantiles,
    score_of,
    segment_of,
    weighted_score,
    window_is_full_from,
)  # fmt: skip
from dangol.insight.score.rules.strategies import NOT_YET, SEGMENTS, STRATEGIES, Strategy, way

__all__ = [
    "AXES", "AXIS_NAMES", "DEFAULT", "FEWEST_GROUPS", "LONGEST_WINDOW_DAYS", "MOST_GROUPS", "NOT_YET", "PRESETS",
    "SEGMENTS", "STRATEGIES", "TOP_SCORE", "Axis", "AxisCode", "RfmScheme", "Strategy", "cut_points", "from_dict",
    "from_quantiles", "middle_up", "preset", "quantiles", "score_of", "segment_of", "way", "weighted_score",
    "window_is_full_from",
]  # fmt: skip
