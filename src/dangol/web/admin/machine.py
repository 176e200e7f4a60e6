"""Tokens of everybody, long jobs, and the settings of the installation."""

from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.staff.rules import Right
from dangol.staff.tokens import actions as token_actions
from dangol.staff.tokens import reads as token_reads
from dangol.web.admin.texts import GROUPS
from dangol.web.shell import Request, page
from dangol.work import actions as work_actions
from dangol.work import reads as work
from dangol.work.rules import STATE_NAMES

SECRETS = frozenset({"smtp_password"})
JOBS_SHOWN = 50


@page(Right.TOKENS_MANAGE)
def tokens(request: Request) -> HttpResponse:
    """Everybody's tokens."""
    return render(request, "admin/tokens.html", {"tokens": token_reads.all_tokens(request.user)})


@page(Right.TOKENS_MANAGE, methods=("POST",))
def revoke_token(request: Request, token_id: int) -> HttpResponse:
    """End somebody's token."""
    token_actions.revoke_token(by=request.user, token_id=token_id)
    messages.success(request, gettext("The token was revoked."))
    return HttpResponseRedirect(reverse("admin:tokens"))


@page(Right.STAFF_MANAGE)
def jobs(request: Request) -> HttpResponse:
    """Long work: running, waiting and ended."""
    state = request.GET.get("state", "")
    chosen = state if state in STATE_NAMES else ""
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 19 else None
    found = work.jobs(request.user, state=chosen, before_id=before_id, limit=JOBS_SHOWN + 1)
    variables = {
        "jobs": found[:JOBS_SHOWN], "states": STATE_NAMES.items(), "chosen": chosen, "page_two": before_id is not None,
        "before": found[JOBS_SHOWN - 1].id if len(found) > JOBS_SHOWN else None,
    }  # fmt: skip
    return render(request, "admin/jobs.html", variables)


@page(Right.STAFF_MANAGE, methods=("POST",))
def retry_job(request: Request, job_id: int) -> HttpResponse:
    """Start a job again."""
    work_actions.retry(by=request.user, job_id=job_id)
    messages.success(request, gettext("The job waits for its turn again."))
    return HttpResponseRedirect(reverse("admin:jobs"))


def _shown(name: str, value: Any) -> str:
    """A setting's value as it may be shown: passwords never."""
    if name in SECRETS:
        return "••••••" if value else ""
    if name == "database" and "@" in str(value):
        address = urlsplit(str(value))
        place = address.netloc.rpartition("@")
        return urlunsplit(address._replace(netloc=f"{place[0].partition(':')[0]}:••••••@{place[2]}"))
    return "" if value is None else str(value)


@page(Right.STAFF_MANAGE)
def settings(request: Request) -> HttpResponse:
    """Every setting with its meaning; they are changed in `dangol.toml` or the environment."""
    options = django_settings.DANGOL
    known = {option.name: option for option in fields(options)}
    groups = [
        (
            title,
            [
                {
                    "name": name,
                    "value": _shown(name, getattr(options, name)),
                    "help": known[name].metadata["help"],
                    "changed": getattr(options, name) != known[name].default,
                    "secret": name in SECRETS,
                }
                for name in names
            ],
        )
        for title, names in GROUPS.items()
    ]
    return render(request, "admin/settings.html", {"groups": groups, "home": options.home})
