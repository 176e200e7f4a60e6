"""Formulas over columns, and what a figure is of some rows."""

from decimal import Decimal

import ibis
from ibis.expr.types import NumericValue, Value
from ibis.expr.types import Table as Rows

from dangol.insight.olap.rules import Formula
from dangol.insight.olap.rules.formulas import Among, Constant, Framed, Name, Negative, Operation, Otherwise
from dangol.insight.olap.stars.rules import Figure

WIDTH = 18  # digits of a decimal: a sum has 38, room for 10**20 rows


def worth(rows: Rows, one: Figure) -> Value:
    """A figure over rows."""
    if one.of is None:
        return rows.count()
    value = reckoned(rows, one.of)
    if one.way == "median":
        return value.cast("float64").median()
    if one.way == "avg":
        return value.sum().cast("float64") / value.count().nullif(ibis.literal(0, type="int64")).cast("float64")
    return {"sum": value.sum, "count": value.count, "min": value.min, "max": value.max}[one.way]()


def reckoned(rows: Rows, formula: Formula) -> NumericValue:
    """A formula over columns."""
    match formula:
        case Constant(number):
            return _literal(number)
        case Name(name):
            return rows[name]
        case Negative(inner):
            return -reckoned(rows, inner)
        case Otherwise(first, second):
            return ibis.coalesce(reckoned(rows, first), reckoned(rows, second))
        case Framed() | Among():
            raise ValueError("A description with a function of time or rank over columns is refused when it is read.")
        case Operation(sign, left, right):
            one, other = reckoned(rows, left), reckoned(rows, right)
            if sign == "/":
                return one.cast("float64") / other.cast("float64").nullif(ibis.literal(0.0))
            return {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other}[sign]()


def _literal(number: Decimal) -> NumericValue:
    if number == number.to_integral_value():
        return ibis.literal(int(number), type="int64")
    return ibis.literal(number, type=f"decimal({WIDTH}, {-int(number.as_tuple().exponent)})")
