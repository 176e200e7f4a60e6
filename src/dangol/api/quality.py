"""Data quality: the six criteria, rules and who breaks them, the league, programmes and tasks."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.api.strict import LARGEST
from dangol.customers.quality import actions, reads
from dangol.customers.quality.actions.asking import Plan
from dangol.customers.quality.rules.checks import Rule
from dangol.customers.quality.rules.criteria import CRITERIA
from dangol.staff.actions import note_access

router = Router(tags=["quality"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Short = Annotated[str, Field(max_length=100)]
Minor = Annotated[int, Field(ge=0, le=LARGEST)]
Criterion = Literal["fit", "reliability", "completeness", "standardisation", "recency", "integration", "overall"]


class ScoreOut(Schema):
    """Shares 0..1 by criterion; null where there is nothing to measure. overall: their plain mean."""

    fit: float | None
    reliability: float | None
    completeness: float | None
    standardisation: float | None
    recency: float | None
    integration: float | None


class PointOut(Schema):
    """The criteria on one measuring day."""

    day: date
    overall: float | None
    scores: ScoreOut


class FieldOut(Schema):
    """One field: real and generated values, and its criteria."""

    name: str
    real: int
    generated: int
    scores: ScoreOut


class UseOut(Schema):
    """A use, the fields it needs, and how many customers have them all."""

    name: str
    fields: list[str]
    ready: int
    share: float | None


class BoardOut(Schema):
    """The overview over the customers the caller may see; day is null before the first measuring."""

    day: date | None
    customers: int
    named: int
    now: PointOut | None
    trend: list[PointOut]
    fields: list[FieldOut]
    uses: list[UseOut]


class GroupOut(Schema):
    """A branch, rep or source. Scores are null where the group is too small to show."""

    key: str
    label: str
    customers: int
    overall: float | None
    scores: dict[str, float | None]


class LineOut(Schema):
    """A line of the league; place and value are null below the minimum number of customers."""

    key: str
    label: str
    customers: int
    place: int | None
    value: float | None
    low: float | None
    high: float | None
    change: float | None


class LeagueOut(Schema):
    """The league by one criterion, and the average of the team."""

    criterion: str
    day: date | None
    compared: date | None
    average: float | None
    lines: list[LineOut]


class RuleIn(Strict):
    """A rule. params by kind: pattern; least, most; values; months; at_most; other, how. version: the one you read."""

    name: Short
    kind: Short
    field: Short
    params: dict[str, str | int | list[str] | None] = {}
    use: Short = ""
    severity: Short = "warn"
    weight: Annotated[float, Field(ge=0, le=10)] = 1.0
    whom: Short = "all"
    version: Annotated[int, Field(ge=0, le=LARGEST)] = 0


class RuleOut(Schema):
    """A rule as it stands, and how many customers the caller may see break it."""

    id: int
    version: int
    on: bool
    name: str
    kind: str
    field: str
    params: dict[str, Any]
    use: str
    severity: str
    weight: float
    whom: str
    criterion: str
    broken: int | None = None


class VersionOut(Schema):
    """One version of a rule."""

    version: int
    by: str
    at: datetime
    rule: RuleOut


class PreviewOut(Schema):
    """How many customers a rule would find now; exact or estimated from a sample."""

    broken: int
    customers: int
    exact: bool


class SwitchIn(Strict):
    """On or off."""

    on: bool


class IssueOut(Schema):
    """A customer who broke a rule at the last measuring, masked. mended: no more by now."""

    customer_id: int
    label: str
    rep: str
    unit: str
    mended: bool


class AskIn(Strict):
    """Customers to make tasks for."""

    customer_ids: Annotated[list[Id], Field(min_length=1, max_length=5000)]


class MadeOut(Schema):
    """How many tasks are new."""

    tasks: int


class FindingOut(Schema):
    """Something stale, over-summarised or unlinked. text and advice: English sentences with {names} of params."""

    kind: str
    count: int
    text: str
    advice: str
    params: dict[str, Any]


class ProgrammeIn(Strict):
    """A programme to start. Costs: minor units."""

    name: Short
    fields: Annotated[list[Short], Field(min_length=1, max_length=20)]
    starts_on: date
    ends_on: date
    unit_id: Id | None = None
    segments: Annotated[list[Short], Field(max_length=50)] = []
    benefit: Annotated[str, Field(max_length=300)] = ""
    script: Annotated[str, Field(max_length=2000)] = ""
    benefit_cost: Minor = 0
    effort_cost: Minor = 0
    most_per_rep: Annotated[int, Field(ge=1, le=1000)] = 50


class ProgrammeOut(Schema):
    """A programme and how far it is among the customers the caller may see. Costs: minor units."""

    id: int
    name: str
    fields: list[str]
    benefit: str
    state: str
    starts_on: date
    ends_on: date
    tasks: int
    open: int
    done: int
    refused: int
    closed: int
    values: int
    cost: int
    cost_a_value: int | None


class StartedOut(Schema):
    """The new programme."""

    id: int


class TaskOut(Schema):
    """A task that waits: ask this customer for the missing fields."""

    id: int
    customer_id: int
    label: str
    missing: list[str]
    programme: str
    benefit: str
    script: str
    tries: int
    ends_on: date


class ResultIn(Strict):
    """What became of a task. values: by field, with result done. seen_at: when you read the customer's values."""

    result: Literal["done", "refused", "not_reached"]
    values: dict[Short, Annotated[str, Field(max_length=300)]] = {}
    seen_at: AwareDatetime | None = None


