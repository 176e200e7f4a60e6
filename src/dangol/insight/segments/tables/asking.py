"""What a condition asks, as Ibis expressions, the same on DuckDB and Spark: prepared facts in, customers out.

Every condition is a table of customers with the value seen, and whether that value is what was asked for. Over all
customers it is a count; over the facts of one customer the very same expression says why they are in or not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from dangol.insight.segments.rules import (
    ALL,
    ANY,
    BOUGHT,
    Condition,
    Event,
    Filter,
    Group,
    InSegment,
    Measured,
    Node,
    Profile,
    Purchase,
    Reach,
    Score,
    Window,
    conditions,
)

BIRTH = ("birth_month", "birthday_months")
NO_ZERO = frozenset({"average", "first", "last"})
OF_PRODUCT = ("product_key", "brand", "product_major", "product_middle", "product_minor")
Figure = Callable[[Table, BooleanValue | None], Value]  # over the rows that count; all of them for None
OF_STORE = {"store": "store", "store_region": "region"}


@dataclass(frozen=True)
class Facts:
    """Everything conditions look at, on one day.

    customers: one row each with their attributes. purchases (and the same rows as by_product), products, stores,
    channels, events, reach: as `prepared` writes them. scores: of a table some scoring days back, customer_id and
    scores, or None. members: of a segment as these facts have it, customer_id. measured: customer_id and `seen`, a
    measure of those with a figure that fits or not, and whether those without a row fit. only: the customers these
    facts are of, where they are of a few, and everybody: the facts these were taken from. birthdays: customer_id and
    month (1 to 12) of those whose day of birth is known by the solar calendar.
    """

    as_of: date
    customers: Table
    purchases: Table
    by_product: Table
    products: Table
    stores: Table
    channels: Table
    events: Table
    reach: Table
    scores: Callable[[str, int], Table | None]
    members: Callable[["Facts", int], Table]
    measured: Callable[["Facts", Measured], tuple[Table, bool]]
    birthdays: Table
    only: Sequence[int] | None = None
    everybody: "Facts | None" = None

    def of(self, ids: Sequence[int]) -> "Facts":
        """The same facts of a few customers only."""

        def only(table: Table) -> Table:
            return table.filter(table.customer_id.isin([ibis.literal(int(one), type="int64") for one in ids]))

        def scores(name: str, ago: int) -> Table | None:
            table = self.scores(name, ago)
            return None if table is None else only(table)

        return replace(
            self, customers=only(self.customers), purchases=only(self.purchases),
            by_product=only(self.purchases), events=only(self.events),
            reach=only(self.reach), scores=scores, members=lambda facts, one: only(self.members(facts, one)),
            birthdays=only(self.birthdays), only=[int(one) for one in ids], everybody=self,
        )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One condition's answer. seen: customer_id and `seen`, the value looked at, of those who have one.

    fits: whether a row of `seen` is what was asked for. others: whether customers without a row are, too (who bought
    nothing bought at most twice).
    """

    seen: Table
    fits: Callable[[Table], BooleanValue]
    others: bool = False

    @property
    def named(self) -> Table:
        """The customers whom the answer is about: those who fit, or, where others do, those who do not."""
        fits = self.fits(self.seen)
        return self.seen.filter(~fits if self.others else fits).select("customer_id")


def answer(facts: Facts, asked: Condition) -> Answer:  # noqa: PLR0911  one return a kind of condition
    """What a condition asks of the facts."""
    match asked:
        case Profile():
            return _profile(facts, asked)
        case Reach():
            rows = facts.reach.filter(facts.reach.channel == asked.channel)
            return Answer(
                rows.select("customer_id", seen=rows.reason),
                lambda table: (table.seen == "") if asked.can else (table.seen != ""), others=not asked.can,
            )  # fmt: skip
        case Purchase():
            return _purchase(facts, asked)
        case Measured():
            seen, others = facts.measured(facts, asked)
            return Answer(seen, lambda table: _within(table.seen, asked.least, asked.most), others)
        case Event():
            return _event(facts, asked)
        case Score():
            return _score(facts, asked)
        case InSegment():
            table = facts.members(facts, asked.segment_id).select("customer_id").distinct()
            inside = ibis.literal(asked.inside)
            return Answer(table.mutate(seen=ibis.literal("in")), lambda table: (table.seen == "in") == inside,
                          others=not asked.inside)  # fmt: skip


