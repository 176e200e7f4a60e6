"""From a report to the explorer: the same conditions and months, where every figure opens down to its customers."""

from datetime import date
from typing import Any

from dangol.insight.analysis.reads import Report
from dangol.insight.analysis.rules.findings import UNKNOWN, Finding, Sentence
from dangol.reports import asked as steps
from dangol.reports.asked import Asked, Figure, Filter
from dangol.web.shell import address

FIGURES = (Figure("sales_amount"), Figure("buying_customers"), Figure("orders"), Figure("average_ticket"))


def whole(report: Report) -> str:
    """Where the figures of a report open by its split; empty for reports about customers, not about what was sold."""
    if report.kind.of_people:
        return ""
    return _opened(report, (report.ask.split or "month",))


def group(report: Report, dimension: str, value: Any) -> str:
    """Where one group opens, month by month; empty where a cell is no single group."""
    if isinstance(value, Sentence) and value.template not in ("{name}", UNKNOWN):
        return ""
    return _opened(report, ("month",) if dimension != "month" else ("day",), Filter(dimension, (_member(value),)))


def told(report: Report, finding: Finding) -> str:
    """Where the group a finding names opens."""
    if not report.ask.split or "group" not in finding.sentence.values:
        return ""
    return group(report, report.ask.split, finding.sentence.values["group"][1])


def _member(value: Any) -> str | None:
    """A cell's group as the explorer knows it: RFM segments by their code, months as 2017-03, a missing one as none."""
    if isinstance(value, Sentence):
        return str(value.values["name"][1]) if value.template == "{name}" else None
    return f"{value:%Y-%m}" if isinstance(value, date) else str(value)


def _opened(report: Report, rows: tuple[str, ...], *more: Filter) -> str:
    names = {one.name for one in more}
    first = report.before.first if report.kind.compares else report.now.first
    months = Filter("month", low=f"{first:%Y-%m}", high=f"{report.now.last:%Y-%m}")
    only = (Filter(name, (value,)) for name, value in report.ask.only.items() if value and name not in names)
    filters = (*more, *only, *(() if "month" in names else (months,)))
    asked = Asked(rows=rows, figures=FIGURES, filters=filters, where=report.ask.where)
    return f"{address('explorer:explorer')}?{steps.query(asked)}"
