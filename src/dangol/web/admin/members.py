"""The members: list, opening and changing accounts."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from dangol.base.errors import DangolError
from dangol.customers.identify import actions as customers
from dangol.customers.identify import reads as identify
from dangol.staff import actions, reads
from dangol.staff.reads import MemberQuery, MemberView
from dangol.staff.rules import ROLE_NAMES, Right
from dangol.web.admin.forms import ChangeMember, NewMember, NewPassword
from dangol.web.entry.forms import told
from dangol.web.entry.proof import ask_proof
from dangol.web.lists import Choice, Column, Count, ListPage, ListState, Page
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import number


def _query(state: ListState) -> MemberQuery:
    active = state.filters.get("active")
    unit = state.filters.get("unit")
    return MemberQuery(
        text=state.text,
        roles=tuple(state.filters.get("role", ())),
        unit_id=int(unit[0]) if unit and unit[0].isdecimal() and len(unit[0]) < 19 else None,
        active=None if active is None else active[0] == "1",
        sort=("-" if state.descending else "") + state.sort,
    )


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
    found = reads.members(state.by, _query(state), offset=start, limit=limit + 1)
    before = None if start == 0 else str(start - limit) if start > limit else ""
    return Page(found[:limit], str(start + limit) if len(found) > limit else None, before)


def _count(state: ListState, exact: bool) -> Count:
    return Count(reads.count_members(state.by, _query(state)))


def _units(by: Any) -> list[tuple[str, str]]:
    return [(str(unit.id), "\u2003" * unit.depth + unit.name) for unit in reads.unit_tree(by)]


def _state(row: MemberView) -> tuple[str, str]:
    return ("ok", gettext("active")) if row.active else ("warn", gettext("switched off"))


MEMBERS = ListPage(
    name="members",
    title=_("Members"),
    search=_("Search name or e-mail"),
    unit=_("members"),
    columns=(
        Column(
            "name", _("Name"), sortable=True, link=lambda row: reverse("admin:member", args=[row.id]),
            generated=lambda row: bool(row.generated),
        ),
        Column("email", _("E-mail"), sortable=True),
        Column("role", _("Role"), sortable=True, value=lambda row: gettext(row.role_name)),
        Column("unit", _("Organisation unit"), sortable=True, value=lambda row: row.unit_name),
        Column("state", _("State"), "badge", value=_state),
        Column(
            "factor", _("Second factor"), value=lambda row: gettext("on") if row.has_second_factor else gettext("off")
        ),
        Column("last_login", _("Last sign-in"), "moment", sortable=True),
        Column("created_at", _("Opened"), "day", shown=False),
    ),
    filters=(
        Choice("role", _("Role"), choices=[(role.value, _(name)) for role, name in ROLE_NAMES.items()]),
        Choice("unit", _("Organisation unit"), choices=_units, several=False),
        Choice("active", _("State"), choices=[("1", _("active")), ("0", _("switched off"))], several=False),
    ),
    rows=_rows,
    count=_count,
    sort="name",
    export_right=Right.STAFF_MANAGE,
    empty=(
        _("No members yet"), _("Open an account for everybody who works with Dangol."),
        "/admin/members/new/", _("New member"),
    ),
)  # fmt: skip


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def members(request: Request) -> HttpResponseBase:
    """The list."""
    return MEMBERS.respond(request, "admin/members.html")


def _accept(form: Any, act: Any) -> bool:
    """Run an action with a valid form's values; its refusals go to the form's fields."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except DangolError as error:
        told(form, error)
        return False
    return True


@sensitive_post_parameters("password")
@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def new_member(request: Request) -> HttpResponse:
    """Open an account."""
    by = request.user
    if (ask := ask_proof(request, request.path)) is not None:
        return ask
    form = NewMember(request.POST or None, units=reads.unit_tree(by), initial={"language": by.language})

    def create(given: dict[str, Any]) -> None:
        actions.create_member(by=by, unit_id=given.pop("unit"), **given)

    if request.method == "POST" and _accept(form, create):
        messages.success(request, gettext("The account was opened."))
        return HttpResponseRedirect(reverse("admin:members"))
    return render(request, "admin/new_member.html", {"form": form}, status=422 if form.errors else 200)


@page(Right.STAFF_MANAGE, methods=("GET", "POST"))
def member(request: Request, member_id: int) -> HttpResponse:
    """Change an account: role, unit, state."""
    by = request.user
    shown = reads.member(by, member_id)
    if (ask := ask_proof(request, request.path)) is not None:
        return ask
    form = _form(by, shown, request.POST or None)
    came = 0

    def change(given: dict[str, Any]) -> None:
        nonlocal came
        came = customers.edit_member(by=by, member_id=member_id, unit_id=given.pop("unit"), **given)

    if request.method == "POST" and _accept(form, change):
        messages.success(request, gettext("The account was saved. It holds from the member’s next step."))
        if came:
            messages.info(request, _came(came))
        return HttpResponseRedirect(reverse("admin:members"))
    return _member_page(request, shown, form, NewPassword())


def _form(by: Any, shown: MemberView, given: Any = None) -> ChangeMember:
    initial = {
        "name": shown.name, "email": shown.email, "role": shown.role, "unit": shown.unit_id, "active": shown.active
    }  # fmt: skip
    return ChangeMember(given, units=reads.unit_tree(by), initial=initial, customers=identify.charges(by, shown.id))


def _came(customers: int) -> str:
    return ngettext(
        "%(n)s customer comes along to the new unit; figures show it after the next cycle.",
        "%(n)s customers come along to the new unit; figures show it after the next cycle.",
        customers,
    ) % {"n": number(customers)}


def _member_page(request: Request, shown: MemberView, form: Any, password: Any) -> HttpResponse:
    bad = bool(form.errors or password.errors)
    variables = {"shown": shown, "form": form, "password": password, "own": shown.id == request.user.pk}
    return render(request, "admin/member.html", variables, status=422 if bad else 200)


@sensitive_post_parameters("password")
@page(Right.STAFF_MANAGE, methods=("POST",))
def set_password(request: Request, member_id: int) -> HttpResponse:
    """A new password for a member who forgot it."""
    by = request.user
    shown = reads.member(by, member_id)
    if (ask := ask_proof(request, reverse("admin:member", args=[member_id]))) is not None:
        return ask
    password = NewPassword(request.POST)
    if _accept(password, lambda given: actions.set_password(by=by, member_id=member_id, **given)):
        messages.success(request, gettext("The password was set. Tell it to the member on a safe way."))
        return HttpResponseRedirect(reverse("admin:member", args=[member_id]))
    return _member_page(request, shown, _form(by, shown), password)
