"""Plain CSV and Parquet files as typed columns: encoding, proposed columns, dates, amounts, and what was refused."""

import codecs
import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dangol.base.errors import BadInput, NotFound
from dangol.cli.cells import MINOR_PER_MAJOR, days, hundredths

__all__ = ["MINOR_PER_MAJOR", "columns", "opened", "proposed"]

ENCODINGS = ("utf-8-sig", "cp949")
DELIMITERS = ",\t;|"
PIECE_BYTES = 1 << 20
SAMPLE_LINES = 20
BARE = re.compile(r"[-+]?\d[\d.,:/ -]*")  # a number or a date: no name of a column
HEADLESS = b"first"
SHOWN_LINES = 5
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
               "sales", "revenue", "total", "totalprice", "dollarvalue", "value", "spend", "monetary", "구매금액",
               "판매금액",
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
        used = proposed(raw.column_names, chosen, optional=optional, first=_first(raw))
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
FUTURE = "The date lies more than a year in the future."


def _plain(header: str) -> str:
    return "".join(c for c in header.lower() if c.isalnum())


def proposed(
    headers: Sequence[str], chosen: Mapping[str, str | None], *, optional: Sequence[str] = (), first: str = ""
) -> dict[str, str]:
    """Which header holds which field: as chosen, else by its name in English or Korean. Raises BadInput.

    first: the first line of a file without a header, whose columns are called 1, 2, 3 and so on.
    """
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
        elif first and name not in optional:
            raise BadInput("The file has no header; its columns are 1 to {most}. Say which is the {name} with "
                           "--{name}. The first line is: {first}.", field=name, most=len(headers), name=name,
                           first=first)  # fmt: skip
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


def _first(table: pa.Table) -> str:
    """The first line of a file without a header, else nothing."""
    return str((table.schema.metadata or {}).get(HEADLESS, b""), "utf8").replace("\t", "  ")


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
    source, encoding, delimiter, first = _laid_out(path, encoding_of(path))
    names = next(csv.reader([first], delimiter=delimiter))
    bare = len(names) > 1 and all(BARE.fullmatch(name.strip()) for name in names)
    names = [str(place + 1) for place in range(len(names))] if bare else names
    uneven = refused.setdefault(UNEVEN, Refused(UNEVEN))

    def skip(row: Any) -> str:
        uneven.add([row.number] if row.number else [])
        uneven.rows += 0 if row.number else 1
        return "skip"

    try:
        table = pacsv.read_csv(
            source,
            read_options=pacsv.ReadOptions(encoding="utf8" if encoding == "utf-8-sig" else encoding, use_threads=False,
                                           column_names=names if bare else None),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True,
                                             invalid_row_handler=skip),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()),
                                                 strings_can_be_null=True, null_values=[""]),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise BadInput("{path} is not a readable CSV file: {why}", field="file", path=path,
                       why=str(error).split("\n", maxsplit=1)[0]) from None  # fmt: skip
    return table.replace_schema_metadata({HEADLESS: first.encode()}) if bare else table


def _laid_out(path: Path, encoding: str) -> tuple[Any, str, str, str]:
    """What is read, its encoding, its delimiter and its first line. Columns set apart by blanks come as tabs."""
    with path.open(encoding=encoding, newline="") as file:
        sample = [line for line in (file.readline() for _line in range(SAMPLE_LINES)) if line.strip()]
    if not sample:
        raise BadInput("{path} is empty.", field="file", path=path)
    delimiter = max(DELIMITERS, key=sample[0].count)
    words = {len(line.split()) for line in sample}
    if delimiter in sample[0] or len(words) > 1 or words == {1}:
        return path, encoding, delimiter, sample[0]
    text = "\n".join("\t".join(line.split()) for line in path.read_text(encoding).splitlines())
    return pa.BufferReader(text.encode()), "utf8", "\t", "\t".join(sample[0].split())


def _typed(raw: pa.Table, used: Mapping[str, str], refused: dict[str, Refused]) -> pa.Table:
    """The fields as typed columns, without the rows of which one cannot be read."""
    made = {"customer": _text(raw[used["customer"]]), "day": days(raw[used["date"]])}
    made["passed"] = _passed(made["day"])
    if "amount" in used:
        made["amount"] = hundredths(raw[used["amount"]])
    good = None
    reasons = {"customer": NO_CUSTOMER, "day": BAD_DAY, "passed": FUTURE, "amount": BAD_AMOUNT}
    for name, reason in reasons.items():
        if name not in made:
            continue
        present = pc.is_valid(made[name])
        lost = pc.invert(present) if good is None else pc.and_(good, pc.invert(present))
        places = pc.indices_nonzero(lost).to_pylist()
        if places:
            line = 1 if _first(raw) else 2
            refused.setdefault(reason, Refused(reason)).add(place + line for place in places)
        good = present if good is None else pc.and_(good, present)
    made.pop("passed")
    if "order" in used:
        made["order"] = _text(raw[used["order"]])
    return pa.table(made).filter(good)


def _passed(day: pa.Array) -> pa.Array:
    """True where a day is not more than a year ahead, else null: one slip would make everybody look long gone."""
    limit = pa.scalar(datetime.now(UTC).date() + timedelta(days=366), pa.date32())
    return pc.if_else(pc.less_equal(day, limit), True, None)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)