# ---- values of customers -----------------------------------------------------------------------------------------


def _profile(facts: Facts, asked: Profile) -> Answer:
    customers = facts.customers
    if asked.field == "age":
        year = ibis.literal(facts.as_of.year, type="int64")
        seen = (year - customers.birth_year.cast("int64")) if "birth_year" in customers.columns else ibis.null("int64")
    elif asked.field in BIRTH:
        return _tested(_birth(facts, asked.field), asked)
    elif asked.field == "first_day":
        seen = ibis.literal(facts.as_of).delta(customers.first_day, unit="day").cast("int64")
    elif asked.field in customers.columns:
        seen = customers[asked.field]
    else:
        seen = ibis.null("string")
    return _tested(customers.select("customer_id", seen=seen), asked)


def _score(facts: Facts, asked: Score) -> Answer:
    table = facts.scores(asked.table, asked.months_ago)
    if table is None or asked.field not in table.columns:
        empty = facts.customers.select("customer_id", seen=ibis.null("string")).filter(ibis.literal(False))
        return _tested(empty, asked)
    return _tested(table.select("customer_id", seen=table[asked.field]), asked)


def _birth(facts: Facts, field: str) -> Table:
    """The month of birth, or in how many months it comes (0: this month)."""
    month = facts.birthdays.month.cast("int64")
    if field == "birthday_months":
        month = (month - ibis.literal(facts.as_of.month, type="int64") + ibis.literal(12, type="int64")) % ibis.literal(
            12, type="int64"
        )
    return facts.birthdays.select("customer_id", seen=month)


def _tested(seen: Table, asked: Profile | Score) -> Answer:
    """A value held against a list, a range, or nothing. Who has no value is not one of any."""
    match asked.test:
        case "known":
            return Answer(seen, lambda table: table.seen.notnull())
        case "unknown":
            return Answer(seen, lambda table: table.seen.isnull(), others=True)
        case "between":
            number = seen.mutate(seen=seen.seen.try_cast("float64") if seen.seen.type().is_string() else seen.seen)
            return Answer(number, lambda table: _within(table.seen, asked.least, asked.most))
        case "none_of":
            return Answer(seen, lambda table: ~_is_one_of(table.seen, asked.values), others=True)
        case _:
            return Answer(seen, lambda table: _is_one_of(table.seen, asked.values))


def _is_one_of(value: Value, values: Sequence[str]) -> BooleanValue:
    return value.cast("string").isin(list(values)).fill_null(ibis.literal(False))


def _within(value: Value, least: float | None, most: float | None) -> BooleanValue:
    bounds = [value >= _number(value, least)] if least is not None else []
    bounds += [value <= _number(value, most)] if most is not None else []
    return reduce(and_, bounds, value.notnull()).fill_null(ibis.literal(False))


def _number(value: Value, bound: float) -> Value:
    return ibis.literal(bound, type="int64" if isinstance(bound, int) and value.type().is_integer() else "float64")


# ---- what was done -----------------------------------------------------------------------------------------------


def days_of(window: Window, as_of: date) -> tuple[date | None, date]:
    """The first day (None: the first of all) and the last day that count."""
    if window.kind == "between" and window.since and window.until:
        return window.since, window.until
    last = as_of - timedelta(days=window.quiet_days)
    return (last - timedelta(days=window.days - 1) if window.kind == "last" else None), last


def _in_time(rows: Table, window: Window, as_of: date) -> tuple[Table, BooleanValue]:
    """The rows that are looked at, and which of them are counted: later ones only say that it was not quiet."""
    first, last = days_of(window, as_of)
    rows = rows.filter(rows.day >= ibis.literal(first)) if first else rows
    if not window.ends_quietly:
        rows = rows.filter(rows.day <= ibis.literal(last))
    return rows, rows.day <= ibis.literal(last)


