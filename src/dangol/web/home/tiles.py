"""Who sees what at home: providers of figures and next steps, a list for each right.

A provider takes the member and returns a Section, or nothing where there is nothing to say. A figure that cannot be had
leaves its section out: home never breaks and never invents a number.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import DangolError
from dangol.campaigns.plan import reads as plan
from dangol.customers.collect import reads as collect
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.customers.quality import reads as quality
from dangol.insight.score import reads as score
from dangol.privacy import reads as requests
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.analysis import dashboard
from dangol.web.home import own
from dangol.web.home.parts import Section, Step, Text, Tile, text_of
from dangol.web.shell import address
from dangol.web.templatetags.dangol import percent
from dangol.work.schedules import reads as clock

log = logging.getLogger(__name__)


Provider = Callable[[Any], Section | None]


def weeks(member: Any) -> Section | None:
    """The last weeks of what the member sees: lines, what moved, goals."""
    found = dashboard.shown(member)
    return (
        Section(_("The last 7 days, against the 7 before"), board=found, definition=dashboard.MEANT) if found else None
    )


def customers(member: Any) -> Section | None:
    """How many customers the member has."""
    found, exact = identify.count(member, CustomerQuery())
    label = _("All customers") if staff.scope_of(member).everyone else _("Customers in your care")
    nothing = _("Nothing has been loaded yet.") if staff.scope_of(member).everyone and not found else ""
    return Section(
        _("Customers"), [Tile(label, found, hint=nothing if exact else _("or more"), url=address("customers:list"))]
    )


def segments(member: Any) -> Section | None:
    """The RFM segments with the most sales among the customers the member sees."""
    names = score.strategies()
    best = sorted(dashboard.segments(member), key=lambda one: one.sales, reverse=True)[:4]
    figures = staff.may(member, Right.INSIGHT_VIEW)
    tiles = [
        Tile(names[one.code].name, one.customers, "short", _share(one.share),
             address("insight:segment", one.code) if figures else _listed(one.code))
        for one in best if one.code in names
    ]  # fmt: skip
    return Section(_("RFM segments with the most sales"), tiles) if tiles else None


def _listed(segment: str) -> str:
    url = address("customers:list")
    return f"{url}?{urlencode({'segment': segment})}" if url else ""


def _share(share: float | None) -> str:
    return "" if share is None else str(_("{share} of sales")).format(share=percent(share, 1))


def campaigns(member: Any) -> Section | None:
    """Campaigns by what they wait for; first of all those that wait for this member."""
    found = plan.campaigns(member)
    if not found:
        return None
    url = address("campaigns:list")
    waiting = [one for one in found if one.state == "submitted"]
    steps = []
    if staff.may(member, Right.CAMPAIGNS_APPROVE):
        steps = [
            Step(one.name, address("campaigns:plan", one.id), "check") for one in waiting if one.by_id != member.pk
        ]
    drafts = sum(one.state == "draft" for one in found)
    return Section(
        _("Campaigns"),
        [Tile(_("Waiting for approval"), len(waiting), url=url), Tile(_("In draft"), drafts, url=url),
         Tile(_("Planned here"), len(found), url=url)],
        steps[:5],
    )  # fmt: skip


def sources(member: Any) -> Section | None:
    """The last load, and rows in quarantine."""
    last = next(iter(collect.loads(member, limit=1)), None)
    if last is None:
        return None
    held = collect.quarantine(member, limit=1).total
    url, steps = address("sources:quarantine"), []
    if held and staff.may(member, Right.SOURCES_LOAD):
        steps = [Step(_("Rows in quarantine can be mended and tried again"), url, "edit")]
    when = last.finished_at or last.created_at
    return Section(
        _("Sources"),
        [Tile(_("Last load"), when, "moment", last.source_name, address("sources:load", last.id)),
         Tile(_("Rows in quarantine"), held, url=url)],
        steps,
    )  # fmt: skip


def privacy(member: Any) -> Section | None:
    """What the law wants done by a day: results to be told, requests to be answered. Late ones are to be none."""
    now, zone = timezone.now(), settings.DANGOL.zone
    board, late = requests.board(member), consent.overdue_notices(now, zone)
    steps = []
    if board.over:
        steps.append(Step(_("Privacy requests are past their deadline"), address("privacy:requests") + "?clock=over"))
    if late:
        steps.append(
            Step(_("Customers were not told in time what became of their consent"), address("privacy:notices"))
        )
    if not (board.waiting or steps):
        return None
    return Section(
        _("Privacy"),
        [Tile(_("Requests in work"), board.waiting, url=address("privacy:requests")),
         Tile(_("Requests past their deadline"), board.over, url=address("privacy:requests") + "?clock=over"),
         Tile(_("Notices past their day"), late, url=address("privacy:notices"))],
        steps,
    )  # fmt: skip


def schedules(member: Any) -> Section | None:
    """Schedules that are late or whose last run failed."""
    found = [one for one in clock.schedules(member) if one.alarmed and one.may_change]
    if not found:
        return None
    steps = [
        Step(text_of(_("Late: {name}") if one.late else _("Failed: {name}"), name=_(one.name)),
             address("feeds:schedule", one.id), "clock")
        for one in found[:5]
    ]  # fmt: skip
    return Section(_("Schedules"), [Tile(_("Late or failed"), len(found), url=address("feeds:schedules"))], steps)


def asking(member: Any) -> Section | None:
    """Customers the member is to ask for what is missing."""
    waiting = quality.open_tasks(member)
    if not waiting:
        return None
    url = address("quality:tasks")
    steps = [Step(_("Customers wait to be asked for what is missing"), url, "check")]
    return Section(_("Tasks"), [Tile(_("Customers to ask"), waiting, url=url)], steps)


# right -> what members with it see at home, in this order
PROVIDERS: tuple[tuple[Right, Provider], ...] = (
    (Right.CUSTOMERS_VIEW, weeks),
    (Right.PRIVACY_HANDLE, privacy),
    (Right.CAMPAIGNS_VIEW, campaigns),
    (Right.CUSTOMERS_EDIT, asking),
    (Right.CUSTOMERS_VIEW, own.fallen),
    (Right.CUSTOMERS_VIEW, own.days),
    (Right.CUSTOMERS_VIEW, customers),
    (Right.CUSTOMERS_VIEW, segments),
    (Right.SOURCES_VIEW, sources),
    (Right.SOURCES_LOAD, schedules),
)

# what each right lets one start: shown as first steps
STARTS: tuple[tuple[Right, Text, str, str], ...] = (
    (Right.SOURCES_LOAD, _("Load a file"), "sources:new", "upload"),
    (Right.CAMPAIGNS_VIEW, _("See what campaigns achieved"), "campaigns:knowledge", "star"),
    (Right.CAMPAIGNS_PLAN, _("Plan a campaign"), "campaigns:draft", "megaphone"),
    (Right.CUSTOMERS_VIEW, _("Find a customer"), "customers:list", "search"),
    (Right.INSIGHT_VIEW, _("See how segments moved"), "insight:migration", "chart"),
    (Right.STAFF_MANAGE, _("Manage members"), "admin:members", "gear"),
)

# the same before anything was loaded, in this order
FIRST: tuple[tuple[Right, Text, str, str], ...] = (
    (Right.SOURCES_LOAD, _("Load customers and sales from a file"), "sources:new", "upload"),
    (Right.SOURCES_LOAD, _("Or fetch them from a database"), "feeds:connections", "refresh"),
    (Right.SOURCES_LOAD, _("Let the nightly cycle work out the figures"), "feeds:schedules", "clock"),
    (Right.STAFF_MANAGE, _("Set up units and members"), "admin:members", "gear"),
)


def board(member: Any, providers: Iterable[tuple[Right, Provider]] | None = None) -> dict[str, Any]:
    """Everything the home page shows to this member."""
    wanted = PROVIDERS if providers is None else providers
    found = {provider: _ask(provider, member) for right, provider in wanted if staff.may(member, right)}
    sections = [section for section in found.values() if section is not None]
    empty = sources in found and found[sources] is None  # nothing was ever loaded
    return {
        "sections": sections,
        "urgent": [step for section in sections for step in section.steps],
        "starts": _first_steps(member) if empty else _starts(member),
        "empty": empty,
    }


def _starts(member: Any) -> list[Step]:
    return [Step(text, address(name), icon) for right, text, name, icon in STARTS
            if staff.may(member, right) and address(name)]  # fmt: skip


def _first_steps(member: Any) -> list[Step]:
    """What to do before there are any data, in the order it has to be done; nothing that would lead to empty pages."""
    return [Step(text, address(name), icon) for right, text, name, icon in FIRST
            if staff.may(member, right) and address(name)]  # fmt: skip


def _ask(provider: Provider, member: Any) -> Section | None:
    try:
        return provider(member)
    except DangolError:
        return None
    except Exception:
        log.exception("A part of the home page failed: %s", getattr(provider, "__name__", provider))
        return None
