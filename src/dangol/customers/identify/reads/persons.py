"""Looks at persons for the room of privacy: how many there are, the young ones, where somebody can be reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from dangol.customers.identify.models import Customer, Membership, SourceKey
from dangol.customers.identify.reads.one import all_visible
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 900


def people() -> int:
    """How many persons' data is kept: named customers."""
    return Customer.objects.filter(kind="named", merged_into=None).count()


def named(customer_id: int) -> bool:
    """Whether this customer is there and known by name."""
    return Customer.objects.filter(pk=customer_id, kind="named").exists()


def with_address() -> dict[str, set[int]]:
    """Who can be written to or called at all: the ids of customers with an e-mail address, and with a phone number."""
    known = Customer.objects.filter(merged_into=None).order_by()
    return {
        "email": set(known.exclude(email="").values_list("pk", flat=True)),
        "phone": set(known.exclude(phone_e164="").values_list("pk", flat=True)),
    }


def by_code(codes: Iterable[str]) -> dict[str, int]:
    """The customers known by these codes: their own, or the key a source knows them by (where it is one customer's)."""
    wanted, found = list(codes), dict[str, int]()
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        keys: dict[str, set[int]] = {}
        for key, one in SourceKey.objects.filter(key__in=part).values_list("key", "customer_id"):
            keys.setdefault(key, set()).add(one)
        found |= {key: min(ids) for key, ids in keys.items() if len(ids) == 1}
        found |= dict(Customer.objects.filter(code__in=part).values_list("code", "pk"))
    return found


def members_of_segment(segment_id: int) -> list[int]:
    """Everybody in a segment as it was last published, ascending."""
    found = Membership.objects.filter(segment_id=segment_id).order_by("customer_id")
    return list(found.values_list("customer_id", flat=True))


def segments_of(ids: Iterable[int]) -> QuerySet[Membership, int]:
    """The segments any of these customers is in: a question to be asked within another one."""
    return Membership.objects.filter(customer_id__in=list(ids)).values_list("segment_id", flat=True)


def young(*, since_year: int) -> dict[int, tuple[date | None, int]]:
    """Day (where it is known) and year of birth of customers born in a year or later."""
    rows = Customer.objects.filter(birth_year__gte=since_year, merged_into=None)
    return {pk: (day, year) for pk, day, year in rows.values_list("pk", "birth_day", "birth_year") if year}


@dataclass(frozen=True)
class Reach:
    """Under which keys and addresses a customer is known. keys: (source system, key)."""

    id: int
    code: str
    name: str
    kind: str
    email: str
    phone: str
    phone_e164: str
    address: str
    birth: str
    keys: list[tuple[str, str]]


def reach(by: Member, customer_ids: Iterable[int]) -> dict[int, Reach]:
    """Addresses and keys of customers one may see, in full: for actions that log it. Raises NotFound.

    Of a merged one its own: it is seen by whoever sees the customer it is now part of.
    """
    found = {
        row.pk: Reach(row.pk, row.code, row.name, row.kind, row.email, row.phone, row.phone_e164,
                      row.address, row.birth, [])
        for row in all_visible(by, customer_ids)
    }  # fmt: skip
    wanted = list(found)
    for start in range(0, len(wanted), CHUNK):
        keys = SourceKey.objects.filter(customer_id__in=wanted[start : start + CHUNK])
        for pk, source, key in keys.values_list("customer_id", "source", "key"):
            found[pk].keys.append((source, key))
    return found


def labels(ids: Iterable[int]) -> dict[int, str]:
    """What customers are called: the name, or the code of those without one."""
    wanted = list(ids)
    found: dict[int, str] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = Customer.objects.filter(pk__in=wanted[start : start + CHUNK]).values_list("pk", "name", "code")
        found |= {pk: name or code for pk, name, code in rows}
    return found


def birth_months() -> dict[int, int]:
    """The month of birth (1 to 12) of everybody whose day is known; a lunar day moves from year to year: left out."""
    rows = Customer.objects.filter(merged_into=None, birth_lunar=False, birth_day__isnull=False).order_by()
    return {pk: day.month for pk, day in rows.values_list("pk", "birth_day").iterator() if day is not None}


def birthdays(by: Member, first: date, days: int) -> list[tuple[int, str, date]]:
    """Customers of a rep's own whose birthday lies in the days from `first` on: id, label, the day of this year.

    Nothing for members who see more than their own: it is a rep's call. Those born by the lunar calendar, whose day
    moves from year to year, are left out; one who was born on 29 February is met on 1 March in other years. Raises
    NotAllowed.
    """
    require(by, Right.CUSTOMERS_VIEW)
    who = scope_of(by)
    if who.member_id is None:
        return []
    wanted = {}
    for day in (first + timedelta(days=n) for n in range(days)):
        wanted[day.month, day.day] = day
        if (day.month, day.day) == (3, 1):
            wanted.setdefault((2, 29), day)
    rows = Customer.objects.filter(within(who), merged_into=None, birth_lunar=False, birth_day__isnull=False)
    found = [(pk, name or code, wanted[born.month, born.day])
             for pk, name, code, born in rows.values_list("pk", "name", "code", "birth_day")
             if born is not None and (born.month, born.day) in wanted]  # fmt: skip
    return sorted(found, key=lambda one: (one[2], one[1]))
