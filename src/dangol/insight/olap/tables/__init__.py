"""Measures by dimensions as Ibis expressions, the same on DuckDB and Spark.

Every family of measures is one table: the dimensions of the question as columns `d_<name>` (periods as numbers) and a
column a figure. Missing values of dimensions stay missing and form a group of their own; so grouping and windows are
used where a join on dimensions would lose them.
"""

from dangol.insight.olap.tables.codes import coded
from dangol.insight.olap.tables.conditions import met
from dangol.insight.olap.tables.facts import facts, order_keys, sold
from dangol.insight.olap.tables.people import base, cycle, people, retention
from dangol.insight.olap.tables.ranks import placed
from dangol.insight.olap.tables.reached import reached
from dangol.insight.olap.tables.sales import best_shares, sales
from dangol.insight.olap.tables.shape import Question, Star, column, period, whole

__all__ = [
    "Question",
    "Star",
    "base",
    "best_shares",
    "coded",
    "column",
    "cycle",
    "facts",
    "met",
    "order_keys",
    "people",
    "period",
    "placed",
    "reached",
    "retention",
    "sales",
    "sold",
    "whole",
]
