"""Keep, change, share and remove views; have them sent by mail."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.reports import asked as steps
from dangol.reports import reads
from dangol.reports.models import Mailing, View
from dangol.reports.reads import code_of
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right, Role
from dangol.work import actions as work
from dangol.work.schedules import actions as schedules
from dangol.work.schedules import reads as clocks
from dangol.work.schedules.rules import Plan

NAME, QUERY, MOST_RECIPIENTS, LATE_MINUTES = 80, 8000, 200, 5
FORMS = ("xlsx", "csv", "pdf", "png")


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME:
        raise BadInput("Give the view a name of up to {most} characters.", field="name", most=NAME)
    return name


def _query(text: str) -> str:
    """A state as the explorer would write it. Raises BadInput."""
    kept = steps.query(steps.from_query(text))
    if len(kept) > QUERY:
        raise BadInput("This view has too many conditions to be kept. Remove some.", field="query")
    if "show=" not in kept:
        raise BadInput("Choose at least one measure first.", field="query")
    return kept


def _sharing(shared: str, roles: Sequence[str]) -> tuple[str, str]:
    if shared not in ("", "all", "roles") or not set(roles) <= {role.value for role in Role}:
        raise BadInput("Share a view with everyone, with some roles, or keep it to yourself.", field="shared")
    if shared == "roles" and not roles:
        raise BadInput("Choose at least one role to share the view with.", field="roles")
    return shared, f" {' '.join(sorted(set(roles)))} " if shared == "roles" else ""


@transaction.atomic
def keep(*, by: Member, name: str, query: str, shared: str = "", roles: Sequence[str] = ()) -> int:
    """Keep a state under a new name; returns the view's id. No view is overwritten. Raises BadInput, Conflict."""
    require(by, Right.INSIGHT_VIEW)
    text = _query(query)
    sharing, for_roles = _sharing(shared, roles)
    star = steps.from_query(text).star
    try:
        with transaction.atomic():
            return View.objects.create(owner=by, name=_clean(name), query=text, star=star, shared=sharing,
                                       roles=for_roles).pk  # fmt: skip
    except IntegrityError:
        raise Conflict("You already have a view of this name. Choose another name.", field="name") from None


def _own(by: Member, view_id: int) -> View:
    """A view of one's own. A foreign one is refused, one that may not be seen does not exist."""
    require(by, Right.INSIGHT_VIEW)
    view = View.objects.select_for_update().filter(reads.seen_by(by), pk=view_id, removed_at=None).first()
    if view is None:
        raise NotFound("This view does not exist.")
    if view.owner_id != by.pk:
        raise Conflict("Only its owner can change this view. Save it under a name of your own.")
    return view


@transaction.atomic
def change(
    *, by: Member, view_id: int, version: int | None = None, query: str | None = None, name: str | None = None,
    shared: str | None = None, roles: Sequence[str] = (), usual: bool | None = None,
) -> int:  # fmt: skip
    """Change a view of one's own; what is None stays. Returns its new version.

    version: the one that was looked at; Conflict where it was changed since. Raises BadInput, NotFound, Conflict.
    """
    view = _own(by, view_id)
    if version is not None and version != view.version:
        raise Conflict("The view was changed in another window. Load it again.")
    if query is not None:
        view.query = _query(query)
        view.star = steps.from_query(view.query).star
    if name is not None:
        view.name = _clean(name)
    if shared is not None:
        view.shared, view.roles = _sharing(shared, roles)
    if usual is not None:
        View.objects.filter(owner=by, usual=True).update(usual=False)
        view.usual = usual
    view.version += 1
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Conflict("You already have a view of this name. Choose another name.", field="name") from None
    return view.version


@transaction.atomic
def remove(*, by: Member, view_id: int) -> None:
    """Take a view of one's own away, with its mailings paused; `restore` takes it back. Raises NotFound, Conflict."""
    view = _own(by, view_id)
    View.objects.filter(pk=view.pk).update(removed_at=timezone.now(), usual=False, version=F("version") + 1)
    for mailing in view.mailings.all():
        _switch(mailing, enabled=False)


