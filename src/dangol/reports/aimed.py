"""Whom a finding of a report speaks of, as the definition of a segment."""

from collections.abc import Mapping
from typing import Any

from dangol.insight.analysis.reads import Report
from dangol.insight.analysis.rules import findings
from dangol.insight.analysis.rules.findings import Bought, Finding, Sentence
from dangol.insight.segments import rules as segments
from dangol.insight.segments.rules import Condition, Filter, Group, Profile, Purchase, Score, Window

GOODS = {name: name for name in segments.FILTERS} | {"product": "product_key"}
TODAY = {"branch_today": "branch", "region_today": "region", "rep_today": "rep"}
PEOPLE = frozenset({"branch", "region", "rep", "age_band", "gender", "segment"})
USUAL = {"reactivate": findings.LAPSED, "prevent": findings.BEFORE}  # by a campaign's aim; of all others who buy now


def people(report: Report, finding: Finding) -> Group | None:
    """The customers a finding speaks of: by its group, the report's conditions, its period and its RFM segments.

    What cannot be said of a customer alone (the rank of a customer, a written condition) is left out. None where
    nothing is left, or it is about no group of customers.
    """
    split, group = group_of(report, finding)
    chosen = dict(report.ask.only)
    if group and split not in chosen:
        chosen[split] = group
    goods = any(name in GOODS for name in chosen)
    bought = finding.bought or ((_usual(report, finding),) if goods or not report.kind.of_people else ())
    found = _conditions(report, chosen, bought)
    rfm = () if finding.exact or any(isinstance(one, Score) for one in found) else finding.segments
    if not found or (not bought and finding.segments and len(found) == 1 and isinstance(found[0], Score)):
        return None
    return Group(parts=(*((_rfm(rfm),) if rfm else ()), *found))


def of_row(report: Report, bought: tuple[Bought, ...]) -> Group:
    """The customers a row of a table speaks of."""
    return Group(parts=tuple(_conditions(report, dict(report.ask.only), bought)))


def group_of(report: Report, finding: Finding) -> tuple[str, str]:
    """The dimension and the member a finding names; the member is empty for none, and for one without a name."""
    value = finding.sentence.values.get("group", ("", ""))[1]
    if isinstance(value, Sentence):
        value = str(value.values["name"][1]) if value.template == "{name}" else ""
    split = finding.dimension or report.ask.split or ""
    return split, str(value) if split else ""


def _usual(report: Report, finding: Finding) -> Bought:
    when = USUAL.get(finding.aim, findings.NOW)
    return Bought(when if report.kind.compares else findings.NOW)


def _conditions(report: Report, chosen: Mapping[str, str], bought: tuple[Bought, ...]) -> list[Condition]:
    goods = {GOODS[name]: value for name, value in chosen.items() if name in GOODS}
    own = [_person(TODAY.get(name, name), value) for name, value in chosen.items() if TODAY.get(name, name) in PEOPLE]
    return [*own, *(_purchase(report, one, goods) for one in bought)]


def _person(name: str, value: str) -> Condition:
    return _rfm((value,)) if name == "segment" else Profile(name, values=(value,))


def _rfm(codes: tuple[str, ...]) -> Score:
    return Score("rfm", "segment", values=tuple(sorted(codes)))


def _purchase(report: Report, one: Bought, goods: Mapping[str, str]) -> Purchase:
    wanted = dict(goods) | ({GOODS[one.dimension]: one.value} if one.dimension in GOODS else {})
    filters = tuple(Filter(name, (value,)) for name, value in sorted(wanted.items()))
    return Purchase(one.measure, one.least, one.most, _window(report, one), filters, price_from=one.price_from,
                    price_to=one.price_to)  # fmt: skip


def _window(report: Report, one: Bought) -> Window:
    if one.first and one.last:
        return Window("between", since=one.first, until=one.last)
    if one.days:
        return Window("last", days=one.days)
    if one.when == findings.EVER:
        return Window(quiet_days=one.quiet_days)
    span: Any = report.before if one.when in (findings.BEFORE, findings.LAPSED) else report.now
    return Window("between", since=span.first, until=span.last, not_since=one.when == findings.LAPSED)
