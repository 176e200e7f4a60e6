"""Standard reports: what happened to sales and customers, as findings and tables."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Id, Problem, Strict, caller
from dangol.base.errors import BadInput, TooMuch
from dangol.insight.analysis import actions, reads
from dangol.insight.analysis.rules import catalogue
from dangol.insight.answers.rules import takes_long
from dangol.insight.answers.waiting import page_seconds
from dangol.insight.segments import rules as segments
from dangol.reports import aimed

router = Router(tags=["analysis"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 413, 422, 429, 503}): Problem}
Value = str | int | float | None


class OptionOut(Schema):
    """What may be set: a whole number or one of several words."""

    name: str
    label: str
    usual: str


class KindOut(Schema):
    """A report; splits: dimensions it may be split by, the first the usual one."""

    name: str
    title: str
    lead: str
    splits: list[str]
    options: list[OptionOut]


class KindsOut(Schema):
    """All reports."""

    reports: list[KindOut]


class ValueOut(Schema):
    """A value of a sentence; kind: money (minor units), count, share, text and so on."""

    kind: str
    value: Value


class SentenceOut(Schema):
    """An English sentence with {names}, and their values."""

    template: str
    values: dict[str, ValueOut]


class FindingOut(SentenceOut):
    """What was found; aim and segments: of the campaign it suggests, empty for none.

    customers: whom it speaks of, as the definition of a segment.
    """

    tone: Literal["good", "bad", "plain"]
    aim: str
    segments: list[str]
    customers: dict[str, Any] | None


class FigureOut(Schema):
    """One figure."""

    label: str
    kind: str
    value: Value


class ColumnOut(Schema):
    """A column of a table."""

    name: str
    label: str
    kind: str
    generated: bool


class TableOut(Schema):
    """Rows by column name; amounts are minor units, null is not enough data."""

    name: str
    title: str
    columns: list[ColumnOut]
    rows: list[dict[str, Value]]
    total: dict[str, Value] | None


class DefinitionOut(Schema):
    """What a term means."""

    term: str
    meaning: str


class ReportOut(Schema):
    """A report. covered: whether the data reach back over the period compared with."""

    name: str
    title: str
    first: date
    last: date
    compared_first: date | None
    compared_last: date | None
    covered: bool
    split: str
    options: dict[str, str | int]
    findings: list[FindingOut]
    figures: list[FigureOut]
    notes: list[SentenceOut]
    tables: list[TableOut]
    definitions: list[DefinitionOut]
    currency: str
    as_of: str
    snapshot: str
    newest: bool


class WorkingOut(Schema):
    """The job that works a report out. Look at /jobs; when it is done, the same call gives the report."""

    job_id: int


class GoalIn(Strict):
    """A goal. target: minor units, a count, or basis points for a share.

    At most one of unit_id, rep_id and segment (of RFM); none is the whole company.
    """

    measure: Literal["sales_amount", "orders", "buying_customers", "good_share"]
    unit_id: Id | None = None
    rep_id: Id | None = None
    segment: Annotated[str, Field(max_length=3)] = ""
    first: date
    last: date
    target: Annotated[int, Field(ge=1, le=10**15)]


class GoalOut(Schema):
    """A goal and where it stands; a share is 0..1, amounts are minor units, value is null before it was counted."""

    id: int
    measure: str
    unit: str
    rep: str
    segment: str
    first: date
    last: date
    target: float
    value: float | None
    value_on: date | None
    state: str
    elapsed: float


class GoalsOut(Schema):
    """All goals one sees."""

    goals: list[GoalOut]


class SetOut(Schema):
    """The goal's id."""

    id: int


class PartOut(Schema):
    """An RFM segment among the customers one sees. sales: minor units, share: of all theirs."""

    code: str
    customers: int
    sales: int
    share: float | None


class WeeksOut(Schema):
    """Sums of seven days, oldest first, and what moved in the last of them; empty before the first cycle."""

    as_of: date | None
    weeks: dict[str, list[float]]
    hints: list[list[SentenceOut]]
    notes: list[list[SentenceOut]]
    segments: list[PartOut]


