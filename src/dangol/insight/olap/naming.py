"""Questions in people's words: what measures and dimensions are called, in both languages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext

from dangol.insight.olap import rules

MOST_WORDS = 4  # of one name


def worded(model: rules.Model) -> rules.Model:
    """The model with the words people may use: names, labels in both languages, and those declared besides."""
    hierarchies = {rules.key(word): one.name for one in reversed(model.hierarchies)
                   for word in (*_labels(one), one.name)}  # fmt: skip
    words = rules.Words(_words(model.measures.values()), _words(model.dimensions.values()), hierarchies)
    return replace(model, words=words)


def _labels(item: rules.Measure | rules.Dimension | rules.Hierarchy) -> list[str]:
    """What it is called in English and in Korean."""
    found = []
    for language in ("en", "ko"):
        with translation.override(language):
            found.append((item.ko if language == "ko" else "") or gettext(item.label))
    return found


def _words(items: Iterable[rules.Measure | rules.Dimension]) -> dict[str, str]:
    items = list(items)
    found = {rules.key(item.name): item.name for item in items}
    for item in items:
        for word in _labels(item):
            found.setdefault(rules.key(word), item.name)
    for item in items:
        for word in rules.words(item):
            found.setdefault(rules.key(word), item.name)
    return found


def called(model: rules.Model, kind: str, asked: Sequence[str]) -> list[str]:
    """Measures or dimensions by their names, each once; what is no word stays as it is.

    Words that mean nothing one by one are taken together where that means something: day of week, average order value;
    and a measure with a function as its formula: sales yoy, share of sales, 매출 비중.
    """
    there = model.measures if kind == "measure" else model.dimensions

    def one(text: str) -> str:
        found = text if text in there else model.words.name(kind, text)
        return (rules.said_formula(text) or text) if kind == "measure" and found == text not in there else found

    def known(text: str) -> bool:
        return text in there or one(text) != text or rules.is_formula(text)

    found: list[str] = []
    place, apart = 0, all(known(text) for text in asked)
    while place < len(asked):
        most = 1 if apart else min(MOST_WORDS, len(asked) - place)
        run = next((size for size in range(most, 1, -1) if known(" ".join(asked[place : place + size]))), 1)
        found.append(one(" ".join(asked[place : place + run])))
        place += run
    return list(dict.fromkeys(found))


def parted(model: rules.Model, measures: Sequence[str], by: Sequence[str]) -> tuple[list[str], list[str]]:
    """Measures and dimensions, where among the measures some are said as dimensions: 월별 매출."""
    cuts = [one for one in measures if one.endswith("별") and model.words.name("dimension", one) != one
            and model.words.name("measure", one) == one]  # fmt: skip
    return [one for one in measures if one not in cuts], [*by, *cuts]


def ordered(model: rules.Model, order: str, asked: Sequence[str]) -> str:
    """What an answer is ordered by, as one of the columns asked for where it is a word for one."""
    back, name = order[: order.startswith("-")], order.removeprefix("-")
    if name in ("", *asked):
        return order
    words = (worded(model) if not model.words.measures else model).words
    found = (words.name(kind, name) for kind in ("measure", "dimension"))
    return back + next((one for one in found if one in asked), name)
