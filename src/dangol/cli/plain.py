"""Plain CSV and Parquet files as typed columns: encoding, proposed columns, dates, amounts, and what was refused."""

import codecs
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dangol.base.errors import BadInput, NotFound

ENCODINGS = ("utf-8-sig", "cp949")
DELIMITERS = ",\t;|"
PIECE_BYTES = 1 << 20
SHOWN_LINES = 5
MINOR_PER_MAJOR = 100
# Names of columns as they are met in the field, without blanks, underscores and dashes; the best guess first.
HEADERS: dict[str, tuple[str, ...]] = {
    "customer": ("customerid", "customerkey", "customerno", "customernumber", "customercode", "customer", "custid",
                 "custno", "clientid", "memberid", "memberno", "userid", "householdid", "householdkey", "household",
                 "고객번호", "고객id", "고객아이디", "고객코드", "고객키", "고객", "회원번호", "회원id", "회원아이디",
                 "회원코드", "회원"),
    "date": ("purchasedate", "orderdate", "saledate", "salesdate", "invoicedate", "transactiondate", "solddate",
             "soldat", "orderedat", "purchasedat", "transactiontimestamp", "date", "day", "datetime", "timestamp",
             "구매일", "구매일자", "구매일시", "구매날짜", "주문일", "주문일자", "주문일시", "거래일", "거래일자",
             "판매일", "판매일자", "매출일", "매출일자", "결제일", "결제일자", "일자", "날짜"),
    "amount": ("amount", "salesvalue", "salesamount", "netamount", "totalamount", "orderamount", "purchaseamount",
               "sales", "revenue", "total", "totalprice", "value", "spend", "monetary", "구매금액", "판매금액",
               "매출금액", "매출액", "결제금액", "주문금액", "거래금액", "금액", "합계"),
    "order": ("orderid", "orderno", "ordernumber", "basketid", "invoiceno", "invoiceid", "invoice", "transactionid",
              "receiptno", "receiptid", "주문번호", "거래번호", "영수증번호", "전표번호", "주문id"),
}  # fmt: skip


@dataclass
class Refused:
    """Rows left out for one reason: how many, and the first lines (the header is line 1)."""

    reason: str
    rows: int = 0
    first_lines: list[int] = field(default_factory=list)

    def add(self, lines: Iterable[int]) -> None:
        for line in lines:
            self.rows += 1
            if len(self.first_lines) < SHOWN_LINES:
                self.first_lines.append(line)


@dataclass
class Columns:
    """Typed columns of all files together, which headers they came from, rows read, and rows refused with reasons."""

    table: pa.Table
    used: dict[str, str]
    read: int
    refused: dict[str, Refused]


def columns(paths: Sequence[Path], chosen: Mapping[str, str | None], *, optional: Sequence[str] = ()) -> Columns:
    """Read the fields of `chosen` (field -> header, or None to go by HEADERS) from CSV and Parquet files.

    Returns customer and order as text, day date32, amount int64 (hundredths). Raises BadInput, NotFound.
    """
    refused: dict[str, Refused] = {}
    tables, used, read = [], {}, 0
    for path in paths:
        raw = opened(path, refused)
        used = proposed(raw.column_names, chosen, optional=optional)
        read += raw.num_rows
        tables.append(_typed(raw, used, refused))
    read += sum(one.rows for one in refused.values() if one.reason == UNEVEN)
    names = set(tables[0].column_names)
    if any(set(table.column_names) != names for table in tables):
        raise BadInput("The files do not have the same columns. Name the columns yourself, for example with --order.",
                       field="order")  # fmt: skip
    return Columns(pa.concat_tables([table.select(sorted(names)) for table in tables]), used, read, refused)


UNEVEN = "The row does not have as many values as the header."
NO_CUSTOMER = "The customer is empty."
BAD_DAY = "The date cannot be read."
BAD_AMOUNT = "The amount cannot be read."


def _plain(header: str) -> str:
    return "".join(c for c in header.lower() if c.isalnum())


