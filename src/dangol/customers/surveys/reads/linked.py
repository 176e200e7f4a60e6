"""Surveys as campaigns know them: which take answers, and what was answered through a campaign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from dangol.base.errors import NotFound
from dangol.base.period import company_day
from dangol.customers.surveys import rules
from dangol.customers.surveys.models import Response, Survey
from dangol.customers.surveys.reads.surveys import DONE, why_closed


@dataclass(frozen=True)
class Linked:
    """A survey that takes answers today, for messages that lead to it."""

    code: str
    name: str
    token: str
    titles: Mapping[str, str]


def linkable(now: datetime | None = None) -> dict[str, Linked]:
    """The surveys that take answers today, by code: for campaigns, which need no right to edit surveys."""
    today = company_day(now or datetime.now(UTC), settings.DANGOL.zone)
    found = {}
    for row in Survey.objects.filter(state="open").order_by("name", "pk"):
        last = row.versions.order_by("-number").first()
        if last is not None and not why_closed(row, last.content, today):
            titles = {language: rules.said(last.content["title"], language) for language in rules.LANGUAGES}
            found[row.code] = Linked(row.code, row.name, row.token, titles)
    return found


def token_of(code: str) -> str:
    """The public token of a survey. Raises NotFound."""
    token: str | None = Survey.objects.filter(code=code).values_list("token", flat=True).first()
    if not token:
        raise NotFound("There is no such survey.")
    return token


def for_campaigns(*, limit: int) -> list[tuple[int, str, int, str, datetime]]:
    """Answers given through campaigns that these do not know of yet: (id, campaign, customer, survey, when)."""
    rows = Response.objects.filter(state=DONE, told=False, customer_id__isnull=False).exclude(campaign_key="")
    found: Any = rows.order_by("pk").values_list("pk", "campaign_key", "customer_id", "survey__code", "at")
    return list(found[:limit])


def of_campaign(campaign_key: str) -> int:
    """How many people answered a survey through a campaign."""
    return Response.objects.filter(campaign_key=campaign_key, state=DONE).count()
