"""Why sales changed: an exact decomposition into customers, mix, frequency and ticket.

Sales of a group are  N x (c / N) x (o / c) x (s / o):  all buying customers, the share of them who buy in the group,
orders a customer, sales an order. The change of a product of factors is shared out by the additive logarithmic mean
Divisia index: the effect of factor x is L(s1, s0) ln(x1 / x0) with L(a, b) = (a - b) / (ln a - ln b), which leaves no
remainder. Source: B. W. Ang, "The LMDI approach to decomposition analysis: a practical guide", Energy Policy 33 (2005)
867-871, eq. (8)-(12). Zero values: the analytical limits of B. W. Ang and N. Liu, "Handling zero values in the
logarithmic mean Divisia index decomposition approach", Energy Policy 35 (2007) 238-246: the whole change of a group
that appears or vanishes belongs to the factor that is zero.

Returns and sales without a customer have no logarithm or no customers to count: they are amounts of their own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dangol.insight.analysis.rules.findings import N_, Finding, Sentence, label, say

CUSTOMERS, MIX, FREQUENCY, TICKET = "customers", "mix", "frequency", "ticket"
RETURNS, UNKNOWN = "returns", "without_customer"
FACTORS = (CUSTOMERS, MIX, FREQUENCY, TICKET)
EFFECTS = (*FACTORS, RETURNS, UNKNOWN)
LABELS: Mapping[str, str] = {
    CUSTOMERS: N_("Number of customers"),
    MIX: N_("Mix of groups"),
    FREQUENCY: N_("Orders per customer"),
    TICKET: N_("Sales per order"),
    RETURNS: N_("Returns"),
    UNKNOWN: N_("Sales without a customer"),
}
DEFINITIONS: Mapping[str, str] = {
    CUSTOMERS: N_("What the change in the number of buying customers did, all else shared out fairly."),
    MIX: N_(
        "What the change in the share of the customers who buy in each group did. Groups that appeared or vanished "
        "belong here. Without a split it is nothing."
    ),
    FREQUENCY: N_("What the change in orders per buying customer did, group by group."),
    TICKET: N_("What the change in sales per order did, group by group; returns are not in it."),
    RETURNS: N_("The change of what was given back: negative amounts."),
    UNKNOWN: N_("The change of sales lines that belong to no known customer."),
}
# What a fall of a factor suggests: the aim of a campaign and the RFM segments it would speak to
SUGGESTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    CUSTOMERS: ("reactivate", ("LHH", "LHL", "LLH")),
    MIX: ("cross_sell", ("HLH", "HHL")),
    FREQUENCY: ("cross_sell", ("HLH", "HLL")),
    TICKET: ("up_sell", ("HHL",)),
}
NEW, KEPT, RETURNED, LOST = "new", "kept", "returned", "lost"
MOVES: Mapping[str, str] = {
    NEW: N_("New customers"),
    RETURNED: N_("Came back or switched"),
    KEPT: N_("Stayed"),
    LOST: N_("Did not buy again"),
}


@dataclass(frozen=True)
class Side:
    """A group in one period. sales: of known customers without returns; returns: below 0; amounts in minor units."""

    customers: int = 0
    orders: int = 0
    sales: int = 0
    returns: int = 0
    without_customer: int = 0

    @property
    def amount(self) -> int:
        """All sales, as the measure of that name counts them."""
        return self.sales + self.returns + self.without_customer


@dataclass(frozen=True)
class Change:
    """A group's change. effects: effect -> minor units; they add up to `amount` exactly."""

    group: Any
    before: Side
    now: Side
    effects: Mapping[str, int]

    @property
    def amount(self) -> int:
        """How much sales changed."""
        return self.now.amount - self.before.amount


def log_mean(a: float, b: float) -> float:
    """The logarithmic mean of two positive numbers; near each other by its series, where the quotient loses digits."""
    ratio = (a - b) / b
    if abs(ratio) < 1e-4:
        return b * (1 + ratio / 2 - ratio * ratio / 12)
    return (a - b) / (math.log1p(ratio) if abs(ratio) < 0.5 else math.log(a / b))


def whole(values: Sequence[float], total: int) -> list[int]:
    """Numbers that add up to `total` but for rounding, as whole numbers that do: largest remainders (Hamilton)."""
    floors = [math.floor(value) for value in values]
    left = total - sum(floors)
    order = sorted(range(len(values)), key=lambda place: floors[place] - values[place])
    each, extra = divmod(left, len(values))
    return [floors[place] + each + (1 if order.index(place) < extra else 0) for place in range(len(values))]


def factors(before: Side, now: Side, buyers_before: int, buyers_now: int) -> dict[str, int]:
    """The change of a group's sales by factor: whole numbers that add up to it."""
    change = now.sales - before.sales
    effects = dict.fromkeys(FACTORS, 0)
    if not change and before.sales <= 0:
        return effects
    zero = _zero(before, buyers_before) if before.sales <= 0 else _zero(now, buyers_now) if now.sales <= 0 else None
    if zero is not None:
        effects[zero] = change
        return effects
    weight = log_mean(now.sales, before.sales)
    pairs = zip(_levels(before, buyers_before), _levels(now, buyers_now), strict=True)
    parts = [weight * math.log(after / earlier) for earlier, after in pairs]
    return dict(zip(FACTORS, whole(parts, change), strict=True))


