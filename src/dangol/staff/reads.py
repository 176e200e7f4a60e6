"""Looks at members, rights and scopes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable
from django.db.models import Count, Q, QuerySet

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.staff.models import Access, OrgUnit, SavedView
from dangol.staff.models import Member as Member  # noqa: PLC0414  other rooms name the type from here
from dangol.staff.rules import RIGHTS, ROLE_NAMES, Right, Role, Scope, bound_to_unit, holds, scope

SYSTEM_EMAIL = "system"
PAGE = 50
COUNT_LIMIT = 10_000


def may(member: Member, right: Right) -> bool:
    """Whether a member's role carries a right (and the API token in use, if one is)."""
    return member.is_active and holds(member.role, right, scopes=member.scopes)


def require(member: Member, right: Right) -> None:
    """Raises NotAllowed where the member's role lacks the right."""
    if not may(member, right):
        raise NotAllowed("Your role does not allow this ({right}). Ask an administrator.", right=str(right))


def scope_of(member: Member) -> Scope:
    """Whose customers a member may see."""
    role = Role(member.role)
    unit = member.unit if bound_to_unit(role) else None  # nobody else's unit is asked for
    return scope(role, unit_path=unit.path if unit is not None else None, member_id=member.pk)


def within(who: Scope, *, unit: str = "unit", rep: str = "rep") -> Q:
    """The scope as a condition on rows that carry a unit and a rep (names of their foreign keys)."""
    if who.everyone:
        return Q()
    if who.unit_path is not None:
        return Q(**{f"{unit}__path__startswith": who.unit_path})
    if who.member_id is not None:
        return Q(**{f"{rep}_id": who.member_id})
    return Q(pk__in=())


def system() -> Member:
    """The account in whose name the product itself acts; nobody can sign in with it."""
    member, _made = Member.objects.get_or_create(
        email=SYSTEM_EMAIL, defaults={"name": "Dangol", "role": Role.ADMINISTRATOR, "password": "!"}
    )
    return member


@dataclass(frozen=True)
class MemberView:
    """A member as doors show it."""

    id: int
    email: str
    name: str
    role: str
    role_name: str  # English; doors translate it
    unit_id: int | None
    unit_name: str
    active: bool
    has_second_factor: bool
    language: str
    last_login: datetime | None
    created_at: datetime
    generated: bool


def _view(member: Member) -> MemberView:
    return MemberView(
        id=member.pk, email=member.email, name=member.name, role=member.role,
        role_name=ROLE_NAMES[Role(member.role)], unit_id=member.unit_id,
        unit_name=member.unit.name if member.unit else "", active=member.is_active,
        has_second_factor=bool(member.totp_secret), language=member.language, last_login=member.last_login,
        created_at=member.created_at, generated=member.generated,
    )  # fmt: skip


MEMBER_ORDERS = {"name": "name", "email": "email", "role": "role", "unit": "unit__path", "last_login": "last_login"}


@dataclass(frozen=True)
class MemberQuery:
    """Which members: text in name or e-mail, roles, a unit with all below it, state; sort by a key of MEMBER_ORDERS."""

    text: str = ""
    roles: tuple[str, ...] = ()
    unit_id: int | None = None
    active: bool | None = None
    sort: str = "name"


def _members(by: Member, query: MemberQuery) -> QuerySet[Member]:
    require(by, Right.STAFF_MANAGE)
    found = Member.objects.exclude(email=SYSTEM_EMAIL).select_related("unit")
    if query.text.strip():
        text = query.text.strip()
        found = found.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if query.roles:
        found = found.filter(role__in=query.roles)
    if query.unit_id is not None:
        unit = OrgUnit.objects.filter(pk=query.unit_id).first()
        found = found.filter(unit__path__startswith=unit.path) if unit else found.none()
    if query.active is not None:
        found = found.filter(is_active=query.active)
    return found


def members(
    by: Member, query: MemberQuery = MemberQuery(), *, offset: int = 0, limit: int = PAGE, after_id: int | None = None
) -> list[MemberView]:
    """Members by name, e-mail, role or unit; administrators only. With after_id in the order of their ids."""
    found = _members(by, query)
    if after_id is not None:
        return [_view(member) for member in found.filter(pk__gt=after_id).order_by("pk")[:limit]]
    order = MEMBER_ORDERS.get(query.sort.removeprefix("-"), "name")
    sign = "-" if query.sort.startswith("-") else ""
    return [_view(member) for member in found.order_by(sign + order, "pk")[offset : offset + limit]]


def count_members(by: Member, query: MemberQuery = MemberQuery()) -> int:
    """How many members fit."""
    return _members(by, query).count()


