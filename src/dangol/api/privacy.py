"""Consent, requests of people about their data, retention."""

from datetime import date, datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.customers.consent import actions as consent_actions
from dangol.customers.consent import reads as consents
from dangol.customers.identify import reads as identify
from dangol.privacy import actions, reads
from dangol.privacy.reads import Affected, RequestQuery
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["privacy"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Short = Annotated[str, Field(max_length=60)]
Proof = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=4000)]


class WordOut(Schema):
    """One word of consent. until: first day it no longer counts; merges: empty for the customer's own word."""

    id: int
    purpose: str
    channel: str
    given: bool
    current: bool
    at: datetime
    until: date | None
    text_version: str
    proof: str
    through: str
    origin: str
    by: str
    noticed_at: datetime | None
    merges: str
    generated: bool


class GuardianOut(Schema):
    """The guardian's part for a customer under 14."""

    grown_on: date
    guardian: str
    relation: str
    proof: str
    agreed_at: datetime | None
    by: str


class ConsentOut(Schema):
    """Everything a customer said, present words first; guardian: null for customers who need none."""

    words: list[WordOut]
    guardian: GuardianOut | None


class WordIn(Strict):
    """A word to be written down. An agreement needs text_version and proof. through: web, paper, phone, store, …"""

    purpose: Short
    channel: Short
    given: bool
    at: AwareDatetime
    text_version: Annotated[str, Field(max_length=40)] = ""
    proof: Proof = ""
    through: Annotated[str, Field(max_length=10)] = ""
    until: date | None = None


class GuardianIn(Strict):
    """A guardian's consent for a customer under 14."""

    guardian: Annotated[str, Field(min_length=1, max_length=100)]
    relation: Annotated[str, Field(min_length=1, max_length=40)]
    proof: Annotated[str, Field(min_length=1, max_length=200)]
    at: AwareDatetime


class Changed(Schema):
    """How many words changed something."""

    changed: int


class CellOut(Schema):
    """Counts of one purpose and channel."""

    purpose: str
    channel: str
    agreed: int
    refused: int
    lapsed: int
    due_soon: int
    due_now: int
    generated: int


class DueOut(Schema):
    """A word something is due about. by_day: the day it ends on, or by which its result must be told."""

    consent_id: int
    customer_id: int
    purpose: str
    channel: str
    given: bool
    at: datetime
    by_day: date
    generated: bool


class OverviewOut(Schema):
    """Consent as a whole: counts, what must be confirmed within 30 days, what must be told, how much is late."""

    cells: list[CellOut]
    confirm: list[DueOut]
    tell: list[DueOut]
    told_late: int


class Told(Strict):
    """Words whose result was told, and how: phone, letter, shop, e-mail."""

    consent_ids: Annotated[list[Id], Field(min_length=1, max_length=5000)]
    how: Annotated[str, Field(max_length=40)]


class TextOut(Schema):
    """A text of consent; id 0 comes with the product."""

    id: int
    purpose: str
    version: str
    language: str
    title: str
    text: str
    published_at: datetime | None
    by: str
    used: int


class TextIn(Strict):
    """A new text; it is a draft until it is published."""

    purpose: Short
    version: Annotated[str, Field(min_length=1, max_length=40)]
    language: Annotated[str, Field(max_length=2)]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class StepOut(Schema):
    """One thing that happened to a request."""

    what: str
    note: str
    at: datetime
    by: str


class RequestOut(Schema):
    """A request. state: received, open, done, refused, withdrawn; clock: over, soon, fine, closed."""

    id: int
    kind: str
    customer_id: int
    origin: str
    wish: str
    country: str
    article: str
    received_at: datetime
    due_on: date
    days_left: int
    clock: str
    state: str
    check_how: str
    checked_at: datetime | None
    assigned_id: int | None
    assigned: str
    ground: str
    answer: str
    closed_at: datetime | None
    job_id: int | None
    steps: list[StepOut]


class RequestIn(Strict):
    """A request a customer made. kind: access, correction, erasure, objection, portability, refusal, …"""

    customer_id: Id
    kind: Short
    wish: Annotated[str, Field(max_length=2000)] = ""
    country: Annotated[str, Field(max_length=2)] = "KR"
    received_at: AwareDatetime | None = None


