"""The small script that pages of other sites load to send events."""

from functools import cache

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

KEEP_SECONDS = 3600


@cache
def _text() -> bytes:
    path = finders.find("js/events.js")
    if not isinstance(path, str):
        raise FileNotFoundError("js/events.js")
    with open(path, "rb") as file:
        return file.read()


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The script. Pages of other origins may load it: it says nothing about anybody."""
    response = HttpResponse(_text(), content_type="text/javascript; charset=utf-8")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    return response
