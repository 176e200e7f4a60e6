"""Merge two customers with a preview, part them again, claim an un-named one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.identify import reads as customers
from dangol.customers.identify.matching import actions, reads
from dangol.customers.identify.rules import FIELD_NAMES, TEXT_LIMIT, CustomerQuery
from dangol.staff.actions import note_access
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.customers.pairs import GENDERS
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

FOUND = 20


@page(Right.CUSTOMERS_MERGE, methods=("GET", "POST"))
def merge(request: Request, customer_id: int) -> HttpResponse:
    """Find the other one, see what would follow, merge."""
    person = customers.customer(request.user, customer_id)
    other = _number(request.POST.get("with") or request.GET.get("with", ""))
    problem = ""
    if request.method == "POST" and other:
        kept, gone = (other, person.id) if request.POST.get("kept") == str(other) else (person.id, other)
        try:
            actions.merge(by=request.user, kept_id=kept, gone_id=gone, note=request.POST.get("note", ""),
                          address=address_of(request))  # fmt: skip
            messages.success(request, gettext("The two are one customer now. Figures follow with the next cycle."))
            return HttpResponseRedirect(reverse("customers:one", args=[kept]))
        except (Conflict, BadInput) as error:
            problem = sentence(error)
    context: dict[str, Any] = {"person": person, "problem": problem, "q": request.GET.get("q", "").strip()[:TEXT_LIMIT]}
    if other and not problem:
        context |= _preview(request, person.id, other)
    elif context["q"]:
        context["found"] = _search(request, context["q"], person.id)
    return render(request, "customers/merge.html", context, status=409 if problem else 200)


def _preview(request: Request, one: int, other: int) -> dict[str, Any]:
    """What the merge would make, the one that stays first: by the address, else the one the page began with."""
    swapped = request.GET.get("kept") == str(other)
    kept, gone = (other, one) if swapped else (one, other)
    found = reads.preview(request.user, kept, gone)
    note_access(by=request.user, verb="view", what="customer pair", customer_id=kept, count=2,
                address=address_of(request))  # fmt: skip
    rows = [
        {
            "name": gettext(FIELD_NAMES[row.field]), "reason": gettext(row.reason), "agree": row.agree,
            **{side: GENDERS.get(value, value) if row.field == "gender" else value
               for side, value in (("kept", row.kept), ("gone", row.gone), ("result", row.result))},
        }
        for row in found.fields
    ]  # fmt: skip
    return {"preview": found, "rows": rows, "other": other}


def _search(request: Request, text: str, but: int) -> list[customers.Row]:
    found = customers.search(request.user, CustomerQuery(text=text, size=FOUND + 1))
    note_access(by=request.user, verb="search", what="customers", count=found.count, address=address_of(request))
    return [row for row in found.rows if row.id != but][:FOUND]


@page(Right.CUSTOMERS_MERGE, methods=("POST",))
def claim(request: Request, customer_id: int) -> HttpResponse:
    """An un-named customer's code, or a source's key, belongs to this person."""
    try:
        actions.claim(by=request.user, customer_id=customer_id, code=request.POST.get("code", ""),
                      note=request.POST.get("note", ""), address=address_of(request))  # fmt: skip
    except (Conflict, BadInput, NotFound) as error:
        person = customers.customer(request.user, customer_id)
        context = {"person": person, "claim_problem": sentence(error), "code": request.POST.get("code", "")[:120]}
        return render(request, "customers/merge.html", context, status=409)
    messages.success(request, gettext("The code is this customer’s now, with its purchases."))
    return HttpResponseRedirect(reverse("customers:one", args=[customer_id]))


@page(Right.CUSTOMERS_MERGE, methods=("POST",))
def part(request: Request, customer_id: int) -> HttpResponse:
    """Take a merge back."""
    try:
        actions.part(by=request.user, customer_id=customer_id, note=request.POST.get("note", ""),
                     address=address_of(request))  # fmt: skip
        messages.success(request, gettext("The two are apart again, each with what belongs to it."))
    except Conflict as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("customers:history", args=[customer_id]))


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput("This address is not valid. Choose the customer again.", field="with")
    return int(text) if text else 0
