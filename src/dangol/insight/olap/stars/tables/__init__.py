"""A declared star as Ibis expressions, the same on DuckDB and Spark: text cells in, facts in, figures out."""

from dangol.insight.olap.stars.tables.cells import LINE, lost, repeated, typed, unfit
from dangol.insight.olap.stars.tables.facts import DAY, Read, dated, facts
from dangol.insight.olap.stars.tables.figures import families

__all__ = ["DAY", "LINE", "Read", "dated", "facts", "families", "lost", "repeated", "typed", "unfit"]