class StateOut(Schema):
    """The task's state now."""

    state: str


class LeagueQuery(Strict):
    """cut: rep or unit (branches)."""

    cut: Literal["rep", "unit"] = "rep"
    criterion: Criterion = "completeness"


class CutQuery(Strict):
    """cut: unit, rep or source."""

    cut: Literal["unit", "rep", "source"] = "unit"


def _score(found: Any) -> dict[str, float | None]:
    return {code: found[code].value for code in CRITERIA}


def _point(one: Any) -> dict[str, Any]:
    return {"day": one.day, "overall": one.overall, "scores": _score(one.scores)}


@router.get("/quality", response={200: BoardOut, **FAILURES}, operation_id="quality", summary="The six criteria")
def quality(request: HttpRequest) -> Any:
    """The six criteria of the customers you may see, their trend, fields and uses."""
    board = reads.board(caller(request))
    if board is None:
        return {"day": None, "customers": 0, "named": 0, "now": None, "trend": [], "fields": [], "uses": []}
    return {
        "day": board.day, "customers": board.customers, "named": board.named, "now": _point(board.now),
        "trend": [_point(one) for one in board.trend],
        "fields": [{"name": one.name, "real": one.real, "generated": one.generated, "scores": _score(one.scores)}
                   for one in board.fields],
        "uses": [{"name": one.name, "fields": list(one.fields), "ready": one.ready.part, "share": one.ready.value}
                 for one in board.uses],
    }  # fmt: skip


@router.get("/quality/groups", response={200: list[GroupOut], **FAILURES}, operation_id="quality_groups")
def quality_groups(request: HttpRequest, which: Query[CutQuery]) -> Any:
    """The criteria by branch, rep or source."""
    return [
        {"key": one.key, "label": one.label, "customers": one.customers, "overall": one.overall,
         "scores": {code: share.value for code, share in one.scores.items()}}
        for one in reads.groups(caller(request), which.cut)
    ]  # fmt: skip


@router.get("/quality/league", response={200: LeagueOut, **FAILURES}, operation_id="quality_league")
def quality_league(request: HttpRequest, which: Query[LeagueQuery]) -> Any:
    """The league of reps or branches; a rep gets the own line and the team's average."""
    found = reads.league(caller(request), cut=which.cut, criterion=which.criterion)
    if found is None:
        return {"criterion": which.criterion, "day": None, "compared": None, "average": None, "lines": []}
    return {"criterion": found.criterion, "day": found.day, "compared": found.compared,
            "average": found.average.value, "lines": found.lines}  # fmt: skip


@router.get("/quality/findings", response={200: list[FindingOut], **FAILURES}, operation_id="quality_findings")
def quality_findings(request: HttpRequest) -> Any:
    """What is stale, over-summarised or unlinked."""
    return [
        {"kind": one.kind.code, "count": one.count, "text": one.kind.text, "advice": one.kind.advice,
         "params": dict(one.params)}
        for one in reads.findings(caller(request))
    ]  # fmt: skip


def _rule_out(rule: Rule, broken: int | None = None) -> dict[str, Any]:
    return rule.definition() | {"id": rule.id, "version": rule.version, "on": rule.on, "criterion": rule.criterion,
                                "broken": broken}  # fmt: skip


def _rule_in(body: RuleIn, rule_id: int = 0) -> Rule:
    return Rule(**body.dict(exclude={"version"}), id=rule_id, version=body.version)


@router.get("/quality/rules", response={200: list[RuleOut], **FAILURES}, operation_id="quality_rules")
def quality_rules(request: HttpRequest) -> Any:
    """All rules, the worst first, with how many of your customers break each."""
    return [_rule_out(line.rule, line.broken) for line in reads.rule_lines(caller(request))]


@router.post("/quality/rules", response={201: RuleOut, **FAILURES}, operation_id="make_quality_rule")
def make_quality_rule(request: HttpRequest, body: RuleIn) -> Any:
    """Make a rule; it counts from the next measuring on."""
    return Status(201, _rule_out(actions.save(by=caller(request), rule=_rule_in(body))))


@router.post("/quality/rules/preview", response={200: PreviewOut, **FAILURES}, operation_id="preview_quality_rule")
def preview_quality_rule(request: HttpRequest, body: RuleIn) -> Any:
    """How many customers a rule would find now; saves nothing."""
    return reads.preview(caller(request), _rule_in(body))


@router.put("/quality/rules/{int:rule_id}", response={200: RuleOut, **FAILURES}, operation_id="change_quality_rule")
def change_quality_rule(request: HttpRequest, rule_id: Id, body: RuleIn) -> Any:
    """Change a rule; 409 where somebody changed it since the version you read."""
    return _rule_out(actions.save(by=caller(request), rule=_rule_in(body, rule_id)))


