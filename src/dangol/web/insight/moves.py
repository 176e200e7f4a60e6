"""How customers moved between segments: the matrix, the diagram, the biggest moves, and who is in a cell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.insight.score import reads
from dangol.insight.score.reads import Flow, Move
from dangol.insight.score.rules import NOT_YET, SEGMENTS, way
from dangol.insight.score.rules.flows import sankey
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.insight.channel import chosen, query, switch
from dangol.web.insight.days import TwoDays, form, two_days, usual_days, waits
from dangol.web.insight.shared import FlowRow, definition, heat, nothing_yet
from dangol.web.segments import making
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import day

BIGGEST_FLOWS = 6
SHOWN, ON_TOP = 50, 5  # customers listed, and those of them before the rest is folded
NEW = "new"  # in the address: who was not yet a customer
WORDS = ("from", "to")


@page(Right.INSIGHT_VIEW)
def migration(request: Request) -> HttpResponse:
    """Who moved from which segment to which between any two days."""
    channel = chosen(request)
    template = "insight/migration_result.html" if request.htmx else "insight/migration.html"
    try:
        days = two_days(request, channel, *WORDS)
    except NotFound:
        return nothing_yet(request, "insight/migration.html", channel)
    except BadInput as wrong:
        asked = form(request, usual_days(channel), *WORDS)
        return render(request, template, {"wrong": sentence(wrong), **asked, **switch(request, channel)}, status=422)
    context = {**form(request, days, *WORDS), **switch(request, channel), "same_day": days.start == days.end}
    if waiting := waits(request, days, channel):
        return render(request, template, context | waiting)
    flows = reads.migration(days.start, days.end, by=request.user, channel=channel)
    return render(request, template, {
        **context, "start": days.start, "end": days.end, **_matrix(flows, _cell_links(request, days, channel)),
        **definition(channel), "sankey": _sankey(flows), "smallest": reads.SMALL_GROUP,
        "small": any(flow.customers is None for flow in flows), **_cell(request, days, channel),
    })  # fmt: skip


def _cell_links(request: Request, days: TwoDays, channel: str) -> Mapping[tuple[str, str], str]:
    """Where each cell leads, for those who may see customers."""
    if not may(request.user, Right.CUSTOMERS_VIEW):
        return {}
    asked = {WORDS[0]: days.start.isoformat(), WORDS[1]: days.end.isoformat()}
    return {(before, after): query(channel, **asked, before=before or NEW, after=after) + "#customers"
            for before in (*SEGMENTS, NOT_YET) for after in SEGMENTS}  # fmt: skip


def _move(request: Request, days: TwoDays, channel: str) -> Move | None:
    """The cell the address asks for."""
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    if after not in SEGMENTS or before not in (*SEGMENTS, NEW):
        return None
    return Move(days.start, days.end, NOT_YET if before == NEW else before, after, channel)


def _cell(request: Request, days: TwoDays, channel: str) -> dict[str, Any]:
    """The customers of a cell, for those who may see customers; looking is logged."""
    move = _move(request, days, channel)
    if move is None or not may(request.user, Right.CUSTOMERS_VIEW):
        return {}
    rows = reads.movers(request.user, move, limit=SHOWN)
    note_access(by=request.user, verb="view", what="migration", count=len(rows), address=address_of(request))
    found = {"cell": _named(move), "cell_rows": rows[:ON_TOP], "more_rows": rows[ON_TOP:], "shown": SHOWN}
    if not rows:
        return found
    pinned = {"from": move.start.isoformat(), "to": move.end.isoformat(), "before": move.before or NEW,
              "after": move.after} | ({"channel": channel} if channel else {})  # fmt: skip
    return found | making.form(request, f"{reverse('insight:migration_segment')}?{urlencode(pinned)}", _origin(move))


def _named(move: Move) -> str:
    names = _names()
    return f"{names[move.before]} → {names[move.after]}"


def _origin(move: Move) -> str:
    return f"{_named(move)} · {day(move.start)} – {day(move.end)}"


@page(Right.INSIGHT_VIEW, methods=("POST",))
def segment(request: Request) -> HttpResponse:
    """Make a segment of everybody in a cell whom the reader may see, also those beyond what the page lists."""
    channel = chosen(request)
    days = two_days(request, channel, *WORDS)
    move = _move(request, days, channel)
    if move is None:
        raise NotFound("There is no such cell in the matrix.")
    ids = reads.mover_ids(request.user, move)
    back = f"{reverse('insight:migration')}?{request.GET.urlencode()}"
    return making.make(request, ids, origin=" · ".join([_("Migration"), _origin(move)]), back=back)


def _names() -> dict[str, str]:
    return {code: view.name for code, view in reads.strategies().items()} | {NOT_YET: _("Not yet a customer")}


def _sankey(flows: Sequence[Flow]) -> dict[str, Any]:
    """The diagram with the names of its segments."""
    names = _names()
    drawn = sankey({(flow.before, flow.after): flow.customers or 0 for flow in flows})
    return {
        "width": drawn.width, "height": drawn.height,
        "nodes": [{"at": node, "name": names[node.code]} for node in drawn.nodes],
        "bands": [{"at": band, "before": names[band.before], "after": names[band.after]} for band in drawn.bands],
    }  # fmt: skip


def _matrix(flows: Sequence[Flow], links: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The matrix (a row for each earlier segment, shaded by its share of the row), its sums, and the biggest moves."""
    names = _names()
    counts = {(flow.before, flow.after): flow for flow in flows}
    rows = [_matrix_row(code, names[code], counts, links) for code in (*SEGMENTS, NOT_YET)]
    known = [flow for flow in flows if flow.before != NOT_YET]
    total = sum(flow.customers or 0 for flow in known)
    moves = sorted((flow for flow in known if flow.before != flow.after), key=lambda flow: -(flow.customers or 0))
    biggest = [{"row": FlowRow(flow, names[flow.before], names[flow.after],
                               (flow.customers or 0) / total if total else None),
                "link": links.get((flow.before, flow.after), "")} for flow in moves[:BIGGEST_FLOWS]]  # fmt: skip
    ways: dict[str, int] = defaultdict(int)
    for flow in flows:
        ways[way(flow.before, flow.after)] += flow.customers or 0
    return {
        "columns": [(code, names[code]) for code in SEGMENTS], "rows": [row for row in rows if row["cells"]],
        "biggest": biggest, "total": total, "ways": dict(ways),
        "totals": [sum((counts[key].customers or 0) for key in counts if key[1] == code) for code in SEGMENTS],
        "moved": total - ways["stayed"],
    }  # fmt: skip


def _matrix_row(
    before: str, name: str, counts: Mapping[tuple[str, str], Flow], links: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    """A row; without cells where nobody was there."""
    flows = [counts.get((before, after)) for after in SEGMENTS]
    total = sum(flow.customers or 0 for flow in flows if flow)
    cells = [
        {"count": flow.customers if flow else 0, "folded": flow is not None and flow.customers is None,
         "stayed": before == after, "heat": heat(flow.customers if flow else 0, total),
         "link": links.get((before, after), "") if flow else ""}
        for after, flow in zip(SEGMENTS, flows, strict=True)
    ]  # fmt: skip
    return {"code": before, "name": name, "cells": cells if any(flows) else [], "total": total}
