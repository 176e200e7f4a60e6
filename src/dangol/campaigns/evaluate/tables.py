"""What the cells of a campaign bought in its window."""

from datetime import date, timedelta

from ibis.expr.types import Table

from dangol.campaigns.plan.tables import bought


def counted(sales_lines: Table, cells: Table, *, first: date, last: date) -> Table:
    """One row per cell: cell, people, buyers, orders, total, squares (of sales per customer, minor units).

    cells: customer_id, cell, one row per customer drawn. first, last: company days, both counted.
    """
    sales = bought(sales_lines, cells, first=first, until=last + timedelta(days=1))
    amount = sales.amount.cast("float64")
    return sales.group_by("cell").agg(
        people=sales.count(),
        buyers=sales.bought.sum(),
        orders=sales.orders.sum(),
        total=sales.amount.sum(),
        squares=(amount * amount).sum(),
    )
