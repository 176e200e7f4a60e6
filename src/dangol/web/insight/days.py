"""Two days to compare customers on: choosing them, and having them scored where nobody was scored on them yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from dangol.base.errors import NotFound, TooMuch
from dangol.base.period import months_before
from dangol.insight.answers.rules import takes_long
from dangol.insight.answers.waiting import page_seconds, within
from dangol.insight.score import actions, reads
from dangol.staff.rules import Right
from dangol.web.insight.channel import chosen
from dangol.web.insight.shared import known_day
from dangol.web.shell import Request, page
from dangol.work import reads as jobs
from dangol.work.actions import Quiet
from dangol.work.rules import DONE

QUICK = ((1, _("a month")), (3, _("a quarter")), (12, _("a year")))


@dataclass(frozen=True)
class TwoDays:
    """The days of an address, in order. first, last: between which days can be chosen."""

    start: date
    end: date
    first: date
    last: date


def two_days(request: Request, channel: str, start: str, end: str = "", *, usual: date | None = None) -> TwoDays:
    """The days the address asks for under its words start and end ("": always the newest day).

    usual: the first day where it is not said; the month end before the last one when None. Raises BadInput for what is
    no date or lies outside the purchases, NotFound before the first scoring.
    """
    first, last = reads.span(channel)
    until = known_day(request.GET.get(end, "") if end else "", last)
    since = known_day(request.GET.get(start, ""), usual or month_end_before(until, channel))
    reads.missing((since, until), channel)
    return TwoDays(min(since, until), max(since, until), first, last)


def usual_days(channel: str) -> TwoDays:
    """The newest day and the month end before it, which are scored already."""
    first, last = reads.span(channel)
    return TwoDays(month_end_before(last, channel), last, first, last)


def month_end_before(day: date, channel: str) -> date:
    """The last month end before a day customers are scored on anyway; the first day with purchases where none is."""
    return next((one for one in reversed(reads.months(channel)) if one < day), reads.span(channel)[0])


def form(request: Request, days: TwoDays, start: str, end: str = "") -> dict[str, Any]:
    """What insight/two_days.html shows: the fields and the quick choices. start, end: words of the address."""
    kept = {name: request.GET[name] for name in ("channel", "least") if request.GET.get(name)}
    fixed = kept | ({end: days.end.isoformat()} if end else {})
    earlier = [(label, months_before(days.end, months)) for months, label in QUICK]
    return {"days": days, "start_word": start, "end_word": end, "quick": [
        {"label": label, "day": day, "here": day == days.start, "query": urlencode(fixed | {start: day.isoformat()})}
        for label, day in earlier if day >= days.first
    ]}  # fmt: skip


def waits(request: Request, days: TwoDays, channel: str) -> dict[str, Any] | None:
    """What insight/scoring_days.html shows while days are not scored yet; None once both are.

    A page that opens scores them where that is quick; else it fetches itself once more, and what takes longer than that
    is left to a job.
    """
    asked = (days.start, days.end)
    if not reads.missing(asked, channel):
        return None
    job_id = actions.days_under_way(request.user, asked, channel) or _failed(request)
    if job_id is None and _now(asked, channel, opening=not request.htmx):
        return None
    job = jobs.job(request.user, job_id) if job_id is not None else None
    later = job is None and not request.htmx
    here = _here(request)
    wanted = [("day", day.isoformat()) for day in asked] + [("channel", channel), ("back", here)]
    return {"later": later, "working": not later, "job": job, "over": job is not None and job.ended, "here": here,
            "work_url": f"{reverse('insight:score_days')}?{urlencode(wanted)}"}  # fmt: skip


def _now(asked: tuple[date, date], channel: str, *, opening: bool) -> bool:
    """Whether the days could be scored in the time a page may take."""
    try:
        with within(page_seconds(opening=opening)):
            actions.score_days(Quiet(), days=asked, channel=channel)
    except TooMuch as error:
        if takes_long(error):
            return False
        raise
    return True


def _here(request: Request, **more: Any) -> str:
    """The address without its job."""
    kept: Mapping[str, Any] = {name: value for name, value in request.GET.items() if name != "job"}
    return f"{request.path}?{urlencode({**kept, **more})}"


def _failed(request: Request) -> int | None:
    """The reader's own job an address names where it ended without scores: looking does not start it again."""
    text = request.GET.get("job", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    try:
        job = jobs.job(request.user, int(text))
    except NotFound:
        return None
    return job.id if job.state != DONE else None


@page(Right.INSIGHT_VIEW, methods=("POST",))
def score(request: Request) -> HttpResponse:
    """Have days scored by a job, then back to the page that asked for them."""
    channel = chosen(request)
    back = request.GET.get("back", "")
    if not (back.startswith(reverse("insight:segments")) and url_has_allowed_host_and_scheme(back, None)):
        back = reverse("insight:migration")
    asked = [known_day(text) for text in request.GET.getlist("day")]
    if reads.missing(asked, channel):
        job_id = actions.start_days(by=request.user, days=asked, channel=channel)
        back += f"{'&' if '?' in back else '?'}job={job_id}"
    return HttpResponseClientRedirect(back) if request.htmx else HttpResponseRedirect(back)
