"""Looks at requests: the board, one request with its steps, what a customer asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from dangol.base.errors import BadInput, NotFound
from dangol.customers.identify import reads as identify
from dangol.privacy import rules
from dangol.privacy.models import Request
from dangol.privacy.rules import Policies
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

PAGE = 50


@cache
def policies(country: str = rules.HOME) -> Policies:
    """The dated policies of a country. Raises BadInput where there is no file for it."""
    if country not in countries():
        raise BadInput("There are no rules for the country {country}.", field="country", country=country)
    return rules.read_policies((rules.POLICIES / f"{country.lower()}.toml").read_text("utf-8"))


@cache
def countries() -> tuple[str, ...]:
    """The countries whose rules are known, the company's first."""
    found = sorted(path.stem.upper() for path in rules.POLICIES.glob("*.toml"))
    return (rules.HOME, *(one for one in found if one != rules.HOME))


def today() -> date:
    """The company's day."""
    return timezone.now().astimezone(settings.DANGOL.zone).date()


@dataclass(frozen=True)
class StepView:
    """One thing that happened to a request."""

    what: str
    note: str
    at: datetime
    by: str


@dataclass(frozen=True)
class RequestView:
    """A request as doors show it. clock: over, soon, fine or closed; days_left: until the deadline."""

    id: int
    kind: str
    customer_id: int
    customer: str
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
    erasing: dict[str, Any]
    by: str
    steps: Sequence[StepView] = ()


@dataclass(frozen=True)
class RequestQuery:
    """Which requests; empty does not narrow. waiting: only those that are not closed. mine: assigned to the asker."""

    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    waiting: bool = False
    mine: bool = False
    customer_id: int | None = None


def _seen(by: Member) -> QuerySet[Request]:
    require(by, Right.PRIVACY_HANDLE)
    inside = within(scope_of(by), unit="customer__unit", rep="customer__rep")
    return Request.objects.filter(inside).select_related("customer", "assigned", "by")


def _found(by: Member, query: RequestQuery) -> QuerySet[Request]:
    found = _seen(by)
    if query.kinds:
        found = found.filter(kind__in=query.kinds)
    if query.states or query.waiting:
        found = found.filter(state__in=query.states or rules.WAITING)
    if query.clocks:
        found = found.filter(_on_clock(query.clocks))
    if query.mine:
        found = found.filter(assigned=by)
    return found.filter(customer_id=query.customer_id) if query.customer_id is not None else found


def _on_clock(clocks: Sequence[str]) -> Q:
    now = today()
    soon = date.fromordinal(now.toordinal() + rules.SOON_DAYS)
    open_ones = Q(state__in=rules.WAITING)
    meant = {
        "over": open_ones & Q(due_on__lt=now), "soon": open_ones & Q(due_on__gte=now, due_on__lte=soon),
        "fine": open_ones & Q(due_on__gt=soon), "closed": ~open_ones,
    }  # fmt: skip
    wanted = Q(pk__in=())
    for one in clocks:
        wanted |= meant.get(one, Q(pk__in=()))
    return wanted


def requests(
    by: Member, query: RequestQuery = RequestQuery(), *, offset: int = 0, limit: int = PAGE, after_id: int | None = None
) -> list[RequestView]:
    """Requests one may handle: those waiting first, by deadline, overdue ones on top. With after_id by their ids."""
    found = _found(by, query)
    if after_id is not None:
        return [_view(row) for row in found.filter(pk__gt=after_id).order_by("pk")[:limit]]
    waits = Case(When(state__in=rules.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())
    return [_view(row) for row in found.order_by(waits, "due_on", "pk")[offset : offset + limit]]


def count_requests(by: Member, query: RequestQuery = RequestQuery()) -> int:
    """How many requests fit."""
    return _found(by, query).count()


def request(by: Member, request_id: int) -> RequestView:
    """One request with its steps. Raises NotFound for a missing and a foreign one alike."""
    row = _seen(by).filter(pk=request_id).first() if 0 < request_id < 2**63 else None
    if row is None:
        raise NotFound("There is no such request.")
    steps = row.steps.select_related("by").order_by("pk")
    return _view(row, [StepView(one.what, one.note, one.at, one.by.name if one.by else "") for one in steps])


def _view(row: Request, steps: Sequence[StepView] = ()) -> RequestView:
    now = today()
    return RequestView(
        id=row.pk, kind=row.kind, customer_id=row.customer_id, customer=row.customer.name or row.customer.code,
        origin=row.origin, wish=row.wish, country=row.country, article=row.article, received_at=row.received_at,
        due_on=row.due_on, days_left=(row.due_on - now).days, clock=rules.clock(row.due_on, now, row.state),
        state=row.state, check_how=row.check_how, checked_at=row.checked_at, assigned_id=row.assigned_id,
        assigned=row.assigned.name if row.assigned else "", ground=row.ground, answer=row.answer,
        closed_at=row.closed_at, job_id=row.job_id, erasing=row.erasing, by=row.by.name if row.by else "",
        steps=steps,
    )  # fmt: skip


@dataclass(frozen=True)
class Board:
    """How many requests wait, and how they stand with their deadlines."""

    waiting: int
    over: int
    soon: int
    unchecked: int


def board(by: Member) -> Board:
    """The counts over the board."""
    counted = _seen(by).aggregate(
        waiting=Count("pk", filter=Q(state__in=rules.WAITING)), over=Count("pk", filter=_on_clock(("over",))),
        soon=Count("pk", filter=_on_clock(("soon",))), unchecked=Count("pk", filter=Q(state=rules.RECEIVED)),
    )  # fmt: skip
    return Board(**counted)


def known_person(customer_id: int) -> bool:
    """Whether a customer is still known by name: the links of somebody who was erased open nothing."""
    return identify.named(customer_id)


def overdue() -> int:
    """How many requests of the whole company are past their deadline; for `dangol check`."""
    return Request.objects.filter(_on_clock(("over",))).count()


def of_person(customer_id: int) -> list[RequestView]:
    """What a customer asked for, as the customer's own page shows it; the newest first."""
    rows = Request.objects.filter(customer_id=customer_id).select_related("customer", "assigned", "by")
    return [_view(row) for row in rows.order_by("-pk")[:PAGE]]
