"""Conditions on what customers did: bought, received, answered, clicked."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from dangol.insight.segments.rules import BOUGHT, LAST_CAMPAIGN, Event, Filter, Purchase, Window
from dangol.insight.segments.tables.facts import Answer, Facts, within

NO_ZERO = frozenset({"average", "first", "last"})
OF_PRODUCT = ("product_key", "brand", "product_major", "product_middle", "product_minor")
OF_STORE = {"store": "store", "store_region": "region"}
Figure = Callable[[Table, BooleanValue | None], Value]  # over the rows that count; all of them for None


def days_of(window: Window, as_of: date) -> tuple[date | None, date]:
    """The first day (None: the first of all) and the last day that count."""
    if window.kind == "between" and window.since and window.until:
        return window.since, window.until
    last = as_of - timedelta(days=window.quiet_days)
    return (last - timedelta(days=window.days - 1) if window.kind == "last" else None), last


def _in_time(rows: Table, window: Window, as_of: date) -> tuple[Table, BooleanValue]:
    """The rows that are looked at, and which of them are counted: later ones only say that it was not quiet.

    A time up to now has no end: what came after the last day of the figures, like a message of today, lies in it. At
    any time, what has no day counts as well.
    """
    first, last = days_of(window, as_of)
    rows = rows.filter(rows.day >= ibis.literal(first)) if first else rows
    if window.kind == "between" and not window.ends_quietly:
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
        inside = within(table.seen, asked.least, asked.most)
        return inside & (table.later == ibis.literal(0, type="int64")) if "later" in table.columns else inside

    others = not no_zero and (asked.least is None or asked.least <= 0) and (asked.most is None or asked.most >= 0)
    return Answer(seen, fits, others)


def purchase(facts: Facts, asked: Purchase) -> Answer:
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
    of_lines = asked.measure == "products" or asked.which != "any" or asked.is_priced
    rows = facts.by_product if by_product else facts.purchases if of_lines else facts.tickets
    for one in asked.filters:
        rows = rows.semi_join(*_codes(facts, one))
    if asked.is_priced:
        rows = _priced(rows, asked)
    if asked.which != "any":
        rows = _of_which(facts, rows, asked.which)
    if asked.measure in ("orders", "average") and (by_product or asked.is_priced):
        rows = _by_order(rows)
    elif asked.measure in ("first", "last", "products"):
        kept = rows.bought if "bought" in rows.columns else rows.amount >= ibis.literal(0, type="int64")
        rows = rows.filter(kept)
    return _figures(rows, asked.window, facts.as_of, _measure(asked.measure, facts.as_of))


def _priced(rows: Table, asked: Purchase) -> Table:
    """The lines sold at the prices asked for; that of a piece is rounded down, as price bands have it."""
    none = ibis.literal(0, type="int64")
    price = (rows.amount / rows.quantity.nullif(none)).floor().cast("int64")
    return rows.filter(rows.amount > none, rows.quantity > none, within(price, asked.price_from, asked.price_to))


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


def event(facts: Facts, asked: Event) -> Answer:
    rows = facts.events.filter(facts.events.what == asked.what)
    for one in asked.filters:
        if one.field == "campaign" and LAST_CAMPAIGN in one.values:
            rows = rows.semi_join(_campaigns(facts, one.values), "campaign")
        else:
            rows = rows.filter(rows[one.field].isin(list(one.values)))
    if asked.then:
        rows = _followed(facts, rows, asked)

    def times(found: Table, counted: BooleanValue | None) -> Value:
        return found.count(where=counted).cast("int64")

    return _counted(_figures(rows, asked.window, facts.as_of, times), asked, no_zero=False)


def _campaigns(facts: Facts, values: Sequence[str]) -> Table:
    """The campaigns of a list and the last one, of all customers also where it is asked of a few."""
    events = (facts.everybody or facts).events
    listed = events.filter(events.campaign.isin(list(values))).select("campaign")
    return ibis.union(last_campaign(events), listed, distinct=True)


def last_campaign(events: Table) -> Table:
    """The campaign whose first message to anybody went out last: campaign, one row or none."""
    sent = events.group_by("campaign").aggregate(begun=events.day.min(where=events.what == "contact"))
    place = ibis.row_number().over(order_by=[ibis.desc(sent.begun), ibis.desc(sent.campaign)])
    known = sent.filter(sent.begun.notnull()).mutate(place=place)
    return known.filter(known.place == 0).select("campaign")


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