class RequestFilter(Strict):
    """Which requests, and which page of them."""

    kind: Short = ""
    state: Short = ""
    clock: Short = ""
    customer_id: Id | None = None
    cursor: Cursor = None
    limit: Limit = 50


class Check(Strict):
    """How the identity was checked: link, call, id, account, agent."""

    how: Short
    remark: Proof = ""


class Assignment(Strict):
    """Who takes the request."""

    member_id: Id


class AnswerIn(Strict):
    """What the customer is told."""

    answer: Annotated[str, Field(min_length=1, max_length=4000)]


class RefusalIn(AnswerIn):
    """Why a request is refused: law, harm, contract, identity, repeated."""

    ground: Short


class Confirm(Strict):
    """The customer's code, typed: erasing cannot be undone."""

    confirm: Short


class GoesOut(Schema):
    """One sort of data that erasing destroys."""

    label: str
    n: int


class StaysOut(Schema):
    """One sort of data the law keeps without the person."""

    what: str
    n: int
    until: date | None
    law: str
    article: str


class PreviewOut(Schema):
    """What erasing would do."""

    customers: list[int]
    confirm: str
    goes: list[GoesOut]
    stays: list[StaysOut]


class JobOut(Schema):
    """The job that does it; look at /jobs."""

    job_id: int


class KeepOut(Schema):
    """How long one sort of data is kept, and by which law. apart: only named when a person is erased."""

    what: str
    country: str
    law: str
    article: str
    in_force_from: date
    days: int
    months: int
    years: int
    apart: bool


class LineOut(Schema):
    """A line of the schedule: what is older than kept_from is due; ahead: due within 30 more days."""

    keep: KeepOut
    kept_from: date
    due: int | None
    ahead: int | None


class LinkOut(Schema):
    """The address of a customer's own page, for that customer alone."""

    url: str


class AffectedIn(Strict):
    """Who a breach touched: customers, or all an account opened in a time, or all. reason: for the log."""

    customer_ids: Annotated[list[Id], Field(max_length=100_000)] = []
    member_id: Id | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    everybody: bool = False
    reason: Annotated[str, Field(min_length=5, max_length=300)]


class AffectedOut(Schema):
    """A person a breach touched, in full, to be told."""

    id: int
    code: str
    name: str
    phone: str
    email: str


@router.get("/consent", response={200: OverviewOut, **FAILURES}, operation_id="get_consent_overview")
def get_consent_overview(request: HttpRequest) -> Any:
    """Counts per purpose and channel, what must be confirmed soon, whom a result must be told."""
    by, now, zone = caller(request), timezone.now(), settings.DANGOL.zone
    require(by, Right.PRIVACY_HANDLE)
    found: dict[str, Any] = {
        "cells": consents.overview(now, zone), "confirm": consents.due_again(now, zone, days=30),
        "tell": consents.waiting_notices(now, zone), "told_late": consents.overdue_notices(now, zone),
    }  # fmt: skip
    note_access(by=by, verb="view", what="consent", count=max(1, len(found["confirm"])), address=address_of(request))
    return found


@router.post("/consent/told", response={200: Changed, **FAILURES}, operation_id="mark_told")
def mark_told(request: HttpRequest, body: Told) -> Any:
    """Note that customers were told the result of their word."""
    by = caller(request)
    require(by, Right.PRIVACY_HANDLE)
    n = consent_actions.noticed(
        by=by, consent_ids=body.consent_ids, at=timezone.now(), how=body.how, address=address_of(request)
    )  # fmt: skip
    return {"changed": n}


@router.get("/consent/texts", response={200: list[TextOut], **FAILURES}, operation_id="list_consent_texts")
def list_consent_texts(request: HttpRequest) -> Any:
    """Every text consent is asked with."""
    return consents.wordings(caller(request))


@router.post("/consent/texts", response={201: TextOut, **FAILURES}, operation_id="draft_consent_text")
def draft_consent_text(request: HttpRequest, body: TextIn) -> Any:
    """Draft a text."""
    by = caller(request)
    made = consent_actions.draft_wording(by=by, **body.model_dump())
    return Status(201, consents.wording(by, made))


@router.post("/consent/texts/{int:text_id}/publish", response={200: TextOut, **FAILURES},
             operation_id="publish_consent_text")  # fmt: skip
