"""Reports worked out beforehand: those that take long by a job, those that everybody opens by the cycle."""

from functools import partial
from typing import Any

from dangol.base.errors import Cancelled, Conflict, DangolError
from dangol.insight.analysis.reads import asking, kept, reports
from dangol.insight.analysis.reads.asking import Ask
from dangol.insight.analysis.rules import catalogue
from dangol.insight.analysis.rules.packing import packed
from dangol.insight.answers import actions as answers
from dangol.insight.answers import reads as kept_answers
from dangol.insight.olap.reads import View
from dangol.staff.reads import Member
from dangol.work.actions import Running

JOB = "analysis.answer"
TRIES = 2
USUAL = len(catalogue.KINDS)


def start(*, by: Member, ask: Ask) -> int:
    """Have a report worked out; returns the job's id, that of the one at it where there is one.

    Raises NotAllowed, NotFound, BadInput, Damaged.
    """
    given = {name: getattr(ask, name) for name in ("report", "end", "months", "against", "split", "where")}
    given |= {name: dict(getattr(ask, name)) for name in ("only", "numbers", "ways")}
    return answers.work_out(by=by, kind=JOB, key=reports.job_key(by, ask), arguments={"ask": given})


def run(running: Running, *, ask: dict[str, Any], scopes: list[str] | None) -> dict[str, Any]:
    """The job `analysis.answer`: work a report out for who asked, within what they may see.

    Where the data changed meanwhile it is asked once more, so that no report mixes two states. Raises Conflict where
    they changed again, else like `reports.report`.
    """
    by = kept_answers.asker(running.by, scopes)
    reports.kinds(by)  # the right to see figures may have gone since
    for _try in range(TRIES):
        case = asking.case(by, Ask(**ask))
        running.progress(0, None, case.kind.title)
        found = packed(reports.WORK[case.kind.name](case))
        if asking.case(by, Ask(**ask)).key == case.key:
            answers.keep(case.key, found)
            return {"report": case.kind.name}
    raise Conflict("The data changed while this was worked out. Ask again.")


def keep_usual(running: Running, view: View, steps: range, total: int) -> int:
    """The cycle's part: every report in its usual form for who sees the whole company, and what it can be filtered by.

    view: of the installation. steps: of the step's progress. Returns how many were worked out; what is kept already is
    left alone. A report that cannot be worked out is left to be asked for.
    """
    made = 0
    for step, kind in zip(steps, catalogue.KINDS.values(), strict=True):
        running.progress(step, total, kind.title)
        try:
            made += _keep(asking.case(None, Ask(kind.name), view=view))
        except Cancelled:
            raise
        except DangolError:
            continue
    return made


def _keep(case: asking.Case) -> int:
    for name in (name for name in {*asking.FILTERS, *asking.ATTRIBUTES} if name in case.view.known):
        key = asking.values_key(case.view, None, name)
        if kept_answers.kept(key) is None:
            answers.keep(key, kept.listed(key, partial(asking.values_of, case.view, name)))
    if kept_answers.kept(case.key) is not None:
        return 0
    answers.keep(case.key, packed(reports.WORK[case.kind.name](case)))
    return 1
