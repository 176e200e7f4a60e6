"""What the home page is made of: sections of figures, people and next steps."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Tile:
    """One figure. kind: how it is shown (number, short, money, percent, day); url: where it opens."""

    label: Text
    value: Any
    kind: str = "number"
    hint: Text = ""
    url: str = ""


@dataclass(frozen=True)
class Step:
    """One thing to do next."""

    text: Text
    url: str
    icon: str = "arrow-right"


@dataclass(frozen=True)
class Person:
    """A customer to think of: who, and why."""

    name: str
    url: str
    why: Text


@dataclass(frozen=True)
class Section:
    """What one provider says: tiles, people or steps."""

    title: Text
    tiles: list[Tile] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    definition: Text = ""
    board: Any = None  # web.analysis.dashboard.shown: the last weeks, hints and goals
    people: list[Person] = field(default_factory=list)
    more: Step | None = None  # where all of them are


def text_of(template: Text, **values: Any) -> str:
    """A translated text with its values."""
    return str(template).format(**values)
