"""Sources, loads, and the rows that wait in quarantine."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import File, Router, Schema, Status, UploadedFile
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, caller, page_of
from dangol.customers.collect import actions, reads

router = Router(tags=["sources"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]
Text = Annotated[str, Field(max_length=200)]
Kind = Literal["customers", "sales", "products", "stores", "campaigns", "contacts", "responses", "events"]


class Options(Strict):
    """How a source writes its values, and where a SQL source asks."""

    encoding: Text = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    sheet: Text = ""
    zone: Text = ""
    decimal: Literal[".", ",", ""] = ""
    date_order: Literal["ymd", "dmy", "mdy", ""] = ""
    connection: Annotated[str, Field(max_length=60)] = ""
    table: Text = ""
    query: Annotated[str, Field(max_length=20_000)] = ""
    watermark: Text = ""
    overlap: Annotated[str, Field(max_length=9, pattern=r"^\d*$")] = ""


class SourceIn(Strict):
    """A source. mapping: field → column; constants: field → one value for all rows; key: fields that name a row."""

    code: Code
    name: Annotated[str, Field(max_length=100)] = ""
    system: Annotated[str, Field(max_length=60)] = ""
    kind: Kind
    reader: Literal["csv", "excel", "parquet", "sql", "push"]
    mapping: dict[str, Text]
    constants: dict[str, Text] = {}
    key: list[Text] = []
    options: Options = Options()


class LoadOut(Schema):
    """A load; read = loaded + unchanged + quarantined. error and notes are sentences; reasons: code → rows."""

    id: int
    source: str
    name: str
    state: str
    read: int
    loaded: int
    unchanged: int
    quarantined: int
    reasons: dict[str, int]
    notes: list[str]
    error: str | None
    job_id: int | None
    created_at: datetime
    finished_at: datetime | None


class SourceOut(Schema):
    """A source with its number of live rows, rows in quarantine, and last load."""

    code: str
    name: str
    system: str
    kind: str
    reader: str
    mapping: dict[str, str]
    constants: dict[str, str]
    key: list[str]
    options: dict[str, str]
    rows: int
    waiting: int
    last: LoadOut | None


class RowOut(Schema):
    """A refused row: its cells as they were, and why it was refused."""

    id: int
    load: int
    source: str
    line: int
    cells: dict[str, str]
    reason: str
    field: str
    sentence: str
    state: str


def _said(said: dict[str, Any]) -> str:
    return gettext(said["template"]).format(**said.get("params", {}))


def _load(view: reads.LoadView) -> dict[str, Any]:
    error = _said(view.error) if view.error else None
    return {**vars(view), "notes": [_said(note) for note in view.notes], "error": error}


def _source(view: reads.SourceView) -> dict[str, Any]:
    return {**vars(view), "last": _load(view.last) if view.last else None}


def _row(row: reads.QuarantineRow) -> dict[str, Any]:
    sentence = gettext(row.template).format(**{**row.params, "field": gettext(row.label) if row.label else ""})
    return {**vars(row), "sentence": sentence}


@router.get("/sources", response={200: list[SourceOut], **FAILURES}, operation_id="list_sources")
def list_sources(request: HttpRequest) -> Any:
    """All sources, latest loaded first."""
    return [_source(view) for view in reads.sources(caller(request))]


@router.post("/sources", response={200: SourceOut, **FAILURES}, operation_id="describe_source")
def describe_source(request: HttpRequest, body: SourceIn) -> Any:
    """Describe a source, or change its description."""
    by = caller(request)
    given = body.dict()
    actions.describe_source(by=by, **given)
    return _source(reads.source(by, body.code))


@router.post("/sources/{code}/loads", response={202: LoadOut, **FAILURES}, operation_id="start_load")
def start_load(request: HttpRequest, code: Code, file: File[UploadedFile | None] = None) -> Any:
    """Load a file (`multipart/form-data`, part `file`); a SQL source needs none. A worker runs it: ask for the load."""
    by = caller(request)
    pieces: Iterator[bytes] | None = iter(file.chunks()) if file else None
    load_id = actions.start_load(
        by=by, source_code=code, pieces=pieces, name=(file.name or "") if file else "", queue=True
    )
    return Status(202, _load(reads.load(by, load_id)))


@router.get("/loads", response={200: Page[LoadOut], **FAILURES}, operation_id="list_loads")
def list_loads(
    request: HttpRequest,
    source: Annotated[str, Field(max_length=60)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Loads, latest first."""
    by = caller(request)
    page = page_of(
        lambda before, n: reads.loads(by, source_code=source, before_id=before, limit=n),
        key=lambda view: view.id,
        cursor=cursor,
        limit=limit,
    )
    return {**page, "items": [_load(view) for view in page["items"]]}


@router.get("/loads/{int:load_id}", response={200: LoadOut, **FAILURES}, operation_id="get_load")
def get_load(request: HttpRequest, load_id: Id) -> Any:
    """One load."""
    return _load(reads.load(caller(request), load_id))


@router.post("/loads/{int:load_id}/undo", response={200: LoadOut, **FAILURES}, operation_id="undo_load")
def undo_load(request: HttpRequest, load_id: Id) -> Any:
    """Take back everything a load brought."""
    by = caller(request)
    actions.undo_load(by=by, load_id=load_id)
    return _load(reads.load(by, load_id))


@router.get("/quarantine", response={200: Page[RowOut], **FAILURES}, operation_id="list_quarantine")
def list_quarantine(
    request: HttpRequest,
    source: Annotated[str, Field(max_length=60)] = "",
    reason: Annotated[str, Field(max_length=30)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Refused rows that wait."""
    by = caller(request)
    page = page_of(
        lambda after, n: reads.quarantine(by, source_code=source, reason=reason, after_id=after, limit=n).rows,
        key=lambda row: row.id,
        cursor=cursor,
        limit=limit,
    )
    return {**page, "items": [_row(row) for row in page["items"]]}
