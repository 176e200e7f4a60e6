"""RFM of purchases from anywhere: no database, no warehouse; the same expressions as the pages use."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from dangol.base.errors import BadInput
from dangol.engine import Engine, fresh
from dangol.insight.score import tables
from dangol.insight.score.rules import AXES, RfmScheme

CUSTOMER_COLUMNS = ("customer", "last_day", "recency_days", "frequency", "monetary", *AXES, "group", "score", "segment")


@dataclass(frozen=True)
class PlainRfm:
    """An RFM of plain purchases.

    scheme: with its cut points. customers: one row a customer (CUSTOMER_COLUMNS). groups: {group, segment, customers,
    sales}. segments: {segment, customers, sales}. axes: axis -> {score: customers}. Amounts are minor units.
    """

    scheme: RfmScheme
    as_of: date
    customers: pa.Table
    groups: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    axes: dict[str, dict[int, int]]


def rfm(purchases: pa.Table, scheme: RfmScheme, as_of: date | None = None) -> PlainRfm:
    """Score customers of a plain table of purchases.

    purchases: customer (any type), day date32, amount int64 (minor units; below 0 a return), and order (any type) where
    rows are lines of orders; without it every row is a purchase. as_of: the last day with a purchase when None.
    Raises BadInput when no purchase is left on or before as_of.
    """
    as_of = as_of or pc.max(purchases["day"]).as_py()
    purchases = purchases.filter(pc.less_equal(purchases["day"], pa.scalar(as_of, pa.date32()))) if as_of else purchases
    if as_of is None or not purchases.num_rows:
        raise BadInput("There is no purchase on or before {day}.", field="as_of", day=as_of or "-")
    keys = pc.dictionary_encode(purchases["customer"]).combine_chunks()
    keys = keys if isinstance(keys, pa.DictionaryArray) else keys.chunk(0)
    lines = purchases.drop_columns(["customer"]).append_column("customer_id", keys.indices.cast(pa.int64()))
    with fresh() as engine:
        scores, ready = tables.rfm_anew(engine, _numbered(engine.memory(lines)), as_of, scheme)
        return _answer(engine, engine.keep(scores), ready, as_of, keys)


def _numbered(lines: Table) -> Table:
    """The lines with line_no 0 for the one line of an order that stands for it: not a return, where there is one."""
    if "order" not in lines.columns:
        return lines.mutate(line_no=ibis.literal(0, type="int32"))
    window = ibis.window(group_by=["customer_id", "order"], order_by=[lines.amount < 0, lines.day])
    return lines.mutate(line_no=ibis.row_number().over(window).cast("int32"))


def _answer(engine: Engine, scores: Table, scheme: RfmScheme, as_of: date, keys: pa.DictionaryArray) -> PlainRfm:
    rows = engine.arrow(scores.order_by("customer_id"))
    rows = rows.append_column("customer", keys.dictionary.take(rows["customer_id"]))
    sizes = engine.arrow(tables.segment_sizes(scores)).select(["segment", "customers", "sales"]).to_pylist()
    axes = {str(code): dict.fromkeys(range(1, axis.groups + 1), 0) for code, axis in scheme.axes.items()}
    for code in AXES:
        axes[code] |= {
            row["score"]: row["customers"] for row in engine.arrow(tables.axis_sizes(scores, code)).to_pylist()
        }
    groups = engine.arrow(tables.group_sizes(scores).order_by(ibis.desc("group"))).to_pylist()
    return PlainRfm(scheme, as_of, rows.select(CUSTOMER_COLUMNS), groups, sizes, axes)
