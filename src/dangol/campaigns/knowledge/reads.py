"""Find lessons again: by words, and by likeness to the campaign being planned."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from dangol.base.errors import NotFound
from dangol.campaigns.knowledge import rules
from dangol.campaigns.knowledge.models import Lesson
from dangol.campaigns.knowledge.rules import Trait
from dangol.staff.reads import require
from dangol.staff.rules import Right


@dataclass(frozen=True)
class LessonView:
    """A lesson as pages show it; why: keys of rules.WHY when it was found by likeness."""

    id: int
    campaign_key: str
    name: str
    basis: str
    aim: str
    kind: str
    channel: str
    segments: tuple[str, ...]
    offer: str
    starts_on: date | None
    ends_on: date | None
    days: int | None
    contacted: int
    responded: int
    rate: float | None
    low: float | None
    high: float | None
    measured: dict[str, Any]
    reasons: str
    improvements: str
    by: str
    at: datetime
    likeness: float = 0.0
    why: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name; where a source names its campaigns by their key alone, "Campaign 18"."""
        return gettext("Campaign {key}").format(key=self.name) if self.name == self.campaign_key else self.name

    @property
    def observational(self) -> bool:
        return self.basis == rules.OBSERVATIONAL


def _view(row: Lesson, likeness: float = 0.0, why: tuple[str, ...] = ()) -> LessonView:
    return LessonView(
        id=row.pk, campaign_key=row.campaign_key, name=row.name, basis=row.basis, aim=row.aim, kind=row.kind,
        channel=row.channel, segments=tuple(row.segments), offer=row.offer, starts_on=row.starts_on,
        ends_on=row.ends_on, days=rules.days(row.starts_on, row.ends_on), contacted=row.contacted,
        responded=row.responded, rate=row.rate, low=row.low, high=row.high, measured=row.measured,
        reasons=row.reasons, improvements=row.improvements, by=row.by.name if row.by else "", at=row.at,
        likeness=likeness, why=why,
    )  # fmt: skip


def _all() -> QuerySet[Lesson]:
    return Lesson.objects.select_related("by").order_by("-starts_on", "name")


def search(by: Any, *, text: str = "", basis: str = "", aim: str = "") -> list[LessonView]:
    """Lessons that hold every word of the text, newest first."""
    require(by, Right.CAMPAIGNS_VIEW)
    found = _all()
    if basis:
        found = found.filter(basis=basis)
    if aim:
        found = found.filter(aim=aim)
    for word in text.split()[:8]:
        found = found.filter(
            Q(name__icontains=word) | Q(kind__icontains=word) | Q(offer__icontains=word) | Q(reasons__icontains=word)
            | Q(improvements__icontains=word) | Q(campaign_key__iexact=word)
        )  # fmt: skip
    return [_view(row) for row in found[:200]]


def lesson(by: Any, campaign_key: str) -> LessonView:
    """The lesson of one campaign. Raises NotFound."""
    require(by, Right.CAMPAIGNS_VIEW)
    row = Lesson.objects.select_related("by").filter(campaign_key=campaign_key).first()
    if row is None:
        raise NotFound("There is no lesson of this campaign yet.")
    return _view(row)


def past(by: Any) -> list[LessonView]:
    """The observational lessons: past campaigns of the sources."""
    return search(by, basis=rules.OBSERVATIONAL)


def similar(
    by: Any, *, aim: str, segments: Collection[str], channel: str, kind: str = "", limit: int = 5
) -> list[LessonView]:
    """The lessons most like a campaign being planned, with why; those that share nothing are not shown.

    Where nothing is alike at all, the newest observational lessons stand in, so that a first plan has something.
    """
    require(by, Right.CAMPAIGNS_VIEW)
    asked = Trait(aim, kind, channel, frozenset(segments))
    found: list[LessonView] = []
    for row in _all():
        other = Trait(row.aim, row.kind, row.channel, frozenset(row.segments))
        points, why = rules.likeness(asked, other, measured=row.basis == rules.EXPERIMENT)
        if points:
            found.append(_view(row, points, why))
    if not found:
        return [_view(row) for row in _all().filter(basis=rules.OBSERVATIONAL, contacted__gt=0)[:limit]]
    return sorted(found, key=lambda one: -one.likeness)[:limit]


def usual_rate(by: Any) -> rules.Rate | None:
    """The response rate over all observational lessons together, or None where none was counted."""
    rows = Lesson.objects.filter(basis=rules.OBSERVATIONAL, contacted__gt=0).values_list("contacted", "responded")
    contacted, responded = sum(row[0] for row in rows), sum(row[1] for row in rows)
    return rules.wilson(responded, contacted) if contacted else None
