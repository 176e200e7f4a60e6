"""The texts consent is asked with: the company's own versions, and the product's until there is one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count

from dangol.base.errors import NotFound
from dangol.customers.consent.models import Consent, Wording
from dangol.customers.consent.rules import PURPOSES
from dangol.staff.reads import Member, require
from dangol.staff.rules import LANGUAGES, Right

STANDARD = Path(__file__).resolve().parents[1] / "wordings"


@dataclass(frozen=True)
class WordingView:
    """A text of consent. id 0: it comes with the product. used: how many words were given by this version."""

    id: int
    purpose: str
    version: str
    language: str
    title: str
    text: str
    published_at: datetime | None
    by: str
    used: int = 0


@cache
def _standard() -> Mapping[tuple[str, str], tuple[str, str, str, datetime]]:
    found: dict[tuple[str, str], tuple[str, str, str, datetime]] = {}
    for path in sorted(STANDARD.glob("*.toml")):
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        since = datetime.combine(data["in_force_from"], time(), UTC)
        for purpose in PURPOSES:
            for language, said in data[purpose].items():
                found[purpose, language] = (data["version"], said["title"], said["text"], since)
    return found


def _builtin(purpose: str, language: str) -> WordingView:
    version, title, text, since = _standard()[purpose, language]
    filled = text.replace("{company}", settings.DANGOL.company).replace("{contact}", settings.DANGOL.sender_contact)
    return WordingView(0, purpose, version, language, title, filled, since, "")


def _view(row: Wording, used: int = 0) -> WordingView:
    return WordingView(
        row.pk, row.purpose, row.version, row.language, row.title, row.text, row.published_at,
        row.by.name if row.by else "", used,
    )  # fmt: skip


def in_force(purpose: str, language: str) -> WordingView:
    """The text customers are asked with now: the version published last, in their language where it has one."""
    published = Wording.objects.select_related("by").filter(purpose=purpose, published_at__isnull=False)
    last = published.order_by("-published_at", "-pk").first()
    if last is None:
        return _builtin(purpose, language)
    own = published.filter(version=last.version, language=language).first()
    return _view(own or last)


def wordings(by: Member) -> list[WordingView]:
    """Every text: drafts, then the newest published, then those of the product."""
    require(by, Right.PRIVACY_HANDLE)
    rows = list(Wording.objects.select_related("by").order_by("purpose", "-published_at", "-pk"))
    used = _used({row.version for row in rows} | {view[0] for view in _standard().values()})
    drafts = [_view(row) for row in rows if row.published_at is None]
    own = [_view(row, used.get((row.purpose, row.version), 0)) for row in rows if row.published_at is not None]
    shipped = [
        replace(view, used=used.get((view.purpose, view.version), 0))
        for view in (_builtin(purpose, language) for purpose in PURPOSES for language in LANGUAGES)
    ]
    return [*drafts, *own, *shipped]


def _used(versions: set[str]) -> dict[tuple[str, str], int]:
    rows = Consent.objects.filter(text_version__in=versions, merges="").values("purpose", "text_version")
    return {(row["purpose"], row["text_version"]): row["n"] for row in rows.annotate(n=Count("pk")).order_by()}


def wording(by: Member, wording_id: int) -> WordingView:
    """One text of the company's own. Raises NotFound."""
    require(by, Right.PRIVACY_HANDLE)
    row = Wording.objects.select_related("by").filter(pk=wording_id).first()
    if row is None:
        raise NotFound("There is no such text.")
    return _view(row)


def version_text(purpose: str, version: str, language: str) -> WordingView | None:
    """The very text a word was given by, for its proof; None where the version was never kept here."""
    row = Wording.objects.select_related("by").filter(purpose=purpose, version=version)
    found = row.filter(language=language).first() or row.first()
    if found is not None:
        return _view(found)
    shipped = _builtin(purpose, language)
    return shipped if shipped.version == version else None
