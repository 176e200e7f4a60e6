"""What a file that describes a star may say, read into a checked declaration. See docs/stars.md."""

from dangol.insight.olap.stars.rules.fitting import fitting
from dangol.insight.olap.stars.rules.part import NAME
from dangol.insight.olap.stars.rules.reading import declared
from dangol.insight.olap.stars.rules.shape import Column, Fact, Figure, Star, Table, Tree

__all__ = ["NAME", "Column", "Fact", "Figure", "Star", "Table", "Tree", "declared", "fitting"]
