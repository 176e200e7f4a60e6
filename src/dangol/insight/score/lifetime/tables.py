"""Purchases brought to what the models need, as Ibis expressions: tables in, table out."""

from datetime import date

import ibis
from ibis.expr.types import Table


def purchase_days(lines: Table, until: date) -> Table:
    """One row per customer and day with a purchase.

    lines: customer_id int64, day date, amount int64 (minor units; below 0 a return: no purchase, but it lowers the
    day's amount). Returns customer_id, day, amount, first (the customer's first day).
    """
    zero = ibis.literal(0, type="int64")
    lines = lines.filter(lines.day <= ibis.literal(until))
    days = lines.group_by("customer_id", "day").aggregate(
        amount=lines.amount.sum().cast("int64"), bought=(lines.amount >= zero).any()
    )
    days = days.filter(days.bought)
    return days.mutate(first=days.day.min().over(ibis.window(group_by="customer_id"))).drop("bought")


def summaries(days: Table, end: date, until: date) -> Table:
    """What the models know of each customer at `end`, and what followed up to `until` (the hold-out).

    days: as from `purchase_days`. Returns customer_id, x int64 (repeat days), t_x int64 and age int64 (days), repeat
    int64 (amount of the repeat days), later int64 and later_amount int64 (days with a purchase after end, their
    amount). Customers who came after `end` are left out.
    """
    days = days.filter(days.first <= ibis.literal(end))
    seen = days.day <= ibis.literal(end)
    again = seen & (days.day > days.first)
    later = ~seen
    zero = ibis.literal(0, type="int64")
    found = days.group_by("customer_id").aggregate(
        first=days.first.min(), last=days.day.max(where=seen), x=days.count(where=again).cast("int64"),
        repeat=days.amount.sum(where=again).cast("int64"), later=days.count(where=later).cast("int64"),
        later_amount=days.amount.sum(where=later).cast("int64"),
    )  # fmt: skip
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
