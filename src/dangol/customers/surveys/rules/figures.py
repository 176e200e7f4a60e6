"""What answers add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

NPS_LEAST = 10
Z95 = 1.959963984540054
PROMOTER_FROM, DETRACTOR_TO = 9, 6


@dataclass(frozen=True)
class Nps:
    """A net promoter score in points (-100..100) with its 95 % interval; None where too few answered.

    promoters gave 9 or 10, detractors 0 to 6, the others are passive.
    """

    people: int
    promoters: int
    passives: int
    detractors: int
    score: float | None
    low: float | None
    high: float | None


def nps(counts: Mapping[int, int]) -> Nps:
    """The net promoter score of {score: people}.

    Source: Reichheld 2003 (promoters less detractors); interval: adjusted Wald with three added answers, a half of them
    passive, Rocks 2016, The American Statistician 70(4). Fewer than ten answers give no score.
    """
    promoters = sum(n for score, n in counts.items() if score >= PROMOTER_FROM)
    detractors = sum(n for score, n in counts.items() if score <= DETRACTOR_TO)
    people = sum(counts.values())
    passives = people - promoters - detractors
    if people < NPS_LEAST:
        return Nps(people, promoters, passives, detractors, None, None, None)
    total = people + 3
    share_up, share_down = (promoters + 0.75) / total, (detractors + 0.75) / total
    middle = share_up - share_down
    half = Z95 * sqrt((share_up + share_down - middle**2) / total)
    score = (promoters - detractors) / people
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return Nps(people, promoters, passives, detractors, 100 * score, 100 * low, 100 * high)


@dataclass(frozen=True)
class Spread:
    """Mean and middle of numbers; None where nobody answered."""

    people: int
    mean: float | None
    median: float | None


def spread(counts: Mapping[float, int]) -> Spread:
    """Mean and median of {number: people}."""
    people = sum(counts.values())
    if not people:
        return Spread(0, None, None)
    mean = sum(number * n for number, n in counts.items()) / people
    ordered = sorted(counts.items())

    def at(rank: int) -> float:
        seen = 0
        for number, n in ordered:
            seen += n
            if seen > rank:
                return number
        return ordered[-1][0]

    return Spread(people, mean, (at((people - 1) // 2) + at(people // 2)) / 2)
