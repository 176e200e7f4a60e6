"""What a question is answered with, and the same as plain values for scripts and spreadsheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext

from dangol.base.money import Currency, currency
from dangol.insight.olap import rules


@dataclass(frozen=True)
class Column:
    """A column of an answer. unit: that of a measure (`rules.Unit`), empty for a dimension."""

    name: str
    label: str
    definition: str
    unit: str = ""
    generated: bool = False


@dataclass(frozen=True)
class Answer:
    """Figures. rows: dimension -> text, number or None (missing); measure -> number or None (not enough data).

    Amounts are in minor units, shares 0..1. groups: how many rows there are in all; `rows` may hold fewer.
    hints: of an answer without figures, msgids with what stands in them that say which members there are not.
    total: the same measures over everything asked, where it was asked for. newest: False where the newest snapshot is
    damaged and an older one answered.
    """

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any] | None
    groups: int
    snapshot: str
    as_of: str
    newest: bool
    currency: str
    hints: Sequence[tuple[str, Mapping[str, str]]] = ()

    @property
    def definitions(self) -> dict[str, str]:
        """What each measure and dimension means."""
        return {column.name: column.definition for column in self.columns}

    @property
    def generated_columns(self) -> list[str]:
        """Dimensions that hold generated data."""
        return [column.name for column in self.columns if column.generated]


def texts(item: rules.Measure | rules.Dimension) -> tuple[str, str]:
    """Label and definition in the reader's language where they were declared in both, else as msgids."""
    if (get_language() or "").startswith("ko"):
        return item.ko or item.label, item.ko_definition or item.definition
    return item.label, item.definition


def major(value: Any, unit: str, money: Currency) -> Any:
    """A figure for a script or a spreadsheet: amounts in major units, exact to the minor unit."""
    if value is None or unit != rules.Unit.MONEY or not money.digits:
        return value
    return value / 10**money.digits if isinstance(value, int) else float(Decimal(repr(value)).scaleb(-money.digits))


def said(answer: Answer) -> list[str]:
    """The hints in the reader's language."""
    return [gettext(template).format(**params) for template, params in answer.hints]


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as plain values: what `dangol query --json` prints and the API returns.

    Amounts are in major units; periods are texts (2017-03, 2017-Q1, 2017-W05); what is missing is null.
    """
    money = currency(answer.currency)
    units = {column.name: column.unit for column in answer.columns}

    def line(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: major(value, units[name], money) for name, value in row.items()}

    return {
        "measures": [_head(column) | {"unit": _unit(column.unit, money)} for column in answer.columns if column.unit],
        "dimensions": [_head(column) for column in answer.columns if not column.unit],
        "rows": [line(row) for row in answer.rows],
        "total": line(answer.total) if answer.total is not None else None,
        "groups": answer.groups,
        "snapshot": answer.snapshot,
        "as_of": answer.as_of,
        "newest": answer.newest,
        "generated": answer.generated_columns,
        "hints": said(answer),
    }


def _head(column: Column) -> dict[str, str]:
    return {"name": column.name, "label": column.label, "definition": column.definition}


def _unit(unit: str, money: Currency) -> str:
    return money.code if unit == rules.Unit.MONEY else unit
