"""The league of reps and branches: fair minimum numbers, an interval, the change since a month; for coaching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dangol.base.errors import BadInput
from dangol.customers.quality.models import Measurement, Measuring
from dangol.customers.quality.reads.scores import MONTH_DAYS, folds, last_day, see, weighing_of
from dangol.customers.quality.rules.criteria import CRITERIA, Counts, Weighing, add, overall, scores
from dangol.customers.quality.rules.fairness import Standing, ranked
from dangol.staff import reads as staff
from dangol.staff.reads import Member, scope_of

REPS_MOST = 5_000


@dataclass(frozen=True)
class League:
    """The table, and the average of everybody in it. own: the reader's line. compared: day of the values before.

    team: the name of the unit whose average is told; for a rep the own one, otherwise the whole tree of the reader.
    """

    criterion: str
    lines: Sequence[Standing]
    average: Standing
    own: Standing | None
    day: date
    compared: date | None
    team: str


def league(by: Member, *, cut: str = "rep", criterion: str = "completeness") -> League | None:
    """Reps or branches of one's own tree, ranked by one criterion (or `overall`); None before the first measuring.

    A rep sees the own line and the team's average, nobody else's. Raises NotAllowed, BadInput.
    """
    see(by)
    if criterion not in (*CRITERIA, "overall") or cut not in ("rep", "unit"):
        raise BadInput("There is no criterion “{name}”. Use one of: {known}.", field="criterion", name=criterion[:40],
                       known=", ".join((*CRITERIA, "overall")))  # fmt: skip
    day = last_day()
    if day is None:
        return None
    before = (
        Measuring.objects.filter(day__lte=day - timedelta(days=MONTH_DAYS)).order_by("-day")
        .values_list("day", flat=True).first()
    )  # fmt: skip
    now, then = _counts(cut, day), _counts(cut, before) if before else {}
    how, how_then = weighing_of(day), weighing_of(before) if before else weighing_of(day)
    whose, team = _whose(by, cut)
    lines = [
        _line(key, label, now[key], then.get(key), ways=(how, how_then), criterion=criterion, note=note)
        for key, label, note in whose if key in now
    ]  # fmt: skip
    average = _average(by, day, before, (how, how_then), criterion)
    placed = ranked(lines)
    own = next((line for line in placed if cut == "rep" and line.key == str(by.pk)), None)
    return League(criterion, placed, average, own, day, before, team)


def _counts(cut: str, day: date) -> dict[str, Counts]:
    rows = Measurement.objects.filter(day=day, cut=cut).exclude(key="").values_list("key", "counts")
    found = dict(rows)
    if cut == "rep":
        return found
    units = staff.units()
    paths = {str(unit.id): unit.path for unit in units}
    return {
        str(unit.id): add(counts for key, counts in found.items() if paths.get(key, "").startswith(unit.path))
        for unit in units if unit.kind == "branch"
    }  # fmt: skip


def _whose(by: Member, cut: str) -> tuple[list[tuple[str, str, str]], str]:
    """Whose lines a member sees: (key, name, where); and the name of the team."""
    team = by.unit.name if by.unit else ""
    if cut == "rep":
        return [(str(pk), name, unit) for pk, name, unit in staff.reps(by, limit=REPS_MOST)], team
    if scope_of(by).member_id is not None:
        return [], team
    return [(str(one.id), one.name, "") for one in staff.unit_tree(by) if one.kind == "branch"], team


def _value(counts: Counts | None, how: Weighing, criterion: str) -> float | None:
    if counts is None:
        return None
    found = scores(counts, how)
    return overall(found) if criterion == "overall" else found[criterion].value


def _line(
    key: str, label: str, counts: Counts, then: Counts | None, *, ways: tuple[Weighing, Weighing], criterion: str,
    note: str = "",
) -> Standing:  # fmt: skip
    return Standing(
        key=key, label=label, customers=counts["customers"], value=_value(counts, ways[0], criterion),
        before=_value(then, ways[1], criterion), note=note,
    )  # fmt: skip


def _average(
    by: Member, day: date, before: date | None, ways: tuple[Weighing, Weighing], criterion: str
) -> Standing:  # fmt: skip
    """All customers of the team: for a rep the own unit with all below it, for others what they may see."""

    def total(when: date) -> Counts:
        found: Mapping[str, Counts] = dict(
            Measurement.objects.filter(day=when, cut="unit").values_list("key", "counts")
        )
        path = by.unit.path if by.unit else None
        if scope_of(by).everyone or path is None:
            return add(found.values())
        inside = {str(unit.id) for unit in staff.units() if unit.path.startswith(path)}
        return add(counts for key, counts in found.items() if key in inside)

    found = _line("", "", total(day), total(before) if before else None, ways=ways, criterion=criterion)
    return replace(found, value=None, before=None) if folds(by, found.customers) else found
