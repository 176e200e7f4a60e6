"""Steps to sort figures into: prices and values by 1, 2, 5; days and pieces as people speak of them."""

from collections.abc import Sequence

from dangol.insight.analysis.rules.findings import N_, Sentence, say

DAYS = (2, 4, 8, 15, 31, 61, 91, 181)
PIECES = (2, 3, 4, 6, 11, 21, 51)
BELOW = N_("below {high}")
FROM = N_("{low} or more")
BETWEEN = N_("{low} – {high}")


def money(digits: int, decades: int = 7) -> list[int]:
    """Edges 1, 2, 5, 10, ... in minor units from one major unit of a currency without, or a tenth with digits."""
    first = 10 ** max(digits - 1, 0) if digits else 100
    return [first * step * 10**decade for decade in range(decades) for step in (1, 2, 5)]


def price_text(edges: Sequence[int], step: int) -> Sentence:
    """A step of money as people read it."""
    if step == 0:
        return say(BELOW, high=("money", edges[0]))
    if step == len(edges):
        return say(FROM, low=("money", edges[-1]))
    return say(BETWEEN, low=("money", edges[step - 1]), high=("money", edges[step]))


def ends(edges: Sequence[int], step: int) -> list[int | None]:
    """The first and the last amount of a step of money, both included; None where it is open."""
    return [edges[step - 1] if step else None, edges[step] - 1 if step < len(edges) else None]


def count_text(edges: Sequence[int], step: int) -> Sentence:
    """A step of whole numbers from 1 on: 1, 2 – 3, 181 or more."""
    low = edges[step - 1] if step else 1
    if step == len(edges):
        return say(FROM, low=("count", low))
    high = edges[step] - 1
    return (
        Sentence("{name}", {"name": ("count", low)})
        if low == high
        else say(BETWEEN, low=("count", low), high=("count", high))
    )
