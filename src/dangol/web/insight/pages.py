"""Segments as a map, one segment, and how customers moved between segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.insight.score import actions, reads
from dangol.insight.score.reads import Flow, SegmentView
from dangol.insight.score.reads.channels import column_of
from dangol.insight.score.rules import NOT_YET, SEGMENTS
from dangol.insight.segments.rules import Score
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.insight import charts
from dangol.web.insight.channel import chosen, query, switch
from dangol.web.insight.days import form, two_days, usual_days, waits
from dangol.web.insight.shared import FlowRow, definition, heat, known_day, nothing_yet
from dangol.web.segments import making
from dangol.web.sentences import sentence
from dangol.web.shell import Request, address, page


@dataclass(frozen=True)
class Cell:
    """A segment on the map. heat: 0..6 by its share of customers."""

    segment: SegmentView
    heat: int


def _map(found: Sequence[SegmentView]) -> list[dict[str, Any]]:
    """Two fields, bought lately and resting; in each, frequency grows to the right and monetary value upwards."""
    most = max((segment.share or 0 for segment in found), default=0)
    cells = {segment.code: Cell(segment, heat(segment.share, most)) for segment in found}
    return [{"recent": r == "H", "rows": [[cells[r + f + m] for f in "LH"] for m in "HL"]} for r in "HL"]


@page(Right.INSIGHT_VIEW)
def segments(request: Request) -> HttpResponse:
    """All segments on a scoring day: the strategy map, sizes over the months, the figures."""
    channel = chosen(request)
    try:
        days = reads.months(channel)
    except NotFound:
        return nothing_yet(request, "insight/segments.html", channel)
    day = known_day(request.GET.get("as_of", ""), days[-1])
    found = reads.segments(day, by=request.user, channel=channel)
    before = max((one for one in days if one < day), default=None)
    customers = sum(segment.customers or 0 for segment in found)
    moved = _moved(reads.migration(before, day, by=request.user, channel=channel)) if before else None
    return render(request, "insight/segments.html", {
        "segments": found, "map": _map(found), "day": day, "days": list(reversed(days)), "before": before,
        "customers": customers, "sales": sum(segment.sales or 0 for segment in found), "moved": moved,
        "moved_share": moved / customers if moved is not None and customers else None,
        "best": found[0], "small": any(segment.folded for segment in found), "smallest": reads.SMALL_GROUP,
        "newest": reads.is_newest(channel), **_over_time(request, channel), **definition(channel),
        **switch(request, channel),
    })  # fmt: skip


def _over_time(request: Request, channel: str) -> dict[str, Any]:
    """The chart of sizes over the months."""
    sizes, names = reads.sizes(by=request.user, channel=channel), reads.strategies()
    labels = charts.month_labels(reads.months(channel))
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
    channel = chosen(request)
    if request.htmx:  # the part below, which may take a moment
        found = {segment.code: segment for segment in reads.segments(by=request.user, channel=channel)}
        return render(request, "insight/segment_moves.html", _moves(request, found, code, channel))
    days = reads.months(channel)
    found = {segment.code: segment for segment in reads.segments(by=request.user, channel=channel)}
    if code not in found:
        raise NotFound("There is no segment {code}.", code=code)
    labels = charts.month_labels(days)
    rows = [
        {"month": labels[size.as_of], "customers": size.customers or 0, "full": size.window_full}
        for size in reads.sizes(by=request.user, channel=channel)
        if size.code == code
    ]
    given = {field: request.POST.get(field, "") for field in ("name", "aim", "text")} if wrong else None
    return render(request, "insight/segment.html", {
        "segment": found[code], "said": reads.strategies()[code], "given": given or reads.strategies()[code],
        "wrong": sentence(wrong) if wrong else "", "wrong_field": wrong.field if wrong else "",
        "may_edit": may(request.user, Right.INSIGHT_EDIT), "may_plan": may(request.user, Right.CAMPAIGNS_PLAN),
        "members_url": _members(code, channel),
        "plan_url": "" if channel else _with_segment("campaigns:draft", code),
        "versions": reads.strategy_versions(code),
        "day": days[-1], **_moves(request, found, code, channel),
        "chart": charts.one_size_over_time(list(labels.values())), "chart_rows": rows,
        "chart_columns": [("month", _("Month"), "text"), ("customers", _("Customers"), "number")],
        "levels": _levels(code), **definition(channel), **switch(request, channel),
        **making.live_form(request, reverse("insight:make_live", args=[code]) + query(channel),
                           _named(found[code], channel)),
    }, status=422 if wrong else 200)  # fmt: skip


def _moves(request: Request, found: dict[str, SegmentView], code: str, channel: str) -> dict[str, Any]:
    """Where the segment's customers came from and went to, since a day."""
    try:
        days, refused = two_days(request, channel, "since"), ""
    except BadInput as error:
        days, refused = usual_days(channel), sentence(error)
    context = {**form(request, days, "since"), "refused": refused, "same_day": days.start == days.end}
    if waiting := waits(request, days, channel):
        return context | waiting
    flows = reads.migration(days.start, days.end, by=request.user, channel=channel)
    return context | {"came": _flows_of(flows, found, after=code), "went": _flows_of(flows, found, before=code)}


def _with_segment(name: str, code: str) -> str:
    found = address(name)
    return f"{found}?segment={code}" if found else ""


def _members(code: str, channel: str) -> str:
    """The list of a segment's customers."""
    if not channel:
        return _with_segment("customers:list", code)
    return f"{address('customers:list')}?{urlencode({'channel_class': column_of(channel).segment + '.' + code})}"


def _named(segment: SegmentView, channel: str) -> str:
    return " · ".join([*([channel] if channel else []), segment.name])


@page(Right.INSIGHT_VIEW, methods=("POST",))
def make_live(request: Request, code: str) -> HttpResponse:
    """Make a live segment of who is in a segment by the company's scheme or a channel's."""
    channel = chosen(request)
    if code not in SEGMENTS:
        raise NotFound("There is no segment {code}.", code=code)
    table, field = ("channels", column_of(channel).segment) if channel else ("rfm", "segment")
    back = reverse("insight:segment", args=[code]) + query(channel)
    return making.make_live(request, Score(table, field, values=(code,)), back=back)


def _levels(code: str) -> list[tuple[str, bool]]:
    return [(axis, level == "H") for axis, level in zip("rfm", code, strict=True)]


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
    back = reverse("insight:segment", args=[code]) + query(chosen(request))
    if "again" in request.POST:
        actions.use_strategy_again(by=request.user, code=code, strategy_id=_number(request.POST["again"]))
        return HttpResponseRedirect(f"{back}#strategy")
    fields = ("name", "aim", "text")
    texts = dict.fromkeys(fields, "") if "default" in request.POST else {f: request.POST.get(f, "") for f in fields}
    try:
        actions.set_strategy(by=request.user, code=code, language=(get_language() or "en")[:2], **texts)
    except BadInput as wrong:
        return _segment_page(request, code, wrong=wrong)
    return HttpResponseRedirect(f"{back}#strategy")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
