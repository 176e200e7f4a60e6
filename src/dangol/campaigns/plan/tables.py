"""Whom a plan aims at, and what they bought before."""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
from ibis.expr.types import Table


def aimed(
    customers: Table, members: Table, contacts: Table, *, filters: Mapping[str, Sequence[str]],
    contacted_since: date | None, starts_on: date,
) -> Table:  # fmt: skip
    """The customers a plan aims at: customer_id, each once.

    members: customer_id of the chosen segments. filters: allowed values per attribute; an attribute the warehouse does
    not know matches nobody. contacted_since: leave out who was contacted from this day up to the first day.
    """
    found = customers.semi_join(members, "customer_id")
    for attribute, values in filters.items():
        fits = found[attribute].isin(list(values)) if attribute in found.columns else ibis.literal(False)
        found = found.filter(fits)
    if contacted_since is not None:
        lately = contacts.filter(contacts.contacted_on >= contacted_since, contacts.contacted_on < starts_on)
        found = found.anti_join(lately, "customer_id")
    return found.select("customer_id").distinct()


def bought(sales_lines: Table, people: Table, *, first: date, until: date) -> Table:
    """Sales per person from `first` up to but without `until`: customer_id, amount, orders, bought (0 or 1)."""
    lines = sales_lines.filter(sales_lines.day >= first, sales_lines.day < until)
    each = lines.group_by("customer_id").agg(
        amount=lines.amount.sum(), orders=(lines.line_no == 0).cast("int64").sum(), lines=lines.count()
    )
    joined = people.left_join(each, "customer_id")
    return joined.select(
        *people.columns,
        amount=joined.amount.fill_null(0).cast("int64"),
        orders=joined.orders.fill_null(0).cast("int64"),
        bought=joined.lines.notnull().cast("int64"),
    )


def summed(sales: Table) -> Table:
    """One row: people, buyers, orders, total, squares of the amounts per person."""
    amount = sales.amount.cast("float64")
    return sales.agg(
        people=sales.count(),
        buyers=sales.bought.sum().fill_null(0),
        orders=sales.orders.sum().fill_null(0),
        total=sales.amount.sum().fill_null(0),
        squares=(amount * amount).sum().fill_null(0.0),
    )
