"""What is measured of the customer base, and how figures are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

FULL, THIN = 0.9, 0.5


@dataclass(frozen=True)
class Completeness:
    """How many customers have a real value in a field, and how many a generated one. share: 0..1, None for nobody.

    share is of the real ones: generated values never count as data.
    """

    field: str
    held: int
    generated: int
    share: float | None

    @property
    def level(self) -> str:
        """ok from 90 %, warn from 50 %, bad below, plain without anybody."""
        if self.share is None:
            return ""
        return "ok" if self.share >= FULL else "warn" if self.share >= THIN else "bad"


@dataclass(frozen=True)
class Report:
    """The state of the customers somebody may see. unnamed_share: 0..1, None for nobody. as_of: of the standings."""

    customers: int
    named: int
    unnamed: int
    unnamed_share: float | None
    completeness: Sequence[Completeness]
    oldest_update: Any
    as_of: date | None


def report(tally: Mapping[str, Any]) -> Report:
    """The report out of counts (identify.reads.tally)."""
    named, customers = tally["named"], tally["customers"]
    fields = [
        Completeness(name, held, tally["generated"][name], held / customers if customers else None)
        for name, held in tally["held"].items()
    ]
    return Report(
        customers=customers, named=named, unnamed=customers - named,
        unnamed_share=(customers - named) / customers if customers else None, completeness=fields,
        oldest_update=tally["oldest_update"], as_of=tally["standing_as_of"],
    )  # fmt: skip
