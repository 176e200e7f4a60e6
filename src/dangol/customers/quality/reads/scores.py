"""Scores of the customers somebody may see: the six criteria, their trend, groups, rules by gravity, findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dangol.customers.collect import reads as collect
from dangol.customers.quality.models import Finding, Measurement, Measuring
from dangol.customers.quality.reads.ruling import rules_in_force
from dangol.customers.quality.rules.checks import FIELDS, Rule
from dangol.customers.quality.rules.criteria import Counts, Share, Weighing, add, empty, field_scores, overall, scores
from dangol.customers.quality.rules.fairness import SMALL_GROUP
from dangol.customers.quality.rules.findings import KINDS, FindingKind
from dangol.staff import reads as staff
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right, Scope

MONTH_DAYS = 28
TREND_DAYS = 400


@dataclass(frozen=True)
class Point:
    """The criteria on one measuring day."""

    day: date
    scores: Mapping[str, Share]
    overall: float | None


@dataclass(frozen=True)
class FieldLine:
    """One field: filled (real) and generated values, and its criteria."""

    name: str
    label: str
    real: int
    generated: int
    scores: Mapping[str, Share]


@dataclass(frozen=True)
class UseLine:
    """One use: how many customers are ready for it."""

    name: str
    fields: Sequence[str]
    ready: Share


@dataclass(frozen=True)
class Board:
    """Quality of the customers somebody may see. trend: oldest first, the last point is `now`."""

    day: date
    at: datetime
    customers: int
    named: int
    now: Point
    before: Point | None
    trend: Sequence[Point]
    fields: Sequence[FieldLine]
    uses: Sequence[UseLine]
    folded: bool = False


@dataclass(frozen=True)
class RuleLine:
    """A rule and how many customers one may see break it. share: of all; worst: number times gravity."""

    rule: Rule
    broken: int
    share: float | None
    worst: float


@dataclass(frozen=True)
class Group:
    """A branch, rep or source with its criteria. folded: too few people to show to this role."""

    key: str
    label: str
    customers: int
    scores: Mapping[str, Share]
    overall: float | None
    depth: int = 0
    folded: bool = False


@dataclass(frozen=True)
class Told:
    """Something stale, over-summarised or unlinked, with its sentence's values."""

    kind: FindingKind
    params: Mapping[str, Any]
    count: int
    detail: Mapping[str, Any] = field(default_factory=dict)


def see(by: Member) -> None:
    """Raises NotAllowed unless somebody may see customers or figures."""
    if not may(by, Right.INSIGHT_VIEW):
        require(by, Right.CUSTOMERS_VIEW)


def weighing_of(day: date) -> Weighing:
    """How the criteria were weighed on a measuring day."""
    kept = Measuring.objects.get(pk=day).weighing
    return Weighing(kept["uses"], kept["needed"], kept["dated"])


def _rows(scope: Scope, days: Iterable[date]) -> Any:
    """The measurements that add up to what somebody may see."""
    rows = Measurement.objects.filter(day__in=list(days))
    if scope.everyone:
        return rows.filter(cut="all")
    if scope.unit_path is not None:
        ids = [str(unit.id) for unit in staff.units() if unit.path.startswith(scope.unit_path)]
        return rows.filter(cut="unit", key__in=ids)
    return rows.filter(cut="rep", key=str(scope.member_id or 0))


def counts_of(scope: Scope, days: Sequence[date]) -> dict[date, Counts]:
    """Counts a day over the customers of a scope."""
    together: dict[date, list[Counts]] = {day: [] for day in days}
    for day, counts in _rows(scope, days).values_list("day", "counts"):
        together[day].append(counts)
    return {day: add(found) for day, found in together.items()}


def board(by: Member) -> Board | None:
    """The overview; None before the first measuring. Raises NotAllowed."""
    see(by)
    measured = list(Measuring.objects.order_by("-day")[:TREND_DAYS])
    if not measured:
        return None
    last = measured[0]
    days = _shown_days([one.day for one in measured])
    counted = counts_of(scope_of(by), days)
    ways = {one.day: Weighing(**one.weighing) for one in measured}
    trend = [_point(day, counted[day], ways[day]) for day in sorted(days)]
    now, how = counted[last.day], ways[last.day]
    if folds(by, now["customers"]):
        nothing = Point(last.day, scores(empty(), how), None)
        return Board(last.day, last.at, now["customers"], 0, nothing, None, [nothing], [], [], folded=True)
    earlier = [point for point in trend if point.day <= last.day - timedelta(days=MONTH_DAYS)]
    return Board(
        day=last.day, at=last.at, customers=now["customers"], named=now["named"], now=trend[-1],
        before=earlier[-1] if earlier else None, trend=trend, fields=_fields(now, how),
        uses=[UseLine(use, how.needed[use], Share(now["uses"].get(use, 0), now["customers"])) for use in how.uses],
    )  # fmt: skip


def folds(by: Member, customers: int) -> bool:
    """Whether a group is too small for somebody who may see figures but no people."""
    return 0 < customers < SMALL_GROUP and not may(by, Right.CUSTOMERS_VIEW)


