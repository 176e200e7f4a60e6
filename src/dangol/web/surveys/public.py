"""What people see behind the link of a survey. No account, no session, no script needed.

Whoever holds a personal link is believed; it cannot be guessed. Link scanners open every link, so GET changes nothing.
Any link that is not valid gets the same neutral page.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dangol.base.errors import BadInput, Conflict, NotFound, TooMuch
from dangol.base.identifiers import token as new_token
from dangol.base.period import company_day
from dangol.customers.surveys import actions, links, reads, rules
from dangol.customers.surveys.actions import Page
from dangol.web.entry.address import address_of
from dangol.web.sentences import sentence
from dangol.web.shell import language_of
from dangol.web.surveys import shown

ONCE = re.compile(r"[A-Za-z0-9_-]{20,40}")
TRAP = "website"  # a field no person sees; what is written there was written by a machine


# The link is the authority here, not a session: nothing is known of who opens it that a stranger could borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def anybody(request: HttpRequest, token: str) -> HttpResponse:
    """A survey by its public link."""
    return _in_language(request, token, None)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def personal(request: HttpRequest, signed: str) -> HttpResponse:
    """A survey by the link of one customer."""
    try:
        token, customer_id, campaign_key = links.opened(signed)
    except NotFound:
        return _neutral(request)
    return _in_language(request, token, customer_id, campaign_key)


def _neutral(request: HttpRequest) -> HttpResponse:
    return render(request, "surveys/link_void.html", status=404)


@dataclass(frozen=True)
class Visit:
    """One opening of a survey: by whom (None: anybody), in which language, and what was sent."""

    request: HttpRequest
    token: str
    customer_id: int | None
    survey: reads.Open
    language: str
    posted: Mapping[str, Sequence[str]]
    campaign_key: str = ""

    def show(self, template: str, status: int = 200, **more: Any) -> HttpResponse:
        """A page of the survey."""
        title = rules.said(self.survey.content["title"], self.language)
        return render(self.request, template, {"survey": self.survey, "title": title} | more, status=status)


def _in_language(request: HttpRequest, token: str, customer_id: int | None, campaign_key: str = "") -> HttpResponse:
    wanted = request.GET.get("lang", "")
    with translation.override(wanted if wanted in rules.LANGUAGES else translation.get_language()):
        try:
            survey = reads.opened(token)
            content = rules.content_for(survey.content, known=customer_id is not None)
        except NotFound:
            return _neutral(request)
        posted = shown.posted_of(request) if request.method == "POST" else {}
        asked = replace(survey, content=content)
        return _answer(Visit(request, token, customer_id, asked, language_of(request), posted, campaign_key))


def _answer(visit: Visit) -> HttpResponse:
    if visit.survey.why_closed:
        return visit.show("surveys/over.html", text=translation.gettext(visit.survey.why_closed))
    came_again = not visit.posted and visit.customer_id is not None and reads.answered(visit.token, visit.customer_id)
    if came_again or rules.first(visit.posted, TRAP):
        return _thanks(visit)
    content, today = visit.survey.content, company_day(timezone.now(), settings.DANGOL.zone)
    step = rules.step(content, visit.posted, shown.place_of(visit.posted), today)
    once = rules.first(visit.posted, "once")
    if step.done and ONCE.fullmatch(once):
        return _send(visit, once)
    if step.done:
        step = rules.step(content, visit.posted, -1, today)
    page = shown.page(content, step, visit.posted, visit.language)
    page |= {"once": once if ONCE.fullmatch(once) else new_token(), "path": visit.request.path}
    page |= {"version": visit.survey.version}
    return visit.show("surveys/answer.html", 422 if step.errors else 200, **page)


def _send(visit: Visit, once: str) -> HttpResponse:
    page = Page(once, visit.customer_id, address_of(visit.request), visit.language, visit.campaign_key)
    try:
        sent = actions.send(token=visit.token, posted=visit.posted, page=page)
    except (Conflict, TooMuch, BadInput) as error:
        return visit.show("surveys/over.html", 429 if isinstance(error, TooMuch) else 409, text=sentence(error))
    return _thanks(visit, waits=sent.state == "guardian")


def _thanks(visit: Visit, *, waits: bool = False) -> HttpResponse:
    """Thanks, and what was agreed to, told back at once with the day (Network Act art. 50(7))."""
    content = visit.survey.content
    agreed = [rules.said(content["consents"][n]["text"], visit.language)
              for n in rules.given_consents(content, visit.posted)]  # fmt: skip
    thanks = rules.said(content["thanks"], visit.language)
    return visit.show("surveys/thanks.html", thanks=thanks, agreed=agreed, waits=waits, at=timezone.now())
