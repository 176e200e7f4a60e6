"""Where a request comes from: the one function all pages use."""

from django.conf import settings
from django.http import HttpRequest

from dangol.staff.signin.rules import client_address


def address_of(request: HttpRequest) -> str:
    """The client's address; X-Forwarded-For is believed only from the trusted proxy of the settings. "" if unknown."""
    remote, forwarded = request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(remote, forwarded, settings.DANGOL.trusted_proxy)
