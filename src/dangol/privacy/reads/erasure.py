"""What erasing a customer would take away, and what the law keeps apart, for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dangol.channels import reads as channels
from dangol.customers.collect import reads as collect
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.privacy import rules
from dangol.privacy.reads.requests import policies, request, today
from dangol.profile.facts import facts_of
from dangol.staff.reads import Member


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show it in their language
    return text


@dataclass(frozen=True)
class Goes:
    """One sort of data that erasing destroys."""

    label: str
    n: int


@dataclass(frozen=True)
class Stays:
    """One sort of data that stays without the person: how much, until when at the latest, and by which law."""

    what: str
    n: int
    until: date | None
    law: str
    article: str


@dataclass(frozen=True)
class Preview:
    """What an erasure would do. customers: the numbers of all rows that are this person; confirm: what to type."""

    customers: Sequence[int]
    label: str
    confirm: str
    goes: Sequence[Goes]
    stays: Sequence[Stays]


def preview(by: Member, request_id: int) -> Preview:
    """What erasing by a request would take away. Raises NotFound."""
    found = request(by, request_id)
    ids = identify.family(found.customer_id)
    reached = identify.reach(by, ids)
    keys = [key for one in reached.values() for key in one.keys]
    messages = [message for one in ids for message in channels.of_customer(one, limit=100_000)]
    fields = sum(bool(value.value) for value in identify.customer(by, ids[0]).values.values())
    goes = [
        Goes(N_("Fields of the customer: name, numbers, addresses, attributes"), fields),
        Goes(N_("Earlier values of these fields"), len(identify.changes(ids[0]))),
        Goes(N_("Rows of sources about this person, every version"), len(collect.held(keys))),
        Goes(N_("Words of consent"), sum(len(consent.of_customer(one)) for one in ids)),
        Goes(N_("Addresses in messages"), len(messages)),
        Goes(
            N_("Addresses that are never used again, as a fingerprint"), len(suppressible(list(reached.values()), keys))
        ),
    ]
    target = reached[ids[0]]
    return Preview(ids, target.name or target.code, target.code, goes, _stays(ids, messages))


def _stays(ids: Sequence[int], messages: Sequence[Any]) -> list[Stays]:
    apart = {one.what: one for one in rules.keeps(policies(), today()) if one.apart}
    lines = [line for one in ids for line in facts_of(one).lines]
    days = {
        "purchases": [line["day"] for line in lines],
        "advertising": [message.queued_at.date() for message in messages],
    }
    return [
        Stays(what, len(days[what]), keep.kept_until(max(days[what])) if days[what] else None, keep.law, keep.article)
        for what, keep in apart.items()
    ]


def suppressible(reached: Sequence[identify.Reach], keys: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Every address a person is known by, as consent keeps them hashed: (channel, address)."""
    found = {("key", f"{system}:{key}") for system, key in keys}
    phones = {one.phone for one in reached} | {one.phone_e164 for one in reached}
    mails = {one.email for one in reached}
    for row in collect.held(keys):
        phones.add(str(row.get("phone") or ""))
        mails.add(str(row.get("email") or ""))
    found |= {("phone", collect.phone_key(phone)) for phone in phones if collect.phone_key(phone)}
    return sorted(found | {("email", mail.strip().lower()) for mail in mails if mail.strip()})
