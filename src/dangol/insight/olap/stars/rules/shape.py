"""A checked description of a star: tables, facts, trees of members, and how each measure is computed."""

from collections.abc import Mapping
from dataclasses import dataclass

from dangol.insight.olap.rules import Formula, Model

RANKS = ("rank", "decile", "percentile")
PIECES = ("hour", "weekday", "day", "month", "quarter", "year")


@dataclass(frozen=True)
class Column:
    """A column of a table. header: its name in the file; kind: one of KINDS without the places; scale: decimals."""

    name: str
    header: str
    kind: str
    scale: int = 0


@dataclass(frozen=True)
class Table:
    """A table of the star. key: the column that names a row; joins: own column -> table whose key it holds."""

    name: str
    files: tuple[str, ...]
    columns: Mapping[str, Column]
    key: str
    joins: Mapping[str, str]


@dataclass(frozen=True)
class Fact:
    """A table whose rows are counted. date: table and column of the day a row belongs to, None where it has none.

    paths: every table that can be reached -> the table before it and the column there that holds its key.
    """

    name: str
    table: str
    date: tuple[str, str] | None
    paths: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Tree:
    """Members that lie below one another: a table, the column shown, the column with the parent's key."""

    name: str
    table: str
    column: str
    parent: str

    @property
    def of(self) -> str:
        """The table of all pairs of member and ancestor."""
        return f"{self.name}_tree"


@dataclass(frozen=True)
class Figure:
    """How a measure is computed from a fact. way: sum, count, distinct, avg, median, min, max.

    over_time: last, first or ""; alone: the tree of whose members only their own rows count, without those below.
    """

    name: str
    fact: str
    way: str
    of: Formula | None
    over_time: str = ""
    alone: str = ""


@dataclass(frozen=True)
class Star:
    """A whole declaration.

    hides: level of a ragged hierarchy -> the level above; a member named like it is skipped. pieces: dimension -> which
    part of its day it is, one of PIECES. ranks: dimension -> which rank of its column's values it is, one of RANKS.
    """

    tables: Mapping[str, Table]
    facts: Mapping[str, Fact]
    trees: Mapping[str, Tree]
    figures: Mapping[str, Figure]
    hides: Mapping[str, str]
    pieces: Mapping[str, str]
    ranks: Mapping[str, str]
    currency: str
    model: Model

    @property
    def kept(self) -> frozenset[str]:
        """The tables that lie in a snapshot as they are: all but those that are only facts."""
        joined = {target for table in self.tables.values() for target in table.joins.values()}
        return frozenset(set(self.tables) - {fact.table for fact in self.facts.values()} | joined)
