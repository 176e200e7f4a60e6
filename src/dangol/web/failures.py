"""Pages for requests that failed: what happened, and what to do now."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django_htmx.http import reswap, retarget

from dangol.base.errors import DangolError
from dangol.web import sentences

log = logging.getLogger(__name__)

# status -> heading, sentence, what to do, icon
PAGES = {
    400: (_("This request cannot be read"), _("Its address or its form is not complete."),
          _("Go back, load the page again and retry."), "alert"),
    403: (_("You may not open this page"), _("Your role does not include it."),
          _("Ask an administrator for the right, or go back to your home page."), "lock"),
    404: (_("There is no such page"), _("It does not exist, or it is not yours to see."),
          _("Check the address, or search from the top of the page."), "search"),
    409: (_("Somebody was first"), _("This changed while you were looking at it."),
          _("Load the page again to see how it stands now."), "refresh"),
    413: (_("That is too much at once"), _("A limit was reached."), _("Narrow it down and retry."), "filter"),
    422: (_("This cannot be used"), _("Something that was entered does not fit."),
          _("Go back and correct it; nothing was changed."), "edit"),
    500: (_("Something broke on our side"), _("The error was recorded. Nothing you entered was saved in part."),
          _("Try again. If it happens again, tell your administrator the time."), "alert"),
    503: (_("Not available right now"), _("A part that is needed does not answer."),
          _("Wait a moment and try again."), "clock"),
}  # fmt: skip
CSRF = (_("This form is too old"), _("For your safety a form can be sent only from the session it was opened in."),
        _("Load the page again and send it once more."), "shield")  # fmt: skip


def failure(request: HttpRequest, code: int, said: str = "", *, words: Any = None, bare: bool = False) -> HttpResponse:
    """The answer to a failed request: a whole page, or for htmx one notice in the message region."""
    heading, usual, advice, icon = words or PAGES.get(code, PAGES[500])
    variables = {
        "code": code, "failure_heading": heading, "said": said or usual, "advice": advice, "icon": icon, "bare": bare,
    }  # fmt: skip
    if getattr(request, "htmx", False):
        answer = HttpResponse(render_to_string("failures/notice.html", variables), status=code)
        return reswap(retarget(answer, "#messages"), "innerHTML")
    return HttpResponse(render_to_string("failures/page.html", variables, request), status=code)


def expected(request: HttpRequest, error: DangolError) -> HttpResponse:
    """The answer to an expected failure. What is missing and what is not yours get the very same page."""
    code = sentences.status(error)
    answer = failure(request, code, "" if code == 404 else sentences.sentence(error))
    if code == 503:
        answer["Retry-After"] = "10"
    return answer


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another session."""
    return failure(request, 403, words=CSRF)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400. The request may be broken in any way, so the page must not depend on it."""
    return _bare(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403."""
    return failure(request, 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404."""
    return failure(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: shown even where the database is what broke."""
    return _bare(request, 500)


def _bare(request: HttpRequest, code: int) -> HttpResponse:
    """A failure page that reads nothing: no member, no session, no database."""
    still = HttpRequest()  # the frame would ask a real one for its member, messages and session
    still.META, still.path, still.method = request.META, request.path, request.method
    still.htmx = getattr(request, "htmx", None)  # type: ignore[attr-defined]
    still.user = None  # type: ignore[assignment]
    try:
        return failure(still, code, bare=True)
    except Exception:
        log.exception("The failure page itself failed")
        return HttpResponse(str(PAGES[code][0]), status=code, content_type="text/plain; charset=utf-8")
