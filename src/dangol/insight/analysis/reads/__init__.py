"""The standard reports, asked for by name within what the member may see."""

from dangol.insight.analysis.reads.asking import ATTRIBUTES, FILTERS, LENGTHS, Ask
from dangol.insight.analysis.reads.boards import BoardView, GoalView, Indicators, board, goals_of, indicators
from dangol.insight.analysis.reads.plain import plain, said, told
from dangol.insight.analysis.reads.reports import Report, kinds, report

__all__ = [
    "ATTRIBUTES",
    "FILTERS",
    "LENGTHS",
    "Ask",
    "BoardView",
    "GoalView",
    "Indicators",
    "Report",
    "board",
    "goals_of",
    "indicators",
    "kinds",
    "plain",
    "report",
    "said",
    "told",
]
