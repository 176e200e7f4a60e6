"""The customers behind a figure: who bought in a cell of a table, within what the member may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from dangol import engine
from dangol.insight.olap import reads, tables
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

MOST_IDS = 1_000_000
ORDERS = ("sales_amount", "orders", "last_day")


@dataclass(frozen=True)
class Behind:
    """Some of the customers of a cell. rows: customer_id, sales_amount, orders, last_day in the cell."""

    rows: Sequence[Mapping[str, Any]]
    count: int
    as_of: str


def customers(by: Member, where: str, *, order: str = "-sales_amount", start: int = 0, limit: int = 50) -> Behind:
    """The different customers with a sales line that meets a condition; their number is `buying_customers` of it.

    where: see `rules.conditions`. order: one of ORDERS, "-" in front for the largest first. Raises BadInput,
    NotAllowed (also without the right to see customers), NotFound, Damaged, TooMuch.
    """
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    found = _people(by, where)
    name = order.removeprefix("-") if order.removeprefix("-") in ORDERS else "sales_amount"
    key = ibis.desc(found[name]) if order.startswith("-") else ibis.asc(found[name])
    opened = engine.current()
    rows = opened.arrow(found.order_by([key, ibis.asc(found.customer_id)]).limit(limit, offset=start)).to_pylist()
    [whole] = opened.arrow(found.aggregate(n=found.count())).to_pylist()
    return Behind(rows, int(whole["n"]), warehouse.current()[0].facts["as_of"])


def ids(by: Member, where: str) -> list[int]:
    """The ids of all customers of a cell, in order. Raises like `customers`."""
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    found = _people(by, where).select("customer_id").order_by("customer_id").limit(MOST_IDS)
    return [int(row["customer_id"]) for row in engine.current().arrow(found).to_pylist()]


def _people(by: Member, where: str) -> Any:
    seen = reads.view(by)
    lines = tables.facts(seen.star, seen.star.sales_lines, seen.question((), where))
    lines = lines.filter(lines.customer_id.notnull())
    orders = lines.group_by("customer_id", "source", "order_id").aggregate(
        amount=lines.amount.sum().cast("int64"), day=lines.day.max()
    )
    return orders.group_by("customer_id").aggregate(
        sales_amount=orders.amount.sum().cast("int64"), orders=orders.count(), last_day=orders.day.max()
    )
