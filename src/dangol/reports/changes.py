"""What somebody does at the explorer: each change gives the state after one step."""

from dataclasses import replace

from dangol.base.errors import BadInput
from dangol.reports.asked import (
    MOST_COLUMN_FIELDS,
    MOST_FIGURES,
    MOST_ROWS_FIELDS,
    Asked,
    Figure,
    Filter,
    Path,
)


def placed(asked: Asked, name: str, shelf: str, at: int | None = None) -> Asked:
    """A dimension put on the rows or columns (from wherever it was), at a place or at the end.

    All levels above a new row field are unfolded, so that what was put there is seen.
    """
    rows, columns = ([one for one in names if one != name] for names in (asked.rows, asked.columns))
    target = rows if shelf == "rows" else columns
    if len(target) >= (MOST_ROWS_FIELDS if shelf == "rows" else MOST_COLUMN_FIELDS):
        most = MOST_ROWS_FIELDS if shelf == "rows" else MOST_COLUMN_FIELDS
        raise BadInput("There is room for {most} fields here. Take one away first.", field=shelf, most=most)
    target.insert(len(target) if at is None else min(at, len(target)), name)
    return _refolded(asked, tuple(rows), tuple(columns))


def taken(asked: Asked, name: str) -> Asked:
    """A dimension taken off the axes."""
    rows, columns = (tuple(one for one in names if one != name) for names in (asked.rows, asked.columns))
    return _refolded(asked, rows, columns)


def _refolded(asked: Asked, rows: tuple[str, ...], columns: tuple[str, ...]) -> Asked:
    """New axes; unfolded rows stay as far as their path still means the same."""
    same = 0
    while same < min(len(rows), len(asked.rows)) and rows[same] == asked.rows[same]:
        same += 1
    kept = tuple(path for path in asked.open if len(path) <= same and len(path) < len(rows))
    shut = tuple(path for path in asked.shut if len(path) <= same)
    sort = "" if "@" in asked.sort and columns != asked.columns else asked.sort
    depth = len(rows) if len(rows) > len(asked.rows) and not kept else min(asked.depth, max(len(rows), 1))
    return replace(asked, rows=rows, columns=columns, open=kept, shut=shut, sort=sort, depth=max(depth, 1))


def turned(asked: Asked) -> Asked:
    """Rows and columns changed for each other. Raises BadInput where the rows have too many fields."""
    if len(asked.rows) > MOST_COLUMN_FIELDS:
        raise BadInput("There is room for {most} fields here. Take one away first.", field="columns",
                       most=MOST_COLUMN_FIELDS)  # fmt: skip
    return replace(asked, rows=asked.columns, columns=asked.rows, open=(), shut=(), sort="",
                   depth=max(len(asked.columns), 1))  # fmt: skip


def shown(asked: Asked, figure: Figure, at: int | None = None) -> Asked:
    """A figure put among the figures, or moved there."""
    rest = [one for one in asked.figures if one != figure]
    rest.insert(len(rest) if at is None else min(at, len(rest)), figure)
    if len(rest) > MOST_FIGURES:
        raise BadInput("There is room for {most} fields here. Take one away first.", field="show", most=MOST_FIGURES)
    return _resorted(asked, tuple(rest))


def hidden(asked: Asked, figure: Figure) -> Asked:
    """A figure taken away."""
    return _resorted(asked, tuple(one for one in asked.figures if one != figure))


def exchanged(asked: Asked, figure: Figure, other: Figure) -> Asked:
    """A figure shown in another way, at the same place."""
    return _resorted(asked, tuple(dict.fromkeys(other if one == figure else one for one in asked.figures)))


def _resorted(asked: Asked, figures: tuple[Figure, ...]) -> Asked:
    """The order goes with the figure it is by."""
    sort = asked.sort
    if sort and not sort.removeprefix("-").startswith("label"):
        sign = "-" if sort.startswith("-") else ""
        place, at, column = sort.removeprefix("-").partition("@")
        old = asked.figures[int(place)]
        sort = f"{sign}{figures.index(old)}{at}{column}" if old in figures else ""
    return replace(asked, figures=figures, sort=sort)


def filtered(asked: Asked, one: Filter) -> Asked:
    """A filter set, in place of one of the same dimension; an empty one takes it away."""
    rest = tuple(other for other in asked.filters if other.name != one.name)
    if one.empty:
        return replace(asked, filters=rest)
    if asked.filter_of(one.name):
        rest = tuple(one if other.name == one.name else other for other in asked.filters)
        return replace(asked, filters=rest)
    return replace(asked, filters=(*rest, one))


def folded(asked: Asked, path: Path) -> Asked:
    """A row unfolded where it was folded, and the other way round. What lies below stays as it was."""
    if path in asked.open:
        return replace(asked, open=tuple(one for one in asked.open if one != path))
    if path in asked.shut:
        return replace(asked, shut=tuple(one for one in asked.shut if one != path))
    if len(path) < asked.depth:
        return replace(asked, shut=(*asked.shut, path))
    return replace(asked, open=(*asked.open, path))


def drilled(asked: Asked, path: Path, finer: str) -> Asked:
    """The next level put below the rows, with this one row unfolded."""
    return replace(asked, rows=(*asked.rows, finer), open=(*asked.open, path),
                   depth=min(asked.depth, len(path)))  # fmt: skip
