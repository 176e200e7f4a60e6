"""Findings and tables as data: sentences with their values, so that every door says them in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

# kind -> how a value is meant: money (minor units), count, share (0..1), points (difference of shares), ratio, days,
# index (100 is as expected), text (as it is), said (a text to be translated), month (first day), label (a sentence)
KINDS = ("money", "count", "share", "points", "ratio", "days", "index", "text", "said", "month", "day", "change")
NUMERIC = frozenset({"money", "count", "share", "points", "ratio", "days", "index", "change"})


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


@dataclass(frozen=True)
class Sentence:
    """A text with its values. template: English with {names}, to be translated; values: name -> (kind, value)."""

    template: str
    values: Mapping[str, tuple[str, Any]] = field(default_factory=dict, hash=False)


def say(template: str, **values: tuple[str, Any]) -> Sentence:
    """A sentence of a template marked with N_ and its values."""
    return Sentence(template, values)


NOW, BEFORE, LAPSED, EVER = "now", "before", "lapsed", "ever"


@dataclass(frozen=True)
class Bought:
    """What one must have bought to be a customer a finding speaks of; besides it the report's own conditions hold.

    when: in the period, in the one compared with, there but not since (lapsed), or ever; days: in the last so many
    instead; quiet_days, of ever: and nothing in the last so many. first, last: between two days instead.
    dimension, value: only goods of this group. measure, least, most: see segments; a most of 0 is who bought nothing.
    price_from, price_to: only goods at such prices of a piece, in minor units and both included.
    """

    when: str = NOW
    dimension: str = ""
    value: str = ""
    measure: str = "orders"
    least: float | None = 1
    most: float | None = None
    days: int = 0
    quiet_days: int = 0
    first: date | None = None
    last: date | None = None
    price_from: int | None = None
    price_to: int | None = None


@dataclass(frozen=True)
class Finding:
    """What a report found. tone: good, bad or plain. aim, segments: the campaign it suggests, where it does.

    bought: whom it speaks of, where that is not told by the aim; exact: no RFM segment narrows them. dimension: whose
    group it names, where that is not the split. offer: what could be offered: a group of goods.
    """

    sentence: Sentence
    tone: str = "plain"
    aim: str = ""
    segments: tuple[str, ...] = ()
    bought: tuple[Bought, ...] = ()
    dimension: str = ""
    offer: str = ""
    exact: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table. kind: see KINDS; definition: what it means, where its label does not say.

    dimension: whose members it names, where it does.
    """

    key: str
    label: str
    kind: str = "count"
    definition: str = ""
    generated: bool = False
    dimension: str = ""


@dataclass(frozen=True)
class Chart:
    """How a table is drawn: waterfall, bars, lines, heat, steps or funnel plot; keys are those of its columns.

    colour: what tells the series apart; rows: other rows than those of the table, where it needs them.
    """

    form: str
    x: str
    y: str
    colour: str = ""
    caption: Sentence | None = None
    rows: Sequence[Mapping[str, Any]] | None = None
    kind: str = ""  # of the values drawn, where it is not that of the column y
    labels: Mapping[str, str] = field(default_factory=dict)  # of keys that are no columns


@dataclass(frozen=True)
class Block:
    """A table with its chart. rows: values by column key; a missing value is None, which means not enough data."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any] | None = None
    chart: Chart | None = None
    notes: Sequence[Sentence] = ()
    dense: bool = False  # a wide grid of figures, such as a triangle
    people: Sequence[tuple[Bought, ...]] = ()  # row by row, whom it counts, where that is a finding of its own


@dataclass(frozen=True)
class Tile:
    """One figure that is read first."""

    label: str
    kind: str
    value: Any
    hint: Sentence | None = None


@dataclass(frozen=True)
class Found:
    """What a report is made of."""

    findings: Sequence[Finding]
    blocks: Sequence[Block]
    tiles: Sequence[Tile] = ()
    notes: Sequence[Sentence] = ()


UNKNOWN = N_("unknown")
OTHERS = N_("all others")
NOTHING_SOLD = N_("Nothing was sold under these conditions in these periods.")


def named(value: Any) -> Any:
    """A group's value as a cell: a missing one is said."""
    return Sentence(UNKNOWN) if value is None or value == "" else str(value)


def label(value: Any) -> tuple[str, Any]:
    """A cell as a value of a sentence."""
    return ("label", value) if isinstance(value, Sentence) else ("text", value)
