"""A table of figures: its heads, its cells, and what each cell amounts to in the way it is shown."""

from dataclasses import dataclass, field
from typing import Any

from dangol.reports import fields as catalogue
from dangol.reports import growth
from dangol.reports.asked import GROWTH, OF_COLUMN, OF_ROW, OF_TOTAL, Asked, Figure, Path
from dangol.reports.fields import Fields

OTHERS = "\0others"  # stands where a member's value would, for all that were cut off
SMALL_GROUP = 5
MOST_LINES = 1_000  # of a table on a page
BUYERS = "buying_customers"
Key = tuple[Path, Path]
Figures = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """A row or column of the table. path: its values from outside in, () for the total.

    unfolds: whether there is a level below it; drills_to: the dimension that could be put below. whole: False where
    the data begins or ends inside of its period. count: how many members stand behind "others".
    """

    path: Path
    name: str = ""
    kind: str = "member"  # member, others, total
    unfolds: bool = False
    unfolded: bool = False
    drills_to: str = ""
    whole: bool = True
    count: int = 0

    @property
    def depth(self) -> int:
        """How far it is set in; 0 for the outermost."""
        return max(len(self.path) - 1, 0)


@dataclass
class Grid:
    """The table. values: (row, column) -> measure -> figure; bases: the same for what growth compares with.

    questions: how often the engine was asked. notes: sentences (template, params) about limits and what is not whole.
    """

    asked: Asked
    fields: Fields
    rows: list[Head] = field(default_factory=list)
    columns: list[Head] = field(default_factory=list)
    values: dict[Key, dict[str, Any]] = field(default_factory=dict)
    bases: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    as_of: str = ""
    newest: bool = True
    currency: str = ""
    generated: set[str] = field(default_factory=set)
    questions: int = 0
    groups: int = 0
    guarded: bool = False

    @property
    def cut(self) -> bool:
        """Whether it shows the largest rows or columns only, or as many lines as a page has room for."""
        return len(self.rows) > MOST_LINES or any(head.kind == "others" for head in (*self.rows, *self.columns))

    def raw(self, row: Path, column: Path, measure: str) -> Any:
        """A measure at a cell; 0 where sums and counts have nothing, None where there is not enough data."""
        found = self.values.get((row, column))
        if found is None:
            known = (row, ()) in self.values and ((), column) in self.values
            return 0 if known and self.fields.measures[measure].zero else None
        return found.get(measure)

    def folded(self, row: Path, column: Path) -> bool:
        """Whether so few people stand behind a cell that the member may not see its figures."""
        if not self.guarded:
            return False
        found = self.values.get((row, column), {})
        return any(0 < (found.get(name) or 0) < SMALL_GROUP for name in (BUYERS, *catalogue.PEOPLE))

    def figure(self, row: Path, column: Path, figure: Figure) -> Any:
        """A figure at a cell; None where there is not enough data."""
        if self.folded(row, column):
            return None
        value = self.raw(row, column, figure.measure)
        if figure.kind in GROWTH:
            before = self.bases.get(figure.kind, {}).get((row, column), {}).get(figure.measure)
            points = self.fields.measures[figure.measure].unit == "share"
            return growth.change(value, before, points=points)
        if figure.kind in (OF_TOTAL, OF_ROW, OF_COLUMN):
            whole = {OF_TOTAL: ((), ()), OF_ROW: (row, ()), OF_COLUMN: ((), column)}[figure.kind]
            below = self.values.get(whole, {}).get(figure.measure)
            return value / below if below and value is not None else None
        return value

    def unit(self, figure: Figure) -> str:
        """The unit of a figure as it is shown: shares and growth have their own."""
        unit = self.fields.measures[figure.measure].unit
        if figure.kind in GROWTH:
            return "points" if unit == "share" else "change"
        return "share" if figure.kind else unit
