"""The dimensions of the company's own star, with their definitions and the words people call them by."""

from collections.abc import Mapping

from dangol.insight.olap.rules.dimensions.reached import REACHED
from dangol.insight.olap.rules.dimensions.sold import SOLD
from dangol.insight.olap.rules.items import Dimension

DIMENSIONS: Mapping[str, Dimension] = {dimension.name: dimension for dimension in (*SOLD, *REACHED)}

__all__ = ["DIMENSIONS"]
