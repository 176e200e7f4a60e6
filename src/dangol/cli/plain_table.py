"""Plain CSV and Parquet files with one row per customer: which columns are numbers, which texts, what is left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.cli.plain import HEADERS, Refused, opened
from dangol.insight.score.groups.plain import PlainTable

MOSTLY = 0.95  # of the values of a column of numbers can be read as such
MOST_TEXTS = 50
LARGEST = 1e15
NUMBER = r"^[-+]?\d+(\.\d+)?([eE][-+]?\d{1,3})?$"
GROUPED = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$"
NAMING = ("id", "no", "number", "key", "code", "번호", "코드", "아이디")
EMPTY, SAME = "empty", "the same for everybody"
TOO_MANY = "too many different texts"
DAYS = "days; count the days since them into a column of numbers first"
NAMES_ROWS = "a different value in every row: it names rows and says nothing of them"
NO_TARGET = "the target is empty"


@dataclass
class Read:
    """A table as it was understood. key: the column that names rows, "" without one; hit: who has the target."""

    read: int
    table: PlainTable
    key: str
    keys: list[str]
    left_out: dict[str, str]
    unreadable: dict[str, int] = field(default_factory=dict)
    target: str = ""
    hit: Any = None


def names(text: str | None) -> list[str]:
    """Columns as people write them: A,B,C."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def read(
    paths: Sequence[Path], *, key: str | None, columns: Sequence[str], without: Sequence[str], target: str = ""
) -> Read:
    """Read files of one shape. key: column that names rows, None to go by its name; target: "column=value" or a column.

    columns: those to use, all usable ones where empty. Raises BadInput, NotFound.
    """
    whole = _whole(paths)
    total = whole.num_rows
    for name in (*columns, *without, *([key] if key else [])):
        _known(whole, name)
    key = key or _recognised(whole, {*columns, target.partition("=")[0]})
    aim = _target(whole, target) if target else ("", "")
    left_out: dict[str, str] = {}
    if aim[0]:
        there = pc.is_valid(_text(whole[aim[0]]))
        if whole.num_rows - pc.sum(there).as_py():
            left_out[aim[0]] = f"{total - pc.sum(there).as_py():,} rows: {NO_TARGET}"
        whole = whole.filter(there)
    keys = _keys(whole, key) if key else []
    numbers: dict[str, np.ndarray] = {}
    texts: dict[str, list[str | None]] = {}
    unreadable: dict[str, int] = {}
    for name in columns or whole.column_names:
        if name in (key, aim[0], *without):
            continue
        why = _take(name, whole[name], numbers, texts, unreadable)
        if why and name in columns:
            raise BadInput("The column {name} cannot be used: {why}.", field="columns", name=name, why=why)
        if why:
            left_out[name] = why
    hit = np.array([one == aim[1] for one in _text(whole[aim[0]]).to_pylist()]) if aim[0] else None
    return Read(total, PlainTable(whole.num_rows, numbers, texts), key, keys, left_out, unreadable,
                "=".join(aim) if aim[0] else "", hit)  # fmt: skip


def _whole(paths: Sequence[Path]) -> pa.Table:
    refused: dict[str, Refused] = {}
    tables = [opened(path, refused) for path in paths]
    if any(table.column_names != tables[0].column_names for table in tables):
        raise BadInput("The files do not have the same columns. Give tables of one shape.", field="file")
    try:
        whole = pa.concat_tables([table.replace_schema_metadata(None) for table in tables],
                                 promote_options="permissive")  # fmt: skip
    except pa.ArrowInvalid:
        raise BadInput("The files do not have the same columns. Give tables of one shape.", field="file") from None
    if len(set(whole.column_names)) < whole.num_columns:
        raise BadInput("Two columns have the same name. Give each its own.", field="file")
    if not whole.num_rows:
        raise BadInput("No row can be used. {reasons}", field="file",
                       reasons=" ".join(f"{one.reason} ({one.rows:,} rows)" for one in refused.values() if one.rows)
                       or "The file is empty.")  # fmt: skip
    return whole