def publish_consent_text(request: HttpRequest, text_id: Id) -> Any:
    """Publish a draft: customers are asked with it from now on, and it never changes again."""
    by = caller(request)
    consent_actions.publish_wording(by=by, wording_id=text_id)
    return consents.wording(by, text_id)


@router.get("/customers/{int:customer_id}/consent", response={200: ConsentOut, **FAILURES}, operation_id="get_consent")
def get_consent(request: HttpRequest, customer_id: Id) -> Any:
    """Everything a customer agreed to and refused, with proof."""
    by = caller(request)
    person = identify.customer(by, customer_id)
    note_access(by=by, verb="view", what="consent", customer_id=person.id, address=address_of(request))
    return {"words": consents.of_customer(person.id), "guardian": consents.guardianship(person.id, reads.today())}


@router.post("/customers/{int:customer_id}/consent", response={200: Changed, **FAILURES}, operation_id="say_consent")
def say_consent(request: HttpRequest, customer_id: Id, body: WordIn) -> Any:
    """Write down that a customer agrees or refuses."""
    by = caller(request)
    require(by, Right.CUSTOMERS_EDIT)
    person = identify.customer(by, customer_id)
    word = body.model_dump(exclude={"given", "until"}) | {
        "by": by, "customer_ids": [person.id], "address": address_of(request)
    }  # fmt: skip
    if body.given:
        return {"changed": consent_actions.give(**word, until=body.until)}
    return {"changed": consent_actions.withdraw(**word)}


@router.put("/customers/{int:customer_id}/guardian", response={200: GuardianOut, **FAILURES},
            operation_id="set_guardian")  # fmt: skip
def set_guardian(request: HttpRequest, customer_id: Id, body: GuardianIn) -> Any:
    """Record that a guardian agreed for a customer under 14."""
    by = caller(request)
    require(by, Right.CUSTOMERS_EDIT)
    person = identify.customer(by, customer_id)
    consent_actions.agree_for(by=by, customer_id=person.id, address=address_of(request), **body.model_dump())
    return consents.guardianship(person.id, reads.today())


@router.post("/customers/{int:customer_id}/preference-link", response={200: LinkOut, **FAILURES},
             operation_id="make_preference_link")  # fmt: skip
def make_preference_link(request: HttpRequest, customer_id: Id) -> Any:
    """The address of a customer's own page of choices; whoever holds it is believed, and that it was made is logged."""
    return {"url": actions.preference_link(by=caller(request), customer_id=customer_id, address=address_of(request))}


@router.get("/privacy/requests", response={200: Page[RequestOut], **FAILURES}, operation_id="list_privacy_requests")
def list_privacy_requests(request: HttpRequest, which: Query[RequestFilter]) -> Any:
    """Requests in the order they came in; the steps are on the single request."""
    by = caller(request)

    def some(word: str) -> tuple[str, ...]:
        return (word,) if word else ()

    query = RequestQuery(
        kinds=some(which.kind), states=some(which.state), clocks=some(which.clock), customer_id=which.customer_id
    )  # fmt: skip
    return page_of(
        lambda after, n: reads.requests(by, query, after_id=after or 0, limit=n),
        key=lambda one: one.id,
        cursor=which.cursor,
        limit=which.limit,
    )


@router.post("/privacy/requests", response={201: RequestOut, **FAILURES}, operation_id="create_privacy_request")
def create_privacy_request(request: HttpRequest, body: RequestIn) -> Any:
    """Take in a request; the deadline is worked out from the law of the country."""
    by = caller(request)
    made = actions.receive(by=by, origin="api", address=address_of(request), **body.model_dump())
    return Status(201, reads.request(by, made))


@router.get("/privacy/requests/{int:request_id}", response={200: RequestOut, **FAILURES},
            operation_id="get_privacy_request")  # fmt: skip
def get_privacy_request(request: HttpRequest, request_id: Id) -> Any:
    """One request with its steps."""
    return reads.request(caller(request), request_id)


def _step(request: HttpRequest, request_id: int, verb: Any, given: dict[str, Any]) -> Any:
    by = caller(request)
    verb(by=by, request_id=request_id, address=address_of(request), **given)
    return reads.request(by, request_id)


@router.post("/privacy/requests/{int:request_id}/check", response={200: RequestOut, **FAILURES},
             operation_id="check_identity")  # fmt: skip
