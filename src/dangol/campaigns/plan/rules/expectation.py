"""What a plan can be expected to bring."""

from dataclasses import dataclass
from math import sqrt

from scipy.stats import norm


@dataclass(frozen=True)
class Base:
    """What the people aimed at bought in an equally long window before: people, buyers, orders, sum and sum of squares
    of sales per customer (minor units)."""

    people: int
    buyers: int
    orders: int
    total: int
    squares: float

    @property
    def buying_share(self) -> float:
        return self.buyers / self.people if self.people else 0.0

    @property
    def per_customer(self) -> float:
        return self.total / self.people if self.people else 0.0

    @property
    def ticket(self) -> float:
        return self.total / self.orders if self.orders else 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation of sales per customer."""
        if self.people < 2:
            return 0.0
        return sqrt(max(0.0, (self.squares - self.total**2 / self.people) / (self.people - 1)))


@dataclass(frozen=True)
class Expectation:
    """What a plan can be expected to bring. Money in minor units; response None where nothing is known of it.

    pays: expected response x expected purchase >= cost. detectable_share, detectable_sales: the smallest true
    difference that these group sizes will find in 4 of 5 cases.
    """

    treated: int
    control: int
    response: float | None
    responders: float | None
    purchase: float
    cost: float
    profit: float | None
    pays: bool | None
    detectable_share: float | None
    detectable_sales: float | None


def expect(
    base: Base, *, treated: int, control: int, response: float | None, margin_percent: int, discount: int,
    fixed_cost: int, cost_per_message: int,
) -> Expectation:  # fmt: skip
    """The expectation of a plan for so many people who get a message, beside so many kept in the control group."""
    margin = base.ticket * margin_percent / 100
    responders = treated * response if response is not None else None
    cost = fixed_cost + cost_per_message * treated + (discount * responders if responders is not None else 0.0)
    gain = responders * margin if responders is not None else None
    return Expectation(
        treated=treated,
        control=control,
        response=response,
        responders=responders,
        purchase=base.ticket,
        cost=cost,
        profit=gain - cost if gain is not None else None,
        pays=gain >= cost if gain is not None else None,
        detectable_share=detectable_share(treated, control, base.buying_share),
        detectable_sales=detectable_mean(treated, control, base.deviation),
    )


ALPHA, POWER = 0.05, 0.8


def _reach(alpha: float, power: float) -> float:
    return float(norm.ppf(1 - alpha / 2) + norm.ppf(power))


def detectable_mean(
    treated: int, control: int, deviation: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Smallest difference of two means that is found with this power; None where a group is empty.

    Source: normal approximation, Chow, Shao, Wang 2008, Sample Size Calculations in Clinical Research, 3.2.
    """
    if treated < 1 or control < 1:
        return None
    return _reach(alpha, power) * deviation * sqrt(1 / treated + 1 / control)


def detectable_share(
    treated: int, control: int, share: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Smallest rise of a share that is found with this power; None where none is, or a group is empty.

    Source: as `detectable_mean`, 4.2, with each group's own variance; solved by bisection.
    """
    if treated < 1 or control < 1:
        return None
    reach = _reach(alpha, power)

    def falls_short(rise: float) -> bool:
        raised = share + rise
        spread = sqrt(raised * (1 - raised) / treated + share * (1 - share) / control)
        return rise < reach * spread

    low, high = 0.0, 1 - share
    if high <= 0 or falls_short(high):
        return None
    for _round in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falls_short(middle) else (low, middle)
    return high
