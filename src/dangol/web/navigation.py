"""The navigation: the loop as areas, each with its pages. Owners of an area add their pages here, a line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dangol.customers.collect import reads as collect
from dangol.staff.rules import Right

R = Right


@dataclass(frozen=True)
class Page:
    """A page below an area: the name of its address, its label, and the right it asks for."""

    name: str
    label: str | Promise
    right: Right | None = None
    count: Callable[[Any], int] | None = None  # from the member: what waits there, shown beside the label


@dataclass(frozen=True)
class Area:
    """One stage of the loop. Shown to members with any of `rights` (all members where there is none)."""

    key: str
    label: str | Promise
    icon: str
    path: str
    rights: tuple[Right, ...] = ()
    pages: tuple[Page, ...] = ()


AREAS: tuple[Area, ...] = (
    Area("home", pgettext_lazy("navigation", "Home"), "home", "/"),
    Area(
        "customers",
        _("Customers"),
        "people",
        "/customers/",
        (R.CUSTOMERS_VIEW,),
        (
            Page("customers:list", _("All customers"), R.CUSTOMERS_VIEW),
            Page("segments:list", _("Segments"), R.INSIGHT_VIEW),
            Page("customers:pairs", _("Possible duplicates"), R.CUSTOMERS_MERGE),
            Page("customers:rules", _("Golden values"), R.QUALITY_EDIT),
            Page("quality:board", _("Data quality"), R.CUSTOMERS_VIEW),
            Page("quality:programmes", _("Programmes"), R.CUSTOMERS_VIEW),
            Page("surveys:list", _("Surveys"), R.SURVEYS_EDIT),
            Page("privacy:overview", _("Consent"), R.PRIVACY_HANDLE),
            Page("privacy:requests", _("Privacy requests"), R.PRIVACY_HANDLE),
            Page("privacy:retention", _("Retention"), R.PRIVACY_HANDLE),
        ),
    ),
    Area(
        "insight",
        _("Insight"),
        "chart",
        "/insight/",
        (R.INSIGHT_VIEW,),
        (
            Page("explorer:explorer", _("Explorer"), R.INSIGHT_VIEW),
            Page("analysis:index", _("Reports"), R.INSIGHT_VIEW),
            Page("insight:segments", _("RFM segments"), R.INSIGHT_VIEW),
            Page("insight:lifetime", _("Lifetime value"), R.INSIGHT_VIEW),
            Page("groups:list", _("Customer groups"), R.INSIGHT_VIEW),
            Page("groups:index_list", _("Customer index"), R.INSIGHT_VIEW),
            Page("insight:measures", _("Measures"), R.INSIGHT_VIEW),
        ),
    ),
    Area(
        "campaigns",
        _("Campaigns"),
        "megaphone",
        "/campaigns/",
        (R.CAMPAIGNS_VIEW,),
        (
            Page("campaigns:list", _("All campaigns"), R.CAMPAIGNS_VIEW),
            Page("campaigns:knowledge", _("Knowledge base"), R.CAMPAIGNS_VIEW),
        ),
    ),
    Area(
        "sources",
        _("Sources"),
        "database",
        "/sources/",
        (R.SOURCES_VIEW,),
        (
            Page("sources:list", _("All sources"), R.SOURCES_VIEW),
            Page("sources:quarantine", _("Quarantine"), R.SOURCES_VIEW, collect.waiting),
            Page("feeds:connections", _("Connections"), R.STAFF_MANAGE),
            Page("feeds:sites", _("Web sites"), R.SOURCES_VIEW),
        ),
    ),
    Area(
        "admin",
        _("Admin"),
        "gear",
        "/admin/",
        (R.STAFF_MANAGE, R.LOG_VIEW, R.TOKENS_MANAGE),
        (
            Page("admin:members", _("Members"), R.STAFF_MANAGE),
            Page("admin:units", _("Organisation"), R.STAFF_MANAGE),
            Page("admin:rights", _("Rights"), R.STAFF_MANAGE),
            Page("admin:log", _("Access log"), R.LOG_VIEW),
            Page("admin:tokens", _("API tokens"), R.TOKENS_MANAGE),
            Page("admin:jobs", _("Jobs"), R.STAFF_MANAGE),
            Page("feeds:schedules", _("Schedules"), R.STAFF_MANAGE),
            Page("admin:settings", _("Settings"), R.STAFF_MANAGE),
        ),
    ),
)
