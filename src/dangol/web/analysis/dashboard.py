"""The last weeks, what moved in them and the goals, as the home page shows them."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.insight.analysis import reads
from dangol.insight.analysis.reads import BoardView, Fallen, GoalView, SegmentPart
from dangol.insight.analysis.rules import goals, pulse
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.analysis import wording
from dangol.web.shell import address

WIDTH, HEIGHT = 160, 36
MOST_HINTS, MOST_GOALS = 2, 3
MEANT = _(
    "Weeks end on the last day of data, so each has every weekday once. A week is called unusual where it lies far "
    "from the twelve before it: a modified z score above 3.5 (Iglewicz and Hoaglin 1993), at least 5% off, with 50 "
    "orders a week. With thirteen months of data the weeks before are first moved to the season of the last one: by "
    "how the same weeks stood to each other a year earlier. They tell of the customers in one's care today; goals "
    "count who was in charge on the day of the sale."
)
TONES = {goals.REACHED: "ok", goals.AHEAD: "ok", goals.BEHIND: "warn", goals.MISSED: "bad"}


def shown(member: Any) -> dict[str, Any] | None:
    """The lines, hints and goals of what a member sees; None before the first cycle."""
    found = _board(member)
    if found is None or not any(found.weeks.get("orders", ())):
        return None
    return {
        "as_of": found.as_of,
        "lines": [_line(found, name) for name in pulse.MEASURES],
        "judged": pulse.judged(list(reversed(found.weeks["orders"]))),
        "notes": [" ".join(wording.sentence(one) for one in note) for note in found.notes],
        "hints": [" ".join(wording.sentence(one) for one in hint) for hint in found.hints[:MOST_HINTS]],
        "goals": [goal(one) for one in reads.goals_of(member, whole=True)[:MOST_GOALS]],
        "causes_url": address("analysis:report", "causes") if may(member, Right.INSIGHT_VIEW) else "",
        "goals_url": address("analysis:indicators") if may(member, Right.INSIGHT_VIEW) else "",
        "may_set": may(member, Right.INSIGHT_EDIT),
    }


def _board(member: Any) -> BoardView | None:
    return reads.board(member) if reads.may_look(member) else None


def segments(member: Any) -> Sequence[SegmentPart]:
    """The RFM segments of the customers a member sees; none before the first scoring."""
    found = _board(member)
    return found.segments if found else ()


def fallen(member: Any) -> Fallen | None:
    """Who of a rep's own customers fell."""
    found = _board(member)
    return found.fallen if found else None


def _line(found: BoardView, name: str) -> dict[str, Any]:
    label, kind = pulse.MEASURES[name]
    values = found.weeks[name]
    before = values[-2] if len(values) > 1 else None
    change = (values[-1] - before) / before if before else None
    return {
        "label": gettext(label),
        "value": wording.brief(values[-1], kind),
        "points": points(values),
        "change": wording.cell(change, "change") if change is not None else "",
        "said": gettext("%(label)s of the last %(n)s weeks") % {"label": gettext(label), "n": len(values)},
    }


def points(values: Sequence[float]) -> str:
    """A series as the points of a line in a box of WIDTH by HEIGHT."""
    low, high = min(values), max(values)
    span, step = (high - low) or 1, WIDTH / max(len(values) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{HEIGHT - 2 - (value - low) / span * (HEIGHT - 4):.1f}"
        for place, value in enumerate(values)
    )


def goal(one: GoalView) -> dict[str, Any]:
    """A goal with its figures as texts."""
    return {
        "id": one.id,
        "label": gettext(one.label),
        "of": one.unit or one.rep or (wording.plain(one.segment, "segment") if one.segment else ""),
        "first": one.first,
        "last": one.last,
        "value": wording.brief(one.value, one.kind) if one.value is not None and one.state != goals.AWAITED else "–",
        "target": wording.brief(one.target, one.kind),
        "share": min(one.share or 0, 1),
        "reached": one.share,
        "elapsed": one.elapsed,
        "state": gettext(goals.STATES[one.state]),
        "tone": TONES.get(one.state, ""),
    }
