"""Rewrite what is done with the customers of a segment; every version is kept."""

from collections.abc import Mapping

from dangol.base.errors import BadInput, NotFound
from dangol.insight.score import rules
from dangol.insight.score.models import StrategyText
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right


def set_strategy(*, by: Member, code: str, language: str, name: str, aim: str, text: str) -> None:
    """Rewrite a segment's name and strategy in one language; with all three empty the default comes back.

    Raises NotAllowed, BadInput.
    """
    require(by, Right.INSIGHT_EDIT)
    if code not in rules.STRATEGIES:
        raise BadInput("There is no segment {code}. The segments are {known}.", field="code", code=code,
                       known=", ".join(rules.SEGMENTS))  # fmt: skip
    given = _strategy_texts(name=name, aim=aim, text=text)
    StrategyText.objects.create(code=code, language=language[:2], by=by, **given)


def _strategy_texts(**given: str) -> Mapping[str, str]:
    given = {field: " ".join(value.split()) for field, value in given.items()}
    longest = {"name": 40, "aim": 80, "text": 600}
    for field, most in longest.items():
        if len(given[field]) > most:
            raise BadInput("This may have at most {most} characters.", field=field, most=most)
    if any(given.values()) and not all(given.values()):
        empty = next(field for field in longest if not given[field])
        raise BadInput("Fill in all three: name, aim and text.", field=empty)
    return given


def use_strategy_again(*, by: Member, code: str, strategy_id: int) -> None:
    """Bring back what a segment's strategy was, as its newest version. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_EDIT)
    old = StrategyText.objects.filter(pk=strategy_id, code=code).first()
    if old is None:
        raise NotFound("There is no such version of the strategy.")
    StrategyText.objects.create(code=code, language=old.language, name=old.name, aim=old.aim, text=old.text, by=by)
