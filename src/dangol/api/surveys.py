"""Surveys: made, published, shared, and what was answered."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.api.strict import LARGEST
from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify
from dangol.customers.surveys import actions, links, reads

router = Router(tags=["surveys"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Short = Annotated[str, Field(max_length=100)]
Long = Annotated[str, Field(max_length=4000)]
Key = Annotated[str, Field(max_length=40)]
Small = Annotated[int, Field(ge=0, le=10)]


class TextsIn(Strict):
    """A text in both languages; an empty one is shown in the other language."""

    ko: Long = ""
    en: Long = ""


class OptionIn(Strict):
    """An answer to choose from."""

    key: Key = ""
    text: TextsIn = TextsIn()


class JumpIn(Strict):
    """Where an answer leads: by option (one choice) or from low to high (scale, nps); to: a later key, or end."""

    option: Key | None = None
    low: Small | None = None
    high: Small | None = None
    to: Key


class QuestionIn(Strict):
    """A question. attribute: keep the answer as a field of the customer. contact: which detail, for kind contact."""

    key: Key = ""
    kind: Literal["single", "multiple", "scale", "nps", "text", "number", "date", "contact"]
    text: TextsIn = TextsIn()
    help: TextsIn = TextsIn()
    required: bool = False
    options: Annotated[list[OptionIn], Field(max_length=50)] = []
    low: Small = 1
    high: Small = 5
    low_text: TextsIn = TextsIn()
    high_text: TextsIn = TextsIn()
    attribute: Key = ""
    contact: Literal["", "name", "phone", "email", "address", "birth", "gender"] = ""
    jumps: Annotated[list[JumpIn], Field(max_length=50)] = []


class ConsentIn(Strict):
    """A consent that may be ticked; never required."""

    purpose: Literal["marketing", "night", "profiling"]
    channel: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]
    text: TextsIn = TextsIn()


class ContentIn(Strict):
    """Everything of a survey. minors: what happens with people under 14 where contact details are asked for."""

    title: TextsIn = TextsIn()
    intro: TextsIn = TextsIn()
    thanks: TextsIn = TextsIn()
    notice: TextsIn = TextsIn()
    questions: Annotated[list[QuestionIn], Field(max_length=100)] = []
    consents: Annotated[list[ConsentIn], Field(max_length=10)] = []
    minors: Literal["refuse", "guardian"] = "refuse"
    starts_on: date | None = None
    ends_on: date | None = None
    quota: Annotated[int, Field(ge=1, le=10**9)] | None = None


class SurveyIn(Strict):
    """A new survey. code: small letters, digits and -; made up where it is empty."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    code: Annotated[str, Field(max_length=40)] = ""
    content: ContentIn | None = None


class DraftIn(Strict):
    """The whole draft; revision: the one that was read, so that two editors notice each other."""

    content: ContentIn
    revision: Annotated[int, Field(ge=1, le=LARGEST)] | None = None


class LinksIn(Strict):
    """Customers who are to be asked."""

    customer_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class WordIn(Strict):
    """A guardian's word. proof: how and when the guardian agreed."""

    agreed: bool
    proof: Annotated[str, Field(max_length=200)] = ""


class ExportIn(Strict):
    """What an export is for; kept in the access log."""

    reason: Annotated[str, Field(min_length=5, max_length=300)]


class SurveyOut(Schema):
    """A survey. version: published last, 0 for none; changed: the draft differs; url: the public link."""

    id: int
    code: str
    name: str
    state: str
    revision: int
    version: int
    changed: bool
    responses: int
    waiting: int
    url: str
    content: dict[str, Any]
    problems: list[dict[str, str]]


class BarOut(Schema):
    """People who gave an answer, and their share of those who answered the question."""

    answer: str
    people: int
    share: float


class NpsOut(Schema):
    """Promoters less detractors in points with a 95 % interval; null with fewer than ten answers."""

    score: float | None
    low: float | None
    high: float | None
    promoters: int
    passives: int
    detractors: int


class TallyOut(Schema):
    """What one question was answered."""

    key: str
    kind: str
    people: int
    bars: list[BarOut]
    mean: float | None = None
    nps: NpsOut | None = None


class ResultsOut(Schema):
    """Counts over all published versions."""

    people: int
    questions: list[TallyOut]


class ResponseOut(Schema):
    """One person's answers, without contact details."""

    id: int
    at: datetime
    version: int
    state: str
    customer_id: int | None
    answers: dict[str, Any]


class LinkOut(Schema):
    """The personal link of a customer."""

    customer_id: int
    url: str


def _out(view: reads.SurveyView) -> dict[str, Any]:
    problems = [{"place": one.place, "text": one.template.format(**one.params)} for one in view.problems]
    return {**vars(view), "url": links.public_url(view.token), "problems": problems}


def _content(given: ContentIn) -> dict[str, Any]:
    content = given.model_dump(mode="json")
    for question in content["questions"]:
        question["jumps"] = [{k: v for k, v in one.items() if v is not None} for one in question["jumps"]]
    return content


@router.get("/surveys", response={200: list[SurveyOut], **FAILURES}, operation_id="list_surveys")
def list_surveys(request: HttpRequest) -> Any:
    """Every survey, the one changed last first."""
    return [_out(view) for view in reads.surveys(caller(request))]


@router.post("/surveys", response={201: SurveyOut, **FAILURES}, operation_id="create_survey")
def create_survey(request: HttpRequest, given: SurveyIn) -> Any:
    """A new draft."""
    content = _content(given.content) if given.content else None
    return Status(201, _out(actions.create(by=caller(request), name=given.name, code=given.code, content=content)))


