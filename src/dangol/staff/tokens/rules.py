"""Limits of API tokens and of calls that may be repeated."""

import hashlib
from dataclasses import dataclass

CALLS_PER_MINUTE = 600
LONGEST_DAYS = 365
KEEP_ANSWERS_HOURS = 48
TAKE_OVER_SECONDS = 60  # a keyed call whose process died may be tried again after this
PREFIX = "dgl_"


def digest(secret: str) -> str:
    """SHA-256 (hex) of a token: it is random, so that no slow hash is needed (ASVS 5.0 11.4.2 is about passwords)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Answer:
    """The first answer to a keyed call, given again to its repetitions."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """A keyed call that may run now."""

    call_id: int
    attempt: int
