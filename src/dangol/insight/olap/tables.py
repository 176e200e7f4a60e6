"""Measures by dimensions as Ibis expressions, the same on DuckDB and Spark.

Every family of measures is one table: the dimensions of the question as columns `d_<name>` (periods as numbers) and a
column a figure. Missing values of dimensions stay missing and form a group of their own; so grouping and windows are
used where a join on dimensions would lose them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, DateValue, IntegerColumn, IntegerValue, Table, Value

from dangol.base.errors import BadInput
from dangol.insight.olap import rules
from dangol.insight.olap.rules import Dimension

SUMS = (
    "sales_amount", "quantity", "discount", "returns_amount", "cost_amount", "costed_amount", "paid_amount",
    "billed_amount",
)  # fmt: skip
FIGURES: Mapping[str, Callable[[Table], Value]] = {  # of a line; the other sums have a column of their name
    "sales_amount": lambda line: line.amount,
    "returns_amount": lambda line: (line.amount < _whole(0)).ifelse(-line.amount, _whole(0)),
    "cost_amount": lambda line: line.cost,
    "costed_amount": lambda line: line.cost.notnull().ifelse(line.amount, ibis.null("int64")),
    "paid_amount": lambda line: line.paid,
    "billed_amount": lambda line: line.paid.notnull().ifelse(line.amount, ibis.null("int64")),
    "orders": lambda line: (line.line_no == ibis.literal(0, type="int32")).ifelse(_whole(1), _whole(0)),
}
PER_CUSTOMER = frozenset({"buying_customers", "repeat_customers"})
COUNTING_ORDERS = frozenset({"orders", "repeat_customers"})
JOINS = {"customer": "customer_id", "product": "product_key", "store": "store_key", "posting": "unit_id"}


@dataclass(frozen=True)
class Star:
    """The tables of the warehouse, already bounded by what the member may see; customers carry their segment.

    bounded: whether lines, contacts and responses of other customers must be left out. days: first and last day of
    the sales lines. different: the number of different customers of a column in so many groups at most, as one
    aggregate; None where the engine has no quick one (see `Engine.bits`).
    """

    sales_lines: Table
    customers: Table
    products: Table
    stores: Table
    contacts: Table
    responses: Table
    units: Table
    bounded: bool = False
    days: tuple[date, date] | None = None
    different: Callable[[IntegerColumn, int], IntegerValue | None] | None = None


@dataclass(frozen=True)
class Question:
    """What is asked: figures by dimensions, under conditions on rows and conditions on the period alone."""

    by: tuple[Dimension, ...]
    used: tuple[Dimension, ...] = ()  # in the conditions
    rows: tuple[rules.Condition, ...] = ()
    periods: tuple[rules.Condition, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The columns of the answer's dimensions."""
        return [column(dimension) for dimension in self.by]

    @property
    def timeless(self) -> list[str]:
        """The same without periods."""
        return [column(dimension) for dimension in self.by if not dimension.is_period]

    @property
    def times(self) -> list[str]:
        """The periods among them, from the longest to the shortest: sorted so, they run in order of time."""
        order = {name: place for place, name in enumerate(reversed(rules.PERIODS))}
        found = sorted((item for item in self.by if item.is_period), key=lambda item: order[item.name])
        return [column(dimension) for dimension in found]


def column(dimension: Dimension) -> str:
    """The column of a dimension in the tables of this module."""
    return f"d_{dimension.name}"


def _whole(number: int) -> IntegerValue:
    return ibis.literal(number, type="int64")


def period(name: str, day: DateValue) -> IntegerValue:
    """The number of the period of a day; the same as `rules.period_number`."""
    year = day.year().cast("int64")
    if name == "day":
        return day.epoch_days().cast("int64")
    if name == "week":
        return ((day.epoch_days().cast("int64") + _whole(3)) / _whole(7)).floor().cast("int64")
    if name == "month":
        return year * _whole(12) + day.month().cast("int64") - _whole(1)
    if name == "quarter":
        return year * _whole(4) + ((day.month().cast("int64") - _whole(1)) / _whole(3)).floor().cast("int64")
    if name == "half":
        return year * _whole(2) + ((day.month().cast("int64") - _whole(1)) / _whole(6)).floor().cast("int64")
    return year


# ---- facts: rows with the dimensions of the question -----------------------------------------------------------------


