"""Where a request comes from, for the access log."""

from django.conf import settings
from django.http import HttpRequest

from dangol.staff.signin.rules import client_address


def address_of(request: HttpRequest) -> str:
    """The address of the person's browser; a proxy is believed only where the settings name it."""
    remote, forwarded = request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(remote, forwarded, settings.DANGOL.trusted_proxy)
