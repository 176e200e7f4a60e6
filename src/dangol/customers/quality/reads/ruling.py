"""The steward's rules, their versions, and what a rule would find before it is saved."""

import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
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
    are always counted over all. Raises NotAllowed, BadInput.
    """
    require(by, Right.QUALITY_EDIT)
    sound = replace(checked(given), on=True)
    total = identify.how_many()
    exact = total <= SAMPLE or sound.kind == "unique"
    if sound.kind == "unique":
        return Preview(_over_all(sound), total, exact)
    seen, broken = 0, 0
    for batch in identify.people(ids=None if exact else identify.sample_ids(SAMPLE)):
        seen += batch.num_rows
        broken += len(breaking(pa.Table.from_batches([batch]), [sound])[0])
    return Preview(broken if exact or not seen else round(broken * total / seen), total, exact)


def _over_all(rule: Rule) -> int:
    """Shared values over all customers, by way of a scratch file, so that memory stays bounded."""
    import pyarrow.parquet as pq

    engine = current_local()
    home: Path = settings.DANGOL.home / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="quality-") as folder:
        path = Path(folder) / f"{timezone.now().timestamp():.6f}.parquet"
        with pq.ParquetWriter(path, identify.schema(), compression="lz4") as file:
            for batch in identify.people():
                file.write_batch(batch)
        people = engine.table([path])
        flagged = people.select(broken=tables.breaks(people, rule, today()))
        return int(engine.arrow(flagged.agg(n=flagged.broken.cast("int64").sum()))["n"][0].as_py() or 0)


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
