"""A rep comes to another unit: the customers come along from a day on, and what was sold before stays where it was."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import BadInput
from dangol.customers.identify.golden.actions import recompute, shown
from dangol.customers.identify.models import Change, Customer
from dangol.customers.identify.postings.actions import today
from dangol.customers.identify.postings.reads import written
from dangol.customers.identify.postings.rules import BEGINNING, held_since
from dangol.staff import actions as staff_actions
from dangol.staff import reads as staff
from dangol.staff.actions import note_access
from dangol.staff.reads import Member
from dangol.work import actions as work
from dangol.work.actions import Running

CHUNK = 900
AT_ONCE = 900  # customers that come along while the administrator waits; more are brought by a job
JOB = "identify.follow"


@transaction.atomic
def edit_member(
    *, by: Member, member_id: int, name: str, role: str, unit_id: int | None, active: bool, email: str | None = None,
    from_day: date | None = None,
) -> int:  # fmt: skip
    """Change an account as `staff.actions.edit_member` does; returns how many customers come along to another unit.

    Customers the member is in charge of belong to the member's unit: where that changes, they come along from a day on
    (from_day, today where it is not given). Sales before it stay with the unit they were made in. Raises BadInput
    (a day that has not come yet) and what that one raises.
    """
    day = _checked(from_day)
    before = staff.member(by, member_id).unit_id
    staff_actions.edit_member(
        by=by, member_id=member_id, name=name, role=role, unit_id=unit_id, active=active, email=email
    )
    if unit_id is None or unit_id == before:
        return 0
    coming = int(_left_behind(member_id, unit_id).count())
    if coming > AT_ONCE:
        work.enqueue(kind=JOB, arguments={"member_id": member_id, "from_day": day.isoformat()}, by=by,
                     unique_key=f"{JOB}:{member_id}")  # fmt: skip
    elif coming:
        _bring(by, member_id, unit_id, day)
    if coming:
        note_access(by=by, verb="change", what="customer unit", count=coming,
                    detail={"rep": member_id, "unit": unit_id, "from": day.isoformat()})  # fmt: skip
    return coming


def _checked(day: date | None) -> date:
    now = today()
    if day is not None and not BEGINNING < day <= now:
        raise BadInput("Choose today or an earlier day.", field="from_day")
    return day or now


def _left_behind(member_id: int, unit_id: int) -> Any:
    return Customer.objects.filter(rep=member_id, merged_into=None).exclude(unit=unit_id)


def follow(running: Running, member_id: int, from_day: str) -> dict[str, Any]:
    """The job behind a move of many: every customer of the rep who is not in the rep's unit comes there.

    Repeating it changes nothing. Returns {customers}.
    """
    moved = 0
    rep = staff.member(running.by, member_id)
    total = _left_behind(member_id, rep.unit_id).count() if rep.unit_id else 0
    while rep.unit_id and (came := _bring(running.by, member_id, rep.unit_id, date.fromisoformat(from_day))):
        moved += came
        running.progress(moved, total, "people")
    return {"customers": moved}


@transaction.atomic
def _bring(by: Member, member_id: int, unit_id: int, day: date) -> int:
    """Bring a part of the rep's customers to the unit; returns how many."""
    rows = list(_left_behind(member_id, unit_id).order_by("pk")[:CHUNK])
    now = timezone.now()
    Change.objects.bulk_create(
        [
            Change(customer=row, field="unit", before=shown(row, "unit"), after=str(unit_id),
                   origin_before=row.origins.get("unit"), generated_before="unit" in row.generated, member=by,
                   cause="hand", at=now)
            for row in rows
        ],
        batch_size=90,
    )  # fmt: skip
    for since, ids in _days(rows, day).items():
        recompute(ids, cause="hand", by=by, quiet=frozenset({"unit"}), since=since)
    return len(rows)


def _days(rows: Sequence[Customer], day: date) -> dict[date, list[int]]:
    """From which day each customer comes along: that of the move, or the one on which the rep got the customer."""
    known = written(row.pk for row in rows)
    found: dict[date, list[int]] = {}
    for row in rows:
        since = held_since(known.get(row.pk, ()))
        found.setdefault(max(day, since), []).append(row.pk)
    return found