def _figures(rows: Table, window: Window, as_of: date, figure: Figure) -> Table:
    """customer_id, seen, and `later` where something must not have happened since."""
    rows, counted = _in_time(rows, window, as_of)
    made = {"seen": figure(rows, counted if window.ends_quietly else None)}
    if window.ends_quietly:
        made["later"] = (~counted).sum().fill_null(ibis.literal(0, type="int64"))
    return rows.group_by("customer_id").aggregate(**made)


def _counted(seen: Table, asked: Purchase | Event, no_zero: bool) -> Answer:
    """Bounds of a figure. Where nothing at all fits them, too, those without a row are asked for as well."""

    def fits(table: Table) -> BooleanValue:
        inside = _within(table.seen, asked.least, asked.most)
        return inside & (table.later == ibis.literal(0, type="int64")) if "later" in table.columns else inside

    others = not no_zero and (asked.least is None or asked.least <= 0) and (asked.most is None or asked.most >= 0)
    return Answer(seen, fits, others)


def _purchase(facts: Facts, asked: Purchase) -> Answer:
    if asked.top is not None:
        return _top(facts, asked, asked.top)
    return _counted(_bought(facts, asked), asked, asked.measure in NO_ZERO)


def _top(facts: Facts, asked: Purchase, percent: float) -> Answer:
    """Who is highest: ranked among everybody, also where it is asked of a few."""
    found = _bought(facts.everybody or facts, asked)
    found = found.filter(found.seen.notnull(), found.seen > ibis.literal(0, type="int64"))
    place = ibis.row_number().over(order_by=[ibis.desc(found.seen), ibis.asc(found.customer_id)])
    ranked = found.mutate(place=place.cast("int64"), all=found.count().over(ibis.window()).cast("int64"))
    ranked = ranked if facts.only is None else ranked.filter(ranked.customer_id.isin(facts.only))
    most = (ranked["all"].cast("float64") * ibis.literal(percent) / ibis.literal(100.0)).ceil().cast("int64")
    return Answer(ranked.mutate(most=most), lambda table: table.place < table.most)


def _bought(facts: Facts, asked: Purchase) -> Table:
    """customer_id, seen: the figure of those who bought so; and later, as `_figures` has it."""
    by_product = any(one.field in OF_PRODUCT for one in asked.filters)
    rows = facts.by_product if by_product else facts.purchases
    for one in asked.filters:
        rows = rows.semi_join(*_codes(facts, one))
    if asked.which != "any":
        rows = _of_which(facts, rows, asked.which)
    if asked.measure in ("orders", "average") and by_product:
        rows = _by_order(rows)
        by_product = False
    elif asked.measure in ("first", "last", "products"):
        rows = rows.filter(rows.amount >= ibis.literal(0, type="int64"))
    return _figures(rows, asked.window, facts.as_of, _measure(asked.measure, facts.as_of))


def _of_which(facts: Facts, rows: Table, which: str) -> Table:
    """The lines of the first purchase of all a customer made, of those after it, or of the last; orders run in time."""
    bought = facts.purchases.filter(facts.purchases["first"])
    edge = bought["order"].max() if which == "last" else bought["order"].min()
    edges = bought.group_by("customer_id").aggregate(edge_=edge)
    found = rows.inner_join(edges, "customer_id")
    return found.filter(found["order"] > found.edge_ if which == "later" else found["order"] == found.edge_)


def _by_order(rows: Table) -> Table:
    """The lines of an order as one row: bought where any of them is no return."""
    bought = rows.amount >= ibis.literal(0, type="int64")
    found = rows.group_by("customer_id", "order").aggregate(
        day=rows.day.min(), amount=rows.amount.sum().cast("int64"), first=bought.any()
    )
    return found.select("customer_id", "day", "amount", "first")


def _codes(facts: Facts, one: Filter) -> tuple[Table, str]:
    """The codes of a filter's values, and the column of purchases that holds them."""
    if one.field in OF_PRODUCT:
        products = facts.products
        return products.filter(products[one.field].isin(list(one.values))).select("product"), "product"
    if one.field in OF_STORE:
        stores = facts.stores
        return stores.filter(stores[OF_STORE[one.field]].isin(list(one.values))).select("place"), "place"
    channels = facts.channels
    return channels.filter(channels.name.isin(list(one.values))).select("channel"), "channel"


