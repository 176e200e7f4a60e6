"""How guessing is slowed, and from where a request comes."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class LockRule:
    """After `free` failures each further one locks: first_seconds, doubled each time up to longest_seconds.

    Failures are forgotten when none happened for forget_seconds: nobody is locked out for ever (ASVS 5.0 6.3.1).
    """

    free: int
    first_seconds: int = 30
    longest_seconds: int = 900
    forget_seconds: int = 3600


ACCOUNT = LockRule(free=5)
ADDRESS = LockRule(free=30)  # a whole office may share one address
TOTP_SECONDS = 30
TOTP_WINDOW = 1  # steps before and after that are accepted for clocks that go wrong (RFC 6238 section 5.2)
RECOVERY_CODES = 10


@dataclass(frozen=True)
class Tries:
    """Failed tries under one key."""

    failures: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None


def wait_seconds(tries: Tries, now: datetime) -> int:
    """Seconds until the next try is allowed; 0 for now."""
    if tries.locked_until is None or tries.locked_until <= now:
        return 0
    return int((tries.locked_until - now).total_seconds()) + 1


def after_failure(tries: Tries, rule: LockRule, now: datetime) -> Tries:
    """The tries with one more failure."""
    fresh = tries.last_at is None or now - tries.last_at > timedelta(seconds=rule.forget_seconds)
    failures = (0 if fresh else tries.failures) + 1
    if failures < rule.free:
        return Tries(failures, now, None)
    seconds = min(rule.first_seconds * 2 ** min(failures - rule.free, 20), rule.longest_seconds)
    return Tries(failures, now, now + timedelta(seconds=seconds))


def client_address(remote: str, forwarded: str, trusted_proxy: str) -> str:
    """The address a request comes from.

    X-Forwarded-For is believed only when the connection comes from the trusted proxy, and then only its last entry
    that is not a trusted proxy itself: everything before it was written by the client. trusted_proxy: one address or
    network, or several with commas. Returns "" where nothing usable is known.
    """
    trusted = [ipaddress.ip_network(part.strip(), strict=False) for part in trusted_proxy.split(",") if part.strip()]

    def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(text.strip())
        except ValueError:
            return None

    address = parsed(remote)
    for text in reversed(forwarded.split(",") if forwarded else []):
        if address is None or not any(address in network for network in trusted):
            break
        before = parsed(text)
        if before is None:
            break
        address = before
    return str(address) if address else ""
