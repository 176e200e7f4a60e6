"""The cycle's step: what the home page tells each part of the company, where goals stand, and the usual reports."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from dangol.base.errors import NotFound
from dangol.engine import fresh
from dangol.insight.analysis.actions.answering import USUAL, keep_usual
from dangol.insight.analysis.actions.goals import count
from dangol.insight.analysis.models import Board, Goal
from dangol.insight.analysis.reads.asking import cell
from dangol.insight.analysis.reads.plain import said
from dangol.insight.analysis.rules import pulse
from dangol.insight.analysis.rules.charge import in_charge, rep_path
from dangol.insight.analysis.rules.findings import N_
from dangol.insight.analysis.rules.holidays import Holiday, holidays
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import pulse as tables
from dangol.insight.olap import reads as olap
from dangol.insight.olap.reads import View
from dangol.insight.score import reads as score
from dangol.insight.score.warning import reads as warning
from dangol.staff import reads as staff
from dangol.work.actions import Running

DIMENSIONS = ("product_major", "brand", "branch", "age_band")
FIELDS = {"amount": "spent", "orders": "often", "buyers": "buyers"}
STEPS = 3 + USUAL
NOTHING = {"boards": 0, "goals": 0, "hints": 0, "reports": 0}
Rows = list[dict[str, Any]]
Where = Callable[[pulse.Move], pulse.Part | None]
UNIT, IN_CHARGE = "unit", N_("unit in charge")


def publish(running: Running) -> dict[str, Any]:
    """The cycle's step: a board for the company, every unit and every rep; where every goal stands; the usual reports.

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
        boards = work.boards(unit.path for unit in staff.units())
        known = list(Goal.objects.select_related("unit"))
        running.progress(2, STEPS)
        count(view, known)
        reports = keep_usual(running, view, range(3, STEPS), STEPS)
    with transaction.atomic():
        Board.objects.exclude(path__in=[one.path for one in boards]).delete()
        Board.objects.bulk_create(
            boards,
            update_conflicts=True,
            unique_fields=["path"],
            update_fields=["snapshot", "as_of", "content"],
            batch_size=500,
        )
    hints = sum(len(one.content["hints"]) for one in boards)
    return {"boards": len(boards), "goals": len(known), "hints": hints, "reports": reports}


