"""How customers moved between segments: the matrix, the diagram, the biggest moves."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.base.errors import NotFound
from dangol.insight.score import reads
from dangol.insight.score.reads import Flow
from dangol.insight.score.rules import NOT_YET, SEGMENTS, way
from dangol.insight.score.rules.flows import sankey
from dangol.staff.rules import Right
from dangol.web.insight.channel import chosen, switch
from dangol.web.insight.shared import FlowRow, definition, heat, known_day, nothing_yet
from dangol.web.shell import Request, page

BIGGEST_FLOWS = 6


@page(Right.INSIGHT_VIEW)
def migration(request: Request) -> HttpResponse:
    """Who moved from which segment to which between two scoring days."""
    channel = chosen(request)
    try:
        days = reads.months(channel)
    except NotFound:
        return nothing_yet(request, "insight/migration.html", channel)
    end = known_day(request.GET.get("to", ""), days[-1])
    earlier = [one for one in days if one < end]
    start = known_day(request.GET.get("from", ""), earlier[-1] if earlier else days[0])
    start, end = min(start, end), max(start, end)
    flows = reads.migration(start, end, by=request.user, channel=channel)
    return render(request, "insight/migration.html", {
        "days": list(reversed(days)), "start": start, "end": end, "same_day": start == end,
        **_matrix(flows), **definition(channel), **switch(request, channel), "sankey": _sankey(flows),
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
         "stayed": before == after, "heat": heat(flow.customers if flow else 0, total)}
        for after, flow in zip(SEGMENTS, flows, strict=True)
    ]  # fmt: skip
    return {"code": before, "name": name, "cells": cells, "total": total}
