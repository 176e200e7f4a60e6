"""Looks at kept views, mailings and what was sent."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext

from dangol.base.errors import NotFound
from dangol.reports import asked as steps
from dangol.reports.models import Copy, Mailing, View
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.schedules import reads as clocks
from dangol.work.schedules.reads import ScheduleView


@dataclass(frozen=True)
class ViewOfFigures:
    """A kept view. own: whether the member who asks may change it. query: a state of the explorer."""

    id: int
    name: str
    star: str
    query: str
    shared: str
    roles: list[str]
    usual: bool
    version: int
    owner_id: int
    owner_name: str
    own: bool
    changed_at: datetime


def seen_by(by: Member) -> Q:
    """The views a member may see: one's own, and those shared with everyone or with one's role."""
    return Q(owner=by) | Q(shared="all") | Q(shared="roles", roles__contains=f" {by.role} ")


def views(by: Member) -> list[ViewOfFigures]:
    """One's own views and those shared with one, by name. Raises NotAllowed."""
    require(by, Right.INSIGHT_VIEW)
    found = View.objects.filter(seen_by(by), removed_at=None).select_related("owner").order_by("name", "pk")
    return [_shown(view, by) for view in found]


def seen(by: Member, view_id: int) -> ViewOfFigures:
    """One view. Raises NotAllowed, NotFound also where it is not shared with the member."""
    require(by, Right.INSIGHT_VIEW)
    found = View.objects.filter(seen_by(by), pk=view_id, removed_at=None).select_related("owner").first()
    if found is None:
        raise NotFound("This view does not exist.")
    return _shown(found, by)


def _shown(view: View, by: Member) -> ViewOfFigures:
    return ViewOfFigures(
        view.pk, view.name, view.star, view.query, view.shared, view.roles.split(),
        view.usual and view.owner_id == by.pk, view.version, view.owner_id, view.owner.name, view.owner_id == by.pk,
        view.changed_at,
    )  # fmt: skip


def uses(by: Member, star: str, measure: str) -> list[str]:
    """The views that show a measure and the mailings that send it, in words: for `own.uses`.

    A view that somebody keeps for themselves is told by its owner, not by its name.
    """
    kept = View.objects.filter(removed_at=None, star=star).select_related("owner").annotate(sent=Count("mailings"))
    mine = set(kept.filter(seen_by(by)).values_list("pk", flat=True))
    found = []
    for view in kept.order_by("name", "pk"):
        if measure not in steps.from_query(view.query).measures:
            continue
        said = gettext("view {name}") if view.pk in mine else gettext("a view of {owner}")
        found.append(said.format(name=view.name, owner=view.owner.name)
                     + (" (" + gettext("sent by mail") + ")" if view.sent else ""))  # fmt: skip
    return found


# ---- mailings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MailingView:
    """A view that goes out by mail. clock: its schedule (next run, last run, late)."""

    id: int
    view_id: int
    view_name: str
    form: str
    recipients: list[tuple[int, str]]
    owner_name: str
    clock: ScheduleView | None
    copies: list["CopyView"]


@dataclass(frozen=True)
class CopyView:
    """What one member was sent."""

    id: int
    member_name: str
    state: str
    rights: dict[str, Any]
    file: str
    said: str
    at: datetime | None


def mailings(by: Member, view_id: int | None = None) -> list[MailingView]:
    """One's own mailings, of one view or of all; administrators see everybody's. Raises NotAllowed."""
    require(by, Right.INSIGHT_VIEW)
    found = Mailing.objects.filter(view__removed_at=None).select_related("view", "owner").order_by("pk")
    if not staff.may(by, Right.STAFF_MANAGE):
        found = found.filter(owner=by)
    if view_id is not None:
        found = found.filter(view_id=view_id)
    return [_mailing(one) for one in found]


def _mailing(one: Mailing) -> MailingView:
    names = staff.names(one.recipients)
    last = one.rounds.order_by("-pk").first()
    copies = [_copy(copy) for copy in last.copies.select_related("member").order_by("pk")] if last else []
    return MailingView(
        one.pk, one.view_id, one.view.name, one.form, [(pk, names.get(pk, "")) for pk in one.recipients],
        one.owner.name, clocks.by_code(staff.system(), code_of(one.pk)), copies,
    )  # fmt: skip


def _copy(copy: Copy) -> CopyView:
    return CopyView(copy.pk, copy.member.name, copy.state, copy.rights, copy.file, copy.said, copy.at)


def code_of(mailing_id: int) -> str:
    """The code of a mailing's schedule in the work room."""
    return f"report-{mailing_id}"


def folder() -> Path:
    """Where the sent files are kept."""
    return Path(settings.DANGOL.home) / "reports"


def sent_file(by: Member, copy_id: int) -> tuple[str, bytes]:
    """A file as it was sent: to whom it was sent, and to administrators. Raises NotFound."""
    require(by, Right.INSIGHT_VIEW)
    copy = Copy.objects.filter(pk=copy_id).exclude(file="").first()
    if copy is None or not (copy.member_id == by.pk or staff.may(by, Right.STAFF_MANAGE)):
        raise NotFound("This file does not exist.")
    path = folder() / Path(copy.file).name
    if not path.exists():
        raise NotFound("This file does not exist.")
    return path.name, path.read_bytes()
