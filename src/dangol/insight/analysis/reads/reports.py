"""The standard reports by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dangol.insight.analysis.reads import (
    asking,
    basket,
    causes,
    cohorts,
    comparison,
    funnel,
    kept,
    prices,
    profile,
    purchases,
    seasons,
)
from dangol.insight.analysis.reads.asking import Ask, Case
from dangol.insight.analysis.rules import catalogue
from dangol.insight.analysis.rules.catalogue import Kind
from dangol.insight.analysis.rules.findings import Found
from dangol.insight.analysis.rules.packing import unpacked
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.answers import reads as answers
from dangol.insight.answers.waiting import within
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
    "prices": prices.found,
    "basket": basket.found,
    "seasons": seasons.found,
}


@dataclass(frozen=True)
class Frame:
    """What is asked of a report and what else could be, before its figures.

    ask: with the usual where nothing was said. values: dimension -> values it can be filtered by; months: ends that can
    be chosen. covered: whether the data reach back over the period compared with. job_id: of the job that works it
    out for the reader, if one does.
    """

    kind: Kind
    ask: Ask
    now: Span
    before: Span
    values: Mapping[str, Sequence[str]]
    splits: Mapping[str, str]
    months: Sequence[str]
    covered: bool
    as_of: str
    snapshot: str
    newest: bool
    currency: str
    job_id: int | None = None


@dataclass(frozen=True)
class Report(Frame):
    """A report as it was asked for. Amounts are in minor units."""

    found: Found = field(kw_only=True)


def kinds(by: Member | None) -> list[Kind]:
    """All reports. Raises NotAllowed."""
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    return list(catalogue.KINDS.values())


def frame(by: Member, ask: Ask) -> Frame:
    """A report where it is kept, else what is asked of it: cheap. Raises NotAllowed, NotFound, BadInput, Damaged."""
    case = asking.case(by, ask)
    found = kept.found(case.key, unpacked)
    if found is not None:
        return Report(**_framed(case), found=found)
    return Frame(**_framed(case), job_id=answers.running(_job_key(by, case.ask)))


def report(by: Member | None, ask: Ask, *, seconds: float | None = None) -> Report:
    """A report within what the member may see (None: everything): as it was kept, or asked now.

    seconds: how long that may take, None for as long as it needs. Raises NotAllowed, NotFound (no such report, no data
    yet), BadInput, Damaged, TooMuch past the time (see `answers.takes_long`).
    """
    case = asking.case(by, ask)
    found = kept.found(case.key, unpacked)
    if found is None:
        with within(seconds):
            found = kept.remember(case.key, WORK[case.kind.name](case))
    return Report(**_framed(case), found=found)


def job_key(by: Member, ask: Ask) -> str:
    """What the job that works a report out for a member goes by. Raises like `frame`."""
    return _job_key(by, asking.case(by, ask).ask)


def _job_key(by: Member, whole: Ask) -> str:
    return answers.key_of(by, {"kind": "analysis.answer", "ask": whole.key})


def _framed(case: Case) -> dict[str, Any]:
    view = case.view
    return {
        "kind": case.kind,
        "ask": case.ask,
        "now": case.now,
        "before": case.before,
        "values": asking.values(case.by, view, asking.ATTRIBUTES if case.kind.of_people else asking.FILTERS),
        "splits": {name: view.known[name].label if name else "" for name in case.kind.splits},
        "months": asking.months_shown(case),
        "covered": case.is_covered,
        "as_of": view.snapshot.facts["as_of"],
        "snapshot": view.snapshot.id,
        "newest": view.newest,
        "currency": view.snapshot.facts["currency"],
    }
