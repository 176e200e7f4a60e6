"""How long what is kept, what is due, and what was destroyed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings

from dangol.channels import reads as channels
from dangol.customers.collect import reads as collect
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.privacy import rules
from dangol.privacy.models import Destruction, Handover, Request
from dangol.privacy.reads.requests import policies, today
from dangol.privacy.rules import Keep
from dangol.staff import reads as staff
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens

# What is due of each sort: a count of what lies before a moment.
DUE: Mapping[str, Callable[[datetime], int]] = {
    "access_log": lambda before: staff.old_lines(before, rights=False).count(),
    "rights_log": lambda before: staff.old_lines(before, rights=True).count(),
    "messages": channels.named,
    "words": consent.old_words,
    "requests": lambda before: Request.objects.filter(closed_at__lt=before).count(),
    "handovers": lambda before: Handover.objects.filter(at__lt=before).count(),
    "quarantine": lambda before: len(collect.old_rows(before)),
    "versions": collect.old_versions,
    "uploads": collect.old_uploads,
    "answers": tokens.old_answers,
}


@dataclass(frozen=True)
class Line:
    """One sort of data: how long it is kept and why, the day before which it goes, and how much that is now."""

    keep: Keep
    kept_from: date
    due: int | None
    ahead: int | None  # how much more will be due within the next 30 days


def moment(day: date) -> datetime:
    """The beginning of a company's day, as a moment."""
    return datetime.combine(day, time(), settings.DANGOL.zone).astimezone(UTC)


def schedule() -> list[Line]:
    """The whole schedule with what is due today. Nothing is destroyed by looking."""
    people, now = identify.people(), today()
    later = date.fromordinal(now.toordinal() + 30)
    return [_line(keep, now, later, people) for keep in rules.keeps(policies(), now)]


def _line(keep: Keep, now: date, later: date, people: int) -> Line:
    kept_from = keep.kept_from(now, people)
    if keep.apart:
        return Line(keep, kept_from, None, None)
    due = DUE[keep.what](moment(kept_from))
    return Line(keep, kept_from, due, DUE[keep.what](moment(keep.kept_from(later, people))) - due)


def retention(by: Member) -> list[Line]:
    """The schedule, for those who handle privacy."""
    require(by, Right.PRIVACY_HANDLE)
    return schedule()


def destructions(by: Member, limit: int = 20) -> list[dict[str, Any]]:
    """The last runs that destroyed something."""
    require(by, Right.PRIVACY_HANDLE)
    rows = Destruction.objects.select_related("by").order_by("-pk")[:limit]
    return [{"at": row.at, "counts": row.counts, "by": row.by.name if row.by else ""} for row in rows]
