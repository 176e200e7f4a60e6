"""The standard reports, asked for by name within what the member may see."""

from dangol.insight.analysis.reads.asking import ATTRIBUTES, FILTERS, LENGTHS, Ask
from dangol.insight.analysis.reads.boards import BoardView, GoalView, Indicators, board, goals_of, indicators
from dangol.insight.analysis.reads.plain import plain, said, told
from dangol.insight.analysis.reads.reports import Frame, Report, frame, kinds, page_seconds, report

__all__ = [
    "ATTRIBUTES",
    "FILTERS",
    "LENGTHS",
    "Ask",
    "BoardView",
    "Frame",
    "GoalView",
    "Indicators",
    "Report",
    "board",
    "frame",
    "goals_of",
    "indicators",
    "kinds",
    "page_seconds",
    "plain",
    "report",
    "said",
    "told",
]
