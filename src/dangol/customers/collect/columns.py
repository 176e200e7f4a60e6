"""Columns of text brought to the common format, many rows at once: typed values, and for each bad row its reason.

Each distinct text of a column is read once and the answer spread over its rows, so that a column of a million prices
costs what its few thousand different prices cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dangol.customers.collect.rules import (
    CODES,
    Definition,
    Field,
    Type,
    next_day,
    parts,
)
from dangol.customers.standard.rules import RESIDENT_RE2, holds_resident_number

Codes = npt.NDArray[np.uint8]
LINE = "_line"
TYPES = {
    Type.TEXT: pa.string(), Type.INTEGER: pa.int64(), Type.AMOUNT: pa.int64(), Type.DATE: pa.date32(),
    Type.TIME: pa.timestamp("us"),
}  # fmt: skip
DECIMAL = pa.decimal128(38, 20)
DAY_FORMS = {
    "ymd": r"^(?P<y>\d{4})[-/.]?\s?(?P<m>\d{1,2})[-/.]?\s?(?P<d>\d{1,2})\.?",
    "dmy": r"^(?P<d>\d{1,2})[-/.]\s?(?P<m>\d{1,2})[-/.]\s?(?P<y>\d{4})",
    "mdy": r"^(?P<m>\d{1,2})[-/.]\s?(?P<d>\d{1,2})[-/.]\s?(?P<y>\d{4})",
}
CLOCK = r"(?:[T ]+(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?)?)?\s?(?P<z>Z|[+-]\d{2}:?\d{2})?$"
QUARTER_US = 15 * 60 * 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 9998


@dataclass(frozen=True)
class Terms:
    """How a source writes values, and what day it is.

    zone: of its times. digits: decimal digits of the company's currency. decimal: its decimal sign. order: of day,
    month and year. today: the company's calendar day; company: the company's zone.
    """

    zone: ZoneInfo
    company: ZoneInfo
    today: date
    digits: int = 0
    decimal: str = "."
    order: str = "ymd"

    @property
    def end_of_today(self) -> int:
        """The first moment after today in the company's zone, microseconds since 1970 UTC."""
        midnight = datetime.combine(next_day(self.today), time(), self.company)
        return int(midnight.astimezone(UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Checked:
    """Typed columns (null where unreadable); per row the code of its first reason (0: fine) and its field's place."""

    columns: dict[str, pa.Array]
    reason: Codes
    place: Codes
    lines: npt.NDArray[np.int64]


def check(rows: pa.Table, definition: Definition, terms: Terms) -> Checked:
    """Read rows of text as a source's definition says. rows: text columns and the line numbers in `_line`."""
    reason = np.zeros(rows.num_rows, np.uint8)
    place = np.zeros(rows.num_rows, np.uint8)
    columns: dict[str, pa.Array] = {}
    for number, field in enumerate(definition.fields()):
        values, codes = _field(rows, field, definition, terms)
        columns[field.name] = values
        _note(reason, place, codes, number)
    _between_fields(columns, definition, reason, place)
    return Checked(columns, reason, place, rows.column(LINE).to_numpy())


def _note(reason: Codes, place: Codes, codes: Codes, number: int) -> None:
    fresh = (reason == 0) & (codes != 0)
    if fresh.any():
        reason[fresh] = codes[fresh]
        place[fresh] = number


def _field(rows: pa.Table, field: Field, definition: Definition, terms: Terms) -> tuple[pa.Array, Codes]:
    column = definition.mapping.get(field.name)
    if column is None:
        values, codes = _read(pa.array([definition.constants[field.name]], pa.string()), field, terms)
        spread = pa.array(np.zeros(rows.num_rows, np.int32))
        return values.take(spread), np.repeat(codes, rows.num_rows)
    names = parts(column, rows.column_names)
    values, codes = _spread(rows.column(names[0]), field, terms)
    for name in names[1:]:
        more, more_codes = _spread(rows.column(name), field, terms)
        values = pc.if_else(pc.is_null(values), more, pc.if_else(pc.is_null(more), values, _sum(values, more)))
        codes = np.where(codes == 0, more_codes, codes)
    if field.required:
        codes = np.where((codes == 0) & _nulls(values), CODES["missing"], codes).astype(np.uint8)
    return values, codes


def _sum(one: pa.Array, other: pa.Array) -> pa.Array:
    if pa.types.is_string(one.type):
        return pc.binary_join_element_wise(one, other, " ")
    return pc.add(one, other) if pa.types.is_integer(one.type) else one


def _nulls(values: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_null(values).to_numpy(zero_copy_only=False))


def _spread(column: pa.ChunkedArray, field: Field, terms: Terms) -> tuple[pa.Array, Codes]:
    """Read each distinct text once, then give every row its answer."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if not len(encoded.dictionary):
        return pa.nulls(len(encoded), TYPES[field.type]), np.zeros(len(encoded), np.uint8)
    values, codes = _read(encoded.dictionary, field, terms)
    indices = encoded.indices
    known = codes.take(indices.fill_null(0).to_numpy()) if codes.any() else np.zeros(len(encoded), np.uint8)
    if indices.null_count:
        known = np.where(_nulls(indices), 0, known).astype(np.uint8)
    return values.take(indices), known


def _read(texts: pa.Array, field: Field, terms: Terms) -> tuple[pa.Array, Codes]:
    """Distinct texts as values of the field's type; null where empty or refused."""
    trimmed = pc.utf8_trim_whitespace(texts)
    given = pc.if_else(pc.equal(pc.utf8_length(trimmed), 0), None, trimmed)
    codes = np.zeros(len(texts), np.uint8)
    _refuse_residents(given, field, codes)
    values = READ[field.type](given, field, terms, codes)
    _bounds(values, field, terms, codes)
    if codes.any():
        values = pc.if_else(pa.array(codes == 0), values, None)
    return values, codes


def _mark(codes: Codes, wrong: pa.Array | npt.NDArray[np.bool_], reason: str) -> None:
    if not isinstance(wrong, np.ndarray):
        wrong = wrong.fill_null(False).to_numpy(zero_copy_only=False)
    codes[(codes == 0) & wrong] = CODES[reason]


def _refuse_residents(given: pa.Array, field: Field, codes: Codes) -> None:
    suspects = pc.match_substring_regex(given, RESIDENT_RE2).fill_null(False).to_numpy(zero_copy_only=False)
    for position in np.flatnonzero(suspects):
        if holds_resident_number(given[position].as_py(), dashed_only=field.key):
            codes[position] = CODES["resident_number"]


def _text(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    _mark(codes, pc.greater(pc.utf8_length(given), field.longest), "too_long")
    _mark(codes, pc.match_substring_regex(given, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), "control_characters")
    return given


def _digits(given: pa.Array, terms: Terms) -> pa.Array:
    """Numbers without thousands separators and currency signs, with a point as decimal sign."""
    if terms.decimal == ",":
        given = pc.replace_substring(pc.replace_substring(given, ".", ""), ",", ".")
    elif pc.any(pc.match_substring(given, ",")).as_py():
        grouped = pc.match_substring_regex(given, r"^[^\d]*\d{1,3}(,\d{3})+(\.\d*)?\D*$")
        given = pc.if_else(grouped, pc.replace_substring(given, ",", ""), given)
    return pc.replace_substring_regex(given, r"^([+-]?)\s*[₩￦$€¥£]\s*|\s*원$", r"\1")


def _integer(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    plain = _digits(given, terms)
    fits = pc.match_substring_regex(plain, r"^[+-]?\d{1,18}(\.0*)?$")
    _mark(codes, pc.invert(fits), "not_integer")
    plain = pc.if_else(fits, pc.replace_substring_regex(plain, r"^\+|\.0*$", ""), None)
    return plain.cast(pa.int64())


def _amount(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    """Whole minor units, rounded half to even from the decimal text (twenty decimals of it)."""
    plain = _digits(given, terms)
    fits = pc.match_substring_regex(plain, r"^[+-]?(\d{1,14}(\.\d*)?|\.\d+)$")
    _mark(codes, pc.invert(fits), "not_amount")
    plain = pc.replace_substring_regex(pc.if_else(fits, plain, None), r"^\+|^(.*\.\d{20})\d+$", r"\1")
    exact = pc.round(plain.cast(DECIMAL), terms.digits, round_mode="half_to_even")
    # The rounded value has no more digits than the currency, so that this shift loses nothing.
    shifted = exact.cast(pa.decimal128(18, terms.digits))
    scale = pa.scalar(Decimal(10**terms.digits), pa.decimal128(terms.digits + 1, 0))
    return pc.multiply(shifted, scale).cast(pa.int64())


def _number(group: pa.Array, otherwise: int = 0) -> npt.NDArray[np.int64]:
    text = pc.if_else(pc.equal(pc.utf8_length(group.fill_null("")), 0), str(otherwise), group).fill_null(str(otherwise))
    return np.asarray(text.cast(pa.int64()).to_numpy())


def _days(found: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Days since 1970 of the groups y, m, d, and which of them exist in the calendar."""
    year, month, day = (_number(found.field(name), 1) for name in "ymd")
    sound = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    start = months.astype("datetime64[D]").astype(np.int64)
    after = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)
    return start + day - 1, sound & (day <= after - start)


def _extract(given: pa.Array, terms: Terms, codes: Codes) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    found = pc.extract_regex(given, DAY_FORMS[terms.order] + CLOCK)
    _mark(codes, pc.and_(pc.is_valid(given), pc.is_null(found)), "not_date")
    days, exists = _days(found)
    _mark(codes, ~exists & ~_nulls(found), "impossible_date")
    return found, days


def _date(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    """A calendar day. A clock time behind it is dropped: such dates have no zone."""
    found, days = _extract(given, terms, codes)
    return pc.if_else(pa.array((codes == 0) & ~_nulls(found)), pa.array(days.astype(np.int32)).cast(pa.date32()), None)


def _time(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    found, days = _extract(given, terms, codes)
    hour, minute, second = (_number(found.field(name)) for name in "his")
    _mark(codes, (hour > 23) | (minute > 59) | (second > 60), "impossible_date")
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(found.field("f").fill_null(""), 6, "0"), 0, 6)
    local = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + _number(fraction)
    moment = local - _offsets(local, found.field("z"), terms.zone, fine=(codes == 0) & ~_nulls(found))
    return pc.if_else(pa.array((codes == 0) & ~_nulls(found)), pa.array(moment).cast(pa.timestamp("us")), None)


def _offsets(
    local: npt.NDArray[np.int64], zones: pa.Array, zone: ZoneInfo, *, fine: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Microseconds ahead of UTC: as written behind the time, otherwise by the source's zone.

    A local time that exists twice means the first, one that is skipped is read with the offset before the change.
    """
    quarters, which = np.unique(np.where(fine, local, 0) // QUARTER_US, return_inverse=True)
    ahead = np.array([_ahead(int(quarter), zone) for quarter in quarters], np.int64)[which]
    written = zones.fill_null("")
    if pc.any(pc.not_equal(written, "")).as_py():
        texts, places = np.unique(written.to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
        said = np.array([_written(text) for text in texts], np.int64)[places]
        ahead = np.where(written.to_numpy(zero_copy_only=False).astype(str) != "", said, ahead)
    return ahead


@lru_cache(maxsize=1 << 18)
def _ahead(quarter: int, zone: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(quarter * QUARTER_US // 1_000_000, UTC).replace(tzinfo=zone)
    offset = moment.utcoffset()
    return int(offset.total_seconds()) * 1_000_000 if offset else 0


def _written(text: str) -> int:
    if text in ("", "Z"):
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return (-seconds if text[0] == "-" else seconds) * 1_000_000


READ = {Type.TEXT: _text, Type.INTEGER: _integer, Type.AMOUNT: _amount, Type.DATE: _date, Type.TIME: _time}


def _bounds(values: pa.Array, field: Field, terms: Terms, codes: Codes) -> None:
    if field.least is not None:
        _mark(codes, pc.less(values, field.least), "out_of_bounds")
    if field.most is not None:
        _mark(codes, pc.greater(values, field.most), "out_of_bounds")
    if field.past:
        limit = {
            Type.INTEGER: pa.scalar(terms.today.year, pa.int64()),
            Type.DATE: pa.scalar(terms.today, pa.date32()),
            Type.TIME: pa.scalar(terms.end_of_today - 1, pa.int64()).cast(pa.timestamp("us")),
        }[field.type]
        _mark(codes, pc.greater(values, limit), "future")


def _between_fields(columns: Mapping[str, pa.Array], definition: Definition, reason: Codes, place: Codes) -> None:
    names = [field.name for field in definition.fields()]
    if "amount" in columns and "quantity" in columns:
        lone = pc.and_(pc.less(columns["amount"], 0), pc.greater_equal(columns["quantity"], 0))
        _note(reason, place, _only(lone, "negative_price"), names.index("amount"))
    if "starts_on" in columns and "ends_on" in columns:
        turned = pc.less(columns["ends_on"], columns["starts_on"])
        _note(reason, place, _only(turned, "ends_before_start"), names.index("ends_on"))


def _only(wrong: pa.Array, reason: str) -> Codes:
    return np.where(wrong.fill_null(False).to_numpy(zero_copy_only=False), CODES[reason], 0).astype(np.uint8)
