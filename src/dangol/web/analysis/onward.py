"""From a report onward: to the explorer with its conditions and months, to its customers, to a campaign for them."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from dangol.campaigns.knowledge.rules import AIMS
from dangol.insight.analysis.reads import Report
from dangol.insight.analysis.reads.asking import condition
from dangol.insight.analysis.rules.findings import UNKNOWN, Block, Finding, Sentence
from dangol.insight.olap.rules import price_edges
from dangol.insight.segments.rules import Group
from dangol.reports import aimed
from dangol.reports import asked as steps
from dangol.reports.asked import Asked, Figure, Filter
from dangol.web.analysis import asking, wording
from dangol.web.campaigns import found
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


def between(report: Report, dimension: str, low: int | None, high: int | None) -> str:
    """Where the bands of a dimension between two amounts open, month by month: each goes by its lower end."""
    last = None if high is None else max(edge for edge in price_edges() if edge <= high)
    low_end, high_end = ("" if one is None else str(one) for one in (low, last))
    return _opened(report, ("month",), Filter(dimension, low=low_end, high=high_end))


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


# ---- to the customers, and to a campaign for them --------------------------------------------------------------------

LONGEST_NAME = 120


def people(report: Report, finding: Finding, text: str) -> str:
    """Where the customers stand whom a finding speaks of; empty for an RFM segment or for nobody."""
    root = aimed.people(report, finding)
    return _people(root, text, report) if root else ""


def row_people(report: Report, block: Block, place: int) -> str:
    """Where the customers of a row stand, where it counts some of its own."""
    if place >= len(block.people):
        return ""
    first = block.columns[:2]
    names = (wording.plain(block.rows[place][one.key], one.kind) for one in first)
    return _people(aimed.of_row(report, block.people[place]), " + ".join(names), report)


def draft(report: Report, finding: Finding, text: str) -> str:
    """The draft of a campaign with all a finding says: aim, customers, reason, offer, and the way back."""
    root = aimed.people(report, finding)
    segments = [] if root else [("segment", code) for code in finding.segments]
    _split, group = aimed.group_of(report, finding)
    name = " · ".join(
        part for part in (gettext(AIMS[finding.aim]), group or finding.offer or gettext(report.kind.title)) if part
    )
    given = [
        ("aim", finding.aim),
        *segments,
        ("why", _reason(report, text)),
        ("why_from", _source(report)),
        ("why_at", asking.link(report)),
        ("name", name[:LONGEST_NAME]),
        ("offer", finding.offer),
        ("who", found.written(root) if root else ""),
    ]
    return f"{address('campaigns:draft')}?{urlencode([pair for pair in given if pair[1]])}"


def _people(root: Group, text: str, report: Report) -> str:
    given = {"who": found.written(root), "name": text[:LONGEST_NAME], "at": asking.link(report)}
    return f"{address('analysis:people')}?{urlencode(given)}"


def _source(report: Report) -> str:
    """The report and its period, as the draft names them."""
    first, last = wording.plain(report.now.first, "day"), wording.plain(report.now.last, "day")
    title = gettext(report.kind.title)
    return title if report.kind.everything else f"{title}, {first} – {last}"


def _reason(report: Report, text: str) -> str:
    """The finding; with it the conditions the report was asked under."""
    where = condition(report.ask)
    return "\n".join((text, gettext("Only where") + ": " + where)) if where else text