def _levels(side: Side, buyers: int) -> tuple[float, ...]:
    """The four factors, in the order of FACTORS."""
    customers, orders = max(side.customers, 1), max(side.orders, 1)
    return (max(buyers, 1), customers / max(buyers, 1), orders / customers, side.sales / orders)


def _zero(side: Side, buyers: int) -> str:
    """Which factor is zero in a group without sales."""
    if not buyers:
        return CUSTOMERS
    return MIX if not side.customers else FREQUENCY if not side.orders else TICKET


def change(group: Any, before: Side, now: Side, buyers_before: int, buyers_now: int) -> Change:
    """A group's change with its effects."""
    effects = factors(before, now, buyers_before, buyers_now)
    effects[RETURNS] = now.returns - before.returns
    effects[UNKNOWN] = now.without_customer - before.without_customer
    return Change(group, before, now, effects)


def decompose(sides: Mapping[Any, tuple[Side, Side]], buyers_before: int, buyers_now: int) -> list[Change]:
    """The change of every group, largest first. sides: group -> before and now.

    buyers: different customers over all groups; groups may share customers, as brands do.
    """
    found = [change(group, before, now, buyers_before, buyers_now) for group, (before, now) in sides.items()]
    return sorted(found, key=lambda one: (-abs(one.amount), str(one.group)))


def summed(changes: Sequence[Change]) -> dict[str, int]:
    """The effects over all groups."""
    return {effect: sum(one.effects[effect] for one in changes) for effect in EFFECTS}


def joined(changes: Sequence[Change], group: Any) -> Change:
    """Several groups shown as one; customers and orders are sums over the groups."""

    def side(sides: Sequence[Side]) -> Side:
        return Side(*(sum(getattr(one, name) for one in sides) for name in Side.__dataclass_fields__))

    return Change(group, side([one.before for one in changes]), side([one.now for one in changes]), summed(changes))


# ---- sentences -------------------------------------------------------------------------------------------------------

ROSE = N_("Sales rose by {amount} ({share}) to {now}.")
FELL = N_("Sales fell by {amount} ({share}) to {now}.")
SAME = N_("Sales did not change: {now}.")
FIRST = N_("Sales were {now}, after none in the period before.")
PUSHED = N_("Biggest boost: {effect}, worth {amount}.")
PULLED = N_("Biggest drag: {effect}, worth {amount}.")
GROUP_UP = N_("{group} rose most, by {amount}. Main cause: {effect}.")
GROUP_DOWN = N_("{group} fell most, by {amount}. Main cause: {effect}.")
CUSTOMERS_MOVED = N_(
    "New and returning customers brought in {gained}; customers who did not buy again had "
    "spent {lost} the period before."
)


def findings(changes: Sequence[Change], moves: Mapping[str, Mapping[str, int]], *, split: bool) -> list[Finding]:
    """What happened and what moved it most. moves: move -> customers, before and now (minor units)."""
    before, now = (sum(getattr(one, side).amount for one in changes) for side in ("before", "now"))
    found = [_headline(before, now)]
    if before <= 0:
        return found  # nothing to have moved from
    effects = summed(changes)
    most, least = max(EFFECTS, key=effects.__getitem__), min(EFFECTS, key=effects.__getitem__)
    found += [
        _effect(name, effects[name]) for name, fits in ((most, effects[most] > 0), (least, effects[least] < 0)) if fits
    ]
    if split:
        found += _groups(changes)
    if moves:
        gained = sum(moves[name]["now"] for name in (NEW, RETURNED) if name in moves)
        lost = moves.get(LOST, {}).get("before", 0)
        found.append(
            Finding(
                say(CUSTOMERS_MOVED, gained=("money", gained), lost=("money", lost)),
                "bad" if lost > gained else "good",
                *(("reactivate", ("LHH", "LHL", "LLH")) if lost > gained else ("keep", ("HHH",))),
            )
        )
    return found


def _headline(before: int, now: int) -> Finding:
    if now == before:
        return Finding(say(SAME, now=("money", now)))
    if before <= 0:
        return Finding(say(FIRST, now=("money", now)))
    values = {
        "amount": ("money", abs(now - before)),
        "share": ("share", abs(now - before) / before),
        "now": ("money", now),
    }
    if now > before:
        return Finding(Sentence(ROSE, values), "good", "keep", ("HHH",))
    return Finding(Sentence(FELL, values), "bad", "reactivate", ("LHH", "LHL", "LLH"))


def _effect(name: str, amount: int) -> Finding:
    values = {"effect": ("said", LABELS[name]), "amount": ("money", abs(amount))}
    if amount > 0:
        return Finding(Sentence(PUSHED, values), "good")
    return Finding(Sentence(PULLED, values), "bad", *SUGGESTED.get(name, ("", ())))


def _groups(changes: Sequence[Change]) -> list[Finding]:
    """The groups that rose and fell most, each with the effect behind it."""
    found = []
    for template, sign, tone in ((GROUP_UP, 1, "good"), (GROUP_DOWN, -1, "bad")):
        most = max(changes, key=lambda one, sign=sign: sign * one.amount, default=None)  # type: ignore[misc]
        if most is None or most.amount * sign <= 0:
            continue
        effect = max(EFFECTS, key=lambda name, most=most, sign=sign: sign * most.effects[name])  # type: ignore[misc]
        values = {"group": label(most.group), "amount": ("money", abs(most.amount)), "effect": ("said", LABELS[effect])}
        found.append(Finding(Sentence(template, values), tone, *(SUGGESTED.get(effect, ("", ())) if sign < 0 else ())))
    return found
