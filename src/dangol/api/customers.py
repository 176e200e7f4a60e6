"""Customers: the list, one customer, a change, the timeline. Phone, e-mail and address are always masked."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from dangol import profile
from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.api.strict import LARGEST
from dangol.customers.identify import actions, reads
from dangol.customers.identify.rules import TEXT_LIMIT, CustomerQuery
from dangol.staff.actions import note_access

router = Router(tags=["customers"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Minor = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Short = Annotated[str, Field(max_length=60)]
Value = Annotated[str, Field(max_length=300)]


class CustomerOut(Schema):
    """A customer of the list. amount: minor units of the company's currency."""

    id: int
    kind: str
    code: str
    name: str
    phone: str
    email: str
    gender: str
    age_band: str
    unit_id: int | None
    unit: str
    rep_id: int | None
    rep: str
    segment: str
    orders: int
    amount: int
    last_day: date | None
    recency_days: int | None
    generated: list[str]


class CustomersOut(Schema):
    """A page of customers; `count` is exact or at least that many."""

    items: list[CustomerOut]
    next: str | None
    count: int
    exact: bool


class CustomerFilter(Strict):
    """Which customers, in which order, and which page of them. sort: name, amount or last_day, \"-\" for descending."""

    text: Annotated[str, Field(max_length=TEXT_LIMIT)] = ""
    segment: Annotated[list[Short], Field(max_length=50)] = []
    kind: Short = ""
    unit_id: Id | None = None
    rep_id: Id | None = None
    last_from: date | None = None
    last_to: date | None = None
    amount_from: Minor | None = None
    amount_to: Minor | None = None
    age_band: Annotated[list[Short], Field(max_length=50)] = []
    gender: Short = ""
    consent: Short = ""
    sort: Short = "name"
    cursor: Cursor = None
    limit: Limit = 50


class ValueOut(Schema):
    """A field: its value (masked where it must be), where it came from and when."""

    value: str
    masked: bool
    generated: bool
    source: str
    at: str
    by_hand: str


class StandOut(Schema):
    """The published standing. amount: minor units."""

    as_of: date
    first_day: date | None
    last_day: date | None
    orders: int
    amount: int
    recency_days: int | None
    r: int | None
    f: int | None
    m: int | None
    score: float | None
    segment: str
    segment_before: str


class PersonOut(Schema):
    """One customer. seen_at: give it back with a change, so that nobody else's change is overwritten."""

    id: int
    kind: str
    code: str
    values: dict[str, ValueOut]
    attributes: dict[str, Any]
    unit_id: int | None
    rep_id: int | None
    keys: list[list[str]]
    standing: StandOut | None
    created_at: datetime
    updated_at: datetime


class PersonChange(Strict):
    """Fields to change; those left out stay. seen_at: when you read the values (`updated_at` of the customer)."""

    seen_at: AwareDatetime
    name: Value | None = None
    phone: Value | None = None
    email: Value | None = None
    address: Value | None = None
    birth: Value | None = None
    birth_year: Value | None = None
    gender: Value | None = None


class EventOut(Schema):
    """An entry of the timeline. title is an English sentence with {names} of params; amount: minor units."""

    kind: str
    at: datetime
    title: str
    params: dict[str, Any]
    detail: str
    amount: int | None
    generated: bool


class TimelineFilter(Strict):
    """Which entries, and which page of them. kind: purchase, contact, response, consent or change."""

    kind: Short = ""
    cursor: Cursor = None
    limit: Limit = 50


@router.get("/customers", response={200: CustomersOut, **FAILURES}, operation_id="list_customers")
def list_customers(request: HttpRequest, which: Query[CustomerFilter]) -> Any:
    """Customers within your part of the organisation."""
    by = caller(request)
    query = CustomerQuery(
        text=which.text, segments=tuple(which.segment), kind=which.kind, unit_id=which.unit_id, rep_id=which.rep_id,
        last_from=which.last_from, last_to=which.last_to, amount_from=which.amount_from, amount_to=which.amount_to,
        age_bands=tuple(which.age_band), gender=which.gender, consent_channel=which.consent,
        sort=which.sort.removeprefix("-"), descending=which.sort.startswith("-"), cursor=which.cursor or "",
        size=which.limit,
    )  # fmt: skip
    page = reads.search(by, query)
    verb = "search" if query.personal else "view"
    note_access(by=by, verb=verb, what="customers", count=len(page.rows), address=address_of(request))
    return {"items": page.rows, "next": page.next_cursor or None, "count": page.count, "exact": page.exact}


@router.get("/customers/{int:customer_id}", response={200: PersonOut, **FAILURES}, operation_id="get_customer")
def get_customer(request: HttpRequest, customer_id: Id) -> Any:
    """One customer."""
    by = caller(request)
    person = reads.customer(by, customer_id)
    note_access(by=by, verb="view", what="customer", customer_id=customer_id, address=address_of(request))
    return person


@router.patch("/customers/{int:customer_id}", response={200: PersonOut, **FAILURES}, operation_id="change_customer")
def change_customer(request: HttpRequest, customer_id: Id, body: PersonChange) -> Any:
    """Change fields by hand; 409 where somebody changed one of them since `seen_at`."""
    by = caller(request)
    changes = {name: value for name, value in body.model_dump(exclude={"seen_at"}).items() if value is not None}
    actions.edit(
        by=by, customer_id=customer_id, changes=changes, seen_at=body.seen_at, address=address_of(request)
    )  # fmt: skip
    return reads.customer(by, customer_id)


@router.get(
    "/customers/{int:customer_id}/timeline", response={200: Page[EventOut], **FAILURES}, operation_id="get_timeline"
)
def get_timeline(request: HttpRequest, customer_id: Id, which: Query[TimelineFilter]) -> Any:
    """Purchases, campaigns, responses, consents and changes of a customer, newest first."""
    by = caller(request)
    events = list(enumerate(profile.timeline(by, customer_id, kind=which.kind)))
    note_access(by=by, verb="view", what="timeline", customer_id=customer_id, address=address_of(request))
    page = page_of(
        lambda after, n: events[0 if after is None else after + 1 :][:n],
        key=lambda pair: pair[0],
        cursor=which.cursor,
        limit=which.limit,
    )
    return page | {"items": [event for _place, event in page["items"]]}
