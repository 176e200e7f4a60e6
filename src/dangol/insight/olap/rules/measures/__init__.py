"""The measures of the company's own star, with their definitions and the words people call them by."""

from collections.abc import Mapping

from dangol.insight.olap.rules.items import Measure
from dangol.insight.olap.rules.measures.people import PEOPLE
from dangol.insight.olap.rules.measures.reached import REACHED
from dangol.insight.olap.rules.measures.sales import SALES

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in (*SALES, *PEOPLE, *REACHED)}

__all__ = ["MEASURES"]