def member(by: Member, member_id: int) -> MemberView:
    """One member; one's own always, others for administrators. Raises NotFound."""
    if by.pk != member_id:
        require(by, Right.STAFF_MANAGE)
    found = Member.objects.exclude(email=SYSTEM_EMAIL).select_related("unit").filter(pk=member_id).first()
    if found is None:
        raise NotFound("This account does not exist.")
    return _view(found)


def member_by_email(email: str) -> MemberView | None:
    """The account with this sign-in address, for set-up from the command line; doors use `member`."""
    found = Member.objects.select_related("unit").filter(email=email.strip().lower()).first()
    return _view(found) if found else None


def demo_members() -> list[MemberView]:
    """In a demonstration the generated account of each role, for the sign-in page; nothing elsewhere."""
    if not settings.DANGOL.demo:
        return []
    first: dict[str, Member] = {}
    generated = Member.objects.filter(generated=True, is_active=True).select_related("unit").order_by("pk")
    for found in generated.exclude(email=SYSTEM_EMAIL):
        if found.role not in first and is_password_usable(found.password):
            first[found.role] = found
    order = list(Role)
    return [_view(found) for found in sorted(first.values(), key=lambda one: order.index(Role(one.role)))]


@dataclass(frozen=True)
class UnitView:
    """A unit of the organisation tree; depth 0 is the top."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    path: str
    depth: int
    members: int  # of this unit itself, active ones
    generated: bool


@dataclass(frozen=True)
class UnitPlace:
    """A unit's name, kind and place in the tree."""

    id: int
    name: str
    kind: str
    path: str


def units() -> list[UnitPlace]:
    """Every unit, for rooms that place customers in the tree."""
    return [UnitPlace(*row) for row in OrgUnit.objects.values_list("pk", "name", "kind", "path")]


def rep_names() -> list[tuple[int, str, str]]:
    """Every member as (id, sign-in name, name), for rooms that tie customers to the rep a source names."""
    return list(Member.objects.exclude(email=SYSTEM_EMAIL).values_list("pk", "email", "name"))


