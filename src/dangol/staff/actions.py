"""What changes accounts, the organisation tree and saved views, and the access log every room writes to."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_noop

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.staff.models import Access, ApiToken, Member, OrgUnit, SavedView
from dangol.staff.reads import SYSTEM_EMAIL, old_lines, require
from dangol.staff.rules import LANGUAGES, THEMES, UNIT_KINDS, Right, Role

EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,186}[a-z0-9])?")
PASSWORD_LIMIT = 256  # far above the 64 that ASVS 5.0 6.2.9 asks for, and bounded: hashing megabytes is an attack
PATH_LIMIT = 200
PASSWORD_FAULTS = {
    "password_too_short": gettext_noop("The password is too short. Use at least 8 characters."),
    "password_too_common": gettext_noop("This password is on the list of the most common ones. Choose another."),
    "password_too_similar": gettext_noop("The password is too similar to the name or e-mail. Choose another."),
}
OTHER_FAULT = gettext_noop("Choose another password.")


def note_access(
    *,
    by: Member,
    verb: str,
    what: str,
    customer_id: int | None = None,
    count: int = 1,
    address: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one line of the access log.

    verb: view, change, export, unmask, search, merge, erase; rights for accounts. what: the record or page. Never
    give it a secret. Source: Personal Information Safety Measures notice (who, when, from where, whose data, what).
    """
    Access.objects.create(
        member=by, verb=verb, what=what[:60], customer_id=customer_id, count=count, address=address[:45],
        reason=reason[:300], detail=detail or {},
    )  # fmt: skip


def prune_log(*, by: Member, before: datetime, rights: bool = False) -> int:
    """Remove lines of the access log from before a moment; returns how many.

    rights: the changes of rights, which are kept longer, instead of the looks at personal data. How long that is, the
    policies of the privacy room say.
    """
    require(by, Right.LOG_VIEW)
    with transaction.atomic():
        removed, _kinds = old_lines(before, rights=rights).delete()
        if removed:
            note_access(by=by, verb="erase", what="access log", count=removed)
    return removed


def forget_details(*, customer_ids: Sequence[int]) -> int:
    """Take particulars and reasons out of the lines of the access log about customers; returns how many.

    Who looked, when, from where and at which number stays, as the law asks for it.
    """
    lines = Access.objects.filter(customer_id__in=customer_ids).exclude(detail={}, reason="")
    return lines.exclude(verb="erase").update(detail={}, reason="")


def _clean(text: str, *, field: str, limit: int) -> str:
    """A short text of a person: trimmed, without control characters. Raises BadInput."""
    text = text.strip()
    if not text:
        raise BadInput("Fill in this field.", field=field)
    if len(text) > limit:
        raise BadInput("This is too long. Use at most {limit} characters.", field=field, limit=limit)
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise BadInput("Line breaks and control characters are not allowed here.", field=field)
    return text


def clean_email(text: str) -> str:
    """A sign-in address in lower case. Raises BadInput."""
    text = text.strip().lower()
    if len(text) > 254 or not EMAIL.fullmatch(text):
        raise BadInput("This is not an e-mail address. Write it like name@company.com.", field="email")
    return text


def _check_password(password: str, member: Member) -> None:
    """Raises BadInput for a password that is too short, too long, common or like the account's own data (ASVS 6.2)."""
    if len(password) > PASSWORD_LIMIT:
        raise BadInput(
            "The password is too long. Use at most {limit} characters.", field="password", limit=PASSWORD_LIMIT
        )
    try:
        password_validation.validate_password(password, member)
    except ValidationError as error:
        fault = PASSWORD_FAULTS.get(error.error_list[0].code or "", OTHER_FAULT)
        raise BadInput(fault, field="password") from None


def _unit(unit_id: int | None) -> OrgUnit | None:
    if unit_id is None:
        return None
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise BadInput("This organisation unit does not exist. Choose one from the list.", field="unit")
    return unit


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadInput("This role does not exist. Choose one from the list.", field="role") from None


def _choice(value: str, allowed: tuple[str, ...], field: str) -> str:
    if value not in allowed:
        raise BadInput("Use one of: {allowed}.", field=field, allowed=", ".join(allowed))
    return value


