"""Segments, who is in them, how customers move between them, what is done with them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.insight.score import actions, reads
from dangol.insight.score.warning import reads as warning
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["rfm"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 422, 429, 503}): Problem}
Code = Literal["HHH", "HHL", "HLH", "HLL", "LHH", "LHL", "LLH", "LLL"]
Channel = Annotated[str, Field(max_length=60)]  # "" for the company's scheme over all purchases


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


class StrategyIn(Strict):
    """A segment's name and strategy in one language; all three empty brings the default back."""

    language: Literal["ko", "en"]
    name: Annotated[str, Field(max_length=40)] = ""
    aim: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(max_length=600)] = ""


@router.get("/rfm/segments", response={200: SegmentsOut, **FAILURES}, operation_id="segments", summary="The segments")
def segments(request: HttpRequest, as_of: date | None = None, channel: Channel = "") -> Any:
    """All segments on a scoring day (the newest without as_of), by the company's scheme or that of a channel."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    days = reads.months(channel)
    return {"as_of": as_of or days[-1], "scheme_version": reads.scored_by(channel).version, "days": days,
            "segments": reads.segments(as_of, by=by, channel=channel)}  # fmt: skip


@router.get("/rfm/segments/migration", response={200: MigrationOut, **FAILURES}, operation_id="migration",
            summary="Who moved between segments")  # fmt: skip
def migration(request: HttpRequest, start: date, end: date, channel: Channel = "") -> Any:
    """Customers per pair of segments on two scoring days."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    start, end = min(start, end), max(start, end)
    return {"start": start, "end": end, "flows": reads.migration(start, end, by=by, channel=channel)}


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
    channel: Channel = ""
    limit: Annotated[int, Field(ge=1, le=warning.MOST_LISTED)] = 50


@router.get("/rfm/warning", response={200: WarningOut, **FAILURES}, operation_id="warning", summary="Who is falling")
def warned(
    request: HttpRequest, since: date | None = None, least: Fall = warning.USUAL_FALL, channel: Channel = ""
) -> Any:
    """How many of the caller's customers fell a class, or by `least` points, since a scoring day."""
    since = since or warning.usual_day(channel)
    return warning.warned(caller(request), since=since, least=least, channel=channel)


@router.get("/rfm/warning/customers", response={200: FallenListOut, **FAILURES}, operation_id="warning_customers",
            summary="Customers who fell")  # fmt: skip
def fallen(request: HttpRequest, which: Query[FallenQuery]) -> Any:
    """The caller's customers who fell since a scoring day, of a segment before or a branch where given."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    found = warning.fallen(by, since=which.since or warning.usual_day(which.channel), least=which.least,
                           segment=which.segment or "", branch=which.branch, limit=which.limit,
                           channel=which.channel)  # fmt: skip
    note_access(by=by, verb="view", what="warning", count=len(found), address=address_of(request))
    return {"customers": found}


class MembersQuery(Strict):
    """Which members: on which day, by which scheme, and which page of them."""

    as_of: date | None = None
    channel: Channel = ""
    cursor: Cursor = None
    limit: Limit = 50


@router.get("/rfm/segments/{code}/members", response={200: Page[MemberOut], **FAILURES}, operation_id="segment_members",
            summary="Customers of a segment")  # fmt: skip
def members(request: HttpRequest, code: Code, which: Query[MembersQuery]) -> Any:
    """The customers of a segment whom the caller may see, in order of id."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        found = reads.members_of(by, code, which.as_of, after=after or 0, limit=most, channel=which.channel)
        return [{"customer_id": one} for one in found]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=which.cursor, limit=which.limit)
    note_access(by=by, verb="view", what="segment.members", count=len(page["items"]), address=address_of(request),
                detail={"segment": code})  # fmt: skip
    return page


@router.put("/rfm/segments/{code}/strategy", response={204: None, **FAILURES}, operation_id="set_strategy",
            summary="Rewrite a strategy")  # fmt: skip
def set_strategy(request: HttpRequest, code: Code, body: StrategyIn) -> Any:
    """Rewrite a segment's name and strategy in one language; every version is kept."""
    actions.set_strategy(by=caller(request), code=code, **body.dict())
    return Status(204, None)


class StrategyVersionOut(Schema):
    """What a strategy was; without a text the standard one. newest: whether it is shown."""

    id: int
    name: str
    aim: str
    text: str
    by: str
    at: datetime
    newest: bool


class StrategyVersionsOut(Schema):
    """All versions in one language, newest first."""

    versions: list[StrategyVersionOut]


@router.get("/rfm/segments/{code}/strategy", response={200: StrategyVersionsOut, **FAILURES},
            operation_id="strategy_versions", summary="All versions of a strategy")  # fmt: skip
def strategy_versions(request: HttpRequest, code: Code) -> Any:
    """Every version of a segment's strategy in the language of the request; empty where nobody rewrote it."""
    require(caller(request), Right.INSIGHT_VIEW)
    return {"versions": reads.strategy_versions(code)}


@router.post("/rfm/segments/{code}/strategy/{int:strategy_id}/use", response={204: None, **FAILURES},
             operation_id="use_strategy_again", summary="Use a strategy again")  # fmt: skip
def use_strategy_again(request: HttpRequest, code: Code, strategy_id: Id) -> Any:
    """Bring back what a segment's strategy was."""
    actions.use_strategy_again(by=caller(request), code=code, strategy_id=strategy_id)
    return Status(204, None)
