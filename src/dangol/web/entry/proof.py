"""Who is signed in, since when that was proved, and where to go next."""

import time
from typing import Any
from urllib.parse import urlencode

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

PROVED_AT = "proved_at"
PROOF_SECONDS = 15 * 60
PENDING = "pending"  # who gave the right password and owes the second factor
PENDING_SECONDS = 5 * 60


def safe_next(request: HttpRequest, usual: str = "/") -> str:
    """Where a form asks to go next, if that is a path of this very site; else the usual place."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    same = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if same and wanted.startswith("/") and "\\" not in wanted else usual


def enter(request: HttpRequest, member: Any) -> None:
    """Sign a member in under a new session id."""
    request.session.flush()  # nothing of who used this browser before comes along
    auth.login(request, member, backend="django.contrib.auth.backends.ModelBackend")
    remember_proof(request)


def remember_proof(request: HttpRequest) -> None:
    """Note that the member has just been proved."""
    request.session[PROVED_AT] = int(time.time())


def recently_proved(request: HttpRequest) -> bool:
    """Whether password (and second factor) were given within the last 15 minutes.

    Asked before an export, an approval, a change of rights, a new token. Source: OWASP ASVS 5.0, 7.5.1 and 7.5.3.
    """
    proved_at: int = request.session.get(PROVED_AT, 0)
    return 0 <= time.time() - proved_at <= PROOF_SECONDS


def ask_proof(request: HttpRequest, back: str) -> HttpResponse | None:
    """Nothing when the member was proved recently; else the way to the page that asks, and back afterwards."""
    if recently_proved(request):
        return None
    return HttpResponseRedirect(f"{reverse('entry:confirm')}?{urlencode({'next': back})}")


def wait_for_second_factor(request: HttpRequest, member: Any, next_path: str) -> None:
    """Remember that the password was right, and nothing more: nobody is signed in yet."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "member": member.pk, "hash": member.get_session_auth_hash(), "at": int(time.time()), "next": next_path
    }  # fmt: skip


def pending(request: HttpRequest) -> dict[str, Any] | None:
    """Who owes the second factor, for five minutes."""
    waiting: dict[str, Any] | None = request.session.get(PENDING)
    return waiting if waiting and time.time() - waiting["at"] <= PENDING_SECONDS else None
