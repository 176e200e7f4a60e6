"""Cells of plain files as days and amounts, a whole column at a time."""

import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput

MINOR_PER_MAJOR = 100
YEAR_FIRST = r"^(?P<y>\d{4})\s*[-./년]\s*(?P<m>\d{1,2})\s*[-./월]\s*(?P<d>\d{1,2})(?:\D.*)?$"
DIGITS = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\D.*)?$"
YEAR_LAST = r"^(?P<a>\d{1,2})[-./](?P<b>\d{1,2})[-./](?P<y>\d{4})(?:\D.*)?$"


def days(column: pa.ChunkedArray) -> pa.Array:
    """Dates of a column: date or timestamp types, or text: 2024-03-05, 2024.3.5, 20240305, 2024년 3월 5일, 3/25/2024.

    Null where unreadable. Raises BadInput where it cannot be told whether the day or the month comes first.
    """
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.date32(), safe=False).combine_chunks()
    text = pc.utf8_trim_whitespace(column.cast(pa.string())).combine_chunks()
    return pc.coalesce(_day(text, YEAR_FIRST), _day(text, DIGITS), _day_of_year_last(text))


def _parts(text: pa.Array, pattern: str) -> pa.StructArray:
    return pc.extract_regex(text, pattern)


def _day(text: pa.Array, pattern: str) -> pa.Array:
    found = _parts(text, pattern)
    return _date(*(pc.struct_field(found, part) for part in "ymd"))


def _day_of_year_last(text: pa.Array) -> pa.Array:
    found = _parts(text, YEAR_LAST)
    one, other, year = (pc.struct_field(found, part) for part in "aby")
    if pc.min_max(pc.cast(year, pa.int32()))["max"].as_py() is None:
        return pa.nulls(len(text), pa.date32())
    most = [pc.max(pc.cast(part, pa.int32())).as_py() for part in (one, other)]
    if max(most) <= 12:
        raise BadInput("Is it day or month that comes first in dates like {example}? Write dates as 2024-03-25.",
                       field="date", example=pc.drop_null(text)[0].as_py())  # fmt: skip
    return _date(year, other, one) if most[0] > 12 else _date(year, one, other)


def _date(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    padded = [pc.utf8_lpad(part, width=2, padding="0") for part in (month, day)]
    joined = pc.binary_join_element_wise(year, *padded, "-")
    moment = pc.strptime(joined, format="%Y-%m-%d", unit="s", error_is_null=True)
    real = pc.equal(pc.day(moment), pc.cast(day, pa.int64()))  # 30 February would become 2 March
    return pc.if_else(real, moment, None).cast(pa.date32())


PLAIN_NUMBER = r"(\d{1,3}(,\d{3})+|\d+)(\.\d+)?|\.\d+"
COMMA_NUMBER = r"(\d{1,3}(\.\d{3})+|\d+),\d{1,2}"  # 1.234,56 as much of Europe writes it
CURRENCIES = r"(?i)[\s₩￦\\\\$€£¥원]|KRW|USD|EUR|JPY|GBP|CNY"


def hundredths(column: pa.ChunkedArray) -> pa.Array:
    """Amounts in hundredths of the file's unit, int64; null where unreadable.

    Signs and codes of currencies are dropped; (10) and 10- are less than nothing; 1,234.56 and 1.234,56 are told apart.
    """
    if pa.types.is_integer(column.type):
        return pc.multiply(column.cast(pa.int64()), MINOR_PER_MAJOR).combine_chunks()
    if not (pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        column = _number(pc.replace_substring_regex(column.cast(pa.string()), CURRENCIES, ""))
    number = pc.round(pc.multiply(column.cast(pa.float64()), float(MINOR_PER_MAJOR)))
    sane = pc.fill_null(pc.less(pc.abs(number), 1e17), False)
    return pc.if_else(sane, number, None).cast(pa.int64()).combine_chunks()


def _number(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """A number as text that can be cast, null where it is none."""
    text = pc.replace_substring_regex(text, r"^\((.*)\)$|^(.*\d)-$", r"-\1\2")
    plain = pc.match_substring_regex(text, rf"^[-+]?({PLAIN_NUMBER})$")
    european = pc.match_substring_regex(text, rf"^[-+]?({COMMA_NUMBER})$")
    swapped = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    found = pc.if_else(plain, pc.replace_substring(text, ",", ""), pc.if_else(european, swapped, None))
    return pc.replace_substring_regex(found, r"^\+", "")
