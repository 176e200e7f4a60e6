"""The six criteria of good customer data, computed from counts that add up over reps, branches and the company."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dangol.customers.quality.rules.checks import FIELDS, N_, Rule

GOOD, FAIR = 0.9, 0.6
Counts = dict[str, Any]


@dataclass(frozen=True)
class Criterion:
    """One of the six: its name, its question, and its formula in words."""

    code: str
    label: str
    question: str
    formula: str


CRITERIA = {
    one.code: one
    for one in (
        Criterion("fit", N_("Strategic fit"), N_("Do we have what our uses need?"),
                  N_("For each use: customers whose needed fields are all filled with plausible, real values, divided "
                     "by all customers; the mean over the uses, weighted by the heaviest rule of each.")),
        Criterion("reliability", N_("Reliability"), N_("Can what we have be true?"),
                  N_("Filled real values that break no rule of pattern, length, range, list, placeholder or two "
                     "fields, divided by all filled real values.")),
        Criterion("completeness", N_("Completeness"), N_("How much is filled in?"),
                  N_("Filled real values divided by customers times fields. Generated values are no data.")),
        Criterion("standardisation", N_("Standardisation"), N_("Is it written in one form?"),
                  N_("Filled real values in the standard form (a number that can be dialled, an address that begins "
                     "with its province, a clean name ...), divided by filled real values of fields with such a "
                     "form.")),
        Criterion("recency", N_("Recency"), N_("Is it still so?"),
                  N_("Filled real values said or confirmed within the months of their freshness rule (without one: "
                     "the usual months of the field), divided by filled real values of these fields.")),
        Criterion("integration", N_("Integration and accessibility"), N_("Is one person one row, and within reach?"),
                  N_("The mean of three shares of customers: linked to the key of a source; in the charge of a branch "
                     "or rep; sharing no phone or e-mail with more customers than the rules allow.")),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Share:
    """A part of a whole; `value` is None where there is nothing to measure, which is never 0."""

    part: float
    whole: float

    @property
    def value(self) -> float | None:
        """0..1, or None."""
        return self.part / self.whole if self.whole else None

    @property
    def level(self) -> str:
        """ok from 90 %, warn from 60 %, bad below; empty where nothing is measured."""
        return level(self.value)


def level(value: float | None) -> str:
    """How a share is judged: ok from 90 %, warn from 60 %, bad below; empty for None."""
    if value is None:
        return ""
    return "ok" if value >= GOOD else "warn" if value >= FAIR else "bad"


def empty() -> Counts:
    """Counts of nobody."""
    return {"customers": 0, "named": 0, "keyed": 0, "charged": 0, "single": 0, "fields": {}, "uses": {}, "rules": {}}


def add(counts: Iterable[Mapping[str, Any]]) -> Counts:
    """The counts of several groups together."""
    total = empty()
    for one in counts:
        for name in ("customers", "named", "keyed", "charged", "single"):
            total[name] += one.get(name, 0)
        for name in ("uses", "rules"):
            for key, number in one.get(name, {}).items():
                total[name][key] = total[name].get(key, 0) + number
        for field, numbers in one.get("fields", {}).items():
            into = total["fields"].setdefault(field, {})
            for key, number in numbers.items():
                into[key] = into.get(key, 0) + number
    return total


@dataclass(frozen=True)
class Weighing:
    """What the rules of a measuring day say about the measure: weight of each use, fields it needs, dated fields."""

    uses: Mapping[str, float]
    needed: Mapping[str, Sequence[str]]
    dated: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """As kept with the measurement."""
        return {"uses": dict(self.uses), "needed": {k: list(v) for k, v in self.needed.items()},
                "dated": list(self.dated)}  # fmt: skip


def weighing(rules: Iterable[Rule]) -> Weighing:
    """How the criteria are weighed under a set of rules."""
    on = [rule for rule in rules if rule.on]
    uses: dict[str, float] = {}
    needed: dict[str, list[str]] = {}
    for rule in on:
        if rule.kind == "required":
            uses[rule.use] = max(uses.get(rule.use, 0), rule.weight)
            needed.setdefault(rule.use, []).append(rule.field)
    return Weighing(uses, {use: sorted(set(fields)) for use, fields in needed.items()}, sorted(shelf_months(on)))


def shelf_months(rules: Iterable[Rule]) -> dict[str, int]:
    """After how many months a value is old, by field: the strictest freshness rule, else the usual months."""
    months = {one.name: one.shelf_months for one in FIELDS.values() if one.shelf_months}
    strict: dict[str, int] = {}
    for rule in rules:
        if rule.on and rule.kind == "freshness":
            strict[rule.field] = min(rule.params["months"], strict.get(rule.field, 10**6))
    return months | strict


def scores(counts: Mapping[str, Any], how: Weighing) -> dict[str, Share]:
    """The six criteria of a group: {code: Share}."""
    customers, fields = counts["customers"], counts["fields"]

    def total(key: str, names: Iterable[str]) -> float:
        return float(sum(fields.get(name, {}).get(key, 0) for name in names))

    standard = [one.name for one in FIELDS.values() if one.has_standard]
    weights = sum(how.uses.values())
    ready = sum(weight * counts["uses"].get(use, 0) for use, weight in how.uses.items())
    return {
        "fit": Share(ready, weights * customers),
        "reliability": Share(total("ok", FIELDS), total("real", FIELDS)),
        "completeness": Share(total("real", FIELDS), customers * len(FIELDS)),
        "standardisation": Share(total("standard", standard), total("real", standard)),
        "recency": Share(total("fresh", how.dated), total("real", how.dated)),
        "integration": Share(counts["keyed"] + counts["charged"] + counts["single"], 3 * customers),
    }


def field_scores(counts: Mapping[str, Any], field: str, how: Weighing) -> dict[str, Share]:
    """The criteria of one field; integration is that the value is not shared by too many."""
    numbers, customers = counts["fields"].get(field, {}), counts["customers"]
    real = numbers.get("real", 0)
    needed = any(field in fields for fields in how.needed.values())
    return {
        "fit": Share(numbers.get("ok", 0), customers if needed else 0),
        "reliability": Share(numbers.get("ok", 0), real),
        "completeness": Share(real, customers),
        "standardisation": Share(numbers.get("standard", 0), real if FIELDS[field].has_standard else 0),
        "recency": Share(numbers.get("fresh", 0), real if field in how.dated else 0),
        "integration": Share(numbers.get("single", 0), real if field in ("phone", "email") else 0),
    }


def overall(found: Mapping[str, Share]) -> float | None:
    """The plain mean of the criteria that can be measured."""
    known = [one.value for one in found.values() if one.value is not None]
    return sum(known) / len(known) if known else None
