"""Connections to databases: described, tested, looked through, and a table or query chosen as a source."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict, DangolError, TooMuch, Unavailable
from dangol.customers.collect.feeds import actions, reads
from dangol.customers.collect.feeds.rules import KIND_NAMES
from dangol.staff.rules import Right
from dangol.web.feeds.forms import ConnectionForm, GoOnForm, QueryForm
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.sources.describing import ASKED
from dangol.web.sources.parts import Kept

FAILURES = (BadInput, TooMuch, Unavailable)


@page(Right.STAFF_MANAGE)
def connections(request: Request) -> HttpResponse:
    """All connections."""
    rows = [(one, KIND_NAMES[one.kind]) for one in reads.connections(request.user)]
    return render(request, "feeds/connections.html", {"rows": rows})


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def new_connection(request: Request) -> HttpResponseBase:
    """Describe a connection; it is tested at once."""
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        return redirect("feeds:connection", form.cleaned_data["code"])
    return render(request, "feeds/connection_form.html", {"form": form}, status=422 if form.errors else 200)


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def change_connection(request: Request, code: str) -> HttpResponseBase:
    """Change a connection; it is tested at once."""
    kept = reads.connection(request.user, code)
    initial = {
        name: getattr(kept, name) for name in ("code", "name", "kind", "host", "port", "database", "user", "tls")
    }
    form = ConnectionForm(request.POST or None, kept=kept, initial=initial)
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        return redirect("feeds:connection", code)
    context = {"form": form, "connection": kept}
    return render(request, "feeds/connection_form.html", context, status=422 if form.errors else 200)


def _keep(request: Request, form: ConnectionForm) -> bool:
    """Keep and test; a failed test keeps what was filled in and says the cause on the connection's page."""
    try:
        actions.keep_connection(by=request.user, **form.values())
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, sentence(error))
        return False
    _test(request, form.cleaned_data["code"])
    return True


def _test(request: Request, code: str) -> None:
    try:
        actions.test_connection(by=request.user, code=code)
    except FAILURES as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, _("The database answers."))


@page(Right.STAFF_MANAGE, methods=("POST",))
def test_connection(request: Request, code: str) -> HttpResponseBase:
    """Enter the database and leave again."""
    _test(request, code)
    return redirect("feeds:connection", code)


@page(Right.STAFF_MANAGE, methods=("POST",))
def remove_connection(request: Request, code: str) -> HttpResponseBase:
    """Forget a connection."""
    try:
        actions.remove_connection(by=request.user, code=code)
    except Conflict as error:
        messages.error(request, sentence(error))
        return redirect("feeds:connection", code)
    messages.success(request, _("The connection is removed."))
    return redirect("feeds:connections")


@page(Right.STAFF_MANAGE)
def connection(request: Request, code: str) -> HttpResponse:
    """One connection with its tables."""
    found = reads.connection(request.user, code)
    context = {"connection": found, "kind": KIND_NAMES[found.kind], "form": QueryForm()}
    try:
        return render(request, "feeds/connection.html", {**context, "tables": reads.tables(request.user, code)})
    except FAILURES as error:
        return render(request, "feeds/connection.html", {**context, "unread": sentence(error)})


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def look(request: Request, code: str) -> HttpResponseBase:
    """Columns and rows of a table or query; POST takes it as a source and goes on to its description."""
    found = reads.connection(request.user, code)
    query, table = request.GET.get("query", ""), request.GET.get("table", "")
    try:
        shown = reads.browse(request.user, code, schema=request.GET.get("schema", ""), table=table, query=query)
    except DangolError as error:
        if not isinstance(error, FAILURES):
            raise
        asked = QueryForm({"query": query})
        asked.add_error("query", sentence(error))
        context = {"connection": found, "kind": KIND_NAMES[found.kind], "form": asked}
        return render(request, "feeds/look.html", context, status=422)
    go_on = GoOnForm(request.POST or None, growing=shown.growing)
    if request.method == "POST" and go_on.is_valid():
        options = {"connection": code, "query": shown.query, "table": table if not query else "",
                   "watermark": go_on.cleaned_data["watermark"],
                   "overlap": str(go_on.cleaned_data["overlap"] or "")}  # fmt: skip
        request.session[ASKED] = {name: text for name, text in options.items() if text}
        return redirect(
            reverse("sources:describe") + "?" + urlencode({"file": Kept("", table or _("Query"), "sql").signed()})
        )
    return render(request, "feeds/look.html", {
        "connection": found, "shown": shown, "table": table, "go_on": go_on, "form": QueryForm({"query": shown.query}),
    })  # fmt: skip
