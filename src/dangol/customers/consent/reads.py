"""Looks at consent: permits, history, suppressed addresses, overdue notices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import ibis
from django.db import connection
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from dangol.customers.consent import rules, tables
from dangol.customers.consent.models import Consent, Suppression
from dangol.customers.consent.rules import Permit, Policy, Refusal

CHUNK = 5000
ANYONE = -9007199254740993  # stands in the compiled rule where the customers' ids go
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


@dataclass(frozen=True)
class Word:
    """One word of a customer about a purpose and channel."""

    purpose: str
    channel: str
    given: bool
    current: bool
    at: datetime
    text_version: str
    proof: str
    origin: str
    by: str
    generated: bool


@cache
def policies(country: str = "KR") -> list[Policy]:
    """The dated policies of a country."""
    return rules.read_policies((rules.POLICIES / f"{country.lower()}.toml").read_text("utf-8"))


def policy_at(at: datetime, zone: ZoneInfo, country: str = "KR") -> Policy:
    """The policy in force at a moment."""
    return rules.in_force(policies(country), at.astimezone(zone).date())


@lru_cache(maxsize=64)
def _sql(dialect: str, purpose: str, channel: str, oldest: datetime, quiet: bool) -> str:
    """The rule compiled once for a day: only the customers' ids change from one question to the next."""
    expression = tables.verdicts(
        tables.CONSENTS, customer_ids=[ANYONE], purpose=purpose, channel=channel, oldest=oldest, quiet=quiet
    )
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def permits(
    customer_ids: Iterable[int], purpose: str, channel: str, at: datetime, zone: ZoneInfo
) -> dict[int, Permit | Refusal]:
    """Who may be sent a message of this purpose on this channel at this moment, and who not, for which reason.

    zone: the recipients' time zone. The rule stands once, in tables.verdicts.
    Source: Network Act art. 50(1) to (3) and (8).
    """
    ids = [int(customer_id) for customer_id in customer_ids]
    if purpose == rules.SERVICE:
        return {one: Permit(one, None, None, "") for one in ids}
    policy = policy_at(at, zone)
    until = rules.quiet_until(policy, channel, at, zone)
    oldest = rules.oldest_valid(policy, at, zone).astimezone(UTC).replace(tzinfo=None)
    sql = _sql(DIALECTS[connection.vendor], purpose, channel, oldest, until is not None)
    answers: dict[int, Permit | Refusal] = {one: Refusal(one, rules.NO_CONSENT) for one in ids}
    for chunk in _chunks(ids):
        answers |= _ask(sql, chunk, until)
    return answers


def _ask(sql: str, ids: Sequence[int], until: datetime | None) -> dict[int, Permit | Refusal]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(str(ANYONE), ", ".join(map(str, ids))))
        rows = cursor.fetchall()
    given = {row.pk: row for row in Consent.objects.filter(pk__in=[row[1] for row in rows if not row[2]])}
    answers: dict[int, Permit | Refusal] = {}
    for customer_id, consent_id, reason in rows:
        if reason:
            answers[customer_id] = Refusal(customer_id, reason, until if reason == rules.QUIET_HOURS else None)
        else:
            word = given[consent_id]
            answers[customer_id] = Permit(customer_id, consent_id, word.at, word.text_version)
    return answers


def given(purpose: str, channel: str) -> QuerySet[Consent]:
    """The consents in force for a purpose and channel, as a query a list of customers can ask inside its own."""
    return Consent.objects.filter(purpose=purpose, channel=channel, current=True, given=True)


def of_customer(customer_id: int) -> list[Word]:
    """Every word of a customer, the present ones first, then the newest."""
    rows = Consent.objects.filter(customer_id=customer_id).select_related("by").order_by("-current", "-at", "-pk")
    return [
        Word(
            purpose=row.purpose, channel=row.channel, given=row.given, current=row.current, at=row.at,
            text_version=row.text_version, proof=row.proof, origin=row.origin, by=row.by.name if row.by else "",
            generated=row.generated,
        )
        for row in rows
    ]  # fmt: skip


def digest(channel: str, address: str) -> str:
    """The keyed hash under which an address is suppressed."""
    return salted_hmac(
        "dangol.consent.suppression", f"{channel}:{address.strip().lower()}", algorithm="sha256"
    ).hexdigest()


def suppressed(channel: str, addresses: Iterable[str]) -> set[str]:
    """Which of these addresses belong to erased people."""
    by_digest = {digest(channel, address): address for address in addresses}
    found: set[str] = set()
    keys = list(by_digest)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        rows = Suppression.objects.filter(channel=channel, digest__in=part).values_list("digest", flat=True)
        found |= {by_digest[key] for key in rows}
    return found


def overdue_notices(at: datetime, zone: ZoneInfo) -> int:
    """How many results of giving or refusing consent were not told within the days the law gives.

    Generated words are not counted. Source: Network Act art. 50(7), Decree 62-2: 14 days.
    """
    limit = at - timedelta(days=policy_at(at, zone).notice_days)
    return Consent.objects.filter(noticed_at=None, generated=False, at__lt=limit).count()
