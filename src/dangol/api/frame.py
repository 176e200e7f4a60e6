"""What every API call passes through: token, limit, strict JSON, keyed repetition, problems, pages.

An area writes `router = Router(tags=["customers"])` in src/dangol/api/<area>.py, takes its schemas from `Strict`,
and calls actions and reads with `by=caller(request)`; errors of dangol.base.errors become problems here.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Generic, TypeVar

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext
from ninja import NinjaAPI, Schema
from ninja.parser import Parser
from ninja.security import HttpBearer
from pydantic import ConfigDict, Field

from dangol.api import problems, strict
from dangol.api.docs import page as docs_page
from dangol.base.errors import BadInput, DangolError, TooMuch
from dangol.staff.signin.rules import client_address
from dangol.staff.tokens import actions as tokens
from dangol.staff.tokens.rules import Answer, Claim

Row = TypeVar("Row")
JSON_LIMIT_BYTES = 2**20
TABLES = {"text/csv": 5 * 2**20, "application/x-ndjson": 5 * 2**20}  # bodies that an operation reads itself
PAGE, PAGE_LIMIT = 50, 500
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Content-Type", "Location")
# Answers that say nothing happened and the same call may succeed later or after a correction: not kept under a key.
PASSING = frozenset({401, 403, 413, 415, 422, 429})
CURSOR_SALT = "dangol.api.cursor"

Id = Annotated[int, Field(ge=1, le=strict.LARGEST)]
Limit = Annotated[int, Field(ge=1, le=PAGE_LIMIT)]
Cursor = Annotated[str | None, Field(max_length=500)]


class Strict(Schema):
    """A body whose fields are all known: an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Problem(Schema):
    """A failure (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class Page(Schema, Generic[Row]):
    """Some rows; `next` is the cursor of the following ones, null at the end."""

    items: list[Row]
    next: str | None = None


@dataclass(frozen=True)
class Caller:
    """Who calls: the member (rights narrowed to the token's scopes), the token, the address."""

    member: Any
    token_id: int
    address: str


def caller(request: HttpRequest) -> Any:
    """The Member an API call is made for; give it to actions and reads as `by`."""
    return request.caller.member  # type: ignore[attr-defined]


def address_of(request: HttpRequest) -> str:
    """The address an API call comes from."""
    remote, forwarded = request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(remote, forwarded, settings.DANGOL.trusted_proxy)


class Bearer(HttpBearer):
    """`Authorization: Bearer <token>`; cookies and sessions are not looked at."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The Member, already found by the frame."""
        known: Caller | None = getattr(request, "caller", None)
        return known.member if known else None


class StrictParser(Parser):
    """Gives operations the body that the frame has read."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The checked JSON; parts of forms are read here."""
        return request.strict_body if hasattr(request, "strict_body") else strict.read(request.body)


def page_of(
    fetch: Callable[[Any, int], Sequence[Row]],
    *,
    key: Callable[[Row], Any],
    cursor: str | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """One page for a response of type Page[...].

    fetch(after, n) gives up to n rows that follow the row whose key is `after` (None: from the start). key: what the
    list is ordered by, unique and JSON-able, like an id. Raises BadInput for a cursor that was not given out here.
    """
    after = None
    if cursor:
        try:
            after = signing.loads(cursor, salt=CURSOR_SALT)
        except signing.BadSignature:
            raise BadInput("This cursor was not given out here. Start without one.", field="cursor") from None
    rows = list(fetch(after, limit + 1))
    more = len(rows) > limit
    following = signing.dumps(key(rows[limit - 1]), salt=CURSOR_SALT) if more else None
    return {"items": rows[:limit], "next": following}


def _find_caller(request: HttpRequest) -> Caller | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = tokens.open_with(secret.strip()) if scheme.lower() == "bearer" and secret.strip() else None
    return Caller(found[0], found[1], address_of(request)) if found else None


def _read_body(request: HttpRequest) -> None:
    """Read and check what was sent before any operation sees it. Raises BadInput, TooMuch."""
    for name, values in request.GET.lists():
        for text in (name, *values):
            strict.check_text(text, name[:60])
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if request.content_type == "multipart/form-data":
        return
    limit = TABLES.get(request.content_type or "", JSON_LIMIT_BYTES)
    if declared.isdecimal() and int(declared) > limit:
        raise TooMuch("The request is too large. Send at most {limit} bytes.", limit=limit)
    if not request.body:
        return
    if len(request.body) > limit:
        raise TooMuch("The request is too large. Send at most {limit} bytes.", limit=limit)
    if request.content_type in TABLES:
        return
    request.strict_body = strict.read(request.body)  # type: ignore[attr-defined]


def _body_hash(request: HttpRequest) -> str:
    digest = hashlib.sha256()
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode("utf-8", "replace"))
    files: Any = request.FILES
    for name, file in sorted(files.items()):
        digest.update(repr((name, getattr(file, "name", ""))).encode("utf-8", "replace"))
        for piece in file.chunks():
            digest.update(piece)
        file.seek(0)
    return digest.hexdigest()


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _run_once(claim: Claim, run: Callable[[], HttpResponse]) -> HttpResponse:
    """Run a keyed call and keep its answer in the transaction of what it did: both are there, or neither."""
    try:
        with transaction.atomic():
            response = run()
            if response.status_code >= 500 or response.status_code in PASSING:
                transaction.set_rollback(True)
                kept = False
            else:
                headers = {name: response[name] for name in KEPT_HEADERS if name in response}
                kept = tokens.keep_answer(claim, Answer(response.status_code, headers, response.content))
                if not kept:
                    transaction.set_rollback(True)
                    detail = gettext("This call took too long and was taken over by its repetition.")
                    return problems.problem(409, detail)
    except BaseException:
        tokens.drop_call(claim)
        raise
    if not kept:
        tokens.drop_call(claim)
    return response


def _keyed(request: HttpRequest, run: Callable[[], HttpResponse], known: Caller) -> HttpResponse:
    """Run a POST, once only where it carries an Idempotency-Key."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return run()
    if not KEY.fullmatch(key):
        raise BadInput("An Idempotency-Key has 1 to 255 visible ASCII characters.", field="Idempotency-Key")
    claimed = tokens.claim_call(
        token_id=known.token_id, key=key, route=request.path[:300], body_hash=_body_hash(request)
    )
    return _again(claimed) if isinstance(claimed, Answer) else _run_once(claimed, run)


def _answer(request: HttpRequest, run: Callable[[], HttpResponse], *, open_to_all: bool) -> HttpResponse:
    if open_to_all:
        return run()
    known = _find_caller(request)
    if known is None:
        return problems.unauthorized()
    request.caller = known  # type: ignore[attr-defined]
    wait = tokens.count_call(known.token_id)
    if wait:
        raise TooMuch("Too many calls with this token. Wait {seconds} seconds.", seconds=wait)
    _read_body(request)
    return _keyed(request, run, known)


def _guarded(view: Callable[..., HttpResponse], *, open_to_all: bool) -> Callable[..., HttpResponseBase]:
    """A view of the API with everything around it; whatever happens, the answer is JSON."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = _answer(request, lambda: view(request, *args, **kwargs), open_to_all=open_to_all)
        except DangolError as error:
            response = problems.of_error(error)
        except Exception as error:
            response = problems.of_unexpected(error)
        if response.status_code == 405:
            allow = response.get("Allow", "")
            detail = gettext("This address does not answer this method.")
            response = problems.problem(405, detail, headers={"Allow": allow})
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at, so none can be misused
    return guarded


def known_parameters(run: Callable[..., Any]) -> Callable[..., Any]:
    """Around every operation: a parameter of the address that it does not know is refused.

    A misspelt filter would otherwise be left out, and the answer would look like the one asked for. Raises BadInput.
    """
    models = run.__self__.models  # type: ignore[attr-defined]  # Ninja's operation, whose bound method this is
    asked = [model for model in models if model.__ninja_param_source__ == "query"]
    known = sorted({name for model in asked for name in model.__ninja_flatten_map__})

    @wraps(run)
    def checked(request: HttpRequest, **more: Any) -> Any:
        for name in request.GET:
            if name not in known:
                raise BadInput("There is no parameter “{name}” here. Known are: {known}.", field=name[:60],
                               name=name[:60], known=", ".join(known) or "–")  # fmt: skip
        return run(request, **more)

    return checked


def _nothing(request: HttpRequest) -> HttpResponse:
    raise Http404


class DangolAPI(NinjaAPI):
    """Ninja's API with the frame around every view, and problems for addresses that do not exist."""

    OPEN = frozenset({"openapi-json", "send_events", "may_send_events"})

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = [one for one in super()._get_urls() if getattr(one, "name", None) != "api-root"]
        for one in patterns:
            if isinstance(one, URLPattern):
                one.callback = _guarded(one.callback, open_to_all=one.name in self.OPEN)
        patterns.append(path("docs/", docs_page, name="docs"))
        patterns.append(re_path(r"^.*$", _guarded(_nothing, open_to_all=True), name="api-root"))
        return patterns

    def get_root_path(self, path_params: dict[str, Any]) -> str:
        """The prefix of all paths, for the OpenAPI description."""
        return "/api/v1/"
