"""The last weeks by unit and rep, what their sales were made of, what goals reached, and who stands where."""

from collections.abc import Sequence
from datetime import date

import ibis
from ibis.expr.types import IntegerValue, Table

from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables.lines import lines, number, per_customer, sums
from dangol.insight.olap.rules import Dimension
from dangol.insight.olap.tables import Question, Star, column, period
from dangol.insight.score.warning import tables as warning

NOTHING = Question(())
CHARGE = ("path", "rep", "rep_id")  # who is in charge of a customer: unit and rep
MOST_FALLEN = 5


def _placed(star: Star, each: Table, *more: str) -> Table:
    """Rows with a customer_id with who is in charge, and more of the customer."""
    people = star.customers.select("rep", "rep_id", *more, person="customer_id", path=star.customers.unit_path)
    return each.left_join(people, each.customer_id == people.person)


def _week(table: Table, as_of: date) -> IntegerValue:
    """0 for the seven days up to as_of, 1 for those before, and so on."""
    today = period("day", ibis.literal(as_of))
    return ((today - period("day", table.day)) / number(7)).floor().cast("int64")


def weeks(star: Star, as_of: date, span: Span) -> Table:
    """A row for each unit, rep and week: path, rep, rep_id, week (0 the last), spent, often (orders), buyers."""
    each = per_customer(star, NOTHING, span, marks=lambda sold: {"week": _week(sold, as_of)})
    return _counted(_placed(star, each), *CHARGE, "week")


def days(star: Star, span: Span) -> Table:
    """A row for each unit in charge on the day and day: unit_id, day, orders."""
    found = lines(star, NOTHING, span)
    return found.group_by("unit_id", "day").aggregate(**sums(found, "orders"))


def reached(star: Star, span: Span) -> Table:
    """A row for each unit and rep in charge on the day of the sale and each RFM segment of today.

    unit_id, rep_id, segment, spent (minor units), often (orders).
    """
    each = _bought(star, span)
    return each.group_by("unit_id", "rep_id", "segment").aggregate(**sums(each, "spent", "often"))


def buyers(star: Star, span: Span, *, units: Sequence[int] | None, rep_id: int | None, segment: str) -> Table:
    """One row: buyers, the different customers who bought. units, rep_id: of those in charge on the day of the sale."""
    each = _bought(star, span)
    if units is not None:
        each = each.filter(each.unit_id.isin([number(one) for one in units]))
    if rep_id is not None:
        each = each.filter(each.rep_id == number(rep_id))
    if segment:
        each = each.filter(each.segment == ibis.literal(segment))
    return each.aggregate(buyers=each.customer_id.nunique())


def _bought(star: Star, span: Span) -> Table:
    """What each customer bought from whom, with the customer's segment."""
    each = per_customer(star, NOTHING, span, marks=lambda sold: {"unit_id": sold.unit_id, "rep_id": sold.rep_id})
    whose = star.customers.select("segment", person="customer_id")
    each = each.left_join(whose, each.customer_id == whose.person)
    return each.mutate(spent=each.sales + each.returns, often=each.orders)


def _counted(each: Table, *keys: str) -> Table:
    each = each.mutate(spent=each.sales + each.returns, often=each.orders)
    return each.group_by(*keys).aggregate(buyers=each.customer_id.count(), **sums(each, "spent", "often"))


def parts(star: Star, dimension: Dimension, as_of: date, span: Span) -> Table:
    """A row for each unit and group: path, group, now (the last week) and before (all others), minor units."""
    found = lines(star, Question((dimension,)), span)
    recent = (_week(found, as_of) == number(0)).ifelse(number(1), number(0))
    amount = found.sales + found.returns
    found = found.mutate(now=amount * recent, before=amount * (number(1) - recent), group=found[column(dimension)])
    each = found.group_by("group", "customer_id").aggregate(**sums(found, "now", "before"))
    each = _placed(star, each)
    return each.group_by("path", "group").aggregate(**sums(each, "now", "before"))


def standing(star: Star, scores: Table) -> Table:
    """A row for each unit, rep and RFM segment: customers, sales in the scheme's window (minor units)."""
    each = _placed(star, scores.select("customer_id", "segment", "monetary"))
    return each.group_by(*CHARGE, "segment").aggregate(
        customers=each.count().cast("int64"), sales=each.monetary.sum().cast("int64")
    )


def fallen(star: Star, before: Table, after: Table, least: float) -> Table:
    """The customers of each rep who fell most between two scorings: rep, rep_id, customer_id, lost, place, fell.

    lost: money they spend less, minor units. place: 0 for the first. fell: how many of the rep's fell in all.
    """
    moved = warning.moved(before, after, least)
    found = _placed(star, moved.filter(moved.fell))
    found = found.filter(found.rep.notnull() | found.rep_id.notnull())
    found = found.mutate(lost=(found.monetary_before - found.monetary).cast("int64"))
    own = ibis.window(group_by=["rep", "rep_id"])
    ranked = found.mutate(
        place=ibis.row_number().over(group_by=["rep", "rep_id"], order_by=[ibis.desc("lost"), ibis.asc("customer_id")]),
        fell=found.count().over(own).cast("int64"),
    )
    ranked = ranked.filter(ranked.place < ibis.literal(MOST_FALLEN, type="int64"))
    return ranked.select("rep", "rep_id", "customer_id", "lost", "place", "fell")
