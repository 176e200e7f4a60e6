"""Links in messages: signed with a salt per purpose and a day of expiry; their payload is a random ledger token."""

from datetime import timedelta

from django.conf import settings
from django.core import signing

from dangol.base.errors import NotFound

PREFERENCE, CLICK, SURVEY = "preference", "click", "survey"
AGES = {PREFERENCE: timedelta(days=730), CLICK: timedelta(days=180), SURVEY: timedelta(days=90)}
CUSTOMER = "customer-"
PATHS = {PREFERENCE: "p", CLICK: "c", SURVEY: "q"}


def _signer(purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"dangol.channels.link.{purpose}", sep="~")


def sign(purpose: str, token: str) -> str:
    """The signed form of a token for one purpose; useless for any other."""
    return _signer(purpose).sign(token)


def url(purpose: str, token: str) -> str:
    """The address that goes into a message."""
    return f"{settings.DANGOL.base_url.rstrip('/')}/{PATHS[purpose]}/{sign(purpose, token)}"


def token(purpose: str, signed: str) -> str:
    """The token of a signed link.

    Raises NotFound, the same for a forged, truncated, expired or other-purpose link: an answer must not tell which.
    """
    try:
        return _signer(purpose).unsign(signed, max_age=AGES[purpose])
    except signing.BadSignature:
        raise NotFound("This link is not valid or no longer valid.") from None


def of_customer(customer_id: int) -> str:
    """A token that stands for a customer without a message, for a preference link given by hand.

    The signature keeps it from being made up; a ledger token never begins so.
    """
    return f"{CUSTOMER}{customer_id}"


def customer_of(token: str) -> int | None:
    """The customer such a token stands for; None for a ledger token."""
    number = token.removeprefix(CUSTOMER) if token.startswith(CUSTOMER) else ""
    return int(number) if number.isdecimal() else None
