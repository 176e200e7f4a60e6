"""What a report found as plain values and back, so that an answer can be kept on disc.

A text or number stands for itself, what is more is a mapping with one key: {"day": ISO date} or {"said": template,
"values": {name: [kind, value]}}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from dangol.insight.analysis.rules.findings import Block, Bought, Chart, Column, Finding, Found, Sentence, Tile


def packed(found: Found) -> dict[str, Any]:
    """A report's findings, tables, figures and notes as plain values."""
    return {
        "findings": [_finding(one) for one in found.findings],
        "blocks": [_block(one) for one in found.blocks],
        "tiles": [[one.label, one.kind, value(one.value), value(one.hint)] for one in found.tiles],
        "notes": [value(one) for one in found.notes],
    }


def unpacked(plain: Mapping[str, Any]) -> Found:
    """The same from plain values."""
    return Found(
        findings=[_read_finding(one) for one in plain["findings"]],
        blocks=[_read_block(one) for one in plain["blocks"]],
        tiles=[Tile(label, kind, read(given), read(hint)) for label, kind, given, hint in plain["tiles"]],
        notes=[read(one) for one in plain["notes"]],
    )


def _finding(one: Finding) -> dict[str, Any]:
    told = {"sentence": value(one.sentence), "segments": list(one.segments), "bought": _people(one.bought)}
    return {item.name: told.get(item.name, getattr(one, item.name)) for item in fields(one)}


def _read_finding(plain: Mapping[str, Any]) -> Finding:
    told = {"sentence": read(plain["sentence"]), "segments": tuple(plain["segments"])}
    return Finding(**{**plain, **told, "bought": _read_people(plain["bought"])})


def _people(bought: Sequence[Bought]) -> list[dict[str, Any]]:
    return [{item.name: value(getattr(one, item.name)) for item in fields(one)} for one in bought]


def _read_people(plain: Sequence[Mapping[str, Any]]) -> tuple[Bought, ...]:
    return tuple(Bought(**{name: read(one) for name, one in each.items()}) for each in plain)


def value(given: Any) -> Any:
    """A cell or sentence as plain values."""
    if isinstance(given, Sentence):
        return {
            "said": given.template,
            "values": {name: [kind, value(one)] for name, (kind, one) in given.values.items()},
        }
    if isinstance(given, date):
        return {"day": given.isoformat()}
    return given


def read(plain: Any) -> Any:
    """A cell or sentence from plain values."""
    if not isinstance(plain, dict):
        return plain
    if "day" in plain:
        return date.fromisoformat(plain["day"])
    return Sentence(plain["said"], {name: (kind, read(one)) for name, (kind, one) in plain["values"].items()})


def _rows(rows: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    return None if rows is None else [{key: value(one) for key, one in row.items()} for row in rows]


def _read_rows(rows: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    return None if rows is None else [{key: read(one) for key, one in row.items()} for row in rows]


def _block(block: Block) -> dict[str, Any]:
    chart = block.chart
    drawn = {one.name: getattr(chart, one.name) for one in fields(chart)} if chart else None
    if drawn is not None:
        drawn |= {"caption": value(drawn["caption"]), "rows": _rows(drawn["rows"]), "labels": dict(drawn["labels"])}
    return {
        "name": block.name,
        "title": block.title,
        "columns": [asdict(one) for one in block.columns],
        "rows": _rows(block.rows),
        "total": _rows([block.total]) if block.total else None,
        "chart": drawn,
        "notes": [value(one) for one in block.notes],
        "dense": block.dense,
        "people": [_people(one) for one in block.people],
    }


def _read_block(plain: Mapping[str, Any]) -> Block:
    chart, total = plain["chart"], _read_rows(plain["total"])
    if chart is not None:
        chart = Chart(**chart | {"caption": read(chart["caption"]), "rows": _read_rows(chart["rows"])})
    return Block(
        name=plain["name"],
        title=plain["title"],
        columns=[Column(**one) for one in plain["columns"]],
        rows=_read_rows(plain["rows"]) or [],
        total=total[0] if total else None,
        chart=chart,
        notes=[read(one) for one in plain["notes"]],
        dense=plain["dense"],
        people=[_read_people(one) for one in plain["people"]],
    )
