"""Who may be sent what, and when: policies as dated data, and the words for a refusal."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


POLICIES = Path(__file__).resolve().parent / "policies"
MARKETING, NIGHT = "marketing", "night"
SERVICE = "service"  # about an order or a question of the customer's own: needs no consent and is never held
PURPOSES = (MARKETING, NIGHT, "profiling")

NO_CONSENT = "no_consent"
WITHDRAWN = "withdrawn"
NOT_RECONFIRMED = "not_reconfirmed"
QUIET_HOURS = "quiet_hours"
SUPPRESSED = "suppressed"
NO_ADDRESS = "no_address"
BAD_ADDRESS = "bad_address"
REASONS = {
    NO_CONSENT: N_("Has not agreed to advertising on this channel"),
    WITHDRAWN: N_("Has refused advertising on this channel"),
    NOT_RECONFIRMED: N_("Agreed more than two years ago and has not confirmed it since"),
    QUIET_HOURS: N_("Night hours: waits until the morning"),
    SUPPRESSED: N_("Was erased and must not be contacted"),
    NO_ADDRESS: N_("No address for this channel"),
    BAD_ADDRESS: N_("The address cannot be used"),
}


@dataclass(frozen=True)
class Policy:
    """What one country asks of advertising from a day on. `articles` and `decree` cite where each rule stands."""

    country: str
    in_force_from: date
    law: str
    articles: dict[str, str]
    decree: dict[str, str]
    quiet_from: time
    quiet_until: time
    quiet_exempt_channels: tuple[str, ...]
    reconfirm_years: int
    notice_days: int
    label: str
    label_language: str


@dataclass(frozen=True)
class Permit:
    """This customer may be sent this now, because of that consent."""

    customer_id: int
    consent_id: int | None
    given_at: datetime | None
    text_version: str


@dataclass(frozen=True)
class Refusal:
    """This customer may not, for a reason; `until` is when a held message may go."""

    customer_id: int
    reason: str
    until: datetime | None = None


def read_policies(text: str) -> list[Policy]:
    """The policies of one country's file, oldest first."""
    data = tomllib.loads(text)
    found = [
        Policy(
            country=data["country"],
            in_force_from=block["in_force_from"],
            law=block["law"],
            articles=block["articles"],
            decree=block["decree"],
            quiet_from=time.fromisoformat(block["quiet_from"]),
            quiet_until=time.fromisoformat(block["quiet_until"]),
            quiet_exempt_channels=tuple(block["quiet_exempt_channels"]),
            reconfirm_years=block["reconfirm_years"],
            notice_days=block["notice_days"],
            label=block["label"],
            label_language=block["label_language"],
        )
        for block in data["policy"]
    ]
    return sorted(found, key=lambda policy: policy.in_force_from)


def in_force(policies: Sequence[Policy], day: date) -> Policy:
    """The policy of a day; before the first one, the first: an older message is held to the stricter rule."""
    past = [policy for policy in policies if policy.in_force_from <= day]
    return past[-1] if past else policies[0]


def quiet_until(policy: Policy, channel: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the night that `at` lies in ends (UTC), or None where advertising may go.

    20:59:59 goes, 21:00:00 waits, 08:00:00 goes, in the recipient's zone.
    Source: Network Act art. 50(3); e-mail exempt by its Decree art. 61(2).
    """
    if channel in policy.quiet_exempt_channels:
        return None
    local = at.astimezone(zone)
    if policy.quiet_until <= local.time() < policy.quiet_from:
        return None
    morning = local.date() if local.time() < policy.quiet_until else local.date() + timedelta(days=1)
    return datetime.combine(morning, policy.quiet_until, zone).astimezone(UTC)


def oldest_valid(policy: Policy, at: datetime, zone: ZoneInfo) -> datetime:
    """Consent given before this moment (UTC) has not been confirmed in time.

    Consent of 1 March 2024 must be confirmed before 1 March 2026 begins. Source: Network Act art. 50(8), Decree 62-3.
    """
    today = at.astimezone(zone).date()
    years = policy.reconfirm_years
    try:
        limit = today.replace(year=today.year - years)
    except ValueError:  # 29 February
        limit = date(today.year - years, 2, 28)
    return datetime.combine(limit + timedelta(days=1), time(), zone).astimezone(UTC)
