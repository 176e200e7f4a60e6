"""Score customers on any day between the first and the last purchase, when somebody asks for it."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from dangol.base.errors import Conflict, NotFound
from dangol.base.identifiers import content_hash
from dangol.engine import Snapshot, Store, fresh
from dangol.insight.score import rules, tables
from dangol.insight.score.reads import kept
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work import reads as work
from dangol.work.actions import Running, enqueue

JOB = "score.days"
MONTH_COLUMNS = ("customer_id", "as_of", "recency_days", "frequency", "monetary", "r", "f", "m", "score", "segment")
WAIT_SECONDS = 5.0


def scratch() -> Path:
    """Where files lie that are not kept yet."""
    folder: Path = settings.DANGOL.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def score_days(running: Running, *, days: Sequence[date], channel: str = "") -> int:
    """Score everybody on days nobody was scored on yet, and keep it; returns how many days were new.

    By the version and the purchases the served scores were made with, so that a day agrees with the month ends beside
    it. Raises BadInput for a day outside the purchases, NotFound, Cancelled, TooMuch (see `answers.waiting.within`).
    """
    wanted = kept.missing(days, channel)
    if not wanted:
        return 0
    scores = kept.newest(channel)
    scheme = rules.from_dict(scores.facts["scheme"])
    place = kept.days_store(scores, channel)
    with fresh() as engine, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        lines = tables.of_channel(warehouse.table(engine, _source(scores), "sales_lines"), channel)
        for done, day in enumerate(wanted):
            running.progress(done, len(wanted))
            path = Path(folder) / f"{kept.day_id(day)}.parquet"
            rows = engine.write(tables.rfm(lines, day, scheme).select(*MONTH_COLUMNS), path)
            _keep(place, day, path, rows)
    return len(wanted)


def _source(scores: Snapshot) -> Snapshot:
    """The purchases the scores were made of. Raises NotFound where they are gone."""
    try:
        return warehouse.store().open(scores.facts["warehouse"])
    except NotFound:
        raise NotFound("The purchases customers were last scored by are no longer kept. Run the cycle; then other days "
                       "can be chosen.") from None  # fmt: skip


def _keep(place: Store, day: date, path: Path, rows: int) -> None:
    """Take a written file into the store; whoever writes there at the moment is waited for."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with place.draft(kept.day_id(day)) as draft:
                target = draft.place("rfm")
                shutil.move(path, target)
                draft.add("rfm", target, rows)
            return
        except Conflict:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def start_days(*, by: Member, days: Sequence[date], channel: str = "") -> int:
    """Have days scored by a job; returns its id, that of the reader's one at it where there is one.

    Raises NotAllowed, BadInput, NotFound.
    """
    require(by, Right.INSIGHT_VIEW)
    wanted = [day.isoformat() for day in kept.missing(days, channel)]
    return enqueue(kind=JOB, arguments={"days": wanted, "channel": channel}, by=by,
                   unique_key=_key(by, days, channel))  # fmt: skip


def days_under_way(by: Member, days: Sequence[date], channel: str = "") -> int | None:
    """The id of the reader's job that scores these days now, or waits to."""
    return work.under(_key(by, days, channel))


def _key(by: Member, days: Sequence[date], channel: str) -> str:
    """One job for a reader, two days and the scores of this moment."""
    asked = {"days": sorted(day.isoformat() for day in days), "channel": channel, "scores": kept.newest(channel).id}
    return f"score.days:{by.pk}:{content_hash(asked)[:24]}"


def run_days(running: Running, *, days: Sequence[str], channel: str = "") -> dict[str, Any]:
    """The job `score.days`. Raises like `score_days`."""
    require(running.by, Right.INSIGHT_VIEW)
    return {"days": score_days(running, days=[date.fromisoformat(day) for day in days], channel=channel)}


def forget_days(channel: str = "") -> None:
    """Days go with the snapshot of scores they were worked out beside."""
    there = set(kept.store(channel).ids())
    for folder in (kept.folder(channel) / kept.DAYS).glob("*"):
        if folder.name not in there:
            shutil.rmtree(folder, ignore_errors=True)
