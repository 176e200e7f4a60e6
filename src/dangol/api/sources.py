"""Sources, loads, and the rows that wait in quarantine."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import File, Form, Router, Schema, Status, UploadedFile
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, caller, page_of
from dangol.base.errors import BadInput
from dangol.customers.collect import actions, reads

router = Router(tags=["sources"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]
Text = Annotated[str, Field(max_length=200)]
Kind = Literal["customers", "sales", "products", "stores", "campaigns", "contacts", "responses", "events"]


class Step(Strict):
    """A correction of a column. verb: replace, replace_part, default, trim or digits."""

    column: Text
    verb: Literal["replace", "replace_part", "default", "trim", "digits"]
    find: Annotated[str, Field(max_length=500)] = ""
    put: Annotated[str, Field(max_length=500)] = ""


class Options(Strict):
    """How a source writes its values, what a row may change, and where a SQL source asks.

    decimal and date_order are decided from the values of each file where they are empty. match_by: fields customers are
    found by without a number, like phone or name+birth. overwrite: fields an update may change, comma-separated.
    """

    encoding: Text = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    sheet: Text = ""
    header: Annotated[str, Field(max_length=4)] = ""
    header_rows: Literal["0", "1", "2", ""] = ""
    hidden: Literal["read", "skip", ""] = ""
    zone: Text = ""
    decimal: Literal[".", ",", ""] = ""
    date_order: Literal["ymd", "dmy", "mdy", ""] = ""
    unfit: Literal["quarantine", "empty", "keep", ""] = ""
    match_by: Text = ""
    mode: Literal["create", "update", "both", ""] = ""
    overwrite: Text = ""
    empty: Literal["keep", "erase", ""] = ""
    connection: Annotated[str, Field(max_length=60)] = ""
    table: Text = ""
    query: Annotated[str, Field(max_length=20_000)] = ""
    watermark: Text = ""
    overlap: Annotated[str, Field(max_length=9, pattern=r"^\d*$")] = ""


class SourceIn(Strict):
    """A source.

    mapping: field → column, or several to be added, `a + b`; constants: field → a text where the cell is empty or there
    is no column; key: fields that name a row; cleaning: corrections made in every row before it is read.
    """

    code: Code
    name: Annotated[str, Field(max_length=100)] = ""
    system: Annotated[str, Field(max_length=60)] = ""
    kind: Kind
    reader: Literal["csv", "excel", "parquet", "sql", "push"]
    mapping: dict[str, Text]
    constants: dict[str, Text] = {}
    key: list[Text] = []
    options: Options = Options()
    cleaning: list[Step] = []


class PreviewOptions(Strict):
    """How the file is written, where that should not be found out."""

    encoding: Text = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    sheet: Text = ""
    header: Annotated[str, Field(max_length=4)] = ""
    header_rows: Literal["0", "1", "2", ""] = ""


class PreviewOut(Schema):
    """The first rows of a file, and what is proposed: confidence by field from 0 to 1, samples by column.

    fits: sources whose last file had this header. changes: columns more and less than in the source's last file.
    """

    columns: list[str]
    rows: list[list[str]]
    kind: str
    mapping: dict[str, str]
    confidence: dict[str, float]
    samples: dict[str, list[str]]
    found: dict[str, Any]
    facts: list[str]
    fits: list[str]
    changes: dict[str, list[str]]


class OutlookOut(Schema):
    """What would become of a file's rows. header: columns more and less than in the source's last file."""

    read: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    quarantined: int
    reasons: list[tuple[str, str, int]]
    notes: list[str]
    header: dict[str, list[str]]


class LoadOut(Schema):
    """A load; read = loaded + unchanged + quarantined, loaded = created + updated.

    state: undoing and redoing while it is taken back or brought back; checking, checked and unread are looks through a
    file that load nothing; outlook says what would become of its rows. skipped rows are among the unchanged. error and
    notes are sentences; reasons: code → rows.
    """

    id: int
    source: str
    name: str
    state: str
    read: int
    loaded: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    quarantined: int
    reasons: dict[str, int]
    outlook: OutlookOut | None
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
    cleaning: list[dict[str, str]]
    columns: list[str]
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
    note: str
    assigned: str


def _said(said: dict[str, Any]) -> str:
    return gettext(said["template"]).format(**said.get("params", {}))


def _load(view: reads.LoadView) -> dict[str, Any]:
    error = _said(view.error) if view.error else None
    outlook = (
        {**view.outlook, "notes": [_said(note) for note in view.outlook["notes"]]} if "read" in view.outlook else None
    )
    notes = [_said(note) for note in view.notes]
    return {**vars(view), "created": view.created, "outlook": outlook, "notes": notes, "error": error}


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


@router.post("/sources/preview", response={200: PreviewOut, **FAILURES}, operation_id="preview_file")
def preview_file(
    request: HttpRequest,
    file: File[UploadedFile],
    kind: Kind | Literal[""] = "",
    source: Annotated[str, Field(max_length=60)] = "",
    options: Form[PreviewOptions] = PreviewOptions(),  # noqa: B008
) -> Any:
    """Look at the first rows of a file (`multipart/form-data`, part `file`); nothing is kept."""
    by = caller(request)
    upload = reads.keep_file(by, iter(file.chunks()))
    try:
        reader = actions.reader_of(file.name or "", upload)
        shown = reads.preview(by, upload=upload, reader=reader, kind=kind, source_code=source, options={
            name: value for name, value in options.dict().items() if value})  # fmt: skip
    finally:
        reads.forget(by, upload=upload)
    confidence = {name: one.confidence for name, one in shown.proposals.items()}
    return {**vars(shown), "confidence": confidence, "facts": [_said(fact) for fact in shown.facts]}


@router.post("/sources/{code}/checks", response={202: LoadOut, **FAILURES}, operation_id="check_file")
def check_file(request: HttpRequest, code: Code, file: File[UploadedFile | None] = None) -> Any:
    """Have all rows of a file looked through without loading one; ask for the load, then load it or discard it."""
    by = caller(request)
    pieces: Iterator[bytes] | None = iter(file.chunks()) if file else None
    load_id = actions.start_check(
        by=by, source_code=code, pieces=pieces, name=(file.name or "") if file else "", queue=True
    )
    return Status(202, _load(reads.load(by, load_id)))


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


class Corrections(Strict):
    """Cells put right before loading: row → column → text."""

    rows: dict[Annotated[int, Field(ge=1)], dict[Text, Annotated[str, Field(max_length=500)]]]


@router.get("/loads/{int:load_id}/refused", response={200: Page[RowOut], **FAILURES}, operation_id="list_refused")
def list_refused(
    request: HttpRequest, load_id: Id, reason: Annotated[str, Field(max_length=30)] = "", cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:  # fmt: skip
    """Rows that would be refused if a file that was looked through were loaded (the first 2,000)."""
    by = caller(request)
    page = page_of(
        lambda after, n: reads.drafts(by, load_id, reason=reason, after_id=after, limit=n).rows,
        key=lambda row: row.id, cursor=cursor, limit=limit,
    )  # fmt: skip
    return {**page, "items": [_row(row) for row in page["items"]]}


@router.post("/loads/{int:load_id}/correct", response={202: LoadOut, **FAILURES}, operation_id="correct_file")
def correct_file(request: HttpRequest, load_id: Id, body: Corrections) -> Any:
    """Put cells right and have the file looked through again; the file itself stays as it is."""
    by = caller(request)
    actions.correct(by=by, load_id=load_id, values=body.rows)
    actions.check_again(by=by, load_id=load_id)
    return Status(202, _load(reads.load(by, load_id)))


@router.post("/loads/{int:load_id}/load", response={202: LoadOut, **FAILURES}, operation_id="load_checked")
def load_checked(request: HttpRequest, load_id: Id) -> Any:
    """Load a file that was looked through. A worker runs it: ask for the load."""
    by = caller(request)
    actions.load_checked(by=by, load_id=load_id)
    return Status(202, _load(reads.load(by, load_id)))


@router.post("/loads/{int:load_id}/discard", response={204: None, **FAILURES}, operation_id="discard_check")
def discard_check(request: HttpRequest, load_id: Id) -> Any:
    """Throw away a file that was looked through and shall not be loaded."""
    actions.discard_check(by=caller(request), load_id=load_id)
    return Status(204, None)


@router.post("/loads/{int:load_id}/cancel", response={202: LoadOut, **FAILURES}, operation_id="cancel_load")
def cancel_load(request: HttpRequest, load_id: Id) -> Any:
    """Stop a load; what it brought so far goes out of sight."""
    by = caller(request)
    actions.cancel_load(by=by, load_id=load_id)
    return Status(202, _load(reads.load(by, load_id)))


@router.post("/loads/{int:load_id}/redo", response={202: LoadOut, **FAILURES}, operation_id="redo_load")
def redo_load(request: HttpRequest, load_id: Id) -> Any:
    """Have what an undone load brought brought back by a worker: ask for the load. Also after one was stopped."""
    by = caller(request)
    actions.redo_load(by=by, load_id=load_id, queue=True)
    return Status(202, _load(reads.load(by, load_id)))


@router.post("/loads/{int:load_id}/undo", response={202: LoadOut, **FAILURES}, operation_id="undo_load")
def undo_load(request: HttpRequest, load_id: Id) -> Any:
    """Have everything a load brought taken back by a worker: ask for the load. Also after one was stopped."""
    by = caller(request)
    actions.undo_load(by=by, load_id=load_id, queue=True)
    return Status(202, _load(reads.load(by, load_id)))


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


class RowFix(Strict):
    """Cells of a refused row: column → text."""

    cells: dict[Text, Annotated[str, Field(max_length=500)]]


class Rows(Strict):
    """Which refused rows: ids, or all that wait of a source (and reason)."""

    ids: Annotated[list[Id], Field(max_length=1000)] = []
    source: Annotated[str, Field(max_length=60)] = ""
    reason: Annotated[str, Field(max_length=30)] = ""

    def asked(self) -> dict[str, Any]:
        """As the actions take it. Raises BadInput where neither is given."""
        if not self.ids and not self.source:
            raise BadInput("Name the rows by their ids, or a source.", field="ids")
        return {"row_ids": self.ids or None, "source_code": self.source, "reason": self.reason}


class Mend(Rows):
    """A correction of a column of refused rows of one source. remember: make it in every later file too."""

    step: Step
    remember: bool = False


class Ignore(Rows):
    """Why rows may rest."""

    note: Annotated[str, Field(min_length=1, max_length=300)]


class Assign(Strict):
    """Rows and the member they are given to; null: nobody."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    member: Id | None = None


