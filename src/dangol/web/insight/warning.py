"""Early warning: who fell since a day, where they fall fastest, and the way to a campaign."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.insight.score import reads as score
from dangol.insight.score.warning import reads
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.insight.channel import chosen, switch
from dangol.web.insight.shared import known_day, nothing_yet
from dangol.web.segments import making
from dangol.web.shell import Request, address, page
from dangol.web.templatetags.dangol import day

FALLS = (10, 20, 30, 50)
SHOWN = 50
NO_BRANCH = "-"  # in the address: customers without a branch


@page(Right.INSIGHT_VIEW)
def warning(request: Request) -> HttpResponse:
    """Falling groups and customers; the address holds the whole question."""
    channel = chosen(request)
    try:
        days = score.months(channel)
    except NotFound:
        return nothing_yet(request, "insight/warning.html", channel)
    by, asked = request.user, request.GET
    since = known_day(asked.get("since", ""), reads.usual_day(channel))
    least = _least(asked.get("least", ""))
    found = reads.warned(by, since=since, least=least, channel=channel)
    names = score.strategies()
    context: dict[str, Any] = {
        "found": found, "days": list(reversed(days[:-1])), "since": since, "least": int(least), "falls": FALLS,
        "names": names, "few": score.SMALL_GROUP, "ranked_from": reads.LEAST_GROUP, "smallest": score.SMALL_GROUP,
        "segments": [{"group": one, "name": names[one.name].name, "link": _link(asked, segment=one.name)}
                     for one in found.segments if one.fallen != 0],
        "towards": [{"group": one, "said": names[one.name]} for one in found.towards if one.fallen != 0],
        "branches": [{"group": one, "name": one.name or _("without a branch"),
                      "link": _link(asked, branch=one.name or NO_BRANCH)} for one in found.branches if one.fallen != 0],
        "plan_url": address("campaigns:draft") if may(by, Right.CAMPAIGNS_PLAN) and not channel else "",
        "may_see": may(by, Right.CUSTOMERS_VIEW), **switch(request, channel),
    }  # fmt: skip
    return render(request, "insight/warning.html", context | _listed(request, found))


def _least(text: str) -> float:
    """The fall from the address. Raises BadInput."""
    try:
        return float(text or reads.USUAL_FALL)
    except ValueError:
        raise BadInput("Write the fall of the score as a number, like 20.", field="least") from None


def _link(asked: Any, **wanted: str) -> str:
    kept = {name: asked[name] for name in ("channel", "since", "least", "segment", "branch") if asked.get(name)}
    return urlencode(kept | wanted)


def _listed(request: Request, found: reads.Warned) -> dict[str, Any]:
    """The customers of the groups that were chosen, for those who may see customers; looking is logged."""
    by, asked = request.user, request.GET
    if not may(by, Right.CUSTOMERS_VIEW):
        return {}
    names, choice = score.strategies(), _choice(asked)
    said = _chosen(choice)
    rows = reads.fallen(by, since=found.since, least=found.least, limit=SHOWN, channel=chosen(request), **choice)
    note_access(by=by, verb="view", what="warning", count=len(rows), address=address_of(request))
    pinned = _link(asked, since=found.since.isoformat(), least=f"{found.least:g}")
    listed = {"rows": [{"one": row, "before": names[row.segment_before].name, "now": names[row.segment].name}
                     for row in rows], "chosen": said, "shown": SHOWN,
            "all_link": _link({"channel": asked.get("channel", "")}, since=found.since.isoformat(),
                              least=f"{found.least:g}")}  # fmt: skip
    if not rows:
        return listed
    return listed | making.form(request, f"{reverse('insight:warning_segment')}?{pinned}", _named(said, found.since))


@page(Right.INSIGHT_VIEW, methods=("POST",))
def segment(request: Request) -> HttpResponse:
    """Make a segment of everybody the list holds, also those beyond what it shows."""
    asked = request.GET
    channel, choice = chosen(request), _choice(asked)
    since = known_day(asked.get("since", ""), reads.usual_day(channel))
    ids = reads.fallen_ids(request.user, since=since, least=_least(asked.get("least", "")), channel=channel, **choice)
    origin = " · ".join([_("Early warning"), _named(_chosen(choice), since)])
    return making.make(request, ids, origin=origin, back=f"{reverse('insight:warning')}?{asked.urlencode()}")


def _choice(asked: Any) -> dict[str, Any]:
    """The segment and the branch of the address, as the reads ask for them."""
    branch, segment = asked.get("branch") or None, asked.get("segment", "")
    return {
        "segment": segment if segment in score.strategies() else "",
        "branch": "" if branch == NO_BRANCH else branch,
    }


def _chosen(choice: dict[str, Any]) -> list[str]:
    """The choice in words."""
    segment, branch = choice["segment"], choice["branch"]
    return [*((score.strategies()[segment].name,) if segment else ()),
            *((branch or _("without a branch"),) if branch is not None else ())]  # fmt: skip


def _named(chosen: list[str], since: date) -> str:
    return " · ".join([_("Customers who fell"), *chosen, _("since %(day)s") % {"day": day(since)}])
