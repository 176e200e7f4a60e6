"""Segments as a map, one segment, and how customers moved between segments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.insight.score import actions, reads
from dangol.insight.score.reads import Flow, SegmentView
from dangol.insight.score.rules import NOT_YET, SEGMENTS, way
from dangol.insight.score.rules.flows import sankey
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.insight import charts
from dangol.web.sentences import sentence
from dangol.web.shell import Request, address, page

HEAT_STEPS = 6
BIGGEST_FLOWS = 6


def _heat(part: float | None, whole: float | None) -> int:
    """How strongly a cell is shaded: 0 (nobody) to HEAT_STEPS."""
    return min(HEAT_STEPS, 1 + int(HEAT_STEPS * part / whole)) if part and whole else 0


@dataclass(frozen=True)
class Cell:
    """A segment on the map. heat: 0..6 by its share of customers."""

    segment: SegmentView
    heat: int


def _map(found: Sequence[SegmentView]) -> list[dict[str, Any]]:
    """Two fields, bought lately and resting; in each, frequency grows to the right and monetary value upwards."""
    most = max((segment.share or 0 for segment in found), default=0)
    cells = {segment.code: Cell(segment, _heat(segment.share, most)) for segment in found}
    return [{"recent": r == "H", "rows": [[cells[r + f + m] for f in "LH"] for m in "HL"]} for r in "HL"]


def known_day(text: str, default: date) -> date:
    """A scoring day from the address, the default where nothing is said. Raises BadInput."""
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-10-31.", field="as_of", text=text) from None


def nothing_yet(request: Request, template: str) -> HttpResponse:
    """What a page of this area shows before the first scoring."""
    return render(request, template, {"nothing": True, "sources_url": address("sources:list")})


@page(Right.INSIGHT_VIEW)
def segments(request: Request) -> HttpResponse:
    """All segments on a scoring day: the strategy map, sizes over the months, the figures."""
    try:
        days = reads.months()
    except NotFound:
        return nothing_yet(request, "insight/segments.html")
    day = known_day(request.GET.get("as_of", ""), days[-1])
    found = reads.segments(day, by=request.user)
    before = max((one for one in days if one < day), default=None)
    customers = sum(segment.customers or 0 for segment in found)
    moved = _moved(reads.migration(before, day, by=request.user)) if before else None
    return render(request, "insight/segments.html", {
        "segments": found, "map": _map(found), "day": day, "days": list(reversed(days)), "before": before,
        "customers": customers, "sales": sum(segment.sales or 0 for segment in found), "moved": moved,
        "moved_share": moved / customers if moved is not None and customers else None,
        "best": found[0], "small": any(segment.folded for segment in found), "smallest": reads.SMALL_GROUP,
        "newest": reads.is_newest(), **_over_time(request), **_definition(),
    })  # fmt: skip


def _definition() -> dict[str, Any]:
    by = reads.scored_by()
    cut_on = next((one.cut_on for one in reads.scheme_versions() if one.scheme.version == by.version), None)
    return {"scheme": by, "scheme_scored": reads.scheme().scored, "cut_on": cut_on, "axes": by.axes, "high": by.high}


def _over_time(request: Request) -> dict[str, Any]:
    """The chart of sizes over the months."""
    sizes, names = reads.sizes(by=request.user), reads.strategies()
    labels = charts.month_labels(reads.months())
    rows = [
        {"month": labels[size.as_of], "segment": names[size.code].name, "customers": size.customers or 0,
         "full": size.window_full, "place": SEGMENTS.index(size.code)}
        for size in sizes
    ]  # fmt: skip
    return {
        "chart": charts.sizes_over_time(rows, [names[code].name for code in SEGMENTS], list(labels.values())),
        "chart_rows": rows,
        "chart_columns": [("month", _("Month"), "text"), ("segment", _("Segment"), "text"),
                          ("customers", _("Customers"), "number")],
        "partial_until": max((size.as_of for size in sizes if not size.window_full), default=None),
    }  # fmt: skip


def _moved(flows: Sequence[Flow]) -> int:
    return sum(flow.customers or 0 for flow in flows if flow.before not in (flow.after, NOT_YET))


@page(Right.INSIGHT_VIEW)
def segment(request: Request, code: str) -> HttpResponse:
    """One segment: its strategy, its figures, where its customers came from and went to."""
    return _segment_page(request, code)


def _segment_page(request: Request, code: str, *, wrong: BadInput | None = None) -> HttpResponse:
    days = reads.months()
    found = {segment.code: segment for segment in reads.segments(by=request.user)}
    if code not in found:
        raise NotFound("There is no segment {code}.", code=code)
    labels = charts.month_labels(days)
    rows = [
        {"month": labels[size.as_of], "customers": size.customers or 0, "full": size.window_full}
        for size in reads.sizes(by=request.user)
        if size.code == code
    ]
    day = known_day(request.GET.get("since", ""), days[-2] if len(days) > 1 else days[-1])
    flows = reads.migration(day, days[-1], by=request.user) if day < days[-1] else []
    given = {field: request.POST.get(field, "") for field in ("name", "aim", "text")} if wrong else None
    return render(request, "insight/segment.html", {
        "segment": found[code], "said": reads.strategies()[code], "given": given or reads.strategies()[code],
        "wrong": sentence(wrong) if wrong else "", "wrong_field": wrong.field if wrong else "",
        "may_edit": may(request.user, Right.INSIGHT_EDIT), "may_plan": may(request.user, Right.CAMPAIGNS_PLAN),
        "members_url": _with_segment("customers:list", code), "plan_url": _with_segment("campaigns:draft", code),
        "day": days[-1], "since": day, "days": list(reversed(days[:-1])),
        "came": _flows_of(flows, found, after=code), "went": _flows_of(flows, found, before=code),
        "chart": charts.one_size_over_time(list(labels.values())), "chart_rows": rows,
        "chart_columns": [("month", _("Month"), "text"), ("customers", _("Customers"), "number")],
        "levels": _levels(code), **_definition(),
    }, status=422 if wrong else 200)  # fmt: skip


def _with_segment(name: str, code: str) -> str:
    found = address(name)
    return f"{found}?segment={code}" if found else ""


def _levels(code: str) -> list[tuple[str, bool]]:
    return [(axis, level == "H") for axis, level in zip("rfm", code, strict=True)]


@dataclass(frozen=True)
class FlowRow:
    """A flow with the names of its ends and its share of all flows beside it."""

    flow: Flow
    before: str
    after: str
    share: float | None
    heat: int = 0


def _flows_of(
    flows: Sequence[Flow], found: dict[str, SegmentView], *, before: str = "", after: str = ""
) -> list[FlowRow]:
    """The flows into (after) or out of (before) a segment, biggest first; those who stayed among them."""
    beside = [flow for flow in flows if (flow.after == after if after else flow.before == before)]
    total = sum(flow.customers or 0 for flow in beside)
    names = {code: segment.name for code, segment in found.items()} | {NOT_YET: _("First purchase since then")}
    return sorted(
        (FlowRow(flow, names[flow.before], names[flow.after], (flow.customers or 0) / total if total else None)
         for flow in beside),
        key=lambda row: -(row.flow.customers or 0),
    )  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("POST",))
def strategy(request: Request, code: str) -> HttpResponse:
    """Rewrite a segment's name and strategy in the reader's language, or take the default back."""
    fields = ("name", "aim", "text")
    texts = dict.fromkeys(fields, "") if "default" in request.POST else {f: request.POST.get(f, "") for f in fields}
    try:
        actions.set_strategy(by=request.user, code=code, language=(get_language() or "en")[:2], **texts)
    except BadInput as wrong:
        return _segment_page(request, code, wrong=wrong)
    return HttpResponseRedirect(reverse("insight:segment", args=[code]))


@page(Right.INSIGHT_VIEW)
def migration(request: Request) -> HttpResponse:
    """Who moved from which segment to which between two scoring days."""
    try:
        days = reads.months()
    except NotFound:
        return nothing_yet(request, "insight/migration.html")
    end = known_day(request.GET.get("to", ""), days[-1])
    earlier = [one for one in days if one < end]
    start = known_day(request.GET.get("from", ""), earlier[-1] if earlier else days[0])
    start, end = min(start, end), max(start, end)
    flows = reads.migration(start, end, by=request.user)
    return render(request, "insight/migration.html", {
        "days": list(reversed(days)), "start": start, "end": end, "same_day": start == end,
        **_matrix(flows), **_definition(), "sankey": _sankey(flows),
        "smallest": reads.SMALL_GROUP, "small": any(flow.customers is None for flow in flows),
    })  # fmt: skip


def _sankey(flows: Sequence[Flow]) -> dict[str, Any]:
    """The diagram with the names of its segments."""
    names = {code: view.name for code, view in reads.strategies().items()} | {NOT_YET: _("Not yet a customer")}
    drawn = sankey({(flow.before, flow.after): flow.customers or 0 for flow in flows})
    return {
        "width": drawn.width, "height": drawn.height,
        "nodes": [{"at": node, "name": names[node.code]} for node in drawn.nodes],
        "bands": [{"at": band, "before": names[band.before], "after": names[band.after]} for band in drawn.bands],
    }  # fmt: skip


def _matrix(flows: Sequence[Flow]) -> dict[str, Any]:
    """The matrix (a row for each earlier segment, shaded by its share of the row), its sums, and the biggest moves."""
    names = {code: view.name for code, view in reads.strategies().items()}
    counts = {(flow.before, flow.after): flow for flow in flows}
    rows = [_matrix_row(code, names.get(code, _("Not yet a customer")), counts) for code in (*SEGMENTS, NOT_YET)]
    known = [flow for flow in flows if flow.before != NOT_YET]
    total = sum(flow.customers or 0 for flow in known)
    ends = names | {NOT_YET: _("Not yet a customer")}
    moves = sorted((flow for flow in known if flow.before != flow.after), key=lambda flow: -(flow.customers or 0))
    biggest = [FlowRow(flow, ends[flow.before], ends[flow.after], (flow.customers or 0) / total if total else None)
               for flow in moves[:BIGGEST_FLOWS]]  # fmt: skip
    ways: dict[str, int] = defaultdict(int)
    for flow in flows:
        ways[way(flow.before, flow.after)] += flow.customers or 0
    return {
        "columns": [(code, names[code]) for code in SEGMENTS], "rows": [row for row in rows if row["total"]],
        "biggest": biggest, "total": total, "ways": dict(ways),
        "totals": [sum((counts[key].customers or 0) for key in counts if key[1] == code) for code in SEGMENTS],
        "moved": total - ways["stayed"],
    }  # fmt: skip


def _matrix_row(before: str, name: str, counts: dict[tuple[str, str], Flow]) -> dict[str, Any]:
    flows = [counts.get((before, after)) for after in SEGMENTS]
    total = sum(flow.customers or 0 for flow in flows if flow)
    cells = [
        {"count": flow.customers if flow else 0, "folded": flow is not None and flow.customers is None,
         "stayed": before == after, "heat": _heat(flow.customers if flow else 0, total)}
        for after, flow in zip(SEGMENTS, flows, strict=True)
    ]  # fmt: skip
    return {"code": before, "name": name, "cells": cells, "total": total}
