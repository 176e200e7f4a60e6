"""The steward's rules, their versions, and what a rule would find before it is saved."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from dangol.base.errors import NotFound
from dangol.customers.identify.reads import quality as identify
from dangol.customers.quality import tables
from dangol.customers.quality.models import Check, CheckVersion
from dangol.customers.quality.rules.checks import Rule, checked
from dangol.engine import current_local
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

SAMPLE = 20_000


@dataclass(frozen=True)
class Version:
    """One version of a rule and who wrote it."""

    version: int
    rule: Rule
    by: str
    at: datetime


@dataclass(frozen=True)
class Preview:
    """How many customers a rule would find now. exact: counted over all, not estimated from a sample."""

    broken: int
    customers: int
    exact: bool

    @property
    def share(self) -> float | None:
        """0..1, None where there are no customers."""
        return self.broken / self.customers if self.customers else None


def rule_of(stored: Check) -> Rule:
    """A stored rule as it stands."""
    return replace(Rule(**stored.definition), id=stored.pk, version=stored.version, on=stored.on)


def rules_in_force() -> list[Rule]:
    """All rules, on and off, in the order they were written."""
    return [rule_of(one) for one in Check.objects.order_by("pk")]


def rules(by: Member) -> list[Rule]:
    """All rules, for those who see quality."""
    require(by, Right.CUSTOMERS_VIEW)
    return rules_in_force()


def rule(by: Member, rule_id: int) -> Rule:
    """One rule. Raises NotFound."""
    require(by, Right.CUSTOMERS_VIEW)
    found = Check.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFound("There is no such rule.")
    return rule_of(found)


def history(by: Member, rule_id: int) -> list[Version]:
    """All versions of a rule, newest first."""
    require(by, Right.CUSTOMERS_VIEW)
    rows = CheckVersion.objects.filter(check_rule_id=rule_id).select_related("by").order_by("-version")
    return [
        Version(row.version, replace(Rule(**row.definition), id=rule_id, version=row.version, on=row.on), row.by.name,
                row.at)
        for row in rows
    ]  # fmt: skip


def preview(by: Member, given: Rule) -> Preview:
    """How many customers break a rule at this moment, without saving it.

    Up to twenty thousand customers are counted one by one, more are estimated from a sample of so many; shared values
    are then counted by the database as they are written. Raises NotAllowed, BadInput.
    """
    require(by, Right.QUALITY_EDIT)
    sound = replace(checked(given), on=True)
    total = identify.how_many()
    exact = total <= SAMPLE
    if sound.kind == "unique" and not exact:
        named = sound.whom == "named"
        return Preview(identify.sharing(sound.field, sound.params["at_most"], named_only=named), total, exact)
    batches = list(identify.people(ids=None if exact else identify.sample_ids(SAMPLE)))
    people = pa.Table.from_batches(batches, schema=identify.schema())
    broken = len(breaking(people, [sound])[0])
    return Preview(broken if exact or not people.num_rows else round(broken * total / people.num_rows), total, exact)


def today() -> date:
    """The company's day."""
    return timezone.now().astimezone(settings.DANGOL.zone).date()


def breaking(people: pa.Table, rules: list[Rule]) -> list[set[int]]:
    """Which of a few customers break each rule: a set of ids a rule."""
    engine = current_local()
    table = engine.memory(people)
    flags: dict[str, Any] = {f"r{place}": tables.breaks(table, one, today()) for place, one in enumerate(rules)}
    rows = engine.arrow(table.select("customer_id", **flags)).to_pylist()
    return [{row["customer_id"] for row in rows if row[f"r{place}"]} for place in range(len(rules))]
