"""Links to a survey: the public one by its token, and personal ones signed for one customer."""

from django.conf import settings
from django.core import signing

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify

SALT = "dangol.surveys.personal"
AGE_DAYS = 90


def public_url(token: str) -> str:
    """The address anybody may open; 160 random bits, so that nobody finds it by trying."""
    return f"{settings.DANGOL.base_url.rstrip('/')}/s/{token}"


def personal_url(token: str, customer_id: int, campaign_key: str = "") -> str:
    """The address for one customer: what is answered there is the customer's, and counts for the campaign."""
    parts = [signing.b62_encode(customer_id), token, *([campaign_key] if campaign_key else [])]
    signed = signing.TimestampSigner(salt=SALT, sep="~").sign(".".join(parts))
    return f"{settings.DANGOL.base_url.rstrip('/')}/s/me/{signed}"


def opened(signed: str) -> tuple[str, int, str]:
    """Token, customer and campaign (empty for none) of a personal link.

    Raises NotFound, the same for a forged, truncated, expired or other link: an answer must not tell which.
    """
    try:
        text = signing.TimestampSigner(salt=SALT, sep="~").unsign(signed, max_age=AGE_DAYS * 86400)
        customer, token, *campaign = text.split(".", 2)
        return token, signing.b62_decode(customer), "".join(campaign)
    except (signing.BadSignature, ValueError):
        raise NotFound("This link is not valid or no longer valid.") from None


def key_of(customer_id: int) -> tuple[str, str]:
    """A key (space and key) by which a source knows the customer."""
    return identify.key_of(customer_id) or ("surveys", str(customer_id))
