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
    Condition,
    Event,
    Filter,
    Group,
    InSegment,
    Node,
    Profile,
    Purchase,
    Reach,
    Score,
    Window,
    conditions,
)

NO_ZERO = frozenset({"average", "first", "last"})
OF_PRODUCT = ("product_key", "brand", "product_major", "product_middle", "product_minor")
Figure = Callable[[Table, BooleanValue | None], Value]  # over the rows that count; all of them for None
OF_STORE = {"store": "store", "store_region": "region"}


@dataclass(frozen=True)
class Facts:
    """Everything conditions look at, on one day.

    customers: one row each with their attributes. purchases (and the same rows as by_product), tickets, products,
    stores, channels, events, reach: as `prepared` writes them. scores: of a table some scoring days back, customer_id
    and scores, or None. members: of a segment as these facts have it, customer_id.
    """

    as_of: date
    customers: Table
    purchases: Table
    by_product: Table
    tickets: Table
    products: Table
    stores: Table
    channels: Table
    events: Table
    reach: Table
    scores: Callable[[str, int], Table | None]
    members: Callable[["Facts", int], Table]

    def of(self, ids: Sequence[int]) -> "Facts":
        """The same facts of a few customers only."""

        def only(table: Table) -> Table:
            return table.filter(table.customer_id.isin([ibis.literal(int(one), type="int64") for one in ids]))

        def scores(name: str, ago: int) -> Table | None:
            table = self.scores(name, ago)
            return None if table is None else only(table)

        return replace(
            self, customers=only(self.customers), purchases=only(self.purchases),
            by_product=only(self.purchases), tickets=only(self.tickets), events=only(self.events),
            reach=only(self.reach), scores=scores, members=lambda facts, one: only(self.members(facts, one)),
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


def answer(facts: Facts, asked: Condition) -> Answer:
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
        case Event():
            return _event(facts, asked)
        case Score():
            return _score(facts, asked)
        case InSegment():
            table = facts.members(facts, asked.segment_id).select("customer_id").distinct()
            return Answer(table.mutate(seen=ibis.literal("in")), lambda table: table.seen == "in")


# ---- values of customers -----------------------------------------------------------------------------------------


def _profile(facts: Facts, asked: Profile) -> Answer:
    customers = facts.customers
    if asked.field == "age":
        year = ibis.literal(facts.as_of.year, type="int64")
        seen = (year - customers.birth_year.cast("int64")) if "birth_year" in customers.columns else ibis.null("int64")
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
    by_product = any(one.field in OF_PRODUCT for one in asked.filters)
    of_lines = asked.measure == "products"
    rows = facts.by_product if by_product else facts.purchases if of_lines else facts.tickets
    for one in asked.filters:
        rows = rows.semi_join(*_codes(facts, one))
    if asked.measure in ("orders", "average") and by_product:
        rows = _by_order(rows)
        by_product = False
    elif asked.measure in ("first", "last", "products"):
        kept = rows.bought if "bought" in rows.columns else rows.amount >= ibis.literal(0, type="int64")
        rows = rows.filter(kept)
    seen = _figures(rows, asked.window, facts.as_of, _measure(asked.measure, facts.as_of))
    return _counted(seen, asked, asked.measure in NO_ZERO)


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

    def orders(rows: Table, counted: BooleanValue | None) -> Value:
        return rows["first"].cast("int64").sum(where=counted).cast("int64").fill_null(none)

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

    def times(found: Table, counted: BooleanValue | None) -> Value:
        return found.count(where=counted).cast("int64")

    return _counted(_figures(rows, asked.window, facts.as_of, times), asked, no_zero=False)


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
