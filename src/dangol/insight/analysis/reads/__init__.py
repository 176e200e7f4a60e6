"""The standard reports, asked for by name within what the member may see."""

from dangol.insight.analysis.reads.asking import ATTRIBUTES, FILTERS, LENGTHS, Ask
from dangol.insight.analysis.reads.plain import plain, said, told
from dangol.insight.analysis.reads.reports import Report, kinds, report

__all__ = ["ATTRIBUTES", "FILTERS", "LENGTHS", "Ask", "Report", "kinds", "plain", "report", "said", "told"]
