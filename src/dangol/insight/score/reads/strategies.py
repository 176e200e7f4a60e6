"""What to do with the customers of an RFM segment: the standard strategy or what somebody made of it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext, override

from dangol.base.errors import NotFound
from dangol.insight.score import rules
from dangol.insight.score.models import StrategyText


@dataclass(frozen=True)
class StrategyView:
    """A segment's name and strategy in the reader's language; `edited_by` is empty for the default."""

    code: str
    name: str
    aim: str
    text: str
    edited_by: str = ""
    edited_at: Any = None


def strategies() -> dict[str, StrategyView]:
    """Every segment's name and strategy in the active language, rewritten or default."""
    language = (get_language() or "en")[:2]
    rows = StrategyText.objects.filter(language=language).order_by("id").select_related("by")
    newest = {row.code: row for row in rows}
    return {code: _strategy(code, newest.get(code)) for code in rules.SEGMENTS}


def _strategy(code: str, row: StrategyText | None) -> StrategyView:
    if row is None or not row.text:
        default = rules.STRATEGIES[code]
        return StrategyView(code, gettext(default.name), gettext(default.aim), gettext(default.text))
    return StrategyView(code, row.name, row.aim, row.text, row.by.name, row.at)


def strategy(segment: str, language: str) -> str:
    """The recommended strategy of an RFM segment in a language (ko, en): "aim: text", rewritten or standard.

    For a campaign draft that comes from the segment. Raises NotFound.
    """
    if segment not in rules.STRATEGIES:
        raise NotFound("There is no segment {code}.", code=segment)
    with override(language[:2]):
        said = _strategy(segment, StrategyText.objects.filter(code=segment, language=language[:2]).last())
    return f"{said.aim}: {said.text}"


@dataclass(frozen=True)
class StrategyVersion:
    """What somebody once made of a strategy; without a text it was the standard one. newest: whether it is shown."""

    id: int
    name: str
    aim: str
    text: str
    by: str
    at: Any
    newest: bool


def strategy_versions(code: str) -> list[StrategyVersion]:
    """What a segment's strategy was in the active language, newest first; empty where nobody ever rewrote it."""
    rows = StrategyText.objects.filter(code=code, language=(get_language() or "en")[:2]).select_related("by")
    return [StrategyVersion(row.pk, row.name, row.aim, row.text, row.by.name, row.at, newest=not place)
            for place, row in enumerate(rows.order_by("-id")[:50])]  # fmt: skip
