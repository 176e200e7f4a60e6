"""The customers behind a cell, as a list: their number is that of the cell's buying customers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import MAX_PAGE, CustomerQuery
from dangol.insight.olap import behind as olap
from dangol.reports import show
from dangol.staff.rules import Right
from dangol.web.explorer import panels
from dangol.web.explorer.board import state_of
from dangol.web.lists import Column, Count, Filter, ListPage, ListState, Page
from dangol.web.segments import making
from dangol.web.shell import Request, page

LONGEST = 4000


class Cell(Filter):
    """The condition of a cell."""

    def parse(self, given: QueryDict) -> str | None:
        return given.get(self.key, "").strip()[:LONGEST] or None


CELL = Cell("cell", _("Condition of the cell"))


def _where(state: ListState) -> str:
    return str(state.filters.get("cell", ""))


def _asked(state: ListState, start: int, limit: int) -> olap.Behind:
    """The page of customers; the kit asks for it and its count, the engine is asked once."""
    key = (_where(state), state.sort, state.descending, start, limit)
    known = state.by.__dict__.setdefault("behind_cells", {})
    if key not in known:
        order = ("-" if state.descending else "") + (state.sort or "sales_amount")
        known[key] = olap.customers(state.by, _where(state), order=order, start=start, limit=limit)
    return known[key]  # type: ignore[no-any-return]


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isascii() and after.isdecimal() and len(after) < 9 else 0
    found = _asked(state, start, limit)
    rows = list(_named(state, found))
    more = start + limit < found.count
    return Page(rows, str(start + limit) if more else None, str(max(0, start - limit)) if start else None)


def _named(state: ListState, found: olap.Behind) -> Iterator[Any]:
    """The rows with what the list of customers knows of each."""
    ids = [int(row["customer_id"]) for row in found.rows]
    people: dict[int, Any] = {}
    for start in range(0, len(ids), MAX_PAGE):
        wanted = tuple(ids[start : start + MAX_PAGE])
        people |= {one.id: one for one in identify.search(state.by, CustomerQuery(ids=wanted, size=MAX_PAGE)).rows}
    for row in found.rows:
        if one := people.get(int(row["customer_id"])):
            yield SimpleNamespace(**vars(one) | {"label": one.label, "sales_amount": row["sales_amount"],
                                                 "orders": row["orders"], "last_day": row["last_day"]})  # fmt: skip


def _count(state: ListState, exact: bool) -> Count:
    known = state.by.__dict__.get("behind_cells", {})
    found = next((one for key, one in known.items() if key[0] == _where(state)), None)
    return Count((found or _asked(state, 0, 1)).count)


CUSTOMERS = ListPage(
    name="explorer-customers",
    title=_("Customers behind a figure"),
    unit=pgettext_lazy("counted", "customers"),
    columns=(
        Column("name", _("Customer"), value=lambda row: row.label,
               link=lambda row: reverse("customers:one", args=[row.id]),
               generated=lambda row: "name" in row.generated),
        Column("segment", _("Segment"), "badge", value=lambda row: ("plain", row.segment) if row.segment else None),
        Column("sales_amount", _("Sales in this cell"), "money", sortable=True),
        Column("orders", _("Orders in this cell"), "number", sortable=True),
        Column("last_day", _("Last purchase in this cell"), "day", sortable=True),
        Column("rep", _("Rep in charge"), generated=lambda row: "rep" in row.generated),
        Column("unit", _("Branch"), generated=lambda row: "unit" in row.generated),
        Column("code", _("Customer code"), shown=False),
    ),
    filters=(CELL,),
    rows=_rows,
    count=_count,
    sort="-sales_amount",
    export_right=Right.CUSTOMERS_EXPORT,
    saved=False,
    empty=(_("Nobody bought here"), _("No customer has a sales line in this cell."), "/explorer/",
           _("To the explorer")),
)  # fmt: skip


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def behind(request: Request) -> HttpResponseBase:
    """The list. Asked for a cell of a table, it goes to the condition of that cell, so that its address stays."""
    if "at" in request.GET:
        asked, fields, _view = state_of(request)
        row, column = panels.cell_of(request, asked)
        given = QueryDict(mutable=True)
        given["cell"] = panels.condition_of(asked, fields, row, column)
        return HttpResponseRedirect(f"{request.path}?{given.urlencode()}")
    name = show.condition(_cell(request)) or gettext("All customers with a purchase")
    address = reverse("explorer:customers_segment") + "?" + urlencode({"cell": _cell(request)})
    return CUSTOMERS.respond(request, "explorer/customers.html", making.form(request, address, name))


@page(Right.CUSTOMERS_VIEW, methods=("POST",))
def segment(request: Request) -> HttpResponseBase:
    """Make a segment of everybody behind the cell. Raises NotAllowed without the right to see figures."""
    where = _cell(request)
    origin = " · ".join(part for part in (gettext("Explorer"), show.condition(where)) if part)
    return making.make(
        request,
        olap.ids(request.user, where),
        origin=origin,
        back=f"{reverse('explorer:customers')}?{request.GET.urlencode()}",
    )


def _cell(request: Request) -> str:
    return CELL.parse(request.GET) or ""
