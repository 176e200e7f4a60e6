"""Destroy what is older than its time, by the dated schedule; every run is written down."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dangol.channels import actions as channels
from dangol.customers.collect import actions as collect
from dangol.customers.collect import reads as collected
from dangol.customers.consent import actions as consent
from dangol.privacy.models import Destruction, Handover, Request
from dangol.privacy.reads.retention import moment, schedule
from dangol.staff import actions as staff
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.staff.tokens import actions as tokens
from dangol.work.actions import Running, enqueue

Destroy = Callable[[datetime], int]
DESTROY: Mapping[str, Destroy] = {
    "access_log": lambda before: staff.prune_log(by=system(), before=before),
    "rights_log": lambda before: staff.prune_log(by=system(), before=before, rights=True),
    "messages": lambda before: channels.forget_before(before=before),
    "words": lambda before: consent.forget_old_words(before=before),
    "requests": lambda before: _rows(Request.objects.filter(closed_at__lt=before)),
    "handovers": lambda before: _rows(Handover.objects.filter(at__lt=before)),
    "quarantine": lambda before: collect.empty_rows(collected.old_rows(before)),
    "versions": collect.forget_versions,
    "uploads": collect.remove_old_uploads,
    "answers": lambda before: tokens.forget_answers(before=before),
}


def _rows(found: Any) -> int:
    with transaction.atomic():
        n: int = found.count()
        found.delete()
    return n


def start(*, by: Member) -> int:
    """Queue the job that destroys what is due; while one waits, its id is given back."""
    require(by, Right.PRIVACY_HANDLE)
    return enqueue(kind="privacy.retain", arguments={}, by=by, unique_key="privacy.retain")


def run_retain(running: Running) -> dict[str, Any]:
    """The job `privacy.retain`: destroy everything that is due. Returns how many of each sort; harmless when repeated.

    Source: Personal Information Protection Act art. 21(1) (destroyed without delay when no longer needed).
    """
    counts: dict[str, Any] = {}
    lines = [line for line in schedule() if not line.keep.apart]
    for number, line in enumerate(lines):
        running.progress(number, len(lines), "")
        if line.due:
            counts[line.keep.what] = DESTROY[line.keep.what](moment(line.kept_from))
    if any(counts.values()):
        with transaction.atomic():
            Destruction.objects.create(counts=counts, by=running.by)
            note_access(
                by=running.by or system(), verb="erase", what="personal data", count=max(1, sum(counts.values())),
                detail=counts,
            )  # fmt: skip
    return counts
