"""Set goals; work out in the cycle what the home page tells each part of the company."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dangol.base.errors import NotAllowed, NotFound
from dangol.engine import fresh
from dangol.insight.analysis.models import Board, Goal
from dangol.insight.analysis.reads.asking import cell
from dangol.insight.analysis.reads.plain import said
from dangol.insight.analysis.rules import goals, pulse
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import pulse as tables
from dangol.insight.olap import reads as olap
from dangol.insight.olap.reads import View
from dangol.insight.score import reads as score
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right
from dangol.work.actions import Running

DIMENSIONS = ("product_major", "brand", "branch", "age_band")
FIELDS = {"amount": "spent", "orders": "often", "buyers": "buyers"}
OF_MEASURE = {goals.SALES: "spent", goals.ORDERS: "often", goals.BUYERS: "buyers"}


def set_goal(*, by: Member, measure: str, unit_id: int | None, first: date, last: date, target: int) -> int:
    """Set a goal, or give one of the same measure, unit and period another target; returns its id.

    Raises NotAllowed (also for a unit outside of one's own tree), BadInput, NotFound.
    """
    require(by, Right.INSIGHT_EDIT)
    goals.check(measure, unit=unit_id is not None, first=first, last=last, target=target)
    _own(by, unit_id)
    with transaction.atomic():
        found, _made = Goal.objects.update_or_create(
            measure=measure,
            unit_id=unit_id,
            first=first,
            last=last,
            defaults={"target": target, "by": by, "value": None, "value_on": None},
        )
    try:
        view = olap.view(None)
    except NotFound:
        return int(found.pk)
    _count(view, [found])
    return int(found.pk)


def remove_goal(*, by: Member, goal_id: int) -> None:
    """Take a goal away. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_EDIT)
    found = Goal.objects.filter(pk=goal_id).first()
    if found is None:
        raise NotFound("There is no such goal.")
    _own(by, found.unit_id)
    found.delete()


def _own(by: Member, unit_id: int | None) -> None:
    """Raises NotAllowed, NotFound unless the unit lies in what the member sees."""
    who = scope_of(by)
    if unit_id is None:
        if not who.everyone:
            raise NotAllowed("Only who sees the whole company may set its goals.")
        return
    place = next((unit for unit in staff.units() if unit.id == unit_id), None)
    if place is None or not (who.everyone or (who.unit_path is not None and place.path.startswith(who.unit_path))):
        raise NotFound("There is no such unit.")


def publish(running: Running) -> dict[str, Any]:
    """The cycle's step: one board for the company and for every unit, and where every goal stands.

    Returns boards, goals and hints; nothing before there are purchases.
    """
    with fresh() as opened:
        try:
            view = olap.view(None, lambda: opened)
        except NotFound:
            return {"boards": 0, "goals": 0, "hints": 0}
        if not view.snapshot.facts.get("as_of"):
            return {"boards": 0, "goals": 0, "hints": 0}
        running.progress(0, 3)
        work = _Pulse(view)
        running.progress(1, 3)
        boards = [work.board(path) for path in ("", *(unit.path for unit in staff.units()))]
        known = list(Goal.objects.select_related("unit"))
        running.progress(2, 3)
        _count(view, known)
    with transaction.atomic():
        Board.objects.exclude(path__in=[one.path for one in boards]).delete()
        Board.objects.bulk_create(
            boards, update_conflicts=True, unique_fields=["path"], update_fields=["snapshot", "as_of", "content"]
        )
    return {"boards": len(boards), "goals": len(known), "hints": sum(len(one.content["hints"]) for one in boards)}


class _Pulse:
    """The last weeks of the whole company by unit, read once; boards are sums over the units below a path."""

    def __init__(self, view: View) -> None:
        facts = view.snapshot.facts
        self.view, self.as_of = view, date.fromisoformat(facts["as_of"])
        self.full = min(((self.as_of - date.fromisoformat(facts["first_day"])).days + 1) // 7, pulse.WEEKS)
        self.weeks = self._rows(tables.weeks(view.star, self.as_of, self._span(pulse.WEEKS)))
        dimensions = [name for name in DIMENSIONS if name in view.known]
        self.parts = {
            name: self._rows(tables.parts(view.star, view.known[name], self.as_of, self._span(pulse.BEFORE + 1)))
            for name in dimensions
        }

    def _span(self, weeks: int) -> Span:
        return Span(self.as_of - timedelta(days=7 * weeks - 1), self.as_of)

    def _rows(self, table: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.view.engine.arrow(table).to_pylist()
        return rows

    def board(self, path: str) -> Board:
        """What is told to those who see the units below a path."""
        weeks = {name: [0.0] * self.full for name in pulse.MEASURES}
        for row in (row for row in self.weeks if (row["path"] or "").startswith(path) and row["week"] < self.full):
            for name, field in FIELDS.items():
                weeks[name][row["week"]] += row[field]
        hints = []
        for one in pulse.moves(weeks):
            where = pulse.part(one.change, self._groups(path)) if one.measure == "amount" else None
            names = {name: self.view.known[name].label for name in self.parts}
            hints.append([said(sentence) for sentence in pulse.sentences(one, where, names)])
        series = {name: list(reversed(values)) for name, values in weeks.items()}
        return Board(
            path=path, snapshot=self.view.snapshot.id, as_of=self.as_of, content={"weeks": series, "hints": hints}
        )

    def _groups(self, path: str) -> dict[str, dict[Any, tuple[float, float]]]:
        """What every group of every dimension sold below a path: in the last week, in a mean week before."""
        before = max(min(self.full - 1, pulse.BEFORE), 1)
        found: dict[str, dict[Any, tuple[float, float]]] = {}
        for name, rows in self.parts.items():
            sums: dict[Any, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
            for row in (row for row in rows if (row["path"] or "").startswith(path)):
                group = cell(name, row["group"])
                now, earlier = sums[group]
                sums[group] = now + row["now"], earlier + row["before"] / before
            found[name] = dict(sums)
        return found


def _count(view: View, known: Sequence[Goal]) -> None:
    """Write down what goals have reached."""
    as_of = date.fromisoformat(view.snapshot.facts["as_of"])
    rows: dict[Span, list[Mapping[str, Any]]] = {}
    for goal in known:
        if goal.measure == goals.GOOD:
            goal.value = good_share()
        else:
            span = Span(goal.first, goal.last)
            if span not in rows:
                rows[span] = view.engine.arrow(tables.reached(view.star, span)).to_pylist()
            path = goal.unit.path if goal.unit else ""
            goal.value = sum(
                row[OF_MEASURE[goal.measure]] or 0 for row in rows[span] if (row["path"] or "").startswith(path)
            )
        goal.value_on = as_of if goal.value is not None else None
        Goal.objects.filter(pk=goal.pk).update(value=goal.value, value_on=goal.value_on)


def good_share() -> int | None:
    """The share of good customers on the newest scoring day in basis points; None before the first scoring."""
    try:
        sizes = score.segments()
    except NotFound:
        return None
    everyone = sum(one.customers or 0 for one in sizes)
    good = sum(one.customers or 0 for one in sizes if one.code in goals.GOOD_SEGMENTS)
    return round(10_000 * good / everyone) if everyone else None
