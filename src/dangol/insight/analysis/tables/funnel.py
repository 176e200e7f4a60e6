"""Every customer in one group of the funnel, on two days at once."""

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, Table, Value

from dangol.insight.analysis.rules import funnel
from dangol.insight.analysis.rules.funnel import Bounds
from dangol.insight.analysis.tables.lines import number, sums
from dangol.insight.olap.tables import Question, Star, people

# Groups as numbers, cheaper to compare a million times than texts; 0 is not yet a customer
GROUPS = ("", *funnel.GROUPS, funnel.CURRENT)
FIGURES = ("ever", "orders", "paid", "often")
SIDES = ("now", "before")


def groups(star: Star, question: Question, now: date, before: date, bounds: Bounds) -> Table:
    """A row for each pair of groups on the two days: was, is (places in GROUPS), customers, amount and before.

    amounts: paid in the `current_days` up to the day, minor units. was is 0 for those who came in between.
    """
    seen = people(star, question).select("customer_id", "first_day")
    spent = _spent(star, now, before, bounds)
    each = seen.left_join(spent, seen.customer_id == spent.buyer)
    days = dict(zip(SIDES, (now, before), strict=True))
    # Only what is needed goes into the windows: they hold every customer at once
    each = each.select(
        **{f"stage_{mark}": _stage(each, day, mark, bounds) for mark, day in days.items()},
        **{f"{name}_{mark}": _figure(each, name, mark) for name in ("paid", "often") for mark in SIDES},
    )
    each = each.mutate(**{name: value for mark in SIDES for name, value in _mean(each, mark).items()})
    each = each.mutate(**{f"group_{mark}": _group(each, mark, bounds) for mark in SIDES})
    return each.group_by(was="group_before", **{"is": "group_now"}).aggregate(
        customers=each.count(), amount=each.paid_now.sum().cast("int64"), before=each.paid_before.sum().cast("int64")
    )


def _spent(star: Star, now: date, before: date, bounds: Bounds) -> Table:
    """Orders and paid amounts of every buyer: of all time and of the window, up to each of the two days.

    The lines are summed up once between the days at which something begins or ends to count; the rest is sums of those.
    """
    ends = {"now": now, "before": before}
    starts = {mark: day - timedelta(days=bounds.current_days) for mark, day in ends.items()}
    cuts = sorted({*ends.values(), *starts.values()})
    parts = _parts(star, cuts)
    figures: dict[str, Value] = {}
    for mark, end in ends.items():
        until = parts.part <= _place(cuts, end)
        window = until & (parts.part > _place(cuts, starts[mark]))
        figures |= {
            f"ever_{mark}": _sum(until, parts.paid),
            f"orders_{mark}": _sum(until, parts.often),
            f"paid_{mark}": _sum(window, parts.paid),
            f"often_{mark}": _sum(window, parts.often),
        }
    return parts.group_by(buyer="customer_id").aggregate(**figures)


def _parts(star: Star, cuts: Sequence[date]) -> Table:
    """A row for each buyer and stretch between cuts (0: up to and with the first): customer_id, part, paid, often."""
    lines = star.sales_lines.filter(
        star.sales_lines.customer_id.notnull(), star.sales_lines.day <= ibis.literal(cuts[-1])
    )
    if star.bounded:
        lines = lines.semi_join(star.customers, "customer_id")
    lines = lines.mutate(
        part=ibis.cases(*((lines.day <= ibis.literal(cut), _place(cuts, cut)) for cut in cuts)),
        paid=(lines.amount > number(0)).ifelse(lines.amount, number(0)),
        often=(lines.line_no == ibis.literal(0, type="int32")).ifelse(number(1), number(0)),
    )
    return lines.group_by("customer_id", "part").aggregate(**sums(lines, "paid", "often"))


def _place(cuts: Sequence[date], cut: date) -> IntegerValue:
    return ibis.literal(cuts.index(cut), type="int8")


def _sum(which: BooleanValue, value: IntegerValue) -> IntegerValue:
    return which.ifelse(value, number(0)).sum().cast("int64")


def _code(group: str) -> IntegerValue:
    return ibis.literal(GROUPS.index(group), type="int8")


def _figure(each: Table, name: str, mark: str) -> IntegerValue:
    return each[f"{name}_{mark}"].fill_null(number(0))


def _stage(each: Table, day: date, mark: str, bounds: Bounds) -> IntegerValue:
    """How far each customer is on a day, those on the last stage being current; see `rules.funnel.DEFINITIONS`."""
    ever, orders, paid = (_figure(each, name, mark) for name in FIGURES[:3])
    return ibis.cases(
        (each.first_day.fill_null(ibis.literal(day)) > ibis.literal(day), _code("")),
        (ever == number(0), _code(funnel.PRIZE)),
        (orders <= number(bounds.trial_orders), _code(funnel.TRIAL)),
        (paid == number(0), _code(funnel.LEFT)),
        else_=_code(funnel.CURRENT),
    )


def _mean(each: Table, mark: str) -> dict[str, Value]:
    """Number and spending of all current customers, on every row."""
    current = each[f"stage_{mark}"] == _code(funnel.CURRENT)
    counted = current.ifelse(number(1), number(0)).sum().over(ibis.window())
    spent = current.ifelse(each[f"paid_{mark}"], number(0)).sum().over(ibis.window())
    return {f"n_{mark}": counted.cast("float64"), f"sum_{mark}": spent.cast("float64")}


def _group(each: Table, mark: str, bounds: Bounds) -> IntegerValue:
    paid = each[f"paid_{mark}"].cast("float64")
    low = paid * each[f"n_{mark}"] * ibis.literal(100.0) < each[f"sum_{mark}"] * ibis.literal(float(bounds.low_percent))
    return ibis.cases(
        (each[f"stage_{mark}"] != _code(funnel.CURRENT), each[f"stage_{mark}"]),
        (each[f"often_{mark}"] < number(bounds.main_orders), _code(funnel.SECONDARY)),
        (low, _code(funnel.LOW)),
        else_=_code(funnel.MEANINGFUL),
    )
