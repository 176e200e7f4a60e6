"""Columns of text brought to the common format, many rows at once: typed values, and for each bad row its reason.

Each distinct text of a column is read once and the answer spread over its rows, so that a column of a million prices
costs what its few thousand different prices cost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.formula import unguard
from dangol.customers.collect.judging import JUDGES, with_its_zero
from dangol.customers.collect.judging import wrong as wrong_of
from dangol.customers.collect.rules import (
    CODES,
    Definition,
    Field,
    Type,
    next_day,
    parts,
)
from dangol.customers.standard.rules import RESIDENT_RE2, birth, holds_resident_number

Codes = npt.NDArray[np.uint8]
LINE = "_line"
TYPES = {
    Type.TEXT: pa.string(), Type.INTEGER: pa.int64(), Type.AMOUNT: pa.int64(), Type.DATE: pa.date32(),
    Type.TIME: pa.timestamp("us"),
}  # fmt: skip
DECIMAL = pa.decimal128(38, 20)
DAY = r"^(?P<y>\d{4})\s?[-/.]?\s?(?P<m>\d{1,2})\s?[-/.]?\s?(?P<d>\d{1,2})\.?"
CLOCK = (
    r"(?:[T ]+(?P<n>오전|오후|[AaPp]\.?[Mm]\.?)?\s?(?P<h>\d{1,2}):(?P<i>\d{1,2})"
    r"(?::(?P<s>\d{1,2})(?:\.(?P<f>\d{1,9}))?)?"
    r"\s?(?P<o>[AaPp]\.?[Mm]\.?)?)?\s?(?P<z>Z|[+-]\d{2}:?\d{2})?$"
)
SPELLINGS = (  # other spellings of a day and a clock time -> the usual one
    (r"^(\d{4})년\s*(\d{1,2})월\s*(\d{1,2})일?", r"\1-\2-\3"),
    (r"(\d{1,2})시\s*(\d{1,2})분\s*(\d{1,2})초", r" \1:\2:\3"),
    (r"(\d{1,2})시\s*(\d{1,2})분", r" \1:\2"),
    (r"(\d{1,2})시$", r" \1:00"),
    (r"\s*\((?:[월화수목금토일]|양력?|[A-Za-z]{3})\)", " "),
    (r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$", r"\1-\2-\3 \4:\5:\6"),
    (r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$", r"\1-\2-\3 \4:\5"),
)
LUNAR = r"음"
SAID_LUNAR = r"(?i)음|^(?:l|lunar|y|yes|1|true)$"  # in a column of its own
USUAL = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$|^\d{8}$"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SHORT = r"^(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4})"
SHORTER = r"^(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{2})(?:\.|$|([ T].*))"
ORDERED = {"dmy": r"\3-\2-\1", "mdy": r"\3-\1-\2", "ymd": r"\1-\2-\3"}
SERIAL = r"^[2-7]\d{4}(\.\d+)?$"
SERIAL_ZERO = -25569  # day 0 of Excel, counted from 1970
NOTHING = r"(?i)^(-+|n/?a|#n/a|null|none|nan|없음|미상|모름|해당\s?없음)$"
TOTAL = r"(?i)^(총\s*)?(합\s*계|총\s*계|소\s*계|누\s*계)\s*:?$|^(grand\s+|sub)?totals?\s*:?$|^sum\s*:?$"
YES, NO = r"(?i)^(y|yes|true|예|네|동의|o|○)$", r"(?i)^(n|no|false|아니오|아니요|미동의|거부|x|×)$"
PERCENT = r"^[+-]?[\d.,]+\s?[%％]$"
ROUNDED = r"^\d(\.\d+)?[eE]\+\d{2}$"
QUARTER_US = 15 * 60 * 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 9998


@dataclass(frozen=True)
class Terms:
    """How a source writes values, and what day it is.

    zone: of its times. digits: decimal digits of the company's currency. decimal: its decimal sign. order: of day,
    month and year; orders: the same for single columns. unfit: what becomes of a phone number, e-mail or gender that is
    none. today: the company's calendar day; company: the company's zone.
    """

    zone: ZoneInfo
    company: ZoneInfo
    today: date
    digits: int = 0
    decimal: str = "."
    order: str = "ymd"
    orders: Mapping[str, str] = field(default_factory=dict)
    unfit: str = "keep"

    @property
    def end_of_today(self) -> int:
        """The first moment after today in the company's zone, microseconds since 1970 UTC."""
        midnight = datetime.combine(next_day(self.today), time(), self.company)
        return int(midnight.astimezone(UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Checked:
    """Typed columns (null where unreadable); per row the code of its first reason (0: fine) and its field's place.

    doubts: rows that are taken in although a value is no phone number, e-mail or gender: (reason, field) -> rows.
    """

    columns: dict[str, pa.Array]
    reason: Codes
    place: Codes
    lines: npt.NDArray[np.int64]
    doubts: dict[tuple[str, str], int] = field(default_factory=dict)


def check(rows: pa.Table, definition: Definition, terms: Terms) -> Checked:
    """Read rows of text as a source's definition says. rows: text columns and the line numbers in `_line`."""
    reason = np.zeros(rows.num_rows, np.uint8)
    place = np.zeros(rows.num_rows, np.uint8)
    columns: dict[str, pa.Array] = {}
    doubts: dict[tuple[str, str], int] = {}
    calendar: pa.Array | None = None
    for number, one in enumerate(definition.fields()):
        values, codes = _field(rows, one, definition, terms)
        if one.name in JUDGES and one.name in definition.mapping:
            values, codes = _judged(values, codes, one, terms, doubts)
        columns[one.name] = values
        if one.name == "birth":
            calendar = _calendar(rows, definition, values)
        _note(reason, place, codes, number)
    if calendar is not None:
        columns["birth_lunar"] = calendar
    _between_fields(columns, definition, reason, place)
    _totals(rows, columns, definition, reason)
    return Checked(columns, reason, place, rows.column(LINE).to_numpy(), doubts)


def _calendar(rows: pa.Table, definition: Definition, days: pa.Array) -> pa.Array | None:
    """ "lunar" for each birthday that was given in the lunar calendar and is a solar day now; nothing where none is."""
    column = definition.mapping.get("birth")
    if column is None:
        return None
    given = [rows.column(name).combine_chunks() for name in parts(column, rows.column_names)]
    found = np.logical_or.reduce([_matches(one, LUNAR) for one in given]) | _said_lunar(rows, definition)
    found &= ~_nulls(days)
    mapped = "birth_lunar" in definition.mapping
    return pc.if_else(pa.array(found), pa.scalar("lunar"), None) if mapped or found.any() else None


def _said_lunar(rows: pa.Table, definition: Definition) -> npt.NDArray[np.bool_]:
    """Which rows say in a column of its own that their birthday is a lunar one."""
    column = definition.mapping.get("birth_lunar")
    if column is None:
        return np.zeros(rows.num_rows, bool)
    texts = pc.utf8_trim_whitespace(rows.column(column).combine_chunks())
    return _matches(texts, SAID_LUNAR)


def _judged(
    values: pa.Array, codes: Codes, one: Field, terms: Terms, doubts: dict[tuple[str, str], int]
) -> tuple[pa.Array, Codes]:
    """Phone numbers, addresses of e-mail and genders that are none: refused, left empty, or kept and counted."""
    reason = JUDGES[one.name][0]
    encoded = values.dictionary_encode()
    if not len(encoded.dictionary):
        return values, codes
    wrong_texts = wrong_of(one.name, encoded.dictionary)
    if not wrong_texts.any():
        return values, codes
    wrong = wrong_texts.take(encoded.indices.fill_null(0).to_numpy()) & ~_nulls(values) & (codes == 0)
    if terms.unfit == "quarantine":
        return values, np.where(wrong, CODES[reason], codes).astype(np.uint8)
    doubts[reason, one.name] = int(wrong.sum())
    return (pc.if_else(pa.array(wrong), None, values) if terms.unfit == "empty" else values), codes


def _totals(rows: pa.Table, columns: Mapping[str, pa.Array], definition: Definition, reason: Codes) -> None:
    """A row that names itself a total in its key, or is refused anyway, is told as one."""
    total = np.zeros(rows.num_rows, bool)
    for name in {*definition.key, *(one.name for one in definition.record.fields if one.key)}:
        if name in columns and pa.types.is_string(columns[name].type):
            total |= _matches(columns[name], TOTAL)
    bad = np.flatnonzero((reason != 0) & ~total)
    if len(bad):
        chosen = rows.take(pa.array(bad)).drop_columns([LINE])
        named = np.zeros(len(bad), bool)
        for column in chosen.columns:
            named |= _matches(pc.utf8_trim_whitespace(column.combine_chunks()), TOTAL)
        total[bad[named]] = True
    reason[total] = CODES["total_row"]


def _matches(values: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(values, pattern).fill_null(False).to_numpy(zero_copy_only=False))


def _note(reason: Codes, place: Codes, codes: Codes, number: int) -> None:
    fresh = (reason == 0) & (codes != 0)
    if fresh.any():
        reason[fresh] = codes[fresh]
        place[fresh] = number


def _field(rows: pa.Table, one: Field, definition: Definition, terms: Terms) -> tuple[pa.Array, Codes]:
    column = definition.mapping.get(one.name)
    if column is None:
        if one.name not in definition.constants:  # the key of people who are found by another field
            return pa.nulls(rows.num_rows, TYPES[one.type]), np.zeros(rows.num_rows, np.uint8)
        values, codes = _read(pa.array([definition.constants[one.name]], pa.string()), one, terms)
        spread = pa.array(np.zeros(rows.num_rows, np.int32))
        return values.take(spread), np.repeat(codes, rows.num_rows)
    if column in terms.orders:
        terms = replace(terms, order=terms.orders[column])
    names = parts(column, rows.column_names)
    if one.name == "birth" and "birth_lunar" in definition.mapping:
        values, codes = _spread(_marked_lunar(rows, names, definition), one, terms)
    elif len(names) > 1 and one.type in (Type.DATE, Type.TIME):
        values, codes = _spread(_side_by_side([rows.column(name) for name in names]), one, terms)
    else:
        values, codes = _added([rows.column(name) for name in names], one, terms)
    fallback = definition.constants.get(one.name)
    if fallback is not None:
        given, _codes = _read(pa.array([fallback], pa.string()), one, terms)
        values = pc.if_else(pa.array(_nulls(values) & (codes == 0)), given[0], values)
    if one.required and not (one.name == "source_key" and definition.match_by):
        codes = np.where((codes == 0) & _nulls(values), CODES["missing"], codes).astype(np.uint8)
    return values, codes


def _marked_lunar(rows: pa.Table, names: Sequence[str], definition: Definition) -> pa.ChunkedArray:
    """Birthdays as texts, lunar ones with the mark that a text of its own would have: 1988-03-02 음."""
    given = _side_by_side([rows.column(name) for name in names]).combine_chunks()
    full = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(given)), 0)
    lunar = pc.and_(pa.array(_said_lunar(rows, definition)), full)
    return pa.chunked_array([pc.if_else(lunar, pc.binary_join_element_wise(given, "음", " "), given)])


