"""What a pair's evidence says, which of two customers stays, and how two values compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dangol.base.errors import BadInput

OPEN, JOINED, APART, SNOOZED = "open", "joined", "apart", "snoozed"
STATES = (OPEN, JOINED, APART, SNOOZED)
SURE, DOUBTFUL = "sure", "doubtful"
PAIR, HAND, CLAIM = "pair", "hand", "claim"
JOIN, PART, LATER = "join", "apart", "later"
SNOOZE_DAYS = 7
MOST_AT_ONCE = 500
COMPARED = ("name", "phone", "email", "birth", "birth_year", "gender", "address", "unit", "rep")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


STATE_NAMES = {OPEN: N_("to review"), JOINED: N_("joined"), APART: N_("kept apart"), SNOOZED: N_("put off")}
HOW_NAMES = {
    SURE: N_("by the linkage, which was sure"),
    PAIR: N_("after a review"),
    HAND: N_("by hand"),
    CLAIM: N_("as a claimed code"),
}
# What LINK names the fields it compares; one that is not here is shown under its own name.
TERM_NAMES = {
    "name": N_("Name"), "first": N_("Given name"), "given": N_("Given name"), "family": N_("Family name"),
    "phone": N_("Phone"), "phone_e164": N_("Phone"), "email": N_("E-mail"), "birth": N_("Date of birth"),
    "birth_year": N_("Year of birth"), "gender": N_("Gender"), "address": N_("Address"), "postcode": N_("Postal code"),
}  # fmt: skip
SAME, DIFFERENT, ONE_SIDED = "same", "different", "one_sided"


@dataclass(frozen=True)
class Bar:
    """One step of the waterfall. weight: log2 of the Bayes factor; before, after: the running sum; level: a msgid."""

    field: str
    level: str
    weight: float
    before: float
    after: float


def waterfall(evidence: Mapping[str, Any]) -> list[Bar]:
    """The steps from the prior to the probability, in the order the linkage weighed them.

    Source: Fellegi and Sunter, A Theory for Record Linkage, JASA 64 (1969); weights as log2 Bayes factors.
    """
    total = _number(evidence.get("prior"))
    bars = [Bar("", "", total, 0.0, total)]
    for term in evidence.get("terms") or ():
        weight = _number(term.get("weight"))
        bars.append(Bar(str(term.get("field", "")), str(term.get("level", "")), weight, total, total + weight))
        total += weight
    return bars


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def checked(evidence: Any) -> dict[str, Any]:
    """Evidence as the linkage gives it. Raises BadInput where it is not of the agreed shape."""
    terms = evidence.get("terms", []) if isinstance(evidence, Mapping) else None
    if not isinstance(terms, list) or not all(isinstance(one, Mapping) and "weight" in one for one in terms):
        raise BadInput("The evidence of a pair has a prior and terms with field, level and weight.", field="evidence")
    return dict(evidence)


def kept_first(left: tuple[str, int], right: tuple[str, int]) -> bool:
    """Whether the left of two (kind, id) stays: a named customer before an un-named one, then the older one."""
    return (left[0] != "named", left[1]) <= (right[0] != "named", right[1])


def agreement(left: str, right: str) -> str:
    """How two standardised values compare; nothing where neither has one."""
    if not left and not right:
        return ""
    if not left or not right:
        return ONE_SIDED
    return SAME if left == right else DIFFERENT


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A moment as a sentence names it: the time, with the day before it unless that is today."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%Y-%m-%d %H:%M}"


def below(gone: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Everybody merged into a customer, directly or through others. edges: (kept, gone) of the merges that stand."""
    found, queue = [], [gone]
    while queue:
        one = queue.pop()
        fresh = [child for parent, child in edges if parent == one]
        found += fresh
        queue += fresh
    return found
