"""The cycle's step: what the home page tells each part of the company, where goals stand, and the usual reports."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dangol.base.errors import NotFound
from dangol.engine import fresh
from dangol.insight.analysis.actions.answering import USUAL, keep_usual
from dangol.insight.analysis.actions.goals import count
from dangol.insight.analysis.models import Board, Goal
from dangol.insight.analysis.reads.asking import cell
from dangol.insight.analysis.reads.plain import said
from dangol.insight.analysis.rules import pulse
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import pulse as tables
from dangol.insight.olap import reads as olap
from dangol.insight.olap.reads import View
from dangol.staff import reads as staff
from dangol.work.actions import Running

DIMENSIONS = ("product_major", "brand", "branch", "age_band")
FIELDS = {"amount": "spent", "orders": "often", "buyers": "buyers"}
STEPS = 3 + USUAL
NOTHING = {"boards": 0, "goals": 0, "hints": 0, "reports": 0}


def publish(running: Running) -> dict[str, Any]:
    """The cycle's step: one board for the company and for every unit, where every goal stands, and the usual reports.

    Returns boards, goals, hints and reports (worked out now); nothing before there are purchases.
    """
    with fresh() as opened:
        try:
            view = olap.view(None, lambda: opened)
        except NotFound:
            return NOTHING
        if not view.snapshot.facts.get("as_of"):
            return NOTHING
        running.progress(0, STEPS)
        work = _Pulse(view)
        running.progress(1, STEPS)
        boards = [work.board(path) for path in ("", *(unit.path for unit in staff.units()))]
        known = list(Goal.objects.select_related("unit"))
        running.progress(2, STEPS)
        count(view, known)
        reports = keep_usual(running, view, range(3, STEPS), STEPS)
    with transaction.atomic():
        Board.objects.exclude(path__in=[one.path for one in boards]).delete()
        Board.objects.bulk_create(
            boards, update_conflicts=True, unique_fields=["path"], update_fields=["snapshot", "as_of", "content"]
        )
    return {
        "boards": len(boards),
        "goals": len(known),
        "hints": sum(len(one.content["hints"]) for one in boards),
        "reports": reports,
    }


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
