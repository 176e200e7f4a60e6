"""Text cells as typed columns, and the rows that do not fit."""

import ibis
from ibis.expr.types import StringValue, Value
from ibis.expr.types import Table as Rows

from dangol.insight.olap.stars.rules import Column as Declared
from dangol.insight.olap.stars.rules import Table
from dangol.insight.olap.stars.tables.reckoning import WIDTH

LINE = "_line"
FORMS = {
    "whole": r"^[+-]?\d{1,18}(\.0*)?$",
    "number": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$",
    "date": r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$",
}
FORMS["moment"] = FORMS["date"]


def _form(declared: Declared) -> str:
    """The pattern a cell must have, so that no cast can round or fail."""
    if declared.kind == "decimal":
        before, after = WIDTH - declared.scale, max(declared.scale, 1)
        return rf"^[+-]?(\d{{1,{before}}}\.?|\d{{0,{before}}}\.\d{{1,{after}}}0*)$"
    return FORMS[declared.kind]


def _cell(rows: Rows, declared: Declared) -> StringValue:
    return rows[declared.header].strip().nullif("")


def _typed(cell: StringValue, declared: Declared) -> Value:
    if declared.kind == "whole":
        return cell.re_replace(r"\.0*$", "").try_cast("int64")
    if declared.kind == "decimal":
        return cell.try_cast(f"decimal({WIDTH}, {declared.scale})")
    if declared.kind == "number":
        return cell.try_cast("float64")
    if declared.kind == "moment":
        return cell.substr(0, 19).try_cast("timestamp")
    if declared.kind == "date":
        return cell.substr(0, 10).try_cast("date")
    return cell


def typed(rows: Rows, table: Table) -> Rows:
    """Rows of text cells as the declared columns; an empty cell is missing."""
    return rows.select(**{one.name: _typed(_cell(rows, one), one) for one in table.columns.values()})


def unfit(rows: Rows, table: Table) -> Rows:
    """The first row of which a cell does not fit its column. Returns line, column, text, kind; no row where all fit."""
    found = []
    for one in table.columns.values():
        if one.kind == "text":
            continue
        cell = _cell(rows, one)
        wrong = cell.notnull() & (~cell.re_search(_form(one)) | _typed(cell, one).isnull())
        kind = f"decimal({one.scale})" if one.kind == "decimal" else one.kind
        found.append(rows.filter(wrong).select(line=rows[LINE], column=ibis.literal(one.header), text=cell,
                                               kind=ibis.literal(kind)))  # fmt: skip
    if not found:
        return rows.select(line=rows[LINE]).filter(ibis.literal(False))
    together = ibis.union(*found) if len(found) > 1 else found[0]
    return together.order_by("line", "column").limit(1)


def repeated(rows: Rows, key: str) -> Rows:
    """A value of a key that several rows have, or that is missing. Returns value, rows."""
    counted = rows.group_by(value=rows[key]).aggregate(rows=rows.count())
    return counted.filter((counted.rows > 1) | counted.value.isnull()).order_by("value").limit(1)


def lost(rows: Rows, join: str, target: Rows, key: str) -> Rows:
    """One row: how many rows name a key that the target does not have."""
    missing = rows.filter(rows[join].notnull()).anti_join(target, rows[join] == target[key])
    return missing.aggregate(rows=missing.count())
