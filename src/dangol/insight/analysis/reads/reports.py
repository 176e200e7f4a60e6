"""The standard reports by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dangol.insight.analysis.reads import (
    asking,
    basket,
    causes,
    cohorts,
    comparison,
    funnel,
    profile,
    purchases,
    seasons,
)
from dangol.insight.analysis.reads.asking import Ask, Case
from dangol.insight.analysis.reads.kept import answered
from dangol.insight.analysis.rules import catalogue
from dangol.insight.analysis.rules.catalogue import Kind
from dangol.insight.analysis.rules.findings import Found
from dangol.insight.analysis.rules.spans import Span
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

WORK: Mapping[str, Callable[[Case], Found]] = {
    "causes": causes.found,
    "funnel": funnel.found,
    "cohorts": cohorts.found,
    "comparison": comparison.found,
    "profile": profile.found,
    "group": profile.group,
    "purchases": purchases.found,
    "prices": purchases.prices,
    "basket": basket.found,
    "seasons": seasons.found,
}


@dataclass(frozen=True)
class Report:
    """A report as it was asked for.

    ask: with the usual where nothing was said. values: dimension -> values it can be filtered by; months: ends that can
    be chosen. covered: whether the data reach back over the period compared with. Amounts are in minor units.
    """

    kind: Kind
    ask: Ask
    now: Span
    before: Span
    found: Found
    values: Mapping[str, Sequence[str]]
    splits: Mapping[str, str]
    months: Sequence[str]
    covered: bool
    as_of: str
    snapshot: str
    newest: bool
    currency: str


def kinds(by: Member | None) -> list[Kind]:
    """All reports. Raises NotAllowed."""
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    return list(catalogue.KINDS.values())


def report(by: Member | None, ask: Ask) -> Report:
    """A report within what the member may see (None: everything).

    Raises NotAllowed, NotFound (no such report, no data yet), BadInput, Damaged, TooMuch (over 10 seconds).
    """
    case = asking.case(by, ask)
    key = (asking.data_key(case.view, by), case.ask.key)
    found = answered(key, lambda: WORK[case.kind.name](case))
    view = case.view
    return Report(
        kind=case.kind,
        ask=case.ask,
        now=case.now,
        before=case.before,
        found=found,
        values=asking.values(by, view, asking.ATTRIBUTES if case.kind.of_people else asking.FILTERS),
        splits={name: view.known[name].label if name else "" for name in case.kind.splits},
        months=asking.months_shown(case),
        covered=case.is_covered,
        as_of=view.snapshot.facts["as_of"],
        snapshot=view.snapshot.id,
        newest=view.newest,
        currency=view.snapshot.facts["currency"],
    )