def names(ids: Iterable[int]) -> dict[int, str]:
    """The names of members by their ids."""
    return dict(Member.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def reps(by: Member, limit: int = 300) -> list[tuple[int, str, str]]:
    """Active sales reps of the member's part of the organisation: id, name, unit; the member alone for a rep."""
    scope = scope_of(by)
    found = Member.objects.filter(is_active=True, role=Role.REP).select_related("unit").order_by("name", "pk")
    if scope.unit_path is not None:
        found = found.filter(unit__path__startswith=scope.unit_path)
    elif not scope.everyone:
        found = found.filter(pk=by.pk)
    return [(rep.pk, rep.name, rep.unit.name if rep.unit else "") for rep in found[:limit]]


def holders(by: Member, right: Right, limit: int = 300) -> list[tuple[int, str]]:
    """Active members of the member's part of the organisation whose role carries a right: id, name."""
    roles = [role for role in Role if right in RIGHTS[role]]
    found = Member.objects.filter(is_active=True, role__in=roles).exclude(email=SYSTEM_EMAIL).order_by("name", "pk")
    who = scope_of(by)
    if who.unit_path is not None:
        found = found.filter(unit__path__startswith=who.unit_path)
    elif not who.everyone:
        found = found.filter(pk=by.pk)
    return list(found.values_list("pk", "name")[:limit])


def colleague(by: Member, member_id: int) -> Member:
    """An active member of one's own part of the organisation. Raises BadInput."""
    found = Member.objects.select_related("unit").filter(pk=member_id, is_active=True).first()
    who = scope_of(by)
    path = found.unit.path if found is not None and found.unit is not None else ""
    inside = (
        who.everyone or (who.unit_path is not None and path.startswith(who.unit_path)) or who.member_id == member_id
    )
    if found is None or not inside:
        raise BadInput("Choose a member of your own part of the organisation.", field="rep")
    return found


def unit_tree(by: Member) -> list[UnitView]:
    """The organisation tree that a member may see, parents before children, siblings by name."""
    seen = scope_of(by)
    units = OrgUnit.objects.annotate(people=Count("members", filter=Q(members__is_active=True)))
    if not seen.everyone:
        path = by.unit.path if by.unit else None
        units = units.filter(path__startswith=path) if path else units.none()
    children: dict[int | None, list[Any]] = {}
    ids = {unit.pk for unit in units}
    for unit in units.order_by("name", "pk"):
        children.setdefault(unit.parent_id if unit.parent_id in ids else None, []).append(unit)

    def below(parent: int | None, depth: int) -> list[UnitView]:
        rows: list[UnitView] = []
        for unit in children.get(parent, []):
            rows.append(
                UnitView(unit.pk, unit.name, unit.kind, unit.parent_id, unit.path, depth, unit.people, unit.generated)
            )
            rows += below(unit.pk, depth + 1)
        return rows

    return below(None, 0)


def unit(by: Member, unit_id: int) -> UnitView:
    """One unit of the tree a member may see. Raises NotFound."""
    for one in unit_tree(by):
        if one.id == unit_id:
            return one
    raise NotFound("This organisation unit does not exist.")


def rights_matrix() -> list[tuple[Role, dict[Right, bool]]]:
    """Every role with every right: whether it has it."""
    return [(role, {right: right in RIGHTS[role] for right in Right}) for role in Role]


@dataclass(frozen=True)
class ViewOfList:
    """A saved view of a list page."""

    pk: int
    name: str
    query: str
    shared: bool
    owner_id: int
    owner_name: str


def saved_queries(page: str) -> list[tuple[str, str]]:
    """All saved views of a page as name and query, whoever keeps them: to see what they ask for before it goes."""
    return list(SavedView.objects.filter(page=page).order_by("name").values_list("name", "query"))


def saved_views(by: Member, page: str) -> list[ViewOfList]:
    """One's own views of a page and those that others share, by name."""
    found = SavedView.objects.filter(Q(owner=by) | Q(shared=True), page=page).select_related("owner")
    return [
        ViewOfList(view.pk, view.name, view.query, view.shared, view.owner_id, view.owner.name)
        for view in found.order_by("name", "pk")
    ]


@dataclass(frozen=True)
class AccessQuery:
    """Which lines of the access log; what is None or empty does not narrow. since and until are moments (UTC)."""

    member: str = ""  # a part of the name or e-mail
    member_id: int | None = None
    customer_id: int | None = None
    verbs: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AccessView:
    """One line of the access log."""

    id: int
    at: datetime
    member_id: int
    member_name: str
    address: str
    verb: str
    what: str
    customer_id: int | None
    count: int
    reason: str
    detail: dict[str, Any]


def _log(by: Member, query: AccessQuery) -> QuerySet[Access]:
    require(by, Right.LOG_VIEW)
    conditions = {
        "member_id": query.member_id, "customer_id": query.customer_id, "verb__in": query.verbs or None,
        "at__gte": query.since, "at__lt": query.until,
    }  # fmt: skip
    found = Access.objects.filter(**{name: value for name, value in conditions.items() if value is not None})
    if query.member.strip():
        text = query.member.strip()
        found = found.filter(Q(member__name__icontains=text) | Q(member__email__icontains=text))
    return found.select_related("member")


def access_log(
    by: Member, query: AccessQuery = AccessQuery(), *, before_id: int | None = None, after_id: int | None = None,
    limit: int = PAGE,
) -> list[AccessView]:  # fmt: skip
    """Lines of the access log, newest first, for those with the right to read it.

    before_id: those below it. after_id: those nearest above it, newest first too.
    """
    found = _log(by, query)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    if after_id is not None:
        nearest = found.filter(pk__gt=after_id).order_by("pk").values("pk")[:limit]
        found = found.filter(pk__in=[line["pk"] for line in nearest])
    return [
        AccessView(
            line.pk, line.at, line.member_id, line.member.name, line.address, line.verb, line.what, line.customer_id,
            line.count, line.reason, line.detail,
        )
        for line in found.order_by("-pk")[:limit]
    ]  # fmt: skip


def count_access(by: Member, query: AccessQuery = AccessQuery(), *, cap: int | None = COUNT_LIMIT) -> tuple[int, bool]:
    """How many lines fit, counted up to a cap (None: all), and whether that is exact."""
    found = _log(by, query).order_by()
    if cap is None:
        return found.count(), True
    counted = found[: cap + 1].count()
    return min(counted, cap), counted <= cap


def account(email: str) -> Member:
    """The member who signs in with this address, to act in their name from set-up code. Raises NotFound."""
    found = Member.objects.select_related("unit").filter(email=email.strip().lower()).first()
    if found is None:
        raise NotFound("There is no account {email}.", email=email)
    return found


def old_lines(before: datetime, *, rights: bool) -> QuerySet[Access]:
    """Lines of the access log from before a moment: changes of rights, or all others."""
    lines = Access.objects.filter(at__lt=before)
    return lines.filter(verb="rights") if rights else lines.exclude(verb="rights")
