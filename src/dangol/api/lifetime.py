"""Lifetime value: the model in force, one customer's figures, and who is slipping away."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from dangol.api.frame import Problem, address_of, caller
from dangol.base.errors import NotFound
from dangol.customers.identify import reads as customers
from dangol.insight.score.lifetime import reads
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

router = Router(tags=["lifetime"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 422, 429, 503}): Problem}
Most = Annotated[int, Field(ge=1, le=500)]


class CheckOut(Schema):
    """The forecast of a model against what came in the days after its calibration."""

    days: int
    forecast: float
    actual: int
    mean_absolute: float
    root_mean_square: float
    classes: list[dict[str, float]]
    amounts: list[int] | None = None


class FitOut(Schema):
    """Fitted parameters (times in weeks) with 95 % intervals."""

    parameters: dict[str, float]
    intervals: dict[str, list[float | None]]
    log_likelihood: float
    converged: bool


class TotalsOut(Schema):
    """All customers: expected active ones, purchases of the horizon, their value today (minor units)."""

    alive: float
    purchases: float
    value: int | None = None


class TogetherOut(Schema):
    """Half the widths of the 90 % intervals of the totals.

    of_one, of_all: shares of the variance that are doubt about the parameters, of one customer and of all together.
    """

    alive: float
    purchases: float
    value: float
    of_one: float
    of_all: float


class PastOut(Schema):
    """The model fitted for a day. error: of its check, 0.05 is 5 % too many purchases forecast."""

    as_of: date
    model: str
    parameters: dict[str, float]
    error: float | None
    customers: int


class LifetimeOut(Schema):
    """The model in force. reason: why there is none, empty where there is one."""

    as_of: date
    first_day: date
    horizon_days: int
    discount_percent: int
    customers: int
    repeaters: int
    reason: str
    model: str
    chosen_by: str
    checked_from: date | None
    fits: dict[str, FitOut]
    spending: FitOut | None
    checks: dict[str, CheckOut]
    totals: TotalsOut | None
    months: list[dict[str, Any]]
    together: TogetherOut | None
    past: list[PastOut]


class WorthOut(Schema):
    """One customer's figures; amounts are minor units. low and high: 95 % of p_alive, 90 % of what may come,
    the doubt about the parameters included.
    """

    customer_id: int
    as_of: date
    horizon_days: int
    repeats: int
    last_day: date
    p_alive: float
    p_alive_low: float | None
    p_alive_high: float | None
    p_alive_before: float | None
    expected_purchases: float
    purchases_low: int | None
    purchases_high: int | None
    average_amount: int | None
    value: int | None
    value_low: int | None
    value_high: int | None
    at_risk: int


class AtRiskOut(Schema):
    """A customer whose probability of being active fell since the last month end; value at risk in minor units."""

    customer_id: int
    p_alive: float
    p_alive_before: float
    value: int
    at_risk: int
    last_day: date
    expected_purchases: float


class RiskOut(Schema):
    """Value at risk in an RFM segment; null where too few to show."""

    segment: str
    customers: int | None
    at_risk: int | None


class RisksOut(Schema):
    """Value at risk by RFM segment, and the customers with the most of it."""

    segments: list[RiskOut]
    customers: list[AtRiskOut]


@router.get("/lifetime", response={200: LifetimeOut, **FAILURES}, operation_id="lifetime", summary="Lifetime value")
def lifetime(request: HttpRequest) -> Any:
    """The model in force, how it was chosen and checked, and its totals."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    found = reads.overview(by)
    return {
        **{name: getattr(found, name) for name in (
            "as_of", "first_day", "horizon_days", "discount_percent", "customers", "repeaters", "reason", "model",
            "chosen_by", "checked_from")},
        "fits": found.facts["fits"], "spending": found.facts["spending"], "checks": found.facts["holdouts"],
        "totals": found.facts["totals"] or None, "months": found.facts["months"],
        "together": found.facts.get("together"), "past": found.facts.get("past", []),
    }  # fmt: skip


@router.get("/lifetime/customers/{customer_id}", response={200: WorthOut, **FAILURES}, operation_id="customer_lifetime",
            summary="One customer's lifetime value")  # fmt: skip
def of_customer(request: HttpRequest, customer_id: int) -> Any:
    """Probability of being active, expected purchases and value of a customer whom the caller may see."""
    by = caller(request)
    require(by, Right.CUSTOMERS_VIEW)
    person = customers.customer(by, customer_id)
    found = reads.of_customer(person.id)
    note_access(by=by, verb="view", what="customer.lifetime", customer_id=person.id, address=address_of(request))
    if found is None:
        raise NotFound("There is no lifetime value of this customer yet.")
    return found


@router.get("/lifetime/at-risk", response={200: RisksOut, **FAILURES}, operation_id="lifetime_at_risk",
            summary="Who is slipping away")  # fmt: skip
def at_risk(request: HttpRequest, limit: Annotated[Most, Query()] = 50) -> Any:
    """The customers whom the caller may see whose falling probability of being active takes the most value."""
    by = caller(request)
    require(by, Right.INSIGHT_VIEW)
    found = reads.at_risk(by, limit=limit)
    note_access(by=by, verb="view", what="lifetime.at_risk", count=len(found), address=address_of(request))
    return {"segments": reads.risk_by_segment(by), "customers": found}
