"""The customers a finding or a row of a report speaks of: how many, a few of them, and a segment of them all."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from dangol.campaigns.plan.rules import is_own_path
from dangol.insight.segments import reads
from dangol.insight.segments.rules import ALL
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.campaigns import found
from dangol.web.segments import making
from dangol.web.shell import Request, address, page


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def people(request: Request) -> HttpResponse:
    """Who they are; POST makes a live segment of them. Without anybody named, the reports lead here."""
    text = request.GET.get("who", "")
    if not text:
        return redirect("analysis:index")
    root = found.definition(text)
    here = request.get_full_path()
    if request.method == "POST":
        parts = root.parts if root.match == ALL else (root,)
        return making.make_live(request, *parts, back=here)  # type: ignore[arg-type]
    at, name = request.GET.get("at", ""), request.GET.get("name", "")
    told: dict[str, Any] = {"found": found.shown(request, text), "name": name, "at": at if is_own_path(at) else ""}
    if may(request.user, Right.CUSTOMERS_VIEW) and told["found"]["counted"]:
        told["rows"] = reads.sample(request.user, root)
        note_access(by=request.user, verb="view", what="segment.members", count=len(told["rows"]))
    if may(request.user, Right.CAMPAIGNS_PLAN):
        told["plan"] = {"url": address("campaigns:draft"), "who": text, "why": name, "why_from": gettext("Reports"),
                        "why_at": told["at"]}  # fmt: skip
    return render(request, "analysis/people.html", told | making.live_form(request, here, name))
