"""The customer list."""

from django.http import HttpResponseBase

from dangol.customers.identify.rules import clues
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.customers.lists import CUSTOMERS
from dangol.web.shell import Request, page


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def index(request: Request) -> HttpResponseBase:
    """The list: search, filters, views, bulk work, export."""
    request.user.request_address = address_of(request)
    answer = CUSTOMERS.respond(request, "customers/list.html")
    text = request.GET.get("q", "").strip()
    if text and request.method == "GET":
        _note_search(request, text)
    return answer


def _note_search(request: Request, text: str) -> None:
    """A search by a person's data goes to the access log: by what was searched, not the text itself."""
    meant = sorted({clue.field for clue in clues(text[:100], unmasked=may(request.user, Right.CUSTOMERS_UNMASK))})
    counted = getattr(request.user, "customers_counted", None)
    note_access(
        by=request.user, verb="search", what="customers", count=counted[1].n if counted else 0,
        address=address_of(request), detail={"by": meant},
    )  # fmt: skip
