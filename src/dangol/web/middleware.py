"""Safety headers, the signed-in member's language and session, and errors turned into sentences."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request

from dangol.base.disk import FULL, is_full
from dangol.base.errors import DangolError, Unavailable
from dangol.web import failures

log = logging.getLogger(__name__)

Next = Callable[[HttpRequest], HttpResponse]
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
SIGN_OUT = "entry:sign_out"


class SafetyHeaders:
    """Puts the safety headers on every answer; a view may set its own. Source: OWASP ASVS 5.0, 3.4 and 14.3."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        match = request.resolver_match
        if match is not None and match.view_name == SIGN_OUT and request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class Member:
    """The member's language; ends the session of somebody who was switched off."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.user.is_active:
            logout(request)
        language = _language(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie", "Accept-Language"))
        return response


def _language(request: HttpRequest) -> str:
    """The member's language; signed out: the cookie, then Accept-Language, then the company's."""
    known = dict(settings.LANGUAGES)
    if request.user.is_authenticated:
        return request.user.language if request.user.language in known else settings.LANGUAGE_CODE
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in known else get_language_from_request(request)


class Sentences:
    """Turns an expected failure of a page into a sentence with the right status."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The failure page; unexpected errors go on to Django's own handling."""
        if is_full(exception):
            log.error("A page met a full disk", exc_info=exception)
            return failures.expected(request, Unavailable(FULL))
        return failures.expected(request, exception) if isinstance(exception, DangolError) else None
