"""Set goals, take them away, and count what they have reached."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, NotAllowed, NotFound
from dangol.insight.analysis.models import Goal
from dangol.insight.analysis.rules import goals
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import pulse as tables
from dangol.insight.olap import reads as olap
from dangol.insight.olap.reads import View
from dangol.insight.score import reads as score
from dangol.insight.score.rules import SEGMENTS
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

OF_MEASURE = {goals.SALES: "spent", goals.ORDERS: "often"}


def set_goal(
    *,
    by: Member,
    measure: str,
    unit_id: int | None = None,
    rep_id: int | None = None,
    segment: str = "",
    first: date,
    last: date,
    target: int,
) -> int:
    """Set a goal of the company, a unit, a rep or an RFM segment, or give one of the same another target; its id.

    Raises NotAllowed (also for what lies outside of one's own tree), BadInput, NotFound.
    """
    require(by, Right.INSIGHT_EDIT)
    bound = [one for one in (unit_id, rep_id, segment) if one]
    if len(bound) > 1:
        raise BadInput("A goal is of one unit, one rep or one RFM segment.", field="unit")
    goals.check(measure, bound=bool(bound), first=first, last=last, target=target)
    if segment and segment not in SEGMENTS:
        raise BadInput("There is no RFM segment {code}.", field="unit", code=segment[:10])
    _own(by, unit_id, rep_id, whole=unit_id is None and rep_id is None)
    with transaction.atomic():
        found, _made = Goal.objects.update_or_create(
            measure=measure,
            unit_id=unit_id,
            rep_id=rep_id,
            segment=segment,
            first=first,
            last=last,
            defaults={"target": target, "by": by, "value": None, "value_on": None},
        )
    try:
        view = olap.view(None)
    except NotFound:
        return int(found.pk)
    count(view, [found])
    return int(found.pk)


def remove_goal(*, by: Member, goal_id: int) -> None:
    """Take a goal away. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_EDIT)
    found = Goal.objects.filter(pk=goal_id).first()
    if found is None:
        raise NotFound("There is no such goal.")
    _own(by, found.unit_id, found.rep_id, whole=found.unit_id is None and found.rep_id is None)
    found.delete()


def _own(by: Member, unit_id: int | None, rep_id: int | None, *, whole: bool) -> None:
    """Raises NotAllowed, NotFound unless the unit or rep lies in what the member sees."""
    who = scope_of(by)
    if whole:
        if not who.everyone:
            raise NotAllowed("Only who sees the whole company may set its goals.")
        return
    if rep_id is not None:
        if rep_id not in {one[0] for one in staff.reps(by, limit=MOST_REPS)}:
            raise NotFound("There is no such sales rep.")
        return
    place = next((unit for unit in staff.units() if unit.id == unit_id), None)
    if place is None or not (who.everyone or (who.unit_path is not None and place.path.startswith(who.unit_path))):
        raise NotFound("There is no such unit.")


MOST_REPS = 100_000


def count(view: View, known: Sequence[Goal]) -> None:
    """Write down what goals have reached: units and reps by who was in charge on the day of the sale."""
    as_of = date.fromisoformat(view.snapshot.facts["as_of"])
    rows: dict[Span, list[Mapping[str, Any]]] = {}
    for goal in known:
        span = Span(goal.first, goal.last)
        if goal.measure == goals.GOOD:
            goal.value = good_share()
        elif goal.measure == goals.BUYERS:
            goal.value = _buyers(view, goal, span)
        else:
            if span not in rows:
                rows[span] = view.engine.arrow(tables.reached(view.star, span)).to_pylist()
            below = _below(goal)
            goal.value = sum(row[OF_MEASURE[goal.measure]] or 0 for row in rows[span] if _counts(goal, below, row))
        goal.value_on = as_of if goal.value is not None else None
        Goal.objects.filter(pk=goal.pk).update(value=goal.value, value_on=goal.value_on)


def _buyers(view: View, goal: Goal, span: Span) -> int:
    """The different buyers of a goal: who bought in two of its branches is one."""
    below = sorted(_below(goal)) if goal.unit else None
    found = tables.buyers(view.star, span, units=below, rep_id=goal.rep_id, segment=goal.segment)
    return int(view.engine.arrow(found).to_pylist()[0]["buyers"] or 0)


def _below(goal: Goal) -> set[int]:
    """The units of a goal of a unit: itself and all below it."""
    return {one.id for one in staff.units() if goal.unit and one.path.startswith(goal.unit.path)}


def _counts(goal: Goal, below: Collection[int], row: Mapping[str, Any]) -> bool:
    """Whether what a unit's rep sold to a segment counts for a goal."""
    if goal.rep_id is not None:
        return bool(row["rep_id"] == goal.rep_id)
    if goal.segment:
        return bool(row["segment"] == goal.segment)
    return goal.unit is None or row["unit_id"] in below


def good_share() -> int | None:
    """The share of good customers on the newest scoring day in basis points; None before the first scoring."""
    try:
        sizes = score.segments()
    except NotFound:
        return None
    everyone = sum(one.customers or 0 for one in sizes)
    good = sum(one.customers or 0 for one in sizes if one.code in goals.GOOD_SEGMENTS)
    return round(10_000 * good / everyone) if everyone else None
