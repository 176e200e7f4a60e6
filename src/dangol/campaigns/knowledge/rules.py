"""Aims of campaigns, the interval of a rate, and how alike two campaigns are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from math import sqrt

from scipy.stats import norm


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


AIMS = {
    "keep": N_("Keep"),
    "prevent": N_("Prevent leaving"),
    "acquire": N_("Acquire"),
    "reactivate": N_("Reactivate"),
    "cross_sell": N_("Cross-sell"),
    "up_sell": N_("Up-sell"),
}
EXPERIMENT, OBSERVATIONAL = "experiment", "observational"
BASES = {
    EXPERIMENT: N_("Measured against a control group"),
    OBSERVATIONAL: N_("Observational: no control group, says nothing about cause"),
}
CONFIDENCE = 0.95
RESPONSE_KINDS_NOT_COUNTED = ("click",)  # a click is not an answer to an offer

SAME_AIM, SAME_KIND, SAME_CHANNEL, SAME_SEGMENTS = 3.0, 2.0, 1.0, 2.0
MEASURED = 0.5
WHY = {
    "aim": N_("same aim"),
    "kind": N_("same kind"),
    "channel": N_("same channel"),
    "segments": N_("shared segments"),
    "experiment": N_("with a control group"),
}


@dataclass(frozen=True)
class Rate:
    """A share with its interval. hits of total; low and high at the confidence."""

    hits: int
    total: int
    share: float
    low: float
    high: float


def wilson(hits: int, total: int, confidence: float = CONFIDENCE) -> Rate:
    """A share with its score interval, also near 0 and 1.

    Raises ValueError unless 0 <= hits <= total and total > 0.
    Source: Wilson 1927, J. Am. Stat. Assoc. 22:209-212; method 3 in Newcombe 1998, Stat. Med. 17:857-872.
    """
    if not 0 <= hits <= total or total <= 0:
        raise ValueError(f"{hits} of {total} is no share")
    z = float(norm.ppf((1 + confidence) / 2))
    share = hits / total
    middle = 2 * hits + z * z
    spread = z * sqrt(z * z + 4 * hits * (1 - share))
    whole = 2 * (total + z * z)
    return Rate(hits, total, share, max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole))


@dataclass(frozen=True)
class Trait:
    """What a campaign is compared by."""

    aim: str
    kind: str
    channel: str
    segments: frozenset[str]


def likeness(one: Trait, other: Trait, *, measured: bool) -> tuple[float, tuple[str, ...]]:
    """How alike two campaigns are (0 is not at all) and why, as keys of WHY.

    Segments count by their overlap (Jaccard index). A measured effect tips the scale between equals.
    """
    points, why = 0.0, []
    for key, weight in (("aim", SAME_AIM), ("kind", SAME_KIND), ("channel", SAME_CHANNEL)):
        if getattr(one, key) and getattr(one, key) == getattr(other, key):
            points += weight
            why.append(key)
    if shared := overlap(one.segments, other.segments):
        points += SAME_SEGMENTS * shared
        why.append("segments")
    if points and measured:
        points += MEASURED
        why.append("experiment")
    return points, tuple(why)


def overlap(one: Collection[str], other: Collection[str]) -> float:
    """The Jaccard index of two sets, 0 where both are empty."""
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 0.0


def days(starts_on: date | None, ends_on: date | None) -> int | None:
    """Length of a campaign in days, both ends counted."""
    return (ends_on - starts_on).days + 1 if starts_on and ends_on else None