def _side_by_side(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """A day in one column and its clock time in the next, as one text."""
    filled = [pc.fill_null(column, "") for column in columns]
    return pa.chunked_array([pc.binary_join_element_wise(*[one.combine_chunks() for one in filled], " ")])


def _added(columns: list[pa.ChunkedArray], one: Field, terms: Terms) -> tuple[pa.Array, Codes]:
    values, codes = _spread(columns[0], one, terms)
    for column in columns[1:]:
        more, more_codes = _spread(column, one, terms)
        values = pc.if_else(pc.is_null(values), more, pc.if_else(pc.is_null(more), values, _sum(values, more)))
        codes = np.where(codes == 0, more_codes, codes)
    return values, codes


def _sum(one: pa.Array, other: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(one, other, " ") if pa.types.is_string(one.type) else pc.add(one, other)


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
    trimmed = _unwrapped(pc.utf8_trim_whitespace(texts))
    empty = pc.equal(pc.utf8_length(trimmed), 0)
    if field.type is not Type.TEXT or field.name in JUDGES:
        empty = pc.or_(empty, pc.match_substring_regex(trimmed, NOTHING))
    given = pc.if_else(empty, None, trimmed)
    codes = np.zeros(len(texts), np.uint8)
    _refuse_residents(given, field, codes)
    values = READ[field.type](given, field, terms, codes)
    _bounds(values, field, terms, codes)
    if codes.any():
        values = pc.if_else(pa.array(codes == 0), values, None)
    return values, codes


def _unwrapped(texts: pa.Array) -> pa.Array:
    """Values without what spreadsheets and our own exports wrap around them: ="007", '=cmd, '010."""
    if pc.any(pc.starts_with(texts, '="')).as_py():
        texts = pc.replace_substring_regex(texts, r'^="(.*)"$', r"\1")
    marked = pc.starts_with(texts, "'")
    if pc.any(marked).as_py():
        bare = [text and unguard(re.sub(r"^'(?=\d[\d -]*$)", "", text)).strip() for text in texts.to_pylist()]
        texts = pa.array(bare, pa.string())
    return texts


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
    if field.name == "phone":
        given = with_its_zero(given)
    _mark(codes, pc.greater(pc.utf8_length(given), field.longest), "too_long")
    _mark(codes, pc.match_substring_regex(given, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), "control_characters")
    if field.key or field.name in ("source_key", "customer_key", "phone"):
        _mark(codes, pc.match_substring_regex(given, ROUNDED), "rounded_number")
    return given


def _digits(given: pa.Array, terms: Terms) -> pa.Array:
    """Numbers without thousands separators and currency signs, with a point as decimal sign; others as they are."""
    if pc.any(pc.match_substring_regex(given, r"[^0-9.+-]")).as_py():
        given = pc.utf8_normalize(given, form="NFKC")
        given = pc.replace_substring_regex(given, r"^\((.*\d.*)\)$|^([^-].*\d)-$", r"-\1\2")
        given = pc.replace_substring_regex(given, r"^([+-]?)\s*(?:KRW|USD|EUR|[₩$€¥£])\s*([+-]?)", r"\1\2")
        given = pc.replace_substring_regex(given, r"\s*(?:원정?|개|KRW|USD|EUR|[₩$€¥£])$", "")
        given = pc.replace_substring_regex(given, r"(\d)[ '](\d{3})\b", r"\1\2")
        given = pc.replace_substring_regex(given, r"(\d)[ '](\d{3})\b", r"\1\2")
    if terms.decimal == ",":
        grouped = pc.match_substring_regex(given, r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$")
        given = pc.if_else(grouped, pc.replace_substring(given, ".", ""), given)
        plain = pc.match_substring_regex(given, r"^[+-]?\d*(,\d*)?$")
        return pc.if_else(plain, pc.replace_substring(given, ",", "."), pc.binary_join_element_wise(given, "?", ""))
    if pc.any(pc.match_substring(given, ",")).as_py():
        grouped = pc.match_substring_regex(given, r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
        given = pc.if_else(grouped, pc.replace_substring(given, ",", ""), given)
    return given


def _integer(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    plain = _digits(given, terms)
    if (field.least, field.most) == (0, 1):
        plain = pc.if_else(pc.match_substring_regex(given, YES), "1", plain)
        plain = pc.if_else(pc.match_substring_regex(given, NO), "0", plain)
    if field.name == "birth_year":
        plain = pc.replace_substring_regex(plain, r"^(\d{4})\s?년생?$", r"\1")
    fits = pc.match_substring_regex(plain, r"^[+-]?\d{1,18}(\.0*)?$")
    _mark(codes, pc.match_substring_regex(given, PERCENT), "percent")
    _mark(codes, pc.invert(fits), "not_integer")
    plain = pc.if_else(fits, pc.replace_substring_regex(plain, r"^\+|\.0*$", ""), None)
    return plain.cast(pa.int64())


def _amount(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    """Whole minor units, rounded half to even from the decimal text (twenty decimals of it)."""
    plain = _digits(given, terms)
    fits = pc.match_substring_regex(plain, r"^[+-]?(\d{1,14}(\.\d*)?|\.\d+)$")
    _mark(codes, pc.match_substring_regex(given, PERCENT), "percent")
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


def _spelled(given: pa.Array, field: Field, terms: Terms) -> pa.Array:
    """Days and times of other spellings in the usual one: year, month, day, then the clock."""
    if pc.all(pc.match_substring_regex(given, USUAL)).as_py():
        return given
    given = pc.utf8_normalize(given, form="NFKC")
    for pattern, usual in SPELLINGS:
        given = pc.replace_substring_regex(given, pattern, usual)
    if pc.any(pc.match_substring_regex(given, r"[A-Za-z]{3}")).as_py():
        for number, name in enumerate(MONTHS, 1):
            word = rf"(?i){name}[a-z]*\.?"
            given = pc.replace_substring_regex(given, rf"^(\d{{1,2}})[ -]{word}[ ,-]*(\d{{4}})", rf"\2-{number:02d}-\1")
            given = pc.replace_substring_regex(given, rf"^{word} (\d{{1,2}}),? (\d{{4}})", rf"\2-{number:02d}-\1")
    given = pc.replace_substring_regex(given, SHORT, ORDERED[terms.order if terms.order != "ymd" else "dmy"])
    given = pc.replace_substring_regex(given, SHORTER, ORDERED[terms.order] + r"\4")
    if field.name == "birth":
        given = pc.replace_substring_regex(given, r"^(\d{2})(\d{2})(\d{2})$", r"\1-\2-\3")
    soon = "|".join(f"{year:02d}" for year in range(terms.today.year % 100 + (field.name != "birth") + 1))
    given = pc.replace_substring_regex(given, rf"^({soon})-(\d{{1,2}}-\d{{1,2}})", r"20\1-\2")
    return pc.replace_substring_regex(given, r"^(\d{2})-(\d{1,2}-\d{1,2})", r"19\1-\2")


def _serials(given: pa.Array) -> pa.Array:
    """Day numbers of Excel as days: 46349 is 2026-11-23, 46349.5 its noon."""
    serial = pc.match_substring_regex(given, SERIAL)
    if not pc.any(serial).as_py():
        return given
    days = pc.if_else(serial, given, None).cast(pa.float64())
    moments = pc.round(pc.multiply(pc.add(days, SERIAL_ZERO), 86400.0)).cast(pa.int64()).cast(pa.timestamp("s"))
    return pc.if_else(serial, pc.strftime(moments, format="%Y-%m-%d %H:%M:%S"), given)


def _extract(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    found = pc.extract_regex(_serials(_spelled(given, field, terms)), DAY + CLOCK)
    _mark(codes, pc.and_(pc.is_valid(given), pc.is_null(found)), "not_date")
    days, exists = _days(found)
    _mark(codes, ~exists & ~_nulls(found), "impossible_date")
    return found, days


def _date(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    """A calendar day. A clock time behind it is dropped: such dates have no zone."""
    lunar = _matches(given, LUNAR) if field.name == "birth" else np.zeros(len(given), bool)
    found, days = _extract(pc.if_else(pa.array(lunar), None, given), field, terms, codes)
    values = pa.array(days.astype(np.int32)).cast(pa.date32())
    values = pc.if_else(pa.array((codes == 0) & ~_nulls(found)), values, None)
    return _solar(given, values, lunar, terms, codes) if lunar.any() else values


def _solar(given: pa.Array, values: pa.Array, lunar: npt.NDArray[np.bool_], terms: Terms, codes: Codes) -> pa.Array:
    """Days of birth by the lunar calendar as solar days."""
    days = [birth(text, today=terms.today).day if one else None
            for one, text in zip(lunar, given.to_pylist(), strict=True)]  # fmt: skip
    _mark(codes, lunar & np.array([day is None for day in days]), "impossible_date")
    return pc.if_else(pa.array(lunar), pa.array(days, pa.date32()), values)


def _time(given: pa.Array, field: Field, terms: Terms, codes: Codes) -> pa.Array:
    found, days = _extract(given, field, terms, codes)
    hour, minute, second = (_number(found.field(name)) for name in "his")
    hour = _halves(hour, found, codes)
    _mark(codes, (hour > 23) | (minute > 59) | (second > 60), "impossible_date")
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(found.field("f").fill_null(""), 6, "0"), 0, 6)
    local = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + _number(fraction)
    moment = local - _offsets(local, found.field("z"), terms.zone, fine=(codes == 0) & ~_nulls(found))
    return pc.if_else(pa.array((codes == 0) & ~_nulls(found)), pa.array(moment).cast(pa.timestamp("us")), None)


def _halves(hour: npt.NDArray[np.int64], found: pa.Array, codes: Codes) -> npt.NDArray[np.int64]:
    """Hours of a twelve-hour clock (오후 3:05, 3:05 PM) on one of twenty-four."""
    said = pc.binary_join_element_wise(found.field("n").fill_null(""), found.field("o").fill_null(""), "")
    after = _matches(said, r"^(오후|[Pp])")
    before = _matches(said, r"^(오전|[Aa])")
    _mark(
        codes, (after | before) & ((hour < 1) | (hour > 12)) & ~(after & (hour > 12) & (hour < 24)), "impossible_date"
    )
    hour = np.where(after & (hour < 12), hour + 12, hour)
    return np.where(before & (hour == 12), 0, hour)


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
    for name in ("cost", "paid"):
        if name in columns and "quantity" in columns:
            back = pc.less(columns["quantity"], 0)
            given = pc.and_(pc.greater(columns[name], 0), back)
            lone = pc.and_(pc.less(columns[name], 0), pc.invert(back))
            for wrong, why in ((given, "positive_return"), (lone, "negative_price")):
                _note(reason, place, _only(wrong, why), names.index(name))
    if "starts_on" in columns and "ends_on" in columns:
        turned = pc.less(columns["ends_on"], columns["starts_on"])
        _note(reason, place, _only(turned, "ends_before_start"), names.index("ends_on"))


def _only(wrong: pa.Array, reason: str) -> Codes:
    return np.where(wrong.fill_null(False).to_numpy(zero_copy_only=False), CODES[reason], 0).astype(np.uint8)
