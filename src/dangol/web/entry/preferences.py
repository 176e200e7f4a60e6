"""Language and colours, signed in or not."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from dangol.base.errors import BadInput
from dangol.staff import actions
from dangol.staff.rules import LANGUAGES, THEMES
from dangol.web.entry.proof import safe_next

YEAR_SECONDS = 365 * 86400


def _choose(request: HttpRequest, name: str, cookie: str, allowed: tuple[str, ...]) -> HttpResponse:
    value = request.POST.get(name, "")
    if value not in allowed:
        raise BadInput("Use one of: {allowed}.", field=name, allowed=", ".join(allowed))
    member: Any = request.user
    if member.is_authenticated:
        chosen: dict[str, Any] = {name: value}
        actions.set_own_profile(by=member, **chosen)
    response = HttpResponseRedirect(safe_next(request))
    response.set_cookie(
        cookie, value, max_age=YEAR_SECONDS, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Korean or English from now on."""
    return _choose(request, "language", settings.LANGUAGE_COOKIE_NAME, LANGUAGES)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device is set."""
    return _choose(request, "theme", "theme", THEMES)
