"""What a rep is told of the own customers: who fell, whose birthday it is, whose consent lapses."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.base.period import company_day
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.staff import reads as staff
from dangol.web.analysis import dashboard, wording
from dangol.web.home.parts import Person, Section, text_of
from dangol.web.shell import address
from dangol.web.templatetags.dangol import day, number

AHEAD_DAYS, CONSENT_DAYS, MOST_SHOWN, MOST_OWN = 7, 30, 8, 5_000


def fallen(member: Any) -> Section | None:
    """The rep's own customers who fell, first those who spend less by the most."""
    found = dashboard.fallen(member)
    if found is None:
        return None
    lost = dict(found.first)
    rows = identify.search(member, CustomerQuery(ids=tuple(lost))).rows  # who went to another rep since is not shown
    people = [
        Person(row.label, address("customers:one", row.id),
               text_of(_("spends {amount} less"), amount=wording.plain(lost[row.id], "money")))
        for row in sorted(rows, key=lambda row: -lost[row.id])
    ]  # fmt: skip
    return Section(
        text_of(_("Customers who fell since {day}: {n}"), day=day(found.since), n=number(found.number)),
        people=people,
        definition=_(
            "Customers whose RFM score fell by 20 points or more, or who are above the middle on fewer of recency, "
            "frequency and amount than before; first those who spend less by the most."
        ),
    ) if people else None  # fmt: skip


def days(member: Any) -> Section | None:
    """Birthdays of the rep's own customers, and agreements that lapse unless somebody asks again."""
    if staff.scope_of(member).member_id is None:
        return None
    now, zone = timezone.now(), settings.DANGOL.zone
    today = settings.DANGOL.today or company_day(now, zone)
    people = [
        Person(name, address("customers:one", pk), text_of(_("birthday on {day}"), day=day(on)))
        for pk, name, on in identify.birthdays(member, today, AHEAD_DAYS)
    ]
    own = identify.customer_ids(member, CustomerQuery(), limit=MOST_OWN)
    due: dict[int, Any] = {}
    for one in consent.due_again(now, zone, days=CONSENT_DAYS, customers=own):
        due.setdefault(one.customer_id, one.by_day)
    labels = identify.labels(list(due)[:MOST_SHOWN])
    people += [
        Person(name, address("customers:one", pk), text_of(_("consent lapses on {day}"), day=day(due[pk])))
        for pk, name in labels.items()
    ]
    return Section(_("Days to think of"), people=people[:MOST_SHOWN]) if people else None
