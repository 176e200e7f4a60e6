"""What every page shows around its content, and the decorator that guards a page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import get_language
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from django_htmx.middleware import HtmxDetails

from dangol.base.errors import Damaged, NotFound
from dangol.customers.collect import reads as collect
from dangol.insight.warehouse import reads as warehouse
from dangol.staff import reads as staff
from dangol.staff.rules import ROLE_NAMES, Right, Role
from dangol.web import navigation

VIEW_THEMES = ("auto", "light", "dark")


class Request(HttpRequest):
    """A request to a guarded page: `user` is the signed-in member."""

    user: Any
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def page(right: Right | None = None, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Guard a view: signed in, with the right, by these methods only.

    Somebody signed out is sent to the sign-in page and back afterwards. Raises NotAllowed without the right (the
    middleware answers 403). Without a right, any signed-in member may come in. Every page is no-store.
    """
    allowed = (*methods, "HEAD", "OPTIONS") if "GET" in methods else methods

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return HttpResponseNotAllowed(methods)
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if right is not None:
                staff.require(request.user, right)
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]  # tests list every page with the right it asks for
        return guarded

    return guard


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The way to the sign-in page, remembering where somebody wanted to go."""
    here = request.get_full_path() if request.method == "GET" and not getattr(request, "htmx", False) else "/"
    target = settings.LOGIN_URL + ("?" + urlencode({"next": here}) if here != "/" else "")
    return HttpResponseClientRedirect(target) if getattr(request, "htmx", False) else HttpResponseRedirect(target)


@dataclass(frozen=True)
class Place:
    """An entry of the navigation as one member sees it."""

    label: str
    url: str
    icon: str = ""
    current: str = ""  # value of aria-current: "page", "true" (an area with the page inside) or nothing
    pages: list["Place"] = field(default_factory=list)
    count: int = 0  # what waits there


def nav(member: Any, path: str) -> list[Place]:
    """The areas a member may see, in the order of the loop; areas that have no page yet are left out."""
    return [
        Place(
            str(area.label), area.path, area.icon, _current_area(area, path), _pages(area, member, path)
        )
        for area in navigation.AREAS
        if _answers(area.path) and (not area.rights or any(staff.may(member, right) for right in area.rights))
    ]  # fmt: skip


def open_to(member: Any, path: str) -> bool:
    """Whether the area an address lies in is open to a member; who has not signed in sees only what is open to all."""
    area = next((area for area in navigation.AREAS if area.path != "/" and path.startswith(area.path)), None)
    if member is None or area is None or not area.rights:
        return True
    return any(staff.may(member, right) for right in area.rights)


def _pages(area: navigation.Area, member: Any, path: str) -> list[Place]:
    """The pages of the area the member is in; other areas stay folded. The nearest above the open page is current."""
    if not _current_area(area, path):
        return []
    found = [
        (page, url) for page in area.pages
        if (page.right is None or staff.may(member, page.right)) and (url := address(page.name))
    ]  # fmt: skip
    nearest = max((url for _, url in found if path.startswith(url)), key=len, default="")
    return [
        Place(str(page.label), url, "", _current(url, path) if url == nearest else "",
              count=page.count(member) if page.count else 0)
        for page, url in found
    ]  # fmt: skip


def _current_area(area: navigation.Area, path: str) -> str:
    """Whether a path lies in an area: below its own address or below that of one of its pages."""
    found = _current(area.path, path)
    below = (address(page.name) for page in area.pages)
    return found or ("true" if any(url and url != "/" and path.startswith(url) for url in below) else "")


def _current(area: str, path: str) -> str:
    if path == area:
        return "page"
    return "true" if area != "/" and path.startswith(area) else ""


def _answers(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def address(name: str, *args: Any) -> str:
    """The address of a named page, or nothing where that page is not built."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Freshness:
    """How old the figures on the pages are.

    as_of: last day inside the figures. stale: newer data is waiting for a refresh. damaged: the newest snapshot failed
    its check and the one before it is served.
    """

    as_of: date | None = None
    stale: bool = False
    damaged: bool = False


def freshness() -> Freshness:
    """How old the figures are: a glance at the snapshot's manifest and the list of live batches."""
    try:
        snapshot, newest = warehouse.current()
    except NotFound:
        return Freshness(stale=collect.anything_loaded())
    except Damaged:
        return Freshness(damaged=True)
    as_of = snapshot.facts.get("as_of")
    return Freshness(
        as_of=date.fromisoformat(as_of) if as_of else None,
        stale=snapshot.facts.get("sources") != collect.live_fingerprint(),
        damaged=not newest,
    )


def announce(response: HttpResponse, text: str, level: str = "ok") -> HttpResponse:
    """Say something in the live region after an htmx swap. level: ok, info, warn, bad."""
    return trigger_client_event(response, "announce", {"text": str(text), "level": level})


def language_of(request: HttpRequest) -> str:
    """The language the page is written in: ko or en."""
    return (get_language() or settings.LANGUAGE_CODE)[:2]


def theme_of(request: HttpRequest) -> str:
    """The member's theme; somebody signed out may have one in a cookie."""
    chosen = getattr(getattr(request, "user", None), "theme", "") or request.COOKIES.get("theme", "")
    return chosen if chosen in VIEW_THEMES else "auto"


def context(request: HttpRequest) -> dict[str, Any]:
    """Variables of the page frame."""
    member: Any = getattr(request, "user", None)
    signed_in = member is not None and member.is_authenticated
    return {
        "member": member if signed_in else None,
        "role_name": ROLE_NAMES.get(Role(member.role), "") if signed_in and member else "",
        "nav": nav(member, request.path) if signed_in else [],
        "demo": settings.DANGOL.demo,
        "company": settings.DANGOL.company,
        "language": language_of(request),
        "languages": [("ko", "한국어"), ("en", "English")],
        "theme": theme_of(request),
        "freshness": freshness() if signed_in else Freshness(),
        "may_cycle": signed_in and staff.may(member, Right.SOURCES_LOAD),
        "find_url": address("customers:list") if signed_in and staff.may(member, Right.CUSTOMERS_VIEW) else "",
    }
