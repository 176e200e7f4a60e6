"""Who may be sent what, and when: policies as dated data, and the words for a refusal."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


POLICIES = Path(__file__).resolve().parent / "policies"
MARKETING, NIGHT = "marketing", "night"
SERVICE = "service"  # about an order or a question of the customer's own: needs no consent and is never held
PROFILING = "profiling"  # decisions a machine takes about a customer; asked once, for every channel
PURPOSES = (MARKETING, NIGHT, PROFILING)
ALL = "all"  # stands where a purpose does not depend on the channel
PURPOSE_NAMES = {
    MARKETING: N_("Advertising"), NIGHT: N_("Advertising at night"), PROFILING: N_("Personalisation"),
}  # fmt: skip
CHANNEL_NAMES = {
    "email": N_("E-mail"), "sms": N_("Text message"), "kakao": N_("KakaoTalk"), "webpush": N_("Web push"),
    "call": N_("Phone call"), ALL: N_("All channels"),
}  # fmt: skip
CHANNELS = tuple(name for name in CHANNEL_NAMES if name != ALL)
WAYS = {
    "web": N_("Web page"), "paper": N_("Paper form"), "phone": N_("Phone call"), "store": N_("In the shop"),
    "email": N_("Link in a message"), "survey": N_("Survey or form"), "import": N_("Loaded from a source"),
}  # fmt: skip
ORIGINS = {"customer": N_("the customer"), "staff": N_("a member"), "import": N_("a source"),
           "demo": N_("the demonstration")}  # fmt: skip

NO_CONSENT = "no_consent"
WITHDRAWN = "withdrawn"
NOT_RECONFIRMED = "not_reconfirmed"
EXPIRED = "expired"
GUARDIAN = "guardian"
QUIET_HOURS = "quiet_hours"
SUPPRESSED = "suppressed"
NO_ADDRESS = "no_address"
BAD_ADDRESS = "bad_address"
NO_PROFILING = "no_profiling"
REASONS = {
    NO_CONSENT: N_("Has not agreed to advertising on this channel"),
    WITHDRAWN: N_("Has refused advertising on this channel"),
    NOT_RECONFIRMED: N_("Agreed more than two years ago and has not confirmed it since"),
    EXPIRED: N_("Agreed for a time that is over"),
    GUARDIAN: N_("Is under 14 and the guardian has not agreed"),
    QUIET_HOURS: N_("Night hours: waits until the morning"),
    SUPPRESSED: N_("Was erased and must not be contacted"),
    NO_ADDRESS: N_("No address for this channel"),
    BAD_ADDRESS: N_("The address cannot be used"),
    NO_PROFILING: N_("Refuses to be graded by a machine, and segments are grades"),
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
    deal_months: int
    guardian_age: int
    label: str
    label_language: str


@dataclass(frozen=True)
class Permit:
    """This customer may be sent this now, because of that consent, or of a deal that ended on a day (`deal`)."""

    customer_id: int
    consent_id: int | None
    given_at: datetime | None
    text_version: str
    deal: date | None = None


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
            deal_months=block["deal_months"],
            guardian_age=block["guardian_age"],
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


def combinations(channels: Sequence[str], exempt: Sequence[str]) -> list[tuple[str, str]]:
    """Every (purpose, channel) a customer can say a word about: night apart, where a channel rests at night."""
    own = [(MARKETING, channel) for channel in channels]
    night = [(NIGHT, channel) for channel in channels if channel not in exempt]
    return [*own, *night, (PROFILING, ALL)]


def lapses_on(policy: Policy, at: datetime, zone: ZoneInfo) -> date:
    """The first day on which an agreement of a moment no longer counts unless it was confirmed.

    Source: Network Act art. 50(8), Decree 62-3.
    """
    return years_after(at.astimezone(zone).date(), policy.reconfirm_years)


def years_after(day: date, years: int) -> date:
    """The same date years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def months_after(day: date, months: int) -> date:
    """The same date months later, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def deal_holds(policy: Policy, ended_on: date, day: date) -> bool:
    """Whether a deal in the same kind of goods still allows advertising without consent.

    Source: Network Act art. 50(1) no. 1, Decree art. 61(1): within 6 months after the deal ended.
    """
    return ended_on <= day <= months_after(ended_on, policy.deal_months)


def grown_on(policy: Policy, *, born: date | None, year: int | None) -> date | None:
    """The first day on which a customer needs no guardian; where only the year is known, the latest it can be.

    Source: Personal Information Protection Act art. 22-2 (under 14).
    """
    if born is not None:
        return years_after(born, policy.guardian_age)
    return date(year + policy.guardian_age + 1, 1, 1) if year else None


@dataclass(frozen=True)
class Said:
    """A word as far as joining and parting customers look at it. merges: under which merges it came here."""

    id: int
    customer_id: int
    given: bool
    at: datetime
    merges: tuple[str, ...]


def strictest(words: Sequence[Said]) -> Said:
    """The most restrictive of some current words: a refusal before an agreement, of two agreements the older."""
    refusals = [word for word in words if not word.given]
    return max(refusals, key=lambda word: word.at) if refusals else min(words, key=lambda word: word.at)


def path(edges: Mapping[tuple[int, int], str], start: int, end: int) -> tuple[str, ...]:
    """The merges that lie between two customers of a family. edges: (kept, gone) -> merge; they form a tree."""
    came: dict[int, tuple[str, ...]] = {start: ()}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for (kept, gone), merge in edges.items():
            for there in ({kept: gone, gone: kept}.get(here),):
                if there is not None and there not in came:
                    came[there] = (*came[here], merge)
                    waiting.append(there)
    return came[end]
