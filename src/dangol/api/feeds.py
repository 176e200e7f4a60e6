"""Connections to databases, rows pushed by programs, events of web sites, and what is fetched by the clock."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api import strict
from dangol.api.frame import Problem, Strict, caller
from dangol.api.schedules import PlanIn, ScheduleOut, out
from dangol.base.errors import BadInput
from dangol.customers.collect.feeds import actions, reads
from dangol.customers.collect.feeds.rules import EVENT_BYTES, EVENTS_A_CALL
from dangol.work.schedules import reads as schedules

router = Router(tags=["feeds"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]
Text = Annotated[str, Field(max_length=200)]
PREFLIGHT_SECONDS = "86400"
ROWS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "additionalProperties": False,
                    "properties": {"rows": {"type": "array", "minItems": 1, "items": {"type": "object"}}},
                }
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
EVENTS_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class ConnectionIn(Strict):
    """A database. password: left out, the one that is kept stays; it is never given back."""

    code: Code
    name: Annotated[str, Field(max_length=100)] = ""
    kind: Literal["postgresql", "mysql", "sqlite"]
    host: Annotated[str, Field(max_length=255)] = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    database: Annotated[str, Field(min_length=1, max_length=500)]
    user: Annotated[str, Field(max_length=128)] = ""
    password: Annotated[str, Field(max_length=500)] | None = None
    tls: bool = False


class ConnectionOut(Schema):
    """A connection without its password; sources: codes of those that use it."""

    code: str
    name: str
    kind: str
    host: str
    port: int | None
    database: str
    user: str
    has_password: bool
    tls: bool
    tested_at: datetime | None
    sources: list[str]


class TableOut(Schema):
    """A table or view; rows is the database's own estimate."""

    schema_: Annotated[str, Field(alias="schema")]
    name: str
    view: bool
    rows: int | None


class QueryIn(Strict):
    """What to look at: one SELECT, or a table by its schema and name."""

    query: Annotated[str, Field(max_length=20_000)] = ""
    schema_: Annotated[str, Field(max_length=200, alias="schema")] = ""
    table: Text = ""


class ColumnOut(Schema):
    """A column and its type at the source."""

    name: str
    type: str
    family: str


class BrowsedOut(Schema):
    """Columns, some rows, and columns a source can continue from."""

    query: str
    columns: list[ColumnOut]
    rows: list[list[str]]
    growing: list[str]


class RowTakenOut(Schema):
    """What became of a row (counted from 0): created, updated, unchanged or quarantined, then with reason and field."""

    row: int
    outcome: str
    reason: str
    field: str


class TakenOut(Schema):
    """What became of pushed rows; read is the sum of the four."""

    load_id: int
    read: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    rows: list[RowTakenOut]


class SiteIn(Strict):
    """A web site. origins: like https://shop.example. properties: names kept of events; null: a usual set."""

    code: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
    name: Annotated[str, Field(max_length=100)] = ""
    system: Annotated[str, Field(max_length=60)] = ""
    origins: Annotated[list[Text], Field(min_length=1, max_length=50)]
    properties: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=60)] | None = None
    enabled: bool = True


class SiteOut(Schema):
    """A site with its write key, the events that wait, and when the last one came."""

    code: str
    name: str
    system: str
    write_key: str
    origins: list[str]
    properties: list[str]
    enabled: bool
    waiting: int
    last_at: datetime | None


class HeardOut(Schema):
    """Events that are new, and those known from before."""

    success: bool = True
    new: int
    known: int


@router.get("/connections", response={200: list[ConnectionOut], **FAILURES}, operation_id="list_connections")
def list_connections(request: HttpRequest) -> Any:
    """Connections to databases."""
    return reads.connections(caller(request))


@router.post("/connections", response={200: ConnectionOut, **FAILURES}, operation_id="keep_connection")
def keep_connection(request: HttpRequest, body: ConnectionIn) -> Any:
    """Keep a connection, or change it."""
    return actions.keep_connection(by=caller(request), **body.dict())


@router.get("/connections/{code}", response={200: ConnectionOut, **FAILURES}, operation_id="get_connection")
def get_connection(request: HttpRequest, code: Code) -> Any:
    """One connection."""
    return reads.connection(caller(request), code)


@router.delete("/connections/{code}", response={204: None, **FAILURES}, operation_id="remove_connection")
def remove_connection(request: HttpRequest, code: Code) -> Any:
    """Forget a connection that no source uses."""
    actions.remove_connection(by=caller(request), code=code)
    return Status(204, None)


@router.post("/connections/{code}/test", response={200: ConnectionOut, **FAILURES}, operation_id="test_connection")
def test_connection(request: HttpRequest, code: Code) -> Any:
    """Enter the database and leave again; a failure says its cause."""
    by = caller(request)
    actions.test_connection(by=by, code=code)
    return reads.connection(by, code)