@router.post("/quality/rules/{int:rule_id}/switch", response={200: RuleOut, **FAILURES},
             operation_id="switch_quality_rule")  # fmt: skip
def switch_quality_rule(request: HttpRequest, rule_id: Id, body: SwitchIn) -> Any:
    """Switch a rule on or off."""
    return _rule_out(actions.switch(by=caller(request), rule_id=rule_id, on=body.on))


@router.post("/quality/rules/{int:rule_id}/undo", response={200: RuleOut, **FAILURES}, operation_id="undo_quality_rule")
def undo_quality_rule(request: HttpRequest, rule_id: Id) -> Any:
    """Bring back what the rule said before its last change."""
    return _rule_out(actions.undo(by=caller(request), rule_id=rule_id))


@router.get("/quality/rules/{int:rule_id}/versions", response={200: list[VersionOut], **FAILURES},
            operation_id="quality_rule_versions")  # fmt: skip
def quality_rule_versions(request: HttpRequest, rule_id: Id) -> Any:
    """All versions of a rule, newest first."""
    by = caller(request)
    reads.rule(by, rule_id)
    return [{"version": one.version, "by": one.by, "at": one.at, "rule": _rule_out(one.rule)}
            for one in reads.history(by, rule_id)]  # fmt: skip


@router.get("/quality/rules/{int:rule_id}/customers", response={200: Page[IssueOut], **FAILURES},
            operation_id="quality_issues")  # fmt: skip
def quality_issues(request: HttpRequest, rule_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Customers of your tree who broke a rule at the last measuring, in order of id."""
    by = caller(request)

    def fetch(after: int | None, most: int) -> list[dict[str, Any]]:
        rows = reads.issues(by, rule_id, after=after or 0, limit=most).rows
        return [{"customer_id": one.customer.id, "label": one.customer.label, "rep": one.customer.rep,
                 "unit": one.customer.unit, "mended": one.mended} for one in rows]  # fmt: skip

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=cursor, limit=limit)
    note_access(by=by, verb="view", what="customers", count=len(page["items"]), address=address_of(request),
                detail={"quality rule": rule_id})  # fmt: skip
    return page


@router.post("/quality/rules/{int:rule_id}/tasks", response={201: MadeOut, **FAILURES},
             operation_id="ask_for_quality")  # fmt: skip
def ask_for_quality(request: HttpRequest, rule_id: Id, body: AskIn) -> Any:
    """Make tasks for customers who break a rule."""
    made = actions.ask(by=caller(request), rule_id=rule_id, customer_ids=body.customer_ids)
    return Status(201, {"tasks": made})


@router.get("/quality/programmes", response={200: list[ProgrammeOut], **FAILURES}, operation_id="programmes")
def programmes(request: HttpRequest) -> Any:
    """Collection programmes with their progress."""
    return reads.programmes(caller(request))


@router.post("/quality/programmes", response={201: StartedOut, **FAILURES}, operation_id="start_programme")
def start_programme(request: HttpRequest, body: ProgrammeIn) -> Any:
    """Start a programme and make its tasks."""
    return Status(201, {"id": actions.start(by=caller(request), plan=Plan(**body.dict()))})


@router.get("/quality/programmes/{int:programme_id}", response={200: ProgrammeOut, **FAILURES},
            operation_id="programme")  # fmt: skip
def programme(request: HttpRequest, programme_id: Id) -> Any:
    """One programme with the values gathered and their cost."""
    return reads.programme(caller(request), programme_id)


@router.post("/quality/programmes/{int:programme_id}/stop", response={204: None, **FAILURES},
             operation_id="stop_programme")  # fmt: skip
def stop_programme(request: HttpRequest, programme_id: Id) -> Any:
    """Stop a programme and close its open tasks."""
    actions.stop(by=caller(request), programme_id=programme_id)
    return Status(204, None)


@router.get("/quality/tasks", response={200: Page[TaskOut], **FAILURES}, operation_id="quality_tasks")
def quality_tasks(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Your tasks, those of your whole tree for leaders."""
    by = caller(request)

    def fetch(after: int | None, most: int) -> list[dict[str, Any]]:
        return [
            {"id": one.id, "customer_id": one.customer.id, "label": one.customer.label, "missing": list(one.missing),
             "programme": one.programme, "benefit": one.benefit, "script": one.script, "tries": one.tries,
             "ends_on": one.ends_on}
            for one in reads.tasks(by, everyone=True, after=after or 0, limit=most)
        ]  # fmt: skip

    return page_of(fetch, key=lambda row: row["id"], cursor=cursor, limit=limit)


@router.post("/quality/tasks/{int:task_id}/result", response={200: StateOut, **FAILURES}, operation_id="handle_task")
def handle_task(request: HttpRequest, task_id: Id, body: ResultIn) -> Any:
    """Say what became of a task; values go to the customer."""
    state = actions.handle(
        by=caller(request), task_id=task_id, result=body.result, values=body.values, seen_at=body.seen_at,
        address=address_of(request),
    )  # fmt: skip
    return {"state": state}
