"""Retention and breaches."""

import csv
import io
import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import BadInput, DangolError
from dangol.base.formula import guard
from dangol.privacy import actions, reads
from dangol.privacy.reads import Affected, Happening
from dangol.privacy.rules import WHATS
from dangol.staff.rules import Right
from dangol.web.entry.address import address_of
from dangol.web.entry.forms import told
from dangol.web.entry.proof import ask_proof
from dangol.web.privacy import forms
from dangol.web.shell import Request, page

HAPPENING = {"when": "when", "what": "what", "data": "taken", "done": "done", "advice": "advice"}


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def retention(request: Request) -> HttpResponse:
    """What is kept how long and why, what is due, and starting the destruction by hand."""
    if request.method == "POST":
        actions.start_retain(by=request.user)
        messages.success(request, gettext("The destruction has been started. What was destroyed appears below."))
        return HttpResponseRedirect(reverse("privacy:retention"))
    lines = reads.retention(request.user)
    variables = {
        "lines": [line for line in lines if not line.keep.apart], "apart": [line for line in lines if line.keep.apart],
        "whats": WHATS, "past": reads.destructions(request.user), "due": sum(line.due or 0 for line in lines),
    }  # fmt: skip
    return render(request, "privacy/retention.html", variables)


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def breach(request: Request) -> HttpResponse:
    """After a breach: how many people it touched, the words for them, and the list as a file."""
    variables: dict[str, Any] = {"rule": reads.breach_rule()}
    form = forms.Breach(request.POST or None)
    if request.method == "POST":
        if (ask := ask_proof(request, request.path)) is not None:
            return ask
        if form.is_valid():
            try:
                if request.POST.get("act") == "list":
                    return _list(request, form.cleaned_data)
                variables |= _notice(request, form.cleaned_data)
            except DangolError as error:
                told(form, error)
    return render(
        request, "privacy/breach.html", variables | {"form": form}, status=422 if form.errors else 200
    )  # fmt: skip


def _which(given: dict[str, Any]) -> Affected:
    words = [word for word in re.split(r"[\s,;]+", given["customers"]) if word]
    bad = next((word for word in words if not word.isdecimal() or len(word) > 18), None)
    if bad is not None:
        raise BadInput("“{text}” is not a customer’s number.", field="customers", text=bad[:40])
    return Affected(
        customer_ids=[int(word) for word in words], member_id=given["member"], since=given["since"],
        until=given["until"], everybody=given["everybody"],
    )  # fmt: skip


def _notice(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    happening = Happening(**{name: given[field] for name, field in HAPPENING.items()})
    options = settings.DANGOL
    text = reads.notice(
        happening, company=options.company, contact=options.sender_contact, language=given["language"]
    )  # fmt: skip
    return {"notice": text, "people": len(reads.affected(request.user, _which(given)))}


def _list(request: Request, given: dict[str, Any]) -> HttpResponse:
    people = actions.affected_list(
        by=request.user, which=_which(given), reason=given["reason"], address=address_of(request)
    )  # fmt: skip
    out = io.StringIO()
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow([gettext("Customer’s number"), gettext("Name"), gettext("Phone"), gettext("E-mail")])
    for one in people:
        table.writerow([one.id, guard(one.name or one.code), guard(one.phone), guard(one.email)])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="affected.csv"'
    return response
