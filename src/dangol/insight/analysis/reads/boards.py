"""What the home page tells a member: the last weeks, hints and goals, as the cycle left them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from dangol.insight.analysis.models import Board, Goal
from dangol.insight.analysis.rules import goals
from dangol.insight.analysis.rules.charge import rep_path
from dangol.insight.analysis.rules.findings import Sentence
from dangol.insight.score import reads as score
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right, Scope


@dataclass(frozen=True)
class BoardView:
    """The last weeks of the customers a member sees.

    weeks: measure -> sums of seven days, oldest first. hints: sentences that belong together; notes: why the week is
    not judged. segments: those with
    customers. fallen: of a rep's own customers, who fell.
    """

    as_of: date
    weeks: Mapping[str, Sequence[float]]
    hints: Sequence[Sequence[Sentence]]
    notes: Sequence[Sequence[Sentence]] = ()
    segments: Sequence["SegmentPart"] = ()
    fallen: "Fallen | None" = None


@dataclass(frozen=True)
class SegmentPart:
    """A segment among the customers a member sees. sales: in the scheme's window, minor units; share: of all theirs."""

    code: str
    customers: int
    sales: int
    share: float | None


@dataclass(frozen=True)
class Fallen:
    """How many of a rep's customers fell since a day, and the first of them: (customer id, money they spend less)."""

    since: date
    number: int
    first: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class GoalView:
    """A goal. kind: of its figures; a share is 0..1 here. share: of the target; elapsed: of the period.

    unit, rep: name of whose it is, segment: code of the RFM segment; all empty for the whole company.
    """

    id: int
    measure: str
    label: str
    kind: str
    unit: str
    rep: str
    segment: str
    first: date
    last: date
    target: float
    value: float | None
    value_on: date | None
    state: str
    share: float | None
    elapsed: float


def may_look(by: Member) -> bool:
    """Whether a member is told the last weeks: by right, or as sums of customers who are the member's own anyway."""
    own = may(by, Right.CUSTOMERS_VIEW) and not scope_of(by).everyone
    return own or may(by, Right.INSIGHT_VIEW)


def board(by: Member) -> BoardView | None:
    """The last weeks of the customers a member sees; None before the first cycle. Raises NotAllowed."""
    if not may_look(by):
        require(by, Right.INSIGHT_VIEW)
    path = _path(scope_of(by))
    row = Board.objects.filter(path=path).first() if path is not None else None
    if row is None:
        return None
    content = row.content
    hints, notes = ([[_sentence(one) for one in hint] for hint in content.get(name, ())] for name in ("hints", "notes"))
    return BoardView(row.as_of, content["weeks"], hints, notes, _segments(content), _fallen(content.get("fallen")))


def _segments(content: Mapping[str, Any]) -> list[SegmentPart]:
    """Of a board that an older release left, none."""
    found = content.get("segments", ())
    whole = sum(sales for _code, _customers, sales in found)
    return [SegmentPart(code, customers, sales, sales / whole if whole > 0 else None)
            for code, customers, sales in found]  # fmt: skip


def _fallen(plain: Mapping[str, Any] | None) -> Fallen | None:
    if plain is None:
        return None
    return Fallen(date.fromisoformat(plain["since"]), plain["number"], [(one, lost) for one, lost in plain["first"]])


def _path(who: Scope) -> str | None:
    if who.everyone:
        return ""
    return rep_path(who.member_id) if who.member_id is not None else who.unit_path


def _sentence(plain: Mapping[str, Any]) -> Sentence:
    days = ("day", "month")
    values = {name: (one["kind"], date.fromisoformat(one["value"]) if one["kind"] in days else one["value"])
              for name, one in plain["values"].items()}  # fmt: skip
    return Sentence(plain["template"], values)


def goals_of(by: Member, *, whole: bool = False) -> list[GoalView]:
    """The goals of what a member sees, those that end first in front; over ones last.

    whole: only those of the company and its segments or, for who sees a part, of that part itself. Raises NotAllowed.
    """
    if not may_look(by):
        require(by, Right.INSIGHT_VIEW)
    who = scope_of(by)
    rows = Goal.objects.select_related("unit", "rep").order_by("last", "pk")
    if who.member_id is not None:
        rows = rows.filter(rep_id=who.member_id)
    elif who.unit_path is not None:
        own = Q(unit__path=who.unit_path)
        rows = rows.filter(
            own if whole else Q(unit__path__startswith=who.unit_path) | Q(rep__unit__path__startswith=who.unit_path)
        )
    elif not who.everyone:
        return []
    elif whole:
        rows = rows.filter(unit=None, rep=None)
    found = [_view(row) for row in rows]
    return sorted(found, key=lambda one: one.value_on is not None and one.last < one.value_on)


def _view(row: Goal) -> GoalView:
    measure = goals.MEASURES[row.measure]
    scale = 10_000 if measure.kind == "share" else 1
    over = goals.elapsed(row.first, row.last, row.value_on) if row.value_on else 0.0
    return GoalView(
        id=row.pk,
        measure=row.measure,
        label=measure.label,
        kind=measure.kind,
        unit=row.unit.name if row.unit else "",
        rep=row.rep.name if row.rep else "",
        segment=row.segment,
        first=row.first,
        last=row.last,
        target=row.target / scale,
        value=row.value / scale if row.value is not None else None,
        value_on=row.value_on,
        state=goals.state(row.measure, row.target, row.value, over),
        share=row.value / row.target if row.value is not None else None,
        elapsed=over,
    )


@dataclass(frozen=True)
class IndicatorView:
    """An RFM segment now and a quarter ago (None before there were scores). Amounts in minor units, shares 0..1."""

    code: str
    name: str
    customers: int | None
    share: float | None
    share_before: float | None
    sales_share: float | None
    sales_share_before: float | None
    ticket: int | None
    ticket_before: int | None


@dataclass(frozen=True)
class Indicators:
    """Management indicators: shares of RFM segments against the last quarter, and who moved."""

    day: date
    before: date | None
    good: float | None
    good_before: float | None
    segments: Sequence[IndicatorView]
    flows: Sequence[score.Flow]


def indicators(by: Member) -> Indicators:
    """The management indicators of the whole company. Raises NotAllowed, NotFound before the first scoring."""
    require(by, Right.INSIGHT_VIEW)
    days = score.months()
    day, before = days[-1], _quarter_before(days)
    now = score.segments(day, by=by)
    earlier = {one.code: one for one in score.segments(before, by=by)} if before else {}
    rows = [
        IndicatorView(
            one.code,
            one.name,
            one.customers,
            one.share,
            _of(earlier, one.code, "share"),
            one.sales_share,
            _of(earlier, one.code, "sales_share"),
            one.average_ticket,
            _of(earlier, one.code, "average_ticket"),
        )
        for one in now
    ]
    flows = score.migration(before, day, by=by) if before else []
    return Indicators(day, before, _good(now), _good(list(earlier.values())), rows, flows)


def _of(found: Mapping[str, score.SegmentView], code: str, name: str) -> Any:
    return getattr(found[code], name) if code in found else None


def _quarter_before(days: Sequence[date]) -> date | None:
    """The scoring day three months before the last, the nearest after it where there is none."""
    newest = days[-1]
    wanted = [one for one in days if (newest.year - one.year) * 12 + newest.month - one.month >= 3]
    return wanted[-1] if wanted else None


def _good(found: Sequence[score.SegmentView]) -> float | None:
    everyone = sum(one.customers or 0 for one in found)
    return sum(one.customers or 0 for one in found if one.code in goals.GOOD_SEGMENTS) / everyone if everyone else None
