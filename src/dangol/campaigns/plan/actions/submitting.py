"""Hand a plan in: keep who is in the segments people built, by a job where they are many, and ask for approval."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.campaigns.plan import reads, rules
from dangol.campaigns.plan.models import Plan
from dangol.insight.segments import actions as building
from dangol.insight.segments import reads as segments
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Quiet, Running, enqueue


def locked(plan_id: int) -> Plan:
    """The row of a plan, for a change. Raises NotFound."""
    row = Plan.objects.select_for_update().filter(pk=plan_id).first()
    if row is None:
        raise NotFound("There is no such campaign.")
    return row


def submit(*, by: Any, plan_id: int) -> reads.PlanView:
    """Ask for approval. Raises BadInput naming the first problem, Conflict where it is not a draft.

    Where a plan aims at large segments a call of many seconds: doors leave it to the job `plan.submit`, see
    `start_submit`.
    """
    require(by, Right.CAMPAIGNS_PLAN)
    with transaction.atomic():
        _hand_in(by, plan_id, Quiet(by=by))
    return reads.plan(by, plan_id)


def start_submit(*, by: Any, plan_id: int) -> int | None:
    """Ask for approval at once and return None, or queue the job that does it for large segments; returns its id.

    While one waits or runs its id is returned. Raises as `submit`.
    """
    require(by, Right.CAMPAIGNS_PLAN)
    row = _handed(plan_id)
    if not segments.is_large([int(one) for one in rules.canonical(row.content)["built"]]):
        submit(by=by, plan_id=plan_id)
        return None
    key = reads.submit_key(plan_id)
    return enqueue(kind="plan.submit", arguments={"plan_id": plan_id}, by=by, unique_key=key)


def run_submit(running: Running, plan_id: int) -> dict[str, Any]:
    """The job `plan.submit`: hand a plan in that aims at large segments. Raises as `submit`, and Cancelled.

    Cut off at any point the plan is still a draft, and the next run goes on with the lists this one had begun; after
    one that was given up nothing is left.
    """
    require(running.by, Right.CAMPAIGNS_PLAN)
    try:
        _hand_in(running.by, plan_id, running)
    except BaseException:
        building.let_go(bound_for=_purpose(plan_id), kept=_lists(_content(plan_id)))
        raise
    return {"plan": plan_id}


def _hand_in(by: Any, plan_id: int, running: Running) -> None:
    row = _handed(plan_id)
    frozen = _frozen(by, row, running)
    _submit(plan_id, row.content, frozen)
    building.let_go(bound_for=_purpose(plan_id), kept=_lists({"frozen": frozen}))  # those it was handed in with before


def _purpose(plan_id: int) -> str:
    """What a list of people is frozen for, as the segments know it."""
    return f"plan {plan_id}"


def _content(plan_id: int) -> dict[str, Any]:
    return Plan.objects.filter(pk=plan_id).values_list("content", flat=True).first() or {}


def _lists(content: dict[str, Any]) -> list[int]:
    """The lists a plan was handed in with."""
    return [int(one.split(":")[1]) for one in content.get("frozen", [])]


def sweep(*, before: datetime) -> int:
    """Forget lists that were frozen before a moment for plans that are not handed in with them; returns how many.

    What a run that was cut off and never gone on with, or a change of a plan, has left.
    """
    used = [one for content in Plan.objects.values_list("content", flat=True) for one in _lists(content)]
    return building.sweep(used=used, before=before)


def _handed(plan_id: int) -> Plan:
    """The row of a plan that may be handed in. Raises NotFound, Conflict, BadInput."""
    row = Plan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound("There is no such campaign.")
    if row.state not in (rules.DRAFT, rules.SENT_BACK):
        raise Conflict("Only a draft can be submitted; this plan is already further.")
    found = reads.problems(row.content)
    if found:
        raise BadInput(found[0].template, field=found[0].field, **found[0].params)
    return row


def _submit(plan_id: int, content: dict[str, Any], frozen: list[str]) -> None:
    with transaction.atomic():
        row = locked(plan_id)
        if row.state not in (rules.DRAFT, rules.SENT_BACK):
            raise Conflict("Only a draft can be submitted; this plan is already further.")
        if row.content != content:
            raise Conflict("Somebody else has changed this plan since you opened it. Load the page again.")
        if not segments.are_kept(_lists({"frozen": frozen})):
            raise Conflict("The plan is being handed in by somebody else as well. Wait a moment and try again.")
        row.content = rules.canonical(content | {"frozen": frozen})
        row.version += row.state == rules.SENT_BACK  # a plan handed in again unchanged is decided on again
        row.state, row.submitted_at = rules.SUBMITTED, timezone.now()
        row.save(update_fields=["state", "submitted_at", "version", "content"])


def _frozen(by: Any, row: Plan, running: Running) -> list[str]:
    """Who is in each built segment now, kept for good: segment, list and the hash that the approval binds."""
    found: list[str] = []
    for one in rules.canonical(row.content)["built"]:
        kept = building.freeze_for(
            by=by, segment_id=segments.visible_id(by, one), origin=row.name, bound_for=_purpose(row.pk),
            kept=_lists(row.content), running=running,
        )  # fmt: skip
        found.append(f"{one}:{kept.id}:{kept.members_sha256}")
    return found
