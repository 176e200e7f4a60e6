"""Linkage of plain tables from anywhere: no database; the same comparisons as customers are linked with."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dangol.base.errors import BadInput
from dangol.customers.identify.linkage import linking, preparing
from dangol.customers.identify.linkage.linking import Linked
from dangol.engine import fresh

PRECISION = 0.995
TELLING = frozenset({"phone", "email", "birth", "code"})
COLUMNS = ("record_id", "cluster_id", "probability", "file")


@dataclass(frozen=True)
class PlainLink:
    """Records with their clusters (COLUMNS), the fields used in each table, and what was found out."""

    records: pa.Table
    fields: list[dict[str, str]]
    linked: Linked
    seconds: float

    @property
    def rough(self) -> bool:
        """Whether the expected precision is a rough guess.

        It holds where the model's assumption does: that fields err independently. Names, places and categories of
        firms and things do not, and without a field nearly one a person has nothing contradicts them: of a list of
        restaurants (names and addresses only) 0.92 to 1.00 of the joined pairs were right where 0.995 was expected.
        """
        return not any(name.rstrip("0123456789") in TELLING for used in self.fields for name in used)


def link(
    tables: Sequence[pa.Table], names: Sequence[str], *, ids: Sequence[str] = (),
    chosen: Mapping[str, str] | None = None, precision: float = PRECISION, nobody_twice: bool | None = None,
) -> PlainLink:  # fmt: skip
    """Find which rows of one or several tables are one person (or firm, or thing).

    names: of the tables. ids: header of each table's key, one for all or one each; without it rows are numbered from 1
    on. chosen: see preparing.proposed. precision: the wanted share of right pairs among those joined. nobody_twice:
    the tables hold nobody twice, so only rows of different tables are joined; None finds it out.
    Raises BadInput where no column can be compared or an option is out of range.
    """
    if not 0.5 <= precision < 1:
        raise BadInput("The precision is a share from 0.5 to below 1, like 0.995.", field="precision")
    began = time.perf_counter()
    texts = [preparing.texts(table) for table in tables]
    headers = _headers(texts, ids)
    fields = preparing.proposed(
        [_without(table, header) for table, header in zip(texts, headers, strict=True)], chosen or {}
    )
    prepared = preparing.prepare(texts, fields)
    if not prepared.comparisons:
        raise BadInput("No column is recognised. Say which is which with --map, like --map name=성명.", field="map")
    across = linking.hold_nobody_twice(prepared) if nobody_twice is None else nobody_twice
    with fresh() as engine:
        found = linking.link(engine, prepared, precision=precision, across=across and len(tables) > 1)
    return PlainLink(_records(texts, names, headers, found), fields, found, time.perf_counter() - began)


def _headers(tables: Sequence[pa.Table], ids: Sequence[str]) -> list[str]:
    if len(ids) not in (0, 1, len(tables)):
        raise BadInput("Give --id once for all files, or once for each.", field="id")
    headers = list(ids) * len(tables) if len(ids) == 1 else list(ids) or [""] * len(tables)
    for table, header in zip(tables, headers, strict=True):
        if header and header not in table.column_names:
            raise BadInput("There is no column “{header}”. The file has: {known}.", field="id", header=header,
                           known=", ".join(table.column_names))  # fmt: skip
    return headers


def _without(table: pa.Table, header: str) -> pa.Table:
    return table.drop_columns([header]) if header else table


def _records(tables: Sequence[pa.Table], names: Sequence[str], headers: Sequence[str], found: Linked) -> pa.Table:
    ids: list[Any] = []
    for table, header in zip(tables, headers, strict=True):
        ids += table[header].to_pylist() if header else [str(n) for n in range(1, table.num_rows + 1)]
    _first, numbers = np.unique(found.groups, return_inverse=True)
    files = [name for table, name in zip(tables, names, strict=True) for _ in range(table.num_rows)]
    columns = [
        pa.array(ids, pa.string()),
        pa.array(numbers + 1, pa.int64()),
        pa.array(found.sure),
        pa.array(files, pa.string()),
    ]
    return pa.table(columns, names=list(COLUMNS))
