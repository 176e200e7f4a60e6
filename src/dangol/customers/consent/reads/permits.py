"""Who may be contacted: the one rule asked for many; suppressed addresses; the policies in force."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import ibis
from django.db import connection
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from dangol.customers.consent import rules, tables
from dangol.customers.consent.models import Consent, Minor, Suppression
from dangol.customers.consent.rules import Permit, Policy, Refusal

CHUNK = 5000
ANYONE = -9007199254740993  # stands in the compiled rule where the customers' ids go
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


@cache
def policies(country: str = "KR") -> list[Policy]:
    """The dated policies of a country."""
    return rules.read_policies((rules.POLICIES / f"{country.lower()}.toml").read_text("utf-8"))


def policy_at(at: datetime, zone: ZoneInfo, country: str = "KR") -> Policy:
    """The policy in force at a moment."""
    return rules.in_force(policies(country), at.astimezone(zone).date())


@lru_cache(maxsize=64)
def _sql(dialect: str, asked: tuple[str, str], day: date, oldest: datetime, quiet: bool) -> str:
    """The rule compiled once for a day: only the customers' ids change from one question to the next."""
    purpose, channel = asked
    expression = tables.verdicts(
        tables.CONSENTS, tables.MINORS, customer_ids=[ANYONE], purpose=purpose, channel=channel, day=day,
        oldest=oldest, quiet=quiet,
    )  # fmt: skip
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def permits(
    customer_ids: Iterable[int],
    purpose: str,
    channel: str,
    at: datetime,
    zone: ZoneInfo,
    *,
    deals: Mapping[int, date] | None = None,
) -> dict[int, Permit | Refusal]:
    """Who may be sent a message of this purpose on this channel at this moment, and who not, for which reason.

    zone: the recipients' time zone. deals: customer -> day on which the last deal in the goods of the message ended;
    it stands in for consent of those who never said a word. The rule stands once, in tables.verdicts.
    Source: Network Act art. 50(1) to (3) and (8).
    """
    ids = [int(customer_id) for customer_id in customer_ids]
    if purpose == rules.SERVICE:
        return {one: Permit(one, None, None, "") for one in ids}
    policy = policy_at(at, zone)
    day = at.astimezone(zone).date()
    until = rules.quiet_until(policy, channel, at, zone)
    oldest = rules.oldest_valid(policy, at, zone).astimezone(UTC).replace(tzinfo=None)
    sql = _sql(DIALECTS[connection.vendor], (purpose, channel), day, oldest, until is not None)
    answers: dict[int, Permit | Refusal] = {one: Refusal(one, rules.NO_CONSENT) for one in ids}
    for chunk in _chunks(ids):
        answers |= _ask(sql, chunk, until)
    for one in _dealing(policy, day, answers, deals or {}):
        waits = Refusal(one, rules.QUIET_HOURS, until)
        answers[one] = waits if until else Permit(one, None, None, "", (deals or {})[one])
    return answers


def _dealing(
    policy: Policy, day: date, answers: Mapping[int, Permit | Refusal], deals: Mapping[int, date]
) -> list[int]:
    """Those without any word whose deal allows it; a child's guardian would have to agree all the same."""
    open_to = [
        one
        for one, ended in deals.items()
        if answers.get(one) == Refusal(one, rules.NO_CONSENT) and rules.deal_holds(policy, ended, day)
    ]
    unguarded = Minor.objects.filter(pk__in=open_to, grown_on__gt=day, agreed_at=None)
    return sorted(set(open_to) - set(unguarded.values_list("pk", flat=True)))


def _ask(sql: str, ids: Sequence[int], until: datetime | None) -> dict[int, Permit | Refusal]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(str(ANYONE), ", ".join(map(str, ids))))
        rows = cursor.fetchall()
    words = Consent.objects.filter(pk__in=[row[1] for row in rows if not row[2]])
    given = {pk: (at, version) for pk, at, version in words.values_list("pk", "at", "text_version")}
    answers: dict[int, Permit | Refusal] = {}
    for customer_id, consent_id, reason in rows:
        if reason:
            answers[customer_id] = Refusal(customer_id, reason, until if reason == rules.QUIET_HOURS else None)
        else:
            answers[customer_id] = Permit(customer_id, consent_id, *given[consent_id])
    return answers


def given(purpose: str, channel: str) -> QuerySet[Consent]:
    """The consents in force for a purpose and channel, as a query a list of customers can ask inside its own."""
    return Consent.objects.filter(purpose=purpose, channel=channel, current=True, given=True)


def who_answered(purpose: str, channel: str) -> list[int]:
    """The customers who ever said yes or no to a purpose on a channel."""
    said = Consent.objects.filter(purpose=purpose, channel=channel, current=True)
    return list(said.values_list("customer_id", flat=True))


def digest(channel: str, address: str) -> str:
    """The keyed hash under which an address is suppressed."""
    return salted_hmac(
        "dangol.consent.suppression", f"{channel}:{address.strip().lower()}", algorithm="sha256"
    ).hexdigest()


def suppressed(channel: str, addresses: Iterable[str]) -> set[str]:
    """Which of these addresses belong to erased people."""
    if not Suppression.objects.filter(channel=channel).exists():
        return set()
    by_digest = {digest(channel, address): address for address in addresses}
    found: set[str] = set()
    keys = list(by_digest)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        rows = Suppression.objects.filter(channel=channel, digest__in=part).values_list("digest", flat=True)
        found |= {by_digest[key] for key in rows}
    return found
