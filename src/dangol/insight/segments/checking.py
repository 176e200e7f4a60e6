"""Whether what a definition asks for is there: attributes of customers, scores, and the values of those with a list.

A definition may outlive what it asks for: a search for groups may find other ones, an index may get other grades.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dangol.base.errors import BadInput, NotFound
from dangol.customers.consent.rules import CHANNELS
from dangol.insight.olap import each
from dangol.insight.olap import reads as olap
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as customer_index
from dangol.insight.segments import counting, reads, rules

Place = tuple[int, ...]
MADE = ("groups", "index", "channels")  # tables whose scores people make and take away


@dataclass(frozen=True)
class Known:
    """What can be asked for. closed: "<table>.<field>" of scores with a list of values -> what it is called, values."""

    fields: Collection[str]
    scores: Mapping[str, Collection[str]]
    closed: Mapping[str, tuple[str, Collection[str]]]


def known() -> Known | None:
    """What can be asked for now; None before the first cycle, when nothing can be said of it."""
    try:
        return Known(reads.fields(), reads.scores(), _closed())
    except NotFound:
        return None


def _closed() -> dict[str, tuple[str, Collection[str]]]:
    found: dict[str, tuple[str, Collection[str]]] = {
        f"groups.{one.name}": (one.label, {str(code) for code in one.groups}) for one in groups.columns()
    }
    return found | {f"index.{one.grade}": (one.label, set(one.grades)) for one in customer_index.columns()}


def wrong(root: rules.Group, now: Known | None) -> dict[Place, BadInput]:
    """The conditions that ask for what is not there, by their place, each with what to say of it."""
    found = {path: _problem(one, now) for path, one in rules.conditions(root)}
    return {path: problem for path, problem in found.items() if problem is not None}


def _problem(asked: rules.Condition, now: Known | None) -> BadInput | None:
    match asked:
        case rules.Reach() if asked.channel and asked.channel not in CHANNELS:
            return _not_one_of("channel", asked.channel, CHANNELS)
        case rules.Score() if asked.table not in ("rfm", *counting.OTHERS):
            return _not_one_of("table", asked.table, ("rfm", *counting.OTHERS))
        case rules.Measured() if asked.measure:
            return each.problem(olap.model(None), asked.measure)
        case rules.Profile() if now is not None and asked.field and asked.field not in now.fields:
            return _not_one_of("field", asked.field, sorted(now.fields))
        case rules.Score() if now is not None and (asked.table in now.scores or asked.table in MADE):
            return _score_problem(asked, now)
    return None


def _not_one_of(name: str, value: str, choices: Collection[str]) -> BadInput:
    return BadInput("{name}: “{value}” cannot be chosen. Choose one of: {known}.", field="definition", name=name,
                    value=value[:40], known=", ".join(choices))  # fmt: skip


def _score_problem(asked: rules.Score, now: Known) -> BadInput | None:
    """Lifetime values and the like before they were worked out are waited for; a score of none is not."""
    if asked.field not in now.scores.get(asked.table, ()):
        if asked.table in MADE:
            return BadInput("The score of a condition is not counted any more. Choose another one.", field="definition")
        return _not_one_of("field", asked.field, sorted(now.scores[asked.table]))
    label, values = now.closed.get(f"{asked.table}.{asked.field}", ("", ()))
    gone = [one for one in asked.values if one not in values] if label else []
    if gone:
        return BadInput("“{label}” has no such group or grade any more: {values}. Choose another one.",
                        field="definition", label=label, values=", ".join(gone)[:80])  # fmt: skip
    return None
