"""Kept views at the explorer: the tabs, what was changed, and keeping, sharing, renaming and removing them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.reports import actions, reads
from dangol.reports.reads import ViewOfFigures
from dangol.staff.rules import ROLE_NAMES, Right, Role
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

TABS = 8


@dataclass(frozen=True)
class Bar:
    """The views around the present state. changed: it differs from the chosen view, or from a fresh page."""

    tabs: list[tuple[ViewOfFigures, str, bool]]
    chosen: ViewOfFigures | None
    changed: bool
    discard: str
    more: int


def address_of(view: ViewOfFigures) -> str:
    """Where a view opens."""
    return f"{reverse('explorer:explorer')}?{view.query}&{urlencode({'view': view.id})}"


def bar(by: Any, query: str, view: str) -> Bar:
    """The tabs and whether the state of an address differs from the view it began with."""
    found = reads.views(by)
    chosen = next((one for one in found if str(one.id) == view), None)
    ordered = sorted(found, key=lambda one: (one is not chosen, not one.own))
    tabs = sorted(ordered[:TABS], key=lambda one: one.name)
    return Bar(
        [(one, address_of(one), one is chosen) for one in tabs], chosen, chosen is not None and chosen.query != query,
        address_of(chosen) if chosen else "", len(found) - len(tabs),
    )  # fmt: skip


def usual(by: Any) -> str:
    """Where the explorer opens for a member who chose a view for that; else empty."""
    return next((address_of(one) for one in reads.views(by) if one.usual), "")


@page(Right.INSIGHT_VIEW)
def views(request: Request) -> HttpResponseBase:
    """All views a member may open."""
    return render(request, "explorer/kept.html", {
        "views": [(one, address_of(one), [ROLE_NAMES[Role(role)] for role in one.roles])
                  for one in reads.views(request.user)],
        "mailings": reads.mailings(request.user),
    })  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("POST",))
def act(request: Request) -> HttpResponseBase:
    """What a form of the bar asks for."""
    given = request.POST
    query = given.get("query", "")[:8000]
    view_id = int(given["view"]) if given.get("view", "").isdecimal() and len(given["view"]) < 10 else 0
    back = f"{reverse('explorer:explorer')}?{query}" + (f"&view={view_id}" if view_id else "")
    try:
        return HttpResponseRedirect(_done(request, given.get("act", ""), query, view_id) or back)
    except (BadInput, Conflict) as error:
        messages.warning(request, sentence(error))
        return HttpResponseRedirect(back)


def _done(request: Request, act: str, query: str, view_id: int) -> str:
    """Where to go after an action; empty: back to the state it came from."""
    by, given = request.user, request.POST
    version = int(given["version"]) if given.get("version", "").isdecimal() and len(given["version"]) < 9 else None
    if act == "keep":
        made = actions.keep(by=by, name=given.get("name", ""), query=query, **_sharing(request))
        messages.success(request, gettext("The view was saved."))
        return address_of(reads.seen(by, made))
    if act == "save":
        actions.change(by=by, view_id=view_id, query=query, version=version)
        messages.success(request, gettext("The view was saved."))
        return address_of(reads.seen(by, view_id))
    if act == "change":
        actions.change(by=by, view_id=view_id, name=given.get("name", ""), usual=given.get("usual") == "1",
                       version=version, **_sharing(request))  # fmt: skip
        messages.success(request, gettext("The view was changed."))
        return ""
    if act == "remove":
        actions.remove(by=by, view_id=view_id)
        messages.success(request, render_to_string("explorer/undo.html", {"view": view_id}, request))
        return f"{reverse('explorer:explorer')}?{query}"
    if act == "restore":
        actions.restore(by=by, view_id=view_id)
        return address_of(reads.seen(by, view_id))
    raise NotFound("There is no such action.")


def _sharing(request: Request) -> dict[str, Any]:
    return {"shared": request.POST.get("shared", ""), "roles": request.POST.getlist("roles")}


def roles() -> list[tuple[str, str]]:
    """Roles a view can be shared with."""
    return [(role.value, gettext(ROLE_NAMES[role])) for role in Role]