def _known(whole: pa.Table, name: str) -> None:
    if name not in whole.column_names:
        raise BadInput("There is no column {name}. The file has: {known}.", field="columns", name=name,
                       known=", ".join(whole.column_names))  # fmt: skip


def _plain(header: str) -> str:
    return "".join(c for c in header.lower() if c.isalnum())


def _recognised(whole: pa.Table, taken: Iterable[str]) -> str:
    """The column that names customers by what it is called."""
    by_name = {_plain(name): name for name in reversed(whole.column_names) if name not in set(taken)}
    return next((by_name[guess] for guess in HEADERS["customer"] if guess in by_name), "")


def _keys(whole: pa.Table, key: str) -> list[str]:
    texts = _text(whole[key])
    again = sum(row["counts"] > 1 for row in texts.value_counts().to_pylist())
    if again or texts.null_count:
        raise BadInput(
            "The column {name} does not name each row once ({n} values come again, {empty} rows have none). Each row "
            "must be one customer: sum purchases up first, for example with dangol file rfm --out.",
            field="id", name=key, n=again, empty=texts.null_count,
        )  # fmt: skip
    found: list[str] = texts.to_pylist()
    return found


def _target(whole: pa.Table, target: str) -> tuple[str, str]:
    """The column of the target and its value. Raises BadInput with what there is."""
    column, _sign, value = (target, "", "") if target in whole.column_names else target.rpartition("=")
    _known(whole, column.strip() or target)
    column, value = column.strip() or target, value.strip()
    counts = {row["values"]: row["counts"] for row in _text(whole[column]).value_counts().to_pylist() if row["values"]}
    some = ", ".join(sorted(counts, key=lambda one: -counts[one])[:10])
    if value and value not in counts:
        raise BadInput("The column {name} has no value {value}. It has: {known}.", field="target", name=column,
                       value=value, known=some)  # fmt: skip
    if not value and len(counts) != 2:
        raise BadInput("Which value of {name} is the target? Say it like {name}=value. It has: {known}.",
                       field="target", name=column, known=some)  # fmt: skip
    return column, value or min(counts, key=lambda one: (counts[one], one))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)


def _take(
    name: str, column: pa.ChunkedArray, numbers: dict[str, np.ndarray], texts: dict[str, list[str | None]],
    unreadable: dict[str, int],
) -> str:  # fmt: skip
    """Take a column in as numbers or texts; else why not."""
    kind = column.type
    if pa.types.is_temporal(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return DAYS if pa.types.is_temporal(kind) else TOO_MANY
    text = _text(column)
    given = len(text) - text.null_count
    if not given:
        return EMPTY
    found = _numbers(text)
    known = ~np.isnan(found)
    if known.sum() >= MOSTLY * given:
        return _take_numbers(name, found, given, numbers, unreadable)
    return _take_texts(name, text, texts)


def _take_texts(name: str, text: pa.ChunkedArray, texts: dict[str, list[str | None]]) -> str:
    different = len(text.unique().drop_null())
    if different == 1:
        return SAME
    if different > MOST_TEXTS:
        return f"{TOO_MANY} ({different:,})"
    texts[name] = text.to_pylist()
    return ""


def _take_numbers(
    name: str, found: np.ndarray, given: int, numbers: dict[str, np.ndarray], unreadable: dict[str, int]
) -> str:
    known = found[~np.isnan(found)]
    if known.min() == known.max():
        return SAME
    if len(np.unique(known)) == len(found) > MOST_TEXTS and _plain(name).endswith(NAMING) and not (known % 1).any():
        return NAMES_ROWS
    numbers[name] = found
    if given > len(known):
        unreadable[name] = given - len(known)
    return ""


def _numbers(text: pa.ChunkedArray) -> np.ndarray:
    """The texts as numbers, NaN where they are none or too large to be believed."""
    grouped = pc.fill_null(pc.match_substring_regex(text, GROUPED), False)
    text = pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)
    good = pc.fill_null(pc.match_substring_regex(text, NUMBER), False)
    found = pc.if_else(good, text, None).cast(pa.float64()).to_numpy().astype(float)
    return np.where(np.abs(found) <= LARGEST, found, np.nan)