def create_member(
    *,
    by: Member,
    email: str,
    name: str,
    role: str,
    unit_id: int | None = None,
    password: str | None = None,
    language: str = "ko",
    generated: bool = False,
) -> Member:
    """Open an account. Without a password nobody can sign in with it until one is set. Raises BadInput, Conflict."""
    require(by, Right.STAFF_MANAGE)
    member = Member(
        email=clean_email(email), name=_clean(name, field="name", limit=100), role=_role(role), unit=_unit(unit_id),
        language=_choice(language, LANGUAGES, "language"), generated=generated,
    )  # fmt: skip
    if password is None:
        member.set_unusable_password()
    else:
        _check_password(password, member)
        member.set_password(password)
    try:
        with transaction.atomic():
            member.save()
            note_access(by=by, verb="rights", what=f"member {member.pk}", detail={"role": member.role})
    except IntegrityError:
        raise Conflict("An account with this e-mail already exists.", field="email") from None
    return member


def _locked_member(member_id: int) -> Member:
    member = Member.objects.select_for_update().filter(pk=member_id).exclude(email=SYSTEM_EMAIL).first()
    if member is None:
        raise NotFound("This account does not exist.")
    return member


def _keep_an_administrator(member: Member) -> None:
    """Raises Conflict where a change would leave nobody to administer the installation."""
    others = Member.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    if not others.exclude(pk=member.pk).exclude(email=SYSTEM_EMAIL).exists():
        raise Conflict("This is the last active administrator. Make somebody else administrator first.")


@transaction.atomic
def edit_member(
    *, by: Member, member_id: int, name: str, role: str, unit_id: int | None, active: bool, email: str | None = None
) -> Member:
    """Change an account. A new role, unit or state holds from the member's next request; role and state end sessions.

    Raises Conflict where it would disable oneself or leave no administrator.
    """
    require(by, Right.STAFF_MANAGE)
    member = _locked_member(member_id)
    before = {"role": member.role, "unit": member.unit_id, "active": member.is_active}
    member.name = _clean(name, field="name", limit=100)
    member.role, member.unit, member.is_active = _role(role), _unit(unit_id), active
    if email is not None:
        member.email = clean_email(email)
    if member.pk == by.pk and not (active and role == before["role"]):
        raise Conflict("You cannot disable yourself or change your own role. Ask another administrator.")
    if before["role"] == Role.ADMINISTRATOR and not (active and member.role == Role.ADMINISTRATOR):
        _keep_an_administrator(member)
    after = {"role": member.role, "unit": member.unit_id, "active": member.is_active}
    if (before["role"], before["active"]) != (after["role"], after["active"]):
        member.session_version += 1
    if not active:
        ApiToken.objects.filter(member=member, revoked_at=None).update(revoked_at=datetime.now(UTC))
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError:
        raise Conflict("An account with this e-mail already exists.", field="email") from None
    if before != after:
        note_access(by=by, verb="rights", what=f"member {member.pk}", detail={"before": before, "after": dict(after)})
    return member


@transaction.atomic
def set_password(*, by: Member, member_id: int, password: str) -> None:
    """Give another member a password, for example after it was forgotten; all of that member's sessions end."""
    require(by, Right.STAFF_MANAGE)
    member = _locked_member(member_id)
    _check_password(password, member)
    member.set_password(password)
    member.session_version += 1
    member.save(update_fields=["password", "session_version"])
    note_access(by=by, verb="rights", what=f"member {member.pk}", detail={"changed": "password"})


@transaction.atomic
def change_own_password(*, by: Member, current: str, password: str) -> Member:
    """Change one's own password; other sessions end. Raises BadInput where the current one is wrong (ASVS 6.2.3)."""
    member = _locked_member(by.pk)
    if len(current) > PASSWORD_LIMIT or not member.check_password(current):
        raise BadInput("The current password is not right.", field="current")
    _check_password(password, member)
    member.set_password(password)
    member.session_version += 1
    member.save(update_fields=["password", "session_version"])
    note_access(by=member, verb="rights", what=f"member {member.pk}", detail={"changed": "own password"})
    return member


def set_own_profile(
    *, by: Member, name: str | None = None, language: str | None = None, theme: str | None = None
) -> None:
    """Change one's own name, language or theme; what is None stays."""
    if name is not None:
        by.name = _clean(name, field="name", limit=100)
    if language is not None:
        by.language = _choice(language, LANGUAGES, "language")
    if theme is not None:
        by.theme = _choice(theme, THEMES, "theme")
    by.save(update_fields=["name", "language", "theme"])