class Done(Schema):
    """How many rows were tried and loaded, or changed."""

    tried: int = 0
    changed: int = 0
    loaded: int = 0


@router.post("/quarantine/{int:row_id}/fix", response={200: RowOut, **FAILURES}, operation_id="fix_row")
def fix_row(request: HttpRequest, row_id: Id, body: RowFix) -> Any:
    """Correct cells of a refused row and try it again; state says whether it is loaded."""
    by = caller(request)
    actions.fix(by=by, row_id=row_id, values=body.cells)
    return _row(reads.quarantine_row(by, row_id))


@router.post("/quarantine/mend", response={200: Done, **FAILURES}, operation_id="mend_rows")
def mend_rows(request: HttpRequest, body: Mend) -> Any:
    """Correct a column of many refused rows in one way and try them again."""
    asked = body.asked()
    return actions.mend(by=caller(request), step=body.step.dict(), remember=body.remember, **asked)


@router.post("/quarantine/retry", response={200: Done, **FAILURES}, operation_id="retry_rows")
def retry_rows(request: HttpRequest, body: Rows) -> Any:
    """Try refused rows again."""
    return actions.retry(by=caller(request), **body.asked())


@router.post("/quarantine/ignore", response={200: Done, **FAILURES}, operation_id="ignore_rows")
def ignore_rows(request: HttpRequest, body: Ignore) -> Any:
    """Let refused rows rest, with the reason why."""
    return {"changed": actions.ignore(by=caller(request), note=body.note, **body.asked())}


@router.post("/quarantine/take-up", response={200: Done, **FAILURES}, operation_id="take_up_rows")
def take_up_rows(request: HttpRequest, body: Rows) -> Any:
    """Have ignored rows wait again."""
    return {"changed": actions.take_up(by=caller(request), **body.asked())}


@router.post("/quarantine/assign", response={200: Done, **FAILURES}, operation_id="assign_rows")
def assign_rows(request: HttpRequest, body: Assign) -> Any:
    """Give refused rows to a member who may correct them."""
    return {"changed": actions.assign(by=caller(request), row_ids=body.ids, member_id=body.member)}