def facts(
    star: Star, table: Table, question: Question, *, within: bool = True, late: Collection[Dimension] = ()
) -> Table:
    """Fact rows with a column for every dimension of the question and its conditions, and with those conditions met.

    table: sales_lines, contacts or responses, with its day as `day`. within: whether the conditions on periods apply.
    late: dimensions of the split that are looked up later, in fewer rows (see `dimensioned`).
    """
    if star.bounded:
        table = table.semi_join(star.customers, "customer_id")
    wanted = list(dict.fromkeys((*(item for item in question.by if item not in late), *question.used)))
    found = dimensioned(star, table, wanted)
    conditions = question.rows + (question.periods if within else ())
    kinds = {item.name: item for item in wanted}
    return found.filter(*[met(found, condition, kinds) for condition in conditions]) if conditions else found


def dimensioned(star: Star, table: Table, wanted: Collection[Dimension]) -> Table:
    """Rows with a column for each dimension: of their own, of their day, or of what they lead to by a key."""
    sides = {"customer": star.customers, "product": star.products, "store": star.stores, "posting": star.units}
    for of, key in JOINS.items():
        columns = sorted({item.column for item in wanted if item.of == of and not _is_rep(item)})
        if columns:
            side = sides[of]
            side = side.select(side[key].name(f"{of}_key_"), **{f"{of}_{name}": side[name] for name in columns})
            table = table.left_join(side, table[key] == side[f"{of}_key_"])
    return table.mutate(**{column(item): _value(table, item) for item in wanted})


def source_of(item: Dimension) -> str:
    """The column of the lines that decides a dimension."""
    if item.is_period:
        return "day"
    return "rep_id" if _is_rep(item) else JOINS.get(item.of, item.column)


def _is_rep(item: Dimension) -> bool:
    """Whether it is the rep on the day of the sale, whose code every line tells without another table."""
    return item.of == "posting" and item.column == "rep"


