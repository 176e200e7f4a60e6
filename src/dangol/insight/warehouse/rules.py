"""What the star looks like, where the company's days begin, and what may be kept from the snapshot before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

VERSION = 6  # of the star's layout: another number rebuilds every file
FILE_ROWS = 2_000_000
KINDS = ("sales", "products", "stores", "campaigns", "contacts", "responses", "survey_answers", "events")

# The common format of loaded rows, and their Ibis types. A column a file lacks is null.
RAW: Mapping[str, Mapping[str, str]] = {
    "sales": {
        "order_id": "string", "line_no": "int64", "customer_key": "string", "product_key": "string",
        "store_key": "string", "sold_at": "timestamp", "quantity": "int64", "amount": "int64", "discount": "int64",
        "cost": "int64", "paid": "int64", "channel": "string",
    },
    "products": {
        "product_key": "string", "product": "string", "brand": "string", "product_major": "string",
        "product_middle": "string", "product_minor": "string",
    },
    "stores": {"store_key": "string", "store": "string", "region": "string", "branch": "string"},
    "campaigns": {
        "campaign_key": "string", "campaign": "string", "kind": "string", "starts_on": "date", "ends_on": "date",
    },
    "contacts": {
        "campaign_key": "string", "customer_key": "string", "channel": "string", "contacted_on": "date",
        "generated": "int64",
    },
    "responses": {
        "campaign_key": "string", "customer_key": "string", "responded_on": "date", "kind": "string",
        "detail": "string", "generated": "int64",
    },
    "survey_answers": {
        "survey_key": "string", "question_key": "string", "customer_key": "string", "answered_at": "timestamp",
        "answer": "string", "score": "int64",
    },
    "events": {
        "event_key": "string", "event": "string", "customer_key": "string", "visitor": "string", "site": "string",
        "page": "string", "campaign": "string", "happened_at": "timestamp", "properties": "string",
    },
}  # fmt: skip
MARKS = {"source": "string", "line_key": "int64"}  # on every loaded row besides
DIMENSION_KEYS = {"products": "product_key", "stores": "store_key", "campaigns": "campaign_key"}
NUMBERS = {"products": "item", "stores": "place"}  # those whose rows have a number that lines name them by
NOTHING = 0  # the number of no product and no store
SUMS = (  # what lines add up to, besides orders
    "sales_amount", "quantity", "discount", "returns_amount", "cost_amount", "costed_amount", "paid_amount",
    "billed_amount",
)  # fmt: skip

# The star: table -> columns and their Ibis types. `customers` has the source's own attributes besides. Of sales lines
# unit_id and rep_id are those in charge on the day of the sale, of customers and their keys those in charge today. item
# and place are the numbers of product and store (NOTHING where the line names none), order_no that of the order.
STAR: Mapping[str, Mapping[str, str]] = {
    "sales_lines": {
        "order_id": "string", "line_no": "int32", "customer_id": "int64", "product_key": "string",
        "store_key": "string", "sold_at": "timestamp", "day": "date", "quantity": "int64", "amount": "int64",
        "discount": "int64", "cost": "int64", "paid": "int64", "channel": "string", "source": "string",
        "unit_id": "int64", "rep_id": "int64", "item": "int32", "place": "int32", "order_no": "int64",
    },
    # What was bought at once: the lines of a customer, day, hour, store, channel and who was in charge, added up.
    "tickets": {
        "customer_id": "int64", "day": "date", "hour": "int32", "place": "int32", "channel": "string",
        "unit_id": "int64", "rep_id": "int64", **dict.fromkeys(SUMS, "int64"), "orders": "int64",
    },
    # A row a customer and day with sales lines: the day they bought before, and how many orders began.
    "visits": {"customer_id": "int64", "day": "date", "before": "date", "orders": "int64"},
    # Every product and store that was loaded or that a line names, with its number.
    "products": {"item": "int32", **RAW["products"]},
    "stores": {"place": "int32", **RAW["stores"]},
    "campaigns": {**RAW["campaigns"], "source": "string"},
    "contacts": {
        "campaign_key": "string", "customer_id": "int64", "channel": "string", "contacted_on": "date",
        "generated": "int64",
    },
    "responses": {
        "campaign_key": "string", "customer_id": "int64", "responded_on": "date", "kind": "string",
        "detail": "string", "generated": "int64",
    },
    "survey_answers": {
        "survey_key": "string", "question_key": "string", "customer_id": "int64", "answered_at": "timestamp",
        "answer": "string", "score": "int64",
    },
    "web_events": {
        "site": "string", "event": "string", "customer_id": "int64", "visitor": "string", "happened_at": "timestamp",
        "day": "date", "page": "string", "campaign": "string", "properties": "string",
    },
    "customers": {
        "customer_id": "int64", "kind": "string", "code": "string", "age_band": "string", "income_band": "string",
        "unit_path": "string", "branch": "string", "region": "string", "rep": "string", "unit_id": "int64",
        "rep_id": "int64",
    },
    "customer_keys": {
        "source": "string", "key": "string", "customer_id": "int64", "unit_id": "int64", "rep_id": "int64",
    },
    # Of keys whose customer changed hands: who was in charge from a day on (BEGINNING for the first) until another.
    "postings": {
        "source": "string", "key": "string", "customer_id": "int64", "from_day": "date", "until_day": "date",
        "unit_id": "int64", "rep_id": "int64",
    },
    "units": {"unit_id": "int64", "branch": "string", "region": "string"},
}  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """A time over which the company's clock differs from UTC by the same seconds; until: UTC, None for open end."""

    until: datetime | None
    seconds: int


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    shift = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(shift.total_seconds()) if shift is not None else 0


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second at which the clock differs from that at `low`, searched by halving."""
    before = _offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def stretches(zone: ZoneInfo, first: datetime, last: datetime) -> list[Stretch]:
    """The offsets of a zone from UTC over first..last (naive UTC), in order of time.

    With them both engines compute the company's day by plain addition: no time-zone data of their own, no difference
    between them.
    """
    found: list[Stretch] = []
    low = first.replace(microsecond=0) - timedelta(days=1)
    while low < last + timedelta(days=1):
        high = low + timedelta(days=1)
        if _offset(zone, low) != _offset(zone, high):
            found.append(Stretch(_change(zone, low, high), _offset(zone, low)))
        low = high
    return [*found, Stretch(None, _offset(zone, low))]


@dataclass(frozen=True)
class Piece:
    """A run of UTC days whose lines become one file: first_day <= day < end_day, rows in it."""

    first_day: date
    end_day: date
    rows: int


def pieces(rows_per_day: Sequence[tuple[date, int]], limit: int = FILE_ROWS) -> list[Piece]:
    """Cut days into runs of about `limit` rows; a day is never split."""
    found: list[Piece] = []
    for day, rows in sorted(rows_per_day):
        following = day + timedelta(days=1)
        if found and found[-1].rows + rows <= limit:
            found[-1] = Piece(found[-1].first_day, following, found[-1].rows + rows)
        else:
            found.append(Piece(day, following, rows))
    return found


@dataclass(frozen=True)
class Batch:
    """A loaded file, as a snapshot remembers it."""

    source: str
    batch: str
    sha256: str


def added(before: Sequence[Batch], now: Sequence[Batch]) -> list[Batch] | None:
    """The batches that came since, or None where a batch has gone or changed, so that all must be built again."""
    known = set(before)
    if len(known) != len(before) or not known <= set(now):
        return None
    return [batch for batch in now if batch not in known]


def by_source(batches: Sequence[Batch]) -> Iterator[tuple[str, list[Batch]]]:
    """The batches of each source, in the order they were loaded."""
    for source in sorted({batch.source for batch in batches}):
        yield source, [batch for batch in batches if batch.source == source]