class _Pulse:
    """The last weeks of the whole company by unit and rep, read once; boards are sums of them."""

    def __init__(self, view: View) -> None:
        facts = view.snapshot.facts
        self.view, self.as_of = view, date.fromisoformat(facts["as_of"])
        self.full = min(((self.as_of - date.fromisoformat(facts["first_day"])).days + 1) // 7, pulse.FAR)
        self.weeks = self._rows(tables.weeks(view.bare, self.as_of, self._span(pulse.FAR)))
        dimensions = [name for name in DIMENSIONS if name in view.known]
        self.parts = {
            name: self._rows(tables.parts(view.bare, view.known[name], self.as_of, self._span(pulse.BEFORE + 1)))
            for name in dimensions
        }
        self.units = {unit.id: unit for unit in staff.units()}
        self.days = self._rows(tables.days(view.bare, self._span(pulse.BEFORE + 1)))
        self.orders = self._orders("")
        self.off = self._holidays()
        self.standing, self.fallen, self.since = self._scored()

    def _holidays(self) -> list[Holiday]:
        """Those of the last week and of the weeks around it a year ago, where they move."""
        korean = settings.DANGOL.time_zone == "Asia/Seoul"
        around = timedelta(days=7 * pulse.YEAR)
        week = timedelta(days=6)
        now = holidays(self.as_of - week, self.as_of, korean=korean)
        earlier = holidays(self.as_of - around - 2 * week, self.as_of - around + week, korean=korean)
        return [*now, *(one for one in earlier if one.moves)]

    def _span(self, weeks: int) -> Span:
        return Span(self.as_of - timedelta(days=7 * weeks - 1), self.as_of)

    def _rows(self, table: Any) -> Rows:
        rows: Rows = self.view.engine.arrow(table).to_pylist()
        return rows

    def _scored(self) -> tuple[Rows, Rows, date | None]:
        """Who stands in which segment, and who fell since when; nothing before the first scoring."""
        try:
            newest, since = score.table(self.view.engine), warning.usual_day()
            earlier = score.table(self.view.engine, since)
        except NotFound:
            return [], [], None
        fell = tables.fallen(self.view.bare, earlier, newest, warning.USUAL_FALL)
        return self._rows(tables.standing(self.view.bare, newest)), self._rows(fell), since

    def boards(self, paths: Iterable[str]) -> list[Board]:
        """One for the company, for every unit and for every rep who has customers."""
        weeks, standing, fallen = (_by_rep(rows) for rows in (self.weeks, self.standing, self.fallen))
        reps = sorted({*weeks, *standing})
        return [
            *(self._of_unit(path) for path in ("", *paths)),
            *(self._of_rep(rep, weeks.get(rep, ()), standing.get(rep, ()), fallen.get(rep, ())) for rep in reps),
        ]

    def _of_unit(self, path: str) -> Board:
        """What is told to those who see the units below a path."""
        rows = _below(path, self.weeks)
        series = self._series(rows)

        def where(one: pulse.Move) -> pulse.Part | None:
            money = one.measure == "amount"
            groups = self._groups(path) if money else self._in_charge(rows, FIELDS[one.measure])
            return pulse.part(one.change, groups, one.factor)

        told = self._told(series, self._orders(path), where)
        return self._board(path, series, _segments(_below(path, self.standing)), **told)

    def _told(
        self, series: Mapping[str, Sequence[float]], orders: Mapping[date, int], where: Where = lambda _one: None
    ) -> dict[str, Any]:
        """Hints: what moved and where. Notes: why the week cannot be judged, and what moved in it all the same."""
        now = [one for one in self.off if one.day > self.as_of - timedelta(days=7)]
        missing = pulse.gap(orders, self.as_of, {one.day for one in now})
        if missing is not None:
            return {"hints": [], "notes": [[said(pulse.lost(missing))]]}
        seasonal = not any(one.moves for one in self.off)
        moves = pulse.moves(series, seasonal=seasonal)
        if now and moves and not all(one.seasoned for one in moves):
            [first, *_rest] = self._said(moves[0], None)
            return {"hints": [], "notes": [[first, said(pulse.holiday(now[0]))]]}
        return {"hints": [self._said(one, where(one)) for one in moves], "notes": []}

    def _orders(self, path: str) -> dict[date, int]:
        """The orders of each day of those in charge below a path."""
        found: dict[date, int] = defaultdict(int)
        for row in self.days:
            unit = self.units.get(row["unit_id"])
            if (unit.path if unit else "").startswith(path):
                found[row["day"]] += row["orders"]
        return found

    def _in_charge(self, rows: Rows, field: str) -> dict[str, dict[Any, tuple[float, float]]]:
        """What each unit in charge has of a figure: in the last week, in a mean week before."""
        before = max(min(self.full - 1, pulse.BEFORE), 1)
        names = {unit.path: unit.name for unit in self.units.values()}
        found: dict[Any, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for row in (row for row in rows if row["week"] <= before):
            group = cell(UNIT, names.get(row["path"] or ""))
            now, earlier = found[group]
            share = row[field] / before if row["week"] else 0.0
            found[group] = (now if row["week"] else now + row[field]), earlier + share
        return {UNIT: dict(found)}

    def _said(self, move: pulse.Move, where: pulse.Part | None) -> list[dict[str, Any]]:
        names = {name: self.view.known[name].label for name in self.parts} | {UNIT: IN_CHARGE}
        return [said(sentence) for sentence in pulse.sentences(move, where, names)]

    def _of_rep(self, rep: int, weeks: Sequence[Any], standing: Sequence[Any], fallen: Sequence[Any]) -> Board:
        """What is told to a rep of the own customers: few enough to be named."""
        series = self._series(weeks)
        told = self._told(series, self.orders)
        first = [[row["customer_id"], row["lost"]] for row in sorted(fallen, key=lambda row: row["place"])]
        fell = {"since": self.since.isoformat(), "number": fallen[0]["fell"], "first": first} \
            if fallen and self.since else None  # fmt: skip
        return self._board(rep_path(rep), series, _segments(standing), **told, fallen=fell)

    def _series(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
        """The measures by week, newest first."""
        weeks = {name: [0.0] * self.full for name in pulse.MEASURES}
        for row in (row for row in rows if row["week"] < self.full):
            for name, field in FIELDS.items():
                weeks[name][row["week"]] += row[field]
        return weeks

    def _board(self, path: str, weeks: Mapping[str, list[float]], segments: Any, **more: Any) -> Board:
        series = {name: list(reversed(values[: pulse.WEEKS])) for name, values in weeks.items()}
        content = {"weeks": series, "segments": segments} | more
        return Board(path=path, snapshot=self.view.snapshot.id, as_of=self.as_of, content=content)

    def _groups(self, path: str) -> dict[str, dict[Any, tuple[float, float]]]:
        """What every group of every dimension sold below a path: in the last week, in a mean week before."""
        before = max(min(self.full - 1, pulse.BEFORE), 1)
        found: dict[str, dict[Any, tuple[float, float]]] = {}
        for name, rows in self.parts.items():
            sums: dict[Any, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
            for row in _below(path, rows):
                group = cell(name, row["group"])
                now, earlier = sums[group]
                sums[group] = now + row["now"], earlier + row["before"] / before
            found[name] = dict(sums)
        return found


def _below(path: str, rows: Rows) -> Rows:
    return [row for row in rows if (row["path"] or "").startswith(path)]


def _by_rep(rows: Rows) -> dict[int, Rows]:
    found: dict[int, Rows] = defaultdict(list)
    for row in rows:
        rep = in_charge(row["rep_id"], row["rep"])
        if rep is not None:
            found[rep].append(row)
    return found


def _segments(rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Code, customers and sales of every segment."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        one = sums[row["segment"]]
        one[0], one[1] = one[0] + row["customers"], one[1] + row["sales"]
    return [[code, *one] for code, one in sorted(sums.items())]
