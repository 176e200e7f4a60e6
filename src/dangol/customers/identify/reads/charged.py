"""Who was in charge of one customer, and when."""

from dataclasses import dataclass
from datetime import date, timedelta

from dangol.customers.identify.models import Customer
from dangol.customers.identify.postings import rules
from dangol.customers.identify.postings.reads import written
from dangol.customers.identify.reads.one import visible
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Charged:
    """Who was in charge, by name. since: the first day (None: from the beginning); until: the last (None: still)."""

    since: date | None
    until: date | None
    unit: str
    rep: str


def charged(by: Member, customer_id: int) -> list[Charged]:
    """Who was in charge of a customer, newest first. Raises NotFound for a foreign one."""
    row = visible(by, customer_id)
    course = rules.course(written([row.pk]).get(row.pk) or [rules.Posting(rules.BEGINNING, row.unit_id, row.rep_id)])
    units = {unit.id: unit.name for unit in staff.units()}
    reps = staff.names({one.rep_id for one in course if one.rep_id})
    return [
        Charged(
            None if one.from_day == rules.BEGINNING else one.from_day, None if until == rules.END else until - DAY,
            units.get(one.unit_id or 0, ""), reps.get(one.rep_id or 0, ""),
        )
        for one, until in reversed(rules.spans(course))
    ]  # fmt: skip


def charges(by: Member, member_id: int) -> int:
    """How many customers a member is in charge of: those who come along to another unit."""
    require(by, Right.STAFF_MANAGE)
    return Customer.objects.filter(rep=member_id, merged_into=None).count()