@transaction.atomic
def restore(*, by: Member, view_id: int) -> None:
    """Take a removed view of one's own back. Raises NotFound, Conflict where its name is in use again."""
    require(by, Right.INSIGHT_VIEW)
    view = View.objects.select_for_update().filter(owner=by, pk=view_id).exclude(removed_at=None).first()
    if view is None:
        raise NotFound("This view does not exist.")
    if View.objects.filter(owner=by, name=view.name, removed_at=None).exists():
        raise Conflict("You already have a view of this name. Choose another name.", field="name")
    View.objects.filter(pk=view.pk).update(removed_at=None)
    for mailing in view.mailings.all():
        _switch(mailing, enabled=True)


# ---- mailings --------------------------------------------------------------------------------------------------------


@transaction.atomic
def mail(*, by: Member, view_id: int, form: str, recipients: Sequence[int], plan: Plan) -> int:
    """Have a view sent by mail; returns the mailing's id. Only members who may see figures can be recipients.

    The job runs in the product's name; each copy holds what its own reader may see. Raises BadInput, NotFound.
    """
    view = reads.seen(by, view_id)
    if form not in FORMS:
        raise BadInput("Choose the form of the file: {forms}.", field="format", forms=", ".join(FORMS))
    people = _people(by, recipients)
    mailing = Mailing.objects.create(view_id=view.id, owner=by, form=form, recipients=people)
    schedules.set_plan(
        by=staff.system(), code=code_of(mailing.pk), name=view.name, kind="reports.send",
        arguments={"mailing_id": mailing.pk}, plan=plan, late_minutes=LATE_MINUTES,
    )  # fmt: skip
    return mailing.pk


def _people(by: Member, ids: Sequence[int]) -> list[int]:
    known = {pk for pk, _name in staff.holders(by, Right.INSIGHT_VIEW)} | {by.pk}
    people = list(dict.fromkeys(ids))
    if not people or not set(people) <= known:
        raise BadInput("Choose members who may see figures as recipients.", field="recipients")
    if len(people) > MOST_RECIPIENTS:
        raise BadInput("A mailing has at most {most} recipients.", field="recipients", most=MOST_RECIPIENTS)
    return people


def _mailing(by: Member, mailing_id: int) -> Mailing:
    require(by, Right.INSIGHT_VIEW)
    found = Mailing.objects.select_related("view").filter(pk=mailing_id).first()
    if found is None or not (found.owner_id == by.pk or staff.may(by, Right.STAFF_MANAGE)):
        raise NotFound("This mailing does not exist.")
    return found


def _schedule(mailing: Mailing) -> Any:
    return clocks.by_code(staff.system(), code_of(mailing.pk))


def _switch(mailing: Mailing, *, enabled: bool) -> None:
    if clock := _schedule(mailing):
        schedules.switch(by=staff.system(), schedule_id=clock.id, enabled=enabled)


@transaction.atomic
def pause(*, by: Member, mailing_id: int, paused: bool) -> None:
    """Pause a mailing, or let it go on. Raises NotFound."""
    _switch(_mailing(by, mailing_id), enabled=not paused)


@transaction.atomic
def stop(*, by: Member, mailing_id: int) -> None:
    """End a mailing for good; what was sent stays in the files of the installation. Raises NotFound."""
    mailing = _mailing(by, mailing_id)
    if clock := _schedule(mailing):
        schedules.remove(by=staff.system(), schedule_id=clock.id)
    mailing.delete()


@transaction.atomic
def send_now(*, by: Member, mailing_id: int) -> int:
    """Send a mailing now, beside its plan; returns the job's id. Raises NotFound, Conflict while it is being sent."""
    mailing = _mailing(by, mailing_id)
    if mailing.view.removed_at is not None:
        raise NotFound("This mailing does not exist.")
    clock = _schedule(mailing)
    if clock is None:
        return work.enqueue(kind="reports.send", arguments={"mailing_id": mailing.pk}, by=staff.system())
    return schedules.run_now(by=staff.system(), schedule_id=clock.id)
