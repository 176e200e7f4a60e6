"""What can be asked of a star, and how a question is written."""

from dangol.insight.olap.rules.company import (
    COMPANY,
    HIERARCHIES,
    dimensions_of,
    model_of,
    price_edges,
    weekday,
    within_order,
)
from dangol.insight.olap.rules.conditions import (
    And,
    Between,
    Compare,
    Condition,
    Has,
    In,
    IsNull,
    Not,
    Or,
    Over,
    Recent,
    Under,
    names,
    parts_of,
)
from dangol.insight.olap.rules.declared import is_formula, unknown
from dangol.insight.olap.rules.dimensions import DIMENSIONS
from dangol.insight.olap.rules.formulas import (
    Among,
    Formula,
    among,
    computed,
    formula_names,
    formula_parts,
    groupwise,
)
from dangol.insight.olap.rules.functions import said_formula
from dangol.insight.olap.rules.grammar import parse
from dangol.insight.olap.rules.having import holds
from dangol.insight.olap.rules.items import Dimension, Hierarchy, Measure, Unit, words
from dangol.insight.olap.rules.measures import MEASURES
from dangol.insight.olap.rules.model import (
    MOST_DIMENSIONS,
    MOST_ROWS,
    USUAL_ROWS,
    Conditions,
    Model,
)
from dangol.insight.olap.rules.naming import Words, key, renamed
from dangol.insight.olap.rules.periods import (
    PERIODS,
    finest,
    first_day,
    last_day,
    period_days,
    period_from,
    period_number,
    period_text,
    year_before,
)
from dangol.insight.olap.rules.ranking import over, pinned, ranks
from dangol.insight.olap.rules.saying import said
from dangol.insight.olap.rules.writing import parse_formula

__all__ = [
    "COMPANY",
    "DIMENSIONS",
    "HIERARCHIES",
    "MEASURES",
    "MOST_DIMENSIONS",
    "MOST_ROWS",
    "PERIODS",
    "USUAL_ROWS",
    "Among",
    "And",
    "Between",
    "Compare",
    "Condition",
    "Conditions",
    "Dimension",
    "Formula",
    "Has",
    "Hierarchy",
    "In",
    "IsNull",
    "Measure",
    "Model",
    "Not",
    "Or",
    "Over",
    "Recent",
    "Under",
    "Unit",
    "Words",
    "among",
    "computed",
    "dimensions_of",
    "finest",
    "first_day",
    "formula_names",
    "formula_parts",
    "groupwise",
    "holds",
    "is_formula",
    "key",
    "last_day",
    "model_of",
    "names",
    "over",
    "parse",
    "parse_formula",
    "parts_of",
    "period_days",
    "period_from",
    "period_number",
    "period_text",
    "pinned",
    "price_edges",
    "ranks",
    "renamed",
    "said",
    "said_formula",
    "unknown",
    "weekday",
    "within_order",
    "words",
    "year_before",
]
