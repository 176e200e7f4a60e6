"""What a list's template shows, worked out from its declaration and state."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dangol.base.errors import BadInput
from dangol.staff import reads as staff
from dangol.web.lists.parts import Choice, Column, Days, Filter, Range
from dangol.web.lists.state import SIZES, ListState, pairs, query
from dangol.web.lists.views import bar
from dangol.web.sentences import sentence
from dangol.web.templatetags.dangol import NUMERIC

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage


@dataclass(frozen=True)
class Head:
    """A column's heading: where a click on it leads, and how it is sorted now."""

    column: Column
    url: str
    order: str  # ascending, descending or nothing
    numeric: bool


@dataclass(frozen=True)
class Cell:
    """One value of a row."""

    column: Column
    value: Any
    url: str
    numeric: bool
    generated: bool
    beside: str

    @property
    def blank(self) -> bool:
        """Whether there is nothing to show (left out of the card on a phone)."""
        return self.value is None or self.value == ""


@dataclass(frozen=True)
class Line:
    """A row as shown."""

    id: str
    name: Any
    cells: list[Cell]


def board(page: "ListPage", state: ListState, path: str, problem: BadInput | None = None) -> dict[str, Any]:
    """Everything the list's template shows."""
    columns = [column for column in page.columns if column.key in (state.columns or page.usual_columns)]
    found = page.rows(state, state.size, state.after)
    counted_now = counted(page, state)
    return counted_now | {
        "path": path,
        "page": page,
        "state": state,
        "problem": sentence(problem) if problem else "",
        "heads": [_head(page, state, path, column) for column in columns],
        "lines": [_line(page, row, columns) for row in found.rows],
        "chips": _chips(page, state, path),
        "filters": [_control(one, state) for one in page.filters],
        "columns": [(column, column in columns) for column in page.columns[1:]],
        "bulk": [
            (one, one.options(state.by)) for one in page.bulk if one.right is None or staff.may(state.by, one.right)
        ],
        "may_export": page.export_right is not None and staff.may(state.by, page.export_right),
        "bar": bar(page, state, path),
        "here": path + query(page, state),
        "keep": [(name, value) for name, value in pairs(page, state) if name in ("sort", "cols", "size")],
        "carry": [(name, value) for name, value in pairs(page, state) if name not in ("cols", "size")] + _view(state),
        "view": state.view,
        "next": path + query(page, state.but(after=found.next)) if found.next else "",
        "previous": path + query(page, state.but(after=found.previous or None)) if found.previous is not None else "",
        "first": path + query(page, state.but()) if state.after else "",
        "clear": path + query(page, state.but(text="", filters={})),
        "sizes": SIZES,
    }


def _view(state: ListState) -> list[tuple[str, str]]:
    return [] if state.view is None else [("view", str(state.view))]


def counted(page: "ListPage", state: ListState) -> dict[str, Any]:
    """How many rows match; to a cap unless the member asked for the exact number."""
    return {
        "count": page.count(state, state.exact),
        "exact_url": query(page, replace(state, after=None, exact=False)) + "&exact=1",
        "unit": page.unit,
    }


def _head(page: "ListPage", state: ListState, path: str, column: Column) -> Head:
    numeric = column.kind in NUMERIC
    if not column.sortable:
        return Head(column, "", "", numeric)
    here = state.sort == column.key
    # A figure is first wanted from the largest down, a name from the first up; a second click turns it round.
    turned = not state.descending if here else numeric
    order = ("descending" if state.descending else "ascending") if here else ""
    return Head(column, path + query(page, state.but(sort=column.key, descending=turned)), order, numeric)


def _line(page: "ListPage", row: Any, columns: list[Column]) -> Line:
    cells = [
        Cell(
            column,
            column.of(row),
            column.link(row) if column.link else "",
            column.kind in NUMERIC,
            bool(column.generated and column.generated(row)),
            column.beside(row) if column.beside else "",
        )
        for column in columns
    ]
    return Line(page.id_of(row), cells[0].value, cells)


def _chips(page: "ListPage", state: ListState, path: str) -> list[tuple[str, str, str]]:
    """(label, words, address without it) for every filter that is set."""
    return [
        (str(one.label), _words(one, state), path + query(page, state.but(filters=_without(state.filters, one.key))))
        for one in page.filters
        if one.key in state.filters
    ]


def _without(filters: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if name != key}


def _words(one: Filter, state: ListState) -> str:
    value = state.filters[one.key]
    if isinstance(one, Choice):
        labels = {key: str(label) for key, label in one.options(state.by)}
        return ", ".join(labels.get(part, part) for part in value)
    return one.words(value)


def _control(one: Filter, state: ListState) -> dict[str, Any]:
    """A filter as its control shows it."""
    value = state.filters.get(one.key)
    ends = dict(one.query(value)) if value is not None and isinstance(one, Range | Days) else {}
    options = []
    if isinstance(one, Choice):
        options = [(key, label, key in (value or ())) for key, label in one.options(state.by)]
    return {
        "filter": one, "value": value, "options": options, "from": ends.get(f"{one.key}.from", ""),
        "to": ends.get(f"{one.key}.to", ""),
    }  # fmt: skip
