"""Looks at who is in a segment: some people and why, sizes over time, what uses it, and overlaps."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.campaigns.plan import reads as plan
from dangol.customers.consent.rules import REASONS
from dangol.customers.identify import reads as identify
from dangol.insight.segments import past, reads, rules
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.segments import wording
from dangol.web.segments.building import _about
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

HOW = {
    "counted": rules.N_("Counted on the day"), "afterwards": rules.N_("Worked out afterwards"),
    "earlier": rules.N_("By an earlier definition"),
}  # fmt: skip


@page(Right.CUSTOMERS_VIEW)
def people(request: Request, segment_id: int) -> HttpResponse:
    """Some of the people a draft describes, masked and within the member's rights."""
    draft = reads.draft(request.user, segment_id)
    rows = reads.sample(request.user, draft.root)
    note_access(by=request.user, verb="view", what="segment.members", count=len(rows), detail={"segment": segment_id})
    return render(request, "segments/people.html", {"rows": rows, "segment_id": segment_id})


@page(Right.CUSTOMERS_VIEW)
def why(request: Request, segment_id: int) -> HttpResponse:
    """Why one customer is in or not, condition by condition with the value seen."""
    draft = reads.draft(request.user, segment_id)
    try:
        customer_id = _meant(request)
        person = identify.customer(request.user, customer_id)
        found = reads.why(request.user, draft.root, customer_id)
    except (NotFound, BadInput) as error:
        return render(request, "segments/why_missing.html", {"text": sentence(error)})
    note_access(by=request.user, verb="view", what="segment.members", customer_id=customer_id,
                detail={"segment": segment_id})  # fmt: skip
    names = wording.Names(draft.root)
    phrase = wording.phrases(names)
    asked = dict(rules.conditions(draft.root))
    lines = [{"met": met, "phrase": phrase(asked[path]), "seen": _seen(names, asked[path], seen)}
             for path, (met, seen) in found.conditions.items()]  # fmt: skip
    return render(request, "segments/why.html", {"why": found, "lines": lines, "name": person.name or person.code})


def _meant(request: Request) -> int:
    given, code = request.GET.get("customer", ""), request.GET.get("code", "").strip()
    if given.isdecimal() and len(given) < 19:
        return int(given)
    known = identify.by_code([code]) if code else {}
    if code not in known:
        raise NotFound("No customer you may see is known by this code.")
    return known[code]


def _seen(names: wording.Names, asked: rules.Condition, seen: str | None) -> str:  # noqa: PLR0911  one a kind
    """The value a condition looked at, as people say it."""
    if isinstance(asked, rules.Reach):
        return _("may be written to") if seen == "" else _(REASONS[seen]) if seen in REASONS else _("no word about it")
    if isinstance(asked, rules.InSegment):
        return _("in the segment") if seen else _("not in the segment")
    if seen is None:
        return "0" if isinstance(asked, rules.Purchase | rules.Event) else _("nothing")
    if isinstance(asked, rules.Measured):
        return wording.measured_text(names, asked.measure, seen)
    if isinstance(asked, rules.Purchase):
        return wording.money_text(seen) if asked.measure in ("amount", "average") else seen
    if isinstance(asked, rules.Profile):
        return names.of(asked.field, seen)
    if isinstance(asked, rules.Score):
        field = f"{asked.table}.{asked.field}"
        return wording.money_text(seen) if field in rules.MONEY_SCORES else names.of(field, seen)
    return seen


@page(Right.INSIGHT_VIEW)
def history(request: Request, segment_id: int) -> HttpResponse:
    """A segment's sizes over time, its versions, and what is made from it."""
    view = reads.segment(request.user, segment_id)
    sizes = [one for one in reads.sizes(request.user, segment_id) if one.customers is not None]
    rows = [{"day": one.day.isoformat(), "customers": one.customers, "how": _(HOW[one.how])} for one in sizes]
    versions = [
        {"number": number, "name": name, "by": by, "at": at,
         "said": _told(definition) if definition else ""}
        for number, name, by, at, definition in reads.versions(request.user, segment_id)
    ]  # fmt: skip
    plans = []
    if may(request.user, Right.CAMPAIGNS_VIEW):
        plans = [one for one in plan.campaigns(request.user) if str(segment_id) in one.content.get("built", [])]
    return render(request, "segments/history.html", _about(request, view) | {
        "tab": "history", "sizes": rows, "chart": _sizes_chart(rows) if len(rows) > 1 else None, "versions": versions,
        "filling": reads.working_past(request.user, segment_id), "unknown_past": _unknown_past(view),
        "afterwards": any(one.how == "afterwards" for one in sizes),
        "users": reads.users(request.user, segment_id), "plans": plans,
        "columns": [("day", _("Day"), "day"), ("customers", _("Customers"), "number"), ("how", _("How"), "text")],
    })  # fmt: skip


def _told(definition: Mapping[str, Any]) -> str:
    """A version as a sentence, or why it cannot be read any more."""
    try:
        return wording.said(rules.from_dict(definition))
    except BadInput as error:
        return sentence(error)


def _unknown_past(view: reads.SegmentView) -> list[str]:
    """What a live segment asks for that is known of today only, in words: its past cannot be worked out."""
    if view.kind != "live" or not view.definition:
        return []
    root = rules.from_dict(view.definition)
    phrase = wording.phrases(wording.Names(root))
    return list(dict.fromkeys(phrase(one) for one in past.of_today(root)))


def _sizes_chart(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A line through all sizes, each with a mark that says how it was found."""
    there = [_(text) for text in HOW.values() if any(row["how"] == _(text) for row in rows)]
    axes = {
        "x": {"field": "day", "type": "temporal", "title": None},
        "y": {"field": "customers", "type": "quantitative", "title": _("Customers"),
              "scale": {"zero": True} if any(row["customers"] for row in rows) else {"domain": [0, 1]}},
    }  # fmt: skip
    marks: dict[str, Any] = {"field": "how", "type": "nominal", "title": None, "scale": {"domain": there},
                             "legend": {"orient": "top", "columns": 1} if len(there) > 1 else None}  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "width": "container", "height": 220,
        "data": {"values": rows}, "encoding": axes,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.6}},
            {"mark": {"type": "point", "size": 70, "filled": True}, "encoding": {"shape": marks, "color": marks}},
        ],
    }  # fmt: skip


@page(Right.INSIGHT_VIEW)
def overlap(request: Request) -> HttpResponse:
    """Up to four segments against each other: every combination with its number."""
    given = request.GET.getlist("segment")
    chosen = [int(one) for one in given if one.isdecimal() and len(one) < 19]
    variables: dict[str, Any] = {
        "choices": [(key, name, int(key) in chosen) for key, name in reads.choices(request.user)],
        "most": reads.OVERLAP, "chosen": chosen, "small": reads.SMALL_GROUP,
    }  # fmt: skip
    if len(chosen) > 1:
        try:
            found = reads.overlap(request.user, chosen)
        except (BadInput, NotFound) as error:
            variables["missing"] = sentence(error)
        else:
            largest = max((n or 0 for _inside, n in found.parts), default=0)
            variables |= {"found": found, "largest": largest, "sets": list(zip(found.names, found.sizes, strict=True))}
    return render(request, "segments/overlap.html", variables)
