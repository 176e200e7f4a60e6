"""The star as Ibis expressions, the same on DuckDB and Spark: loaded rows in, facts and dimensions out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import ibis
from ibis.expr.types import DateValue, IntegerValue, Table, TimestampValue, Value

from dangol.customers.identify.postings.rules import BEGINNING
from dangol.insight.warehouse.rules import DIMENSION_KEYS, MARKS, NOTHING, NUMBERS, RAW, STAR, SUMS, Piece, Stretch


def shaped(table: Table, columns: Mapping[str, str]) -> Table:
    """Exactly these columns with these types; a column the table lacks is null."""
    return table.select(
        **{name: table[name].cast(kind) if name in table.columns else ibis.null(kind) for name, kind in columns.items()}
    )


def loaded(table: Table, kind: str) -> Table:
    """Rows of one kind in the common format, with the marks `source` and `line_key`."""
    return shaped(table, {**RAW[kind], **MARKS})


def superseded(batches: Sequence[Table]) -> Table:
    """Line keys that occur in more than one batch of a source, with the number of the last batch that has them.

    batches: in the order of loading. Returns line_key, last_batch.
    """
    keys = ibis.union(*[_numbered(table, place).select("line_key", "batch") for place, table in enumerate(batches)])
    counted = keys.group_by("line_key").aggregate(last_batch=keys.batch.max(), first_batch=keys.batch.min())
    return counted.filter(counted.first_batch != counted.last_batch).select("line_key", "last_batch")


def _numbered(table: Table, place: int) -> Table:
    return table.mutate(batch=ibis.literal(place, type="int32"))


def in_force(batches: Sequence[Table], old: Table) -> Table:
    """The rows of all batches but those a later batch replaced. old: as from `superseded`."""
    kept = []
    for place, table in enumerate(batches):
        replaced = old.filter(old.last_batch > ibis.literal(place, type="int32"))
        kept.append(table.anti_join(replaced, "line_key"))
    return ibis.union(*kept) if len(kept) > 1 else kept[0]


def company_day(moment: TimestampValue, zone: Sequence[Stretch]) -> DateValue:
    """The company's calendar day of a UTC time."""
    return company_time(moment, zone).date()


def company_time(moment: TimestampValue, zone: Sequence[Stretch]) -> TimestampValue:
    """The time on the company's clock of a UTC time."""
    shifted = [(stretch.until, moment + ibis.interval(seconds=stretch.seconds)) for stretch in zone]
    *earlier, (_open, last) = shifted
    if not earlier:
        return last
    return ibis.cases(*[(moment < _moment(until), time) for until, time in earlier if until], else_=last)


def _moment(at: datetime) -> TimestampValue:
    return ibis.literal(at.isoformat(sep=" ")).cast("timestamp")


def _midnight(day: date) -> TimestampValue:
    return _moment(datetime(day.year, day.month, day.day))  # noqa: DTZ001  UTC, as the column


def rows_per_day(raw: Table) -> Table:
    """How many lines each UTC day has. Returns utc_day, rows."""
    return raw.group_by(utc_day=raw.sold_at.date()).aggregate(rows=raw.count())


def order_marks(raw: Table) -> Table:
    """One row: split, how many orders have lines on several UTC days; unnumbered, how many lack a single line 0."""
    zero = (raw.line_no == ibis.literal(0, type="int64")).ifelse(1, 0)
    orders = raw.group_by("order_id").aggregate(
        first_at=raw.sold_at.min(), last_at=raw.sold_at.max(), zeros=zero.sum().fill_null(0)
    )
    return orders.aggregate(
        split=(orders.first_at.date() != orders.last_at.date()).sum(),
        unnumbered=(orders.zeros != ibis.literal(1, type="int64")).sum(),
    )


def split_orders(raw: Table) -> Table:
    """Orders whose lines lie on several UTC days, with the time of their first line. Returns order_id, first_at."""
    times = raw.group_by("order_id").aggregate(first_at=raw.sold_at.min(), last_at=raw.sold_at.max())
    return times.filter(times.first_at.date() != times.last_at.date()).select("order_id", "first_at")


def piece_of(raw: Table, piece: Piece, split: Table | None) -> Table:
    """The lines of the orders that begin in a run of days. split: as from `split_orders`, None where there is none."""
    low, high = _midnight(piece.first_day), _midnight(piece.end_day)
    if split is None:
        return raw.filter(raw.sold_at >= low, raw.sold_at < high)
    starts = raw.left_join(split, "order_id")
    starts = starts.mutate(first_at=starts.first_at.coalesce(starts.sold_at))
    return starts.filter(starts.first_at >= low, starts.first_at < high).select(*raw.columns)


def charged(keys: Table, attributes: Table) -> Table:
    """Keys with who is in charge of their customer today: unit_id, rep_id (null for nobody)."""
    whose = shaped(attributes, {name: STAR["customers"][name] for name in ("customer_id", "unit_id", "rep_id")})
    return shaped(keys.left_join(whose, "customer_id"), STAR["customer_keys"])


