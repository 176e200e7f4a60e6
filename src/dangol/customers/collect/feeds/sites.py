"""Web sites that send events: their write keys, which are no secret, and the origins that may use them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from dangol.base.errors import BadInput, NotFound
from dangol.base.identifiers import token
from dangol.customers.collect.feeds.models import Site, WebEvent
from dangol.customers.collect.feeds.rules import ORIGIN, PROPERTIES, SYSTEM_CODE
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

KEY_PREFIX = "site_"
RESERVED = "new"  # the address of the page that makes one
ORIGINS_MOST, PROPERTIES_MOST = 50, 60


@dataclass(frozen=True)
class SiteView:
    """A site as doors show it, with the events that wait and when the last one came."""

    code: str
    name: str
    system: str
    write_key: str
    origins: list[str]
    properties: list[str]
    enabled: bool
    generated: bool
    waiting: int
    last_at: datetime | None


def keep_site(
    *,
    by: Member,
    code: str,
    name: str = "",
    system: str = "",
    origins: list[str],
    properties: list[str] | None = None,
    enabled: bool = True,
) -> SiteView:
    """Describe a site whose events are taken in, or change it; a new one gets its write key.

    origins: like https://shop.example; pages of others are refused. system: the space its user ids live in, as for
    sources. properties: names that are kept of an event's properties. Raises BadInput or NotAllowed.
    """
    require(by, Right.SOURCES_LOAD)
    if not code or len(code) > 60 or slugify(code) != code.lower():
        raise BadInput("A site's code is made of letters, digits, - and _, like shop.", field="code")
    if code.lower() == RESERVED:
        raise BadInput("This code is taken by a page. Choose another.", field="code")
    origins = [one.strip().rstrip("/").lower() for one in origins if one.strip()]
    for one in origins:
        if not ORIGIN.fullmatch(one):
            raise BadInput("“{origin}” is no origin. Write it like https://shop.example.", field="origins", origin=one)
    if not origins or len(origins) > ORIGINS_MOST:
        raise BadInput("Name 1 to {most} origins whose pages send events.", field="origins", most=ORIGINS_MOST)
    kept = list(PROPERTIES) if properties is None else [one.strip() for one in properties if one.strip()]
    if len(kept) > PROPERTIES_MOST or any(len(one) > 60 for one in kept):
        raise BadInput("Name at most {most} properties.", field="properties", most=PROPERTIES_MOST)
    if system and not SYSTEM_CODE.fullmatch(system):
        raise BadInput("The word for its customer numbers is made of letters, digits, -, _ and dots.", field="system")
    with transaction.atomic():
        site, made = Site.objects.get_or_create(code=code, defaults={"write_key": KEY_PREFIX + token()})
        site.name, site.system, site.origins, site.properties = name.strip() or code, system or code, origins, kept
        site.enabled = enabled
        site.save()
        if made:
            note_access(by=by, verb="rights", what="site", detail={"site": code})
    return view(site)


def renew_key(*, by: Member, code: str) -> SiteView:
    """Give a site a new write key; pages with the old one are refused from now on."""
    require(by, Right.SOURCES_LOAD)
    found = _site(code)
    found.write_key = KEY_PREFIX + token()
    found.save(update_fields=["write_key"])
    note_access(by=by, verb="rights", what="site", detail={"site": code, "key": "renewed"})
    return view(found)


def _site(code: str) -> Site:
    found = Site.objects.filter(code=code).first()
    if found is None:
        raise NotFound("There is no site {code}.", code=code)
    return found


def view(site: Site) -> SiteView:
    """A site as doors show it."""
    events: Any = WebEvent.objects.filter(site=site)
    last = events.order_by("-pk").values_list("received_at", flat=True).first()
    return SiteView(
        site.code, site.name, site.system, site.write_key, site.origins, site.properties, site.enabled, site.generated,
        events.filter(gathered=False).count(), last,
    )  # fmt: skip


def sites(by: Member) -> list[SiteView]:
    """All sites by name."""
    require(by, Right.SOURCES_VIEW)
    return [view(site) for site in Site.objects.order_by("name", "pk")]


def site(by: Member, code: str) -> SiteView:
    """One site. Raises NotFound."""
    require(by, Right.SOURCES_VIEW)
    return view(_site(code))


def origin_known(origin: str) -> bool:
    """Whether any site takes events from pages of an origin: all a browser may ask before it sends."""
    asked = origin.lower()
    return any(asked in origins for origins in Site.objects.filter(enabled=True).values_list("origins", flat=True))
