"""A report as plain values, for scripts: what the API returns."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dangol.insight.analysis.reads.reports import Report
from dangol.insight.analysis.rules.catalogue import Kind
from dangol.insight.analysis.rules.findings import Block, Sentence


def plain(report: Report) -> dict[str, Any]:
    """Findings as templates with values, tables as rows. Amounts are minor units; null is not enough data."""
    ask, found = report.ask, report.found
    return {
        "name": report.kind.name,
        "title": report.kind.title,
        "first": report.now.first,
        "last": report.now.last,
        "compared_first": report.before.first if report.kind.compares else None,
        "compared_last": report.before.last if report.kind.compares else None,
        "covered": report.covered,
        "split": ask.split or "",
        "options": {**ask.numbers, **ask.ways},
        "findings": [
            {**said(one.sentence), "tone": one.tone, "aim": one.aim, "segments": list(one.segments)}
            for one in found.findings
        ],
        "figures": [{"label": tile.label, "kind": tile.kind, "value": tile.value} for tile in found.tiles],
        "notes": [said(note) for note in found.notes],
        "tables": [_table(block) for block in found.blocks],
        "definitions": [{"term": term, "meaning": meaning} for term, meaning in report.kind.definitions],
        "currency": report.currency,
        "as_of": report.as_of,
        "snapshot": report.snapshot,
        "newest": report.newest,
    }


def said(sentence: Sentence) -> dict[str, Any]:
    """A sentence as its English template and its values."""
    values = {name: _kept(kind, value) for name, (kind, value) in sentence.values.items()}
    return {"template": sentence.template, "values": values}


def value_of(value: Any) -> Any:
    """A cell or value: a group's name as a text, a day as it is written."""
    if isinstance(value, Sentence):
        return str(value.template.format(**{name: one for name, (_kind, one) in value.values.items()}))
    return value.isoformat() if isinstance(value, date) else value


def _kept(kind: str, value: Any) -> dict[str, Any]:
    """A value of a sentence; that of a group's name by its own kind, so that it can be said again."""
    if isinstance(value, Sentence) and not value.values:
        kind, value = "said", value.template
    elif isinstance(value, Sentence) and set(value.values) == {"name"}:
        kind, value = value.values["name"]
    return {"kind": kind, "value": value_of(value)}


def _row(block: Block, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.key: value_of(row[column.key]) for column in block.columns if column.key in row}


def _table(block: Block) -> dict[str, Any]:
    return {
        "name": block.name,
        "title": block.title,
        "columns": [
            {"name": one.key, "label": one.label, "kind": one.kind, "generated": one.generated} for one in block.columns
        ],
        "rows": [_row(block, row) for row in block.rows],
        "total": _row(block, block.total) if block.total else None,
    }


def told(kind: Kind) -> dict[str, Any]:
    """A report as one of the list: what it tells and what may be set."""
    return {
        "name": kind.name,
        "title": kind.title,
        "lead": kind.lead,
        "splits": list(kind.splits),
        "options": [{"name": one.name, "label": one.label, "usual": str(one.usual)} for one in kind.options]
        + [{"name": one.name, "label": one.label, "usual": one.usual} for one in kind.choices],
    }
