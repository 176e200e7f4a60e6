"""Segments, who is in them, how customers move between them, and the scheme they are scored by."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.insight.score import actions, reads
from dangol.insight.score.rules import LONGEST_WINDOW_DAYS, Axis, RfmScheme
from dangol.insight.score.warning import reads as warning
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["rfm"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 422, 429, 503}): Problem}
Code = Literal["HHH", "HHL", "HLH", "HLL", "LHH", "LHL", "LLH", "LLL"]
Cut = Annotated[int, Field(ge=0, le=10**15)]
Weight = Annotated[float, Field(ge=0, le=1000)]


class SegmentOut(Schema):
    """A segment on a scoring day. Amounts are minor units; shares 0..1; null where too few to show."""

    code: str
    name: str
    aim: str
    text: str
    customers: int | None
    share: float | None
    sales: int | None
    sales_share: float | None
    orders: int | None
    average_ticket: int | None
    recency_days: float | None
    customers_before: int | None
    change: float | None
    folded: bool


class SegmentsOut(Schema):
    """All eight segments on one scoring day, and the days that can be asked for."""

    as_of: date
    scheme_version: int
    days: list[date]
    segments: list[SegmentOut]


class MemberOut(Schema):
    """A customer of a segment."""

    customer_id: int


class FlowOut(Schema):
    """Customers who went from one segment to another; before is empty for a first purchase in between."""

    before: str
    after: str
    customers: int | None


class MigrationOut(Schema):
    """All flows between two scoring days."""

    start: date
    end: date
    flows: list[FlowOut]


class AxisIn(Strict):
    """An axis. cut_points: for the method fixed, groups - 1 ascending numbers (days, orders, minor units)."""

    groups: Annotated[int, Field(ge=2, le=9)] = 5
    method: Literal["quantile", "fixed"] = "quantile"
    cut_points: Annotated[list[Cut], Field(max_length=8)] = []
    high_from: Annotated[int, Field(ge=0, le=9)] = 0
    weight: Weight = 1.0


class SchemeIn(Strict):
    """A scheme to try or publish. window_days: null for all history."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    r: AxisIn = AxisIn()
    f: AxisIn = AxisIn()
    m: AxisIn = AxisIn()
    window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] | None = None


class SchemeOut(Schema):
    """A scheme with its version; cut points of quantile axes are filled in once it has been scored with."""

    name: str
    version: int
    window_days: int | None
    axes: dict[str, AxisIn]
    cut_on: date | None = None
    scored: bool = False


class PreviewOut(Schema):
    """What a scheme would make of today's customers: customers per segment and per score of each axis."""

    as_of: date
    customers: int
    segments: dict[str, int]
    axes: dict[str, dict[str, int]]
    scheme: SchemeOut


class PublishedOut(Schema):
    """The new version and the job that scores by it."""

    version: int
    job_id: int


class StrategyIn(Strict):
    """A segment's name and strategy in one language; all three empty brings the default back."""

    language: Literal["ko", "en"]
    name: Annotated[str, Field(max_length=40)] = ""
    aim: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(max_length=600)] = ""


@router.get("/rfm/segments", response={200: SegmentsOut, **FAILURES}, operation_id="segments", summary="The segments")
def segments(request: HttpRequest, as_of: date | None = None) -> Any:
    """All segments on a scoring day (the newest without as_of)."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    days = reads.months()
    return {"as_of": as_of or days[-1], "scheme_version": reads.scored_by().version, "days": days,
            "segments": reads.segments(as_of, by=by)}  # fmt: skip


@router.get("/rfm/segments/migration", response={200: MigrationOut, **FAILURES}, operation_id="migration",
            summary="Who moved between segments")  # fmt: skip
def migration(request: HttpRequest, start: date, end: date) -> Any:
    """Customers per pair of segments on two scoring days."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    start, end = min(start, end), max(start, end)
    return {"start": start, "end": end, "flows": reads.migration(start, end, by=by)}


class FallingOut(Schema):
    """A segment or branch: its customers scored on both days, how many fell, money less by. Null where too few."""

    name: str
    customers: int | None
    fallen: int | None
    share: float | None
    lost: int | None


class FallenOut(Schema):
    """A customer who fell. Amounts are minor units of the scheme's window."""

    customer_id: int
    branch: str
    segment_before: str
    segment: str
    score_before: float
    score: float
    monetary_before: int
    monetary: int
    lost: int
    recency_days: int


class WarningOut(Schema):
    """Who fell between two scoring days."""

    since: date
    until: date
    least: float
    customers: int
    fallen: int
    lost: int
    segments: list[FallingOut]
    towards: list[FallingOut]
    branches: list[FallingOut]


class FallenListOut(Schema):
    """Customers who fell, those who spend less by the most first."""

    customers: list[FallenOut]


Fall = Annotated[float, Field(ge=1, le=100)]


class FallenQuery(Strict):
    """Which customers who fell. segment: the one before; branch: its name, empty for none."""

    since: date | None = None
    least: Fall = warning.USUAL_FALL
    segment: Code | None = None
    branch: str | None = None
    limit: Annotated[int, Field(ge=1, le=warning.MOST_LISTED)] = 50


@router.get("/rfm/warning", response={200: WarningOut, **FAILURES}, operation_id="warning", summary="Who is falling")
def warned(request: HttpRequest, since: date | None = None, least: Fall = warning.USUAL_FALL) -> Any:
    """How many of the caller's customers fell a class, or by `least` points, since a scoring day."""
    return warning.warned(caller(request), since=since or warning.usual_day(), least=least)