def check_identity(request: HttpRequest, request_id: Id, body: Check) -> Any:
    """Record how it was made sure that the customer asks."""
    return _step(request, request_id, actions.check_identity, body.model_dump())


@router.post("/privacy/requests/{int:request_id}/assign", response={200: RequestOut, **FAILURES},
             operation_id="assign_privacy_request")  # fmt: skip
def assign_privacy_request(request: HttpRequest, request_id: Id, body: Assignment) -> Any:
    """Put a request into a member's hands."""
    return _step(request, request_id, actions.assign, body.model_dump())


@router.post("/privacy/requests/{int:request_id}/stop", response={200: RequestOut, **FAILURES},
             operation_id="stop_use")  # fmt: skip
def stop_use(request: HttpRequest, request_id: Id) -> Any:
    """Stop what an objection asks to stop: uses that rest on consent, or automatic decisions."""
    return _step(request, request_id, actions.stop_use, {})


@router.post("/privacy/requests/{int:request_id}/close", response={200: RequestOut, **FAILURES},
             operation_id="close_privacy_request")  # fmt: skip
def close_privacy_request(request: HttpRequest, request_id: Id, body: AnswerIn) -> Any:
    """Answer a request."""
    return _step(request, request_id, actions.close, body.model_dump())


@router.post("/privacy/requests/{int:request_id}/refuse", response={200: RequestOut, **FAILURES},
             operation_id="refuse_privacy_request")  # fmt: skip
def refuse_privacy_request(request: HttpRequest, request_id: Id, body: RefusalIn) -> Any:
    """Refuse a request on a ground the law knows."""
    return _step(request, request_id, actions.refuse, body.model_dump())


@router.post("/privacy/requests/{int:request_id}/withdraw", response={200: RequestOut, **FAILURES},
             operation_id="withdraw_privacy_request")  # fmt: skip
def withdraw_privacy_request(request: HttpRequest, request_id: Id, body: AnswerIn) -> Any:
    """The customer took the request back."""
    return _step(request, request_id, actions.take_back, body.model_dump())


@router.post("/privacy/requests/{int:request_id}/export", operation_id="export_personal_data",
             response={200: dict[str, Any], **FAILURES})  # fmt: skip
def export_personal_data(request: HttpRequest, request_id: Id) -> Any:
    """What is kept about the person, as JSON; for portability without what was worked out. Logged."""
    text = actions.export(by=caller(request), request_id=request_id, form="json", address=address_of(request))
    return HttpResponse(text, content_type="application/json; charset=utf-8")


@router.get("/privacy/requests/{int:request_id}/erasure", response={200: PreviewOut, **FAILURES},
            operation_id="preview_erasure")  # fmt: skip
def preview_erasure(request: HttpRequest, request_id: Id) -> Any:
    """What erasing would destroy, and what the law keeps."""
    return reads.preview(caller(request), request_id)


@router.post("/privacy/requests/{int:request_id}/erasure", response={202: JobOut, **FAILURES},
             operation_id="erase_person")  # fmt: skip
def erase_person(request: HttpRequest, request_id: Id, body: Confirm) -> Any:
    """Erase the person for good. It cannot be undone."""
    job = actions.erase(
        by=caller(request), request_id=request_id, confirm=body.confirm, address=address_of(request)
    )  # fmt: skip
    return Status(202, {"job_id": job})


@router.get("/privacy/retention", response={200: list[LineOut], **FAILURES}, operation_id="get_retention")
def get_retention(request: HttpRequest) -> Any:
    """What is kept how long and why, and what is due."""
    return reads.retention(caller(request))


@router.post("/privacy/retention", response={202: JobOut, **FAILURES}, operation_id="run_retention")
def run_retention(request: HttpRequest) -> Any:
    """Destroy what is due now."""
    return Status(202, {"job_id": actions.start_retain(by=caller(request))})


@router.post("/privacy/affected", response={200: list[AffectedOut], **FAILURES}, operation_id="list_affected")
def list_affected(request: HttpRequest, body: AffectedIn) -> Any:
    """Name, phone and e-mail of everybody a breach touched. Logged with its reason."""
    which = Affected(**body.model_dump(exclude={"reason"}))
    return actions.affected_list(by=caller(request), which=which, reason=body.reason, address=address_of(request))
