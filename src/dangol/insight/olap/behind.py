"""The customers behind a figure: who bought in a cell of a table, within what the member may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from dangol import engine
from dangol.insight.olap import reads, rules, tables
from dangol.insight.warehouse import reads as warehouse
from dangol.insight.warehouse.tables import figured
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
    counted = found.mutate(customers=found.count().over(ibis.window()))
    shown = counted.order_by([key, ibis.asc(found.customer_id)]).limit(limit, offset=start)
    rows = opened.arrow(shown).to_pylist()
    if rows or not start:
        count = rows[0]["customers"] if rows else 0
    else:  # past the last one
        [whole] = opened.arrow(found.aggregate(customers=found.count())).to_pylist()
        count = whole["customers"]
    people = [{name: value for name, value in row.items() if name != "customers"} for row in rows]
    return Behind(people, int(count), warehouse.current()[0].facts["as_of"])


def ids(by: Member, where: str) -> list[int]:
    """The ids of all customers of a cell, in order. Raises like `customers`."""
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    found = _people(by, where).select("customer_id").order_by("customer_id").limit(MOST_IDS)
    return [int(row["customer_id"]) for row in engine.current().arrow(found).to_pylist()]


def _people(by: Member, where: str) -> Any:
    """The customers of a cell. Orders are brought together where a cell may hold some of their lines only."""
    seen = reads.view(by)
    question = seen.question((), where)
    star = seen.asked(question)
    lines = tables.facts(star, tables.sold(star, question), question)
    lines = figured(lines.filter(lines.customer_id.notnull()), ["sales_amount", "orders"])
    if any(rules.within_order(item) for item in question.used):
        apart = lines.group_by("customer_id", *tables.order_keys(lines))
        orders = apart.aggregate(sales_amount=lines.sales_amount.sum().cast("int64"), day=lines.day.max())
        lines = orders.mutate(orders=tables.whole(1))
    return lines.group_by("customer_id").aggregate(
        sales_amount=lines.sales_amount.sum().cast("int64"), orders=lines.orders.sum().cast("int64"),
        last_day=lines.day.max(),
    )  # fmt: skip