@dataclass(frozen=True)
class Known:
    """What lines lead to. keys: key, customer_id, unit_id, rep_id of their source; a key that is not there leaves
    customer_id null, the line stays. moved: postings of the keys whose customer changed hands, None where there are
    none. dimensions: products and stores with their numbers. zone: how the company's clock differs from UTC.
    """

    keys: Table
    moved: Table | None
    dimensions: Mapping[str, Table]
    zone: Sequence[Stretch]


def sales_lines(raw: Table, known: Known, *, orders_before: int = 0, numbered: bool = False) -> Table:
    """Sales lines of one source, sorted by day, with who was in charge of their customer on that day.

    raw: loaded rows in force, whole orders. orders_before: a number no order of another file has passed. Counting lines
    numbered 0 counts orders: where the source's own numbers do not serve for that (numbered: they do, see
    `order_marks`), the lines of each order are numbered anew from 0 on.
    """
    lines = raw.left_join(known.keys, raw.customer_key == known.keys.key)
    if not numbered:
        place = ibis.row_number().over(group_by=lines.order_id, order_by=[lines.line_no, lines.line_key])
        lines = lines.mutate(line_no=place)
    lines = lines.mutate(
        day=company_day(lines.sold_at, known.zone),
        quantity=lines.quantity.fill_null(ibis.literal(0, type="int64")),
        discount=lines.discount.fill_null(ibis.literal(0, type="int64")),
    )
    if known.moved is not None:
        lines = _on_the_day(lines, known.moved)
    for kind, number in NUMBERS.items():
        lines = _with_number(lines, known.dimensions[kind], DIMENSION_KEYS[kind], number)
    orders = raw.select("order_id").distinct()
    place = ibis.row_number().over(order_by=orders.order_id).cast("int64")
    orders = orders.select(ordered_id="order_id", order_no=place + ibis.literal(orders_before, type="int64"))
    lines = lines.inner_join(orders, lines.order_id == orders.ordered_id)
    return shaped(lines, STAR["sales_lines"]).order_by("day")


def _with_number(lines: Table, side: Table, key: str, number: str) -> Table:
    """Lines with the number of a product or store."""
    side = side.select(number, key_=key)
    found = lines.left_join(side, lines[key] == side.key_).drop("key_")
    return found.mutate(**{number: found[number].fill_null(ibis.literal(NOTHING, type="int32"))})


def keys_of(key: str, *rows: Table) -> Table:
    """The different keys in a column of some tables."""
    found = [table.filter(table[key].notnull()).select(key).distinct() for table in rows]
    return ibis.union(*found).distinct() if len(found) > 1 else found[0]


def numbered(keys: Table, key: str, number: str, known: Table | None = None, last: int = NOTHING) -> Table:
    """Every key with a number: those known keep theirs, the others follow the last one in order of the key."""
    fresh = keys.anti_join(known, key) if known is not None else keys
    place = ibis.row_number().over(order_by=fresh[key]).cast("int32") + ibis.literal(last + 1, type="int32")
    found = fresh.select(key, **{number: place.cast("int32")})
    return ibis.union(known.select(key, number), found) if known is not None else found


def dimension(numbers: Table, told: Table, key: str, columns: Mapping[str, str]) -> Table:
    """Products or stores with their numbers. told: those that were loaded, one row a key; the others have no more."""
    return shaped(numbers.left_join(told, key), columns)


FIGURES: Mapping[str, Callable[[Table], Value]] = {  # of a line; the other sums have a column of their name
    "sales_amount": lambda line: line.amount,
    "returns_amount": lambda line: (line.amount < _whole(0)).ifelse(-line.amount, _whole(0)),
    "cost_amount": lambda line: line.cost,
    "costed_amount": lambda line: line.cost.notnull().ifelse(line.amount, ibis.null("int64")),
    "paid_amount": lambda line: line.paid,
    "billed_amount": lambda line: line.paid.notnull().ifelse(line.amount, ibis.null("int64")),
    "orders": lambda line: (line.line_no == ibis.literal(0, type="int32")).ifelse(_whole(1), _whole(0)),
}


def _whole(number: int) -> IntegerValue:
    return ibis.literal(number, type="int64")


def figured(rows: Table, names: Collection[str]) -> Table:
    """Sales lines with columns to add up, by name (`rules.SUMS` and orders); tickets have them already."""
    made = {name: FIGURES[name](rows) for name in names if name in FIGURES and name not in rows.columns}
    return rows.mutate(**made) if made else rows


def tickets(lines: Table, zone: Sequence[Stretch]) -> Table:
    """What was bought at once, sorted by day: sales lines added up. Orders are counted by their first lines."""
    names = (*SUMS, "orders")
    found = figured(lines.mutate(hour=company_time(lines.sold_at, zone).hour().cast("int32")), names)
    keys = [name for name in STAR["tickets"] if name not in names]
    added = found.group_by(*keys).aggregate(**{name: found[name].sum().cast("int64") for name in names})
    return shaped(added, STAR["tickets"]).order_by("day")


