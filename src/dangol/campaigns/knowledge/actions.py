"""Keep what campaigns taught."""

from datetime import date
from typing import Any

from django.db import transaction

from dangol import engine
from dangol.campaigns.knowledge import rules, tables
from dangol.campaigns.knowledge.models import Lesson
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Running

OWN_SOURCE = "dangol"


def keep(
    *,
    by: Any,
    campaign_key: str,
    name: str,
    basis: str,
    aim: str,
    channel: str,
    segments: list[str],
    offer: str,
    starts_on: date | None,
    ends_on: date | None,
    contacted: int,
    responded: int,
    measured: dict[str, Any],
    kind: str = "",
    reasons: str = "",
    improvements: str = "",
) -> int:
    """Write or renew the lesson of a campaign; words already written stay unless new ones are given."""
    require(by, Right.CAMPAIGNS_PLAN)
    # Of an experiment the effect counts, not how many bought: most would have bought anyway.
    rate = rules.wilson(responded, contacted) if contacted and basis == rules.OBSERVATIONAL else None
    with transaction.atomic():
        lesson = Lesson.objects.filter(campaign_key=campaign_key).first() or Lesson(campaign_key=campaign_key)
        lesson.name, lesson.basis, lesson.aim, lesson.kind, lesson.channel = name, basis, aim, kind, channel
        lesson.segments, lesson.offer, lesson.starts_on, lesson.ends_on = segments, offer, starts_on, ends_on
        lesson.contacted, lesson.responded, lesson.measured, lesson.by = contacted, responded, measured, by
        lesson.rate, lesson.low, lesson.high = (rate.share, rate.low, rate.high) if rate else (None, None, None)
        lesson.source = OWN_SOURCE
        lesson.reasons, lesson.improvements = reasons or lesson.reasons, improvements or lesson.improvements
        lesson.save()
    return lesson.pk


def note(*, by: Any, lesson_id: int, reasons: str, improvements: str) -> None:
    """Write down why it went so and what to do better."""
    require(by, Right.CAMPAIGNS_PLAN)
    Lesson.objects.filter(pk=lesson_id).update(reasons=reasons.strip(), improvements=improvements.strip(), by=by)


def keep_past(running: Running) -> dict[str, Any]:
    """Take the campaigns of the sources into the knowledge base, as observational lessons; words written stay."""
    running.progress(0, None, "past campaigns")
    snapshot, _newest = warehouse.current()
    with engine.fresh() as own:
        rows = own.arrow(
            tables.answered(
                warehouse.table(own, snapshot, "campaigns"),
                warehouse.table(own, snapshot, "contacts"),
                warehouse.table(own, snapshot, "responses"),
                not_counted=rules.RESPONSE_KINDS_NOT_COUNTED,
            )
        ).to_pylist()
    past = [row for row in rows if row["source"] != OWN_SOURCE]
    with transaction.atomic():
        for row in past:
            Lesson.objects.update_or_create(campaign_key=row["campaign_key"], defaults=_observed(row))
    running.progress(len(past), len(past), "past campaigns")
    return {"lessons": len(past), "snapshot": snapshot.id}


def _observed(row: dict[str, Any]) -> dict[str, Any]:
    contacted, responded = int(row["contacted"]), int(row["responded"])
    rate = rules.wilson(responded, contacted) if contacted else None
    return {
        "name": row["campaign"] or row["campaign_key"],
        "basis": rules.OBSERVATIONAL,
        "kind": row["kind"] or "",
        "starts_on": row["starts_on"],
        "ends_on": row["ends_on"],
        "contacted": contacted,
        "responded": responded,
        "rate": rate.share if rate else None,
        "low": rate.low if rate else None,
        "high": rate.high if rate else None,
        "measured": {"outside": int(row["outside"])},
        "source": row["source"] or "",
    }
