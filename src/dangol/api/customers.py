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
from dangol.customers.identify.rules import FIGURES, TEXT_LIMIT, CustomerQuery
from dangol.insight.segments import reads as segments
from dangol.profile import picking
from dangol.staff.actions import note_access
from dangol.staff.reads import may, require
from dangol.staff.rules import Right

router = Router(tags=["customers"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Minor = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Short = Annotated[str, Field(max_length=60)]
Value = Annotated[str, Field(max_length=300)]


class CustomerOut(Schema):
    """A customer of the list. amount, value: minor units of the company's currency.

    index: of the customer index asked for (0..100); value: lifetime value; null where unknown or without the right to
    figures.
    """

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
    index: float | None = None
    value: float | None = None


class CustomersOut(Schema):
    """A page of customers; `count` is exact or at least that many."""

    items: list[CustomerOut]
    next: str | None
    count: int
    exact: bool


class CustomerFilter(Strict):
    """Which customers, in which order, and which page of them.

    sort: name, amount, last_day, index or value, "-" for descending. segment: RFM class; segment_id: segments people
    built; group: "group_<grouping>.<number>"; channel_class: "segment_<channel>.<class>", the names as the segment
    builder has them; index_id: which customer index `index` speaks of, the first one without it; index: 0..100; value:
    lifetime value, minor units.
    """

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
    segment_id: Annotated[list[Id], Field(max_length=50)] = []
    group: Annotated[list[Short], Field(max_length=50)] = []
    channel_class: Annotated[list[Short], Field(max_length=50)] = []
    index_id: Id | None = None
    index_from: Annotated[float, Field(ge=0, le=100)] | None = None
    index_to: Annotated[float, Field(ge=0, le=100)] | None = None
    value_from: Minor | None = None
    value_to: Minor | None = None
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
    sees = may(by, Right.INSIGHT_VIEW)
    key = picking.MAIN if which.index_id is None or not sees else picking.index_key(which.index_id)
    named = {"index": key, "value": "value"}
    query = CustomerQuery(
        text=which.text, segments=tuple(which.segment), kind=which.kind, unit_id=which.unit_id, rep_id=which.rep_id,
        last_from=which.last_from, last_to=which.last_to, amount_from=which.amount_from, amount_to=which.amount_to,
        age_bands=tuple(which.age_band), gender=which.gender, consent_channel=which.consent,
        segment_ids=_built(by, which.segment_id), figure=_figure(sees, named.get(which.sort.removeprefix("-"))),
        sort=which.sort.removeprefix("-"), descending=which.sort.startswith("-"), cursor=which.cursor or "",
        size=which.limit,
    )  # fmt: skip
    page = reads.search(by, _narrowed(by, query, which, key))
    verb = "search" if query.personal else "view"
    note_access(by=by, verb=verb, what="customers", count=len(page.rows), address=address_of(request))
    figures = picking.Figures() if sees else None
    rows = [{**vars(row), **({name: figures.of(named[name], row.id) for name in FIGURES} if figures else {})}
            for row in page.rows]  # fmt: skip
    return {"items": rows, "next": page.next_cursor or None, "count": page.count, "exact": page.exact}


def _narrowed(by: Any, query: CustomerQuery, which: CustomerFilter, key: str) -> CustomerQuery:
    """The question with what it asks of scores, for those who may see figures. key: of the index it asks for."""
    ends = (which.index_from, which.index_to)
    index = ((key, ends),) if ends != picking.ANY_NUMBER else ()
    wanted = picking.Wanted(tuple(which.group), tuple(which.channel_class), index,
                            (which.value_from, which.value_to))  # fmt: skip
    if wanted == picking.Wanted():
        return query
    require(by, Right.INSIGHT_VIEW)
    return picking.narrowed(query, wanted)


def _figure(sees: bool, sort: str | None) -> Any:
    return picking.figure_of(sort) if sort and sees else None


def _built(by: Any, wanted: list[int]) -> tuple[int, ...]:
    """Segments people built that the caller may see. Raises NotFound."""
    return tuple(segments.visible_id(by, str(one)) for one in wanted)


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
