"""Campaigns: list, plan, approve, launch, watch, judge; and the lessons of past ones."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, caller, page_of
from dangol.api.strict import LARGEST
from dangol.api.work import JobOut, job_out
from dangol.base.errors import NotFound
from dangol.campaigns.evaluate import actions as evaluate
from dangol.campaigns.evaluate import reads as results
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as runs
from dangol.campaigns.knowledge import reads as knowledge
from dangol.campaigns.plan import actions, reads
from dangol.work import reads as work

router = Router(tags=["campaigns"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Short = Annotated[str, Field(max_length=120)]
Text = Annotated[str, Field(max_length=20_000)]
Minor = Annotated[int, Field(ge=0, le=10**15)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PlanIn(Strict):
    """Fields of a plan; what is left out keeps its value. Amounts in minor units of the company's currency."""

    name: Short | None = None
    aim: Short | None = None
    segments: Annotated[list[Short], Field(max_length=100)] | None = None
    built: Annotated[list[Id], Field(max_length=100)] | None = None
    filters: dict[Short, Annotated[list[Short], Field(max_length=100)]] | None = None
    as_of: date | None = None
    contacted_days: Annotated[int, Field(ge=0, le=365)] | None = None
    control_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    seed: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    channel: Short | None = None
    why: Annotated[str, Field(max_length=2000)] | None = None
    why_from: Annotated[str, Field(max_length=200)] | None = None
    why_at: Annotated[str, Field(max_length=2000)] | None = None
    offer: Text | None = None
    discount: Minor | None = None
    fixed_cost: Minor | None = None
    cost_per_message: Minor | None = None
    margin_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    subject: Text | None = None
    body: Text | None = None
    link_label: Short | None = None
    landing: Annotated[str, Field(max_length=300)] | None = None
    survey: Annotated[str, Field(max_length=40)] | None = None
    language: Literal["ko", "en"] | None = None
    starts_on: date | None = None
    window_days: Annotated[int, Field(ge=0, le=365)] | None = None
    metric: Literal["buyers", "sales"] | None = None


class ApprovalIn(Strict):
    """What is approved: the hash of exactly the content that was read."""

    content_hash: Hash
    comment: Text = ""


class LaunchIn(Strict):
    """What is launched: the hash that was approved. per_second: 0 is as fast as the channel bears."""

    content_hash: Hash
    per_second: Annotated[int, Field(ge=0, le=1000)] = 0


class ProblemOut(Schema):
    """What stands between a plan and its approval."""

    field: str
    text: str


class PlanOut(Schema):
    """A campaign's plan. hash: of its present content; problems: empty when it can be submitted."""

    id: int
    key: str
    name: str
    state: str
    version: int
    content: dict[str, Any]
    hash: str
    approved_hash: str
    by: str
    created_at: datetime
    changed_at: datetime
    problems: list[ProblemOut]


class RunOut(Schema):
    """A launched campaign: messages per state, customers per cell, who was left out and why. state: drawing (for many
    people), launching, sending, paused, waiting, done or stopped."""

    id: int
    plan_id: int
    campaign_key: str
    name: str
    state: str
    content_hash: str
    starts_on: date
    ends_on: date
    messages: dict[str, int]
    cells: dict[str, int]
    reasons: dict[str, int]
    clicks: int
    machine_clicks: int
    survey_answers: int
    job_id: int | None
    launched_at: datetime
    ended_at: datetime | None


class ResultOut(Schema):
    """What a campaign caused. judgement: null before it was judged; amounts in minor units, shares 0..1."""

    run_id: int
    verdict: str
    as_of: date | None
    snapshot: str
    judgement: dict[str, Any] | None


class LessonOut(Schema):
    """What one campaign taught. basis: experiment, or observational (no control group: says nothing about cause)."""

    campaign_key: str
    name: str
    basis: str
    aim: str
    kind: str
    starts_on: date | None
    ends_on: date | None
    contacted: int
    responded: int
    rate: float | None
    low: float | None
    high: float | None
    reasons: str
    improvements: str


def _plan(view: reads.PlanView) -> dict[str, Any]:
    problems = [
        {
            "field": one.field,
            "text": gettext(one.template).format(**one.params) if one.params else gettext(one.template),
        }
        for one in view.problems
    ]
    return {**vars(view), "key": view.key, "problems": problems}


def _given(body: PlanIn) -> dict[str, Any]:
    return {name: value for name, value in body.dict().items() if value is not None}


def _result(found: results.ResultView) -> dict[str, Any]:
    judgement = asdict(found.judgement) if found.judgement else None
    return {**vars(found), "run_id": found.run.id, "judgement": judgement}


