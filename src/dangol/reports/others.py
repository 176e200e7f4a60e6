"""What the rows and columns that are not shown amount to, and its growth."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dangol.insight.olap.rules import MOST_ROWS, conditions
from dangol.reports import fields as catalogue
from dangol.reports.asked import Path
from dangol.reports.comparing import Level
from dangol.reports.grid import OTHERS, Figures, Key
from dangol.reports.levels import Levels


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


class Others:
    """Taken from the whole where a measure adds up, else asked: different customers of many rows are not their sum."""

    def __init__(self, levels: Levels) -> None:
        self.levels, self.grid = levels, levels.grid
        self.fields, self.asked = levels.fields, levels.asked
        self.additive = [name for name in levels.measures if self.fields.measures[name].additive]
        self.apart = [name for name in levels.measures if not self.fields.measures[name].additive]
        self.columns: list[Path] = []

    def cut(self, columns: list[Path]) -> None:
        """The columns that are shown where some are not; none where all are."""
        self.columns = columns

    # ---- columns -----------------------------------------------------------------------------------------------------

    def of_columns(self, rows: Iterable[Path]) -> None:
        """What the columns that are not shown sum up to in some rows, where a measure adds up."""
        if not self.columns:
            return
        moving = any(self.fields.dimensions[name].is_period for name in self.asked.columns)
        for row in rows:
            key, parts = (row, (OTHERS,)), [(row, column) for column in self.columns]
            self._rest(self.grid.values, (row, ()), parts, key)
            for cells in self.grid.bases.values() if not moving else ():
                self._rest(cells, (row, ()), parts, key)

    # ---- rows --------------------------------------------------------------------------------------------------------

    def of_rows(self, depth: int, left: Mapping[Path, Sequence[Path]]) -> None:
        """What the rows that are not shown amount to. left: parent -> its rows that are shown, where some are not."""
        if not left:
            return
        moving = self.fields.dimensions[self.asked.rows[depth - 1]].is_period
        columns = list(dict.fromkeys([(), *(head.path for head in self.grid.columns if head.kind != "total")]))
        for parent, kept in left.items():
            for column in columns:
                key, parts = ((*parent, OTHERS), column), [(row, column) for row in kept]
                self._rest(self.grid.values, (parent, column), parts, key)
                for cells in self.grid.bases.values() if not moving else ():
                    self._rest(cells, (parent, column), parts, key)
        if self.apart:
            self._ask(depth, left)

    def _rest(self, cells: dict[Key, Figures], whole: Key, parts: Sequence[Key], into: Key) -> None:
        """The whole less its parts."""
        found = cells.get(whole)
        if found is None:
            return
        cells[into] = cells.get(into, {}) | {
            name: found[name] - sum(cells.get(part, {}).get(name) or 0 for part in parts)
            for name in self.additive if found.get(name) is not None
        }  # fmt: skip

    def _ask(self, depth: int, left: Mapping[Path, Sequence[Path]]) -> None:
        """What does not add up, for all parents of a level in one question each axis."""
        outer, name = self.asked.rows[: depth - 1], self.asked.rows[depth - 1]
        if self.fields.dimensions[name].is_period:
            return
        where = self._left_out(outer, name, left)
        if len(where) + len(self.levels.where) > conditions.MOST_CHARACTERS:
            self.levels.note(N_("Others: what does not add up, such as different customers, is not counted for so many "
                                "rows. Show fewer of each level."))  # fmt: skip
            return
        for columns in dict.fromkeys(((), self.asked.columns)):
            self.levels.level(Level(outer, columns), where, limit=MOST_ROWS, tail=(OTHERS,), wanted=self.apart)

    @staticmethod
    def _left_out(outer: Sequence[str], name: str, left: Mapping[Path, Sequence[Path]]) -> str:
        """The condition that a row is one of those not shown, below any of the parents."""
        parts = []
        for parent, kept in left.items():
            on: list[tuple[str, Any]] = list(zip(outer, parent, strict=True))
            out = catalogue.among(name, [row[-1] for row in kept], out=True)
            parts.append(catalogue.both(*(catalogue.among(one, [value]) for one, value in on), out))
        return parts[0] if len(parts) == 1 else " or ".join(f"({one})" for one in parts)
