"""The channel the RFM pages look at: that of the address, the switch between channels, schemes given and withdrawn."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import Conflict, NotFound
from dangol.insight.score import actions
from dangol.insight.score.reads import channels
from dangol.staff.rules import Right
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page


def chosen(request: Request) -> str:
    """The channel the address asks for; "" for all purchases. Raises NotFound where it has no scheme of its own."""
    name: str = request.GET.get("channel", "")
    if name and name not in {one.name for one in channels.with_scheme()}:
        raise NotFound("The channel “{channel}” has no scheme of its own.", channel=name)
    return name


def query(channel: str, **more: str) -> str:
    """The end of an address that stays at a channel."""
    asked = urlencode(({"channel": channel} if channel else {}) | more)
    return f"?{asked}" if asked else ""


def switch(request: Request, channel: str) -> dict[str, Any]:
    """What insight/tabs.html shows: the company's scheme and those of channels; nothing where there is only one."""
    own = channels.with_scheme()
    names = [("", _("All purchases")), *((one.name, one.name) for one in own)]
    return {
        "channel": channel, "stay": query(channel),
        "switch": [{"name": name, "label": label, "query": f"{request.path}{query(name)}"}
                   for name, label in names] if own else [],
    }  # fmt: skip


def all_channels() -> list[channels.ChannelSales]:
    """The channels of the purchases; none before there is a warehouse."""
    try:
        return list(channels.of_purchases())
    except NotFound:
        return []


@page(Right.INSIGHT_EDIT, methods=("POST",))
def give(request: Request) -> HttpResponse:
    """Give a channel a scheme of its own."""
    channel = request.POST.get("name", "")
    try:
        job = actions.give_scheme(by=request.user, channel=channel)[1]
    except (Conflict, NotFound) as wrong:
        messages.error(request, sentence(wrong))
        return HttpResponseRedirect(reverse("insight:scheme"))
    return HttpResponseRedirect(reverse("insight:scheme") + query(channel, job=str(job)))


@page(Right.INSIGHT_EDIT, methods=("POST",))
def withdraw(request: Request) -> HttpResponse:
    """Score nobody by a channel's scheme any more."""
    try:
        actions.withdraw_scheme(by=request.user, channel=request.POST.get("name", ""))
        messages.success(request, _("The channel’s scheme is withdrawn; its versions stay on record."))
    except (Conflict, NotFound) as wrong:
        messages.error(request, sentence(wrong))
    return HttpResponseRedirect(reverse("insight:scheme"))
