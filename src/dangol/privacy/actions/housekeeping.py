"""What the cycle does for privacy: guardians, consents from sources, erased people, and starting what is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction

from dangol.customers.collect import actions as collect
from dangol.customers.collect import reads as collected
from dangol.customers.collect.feeds import actions as feeds
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.rules import ALL, CHANNELS, PROFILING, PURPOSES, grown_on
from dangol.customers.identify import actions as identify
from dangol.customers.identify import reads as identified
from dangol.customers.surveys import actions as surveys
from dangol.privacy import rules
from dangol.privacy.models import Request, Taken
from dangol.privacy.reads.requests import today
from dangol.privacy.reads.retention import schedule
from dangol.staff.reads import Member, system
from dangol.work.actions import Running, enqueue

YES = frozenset({"1", "y", "yes", "true", "t", "agree", "agreed", "o", "동의", "예", "네", "수신", "수신동의"})
NO = frozenset(
    {"0", "n", "no", "false", "f", "refuse", "refused", "x", "거부", "아니오", "아니요", "미동의", "수신거부", "철회"}
)
AGAIN_DAYS = 2  # a file read while its person was being erased may write the person back until then


def keep(running: Running) -> dict[str, Any]:
    """A step of the cycle. Returns {minors, words, unclear, erased_again, unconfirmed, jobs}; harmless when repeated.

    unconfirmed: answers of children destroyed because no guardian agreed in time. The jobs of retention and of notices
    are started here and nowhere else by the clock, where something is due.
    """
    taken = take_consents(running)
    return {
        "minors": note_minors(), "words": taken["words"], "unclear": taken["unclear"],
        "erased_again": erase_again(), "unconfirmed": surveys.drop_unconfirmed(),
        "jobs": start_due(by=running.by or system()),
    }  # fmt: skip


def note_minors() -> int:
    """Tell consent which customers are under 14, by what is known of their birth now.

    Source: Personal Information Protection Act art. 22-2.
    """
    zone = settings.DANGOL.zone
    policy = consents.policy_at(datetime.now(UTC), zone)
    day = today()
    born = identified.young(since_year=day.year - policy.guardian_age - 1)
    grown = {one: grown_on(policy, born=birth, year=year) for one, (birth, year) in born.items()}
    present = {one: until if until and until > day else None for one, until in grown.items()}
    gone = dict.fromkeys(consents.minors(day) - present.keys())
    return consent.note_births(grown=present | gone)


def take_consents(running: Running) -> dict[str, int]:
    """Take over the words of consent that sources brought, each batch once. An import never undoes a refusal.

    A word that cannot be read, is about nobody known, or agrees without a version and a proof, is counted as unclear.
    """
    by = running.by or system()
    counted = {"words": 0, "unclear": 0}
    files = collected.raw_files("consents")
    done = set(Taken.objects.filter(pk__in=[file.batch for file in files]).values_list("pk", flat=True))
    for file in files:
        if file.batch not in done:
            words, unclear = _take(by, file.batch, pq.read_table(file.path))
            counted["words"] += words
            counted["unclear"] += unclear
            running.progress(counted["words"], None, "")
    return counted


def _take(by: Member, batch: int, rows: pa.Table) -> tuple[int, int]:
    known = {(row["source"], row["key"]): row["customer_id"] for row in identified.keys().to_pylist()}
    words = unclear = 0
    with transaction.atomic():
        for row in rows.sort_by([("said_at", "ascending")]).to_pylist():
            said = _read(row, known.get((row["source"], row["customer_key"])))
            if said is None:
                unclear += 1
                continue
            words += said.pop("verb")(by=by, origin="import", through="import", **said)
        Taken.objects.create(batch_id=batch, taken=words, unclear=unclear)
    return words, unclear


def _read(row: dict[str, Any], customer_id: int | None) -> dict[str, Any] | None:
    given = (row["given"] or "").strip().casefold()
    purpose = (row["purpose"] or "").strip().casefold()
    channel = ALL if purpose == PROFILING else (row["channel"] or "").strip().casefold()
    if customer_id is None or purpose not in PURPOSES or channel not in (*CHANNELS, ALL) or given not in YES | NO:
        return None
    proof = row["proof"] or ""
    version = row["text_version"] or ""
    if given in YES and not (proof.strip() and version.strip()):
        return None
    return {
        "verb": consent.give if given in YES else consent.withdraw, "customer_ids": [customer_id], "purpose": purpose,
        "channel": channel, "at": row["said_at"].replace(tzinfo=UTC), "text_version": version, "proof": proof,
    }  # fmt: skip


def erase_again() -> int:
    """Empty people once more who were erased a moment ago, in case a cycle was just then writing them; mostly none."""
    since = datetime.now(UTC) - timedelta(days=AGAIN_DAYS)
    emptied = 0
    for row in Request.objects.filter(kind=rules.ERASURE, state=rules.DONE, closed_at__gte=since):
        ids = row.erasing.get("ids", [])
        keys = [key for one in identified.reach(system(), ids).values() for key in one.keys]
        collect.forget(keys=keys)
        feeds.forget(keys=keys)
        emptied += identify.forget(customer_ids=ids)
    return emptied


def start_due(*, by: Member) -> list[str]:
    """Queue the jobs of retention and of notices where something is due; returns their kinds."""
    zone, now = settings.DANGOL.zone, datetime.now(UTC)
    due = []
    if any(line.due for line in schedule()):
        due.append("privacy.retain")
    if consents.waiting_notices(now, zone, limit=1) or consents.due_again(now, zone, days=30, generated=False, limit=1):
        due.append("privacy.notices")
    for kind in due:
        enqueue(kind=kind, arguments={}, by=by, unique_key=kind)
    return due
