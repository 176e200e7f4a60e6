"""Write down who is in charge from which day on, wherever that changes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from dangol.base.period import company_day
from dangol.customers.identify.models import Customer, Posting
from dangol.customers.identify.postings import rules
from dangol.customers.identify.postings.reads import written
from dangol.staff.reads import Member

FIRST = "first"  # the cause of what held before the first change


@dataclass(frozen=True)
class Charge:
    """Who is in charge of a customer, and the batches (or None) the unit and the rep came with."""

    unit_id: int | None
    rep_id: int | None
    batches: tuple[int | None, int | None]

    @property
    def whose(self) -> tuple[int | None, int | None]:
        """Unit and rep."""
        return (self.unit_id, self.rep_id)

    def batch(self, before: "Charge | None" = None) -> int | None:
        """The batch that brought this charge, or what of it is new."""
        sides = zip(self.batches, self.whose, before.whose if before else (None, None), strict=True)
        return max((batch for batch, now, then in sides if batch and now != then), default=None)


def charge_of(row: Customer) -> Charge:
    """Who is in charge of a customer, as its row says."""
    unit, rep = ((row.origins.get(name) or {}).get("batch") for name in ("unit", "rep"))
    return Charge(row.unit_id, row.rep_id, (unit, rep))


def today() -> date:
    """The company's day."""
    options = settings.DANGOL
    return options.today or company_day(datetime.now(UTC), options.zone)


def note(
    rows: Mapping[int, Customer], before: Mapping[int, Charge], since: Mapping[int, date | None], *, cause: str,
    by: Member | None,
) -> None:  # fmt: skip
    """Write down changes of unit or rep. Call inside the transaction that made them.

    rows: the customers as they are now; before: as they were. since: from which day on it holds, where that was said,
    else from today. What was never otherwise is not written down: it is what the customer's row says.
    """
    asked = [pk for pk, row in rows.items() if since.get(pk) or before[pk].whose != (row.unit_id, row.rep_id)]
    known = written(asked)
    now, made = timezone.now(), list[Posting]()
    for pk in asked:
        is_new = charge_of(rows[pk])
        words = known.get(pk) or [rules.Posting(rules.BEGINNING, *before[pk].whose)]
        word = rules.Posting(since.get(pk) or today(), *is_new.whose)
        if words[-1].whose == is_new.whose and rules.course([*words, word]) == rules.course(words):
            continue
        if pk not in known and (cause == "undo" or len(rules.course([*words, word])) == 1):
            continue  # what a load alone had said is gone with it, and what is left reaches back
        of: dict[str, Any] = {"customer_id": pk, "member": by, "cause": cause, "at": now}
        if pk not in known:
            made.append(_row(words[0], of | {"batch": before[pk].batch(), "cause": FIRST}))
        made.append(_row(word, of | {"batch": is_new.batch(before[pk]) if cause in ("load", "undo") else None}))
    Posting.objects.bulk_create(made, batch_size=90)


def _row(word: rules.Posting, of: Mapping[str, Any]) -> Posting:
    return Posting(from_day=word.from_day, unit_id=word.unit_id, rep_id=word.rep_id, **of)


def turn(batch: int, *, live: bool) -> None:
    """Take the words a load brought back, or bring them back."""
    Posting.objects.filter(batch=batch).exclude(off=not live).update(off=not live)


def part(root: int, since: datetime) -> None:
    """Take back what merges since a moment said of the customer they were merged into."""
    Posting.objects.filter(customer=root, cause="merge", at__gte=since, off=False).update(off=True)


def forget(customer_ids: Collection[int] | Iterable[int]) -> None:
    """Destroy who was ever in charge of customers; who is in charge today stays on their rows."""
    Posting.objects.filter(customer_id__in=list(customer_ids)).delete()