def _measure(name: str, as_of: date) -> Figure:
    """A figure over the rows that count (all of them for None)."""
    none = ibis.literal(0, type="int64")

    def both(one: BooleanValue, counted: BooleanValue | None) -> BooleanValue:
        return one if counted is None else one & counted

    def orders(rows: Table, counted: BooleanValue | None) -> Value:
        return both(rows["first"], counted).sum().cast("int64").fill_null(none)

    def amount(rows: Table, counted: BooleanValue | None) -> Value:
        return rows.amount.sum(where=counted).cast("int64").fill_null(none)

    def average(rows: Table, counted: BooleanValue | None) -> Value:
        return amount(rows, counted).cast("float64") / orders(rows, counted).nullif(none).cast("float64")

    def since(rows: Table, day: Value) -> Value:
        return ibis.literal(as_of).delta(day, unit="day").cast("int64")

    return {
        "orders": orders,
        "amount": amount,
        "average": average,
        "quantity": lambda rows, counted: rows.quantity.sum(where=counted).cast("int64").fill_null(none),
        "products": lambda rows, counted: rows["product"].nunique(where=counted).cast("int64"),
        "first": lambda rows, counted: since(rows, rows.day.min(where=counted)),
        "last": lambda rows, counted: since(rows, rows.day.max(where=counted)),
    }[name]


def _event(facts: Facts, asked: Event) -> Answer:
    rows = facts.events.filter(facts.events.what == asked.what)
    for one in asked.filters:
        rows = rows.filter(rows[one.field].isin(list(one.values)))
    if asked.then:
        rows = _followed(facts, rows, asked)

    def times(found: Table, counted: BooleanValue | None) -> Value:
        return found.count(where=counted).cast("int64")

    return _counted(_figures(rows, asked.window, facts.as_of, times), asked, no_zero=False)


def _followed(facts: Facts, rows: Table, asked: Event) -> Table:
    """The events from whose day on something, or nothing, was bought within so many days."""
    bought = facts.purchases.filter(facts.purchases["first"]).select(buyer_="customer_id", bought_on="day")
    days = rows.select("customer_id", "day").distinct()
    pairs = days.inner_join(bought, [days.customer_id == bought.buyer_, bought.bought_on >= days.day])
    if asked.within:
        pairs = pairs.filter(pairs.bought_on.delta(pairs.day, unit="day") <= asked.within)
    if asked.then == BOUGHT:
        return rows.semi_join(pairs, ["customer_id", "day"])
    passed = rows.day <= ibis.literal(facts.as_of - timedelta(days=asked.within))
    return rows.filter(passed).anti_join(pairs, ["customer_id", "day"])


# ---- the whole definition ----------------------------------------------------------------------------------------


def judged(facts: Facts, root: Group) -> Table:
    """Every customer with `met`, whether they are in, and for the n-th condition `c<n>` and `v<n>`, the value seen."""
    found = facts.customers.select("customer_id")
    columns: dict[tuple[int, ...], str] = {}
    for number, (path, asked) in enumerate(conditions(root)):
        one = answer(facts, asked)
        fits = one.fits(one.seen)
        side = one.seen.select(
            one.seen.customer_id.name("key_"), fits.name(f"c{number}"), one.seen.seen.cast("string").name(f"v{number}")
        )
        found = found.left_join(side, found.customer_id == side.key_).drop("key_")
        found = found.mutate(**{f"c{number}": found[f"c{number}"].fill_null(ibis.literal(one.others))})
        columns[path] = f"c{number}"
    return found.mutate(met=_put_together(found, root, (), columns))


def _put_together(
    found: Table, node: Node, path: tuple[int, ...], columns: Mapping[tuple[int, ...], str]
) -> BooleanValue:
    if not isinstance(node, Group):
        return found[columns[path]]
    parts = [_put_together(found, part, (*path, place), columns) for place, part in enumerate(node.parts)]
    if not parts:
        return ibis.literal(True)
    if node.match == ALL:
        return reduce(and_, parts)
    any_of = reduce(or_, parts)
    return any_of if node.match == ANY else ~any_of


def members(facts: Facts, root: Group) -> Table:
    """The customers a definition describes: customer_id, each once."""
    found = judged(facts, root)
    return found.filter(found.met).select("customer_id")
