"""The local mailbox of a demonstration: what was sent, none of which left this machine."""

from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from dangol.base.errors import NotFound
from dangol.channels.email import mailbox
from dangol.channels.email.local import folder
from dangol.staff.actions import note_access
from dangol.staff.rules import Right
from dangol.web.shell import Request, page

SIZE = 50


def present() -> bool:
    """Whether this installation has a local mailbox to show."""
    return bool(settings.DANGOL.demo)


@page(Right.CAMPAIGNS_VIEW)
def index(request: Request) -> HttpResponse:
    """The letters, newest first."""
    if not present():
        raise NotFound("There is no local mailbox.")
    start = request.GET.get("start", "0")
    text = request.GET.get("q", "").strip()[:200]
    place = int(start) if start.isdecimal() else 0
    letters, count = mailbox.letters(folder(), limit=SIZE, start=place, find=text)
    if letters:
        note_access(by=request.user, verb="view", what="mailbox", count=len(letters))
    return render(
        request, "campaigns/mailbox.html",
        {"letters": letters, "count": count, "q": text, "following": place + SIZE if place + SIZE < count else None,
         "before": place - SIZE if place >= SIZE else None},
    )  # fmt: skip


@page(Right.CAMPAIGNS_VIEW)
def letter(request: Request, name: str) -> HttpResponse:
    """One letter: its text part, with its links."""
    if not present() or not (folder() / Path(name).name).is_file() or not name.endswith(".eml"):
        raise NotFound("There is no such letter.")
    note_access(by=request.user, verb="view", what="mailbox")
    return render(request, "campaigns/letter.html", {"letter": mailbox.read(folder(), name)})
