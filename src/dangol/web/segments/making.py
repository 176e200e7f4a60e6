"""A list of customers on another page becomes a segment: the form on that page, and what it leads to."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from dangol.base.errors import BadInput, TooMuch
from dangol.insight.segments import actions
from dangol.insight.segments.rules import Condition, Group
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request

LONGEST_NAME = 120


def form(request: Request, address: str, name: str) -> dict[str, Any]:
    """What segments/make.html needs: where it posts to, and the name it offers. Empty for those who may not."""
    by = request.user
    if not (may(by, Right.INSIGHT_VIEW) and may(by, Right.CUSTOMERS_VIEW)):
        return {}
    return {"make": {"url": address, "name": name[:LONGEST_NAME]}}


def live_form(request: Request, address: str, name: str, follows: str = "") -> dict[str, Any]:
    """The same for a live segment, which needs no look at the customers themselves.

    follows: what becomes of it when what it asks for changes.
    """
    if not may(request.user, Right.INSIGHT_VIEW):
        return {}
    return {"make": {"url": address, "name": name[:LONGEST_NAME], "live": True, "follows": follows}}


def make_live(request: Request, *conditions: Condition, back: str) -> HttpResponse:
    """Save who meets all conditions as a live segment under the name that was typed and go to it."""
    try:
        made = actions.create(by=request.user, name=request.POST.get("name", ""), root=Group(parts=conditions),
                              keeps_draft=True)  # fmt: skip
    except (BadInput, TooMuch) as error:
        messages.error(request, sentence(error))
        return redirect(back)
    messages.success(request, gettext("The segment is kept; it is being worked out."))
    return redirect("segments:one", made.id)


def make(request: Request, ids: Iterable[int], *, origin: str, back: str) -> HttpResponse:
    """Save the customers as a segment under the name that was typed and go to it; say what is wrong with the name.

    ids: those the reader may see. back: the page of the list, to which a refused form leads. Raises NotAllowed.
    """
    try:
        made = actions.create_static(
            by=request.user, name=request.POST.get("name", ""), customer_ids=ids, origin=origin
        )  # fmt: skip
    except (BadInput, TooMuch) as error:
        messages.error(request, sentence(error))
        return redirect(back)
    messages.success(request, gettext("The list was saved."))
    return redirect("segments:one", made.id)