@router.get("/rfm/warning/customers", response={200: FallenListOut, **FAILURES}, operation_id="warning_customers",
            summary="Customers who fell")  # fmt: skip
def fallen(request: HttpRequest, which: Query[FallenQuery]) -> Any:
    """The caller's customers who fell since a scoring day, of a segment before or a branch where given."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    found = warning.fallen(by, since=which.since or warning.usual_day(), least=which.least,
                           segment=which.segment or "", branch=which.branch, limit=which.limit)  # fmt: skip
    note_access(by=by, verb="view", what="warning", count=len(found), address=address_of(request))
    return {"customers": found}


@router.get("/rfm/segments/{code}/members", response={200: Page[MemberOut], **FAILURES}, operation_id="segment_members",
            summary="Customers of a segment")  # fmt: skip
def members(
    request: HttpRequest, code: Code, as_of: date | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """The customers of a segment whom the caller may see, in order of id."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        found = reads.members_of(by, code, as_of, after=after or 0, limit=most)
        return [{"customer_id": one} for one in found]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=cursor, limit=limit)
    note_access(by=by, verb="view", what="segment.members", count=len(page["items"]), address=address_of(request),
                detail={"segment": code})  # fmt: skip
    return page


@router.put("/rfm/segments/{code}/strategy", response={204: None, **FAILURES}, operation_id="set_strategy",
            summary="Rewrite a strategy")  # fmt: skip
def set_strategy(request: HttpRequest, code: Code, body: StrategyIn) -> Any:
    """Rewrite a segment's name and strategy in one language; every version is kept."""
    actions.set_strategy(by=caller(request), code=code, **body.dict())
    return Status(204, None)


@router.get("/rfm/scheme", response={200: SchemeOut, **FAILURES}, operation_id="scheme",
            summary="The scoring scheme in force")  # fmt: skip
def scheme(request: HttpRequest) -> Any:
    """How customers are scored."""
    require(caller(request), Right.INSIGHT_VIEW)
    view = reads.scheme()
    return _scheme_out(view.scheme) | {"cut_on": view.cut_on, "scored": view.scored}


@router.post("/rfm/scheme/preview", response={200: PreviewOut, **FAILURES}, operation_id="preview_scheme",
             summary="Try a scheme")  # fmt: skip
def preview_scheme(request: HttpRequest, body: SchemeIn) -> Any:
    """What a scheme would make of today's customers; saves nothing."""
    require(caller(request), Right.INSIGHT_VIEW)
    seen = reads.preview(_scheme(body))
    axes = {code: {str(score): count for score, count in sizes.items()} for code, sizes in seen.axes.items()}
    return {"as_of": seen.as_of, "customers": seen.customers, "segments": seen.segments, "axes": axes,
            "scheme": _scheme_out(seen.scheme)}  # fmt: skip


@router.post("/rfm/scheme", response={202: PublishedOut, **FAILURES}, operation_id="publish_scheme",
             summary="Publish a scheme")  # fmt: skip
def publish_scheme(request: HttpRequest, body: SchemeIn) -> Any:
    """Publish a scheme as the next version and score all customers by it."""
    version, job_id = actions.save_scheme(by=caller(request), scheme=_scheme(body))
    return Status(202, {"version": version, "job_id": job_id})


class VersionOut(Schema):
    """A published version. changes: what differs from the version before, on an axis (r, f, m) or the whole ("")."""

    scheme: SchemeOut
    by: str
    changes: list[dict[str, Any]]


class VersionsOut(Schema):
    """All published versions, newest first."""

    versions: list[VersionOut]


@router.get("/rfm/scheme/versions", response={200: VersionsOut, **FAILURES}, operation_id="scheme_versions",
            summary="All versions of the scheme")  # fmt: skip
def scheme_versions(request: HttpRequest) -> Any:
    """Every version that was ever published, and what changed."""
    require(caller(request), Right.INSIGHT_VIEW)
    return {"versions": [{"scheme": _scheme_out(one.scheme) | {"cut_on": one.cut_on}, "by": one.by,
                          "changes": [asdict(change) for change in one.changes]}
                         for one in reads.scheme_versions()]}  # fmt: skip


@router.post("/rfm/scheme/versions/{int:version}/use", response={202: PublishedOut, **FAILURES},
             operation_id="use_scheme_again", summary="Use a version again")  # fmt: skip
def use_scheme_again(request: HttpRequest, version: int) -> Any:
    """Publish an earlier version once more, with the cut points it had, and score all customers by it."""
    made, job_id = actions.use_scheme_again(by=caller(request), version=version)
    return Status(202, {"version": made, "job_id": job_id})


def _scheme(body: SchemeIn) -> RfmScheme:
    """The scheme a body describes. Raises BadInput."""
    axes = {
        code: Axis(**{**getattr(body, code).dict(), "cut_points": tuple(getattr(body, code).cut_points)})
        for code in ("r", "f", "m")
    }
    return RfmScheme(name=body.name, window_days=body.window_days, r=axes["r"], f=axes["f"], m=axes["m"])


def _scheme_out(found: RfmScheme) -> dict[str, Any]:
    axes = {code: axis for code, axis in found.as_dict().items() if code in found.axes}
    return {"name": found.name, "version": found.version, "window_days": found.window_days, "axes": axes}
