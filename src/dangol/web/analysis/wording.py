"""Sentences and cells of reports in the reader's language."""

from typing import Any

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.translation import gettext

from dangol.base.money import currency, to_major
from dangol.insight.analysis.rules.findings import Column, Sentence
from dangol.insight.score import reads as score
from dangol.web.sentences import say
from dangol.web.templatetags import dangol as shown


def plain(value: Any, kind: str) -> str:
    """A value as a text; not enough data is said."""
    if isinstance(value, Sentence):
        return sentence(value)
    if value is None:
        return gettext("not enough data")
    if kind in FORMS:
        return str(FORMS[kind](value))
    return str(value)


def sentence(said: Sentence) -> str:
    """A sentence with its values."""
    values: dict[str, object] = {name: plain(value, kind) for name, (kind, value) in said.values.items()}
    if said.template == "{name}":
        return str(values["name"])
    return say(said.template, values) if values else gettext(said.template)


def _signed(minor: Any) -> str:
    return ("+" if minor > 0 else "") + shown.money(round(minor))


def _steps(n: Any) -> str:
    return ("+" if n > 0 else "") + shown.number(n)


def _segment(code: str) -> str:
    found = score.strategies().get(code)
    return found.name if found else code


FORMS: dict[str, Any] = {
    "money": lambda minor: shown.money(round(minor)),
    "signed": _signed,
    "count": shown.number,
    "steps": _steps,
    "share": lambda share: shown.percent(share, 1),
    "change": lambda share: strip_tags(shown.change(share)),
    "points": lambda share: strip_tags(shown.points(share)),
    "ratio": lambda number: shown.number(number, 2),
    "days": lambda number: shown.number(number, 1),
    "index": shown.number,
    "month": shown.month,
    "day": shown.day,
    "said": gettext,
    "segment": _segment,
}
MARKUP = {"change": shown.change, "points": shown.points}


def cell(value: Any, kind: str) -> Any:
    """A value as a cell of a table."""
    if kind in MARKUP and value is not None:
        return MARKUP[kind](value)
    return plain(value, kind)


def brief(value: Any, kind: str) -> Any:
    """A value short enough for a tile, the exact one on hover."""
    return shown.money_short(round(value)) if kind == "money" and value is not None else cell(value, kind)


def exported(value: Any, column: Column) -> Any:
    """A value as a spreadsheet counts with it: amounts in major units, texts in the reader's language."""
    if isinstance(value, Sentence) or column.kind in ("said", "segment"):
        return plain(value, column.kind)
    if column.kind in ("money", "signed") and value is not None:
        return to_major(round(value), currency(settings.DANGOL.currency))
    return value
