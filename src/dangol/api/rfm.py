"""Segments, who is in them, how customers move between them, what is done with them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.base.errors import TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.insight.answers.waiting import page_seconds, within
from dangol.insight.score import actions, reads
from dangol.insight.score.warning import reads as warning
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Quiet

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
    """All flows between two days."""

    start: date
    end: date
    flows: list[FlowOut]


class WorkingOut(Schema):
    """The job that scores customers on days nobody has asked for before. Look at /jobs; when it is done, ask again."""

    job_id: int


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


def _working(by: Member, days: list[date], channel: str) -> int | None:
    """The job that scores days on which nobody was scored yet; None once both are, which mostly takes a moment."""
    require(by, Right.INSIGHT_VIEW)
    try:
        with within(page_seconds()):
            actions.score_days(Quiet(), days=days, channel=channel)
    except TooMuch as error:
        if not takes_long(error):
            raise
        return actions.start_days(by=by, days=days, channel=channel)
    return None


@router.get("/rfm/segments/migration", response={200: MigrationOut, 202: WorkingOut, **FAILURES},
            operation_id="migration", summary="Who moved between segments")  # fmt: skip
def migration(request: HttpRequest, start: date, end: date, channel: Channel = "") -> Any:
    """Customers per pair of segments on any two days with purchases between them.

    202 with a job while a day nobody asked for before is scored.
    """
    by, start, end = caller(request), min(start, end), max(start, end)
    if job_id := _working(by, [start, end], channel):
        return Status(202, {"job_id": job_id})
    return {"start": start, "end": end, "flows": reads.migration(start, end, by=by, channel=channel)}


class MoversQuery(Strict):
    """Which cell of the matrix (before: empty for a first purchase in between), and which page of it."""

    start: date
    end: date
    before: Code | Literal[""] = ""
    after: Code
    channel: Channel = ""
    cursor: Cursor = None
    limit: Limit = 50


@router.get("/rfm/segments/migration/customers", response={200: Page[MemberOut], 202: WorkingOut, **FAILURES},
            operation_id="migration_customers", summary="Who is in a cell")  # fmt: skip
def movers(request: HttpRequest, which: Query[MoversQuery]) -> Any:
    """The caller's customers who went from one segment to another, in order of id."""
    by = caller(request)
    if job_id := _working(by, [which.start, which.end], which.channel):
        return Status(202, {"job_id": job_id})
    move = reads.Move(which.start, which.end, which.before, which.after, which.channel)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        return [{"customer_id": one} for one in reads.mover_ids(by, move, after=after or 0, limit=most)]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=which.cursor, limit=which.limit)
    note_access(by=by, verb="view", what="migration", count=len(page["items"]), address=address_of(request))
    return page


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
    """Who fell between two days."""

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
    until: date | None = None
    least: Fall = warning.USUAL_FALL
    segment: Code | None = None
    branch: str | None = None
    channel: Channel = ""
    limit: Annotated[int, Field(ge=1, le=warning.MOST_LISTED)] = 50


@router.get("/rfm/warning", response={200: WarningOut, 202: WorkingOut, **FAILURES}, operation_id="warning",
            summary="Who is falling")  # fmt: skip
def warned(
    request: HttpRequest, since: date | None = None, until: date | None = None, least: Fall = warning.USUAL_FALL,
    channel: Channel = "",
) -> Any:  # fmt: skip
    """How many of the caller's customers fell a class, or by `least` points, between any two days.

    since: about three months ago if not given; until: the newest day. 202 with a job while a day is scored.
    """
    by, (since, until) = caller(request), _since_until(since, until, channel)
    if job_id := _working(by, [since, until], channel):
        return Status(202, {"job_id": job_id})
    return warning.warned(by, since=since, until=until, least=least, channel=channel)


def _since_until(since: date | None, until: date | None, channel: str) -> tuple[date, date]:
    return since or warning.usual_day(channel), until or reads.as_of(channel)


@router.get("/rfm/warning/customers", response={200: FallenListOut, 202: WorkingOut, **FAILURES},
            operation_id="warning_customers", summary="Customers who fell")  # fmt: skip
def fallen(request: HttpRequest, which: Query[FallenQuery]) -> Any:
    """The caller's customers who fell between two days, of a segment before or a branch where given."""
    by, (since, until) = caller(request), _since_until(which.since, which.until, which.channel)
    if job_id := _working(by, [since, until], which.channel):
        return Status(202, {"job_id": job_id})
    found = warning.fallen(by, since=since, until=until, least=which.least, segment=which.segment or "",
                           branch=which.branch, limit=which.limit, channel=which.channel)  # fmt: skip
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