def _place(unit: OrgUnit, parent: OrgUnit | None) -> str:
    """The path of a unit below a parent. Raises BadInput where the order of kinds or the depth forbids it."""
    order = list(UNIT_KINDS)
    if parent is not None and order.index(unit.kind) <= order.index(parent.kind):
        raise BadInput(
            "This kind of unit cannot stand there. The order is company, large branch, branch, team.", field="parent"
        )
    path = f"{parent.path if parent else '/'}{unit.pk}/"
    if len(path) > PATH_LIMIT:
        raise BadInput("The organisation tree is too deep here.", field="parent")
    return path


@transaction.atomic
def create_unit(*, by: Member, name: str, kind: str, parent_id: int | None = None, generated: bool = False) -> OrgUnit:
    """Add a unit to the organisation tree. kind: company, large_branch, branch or team. Raises BadInput."""
    require(by, Right.STAFF_MANAGE)
    kind = _choice(kind, tuple(UNIT_KINDS), "kind")
    parent = _unit(parent_id)
    unit = OrgUnit.objects.create(
        name=_clean(name, field="name", limit=100), kind=kind, parent=parent, generated=generated
    )
    unit.path = _place(unit, parent)
    unit.save(update_fields=["path"])
    return unit


@transaction.atomic
def change_unit(
    *, by: Member, unit_id: int, name: str | None = None, moves: bool = False, parent_id: int | None = None
) -> OrgUnit:
    """Rename a unit where a name is given, and move it below parent_id where it moves."""
    require(by, Right.STAFF_MANAGE)
    unit = OrgUnit.objects.select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise NotFound("This organisation unit does not exist.")
    if name is not None:
        unit.name = _clean(name, field="name", limit=100)
        unit.save(update_fields=["name"])
    return move_unit(by=by, unit_id=unit_id, parent_id=parent_id) if moves else unit


@transaction.atomic
def move_unit(*, by: Member, unit_id: int, parent_id: int | None) -> OrgUnit:
    """Move a unit with everything below it: all paths are rewritten in one transaction.

    Raises Conflict for a move below itself, BadInput where the order of kinds forbids it.
    """
    require(by, Right.STAFF_MANAGE)
    units = {unit.pk: unit for unit in OrgUnit.objects.select_for_update().order_by("pk")}
    unit, parent = units.get(unit_id), units.get(parent_id) if parent_id is not None else None
    if unit is None or (parent is None and parent_id is not None):
        raise NotFound("This organisation unit does not exist.")
    if parent is not None and parent.path.startswith(unit.path):
        raise Conflict("A unit cannot be moved below itself.", field="parent")
    old, new = unit.path, _place(unit, parent)
    deepest = max(len(other.path) for other in units.values() if other.path.startswith(old))
    if deepest - len(old) + len(new) > PATH_LIMIT:
        raise BadInput("The organisation tree is too deep here.", field="parent")
    OrgUnit.objects.filter(pk=unit.pk).update(parent=parent)
    OrgUnit.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    note_access(by=by, verb="rights", what=f"unit {unit.pk}", detail={"from": old, "to": new})
    unit.refresh_from_db()
    return unit


def save_view(*, by: Member, page: str, name: str, query: str, shared: bool = False) -> SavedView:
    """Keep a list's state under a new name. Raises Conflict for a name in use: no view is overwritten."""
    _check_query(query)
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                owner=by, page=page[:40], name=_clean(name, field="name", limit=80), query=query, shared=shared
            )
    except IntegrityError:
        raise Conflict("You already have a view of this name here. Choose another name.", field="name") from None


def _check_query(query: str) -> None:
    if len(query) > 4000:
        raise BadInput("This view has too many conditions to be kept. Remove some.", field="query")


def _own_view(by: Member, view_id: int) -> SavedView:
    """A view of one's own. A foreign one is refused, one that may not be seen does not exist."""
    view = SavedView.objects.select_for_update().filter(Q(owner=by) | Q(shared=True), pk=view_id).first()
    if view is None:
        raise NotFound("This view does not exist.")
    if view.owner_id != by.pk:
        raise Conflict("Only its owner can change this view. Save it under a name of your own.")
    return view


@transaction.atomic
def update_view(*, by: Member, view_id: int, query: str | None = None, shared: bool | None = None) -> SavedView:
    """Change a view of one's own; what is None stays. Raises Conflict for a view of somebody else."""
    view = _own_view(by, view_id)
    if query is not None:
        _check_query(query)
        view.query = query
    if shared is not None:
        view.shared = shared
    view.save()
    return view


@transaction.atomic
def delete_view(*, by: Member, view_id: int) -> None:
    """Remove a view of one's own. Raises Conflict for a view of somebody else."""
    _own_view(by, view_id).delete()