def today(question: Question) -> Question:
    """The question with who is in charge today: what is not sold has no other day."""

    def of_today(items: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        return tuple(replace(one, of="customer") if one.of == "posting" else one for one in items)

    return replace(question, by=of_today(question.by), used=of_today(question.used))


def _value(table: Table, item: Dimension) -> Value:
    if item.is_period:
        return period(item.name, table.day)
    if _is_rep(item):
        return ibis.literal("rep ") + table.rep_id.cast("string")
    return table[f"{item.of}_{item.column}"] if item.of in JOINS else table[item.column]


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
        case rules.Under():
            raise ValueError("A path is written out by the model before it is asked.")
        case rules.IsNull(name) | rules.In(name) | rules.Between(name) | rules.Compare(name) if kinds[name].is_period:
            return _in_period(table[day], condition)
        case rules.IsNull(name):
            return table[f"d_{name}"].isnull()
        case rules.In(name, values):
            return table[f"d_{name}"].isin([_fitting(table, kinds[name], value) for value in values])
        case rules.Between(name, low, high):
            left, right = (_fitting(table, kinds[name], value) for value in (low, high))
            return table[f"d_{name}"].between(left, right)
        case rules.Compare(name, sign, value):
            return _compared(table[f"d_{name}"], sign, _fitting(table, kinds[name], value))


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


def _grouped(table: Table, keys: Sequence[str], **figures: Value) -> Table:
    return table.group_by(*keys).aggregate(**figures) if keys else table.aggregate(**figures)


# ---- families of measures --------------------------------------------------------------------------------------------


def sales(star: Star, question: Question, wanted: Collection[str]) -> Table:
    """Sums, orders, and customers who bought (again). wanted: names of measures.

    Orders are counted by their first lines. Where lines of one order may lie in different groups (split or filtered by
    product), they are brought together to one row an order first.
    """
    sums = [name for name in SUMS if name in wanted]
    if COUNTING_ORDERS.intersection(wanted):
        sums.append("orders")
    per_order = "orders" in sums and any(rules.within_order(item) for item in (*question.by, *question.used))
    if PER_CUSTOMER.intersection(wanted):
        return _with_people(star, question, wanted, sums, per_order=per_order)
    late = () if per_order else _late(question)
    found = _lines(star, question, sums, late, per_order=per_order)
    if late:
        early = [column(item) for item in question.by if item not in late]
        found = _grouped(found, [*early, *sorted({source_of(item) for item in late})], **_summed(found, sums))
        found = dimensioned(star, found, late)
    return _grouped(found, question.keys, **_summed(found, sums))


def _late(question: Question) -> tuple[Dimension, ...]:
    """Dimensions that are cheaper to look up in sums by what decides them than in every line.

    Periods where nothing else is split by: there are few days. What stores and postings tell: there are few of them.
    """
    few = {item for item in question.by if item.of in ("store", "posting") and item not in question.used}
    if all(item.is_period or item.of == "channel" for item in question.by):
        few |= {item for item in question.by if item.is_period and item.name != "day"}
    return tuple(item for item in question.by if item in few)


def _lines(
    star: Star, question: Question, sums: Sequence[str], late: Collection[Dimension], *, per_order: bool
) -> Table:
    """Sales lines, or one row an order and group, with the columns to add up."""
    found = facts(star, star.sales_lines, question, late=late)
    found = found.mutate(**{name: FIGURES[name](found) for name in sums if name in FIGURES})
    if not per_order:
        return found
    keys = [column(item) for item in question.by if item not in late]
    apart = found.group_by(*keys, "source", "order_id").aggregate(
        **_summed(found, sums[:-1]), customer_id=found.customer_id.max()
    )
    return apart.mutate(orders=_whole(1))


def _summed(table: Table, names: Sequence[str]) -> dict[str, Value]:
    return {name: table[name].sum().cast("int64") for name in names}


def _with_people(
    star: Star, question: Question, wanted: Collection[str], sums: Sequence[str], *, per_order: bool
) -> Table:
    """The sums besides different customers, and those with several orders.

    In few groups known before, one aggregate counts the customers. Else there is one row a customer first, then a
    plain count: that costs a fraction of a distinct count in many groups, and what customers tell is looked up in it.
    """
    few = None
    late = tuple(item for item in question.by if item.of == "customer" and item not in question.used)
    found = _lines(star, question, sums, late, per_order=per_order)
    if "repeat_customers" not in wanted:
        few = different(star, found, question)
    if few is not None:
        return _grouped(found, question.keys, **_summed(found, sums), buying_customers=few)
    early = [column(item) for item in question.by if item not in late]
    found = found.group_by(*early, "customer_id").aggregate(**_summed(found, sums))
    found = dimensioned(star, found, late)
    figures = {"buying_customers": found.customer_id.count()}
    if "repeat_customers" in wanted:
        again = (found.customer_id.notnull() & (found.orders > _whole(1))).ifelse(_whole(1), _whole(0))
        figures["repeat_customers"] = again.sum().cast("int64")
    return _grouped(found, question.keys, **_summed(found, sums), **figures)


def different(star: Star, table: Table, question: Question) -> IntegerValue | None:
    """The number of different customers as one aggregate, where the groups are periods only, whose number is known."""
    if star.different is None or star.days is None or not all(item.is_period for item in question.by):
        return None
    first, last = star.days
    spans = [rules.period_number(item.name, last) - rules.period_number(item.name, first) for item in question.by]
    return star.different(table.customer_id, 1 + sum(spans))


def base(star: Star, question: Question) -> Table:
    """Accumulated customers: see the definition of the measure `customers`."""
    question = today(question)
    by_nature = {item.of for item in (*question.by, *question.used)}
    if by_nature <= {"customer"}:
        found = people(star, question)
        return _grouped(found, question.keys, customers=found.count())
    if not question.times:
        found = facts(star, star.sales_lines, question)
        found = found.filter(found.customer_id.notnull()).select(*question.keys, "customer_id").distinct()
        return _grouped(found, question.keys, customers=found.count())
    return _accumulated(star, question)


def people(star: Star, question: Question) -> Table:
    """Customers with a column for every dimension of the question, under its conditions; all are of customers."""
    question = today(question)
    wanted = list(dict.fromkeys((*question.by, *question.used)))
    found = star.customers.mutate(**{column(item): star.customers[item.column] for item in wanted})
    kinds = {item.name: item for item in wanted}
    return found.filter(*[met(found, one, kinds) for one in question.rows]) if question.rows else found


def _accumulated(star: Star, question: Question) -> Table:
    """Customers by the first period they bought in, summed up over time; shown where there are sales."""
    keys, timeless, times = question.keys, question.timeless, question.times
    ever = facts(star, star.sales_lines, question, within=False)
    ever = ever.filter(ever.customer_id.notnull())
    first = ever.group_by(*timeless, "customer_id").aggregate(day=ever.day.min())
    first = first.mutate(**{name: period(name.removeprefix("d_"), first.day) for name in times})
    shown = facts(star, star.sales_lines, question).select(*keys).distinct()
    steps = ibis.union(
        first.select(*keys, fresh=_whole(1), shown=_whole(0)), shown.select(*keys, fresh=_whole(0), shown=_whole(1))
    )
    cells = steps.group_by(*keys).aggregate(fresh=steps.fresh.sum(), shown=steps.shown.max())
    running = ibis.cumulative_window(
        group_by=[cells[name] for name in timeless], order_by=[cells[name] for name in times]
    )
    cells = cells.mutate(customers=cells.fresh.sum().over(running).cast("int64"))
    return cells.filter(cells.shown == _whole(1)).select(*keys, "customers")


def cycle(star: Star, question: Question) -> Table:
    """Mean days between consecutive purchase days of a customer."""
    found = facts(star, star.sales_lines, question, within=False)
    visits = found.filter(found.customer_id.notnull()).select(*question.timeless, "customer_id", "day").distinct()
    number = period("day", visits.day)
    before = number.lag().over(group_by=[*question.timeless, "customer_id"], order_by="day")
    gaps = visits.mutate(gap=number - before)
    gaps = _at(gaps.filter(gaps.gap.notnull()), question)
    summed = _grouped(gaps, question.keys, days=gaps.gap.sum().cast("float64"), gaps=gaps.count())
    mean = summed.days / summed.gaps.nullif(_whole(0)).cast("float64")
    return summed.select(*question.keys, purchase_cycle_days=mean)


def _at(table: Table, question: Question) -> Table:
    """The rows whose own day meets the conditions on periods, with the periods of that day."""
    wanted = {item.name: item for item in (*question.by, *question.used) if item.is_period}
    table = table.mutate(**{column(item): period(item.name, table.day) for item in wanted.values()})
    return table.filter(*[met(table, one, wanted) for one in question.periods]) if question.periods else table


def retention(star: Star, question: Question) -> Table:
    """Share of the buyers of the period before who bought again, and the rest. One period is among the dimensions."""
    [now] = question.times
    found = facts(star, star.sales_lines, question, within=False)
    kinds = {item.name: item for item in (*question.by, *question.used)}
    inside = [met(found, one, kinds) for one in question.periods]
    found = found.mutate(inside=reduce(and_, inside, ibis.literal(True)).ifelse(_whole(1), _whole(0)))
    found = found.filter(found.customer_id.notnull())
    buyers = found.group_by(*question.keys, "customer_id").aggregate(inside=found.inside.max())
    own = ibis.window(group_by=[*question.timeless, "customer_id"], order_by=now)
    again = buyers[now].lag().over(own) == buyers[now] - _whole(1)
    buyers = buyers.mutate(kept=(again & (buyers.inside == _whole(1))).fill_null(False).ifelse(_whole(1), _whole(0)))
    counted = buyers.group_by(*question.keys).aggregate(
        buyers=buyers.count(), inside=buyers.inside.max(), kept=buyers.kept.sum()
    )
    along = ibis.window(group_by=question.timeless, order_by=now)
    next_to = counted[now].lag().over(along) == counted[now] - _whole(1)
    counted = counted.mutate(before=next_to.ifelse(counted.buyers.lag().over(along), ibis.null("int64")))
    rate = counted.kept.cast("float64") / counted.before.cast("float64")
    counted = counted.mutate(retention_rate=rate, churn_rate=ibis.literal(1.0) - rate)
    return counted.filter(counted.inside == _whole(1)).select(*question.keys, "retention_rate", "churn_rate")


def _real(events: Table) -> Table:
    """Contacts or responses of real people: what went to generated addresses is counted in no figure."""
    return events.filter(events.generated.fill_null(_whole(0)) == _whole(0))


def contacted(star: Star, question: Question) -> Table:
    """Different customers on contact lists."""
    return _people_in(star, _real(star.contacts).rename(day="contacted_on"), question, "contacted_customers")


def responding(star: Star, question: Question) -> Table:
    """Different customers with a response."""
    return _people_in(star, _real(star.responses).rename(day="responded_on"), question, "responding_customers")


def _people_in(star: Star, table: Table, question: Question, name: str) -> Table:
    found = facts(star, table, today(question))
    found = found.filter(found.customer_id.notnull()).select(*question.keys, "customer_id").distinct()
    return _grouped(found, question.keys, **{name: found.count()})
