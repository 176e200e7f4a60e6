"""A list page: shows a state, and answers what is done with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django_htmx.http import replace_url

from dangol.base.errors import BadInput, NotFound
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.entry.proof import ask_proof
from dangol.web.lists import bulk, export, shown, views
from dangol.web.lists.parts import Bulk, Column, Count, Filter, Page, Row, Selection, Text, value_of
from dangol.web.lists.state import SIZES, ListState, pairs, query, read
from dangol.web.shell import Request
from dangol.work import reads as work
from dangol.work.reads import JobView

REGION = "list-region"


@dataclass(frozen=True)
class ListPage:
    """A list, declared once.

    name: of the list in saved views and the access log. rows(state, limit, after) -> Page gives rows in the order of
    the state; count(state, exact) -> Count counts them, to a cap unless exact. sort: key of the usual order, \"-\" in
    front for descending. id_of: what names a row in bulk actions. picked(state, ids): the rows picked by hand, in one
    question; without it they are looked for page by page. empty: (title, text, action address, label) of the
    first-use state. export_right: who may export; None: nobody. search: what the search field says; empty: no search.
    grows(page, member): the list with columns and filters that are not known when it is declared.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: Callable[[ListState, int, str | None], Page]
    count: Callable[[ListState, bool], Count]
    filters: tuple[Filter, ...] = ()
    bulk: tuple[Bulk, ...] = ()
    sort: str = ""
    size: int = SIZES[1]
    search: Text = ""
    id_of: Callable[[Row], str] = field(default=lambda row: str(value_of(row, "id")))
    export_right: Right | None = None
    picked: Callable[[ListState, tuple[str, ...]], Iterable[Row]] | None = None
    empty: tuple[Text, Text, str, Text] = ("", "", "", "")
    unit: Text = ""
    saved: bool = True
    grows: Callable[["ListPage", Any], "ListPage"] | None = None

    def __post_init__(self) -> None:
        bulk.LISTS.setdefault(self.name, self)

    def of(self, by: Any) -> "ListPage":
        """The list as a member sees it now: with the columns and filters that people made."""
        return self.grows(self, by) if self.grows else self

    @property
    def usual_columns(self) -> tuple[str, ...]:
        """The columns shown until the member chooses."""
        return tuple(column.key for column in self.columns if column.shown)

    def respond(self, request: Request, template: str, extra: dict[str, Any] | None = None) -> HttpResponseBase:
        """The answer to a request of the page: the page, its changed region, or what a form of it asked for."""
        return self.of(request.user)._answer(request, template, extra)

    def _answer(self, request: Request, template: str, extra: dict[str, Any] | None) -> HttpResponseBase:
        if request.method == "POST":
            return self._act(request)
        if made := request.GET.get("file", ""):
            return export.fetch(self, request.user, made)
        problem: BadInput | None = None
        try:
            state = read(self, request.user, request.GET)
        except BadInput as error:
            # Half a number while somebody types must not throw the page away: show the whole list, and say so.
            state, problem = read(self, request.user, QueryDict()), error
        if request.htmx and request.GET.get("exact") == "1":
            return render(request, "kit/list_count.html", {"list": shown.counted(self, state)})
        board = shown.board(self, state, request.path, problem) | self._job_of(request, state)
        variables = (extra or {}) | {"list": board}
        if request.htmx and request.htmx.target == REGION:
            return replace_url(render(request, "kit/list_region.html", variables), request.path + query(self, state))
        return render(request, template, variables)

    def _job_of(self, request: Request, state: ListState) -> dict[str, Any]:
        """The job to show, and where it leads when it is done: a file to its fetching."""
        job, here = self._job(request), self.address(request.path, state)
        if job is None or job.kind == bulk.KIND:
            return {"job": job, "job_done": here}
        if job.state == "done":
            return {"job": job, "job_done": "", "job_file": f"{request.path}?file={job.id}"}
        return {"job": job, "job_done": export.with_job(here, job.id)}

    def _job(self, request: Request) -> JobView | None:
        """The bulk action or export that runs, where the address names one of the member's."""
        named = request.GET.get("job", "")
        try:
            job = work.job(request.user, int(named)) if named.isdecimal() and len(named) < 19 else None
        except NotFound:
            return None
        return job if job is not None and job.kind in (bulk.KIND, export.KIND) else None

    def _act(self, request: Request) -> HttpResponseBase:
        """What a form of the page asks for; the state of the list comes in its address."""
        state = read(self, request.user, request.GET)
        wanted = request.POST.get("act", "")
        verb, _colon, key = wanted.partition(":")
        if verb == "view":
            return views.act(self, state, request, key)
        if verb == "export":
            if answer := ask_proof(request, request.path + query(self, state)):
                return answer
            return export.answer(self, state, self.selection(request, state), request)
        if verb == "bulk":
            return self._bulk(request, state, key)
        raise BadInput("The form does not say what to do. Load the page again.")

    def selection(self, request: Request, state: ListState) -> Selection:
        """The rows a form was sent for."""
        ids = tuple(dict.fromkeys(request.POST.getlist("id")))
        everything = request.POST.get("everything") == "1"
        return Selection(ids, everything, state.but(), self.rows, self.id_of)

    def _bulk(self, request: Request, state: ListState, key: str) -> HttpResponse:
        action = next((one for one in self.bulk if one.key == key), None)
        if action is None:
            raise NotFound("There is no such action.")
        if action.right is not None:
            staff.require(request.user, action.right)
        selection = self.selection(request, state)
        back = HttpResponseRedirect(request.path + query(self, state))
        if not selection.everything and not selection.ids:
            messages.warning(request, gettext("Select at least one row first."))
            return back
        value = request.POST.get(f"value.{key}", "")
        allowed = {one for one, _label in action.options(request.user)}
        if allowed and value not in allowed:
            messages.warning(request, gettext("Choose a value for this action first."))
            return back
        if bulk.is_long(self, action, selection):
            job_id = bulk.queue(self, action, selection, value, request.META.get("REMOTE_ADDR", "")[:45])
            return HttpResponseRedirect(export.with_job(self.address(request.path, state), job_id))
        done = action.run(request.user, selection, value)
        if isinstance(done, HttpResponse):
            return done
        messages.success(request, done)
        return back

    def address(self, path: str, state: ListState) -> str:
        """The address of the list in a state."""
        return path + query(self, state)

    def saved_query(self, state: ListState) -> str:
        """What a saved view of this state keeps."""
        return urlencode(pairs(self, state))
