"""What a customer sees behind the signed link of a message: every choice, and every request about the own data.

Whoever holds the link is believed; it cannot be guessed. Any link that is not valid gets the same neutral page. Mail
scanners open every link, so GET never changes anything. Source: RFC 8058 3.1, Network Act art. 50(6).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dangol.base.errors import DangolError, NotFound
from dangol.channels import links
from dangol.channels import reads as channels
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent import rules
from dangol.customers.consent.reads import Word
from dangol.customers.consent.rules import ALL, MARKETING, PROFILING
from dangol.privacy import actions as privacy
from dangol.privacy import reads as requests
from dangol.privacy.rules import KINDS, WAITING
from dangol.staff.reads import system
from dangol.staff.rules import LANGUAGES
from dangol.web.privacy.forms import LANGUAGE_NAMES
from dangol.web.sentences import sentence


@dataclass(frozen=True)
class Holder:
    """Who holds the link: the customer, the channel the link came by, and what to write as proof."""

    customer_id: int
    channel: str
    proof: str


@dataclass(frozen=True)
class Row:
    """One choice of the page. until: when an agreement ends unless it is confirmed."""

    purpose: str
    channel: str
    key: str
    label: str
    given: bool
    at: Any
    until: date | None


def neutral(request: HttpRequest) -> HttpResponse:
    """The one answer for every link that is not valid."""
    return render(request, "campaigns/link_void.html", status=404)


def _holder(signed: str) -> Holder:
    token = links.token(links.PREFERENCE, signed)
    customer_id = links.customer_of(token)
    if customer_id is not None:
        if not requests.known_person(customer_id):
            raise NotFound("This link is not valid or no longer valid.")
        return Holder(customer_id, "email", "link given by hand")
    message = channels.of_token(token)
    return Holder(message.customer_id, message.channel, f"link of message {message.id}")


# The signed link is the authority here, not a session: mail programs post to it without ever having seen the page.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, signed: str) -> HttpResponse:
    """Show every choice; POST changes them. A POST without any words refuses, as RFC 8058 asks for one-click."""
    try:
        holder = _holder(signed)
    except NotFound:
        return neutral(request)
    language = request.GET.get("lang", "")
    chosen = language if language in LANGUAGES else (translation.get_language() or settings.LANGUAGE_CODE)[:2]
    with translation.override(chosen):
        return _answer(request, holder, chosen)


def _answer(request: HttpRequest, holder: Holder, language: str) -> HttpResponse:
    done, problem = "", ""
    if request.method == "POST":
        if request.POST.get("List-Unsubscribe") == "One-Click":
            _say(holder, (MARKETING, holder.channel), given=False, language=language)
            return HttpResponse("OK", content_type="text/plain; charset=utf-8")
        try:
            done = _act(request, holder, language)
        except DangolError as error:
            problem = sentence(error)
    other = next(one for one in LANGUAGES if one != language)
    response = render(request, "privacy/preferences.html", _page(holder, language) | {
        "done": done, "problem": problem, "at": timezone.now(), "page_language": language,
        "other": other, "other_name": LANGUAGE_NAMES[other],
    }, status=422 if problem else 200)  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key: it must not travel on
    return response


def _act(request: HttpRequest, holder: Holder, language: str) -> str:
    """What a form of the page asked for; returns which words to answer with."""
    verb = request.POST.get("choice", "")
    if verb == "save":
        wanted = set(request.POST.getlist("agree"))
        for row in _rows(holder, language):
            if (row.key in wanted) != row.given:
                _say(holder, (row.purpose, row.channel), given=row.key in wanted, language=language)
        return "saved"
    if verb == "confirm":
        for row in _rows(holder, language):
            if row.given:
                _say(holder, (row.purpose, row.channel), given=True, language=language)
        return "confirmed"
    if verb == "ask" and request.POST.get("kind") in KINDS:
        privacy.receive_from_customer(
            customer_id=holder.customer_id, kind=request.POST["kind"], wish=request.POST.get("wish", ""),
            message=holder.proof,
        )  # fmt: skip
        return "asked"
    if verb == "refuse_all":
        for row in _rows(holder, language):
            _say(holder, (row.purpose, row.channel), given=False, language=language)
        return "refused_all"
    _say(holder, (MARKETING, holder.channel), given=verb == "agree", language=language)
    return "agreed" if verb == "agree" else "refused"


def _say(holder: Holder, about: tuple[str, str], *, given: bool, language: str) -> None:
    """The customer's word, told back on the page at once: sender, act, date and result (Network Act art. 50(7))."""
    purpose, channel = about
    now = timezone.now()
    word: dict[str, Any] = {
        "by": system(), "customer_ids": [holder.customer_id], "purpose": purpose, "channel": channel, "at": now,
        "text_version": consents.in_force(purpose, language).version, "proof": holder.proof, "origin": "customer",
        "noticed_at": now, "through": "email",
    }  # fmt: skip
    (consent.give if given else consent.withdraw)(**word)


def _rows(holder: Holder, language: str) -> list[Row]:
    now, zone = timezone.now(), settings.DANGOL.zone
    policy = consents.policy_at(now, zone)
    words = {(word.purpose, word.channel): word for word in consents.of_customer(holder.customer_id) if word.current}
    offered = sorted({*channels.names(), *(channel for _purpose, channel in words if channel != ALL)})
    return [
        _row(purpose, channel, words.get((purpose, channel)), policy)
        for purpose, channel in rules.combinations(offered, policy.quiet_exempt_channels)
    ]


def _row(purpose: str, channel: str, word: Word | None, policy: rules.Policy) -> Row:
    zone = settings.DANGOL.zone
    # Automatic analysis needs no consent by itself: it goes on until the customer refuses it (PIPA art. 37-2(1)).
    given = word.given if word else purpose == PROFILING
    until = rules.lapses_on(policy, word.at, zone) if word and word.given and purpose != PROFILING else None
    if word and word.until and until:
        until = min(until, word.until)
    label = translation.gettext(rules.CHANNEL_NAMES[channel])
    return Row(purpose, channel, f"{purpose}:{channel}", label, given, word.at if word else None, until)


def _page(holder: Holder, language: str) -> dict[str, Any]:
    rows = _rows(holder, language)
    today = requests.today()
    groups = [
        {"purpose": purpose, "name": translation.gettext(rules.PURPOSE_NAMES[purpose]),
         "wording": consents.in_force(purpose, language), "rows": [row for row in rows if row.purpose == purpose]}
        for purpose in rules.PURPOSES
    ]  # fmt: skip
    return {
        "groups": [group for group in groups if group["rows"]],
        "agreed": any(row.given for row in rows if row.purpose == MARKETING),
        "confirmable": any(row.until for row in rows),
        "lapsed": any(row.until and row.until <= today for row in rows),
        "kinds": [(kind, translation.gettext(name)) for kind, name in KINDS.items()],
        "asked": [
            {"name": translation.gettext(KINDS[one.kind]), "one": one}
            for one in requests.of_person(holder.customer_id)
            if one.state in WAITING
        ],
        "guardian": consents.guardianship(holder.customer_id, today),
    }
