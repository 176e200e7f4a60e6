"""Customers by their place among all, and what the best of them make."""

from collections.abc import Sequence

import ibis
from ibis.expr.types import IntegerValue, NumericValue, Table

from dangol.insight.olap import rules
from dangol.insight.olap.tables.shape import Question, whole

RANKS = ("customer_decile", "customer_percentile", "customer_rank")
PARTS = {"best_tenth_share": 10, "best_fifth_share": 5}  # one in how many


def placed(each: Table, amount: NumericValue) -> Table:
    """Rows with their ranks by an amount, 1 for the largest; of equal ones the lower customer_id comes first.

    each: a row a customer; one whose customer_id is missing has no rank. Parts are as even as can be, the first ones
    one larger: the same as NTILE of SQL, from one sorting for all of them.
    """
    known = each.customer_id.isnull().ifelse(whole(1), whole(0))
    place = ibis.row_number().over(order_by=[known, ibis.desc(amount), each.customer_id]).cast("int64")
    found = each.mutate(place_=place, of_=each.customer_id.count().over(ibis.window()).cast("int64"))

    def rank(value: IntegerValue) -> IntegerValue:
        return found.customer_id.notnull().ifelse(value, ibis.null("int64"))

    return found.mutate(
        customer_rank=rank(found.place_ + whole(1)),
        customer_decile=rank(_part(found.place_, found.of_, 10)),
        customer_percentile=rank(_part(found.place_, found.of_, 100)),
    ).drop("place_", "of_")


def _part(place: IntegerValue, of: IntegerValue, parts: int) -> IntegerValue:
    """In which of so many even parts a place from 0 on lies, 1 the first."""
    size, larger = _over(of, whole(parts)), of % whole(parts)
    edge = larger * (size + whole(1))
    behind = larger + _over(place - edge, size.nullif(whole(0))) + whole(1)
    return (place < edge).ifelse(_over(place, size + whole(1)) + whole(1), behind)


def _over(one: IntegerValue, other: IntegerValue) -> IntegerValue:
    """A quotient rounded down."""
    return (one / other).floor().cast("int64")


def best(each: Table, keys: Sequence[str], wanted: Sequence[str]) -> Table:
    """The shares that the best customers of each group make. each: a row a group and customer, with its `amount`."""
    order = [ibis.desc(each.amount), each.customer_id]
    place = ibis.row_number().over(group_by=[each[key] for key in keys], order_by=order).cast("int64")
    number = each.customer_id.count().over(ibis.window(group_by=[each[key] for key in keys])).cast("int64")
    found = each.mutate(place_=place, of_=number)
    sums = {
        name: (found.place_ * whole(part) < found.of_).ifelse(found.amount, whole(0)).sum().cast("float64")
        for name, part in PARTS.items() if name in wanted
    }  # fmt: skip
    amount = found.amount.sum().cast("float64").nullif(ibis.literal(0.0))
    shares = {name: part / amount for name, part in sums.items()}
    return found.group_by(*keys).aggregate(**shares) if keys else found.aggregate(**shares)


def ranks_itself(question: Question) -> bool:
    """Whether the rows asked for are those over which customers are ranked, and are split by customer alone.

    Then one reading of the lines gives both the ranks and the figures.
    """
    over = question.ranking
    if over is None or not all(item.of == "customer" for item in question.by):
        return False
    names = {item.name for item in question.used if item.ranked}
    rest = tuple(part for part in question.rows if not rules.names(part) & names)
    alone = all(rules.names(part) <= names for part in question.rows if part not in rest)
    return alone and rest == over.rows and question.periods == over.periods
