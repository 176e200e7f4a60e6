"""The list kit: a list declared once gives search, filters, sort, columns, views, selection, bulk work and export.

    CUSTOMERS = ListPage(
        name="customers", title=_("Customers"),
        columns=(Column("name", _("Name"), link=lambda row: reverse("customers:one", args=[row["id"]])), ...),
        filters=(Choice("segment", _("Segment"), choices=segments), Range("amount", _("Sales"), kind="money"), ...),
        rows=rows, count=count,
    )

    @page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
    def index(request):
        return CUSTOMERS.respond(request, "customers/list.html")

The template extends frame/page.html and says {% include "kit/list.html" %}. The whole state is in the address.
"""

from dangol.web.lists.parts import Bulk, Choice, Column, Count, Days, Filter, Flag, Page, Range, Selection
from dangol.web.lists.state import ListState
from dangol.web.lists.view import ListPage

__all__ = [
    "Bulk",
    "Choice",
    "Column",
    "Count",
    "Days",
    "Filter",
    "Flag",
    "ListPage",
    "ListState",
    "Page",
    "Range",
    "Selection",
]
