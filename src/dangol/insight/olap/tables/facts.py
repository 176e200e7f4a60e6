"""Fact rows with the dimensions of a question, and its conditions met."""

from collections.abc import Collection
from dataclasses import replace

import ibis
from ibis.expr.types import IntegerValue, Table, Value

from dangol.insight.olap import rules
from dangol.insight.olap.rules import Dimension, price_edges
from dangol.insight.olap.tables.conditions import met
from dangol.insight.olap.tables.ranks import RANKS, placed
from dangol.insight.olap.tables.shape import Question, Star, column, period, whole
from dangol.insight.warehouse.tables import company_time, figured

NOBODY = 0  # no customer's number
CODE = "code_"  # a number for what is split by (see `codes`)
NUMBERS = {"product": "item", "store": "place"}  # by which rows lead to them, in a layout that has numbers
JOINS = {"customer": "customer_id", "product": "product_key", "store": "store_key", "posting": "unit_id"}


def facts(
    star: Star, table: Table, question: Question, *, within: bool = True, late: Collection[Dimension] = ()
) -> Table:
    """Fact rows with a column for every dimension of the question and its conditions, and with those conditions met.

    table: as from `sold`, or contacts or responses with their day as `day`. within: whether the conditions on periods
    apply. late: dimensions of the split that are looked up later, in fewer rows (see `dimensioned`).
    """
    star = ranked(star, question)
    everyone = star.complete and any(table is one for one in (star.sales_lines, star.tickets, star.visits))
    if star.bounded:
        table = table.semi_join(star.customers, "customer_id")
    wanted = list(dict.fromkeys((*(item for item in question.by if item not in late), *question.used)))
    found = dimensioned(star, table, wanted, everyone=everyone)
    conditions = question.rows + (question.periods if within else ())
    kinds = {item.name: item for item in wanted}
    return found.filter(*[met(found, condition, kinds) for condition in conditions]) if conditions else found


def dimensioned(star: Star, table: Table, wanted: Collection[Dimension], *, everyone: bool = False) -> Table:
    """Rows with a column for each dimension: of their own, of their day, or of what they lead to by a key.

    everyone: whether the star has the customer of every row that names one.
    """
    sides = {"customer": star.customers, "product": star.products, "store": star.stores, "posting": star.units}
    for of, key in JOINS.items():
        names = {item.column for item in wanted if item.of == of and not _is_rep(item) and not _is_key(table, item)}
        if of == "customer" and any(item.of == "since" for item in wanted):
            names.add("first_day")
        columns = sorted(names)
        if columns:
            number = NUMBERS.get(of, "")
            by_number = number in table.columns
            side = sides[of].select(
                sides[of][number if by_number else key].name(f"{of}_key_"),
                **{f"{of}_{name}": sides[of][name] for name in columns},
            )
            if by_number or (of == "customer" and everyone):
                known = CODE in sides[of].columns
                table = _with_every(table, side, number if by_number else key, f"{of}_key_", known=known)
            else:
                table = table.left_join(side, table[key] == side[f"{of}_key_"])
    return table.mutate(**{column(item): _value(star, table, item) for item in wanted})


def _clock(star: Star, table: Table, part: str) -> IntegerValue:
    """A part of the company's time as a number; Monday is 1."""
    if part == "hour" and "hour" in table.columns:
        return table.hour.cast("int64")
    if part == "hour":
        return company_time(table.sold_at, star.zone).hour().cast("int64")
    return (
        table.day.month().cast("int64") if part == "month" else table.day.day_of_week.index().cast("int64") + whole(1)
    )


def _price_band(table: Table) -> IntegerValue:
    """The lower end of the band that the price of a piece lies in; nothing for returns and what was given away."""
    price = (table.amount / table.quantity).floor().cast("int64")
    sold = (table.amount > whole(0)) & (table.quantity > whole(0))
    steps = [(sold & (price >= whole(edge)), whole(edge)) for edge in reversed(price_edges())]
    return ibis.cases(*steps, else_=ibis.null("int64"))