def _on_the_day(lines: Table, moved: Table) -> Table:
    """The lines with who was in charge on their day, where that is not who is in charge today."""
    past = moved.select("from_day", "until_day", moved_key="key", past_unit="unit_id", past_rep="rep_id")
    found = lines.left_join(
        past,
        [lines.customer_key == past.moved_key, lines.day >= past.from_day, lines.day < past.until_day],
    )
    known = found.moved_key.notnull()
    return found.mutate(
        unit_id=known.ifelse(found.past_unit, found.unit_id), rep_id=known.ifelse(found.past_rep, found.rep_id)
    )


def newest(table: Table, key: str, columns: Mapping[str, str]) -> Table:
    """One row a key, so that a join never multiplies lines: that of the first source by name."""
    place = ibis.row_number().over(group_by=table[key], order_by=[table.source, table.line_key])
    ranked = table.mutate(place=place)
    return shaped(ranked.filter(ranked.place == ibis.literal(0, type="int64")), columns)


def keyed(table: Table, keys: Table, columns: Mapping[str, str]) -> Table:
    """Contacts, responses or answers to surveys with their customer_id. keys: source, key, customer_id."""
    joined = table.left_join(keys, [table.source == keys.source, table.customer_key == keys.key])
    return shaped(joined, columns)


def web_events(events: Table, keys: Table, zone: Sequence[Stretch]) -> Table:
    """Web events with their customer_id (null for a visitor nobody knows) and the company's day, sorted by day."""
    joined = events.left_join(keys, [events.source == keys.source, events.customer_key == keys.key])
    dated = joined.mutate(day=company_day(joined.happened_at, zone))
    return shaped(dated, STAR["web_events"]).order_by("day")


def span(rows: Table, column: str) -> Table:
    """One row: first and last of a column's times."""
    return rows.aggregate(first=rows[column].min(), last=rows[column].max())


def visits(tickets: Table | None, known: Table | None = None) -> Table:
    """A row a customer and day they bought on, sorted by day: before (the day they bought last before), orders.

    known: visits of other tickets, whose orders are none of these. Those without a customer are one row a day.
    """
    parts = [known.select("customer_id", "day", "orders")] if known is not None else []
    if tickets is not None:
        parts.append(tickets.group_by("customer_id", "day").aggregate(orders=tickets.orders.sum().cast("int64")))
    found = parts[0]
    if len(parts) > 1:
        both = ibis.union(*parts)
        found = both.group_by("customer_id", "day").aggregate(orders=both.orders.sum().cast("int64"))
    before = found.day.lag().over(group_by=found.customer_id, order_by=found.day)
    found = found.mutate(before=found.customer_id.notnull().ifelse(before, ibis.null("date")))
    return shaped(found, STAR["visits"]).order_by("day")


def customers(attributes: Table, visits: Table) -> Table:
    """Customers with their attributes and the day of their first purchase (null for none)."""
    first = visits.filter(visits.before.isnull(), visits.customer_id.notnull())
    first = first.select("customer_id", first_day="day")
    own = {name: str(kind) for name, kind in attributes.schema().items() if name != "first_day"}
    known = shaped(attributes, {**own, **STAR["customers"]})
    return known.left_join(first, "customer_id").drop("customer_id_right")


def strangers(visits: Table, customers: Table) -> Table:
    """One row: how many visits are of a customer who is not among the customers."""
    unknown = visits.filter(visits.customer_id.notnull()).anti_join(customers, "customer_id")
    return unknown.aggregate(strangers=unknown.count())


@dataclass(frozen=True)
class Charge:
    """The tables customer_keys and postings of a snapshot."""

    keys: Table
    postings: Table


SAME = ("source", "key", "customer_id", "from_day", "unit_id", "rep_id")


def other_past(before: Charge, now: Charge, last_day: date) -> tuple[Table, Table]:
    """What makes lines up to a day other lines: two tables, both empty where the past is the same.

    The first: keys of the snapshot before that name another customer now, or had somebody else in charge from a day on.
    The second: postings those keys have now and had not.
    """
    were, are = _held(before, last_day), _held(now, last_day)
    newly = are.semi_join(now.postings, ["source", "key"]).semi_join(before.keys, ["source", "key"])
    return were.anti_join(are, SAME), newly.anti_join(were, SAME)


def _held(charge: Charge, last_day: date) -> Table:
    """Who held each key from which day on, as far as the lines up to a day go."""
    plain = charge.keys.anti_join(charge.postings, ["source", "key"])
    plain = plain.mutate(from_day=ibis.literal(BEGINNING))
    moved = charge.postings.filter(charge.postings.from_day <= ibis.literal(last_day))
    both = plain.select(*SAME).union(moved.select(*SAME))
    nobody = ibis.literal(0, type="int64")
    return both.mutate(**{name: both[name].fill_null(nobody) for name in ("customer_id", "unit_id", "rep_id")})


def days(lines: Table) -> Table:
    """One row: first_day and last_day of all lines, lines without a customer."""
    return lines.aggregate(
        first_day=lines.day.min(),
        last_day=lines.day.max(),
        unkeyed=lines.customer_id.isnull().sum(),
    )