@router.get(
    "/analysis/weeks",
    response={200: WeeksOut, **FAILURES},
    operation_id="get_weeks",
    summary="The last weeks and what moved",
)
def get_weeks(request: HttpRequest) -> Any:
    """What the home page tells: the last weeks of what one sees, with hints."""
    found = reads.board(caller(request))
    if found is None:
        return {"as_of": None, "weeks": {}, "hints": [], "notes": [], "segments": []}
    hints, notes = ([[reads.said(one) for one in hint] for hint in told] for told in (found.hints, found.notes))
    return {"as_of": found.as_of, "weeks": found.weeks, "hints": hints, "notes": notes, "segments": found.segments}


@router.get("/analysis/goals", response={200: GoalsOut, **FAILURES}, operation_id="list_goals", summary="Goals")
def list_goals(request: HttpRequest) -> Any:
    """All goals of what one sees."""
    return {"goals": reads.goals_of(caller(request))}


@router.post("/analysis/goals", response={200: SetOut, **FAILURES}, operation_id="set_goal", summary="Set a goal")
def set_goal(request: HttpRequest, body: GoalIn) -> Any:
    """Set a goal; one of the same measure, unit and period gets the new target."""
    return {"id": actions.set_goal(by=caller(request), **body.dict())}


@router.delete(
    "/analysis/goals/{goal_id}",
    response={204: None, **FAILURES},
    operation_id="remove_goal",
    summary="Remove a goal",
)
def remove_goal(request: HttpRequest, goal_id: Id) -> Any:
    """Take a goal away."""
    actions.remove_goal(by=caller(request), goal_id=goal_id)
    return Status(204, None)


@router.get(
    "/analysis/reports",
    response={200: KindsOut, **FAILURES},
    operation_id="list_standard_reports",
    summary="The standard reports",
)
def list_reports(request: HttpRequest) -> Any:
    """All reports, with what may be set in each."""
    return {"reports": [reads.told(kind) for kind in reads.kinds(caller(request))]}


@router.get(
    "/analysis/reports/{name}",
    response={200: ReportOut, 202: WorkingOut, **FAILURES},
    operation_id="get_standard_report",
    summary="One report",
)
def get_report(  # noqa: PLR0917  named in the query string
    request: HttpRequest,
    name: Annotated[str, Field(max_length=40)],
    end: Annotated[str, Field(max_length=7)] = "",
    months: Annotated[int, Field(ge=0, le=24)] = 0,
    against: Literal["previous", "year"] = "previous",
    split: Annotated[str | None, Field(max_length=60)] = None,
    where: Annotated[str, Field(max_length=4000)] = "",
    option: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
) -> Any:
    """A report over whole months up to `end` (like 2017-12); `option` like `least=50`, once for each.

    202 with a job while a report that takes long is worked out.
    """
    kind = catalogue.kind(name)
    numbers, ways = _options(kind, option)
    ask = reads.Ask(name, end, months, against, split, {}, where, numbers, ways)
    by = caller(request)
    job_id = reads.frame(by, ask).job_id
    try:
        if job_id is None:
            return _plain(reads.report(by, ask, seconds=page_seconds()))
    except TooMuch as error:
        if not takes_long(error):
            raise
        job_id = actions.start(by=by, ask=ask)
    return Status(202, {"job_id": job_id})


def _options(kind: catalogue.Kind, given: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    """The options and choices written as name=value. Raises BadInput."""
    numbers, ways = {}, {}
    known = {one.name for one in kind.options}
    for text in given:
        name, _sign, value = text.partition("=")
        if name in known and value.isascii() and value.isdecimal() and len(value) <= 9:
            numbers[name] = int(value)
        elif name in {one.name for one in kind.choices}:
            ways[name] = value
        else:
            raise BadInput(
                "“{text}” is not an option of this report. Write it like least=50.", field="option", text=text[:40]
            )
    return numbers, ways


def _plain(report: reads.Report) -> dict[str, Any]:
    found = reads.plain(report)
    for told, one in zip(found["findings"], report.found.findings, strict=True):
        root = aimed.people(report, one) if one.aim else None
        told["customers"] = segments.to_dict(root) if root else None
    return found
