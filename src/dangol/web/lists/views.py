"""Saved views of a list: which there are, whether the present one was changed, and saving."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from dangol.base.errors import BadInput, NotFound
from dangol.staff import actions, reads
from dangol.web.lists.state import ListState, canonical, query
from dangol.web.shell import Request

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage


@dataclass(frozen=True)
class ViewTab:
    """A saved view as a tab of the list."""

    id: int
    name: str
    url: str
    current: bool
    shared: bool
    own: bool


@dataclass(frozen=True)
class ViewBar:
    """The tabs, and what the present state is to the chosen view."""

    tabs: list[ViewTab]
    changed: bool
    chosen: ViewTab | None
    can_save: bool
    discard_url: str


def saved(page: "ListPage", by: Any) -> list[Any]:
    """The member's own and the shared views of a list."""
    return list(reads.saved_views(by, page.name)) if page.saved else []


def bar(page: "ListPage", state: ListState, path: str) -> ViewBar:
    """The views of a list around its present state."""
    now = page.saved_query(state)
    tabs, chosen, changed = [], None, bool(now)
    for one in saved(page, state.by):
        kept = canonical_or_raw(page, state.by, one.query)
        url = f"{path}?{kept}{'&' if kept else ''}view={one.pk}"
        tab = ViewTab(one.pk, one.name, url, one.pk == state.view, one.shared, one.owner_id == state.by.pk)
        tabs.append(tab)
        if tab.current:
            chosen, changed = tab, kept != now
    return ViewBar(tabs, changed, chosen, page.saved, chosen.url if chosen else path)


def canonical_or_raw(page: "ListPage", by: Any, text: str) -> str:
    """A saved query as the list writes it today; as it is where a value is no longer understood."""
    try:
        return canonical(page, by, text)
    except BadInput:
        return text


def act(page: "ListPage", state: ListState, request: Request, verb: str) -> HttpResponse:
    """Save the present state over its view, or as a new one, or delete a view. Saving as new never touches another."""
    known = {one.pk: one for one in saved(page, state.by)}
    chosen = known.get(state.view) if state.view else None
    back: ListState = state
    if verb == "save_as":
        back = state.but(view=_save_as(page, state, request))
    elif verb == "save" and chosen is not None and chosen.owner_id == state.by.pk:
        actions.update_view(by=state.by, view_id=chosen.pk, query=page.saved_query(state))
        messages.success(request, gettext("The view was saved."))
    elif verb == "delete" and chosen is not None and chosen.owner_id == state.by.pk:
        actions.delete_view(by=state.by, view_id=chosen.pk)
        messages.success(request, gettext("The view was deleted. The list itself did not change."))
        back = state.but(view=None)
    else:
        raise NotFound("There is no such view.")
    return HttpResponseRedirect(request.path + query(page, back))


def _save_as(page: "ListPage", state: ListState, request: Request) -> int:
    made = actions.save_view(
        by=state.by,
        page=page.name,
        name=request.POST.get("name", ""),
        query=page.saved_query(state),
        shared=request.POST.get("shared") == "1",
    )
    messages.success(request, gettext("The view was saved."))
    return int(made.pk)