def ranked(star: Star, question: Question) -> Star:
    """The star whose customers carry their ranks, where the question asks for them."""
    wanted = {item.column for item in (*question.by, *question.used) if item.ranked}
    if wanted <= set(star.customers.columns):
        return star
    if question.ranking is None:
        raise ValueError("A question for ranks says over which rows they are counted.")
    lines = figured(facts(star, sold(star, question.ranking), question.ranking), ["sales_amount"])
    lines = lines.filter(lines.customer_id.notnull())
    each = lines.group_by("customer_id").aggregate(amount=lines.sales_amount.sum().cast("int64"))
    ranks = placed(each, each.amount).select(*RANKS, ranked_id="customer_id")
    people = star.customers.left_join(ranks, star.customers.customer_id == ranks.ranked_id).drop("ranked_id")
    return replace(star, customers=people)


def _with_every(table: Table, side: Table, number: str, key: str, *, known: bool) -> Table:
    """Rows with what their customer, product or store tells, those of none with nothing.

    None is one more of them here, so that every row finds exactly one: such a join is an array that is looked up in,
    where the engine knows the numbers to be few (DuckDB: up to a million). known: whether the side has none already.
    """
    side = side if known else with_none(side, key)
    return table.inner_join(side, table[number].fill_null(_none(side, key)) == side[key])


def with_none(side: Table, key: str) -> Table:
    """Customers, products or stores and one more row for none of them, whose number is NOBODY."""
    told = {name: ibis.null(kind) for name, kind in side.schema().items()} | {key: _none(side, key)}
    return ibis.union(side, ibis.range(0, 1).unnest().name("row").as_table().select(**told))


def _none(side: Table, key: str) -> Value:
    return ibis.literal(NOBODY, type=side[key].type())


def sold(star: Star, question: Question) -> Table:
    """The rows of what was sold that answer a question: tickets where it asks nothing of products, else lines."""
    asked = any(rules.within_order(item) for item in (*question.by, *question.used))
    return star.sales_lines if asked or star.tickets is None else star.tickets


def order_keys(lines: Table) -> list[str]:
    """The columns of sales lines that tell one order from another."""
    return ["order_no"] if "order_no" in lines.columns else ["source", "order_id"]


def source_of(table: Table, item: Dimension) -> str:
    """The column of what was sold that decides a dimension."""
    if item.is_period or item.of == "clock":
        return ("hour" if "hour" in table.columns else "sold_at") if item.column == "hour" else "day"
    number = NUMBERS.get(item.of, "")
    return "rep_id" if _is_rep(item) else number if number in table.columns else JOINS.get(item.of, item.column)


def _is_key(table: Table, item: Dimension) -> bool:
    """Whether rows carry it themselves: a number, or a key where they have no number to look it up by."""
    number = NUMBERS.get(item.of)
    return item.column == (number if number in table.columns else JOINS.get(item.of))


def _is_rep(item: Dimension) -> bool:
    """Whether it is the rep on the day of the sale, whose code every line tells without another table."""
    return item.of == "posting" and item.column == "rep"


def today(question: Question) -> Question:
    """The question with who is in charge today: what is not sold has no other day."""

    def of_today(items: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        return tuple(replace(one, of="customer") if one.of == "posting" else one for one in items)

    return replace(question, by=of_today(question.by), used=of_today(question.used))


def _value(star: Star, table: Table, item: Dimension) -> Value:
    if item.is_period:
        return period(item.name, table.day)
    if item.of == "clock":
        return _clock(star, table, item.column)
    if item.of == "price":
        return _price_band(table)
    if item.of == "since":
        return period(item.column, table.day) - period(item.column, table.customer_first_day)
    if _is_rep(item):
        return ibis.literal("rep ") + table.rep_id.cast("string")
    looked_up = item.of in JOINS and not _is_key(table, item)
    return table[f"{item.of}_{item.column}"] if looked_up else table[item.column]
