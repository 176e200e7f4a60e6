"""Conditions over the columns of dimensions and over days."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, DateValue, StringValue, Table, Value

from dangol.base.errors import BadInput
from dangol.insight.olap import rules
from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables.shape import column


def met(  # noqa: PLR0911  one return a kind of condition
    table: Table, condition: rules.Condition, kinds: Mapping[str, Dimension], day: str = "day"
) -> BooleanValue:
    """A condition over the `d_` columns of a table, and over its days. Raises BadInput for a value that does not fit.

    A period is asked of the day itself: so the engine passes over the parts of a file that hold no such day.
    """
    match condition:
        case rules.And(parts):
            return reduce(and_, [met(table, part, kinds, day) for part in parts])
        case rules.Or(parts):
            return reduce(or_, [met(table, part, kinds, day) for part in parts])
        case rules.Not(inner):
            return ~met(table, inner, kinds, day)
        case rules.Under() | rules.Over():
            raise ValueError("The model writes paths out, and takes off what says over which rows is ranked.")
        case rules.IsNull(name) | rules.In(name) | rules.Between(name) | rules.Compare(name) if kinds[name].is_period:
            return _in_period(table[day], condition)
        case rules.IsNull(name, blank):
            value = table[f"d_{name}"]
            nothing = value.isnull()
            return nothing | (value.strip() == ibis.literal("")) if blank and value.type().is_string() else nothing
        case rules.Has(name, way, text):
            return _has(table[f"d_{name}"].cast("string").lower(), way, ibis.literal(text.lower()))
        case rules.In(name, values):
            return table[f"d_{name}"].isin([_fitting(table, kinds[name], value) for value in values])
        case rules.Between(name, low, high):
            left, right = (_fitting(table, kinds[name], value) for value in (low, high))
            return table[f"d_{name}"].between(left, right)
        case rules.Compare(name, sign, value):
            return _compared(table[f"d_{name}"], sign, _fitting(table, kinds[name], value))


def _has(whole: StringValue, way: str, part: StringValue) -> BooleanValue:
    """Whether a text holds another, letter by letter."""
    if way == "contains":
        return whole.contains(part)
    return whole.startswith(part) if way == "starts" else whole.endswith(part)


def _in_period(day: DateValue, condition: rules.IsNull | rules.In | rules.Between | rules.Compare) -> BooleanValue:
    """A condition on a period, asked of the day."""

    def days(value: rules.conditions.Value) -> tuple[date, date]:
        return rules.period_days(condition.name, rules.period_from(condition.name, str(value)))

    match condition:
        case rules.IsNull():
            return day.isnull()
        case rules.Between(_name, low, high):
            return day.between(ibis.literal(days(low)[0]), ibis.literal(days(high)[1]))
        case rules.In(_name, values):
            spans = _joined_up([days(value) for value in values])
            inside = reduce(or_, [day.between(*map(ibis.literal, span)) for span in spans])
            return inside & day.between(ibis.literal(spans[0][0]), ibis.literal(spans[-1][1]))
        case rules.Compare(_name, sign, value):
            first, last = (ibis.literal(one) for one in days(value))
            return {
                "=": lambda: day.between(first, last), "!=": lambda: ~day.between(first, last),
                "<": lambda: day < first, "<=": lambda: day <= last,
                ">": lambda: day > last, ">=": lambda: day >= first,
            }[sign]()  # fmt: skip


def _joined_up(spans: Sequence[tuple[date, date]]) -> list[tuple[date, date]]:
    """Runs of days in order, those that follow one another as one."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(set(spans)):
        if found and (first - found[-1][1]).days <= 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def _compared(left: Value, sign: str, right: Value) -> BooleanValue:
    return {
        "=": left == right, "!=": left != right, "<": left < right, "<=": left <= right, ">": left > right,
        ">=": left >= right,
    }[sign]  # fmt: skip


def _fitting(table: Table, item: Dimension, value: rules.conditions.Value) -> Value:
    """A value of a condition in the type of its dimension."""
    kind = table[column(item)].type()
    if kind.is_string():
        return ibis.literal(str(value))
    if (item.of, item.column) == ("clock", "weekday"):
        value = rules.weekday(str(value))
    try:
        if kind.is_date():
            return ibis.literal(date.fromisoformat(str(value)))
        if kind.is_decimal():
            return ibis.literal(Decimal(str(value)), type=kind)
        return ibis.literal(float(value), type="float64")
    except (ValueError, ArithmeticError):
        if kind.is_date():
            raise BadInput(
                "“{text}” is not a day. Write it like 2017-03-31.", field="where", text=str(value)[:40]
            ) from None
        raise BadInput("“{text}” is not a number, but {dimension} holds numbers.", field="where",
                       text=str(value)[:40], dimension=item.name) from None  # fmt: skip
