"""Whom a breach touched, and the words to tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.base.errors import BadInput
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.privacy.reads.requests import policies
from dangol.privacy.rules import Breach
from dangol.staff import reads as staff
from dangol.staff.reads import AccessQuery, Member, require
from dangol.staff.rules import Right

MOST = 200_000


@dataclass(frozen=True)
class Affected:
    """Who was touched: customers by number, or everybody an account looked at between two moments, or all."""

    customer_ids: Sequence[int] = ()
    member_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    everybody: bool = False


@dataclass(frozen=True)
class Happening:
    """What the notice has to say of a breach."""

    when: str
    what: str
    data: str
    done: str
    advice: str


def rule() -> Breach:
    """How fast people and the authority must be told."""
    return policies().breach


def affected(by: Member, which: Affected) -> list[int]:
    """The customers a breach touched, of those one may see. Raises BadInput where nothing was chosen."""
    require(by, Right.PRIVACY_HANDLE)
    if which.everybody:
        return list(identify.customer_ids(by, CustomerQuery(kind="named")))
    if which.customer_ids:
        wanted = sorted(set(which.customer_ids))
        known = identify.labels(wanted)
        missing = [one for one in wanted if one not in known]
        if missing:
            raise BadInput("There is no customer with the number {number}.", field="customers", number=missing[0])
        return wanted
    if which.member_id is None or which.since is None or which.until is None:
        raise BadInput("Say who was touched: numbers, or an account and a time.", field="customers")
    return _looked_at(by, which)


def _looked_at(by: Member, which: Affected) -> list[int]:
    """Customers whose own page or data an account opened; lists are counted in the log without their numbers."""
    query = AccessQuery(member_id=which.member_id, since=which.since, until=which.until)
    found: set[int] = set()
    before: int | None = None
    while lines := staff.access_log(by, query, before_id=before, limit=1000):
        found |= {line.customer_id for line in lines if line.customer_id is not None}
        before = lines[-1].id
        if len(found) > MOST:
            break
    return sorted(identify.labels(found))


def notice(happening: Happening, *, company: str, contact: str, language: str) -> str:
    """The text for the people touched, with the five things the law asks for.

    Source: Personal Information Protection Act art. 34(1): what data, when and how, what the person can do, what the
    company does, whom to ask.
    """
    with override(language):
        return "\n".join(
            [
                _("%(company)s: notice about your personal data") % {"company": company}, "",
                _("1. Which data: %(data)s") % {"data": happening.data},
                _("2. When and how: %(when)s. %(what)s") % {"when": happening.when, "what": happening.what},
                _("3. What you can do to limit harm: %(advice)s") % {"advice": happening.advice},
                _("4. What we have done, and how you are helped: %(done)s") % {"done": happening.done},
                _("5. Whom to ask: %(contact)s") % {"contact": contact},
            ]
        )  # fmt: skip
