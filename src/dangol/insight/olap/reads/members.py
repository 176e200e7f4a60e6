"""Why an answer is empty: members that a condition names and that the data do not have, and those it may have meant."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from dangol.base.errors import BadInput, TooMuch
from dangol.insight.olap import rules
from dangol.insight.olap.reads.opened import Opened
from dangol.insight.olap.reads.shaping import Found, found

MOST_NEAR, MOST_LOOKED_AT = 5, 3
Hint = tuple[str, dict[str, str]]  # a msgid with what stands in it


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


def hints(opened: Opened, answered: Found, measures: Sequence[str], condition: rules.Condition | None) -> list[Hint]:
    """For an answer without any figure: each text its condition names that is no member of its dimension.

    The members are those the same member of staff may see, whatever else is asked. Empty where the answer has figures.
    """
    if answered.groups and (answered.by or any(answered.figures(name, [0])[0] for name in measures)):
        return []
    said = []
    for name, texts in list(_named(opened.model, condition).items())[:MOST_LOOKED_AT]:
        members = _members(opened, name, measures)
        said += [_hint(name, text, members) for text in texts if members and text not in members]
    return said


def _named(model: rules.Model, condition: rules.Condition | None) -> dict[str, list[str]]:
    """The texts that a condition wants of each dimension."""
    wanted: dict[str, list[str]] = {}
    for name, value in _values(condition):
        item = model.dimensions[name]
        if isinstance(value, str) and not item.is_period and not item.ranked:
            wanted.setdefault(name, []).append(value)
    return wanted


def _values(condition: rules.Condition | None) -> Iterator[tuple[str, rules.conditions.Value]]:
    match condition:
        case rules.And(parts) | rules.Or(parts):
            for part in parts:
                yield from _values(part)
        case rules.Compare(name, "=", value):
            yield name, value
        case rules.In(name, values):
            yield from ((name, value) for value in values)


def _members(opened: Opened, name: str, measures: Sequence[str]) -> list[str]:
    """The members of a dimension, if they are texts and not too many to be looked through."""
    model = opened.model
    for leaves in model.leaves(measures).values():
        for leaf in leaves:
            try:
                model.check([leaf], [name])
                groups: Sequence[tuple[Any, ...]] = found(opened, [leaf], [name], ()).groups
            except (BadInput, TooMuch):
                continue
            return sorted(value for (value,) in groups if isinstance(value, str))
    return []


def _hint(name: str, text: str, members: Sequence[str]) -> Hint:
    said = rules.key(text)
    keys = {rules.key(one): one for one in reversed(members)}
    holding = [one for word, one in keys.items() if said and word and (said in word or word in said)]
    holding.sort(key=lambda one: (not rules.key(one).startswith(said), len(one), one))
    alike = [keys[word] for word in get_close_matches(said, keys, n=MOST_NEAR, cutoff=0.6)]
    near = list(dict.fromkeys([*holding, *alike]))[:MOST_NEAR]
    template = N_("{dimension} has no member “{text}”. Did you mean: {near}?") if near else N_(
        "{dimension} has no member “{text}”. There are: {near}.")  # fmt: skip
    shown = near or [*members[:MOST_NEAR], *(["…"] if len(members) > MOST_NEAR else [])]
    return template, {"dimension": name, "text": text[:60], "near": ", ".join(one[:60] for one in shown)}
