"""The state of a list, read from its address and written back to it: the address is the whole state."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import QueryDict

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage

TEXT_LIMIT = 200
SIZES = (25, 50, 100, 200)


@dataclass(frozen=True)
class ListState:
    """What a list shows: the data source reads `by`, `text`, `filters`, `sort`, `descending`.

    filters: key -> value, only those that are set: a tuple of values (Choice), True (Flag), (from, to) with None for
    open ends (Range, Days), text. sort: key of a sortable column. after: where the page begins.
    """

    by: Any
    text: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    columns: tuple[str, ...] = ()
    after: str | None = None
    size: int = SIZES[1]
    view: int | None = None
    exact: bool = False
    default_sort: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether a search or a filter is set."""
        return bool(self.text or self.filters)

    def but(self, **changes: Any) -> "ListState":
        """The state with changes; it begins at the first page again unless `after` is among them."""
        return replace(self, **{"after": None, "exact": False} | changes)


def read(page: "ListPage", by: Any, given: QueryDict) -> ListState:
    """The state in an address. Unknown names are ignored; nonsense values raise BadInput."""
    sort = given.get("sort", "") or page.sort
    key = sort.removeprefix("-")
    if key not in {column.key for column in page.columns if column.sortable}:
        sort, key = page.sort, page.sort.removeprefix("-")
    known = [column.key for column in page.columns]
    asked = [name for part in given.getlist("cols") for name in part.split(",")]
    chosen = tuple(name for name in known if name in asked or name == known[0]) if asked else ()
    size, view = given.get("size", ""), given.get("view", "")
    filters = {one.key: value for one in page.filters if (value := one.parse(given)) is not None}
    return ListState(
        by=by,
        text=given.get("q", "").replace("\x00", "").strip()[:TEXT_LIMIT],
        filters=filters,
        sort=key,
        descending=sort.startswith("-"),
        columns=chosen,
        after=given.get("after") or None,
        size=int(size) if size.isdecimal() and int(size) in SIZES else page.size,
        view=int(view) if view.isdecimal() and len(view) < 10 else None,
        exact=given.get("exact") == "1",
        default_sort=page.sort,
    )


def pairs(page: "ListPage", state: ListState) -> list[tuple[str, str]]:
    """What a saved view keeps: search, filters, sort, columns, page size; in a fixed order."""
    found: list[tuple[str, str]] = [("q", state.text)] if state.text else []
    for one in page.filters:
        if one.key in state.filters:
            found += one.query(state.filters[one.key])
    sort = ("-" if state.descending else "") + state.sort
    if sort != page.sort:
        found.append(("sort", sort))
    if state.columns and state.columns != page.usual_columns:
        found.append(("cols", ",".join(state.columns)))
    if state.size != page.size:
        found.append(("size", str(state.size)))
    return found


def query(page: "ListPage", state: ListState) -> str:
    """The whole address of a state, from \"?\" on."""
    found = pairs(page, state)
    if state.view is not None:
        found.append(("view", str(state.view)))
    if state.after is not None:
        found.append(("after", state.after))
    return "?" + urlencode(found)


def canonical(page: "ListPage", by: Any, text: str) -> str:
    """A saved query in the form `pairs` would write it, so that two spellings of one view compare equal."""
    return urlencode(pairs(page, read(page, by, QueryDict(text))))
