"""Which of several values becomes the golden one: a rule per field, the same answer whatever the order of evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dangol.base.errors import BadInput

FIELDS = (
    "name", "phone", "email", "address", "birth", "birth_year", "gender", "age_band", "unit", "rep",
)  # fmt: skip
NEWEST, TRUSTED, LONGEST, FREQUENT = "newest", "trusted", "longest", "frequent"
HAND, ONLY, REAL, NOTHING = "hand", "only", "real", "nothing"
MOST_SOURCES = 50


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


RULE_NAMES = {
    NEWEST: N_("Newest"),
    TRUSTED: N_("Most trusted source"),
    LONGEST: N_("Longest"),
    FREQUENT: N_("Most frequent"),
}
# Why a value was chosen, as a sentence.
REASONS = {
    HAND: N_("A member wrote it by hand; that stays until it is released."),
    ONLY: N_("Nobody says anything else."),
    REAL: N_("A real value comes before generated ones."),
    NEWEST: N_("It is the newest word."),
    TRUSTED: N_("It comes from the most trusted source that says anything."),
    LONGEST: N_("It is the longest value."),
    FREQUENT: N_("Most sources say so."),
    NOTHING: N_("No source says anything."),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says about one field of a customer.

    value: as text, in the form that is compared. columns: what it fills in. source: code of the source; empty where
    it was not recorded. key: of the person in that source. member: who wrote it by hand, else 0. owner: the customer it
    was said of, which may have been merged into another since. load: number of the load that brought it. since: the day
    from which it holds, where the source says so (of a unit or rep).
    """

    field: str
    value: str
    columns: Mapping[str, Any]
    source: str
    at: datetime
    key: str = ""
    batch: int = 0
    load: int = 0
    member: int = 0
    generated: bool = False
    owner: int = 0
    since: date | None = None

    @property
    def speaker(self) -> tuple[str, str, int]:
        """Who says it: a person's row in a source, or a member."""
        return (self.source, self.key, self.member)

    @property
    def order(self) -> tuple[datetime, int, str, str, str]:
        """A total order, newest last: no two statements are ever tied."""
        return (self.at, self.batch, self.source, self.key, self.value)


@dataclass(frozen=True)
class Rule:
    """How one field is decided. sources: codes, most trusted first; those not listed come after them."""

    rule: str = NEWEST
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The chosen statement (None: nobody says anything), why, and everything said, best first."""

    chosen: Statement | None
    reason: str
    said: Sequence[Statement] = field(default_factory=tuple)


Policy = Mapping[str, Rule]
DEFAULT: Policy = {name: Rule() for name in FIELDS}


def policy_of(stored: Mapping[str, Any]) -> Policy:
    """The company's rules from their stored form; fields that are not named keep the default.

    Raises BadInput naming the field.
    """
    unknown = sorted(set(stored) - set(FIELDS))
    if unknown:
        raise BadInput("There is no rule for the field {name}.", field=unknown[0], name=unknown[0])
    return {name: _rule(name, stored[name]) if name in stored else DEFAULT[name] for name in FIELDS}


def _rule(name: str, stored: Any) -> Rule:
    if not isinstance(stored, Mapping) or not set(stored) <= {"rule", "sources"}:
        raise BadInput("A rule has a kind and, where it trusts sources, their order.", field=name)
    kind, sources = stored.get("rule"), stored.get("sources") or []
    if kind not in RULE_NAMES:
        raise BadInput("“{rule}” is no rule. Use one of: {known}.", field=name, rule=str(kind),
                       known=", ".join(RULE_NAMES))  # fmt: skip
    fits = isinstance(sources, (list, tuple)) and len(sources) <= MOST_SOURCES
    if not fits or not all(isinstance(one, str) and 0 < len(one) <= 60 for one in sources):
        raise BadInput("Name at most {most} sources by their codes.", field=name, most=MOST_SOURCES)
    if kind == TRUSTED and not sources:
        raise BadInput("Name the sources, most trusted first.", field=name)
    return Rule(kind, tuple(dict.fromkeys(sources)))


def stored_form(policy: Policy) -> dict[str, Any]:
    """The rules as they are stored."""
    return {name: {"rule": rule.rule, "sources": list(rule.sources)} for name, rule in policy.items()}


def choose(said: Iterable[Statement], rule: Rule) -> Choice:
    """Decide one field. said: everything said about it, in any order; the answer does not depend on the order.

    What a member wrote by hand stays; a real value comes before a generated one; of one speaker only the newest word
    counts; then the rule decides, and the newest word where the rule leaves several.
    """
    every = list(said)
    if len(every) == 1 and every[0].value and not every[0].member:
        return Choice(every[0], ONLY, every)
    every.sort(key=lambda one: one.order, reverse=True)
    hand = next((one for one in every if one.member), None)
    if hand is not None:
        return Choice(hand, HAND, _first(hand, every))
    words = _present(every)
    if not words:
        return Choice(None, NOTHING, every)
    real = [one for one in words if not one.generated]
    left = real or words
    chosen, reason = _decided(left, rule)
    if len({one.value for one in left}) == 1:
        reason = ONLY if len(left) == len(words) or len({one.value for one in words}) == 1 else REAL
    return Choice(chosen, reason, _first(chosen, every))


def _first(chosen: Statement, every: Sequence[Statement]) -> Sequence[Statement]:
    return [chosen, *(one for one in every if one is not chosen)]


def _present(every: Sequence[Statement]) -> list[Statement]:
    """The newest word of each speaker; an empty one says nothing."""
    words: dict[tuple[str, str, int], Statement] = {}
    for one in every:
        if one.value:
            words.setdefault(one.speaker, one)
    return list(words.values())


def _decided(words: Sequence[Statement], rule: Rule) -> tuple[Statement, str]:
    if rule.rule == TRUSTED:
        ranks = {code: rank for rank, code in enumerate(rule.sources)}
        best = min(ranks.get(one.source, len(ranks)) for one in words)
        return next(one for one in words if ranks.get(one.source, len(ranks)) == best), TRUSTED
    if rule.rule == LONGEST:
        most = max(len(one.value) for one in words)
        return next(one for one in words if len(one.value) == most), LONGEST
    if rule.rule == FREQUENT:
        counted = Counter(one.value for one in words)
        often = max(counted.values())
        return next(one for one in words if counted[one.value] == often), FREQUENT
    return words[0], NEWEST
