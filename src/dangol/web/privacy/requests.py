"""Requests of people about their data: the board, intake, one request, its documents, erasing."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, DangolError, NotFound
from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSE_NAMES
from dangol.customers.identify.rules import FIELD_NAMES
from dangol.privacy import actions, reads, rules
from dangol.privacy.reads import RequestQuery, RequestView
from dangol.staff import reads as staff
from dangol.staff.reads import Member
from dangol.staff.rules import Right
from dangol.web.entry.address import address_of
from dangol.web.entry.forms import told
from dangol.web.entry.proof import ask_proof
from dangol.web.lists import Choice, Column, Count, Flag, ListPage, ListState, Page
from dangol.web.privacy import forms
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.work import reads as jobs

CLOCKS = {"over": _("Late"), "soon": _("Due soon"), "fine": _("In time"), "closed": _("Closed")}
TONES = {"over": "bad", "soon": "warn", "fine": "ok", "closed": "plain"}
STEPS = {
    "received": _("received"), "checked": _("identity checked"), "assigned": _("assigned"), "report": _("report made"),
    "export": _("exported"), "applied": _("use stopped"), "confirmed": _("erasing confirmed"), "erased": _("erased"),
    "done": _("done"), "refused": _("refused"), "withdrawn": _("taken back"),
}  # fmt: skip
VALUES = {"given": {True: _("agreed"), False: _("refused")}}


def _query(state: ListState) -> RequestQuery:
    return RequestQuery(
        kinds=tuple(state.filters.get("kind", ())), states=tuple(state.filters.get("state", ())),
        clocks=tuple(state.filters.get("clock", ())), mine=bool(state.filters.get("mine")),
    )  # fmt: skip


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
    found = reads.requests(state.by, _query(state), offset=start, limit=limit + 1)
    before = None if start == 0 else str(start - limit) if start > limit else ""
    return Page(found[:limit], str(start + limit) if len(found) > limit else None, before)


def _count(state: ListState, exact: bool) -> Count:
    return Count(reads.count_requests(state.by, _query(state)))


def _clock(row: RequestView) -> tuple[str, str]:
    if row.clock == "closed":
        return "plain", gettext(rules.STATES[row.state])
    if row.clock == "over":
        return "bad", gettext("%(n)s days late") % {"n": -row.days_left}
    return TONES[row.clock], gettext("%(n)s days left") % {"n": row.days_left}


BOARD = ListPage(
    name="privacy-requests",
    title=_("Privacy requests"),
    search="",
    unit=_("requests"),
    columns=(
        Column(
            "kind", _("What is asked for"), value=lambda row: gettext(rules.KINDS[row.kind]),
            link=lambda row: reverse("privacy:request", args=[row.id]),
        ),
        Column("clock", _("Deadline"), "badge", value=_clock),
        Column("due_on", _("Due by"), "day"),
        Column("customer", _("Customer")),
        Column("state", _("State"), value=lambda row: gettext(rules.STATES[row.state])),
        Column("assigned", _("In the hands of")),
        Column("received_at", _("Received"), "moment"),
        Column("origin", _("Came by"), value=lambda row: gettext(rules.ORIGINS[row.origin]), shown=False),
    ),
    filters=(
        Choice("clock", _("Deadline"), choices=list(CLOCKS.items())),
        Choice("kind", _("What is asked for"), choices=[(kind, _(name)) for kind, name in rules.KINDS.items()]),
        Choice("state", _("State"), choices=[(state, _(name)) for state, name in rules.STATES.items()]),
        Flag("mine", _("In my hands")),
    ),
    rows=_rows,
    count=_count,
    sort="",
    export_right=Right.PRIVACY_HANDLE,
    empty=(
        _("No requests yet"),
        _("Take in what a customer asks by phone or letter. Requests by link come by themselves."),
        "/customers/privacy/requests/new/", _("Take in a request"),
    ),
)  # fmt: skip


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def board(request: Request) -> HttpResponseBase:
    """Every request, those that are late first."""
    return BOARD.respond(request, "privacy/requests.html", {"counts": reads.board(request.user)})


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """Take in a request."""
    start = {"customer": request.GET.get("customer", ""), "kind": request.GET.get("kind", "access")}
    form = forms.Intake(request.POST or None, countries=reads.countries(), initial=start)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            made = actions.receive(
                by=request.user, customer_id=given.pop("customer"), address=address_of(request), **given
            )
        except NotFound as error:
            form.add_error("customer", sentence(error))
        except DangolError as error:
            told(form, error)
        else:
            messages.success(request, gettext("The request was taken in."))
            return HttpResponseRedirect(reverse("privacy:request", args=[made]))
    return render(request, "privacy/new_request.html", {"form": form}, status=422 if form.errors else 200)


@page(Right.PRIVACY_HANDLE)
def one(request: Request, request_id: int) -> HttpResponse:
    """One request: what is asked, by when, what was done, what to do next."""
    return _one(request, request_id)


def _one(request: Request, request_id: int, *, status: int = 200, **more: Any) -> HttpResponse:
    by = request.user
    found = reads.request(by, request_id)
    explained = found.kind in (rules.EXPLANATION, rules.REVIEW, rules.REFUSAL)
    variables = {
        "found": found, "kind_name": rules.KINDS[found.kind], "guide": rules.GUIDES[found.kind], "clock": _clock(found),
        "law": found.article.split(", ", 1),
        "states": rules.STATES, "checks": rules.CHECKS, "grounds": rules.GROUNDS, "origins": rules.ORIGINS,
        "steps": [{"name": STEPS.get(step.what, step.what), "one": step} for step in found.steps],
        "check_form": forms.Check(), "answer_form": forms.Answer(auto_id="answer_%s"),
        "refusal_form": forms.Refusal(auto_id="refusal_%s"),
        "handlers": _handlers(by), "explanation": reads.explanation(by, found.customer_id) if explained else None,
        "job": jobs.job(by, found.job_id) if found.job_id and found.state == rules.OPEN else None,
    }  # fmt: skip
    return render(request, "privacy/request.html", variables | more, status=status)


def _handlers(by: Member) -> list[tuple[int, str]]:
    """Who requests can be given to."""
    return staff.holders(by, Right.PRIVACY_HANDLE)


@page(Right.PRIVACY_HANDLE, methods=("POST",))
def act(request: Request, request_id: int) -> HttpResponse:
    """One step of a request: check, assign, stop, done, refuse, taken back."""
    verb = request.POST.get("act", "")
    if verb not in ACTS:
        raise BadInput("The form is incomplete. Load the page again.", field="act")
    shown, form = ACTS[verb](request)
    if form is not None and not form.is_valid():
        return _one(request, request_id, status=422, **{shown: form})
    given = dict(form.cleaned_data) if form is not None else {}
    try:
        _do(verb, request, request_id, given)
    except BadInput as error:
        if form is None:
            raise
        told(form, error)
        return _one(request, request_id, status=422, **{shown: form})
    messages.success(request, gettext("Written down."))
    return HttpResponseRedirect(reverse("privacy:request", args=[request_id]))


ACTS: dict[str, Callable[[Request], tuple[str, Any]]] = {
    "check": lambda request: ("check_form", forms.Check(request.POST)),
    "assign": lambda request: ("", None),
    "stop": lambda request: ("", None),
    "done": lambda request: ("answer_form", forms.Answer(request.POST, auto_id="answer_%s")),
    "withdrawn": lambda request: ("answer_form", forms.Answer(request.POST, auto_id="answer_%s")),
    "refuse": lambda request: ("refusal_form", forms.Refusal(request.POST, auto_id="refusal_%s")),
}


def _do(verb: str, request: Request, request_id: int, given: dict[str, Any]) -> None:
    who: dict[str, Any] = {"by": request.user, "request_id": request_id, "address": address_of(request)}
    if verb == "assign":
        member = request.POST.get("member", "")
        if not member.isdecimal() or len(member) > 18:
            raise BadInput("Choose a member of your own part of the organisation.", field="member")
        actions.assign(member_id=int(member), **who)
        return
    verbs: dict[str, Callable[..., Any]] = {
        "check": actions.check_identity, "stop": actions.stop_use, "done": actions.close,
        "withdrawn": actions.take_back, "refuse": actions.refuse,
    }  # fmt: skip
    verbs[verb](**who, **given)


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def report(request: Request, request_id: int) -> HttpResponse:
    """The access report, to be printed; made by a button, as making it is logged."""
    if (ask := ask_proof(request, reverse("privacy:request", args=[request_id]))) is not None:
        return ask
    if request.method != "POST":
        return HttpResponseRedirect(reverse("privacy:request", args=[request_id]))
    found = actions.report(by=request.user, request_id=request_id, address=address_of(request))
    parts = [{"part": part, "rows": [_cells(part, row) for row in part.rows]} for part in found.parts]
    return render(request, "privacy/report.html", {"report": found, "parts": parts, "request_id": request_id})


def _cells(part: reads.Part, row: Mapping[str, Any]) -> list[Any]:
    return [_said(part.name, name, row.get(name)) for name, _label in part.columns]


def _said(part: str, name: str, value: Any) -> Any:
    """A cell of the report in the reader's words."""
    names: dict[str, Any] = {
        "field": FIELD_NAMES, "purpose": PURPOSE_NAMES, "channel": CHANNEL_NAMES, "kind": rules.KINDS,
    }  # fmt: skip
    if part == "requests" and name == "state":
        names["state"] = rules.STATES
    if name in VALUES:
        return VALUES[name].get(value, value)
    text = names.get(name, {}).get(value, value)
    return gettext(text) if isinstance(text, str) and text and (name in names or name == "figure") else text