def proposed(
    headers: Sequence[str], chosen: Mapping[str, str | None], *, optional: Sequence[str] = ()
) -> dict[str, str]:
    """Which header holds which field: as chosen, else by its name in English or Korean. Raises BadInput."""
    plain = {_plain(header): header for header in reversed(headers)}
    used: dict[str, str] = {}
    for name, header in chosen.items():
        found = header if header in headers else None
        if header is None:
            found = next((plain[guess] for guess in HEADERS[name] if guess in plain), None)
        if found is not None:
            used[name] = found
        elif header is not None:
            raise BadInput("There is no column “{header}”. The file has: {known}.", field=name, header=header,
                           known=", ".join(headers))  # fmt: skip
        elif name not in optional:
            raise BadInput("Which column is the {name}? Say it with --{name}. The file has: {known}.", field=name,
                           name=name, known=", ".join(headers))  # fmt: skip
    return used


def opened(path: Path, refused: dict[str, Refused]) -> pa.Table:
    """A CSV file as text, a Parquet file as it is; uneven rows go to `refused`. Raises NotFound, BadInput."""
    if not path.is_file():
        raise NotFound("There is no file {path}.", path=path)
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return pq.read_table(path)
        except pa.ArrowInvalid:
            raise BadInput("{path} is not a Parquet file.", field="file", path=path) from None
    return _csv(path, refused)


def encoding_of(path: Path) -> str:
    """The encoding in which the whole file can be read: UTF-8 (with or without mark), UTF-16 with mark, or CP949."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadInput("The text of {path} is neither UTF-8 nor CP949. Save it as “CSV UTF-8” and try again.", field="file",
                   path=path)  # fmt: skip


def _csv(path: Path, refused: dict[str, Refused]) -> pa.Table:
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline()
    if not header.strip():
        raise BadInput("{path} is empty.", field="file", path=path)
    delimiter = max(DELIMITERS, key=header.count)
    names = next(csv.reader([header], delimiter=delimiter))
    uneven = refused.setdefault(UNEVEN, Refused(UNEVEN))

    def skip(row: Any) -> str:
        uneven.add([row.number] if row.number else [])
        uneven.rows += 0 if row.number else 1
        return "skip"

    try:
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(encoding="utf8" if encoding == "utf-8-sig" else encoding, use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True,
                                             invalid_row_handler=skip),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()),
                                                 strings_can_be_null=True, null_values=[""]),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise BadInput("{path} is not a readable CSV file: {why}", field="file", path=path,
                       why=str(error).split("\n", maxsplit=1)[0]) from None  # fmt: skip
    return table


def _typed(raw: pa.Table, used: Mapping[str, str], refused: dict[str, Refused]) -> pa.Table:
    """The fields as typed columns, without the rows of which one cannot be read."""
    made = {"customer": _text(raw[used["customer"]]), "day": days(raw[used["date"]])}
    if "amount" in used:
        made["amount"] = hundredths(raw[used["amount"]])
    good = None
    reasons = {"customer": NO_CUSTOMER, "day": BAD_DAY, "amount": BAD_AMOUNT}
    for name, reason in reasons.items():
        if name not in made:
            continue
        present = pc.is_valid(made[name])
        lost = pc.invert(present) if good is None else pc.and_(good, pc.invert(present))
        places = pc.indices_nonzero(lost).to_pylist()
        if places:
            refused.setdefault(reason, Refused(reason)).add(place + 2 for place in places)
        good = present if good is None else pc.and_(good, present)
    if "order" in used:
        made["order"] = _text(raw[used["order"]])
    return pa.table(made).filter(good)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)


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


def hundredths(column: pa.ChunkedArray) -> pa.Array:
    """Amounts in hundredths of the file's unit, int64; null where unreadable. Commas and currency signs are dropped."""
    if pa.types.is_integer(column.type):
        return pc.multiply(column.cast(pa.int64()), MINOR_PER_MAJOR).combine_chunks()
    if not (pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        text = pc.replace_substring_regex(column.cast(pa.string()), r"[\s,₩$€£¥원]", "")
        column = pc.if_else(pc.match_substring_regex(text, r"^[-+]?(\d+\.?\d*|\.\d+)$"), text, None)
        column = pc.replace_substring_regex(column, r"^\+", "")
    number = pc.round(pc.multiply(column.cast(pa.float64()), float(MINOR_PER_MAJOR)))
    sane = pc.fill_null(pc.less(pc.abs(number), 1e17), False)
    return pc.if_else(sane, number, None).cast(pa.int64()).combine_chunks()