@router.get("/surveys/{int:survey_id}", response={200: SurveyOut, **FAILURES}, operation_id="get_survey")
def get_survey(request: HttpRequest, survey_id: Id) -> Any:
    """One survey with its draft."""
    return _out(reads.survey(caller(request), survey_id))


@router.put("/surveys/{int:survey_id}", response={200: SurveyOut, **FAILURES}, operation_id="replace_survey")
def replace_survey(request: HttpRequest, survey_id: Id, given: DraftIn) -> Any:
    """Replace the draft; what people see changes once it is published."""
    content = _content(given.content)
    view = actions.set_content(by=caller(request), survey_id=survey_id, content=content, revision=given.revision)
    return _out(view)


@router.delete("/surveys/{int:survey_id}", response={204: None, **FAILURES}, operation_id="discard_survey")
def discard_survey(request: HttpRequest, survey_id: Id) -> Any:
    """Delete a draft that was never published."""
    actions.discard(by=caller(request), survey_id=survey_id)
    return Status(204, None)


@router.post("/surveys/{int:survey_id}/publish", response={200: SurveyOut, **FAILURES}, operation_id="publish_survey")
def publish_survey(request: HttpRequest, survey_id: Id) -> Any:
    """Show the draft to people as a new version."""
    return _out(actions.publish(by=caller(request), survey_id=survey_id))


@router.post("/surveys/{int:survey_id}/close", response={200: SurveyOut, **FAILURES}, operation_id="close_survey")
def close_survey(request: HttpRequest, survey_id: Id) -> Any:
    """Take no more answers."""
    return _out(actions.close(by=caller(request), survey_id=survey_id))


@router.post("/surveys/{int:survey_id}/reopen", response={200: SurveyOut, **FAILURES}, operation_id="reopen_survey")
def reopen_survey(request: HttpRequest, survey_id: Id) -> Any:
    """Take answers again."""
    return _out(actions.reopen(by=caller(request), survey_id=survey_id))


@router.post("/surveys/{int:survey_id}/copy", response={201: SurveyOut, **FAILURES}, operation_id="copy_survey")
def copy_survey(request: HttpRequest, survey_id: Id) -> Any:
    """A new draft with the same content."""
    return Status(201, _out(actions.copy(by=caller(request), survey_id=survey_id)))


@router.post(
    "/surveys/{int:survey_id}/links", response={200: list[LinkOut], **FAILURES}, operation_id="make_survey_links"
)
def make_links(request: HttpRequest, survey_id: Id, given: LinksIn) -> Any:
    """Personal links of customers one may see; one that is not there or not yours gives 404 for all."""
    by = caller(request)
    view = reads.survey(by, survey_id)
    for customer_id in given.customer_ids:
        identify.customer(by, customer_id)
    if not view.version:
        raise NotFound("There is no such survey.")
    return [{"customer_id": one, "url": links.personal_url(view.token, one)} for one in given.customer_ids]


@router.get(
    "/surveys/{int:survey_id}/results", response={200: ResultsOut, **FAILURES}, operation_id="get_survey_results"
)
def get_results(request: HttpRequest, survey_id: Id) -> Any:
    """Counts by question."""
    found = reads.results(caller(request), survey_id)
    return {
        "people": found.people,
        "questions": [
            {"key": one.question["key"], "kind": one.question["kind"], "people": one.people,
             "bars": [{"answer": answer, "people": n, "share": share} for answer, n, share in one.bars],
             "mean": one.spread.mean if one.spread else None, "nps": vars(one.nps) if one.nps else None}
            for one in found.tallies
        ],
    }  # fmt: skip


@router.get("/surveys/{int:survey_id}/texts", response={200: list[str], **FAILURES}, operation_id="search_survey_texts")
def search_texts(
    request: HttpRequest,
    survey_id: Id,
    question: Key,
    q: Short = "",
    page: Annotated[int, Field(ge=1, le=10_000)] = 1,
) -> Any:
    """Written answers to a question that hold every word, newest first."""
    return reads.texts(caller(request), survey_id, question, search=q, page=page)[0]


@router.get(
    "/surveys/{int:survey_id}/waiting",
    response={200: Page[ResponseOut], **FAILURES},
    operation_id="list_survey_waiting",
)
def list_waiting(request: HttpRequest, survey_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Answers of children that wait for a guardian; nothing of them counts yet."""
    by = caller(request)
    return page_of(
        lambda after, n: [
            vars(one) | {"answers": {}}
            for one in reads.responses(by, survey_id, state="guardian", after=after, limit=n)
        ],
        key=lambda one: one["id"],
        cursor=cursor,
        limit=limit,
    )


@router.post(
    "/surveys/responses/{int:response_id}/guardian", response={204: None, **FAILURES}, operation_id="say_guardian"
)
def say_guardian(request: HttpRequest, response_id: Id, given: WordIn) -> Any:
    """A guardian agreed (with proof), or refused: then everything is destroyed."""
    if given.agreed:
        actions.confirm_guardian(by=caller(request), response_id=response_id, proof=given.proof)
    else:
        actions.refuse_guardian(by=caller(request), response_id=response_id)
    return Status(204, None)


@router.post(
    "/surveys/{int:survey_id}/export", response={200: list[dict[str, Any]], **FAILURES}, operation_id="export_survey"
)
def export_survey(request: HttpRequest, survey_id: Id, given: ExportIn) -> Any:
    """Every answer, one row a person, without contact details; written to the access log with the reason."""
    return reads.export(caller(request), survey_id, reason=given.reason, address=address_of(request))