@page(Right.PRIVACY_HANDLE, methods=("POST",))
def export(request: Request, request_id: int) -> HttpResponse:
    """The data as JSON or CSV, to be handed over; logged."""
    if (ask := ask_proof(request, reverse("privacy:request", args=[request_id]))) is not None:
        return ask
    form = request.POST.get("form", "")
    text = actions.export(by=request.user, request_id=request_id, form=form, address=address_of(request))
    kinds = {"json": "application/json; charset=utf-8", "csv": "text/csv; charset=utf-8"}
    response = HttpResponse(text, content_type=kinds[form])
    response.headers["Content-Disposition"] = f'attachment; filename="request-{request_id}.{form}"'
    return response


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def erase(request: Request, request_id: int) -> HttpResponse:
    """What erasing would take away, then erasing: with the password, and the customer's code typed."""
    if (ask := ask_proof(request, request.path)) is not None:
        return ask
    problem = ""
    if request.method == "POST":
        try:
            actions.erase(
                by=request.user, request_id=request_id, confirm=request.POST.get("confirm", ""),
                address=address_of(request),
            )  # fmt: skip
        except BadInput as error:
            problem = sentence(error)
        else:
            messages.success(request, gettext("Erasing has begun."))
            return HttpResponseRedirect(reverse("privacy:request", args=[request_id]))
    found = reads.request(request.user, request_id)
    if found.kind != rules.ERASURE or found.state not in rules.WAITING:
        return HttpResponseRedirect(reverse("privacy:request", args=[request_id]))
    variables = {
        "found": found, "preview": reads.preview(request.user, request_id), "problem": problem, "whats": rules.WHATS
    }  # fmt: skip
    return render(request, "privacy/erase.html", variables, status=422 if problem else 200)
