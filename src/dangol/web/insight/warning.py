"""Early warning: who fell between two days, where they fall fastest, and the way to a campaign."""

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
from dangol.web.insight.days import TwoDays, form, two_days, usual_days, waits
from dangol.web.insight.shared import nothing_yet
from dangol.web.segments import making
from dangol.web.sentences import sentence
from dangol.web.shell import Request, address, page
from dangol.web.templatetags.dangol import day

FALLS = (10, 20, 30, 50)
SHOWN, ON_TOP = 50, 5  # customers listed, and those of them before the rest is folded
GROUPS_ON_TOP = 5
NO_BRANCH = "-"  # in the address: customers without a branch
WORDS = ("since", "until")


@page(Right.INSIGHT_VIEW)
def warning(request: Request) -> HttpResponse:
    """Falling groups and customers; the address holds the whole question."""
    channel = chosen(request)
    template = "insight/warning_result.html" if request.htmx else "insight/warning.html"
    try:
        days, least = _days(request, channel), _least(request.GET.get("least", ""))
    except NotFound:
        return nothing_yet(request, "insight/warning.html", channel)
    except BadInput as wrong:
        return _refused(request, channel, wrong)
    context = _form(request, days, least) | switch(request, channel)
    if waiting := waits(request, days, channel):
        return render(request, template, context | waiting)
    return render(request, template, context | _found(request, days, least, channel))


def _days(request: Request, channel: str) -> TwoDays:
    """The days of the address; where none is said, from the month end three months ago to the newest day."""
    usual = None if any(request.GET.get(word) for word in WORDS) else reads.usual_day(channel)
    return two_days(request, channel, *WORDS, usual=usual)


def _refused(request: Request, channel: str, wrong: BadInput) -> HttpResponse:
    """The form with its usual days, and what is wrong with those that were asked for."""
    shown = _form(request, usual_days(channel), reads.USUAL_FALL) | switch(request, channel)
    return render(request, "insight/warning.html", shown | {"wrong": sentence(wrong)}, status=422)


def _form(request: Request, days: TwoDays, least: float) -> dict[str, Any]:
    return form(request, days, *WORDS) | {"falls": FALLS, "least": int(least), "same_day": days.start == days.end}


def _found(request: Request, days: TwoDays, least: float, channel: str) -> dict[str, Any]:
    by, asked = request.user, request.GET
    found = reads.warned(by, since=days.start, until=days.end, least=least, channel=channel)
    names = score.strategies()
    segments = [{"group": one, "name": names[one.name].name, "link": _link(asked, segment=one.name)}
                for one in found.segments if one.fallen != 0]  # fmt: skip
    branches = [{"group": one, "name": one.name or _("without a branch"),
                 "link": _link(asked, branch=one.name or NO_BRANCH)}
                for one in found.branches if one.fallen != 0]  # fmt: skip
    return {
        "found": found, "ranked_from": reads.LEAST_GROUP, "smallest": score.SMALL_GROUP,
        "segments": segments, "towards": [{"group": one, "said": names[one.name]} for one in found.towards
                                          if one.fallen != 0],
        "branches": branches[:GROUPS_ON_TOP], "more_branches": branches[GROUPS_ON_TOP:],
        "plan_url": address("campaigns:draft") if may(by, Right.CAMPAIGNS_PLAN) and not channel else "",
        "may_see": may(by, Right.CUSTOMERS_VIEW), **_listed(request, found, channel),
    }  # fmt: skip


def _least(text: str) -> float:
    """The fall from the address. Raises BadInput."""
    try:
        return float(text or reads.USUAL_FALL)
    except ValueError:
        raise BadInput("Write the fall of the score as a number, like 20.", field="least") from None


def _link(asked: Any, **wanted: str) -> str:
    names = ("channel", "since", "until", "least", "segment", "branch")
    return urlencode({name: asked[name] for name in names if asked.get(name)} | wanted)


def _listed(request: Request, found: reads.Warned, channel: str) -> dict[str, Any]:
    """The customers of the groups that were chosen, for those who may see customers; looking is logged."""
    by, choice = request.user, _choice(request.GET)
    if not may(by, Right.CUSTOMERS_VIEW):
        return {}
    names, said = score.strategies(), _chosen(choice)
    rows = reads.fallen(by, since=found.since, until=found.until, least=found.least, limit=SHOWN, channel=channel,
                        **choice)  # fmt: skip
    note_access(by=by, verb="view", what="warning", count=len(rows), address=address_of(request))
    days = {"since": found.since.isoformat(), "until": found.until.isoformat(), "least": f"{found.least:g}"}
    shown = [{"one": row, "before": names[row.segment_before].name, "now": names[row.segment].name} for row in rows]
    listed = {"rows": shown[:ON_TOP], "more_rows": shown[ON_TOP:], "chosen": said, "shown": SHOWN,
              "all_link": _link({"channel": channel}, **days)}  # fmt: skip
    if not rows:
        return listed
    pinned = f"{reverse('insight:warning_segment')}?{_link(request.GET, **days)}"
    return listed | making.form(request, pinned, _named(said, found.since, found.until))


@page(Right.INSIGHT_VIEW, methods=("POST",))
def segment(request: Request) -> HttpResponse:
    """Make a segment of everybody the list holds, also those beyond what it shows."""
    channel, choice = chosen(request), _choice(request.GET)
    days, least = _days(request, channel), _least(request.GET.get("least", ""))
    ids = reads.fallen_ids(request.user, since=days.start, until=days.end, least=least, channel=channel, **choice)
    origin = " · ".join([_("Early warning"), _named(_chosen(choice), days.start, days.end)])
    return making.make(request, ids, origin=origin, back=f"{reverse('insight:warning')}?{request.GET.urlencode()}")


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


def _named(chosen: list[str], first: date, last: date) -> str:
    return " · ".join([_("Customers who fell"), *chosen, f"{day(first)} – {day(last)}"])
