"""Purchases brought to what the models need, as Ibis expressions: tables in, table out."""

from datetime import date

import ibis
from ibis.expr.types import Table


def purchase_days(lines: Table, until: date) -> Table:
    """One row per customer and day with a purchase.

    lines: customer_id int64, day date, amount int64 (minor units; below 0 a return: no purchase, but it lowers the
    day's amount) where amounts are known. Returns customer_id, day, and amount where known.
    """
    zero = ibis.literal(0, type="int64")
    lines = lines.filter(lines.day <= ibis.literal(until))
    if "amount" not in lines.columns:
        return lines.select("customer_id", "day").distinct()
    days = lines.group_by("customer_id", "day").aggregate(
        amount=lines.amount.sum().cast("int64"), bought=(lines.amount >= zero).any()
    )
    return days.filter(days.bought).drop("bought")


def summaries(days: Table, end: date) -> Table:
    """What the models know of each customer at `end`, and what followed (the hold-out).

    days: as from `purchase_days`. Returns customer_id, x int64 (repeat days), t_x int64 and age int64 (days), repeat
    int64 (amount of the repeat days), later int64 and later_amount int64 (days with a purchase after end, their
    amount). Customers who came after `end` are left out.
    """
    seen = days.day <= ibis.literal(end)
    later = ~seen
    zero, one = ibis.literal(0, type="int64"), ibis.literal(1, type="int64")
    facts = {
        "first": days.day.min(), "last": days.day.max(where=seen), "days": days.count(where=seen).cast("int64"),
        "later": days.count(where=later).cast("int64"),
    }  # fmt: skip
    if "amount" in days.columns:
        facts |= {
            "amount": days.amount.sum(where=seen).cast("int64"), "began": days.amount.argmin(days.day).cast("int64"),
            "later_amount": days.amount.sum(where=later).cast("int64"),
        }  # fmt: skip
    found = days.group_by("customer_id").aggregate(**facts)
    if "amount" not in days.columns:
        found = found.mutate(amount=zero, began=zero, later_amount=zero)
    found = found.filter(found.first <= ibis.literal(end)).mutate(
        x=(found.days - one).cast("int64"), repeat=(found.amount - found.began).cast("int64")
    )
    day = ibis.literal(end)
    return found.select(
        "customer_id", "x", "last", "later",
        t_x=found.last.delta(found.first, unit="day").cast("int64"),
        age=day.delta(found.first, unit="day").cast("int64"),
        repeat=found.repeat.fill_null(zero), later_amount=found.later_amount.fill_null(zero),
    )  # fmt: skip


def gaps(days: Table) -> Table:
    """How often each time between two purchases of a customer occurs: gap int64 (days), times int64."""
    before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    found = days.select("day", before=before).filter(lambda t: t.before.notnull())
    found = found.select(gap=found.day.delta(found.before, unit="day").cast("int64"))
    return found.group_by("gap").aggregate(times=found.count().cast("int64"))


def by_day(days: Table) -> Table:
    """How many customers bought on each day: day, purchases int64. days: as from `purchase_days`."""
    return days.group_by("day").aggregate(purchases=days.count().cast("int64"))


def risk_by_segment(worth: Table, scores: Table) -> Table:
    """Customers with value at risk and that value per RFM segment: segment, customers int64, at_risk int64.

    worth: customer_id, at_risk. scores: customer_id, segment.
    """
    falling = worth.filter(worth.at_risk > ibis.literal(0, type="int64")).select("customer_id", "at_risk")
    joined = falling.inner_join(scores.select("customer_id", "segment"), "customer_id")
    return joined.group_by("segment").aggregate(
        customers=joined.count().cast("int64"), at_risk=joined.at_risk.sum().cast("int64")
    )
