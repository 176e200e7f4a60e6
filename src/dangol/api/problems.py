"""Every failure of the API as an RFC 9457 problem."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from dangol.base.disk import FULL, is_full
from dangol.base.errors import (
    BadInput,
    Cancelled,
    Conflict,
    Damaged,
    DangolError,
    NotAllowed,
    NotFound,
    TooMuch,
    Unavailable,
)

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5
STATUS: dict[type[DangolError], int] = {
    BadInput: 422, NotFound: 404, NotAllowed: 403, Conflict: 409, Damaged: 503, Unavailable: 503, TooMuch: 413,
    Cancelled: 409,
}  # fmt: skip


def N_(text: str) -> str:  # noqa: N802  marks a text for translation at the time of the request
    return text


TITLES = {
    400: N_("Bad request"),
    401: N_("Not signed in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    409: N_("Conflict"),
    413: N_("Too much"),
    415: N_("Unsupported media type"),
    422: N_("Input cannot be used"),
    429: N_("Too many calls"),
    500: N_("Server error"),
    503: N_("Not available now"),
}
NO_SUCH = N_("There is nothing here, or it is not yours to see.")


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A problem document (RFC 9457 section 3). errors: {"field": JSON pointer or name, "detail": sentence} each."""
    body: dict[str, Any] = {
        "type": "about:blank", "title": gettext(TITLES.get(status, TITLES[500])), "status": status, "detail": detail
    }  # fmt: skip
    if errors:
        body["errors"] = list(errors)
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers=headers)


def of_error(error: DangolError) -> HttpResponse:
    """The problem of an expected failure, in the caller's language."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    if isinstance(error, TooMuch) and "seconds" in error.params:
        status, headers = 429, {"Retry-After": str(error.params["seconds"])}
    sentence = gettext(error.template)
    detail = sentence.format(**error.params) if error.params else sentence
    errors = [{"field": error.field, "detail": detail}] if error.field else []
    return problem(status, detail, errors=errors, headers=headers)


def unauthorized() -> HttpResponse:
    """No token, or one that is not good: the answer does not say which."""
    return problem(
        401,
        gettext("Send a valid token: Authorization: Bearer ..."),
        headers={"WWW-Authenticate": 'Bearer realm="dangol"'},
    )


def _validation(error: ValidationError) -> HttpResponse:
    errors = []
    for one in error.errors:
        place, *path = [str(part) for part in one.get("loc", ())] or [""]
        names = path[1:] if place == "body" else path
        errors.append({"field": "/" + "/".join(names) if place == "body" else (names or [place])[-1],
                       "detail": str(one.get("msg", ""))})  # fmt: skip
    return problem(422, gettext("Some fields cannot be used. Correct them and send again."), errors=errors)


def _http(error: HttpError) -> HttpResponse:
    return unauthorized() if error.status_code == 401 else problem(error.status_code, str(error))


def of_unexpected(error: Exception) -> HttpResponse:
    """The problem of anything else: neutral to the caller, told in the log."""
    if isinstance(error, RequestDataTooBig):
        return problem(413, gettext("The request is too large."))
    if isinstance(error, SuspiciousOperation):
        return problem(400, gettext("The request cannot be read."))
    if isinstance(error, Http404):
        return problem(404, gettext(NO_SUCH))
    if is_full(error):
        log.error("an API call met a full disk", exc_info=error)
        return problem(503, gettext(FULL))
    if isinstance(error, OperationalError):
        log.warning("the operations database did not answer an API call", exc_info=error)
        detail = gettext("The database does not answer. Try again in a moment.")
        return problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, DatabaseError):
        log.error("an API call failed in the database", exc_info=error)
    else:
        log.error("an API call failed", exc_info=error)
    return problem(500, gettext("Something unexpected went wrong. It is in the server's log."))


def install(api: NinjaAPI) -> None:
    """Answer every exception of an operation by a problem."""
    handlers: dict[type[Exception], Any] = {
        DangolError: lambda _request, error: of_error(error),
        ValidationError: lambda _request, error: _validation(error),
        AuthenticationError: lambda _request, _error: unauthorized(),
        HttpError: lambda _request, error: _http(error),
        Exception: lambda _request, error: of_unexpected(error),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
