"""What can be asked of the warehouse, and how a question is written."""

from dangol.insight.olap.rules.conditions import And, Between, Compare, Condition, In, IsNull, Not, Or, names, parse
from dangol.insight.olap.rules.measures import (
    DIMENSIONS,
    MEASURES,
    MOST_DIMENSIONS,
    MOST_ROWS,
    RATIOS,
    USUAL_ROWS,
    Dimension,
    Measure,
    Unit,
    check,
    dimensions_of,
    unknown,
    within_order,
)
from dangol.insight.olap.rules.periods import PERIODS, period_from, period_number, period_text

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "MOST_DIMENSIONS",
    "MOST_ROWS",
    "PERIODS",
    "RATIOS",
    "USUAL_ROWS",
    "And",
    "Between",
    "Compare",
    "Condition",
    "Dimension",
    "In",
    "IsNull",
    "Measure",
    "Not",
    "Or",
    "Unit",
    "check",
    "dimensions_of",
    "names",
    "parse",
    "period_from",
    "period_number",
    "period_text",
    "unknown",
    "within_order",
]
