"""Corrections before a row is read: steps for a whole column, and single cells of single lines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput
from dangol.customers.collect.columns import LINE
from dangol.customers.collect.rules import N_

VERBS = {
    "replace": N_("Replace whole cells"),
    "replace_part": N_("Replace a part of the cells"),
    "default": N_("Fill empty cells"),
    "trim": N_("Remove surplus spaces"),
    "digits": N_("Keep digits only"),
}
STEPS_MOST, TEXT_MOST = 50, 500


def checked(steps: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Steps in the form a source keeps. Raises BadInput."""
    if len(steps) > STEPS_MOST:
        raise BadInput("A source has at most {limit} corrections.", field="cleaning", limit=STEPS_MOST)
    kept = []
    for step in steps:
        verb, find, put = step.get("verb", ""), step.get("find", ""), step.get("put", "")
        if verb not in VERBS:
            raise BadInput("Choose what to do with the cells.", field="verb")
        if not step.get("column"):
            raise BadInput("Choose the column to correct.", field="column")
        if verb == "replace_part" and not find:
            raise BadInput("Write the text to replace.", field="find")
        if verb == "default" and not put.strip():
            raise BadInput("Write what to fill in.", field="put")
        kept.append({"column": step["column"], "verb": verb, "find": find[:TEXT_MOST], "put": put[:TEXT_MOST]})
    return kept


def clean(rows: pa.Table, steps: Sequence[Mapping[str, str]]) -> pa.Table:
    """Rows of text after the steps, in their order."""
    for step in steps:
        place = rows.schema.get_field_index(step["column"])
        if place >= 0:
            rows = rows.set_column(place, step["column"], _step(rows.column(place), step))
    return rows


def _step(column: pa.ChunkedArray, step: Mapping[str, str]) -> pa.ChunkedArray:
    verb, find, put = step["verb"], step.get("find", ""), step.get("put", "")
    if verb == "trim":
        return pc.replace_substring_regex(pc.utf8_trim_whitespace(column), r"\s+", " ")
    if verb == "digits":
        return pc.replace_substring_regex(column, r"\D", "")
    if verb == "replace_part":
        return pc.replace_substring(column, find, put)
    trimmed = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    return pc.if_else(pc.equal(trimmed, "" if verb == "default" else find.strip()), put, column)


def corrected(rows: pa.Table, corrections: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """Rows with single cells put right. corrections: {line: {column: text}}."""
    if not corrections or not rows.num_rows:
        return rows
    lines = rows.column(LINE).to_numpy()
    wanted = np.fromiter((int(line) for line in corrections), np.int64)
    places = np.flatnonzero(np.isin(lines, wanted))
    if not len(places):
        return rows
    by_column: dict[str, dict[int, str]] = {}
    for place in places:
        for column, text in corrections[str(lines[place])].items():
            by_column.setdefault(column, {})[int(place)] = text
    for column, texts in by_column.items():
        index = rows.schema.get_field_index(column)
        if index < 0:
            continue
        mask = np.zeros(rows.num_rows, bool)
        mask[list(texts)] = True
        values: Any = pa.array([texts[place] for place in sorted(texts)], pa.string())
        changed = pc.replace_with_mask(rows.column(index).combine_chunks(), pa.array(mask), values)
        rows = rows.set_column(index, column, changed)
    return rows
