"""Every customer in one group of the funnel, on two days at once."""

from datetime import date, timedelta

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, Table, Value

from dangol.insight.analysis.rules import funnel
from dangol.insight.analysis.rules.funnel import Bounds
from dangol.insight.analysis.tables.lines import number
from dangol.insight.olap.tables import Question, Star, people

NOT_YET = ""  # not a customer on that day


def groups(star: Star, question: Question, now: date, before: date, bounds: Bounds) -> Table:
    """A row for each pair of groups on the two days: was, is, customers, amount and amount_before.

    amounts: paid in the `current_days` up to the day, minor units. was is NOT_YET for those who came in between.
    """
    seen = people(star, question)
    spent = _spent(star, now, before, bounds)
    each = seen.left_join(spent, seen.customer_id == spent.buyer)
    for day, mark in ((now, "now"), (before, "before")):
        each = _grouped(each, day, mark, bounds)
    return each.group_by(was="group_before", **{"is": "group_now"}).aggregate(
        customers=each.count(), amount=each.paid_now.sum().cast("int64"), before=each.paid_before.sum().cast("int64")
    )


def _spent(star: Star, now: date, before: date, bounds: Bounds) -> Table:
    """Orders and paid amounts of every buyer: of all time and of the window, up to each of the two days."""
    lines = star.sales_lines.filter(
        star.sales_lines.customer_id.notnull(), star.sales_lines.day <= ibis.literal(max(now, before))
    )
    paid = (lines.amount > number(0)).ifelse(lines.amount, number(0))
    order = (lines.line_no == ibis.literal(0, type="int32")).ifelse(number(1), number(0))
    figures: dict[str, Value] = {}
    for day, mark in ((now, "now"), (before, "before")):
        until = lines.day <= ibis.literal(day)
        window = until & (lines.day > ibis.literal(day - timedelta(days=bounds.current_days)))
        figures |= {
            f"ever_{mark}": _sum(until, paid),
            f"orders_{mark}": _sum(until, order),
            f"paid_{mark}": _sum(window, paid),
            f"often_{mark}": _sum(window, order),
        }
    return lines.group_by(buyer="customer_id").aggregate(**figures)


def _sum(which: BooleanValue, value: IntegerValue) -> IntegerValue:
    return which.ifelse(value, number(0)).sum().cast("int64")


def _grouped(each: Table, day: date, mark: str, bounds: Bounds) -> Table:
    """The table with the group of each customer on a day as `group_<mark>`; see `rules.funnel.DEFINITIONS`."""
    figures = {
        f"{name}_{mark}": each[f"{name}_{mark}"].fill_null(number(0)) for name in ("ever", "orders", "paid", "often")
    }
    each = each.mutate(**figures)
    ever, orders, paid, often = (each[f"{name}_{mark}"] for name in ("ever", "orders", "paid", "often"))
    stage = ibis.cases(
        (each.first_day.fill_null(ibis.literal(day)) > ibis.literal(day), NOT_YET),
        (ever == number(0), funnel.PRIZE),
        (orders <= number(bounds.trial_orders), funnel.TRIAL),
        (paid == number(0), funnel.LEFT),
        else_=funnel.CURRENT,
    )
    each = each.mutate(**{f"stage_{mark}": stage})
    current = each[f"stage_{mark}"] == funnel.CURRENT
    counted = current.ifelse(number(1), number(0)).sum().over(ibis.window())
    spent = current.ifelse(each[f"paid_{mark}"], number(0)).sum().over(ibis.window())
    each = each.mutate(**{f"n_{mark}": counted.cast("float64"), f"sum_{mark}": spent.cast("float64")})
    paid, often = each[f"paid_{mark}"], each[f"often_{mark}"]
    low = paid.cast("float64") * each[f"n_{mark}"] * ibis.literal(100.0) < each[f"sum_{mark}"] * ibis.literal(
        float(bounds.low_percent)
    )
    group = ibis.cases(
        (each[f"stage_{mark}"] != funnel.CURRENT, each[f"stage_{mark}"]),
        (often < number(bounds.main_orders), funnel.SECONDARY),
        (low, funnel.LOW),
        else_=funnel.MEANINGFUL,
    )
    return each.mutate(**{f"group_{mark}": group})