@router.get("/campaigns", response={200: Page[PlanOut], **FAILURES}, operation_id="list_campaigns")
def list_campaigns(request: HttpRequest, state: Short = "", cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Own campaigns in every state, the newest first."""
    found = sorted(reads.campaigns(caller(request), state=state), key=lambda view: -view.id)

    def after(last: Any, n: int) -> list[dict[str, Any]]:
        return [_plan(view) for view in found if last is None or view.id < last][:n]

    return page_of(after, key=lambda row: row["id"], cursor=cursor, limit=limit)


@router.post("/campaigns", response={201: PlanOut, **FAILURES}, operation_id="draft_campaign")
def draft_campaign(request: HttpRequest, body: PlanIn) -> Any:
    """Draft a campaign; anything may be missing still."""
    return Status(201, _plan(actions.draft(by=caller(request), **_given(body))))


@router.get("/campaigns/{plan_id}", response={200: PlanOut, **FAILURES}, operation_id="get_campaign")
def get_campaign(request: HttpRequest, plan_id: Id) -> Any:
    """One campaign's plan with what is wrong with it."""
    return _plan(reads.plan(caller(request), plan_id))


@router.patch("/campaigns/{plan_id}", response={200: PlanOut, **FAILURES}, operation_id="edit_campaign")
def edit_campaign(request: HttpRequest, plan_id: Id, body: PlanIn) -> Any:
    """Change a plan. Any change voids its submission and approval."""
    return _plan(actions.edit(by=caller(request), plan_id=plan_id, **_given(body)))


@router.get(
    "/campaigns/{plan_id}/simulation", response={200: dict[str, Any], **FAILURES}, operation_id="simulate_campaign"
)
def simulate_campaign(request: HttpRequest, plan_id: Id) -> Any:
    """What the plan can be expected to bring: people, reach with reasons, past purchases, expectation.

    A plan for many people is counted by a job first: 404 until `POST` has asked for that and the job is done.
    """
    by = caller(request)
    view = reads.plan(by, plan_id)
    counts = reads.kept(view) if reads.aims_at_many(view.content) else reads.count(view.content)
    if counts is None:
        raise NotFound("The people of this plan were not counted yet. Ask for the count first.")
    return reads.simulation(by, view.content, counts)


@router.post("/campaigns/{plan_id}/simulation", response={202: JobOut, **FAILURES}, operation_id="count_campaign")
def count_campaign(request: HttpRequest, plan_id: Id) -> Any:
    """Count whom the plan reaches, in a job, and keep the counts with it."""
    by = caller(request)
    return Status(202, job_out(work.job(by, actions.start_count(by=by, plan_id=plan_id))))


@router.post(
    "/campaigns/{plan_id}/submit", response={200: PlanOut, 202: JobOut, **FAILURES}, operation_id="submit_campaign"
)
def submit_campaign(request: HttpRequest, plan_id: Id) -> Any:
    """Ask for approval. 202 with a job where the plan aims at large segments: who is in them is kept first."""
    by = caller(request)
    job_id = actions.start_submit(by=by, plan_id=plan_id)
    return Status(200, _plan(reads.plan(by, plan_id))) if job_id is None else Status(202, job_out(work.job(by, job_id)))


@router.post("/campaigns/{plan_id}/approve", response={200: PlanOut, **FAILURES}, operation_id="approve_campaign")
def approve_campaign(request: HttpRequest, plan_id: Id, body: ApprovalIn) -> Any:
    """Approve exactly the content with this hash; the planner cannot."""
    return _plan(
        actions.approve(
            by=caller(request), plan_id=plan_id, content_hash=body.content_hash, comment=body.comment
        )
    )  # fmt: skip


@router.post("/campaigns/{plan_id}/send-back", response={200: PlanOut, **FAILURES}, operation_id="send_back_campaign")
def send_back_campaign(request: HttpRequest, plan_id: Id, body: ApprovalIn) -> Any:
    """Return a plan to its planner with a comment."""
    return _plan(
        actions.send_back(
            by=caller(request), plan_id=plan_id, content_hash=body.content_hash, comment=body.comment
        )
    )  # fmt: skip


@router.post("/campaigns/{plan_id}/launch", response={202: RunOut, **FAILURES}, operation_id="launch_campaign")
def launch_campaign(request: HttpRequest, plan_id: Id, body: LaunchIn) -> Any:
    """Launch an approved plan; a worker sends. Ask for the run to see how far it is."""
    run = execute.launch(
        by=caller(request), plan_id=plan_id, content_hash=body.content_hash, per_second=body.per_second
    )  # fmt: skip
    return Status(202, run)


@router.get("/campaigns/{plan_id}/run", response={200: RunOut, **FAILURES}, operation_id="get_campaign_run")
def get_campaign_run(request: HttpRequest, plan_id: Id) -> Any:
    """The launched campaign of a plan."""
    return runs.run_of_plan(caller(request), plan_id)


@router.get("/campaigns/{plan_id}/result", response={200: ResultOut, **FAILURES}, operation_id="get_campaign_result")
def get_campaign_result(request: HttpRequest, plan_id: Id) -> Any:
    """The latest judgement of a launched campaign."""
    by = caller(request)
    return _result(results.result(by, runs.run_of_plan(by, plan_id).id))


@router.post(
    "/campaigns/{plan_id}/judge", response={200: ResultOut, 202: JobOut, **FAILURES}, operation_id="judge_campaign"
)
def judge_campaign(request: HttpRequest, plan_id: Id) -> Any:
    """Judge a launched campaign on the newest data. 202 with a job where it went to many."""
    by = caller(request)
    run_id = runs.run_of_plan(by, plan_id).id
    job_id = evaluate.start_judge(by=by, run_id=run_id)
    if job_id is not None:
        return Status(202, job_out(work.job(by, job_id)))
    return Status(200, _result(results.result(by, run_id)))


@router.get("/lessons", response={200: list[LessonOut], **FAILURES}, operation_id="list_lessons")
def list_lessons(request: HttpRequest, text: Annotated[str, Field(max_length=200)] = "") -> Any:
    """What campaigns taught, own and past ones, newest first; at most 200."""
    return knowledge.search(caller(request), text=text)