def _shown_days(days: Sequence[date]) -> list[date]:
    """At most some sixty days: all of the last two months, then the last of each month."""
    newest = days[0]
    monthly: dict[tuple[int, int], date] = {}
    for day in sorted(days):
        monthly[day.year, day.month] = day
    return sorted({day for day in days if day > newest - timedelta(days=62)} | set(monthly.values()))


def _point(day: date, counts: Counts, how: Weighing) -> Point:
    found = scores(counts, how)
    return Point(day, found, overall(found))


def _fields(counts: Counts, how: Weighing) -> list[FieldLine]:
    return [
        FieldLine(name, one.label, counts["fields"].get(name, {}).get("real", 0),
                  counts["fields"].get(name, {}).get("held", 0), field_scores(counts, name, how))
        for name, one in FIELDS.items()
    ]  # fmt: skip


def last_day() -> date | None:
    """The newest measuring day."""
    return Measuring.objects.order_by("-day").values_list("day", flat=True).first()


def rule_lines(by: Member) -> list[RuleLine]:
    """All rules, the worst first: how many customers one may see break each. Rules off come last, uncounted."""
    see(by)
    day = last_day()
    counts = counts_of(scope_of(by), [day])[day] if day else empty()
    counts = empty() if folds(by, counts["customers"]) else counts
    lines = []
    for rule in rules_in_force():
        broken = counts["rules"].get(str(rule.id), 0) if rule.on else 0
        share = broken / counts["customers"] if counts["customers"] and rule.on else None
        lines.append(RuleLine(rule, broken, share, broken * rule.gravity))
    return sorted(lines, key=lambda line: (not line.rule.on, -line.worst, line.rule.id))


def groups(by: Member, cut: str) -> list[Group]:
    """Branches (with all below them), reps or sources with their criteria; reps see themselves only.

    cut: unit, rep or source; sources are measured over the company and shown to those who see all of it.
    """
    see(by)
    day = last_day()
    if day is None:
        return []
    how, scope = weighing_of(day), scope_of(by)
    if cut == "source":
        return _sources(by, day, how) if scope.everyone else []
    if cut == "unit":
        return _units(by, day, how)
    return _reps(by, day, how)


def _group(by: Member, key: str, label: str, counts: Counts, *, how: Weighing, depth: int = 0) -> Group:
    folded = folds(by, counts["customers"])
    found = {} if folded else scores(counts, how)
    return Group(key, label, counts["customers"], found, overall(found) if found else None, depth, folded)


def _sources(by: Member, day: date, how: Weighing) -> list[Group]:
    names = {one.system: one.name for one in collect.sources(staff.system())}
    rows = Measurement.objects.filter(day=day, cut="source").order_by("key")
    found = []
    for row in rows:
        if row.key.startswith("staff:"):
            continue
        one = _group(by, row.key, names.get(row.key, row.key), row.counts, how=how)
        told = {code: share for code, share in one.scores.items() if code in SOURCE_CRITERIA}
        told["completeness"] = _supplied(row.counts)
        found.append(Group(one.key, one.label, one.customers, told, overall(told), folded=one.folded))
    by_hand = add(row.counts for row in rows if row.key.startswith("staff:"))
    if by_hand["fields"]:
        told = {code: share for code, share in scores(by_hand, how).items() if code in SOURCE_CRITERIA}
        found.append(Group("staff", "", 0, told, overall(told)))
    return found


SOURCE_CRITERIA = ("reliability", "standardisation", "recency")


def _supplied(counts: Counts) -> Share:
    """Values that stand in the golden record and came from a source, by its customers and the fields it gives."""
    given = [numbers["real"] for numbers in counts["fields"].values() if numbers.get("real")]
    return Share(sum(given), counts["customers"] * len(given))


def _units(by: Member, day: date, how: Weighing) -> list[Group]:
    tree = staff.unit_tree(by)
    own = dict(Measurement.objects.filter(day=day, cut="unit").values_list("key", "counts"))
    found = []
    for unit in tree:
        below = [own[str(one.id)] for one in tree if one.path.startswith(unit.path) and str(one.id) in own]
        found.append(_group(by, str(unit.id), unit.name, add(below), how=how, depth=unit.depth))
    if scope_of(by).everyone and "" in own:
        found.append(_group(by, "", "", own[""], how=how))
    return [one for one in found if one.customers]


def _reps(by: Member, day: date, how: Weighing) -> list[Group]:
    own = dict(Measurement.objects.filter(day=day, cut="rep").values_list("key", "counts"))
    reps = staff.reps(by, limit=2000)
    return [_group(by, str(pk), name, own[str(pk)], how=how) for pk, name, _unit in reps if str(pk) in own]


def findings(by: Member) -> list[Told]:
    """What is stale, over-summarised or unlinked, the serious first; for those who see sources, or all customers."""
    see(by)
    if not (may(by, Right.SOURCES_VIEW) or scope_of(by).everyone):
        return []
    order = {"bad": 0, "warn": 1, "info": 2}
    rows = sorted(Finding.objects.all(), key=lambda row: (order[KINDS[row.kind].severity], -row.count))
    return [
        Told(KINDS[row.kind], {"subject": row.subject, "count": row.count, "total": row.total or 0} | row.detail,
             row.count, row.detail)
        for row in rows if row.kind in KINDS
    ]  # fmt: skip
