"""What a customer sees behind the links of a message: preferences, and the offer.

Whoever holds the link is believed; it cannot be guessed. Any link that is not valid gets the same neutral page. Mail
scanners open every link, so GET never changes consent. Source: RFC 8058 3.1, Network Act art. 50(6).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from dangol.base.errors import NotFound
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as executed
from dangol.channels import links
from dangol.channels import reads as channels
from dangol.channels.reads import MessageView
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consented
from dangol.customers.consent.rules import MARKETING
from dangol.staff.reads import system

TEXT_VERSION = "preference-page-1"


def _neutral(request: HttpRequest) -> HttpResponse:
    return render(request, "campaigns/link_void.html", status=404)


def _given(message: MessageView) -> bool:
    words = consented.of_customer(message.customer_id)
    return any(
        word.given for word in words if word.current and (word.purpose, word.channel) == (MARKETING, message.channel)
    )


# The signed link is the authority here, not a session: mail programs post to it without ever having seen the page.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, signed: str) -> HttpResponse:
    """Show whether advertising may be sent; POST refuses or agrees. One-click refusal by RFC 8058 is a POST too."""
    try:
        message = channels.of_token(links.token(links.PREFERENCE, signed))
    except NotFound:
        return _neutral(request)
    done = ""
    if request.method == "POST":
        done = "agreed" if request.POST.get("choice") == "agree" else "refused"
        _say(message, given=done == "agreed")
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("OK", content_type="text/plain; charset=utf-8")
    return render(
        request, "campaigns/preferences.html",
        {"given": _given(message), "channel": message.channel, "done": done, "at": timezone.now()},
    )  # fmt: skip


def _say(message: MessageView, *, given: bool) -> None:
    """The customer's word, told back on the page at once: sender, act, date and result (Network Act art. 50(7))."""
    word: dict[str, Any] = {
        "by": system(), "customer_ids": [message.customer_id], "purpose": MARKETING, "channel": message.channel,
        "at": timezone.now(), "text_version": TEXT_VERSION, "proof": f"link of message {message.id}",
        "origin": "customer", "noticed_at": timezone.now(),
    }  # fmt: skip
    (consent.give if given else consent.withdraw)(**word)


@require_safe
def click(request: HttpRequest, signed: str) -> HttpResponse:
    """Count a click and lead to the campaign's page on this site."""
    try:
        path, _token = execute.click(signed=signed, at=timezone.now())
    except NotFound:
        return _neutral(request)
    return HttpResponseRedirect(path or f"/o/{signed}")


@require_safe
def offer(request: HttpRequest, signed: str) -> HttpResponse:
    """The offer, where the campaign names no page of its own."""
    try:
        _path, text = executed.landing(links.token(links.CLICK, signed))
    except NotFound:
        return _neutral(request)
    return render(request, "campaigns/offer.html", {"offer": text})