@router.get("/connections/{code}/tables", response={200: list[TableOut], **FAILURES}, operation_id="list_tables",
            by_alias=True)  # fmt: skip
def list_tables(request: HttpRequest, code: Code) -> Any:
    """Tables and views of a database."""
    return [{**vars(table)} for table in reads.tables(caller(request), code)]


@router.post("/connections/{code}/look", response={200: BrowsedOut, **FAILURES}, operation_id="look_at_query")
def look_at_query(request: HttpRequest, code: Code, body: QueryIn) -> Any:
    """Columns and some rows of a table or query."""
    by = caller(request)
    return reads.browse(by, code, schema=body.schema_, table=body.table, query=body.query)


@router.put("/sources/{code}/schedule", response={200: ScheduleOut, **FAILURES}, operation_id="schedule_source")
def schedule_source(request: HttpRequest, code: Code, body: PlanIn) -> Any:
    """Have a source's query, or the files of its watched folder, fetched by the clock."""
    by = caller(request)
    made = actions.schedule_pull(by=by, source_code=code, plan=body.plan(), retries=body.retries,
                                 late_minutes=body.late_minutes)  # fmt: skip
    return out(schedules.schedule(by, made))


@router.post("/sources/{code}/rows", response={200: TakenOut, **FAILURES}, operation_id="push_rows",
             openapi_extra=ROWS_BODY)  # fmt: skip
def push_rows(request: HttpRequest, code: Code) -> Any:
    """Push rows into a source: JSON `{"rows": [...]}`, NDJSON, or CSV; each row is answered for."""
    return actions.take(source_code=code, rows=_rows(request), by=caller(request))


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    kind = request.content_type
    if kind in ("text/csv", "application/x-ndjson"):
        try:
            text = request.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadInput("The body is not in UTF-8.", field="/") from None
        strict.check_text(text, "/")
        if kind == "text/csv":
            return list(reads.rows_of_csv(text))
        return reads.rows_of_lines(text, lambda line: strict.read(line.encode()))
    body = getattr(request, "strict_body", None)
    rows = body.get("rows") if isinstance(body, dict) and set(body) == {"rows"} else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("Send an object with rows, a list of one object for each row.", field="/rows")
    return rows


@router.get("/sites", response={200: list[SiteOut], **FAILURES}, operation_id="list_sites")
def list_sites(request: HttpRequest) -> Any:
    """Web sites that send events."""
    return reads.sites(caller(request))


@router.post("/sites", response={200: SiteOut, **FAILURES}, operation_id="keep_site")
def keep_site(request: HttpRequest, body: SiteIn) -> Any:
    """Describe a site, or change it; a new one gets its write key."""
    return actions.keep_site(by=caller(request), **body.dict())


@router.post("/sites/{code}/key", response={200: SiteOut, **FAILURES}, operation_id="renew_site_key")
def renew_site_key(request: HttpRequest, code: Code) -> Any:
    """Give a site a new write key; the old one ends."""
    return actions.renew_key(by=caller(request), code=code)


@router.post("/events", response={200: HeardOut, **FAILURES}, operation_id="send_events", auth=None,
             openapi_extra=EVENTS_BODY)  # fmt: skip
def send_events(request: HttpRequest, response: HttpResponse) -> Any:
    """Events of web sites in the shape of the Segment spec: track, page, identify, or a batch of them.

    The site's write key is the user of Basic authentication, or `writeKey` in the body. No token is needed.
    """
    limit = EVENT_BYTES * EVENTS_A_CALL // 4
    if len(request.body) > limit:
        raise BadInput("Send at most {limit} bytes of events at once.", field="/", limit=limit)
    body = strict.read(request.body)
    origin = request.headers.get("Origin", "")
    heard = actions.hear(write_key=_write_key(request, body), origin=origin, body=body)
    if origin:
        _let_in(response, origin)
    return vars(heard)


@router.api_operation(["OPTIONS"], "/events", include_in_schema=False, auth=None, operation_id="may_send_events")
def may_send_events(request: HttpRequest) -> HttpResponse:
    """What a browser asks before a page of another origin sends events."""
    response = HttpResponse(status=204)
    origin = request.headers.get("Origin", "")
    if origin and reads.origin_known(origin):
        _let_in(response, origin)
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def _let_in(response: HttpResponse, origin: str) -> None:
    response["Access-Control-Allow-Origin"] = origin
    response["Vary"] = "Origin"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"


def _write_key(request: HttpRequest, body: Any) -> str:
    """The user of Basic authentication (RFC 7617), else the body's `writeKey`."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    key = body.get("writeKey") if isinstance(body, dict) else None
    return key if isinstance(key, str) else ""
