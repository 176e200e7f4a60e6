"""The standard reports, asked for by name within what the member may see."""

from dangol.insight.analysis.reads.asking import ATTRIBUTES, FILTERS, LENGTHS, Ask
from dangol.insight.analysis.reads.boards import (
    BoardView,
    Fallen,
    GoalView,
    Indicators,
    SegmentPart,
    board,
    goals_of,
    indicators,
    may_look,
)
from dangol.insight.analysis.reads.plain import plain, said, told
from dangol.insight.analysis.reads.reports import Frame, Report, frame, kinds, report

__all__ = [
    "ATTRIBUTES",
    "FILTERS",
    "LENGTHS",
    "Ask",
    "BoardView",
    "Fallen",
    "Frame",
    "GoalView",
    "Indicators",
    "Report",
    "SegmentPart",
    "board",
    "frame",
    "goals_of",
    "indicators",
    "kinds",
    "may_look",
    "plain",
    "report",
    "said",
    "told",
]
