"""The organisation tree, and what each role may do."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import DangolError
from dangol.staff import actions, reads
from dangol.staff.rules import COMPANY_WIDE, OWN_ONLY, RIGHT_NAMES, ROLE_NAMES, UNIT_KINDS, Right
from dangol.web.admin.forms import ChangeUnit, NewUnit
from dangol.web.entry.forms import told
from dangol.web.entry.proof import ask_proof
from dangol.web.shell import Request, page


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def units(request: Request) -> HttpResponse:
    """The tree, and adding a unit to it."""
    tree = reads.unit_tree(request.user)
    form = NewUnit(request.POST or None, units=tree)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.create_unit(by=request.user, name=given["name"], kind=given["kind"], parent_id=given["parent"])
        except DangolError as error:
            told(form, error)
        else:
            messages.success(request, gettext("The unit was added."))
            return HttpResponseRedirect(reverse("admin:units"))
    variables = {"units": [(unit, UNIT_KINDS[unit.kind]) for unit in tree], "form": form}
    return render(request, "admin/units.html", variables, status=422 if form.errors else 200)


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def unit(request: Request, unit_id: int) -> HttpResponse:
    """Rename or move a unit."""
    by = request.user
    shown = reads.unit(by, unit_id)
    if (ask := ask_proof(request, request.path)) is not None:
        return ask
    others = [one for one in reads.unit_tree(by) if not one.path.startswith(shown.path)]
    form = ChangeUnit(request.POST or None, units=others, initial={"name": shown.name, "parent": shown.parent_id})
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        moves = given["parent"] != shown.parent_id
        try:
            actions.change_unit(by=by, unit_id=unit_id, name=given["name"], moves=moves, parent_id=given["parent"])
        except DangolError as error:
            told(form, error)
        else:
            messages.success(request, gettext("The unit was saved."))
            return HttpResponseRedirect(reverse("admin:units"))
    variables = {"unit": shown, "kind": UNIT_KINDS[shown.kind], "form": form}
    return render(request, "admin/unit.html", variables, status=422 if form.errors else 200)


@page(Right.STAFF_MANAGE)
def rights(request: Request) -> HttpResponse:
    """Which role may do what, and whose customers it sees."""
    matrix = reads.rights_matrix()
    roles = [role for role, _held in matrix]
    rows = [{"name": name, "cells": [held[right] for _role, held in matrix]} for right, name in RIGHT_NAMES.items()]
    scopes = ["all" if role in COMPANY_WIDE else "own" if role in OWN_ONLY else "unit" for role in roles]
    return render(
        request, "admin/rights.html", {"rows": rows, "roles": [ROLE_NAMES[role] for role in roles], "scopes": scopes}
    )
