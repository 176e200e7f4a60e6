"""The customer index: compose, publish and look at it, and who is in a grade."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.insight.score.groups.rules.features import LONGEST_WINDOW_DAYS
from dangol.insight.score.index import actions, reads
from dangol.insight.score.index.rules import MOST_GRADES, MOST_PARTS, USUAL_GRADES, Definition, Grade, Part
from dangol.staff.actions import note_access

router = Router(tags=["index"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Hundred = Annotated[float, Field(ge=0, le=100)]
Short = Annotated[str, Field(min_length=1, max_length=60)]


class PointIn(Strict):
    """What a group is worth."""

    group: Annotated[int, Field(ge=1, le=30_000)]
    points: Hundred


class PartIn(Strict):
    """A part: rfm_score, a feature, or group:<id of a grouping> with points. reverse: less is better."""

    source: Short
    weight: Annotated[float, Field(gt=0, le=1000)] = 1
    scale: Literal["percentile", "range"] = "percentile"
    reverse: bool = False
    points: Annotated[list[PointIn], Field(max_length=30)] = []


class GradeIn(Strict):
    """A grade and the index it begins at."""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    least: Hundred


class DefinitionIn(Strict):
    """What an index is made of. window_days: of features that count purchases; null for all history."""

    purpose: Annotated[str, Field(max_length=300)] = ""
    parts: Annotated[list[PartIn], Field(min_length=1, max_length=MOST_PARTS)]
    grades: Annotated[list[GradeIn], Field(min_length=2, max_length=MOST_GRADES)] = [
        GradeIn(name=one.name, least=one.least) for one in USUAL_GRADES
    ]
    window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] | None = 365


class IndexIn(DefinitionIn):
    """A new index."""

    name: Short


class GradeOut(Schema):
    """A grade today; null where too few to show."""

    name: str
    least: float
    customers: int | None
    share: float | None


class DayOut(Schema):
    """How an index was spread: customers in each of 20 equal steps, and in each grade."""

    as_of: date
    version: int
    customers: int
    mean: float | None
    bins: list[int | None]
    grades: list[GradeOut]


class IndexOut(Schema):
    """An index as its version in force has it; today is null before it was counted."""

    id: int
    name: str
    version: int
    formula: str
    definition: dict[str, Any]
    by: str
    at: datetime
    today: DayOut | None


class IndexWhole(IndexOut):
    """An index with its spread at the ends of the months."""

    history: list[DayOut]


class PublishedOut(Schema):
    """The index and the job that counts it."""

    id: int
    job_id: int


class MemberOut(Schema):
    """A customer of a grade."""

    customer_id: int


def _definition(body: DefinitionIn) -> Definition:
    """The definition a body describes. Raises BadInput."""
    parts = tuple(
        Part(
            one.source, one.weight, one.scale, one.reverse, points=tuple((two.group, two.points) for two in one.points)
        )
        for one in body.parts
    )
    return Definition(body.purpose, parts, tuple(Grade(one.name, one.least) for one in body.grades), body.window_days)


def _out(view: reads.IndexView) -> dict[str, Any]:
    return {"id": view.id, "name": view.name, "version": view.version.number, "formula": view.version.formula,
            "definition": view.version.definition.as_dict(), "by": view.version.by, "at": view.version.at,
            "today": view.today}  # fmt: skip


@router.get("/index", response={200: list[IndexOut], **FAILURES}, operation_id="indexes", summary="Customer indexes")
def indexes(request: HttpRequest) -> Any:
    """The indexes that are counted, newest first."""
    return [_out(one) for one in reads.indexes(caller(request))]


@router.post("/index/preview", response={200: DayOut, **FAILURES}, operation_id="preview_index", summary="Try an index")
def preview_index(request: HttpRequest, body: DefinitionIn) -> Any:
    """How an index would be spread over today's customers; saves nothing."""
    return reads.preview(caller(request), _definition(body))


@router.post("/index", response={202: PublishedOut, **FAILURES}, operation_id="publish_index",
             summary="Publish an index")  # fmt: skip
def publish_index(request: HttpRequest, body: IndexIn) -> Any:
    """Publish a new index and count it."""
    index_id, job_id = actions.publish(by=caller(request), name=body.name, definition=_definition(body))
    return Status(202, {"id": index_id, "job_id": job_id})


@router.get("/index/{index_id}", response={200: IndexWhole, **FAILURES}, operation_id="index", summary="One index")
def one(request: HttpRequest, index_id: Id) -> Any:
    """An index, how it is spread and was at the ends of the months."""
    by = caller(request)
    return _out(reads.index(by, index_id)) | {"history": reads.history(by, index_id)}


@router.post("/index/{index_id}/versions", response={202: PublishedOut, **FAILURES}, operation_id="change_index",
             summary="Publish the next version")  # fmt: skip
def change_index(request: HttpRequest, index_id: Id, body: DefinitionIn) -> Any:
    """Publish the next version of an index and count it."""
    job_id = actions.change(by=caller(request), index_id=index_id, definition=_definition(body))
    return Status(202, {"id": index_id, "job_id": job_id})


@router.delete("/index/{index_id}", response={204: None, **FAILURES}, operation_id="retire_index",
               summary="Retire an index")  # fmt: skip
def retire_index(request: HttpRequest, index_id: Id) -> Any:
    """Stop counting an index."""
    actions.retire(by=caller(request), index_id=index_id)
    return Status(204, None)


@router.get("/index/{index_id}/grades/{grade}/members", response={200: Page[MemberOut], **FAILURES},
            operation_id="index_members", summary="Customers of a grade")  # fmt: skip
def members(request: HttpRequest, index_id: Id, grade: str, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The customers of a grade whom the caller may see, in order of id."""
    by = caller(request)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        return [{"customer_id": one} for one in reads.members_of(by, index_id, grade, after=after or 0, limit=most)]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=cursor, limit=limit)
    note_access(by=by, verb="view", what="index.members", count=len(page["items"]), address=address_of(request),
                detail={"index": index_id, "grade": grade[:20]})  # fmt: skip
    return page
