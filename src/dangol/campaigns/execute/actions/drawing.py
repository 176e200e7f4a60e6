"""Decide who of a launch is in which group, once, and keep it under its hash until all of it is in the database."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction

from dangol.base.errors import BadInput
from dangol.base.identifiers import file_hash
from dangol.base.identifiers import token as new_token
from dangol.campaigns.execute import rules
from dangol.campaigns.execute.models import Run
from dangol.campaigns.plan import reads as plan
from dangol.staff.actions import note_access
from dangol.work.actions import Running

FOLDER = "launches"
LEFT_SECONDS = 3600
SPLIT = pa.schema([
    ("customer_id", pa.int64()), ("cell", pa.string()), ("reason", pa.string()), ("consent_id", pa.int64()),
    ("given_at", pa.timestamp("us", "UTC")), ("text_version", pa.string()),
])  # fmt: skip


@dataclass(frozen=True)
class Split:
    """A draw that is written down: file, its hash, how many people in all and who get a message, the purchases."""

    path: Path
    sha256: str
    aimed: int
    targets: int
    snapshot: str

    def discard(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)


class _Stopped(Exception):
    """The campaign was stopped while it was drawn."""


def folder() -> Path:
    """Where the split of a launch lies until all of it is in the database: ids and permits, no names or addresses."""
    place: Path = settings.DANGOL.home / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    return place


def split(content: dict[str, Any], tick: plan.Tick = plan.nobody_waits) -> Split:
    """Draw the groups of a plan and write them down in order of customer, in steps that bound the memory.

    Raises BadInput when nobody is left to write to.
    """
    _remove_left()
    aim = plan.aim(content)
    path = folder() / f"{new_token()}.parquet"
    cells: Counter[str] = Counter()
    try:
        with pq.ParquetWriter(path, SPLIT, compression="zstd") as file:
            for step in plan.draw(content, aim.ids, tick):
                file.write_table(_rows(step))
                cells.update(step.cells.values())
        if not cells[rules.TARGET]:
            raise BadInput(rules.NOBODY)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Split(path, file_hash(path), len(aim.ids), cells[rules.TARGET], aim.snapshot)


def _rows(step: plan.Drawn) -> pa.Table:
    found = step.reach
    ids = sorted([*step.cells, *found.refused])
    permits = [found.people[one][0] if one in found.people else None for one in ids]
    return pa.table(
        [
            ids,
            [step.cells.get(one, rules.OUT) for one in ids],
            [found.refused.get(one, "") for one in ids],
            [permit.consent_id if permit else None for permit in permits],
            [permit.given_at if permit else None for permit in permits],
            [permit.text_version if permit else None for permit in permits],
        ],
        schema=SPLIT,
    )


def _remove_left() -> None:
    """Remove splits that no launch needs any more: of launches that failed, or were killed before they began."""
    needed = set(Run.objects.filter(state=rules.LAUNCHING).values_list("split_file", flat=True))
    for path in folder().glob("*.parquet"):
        if path.name not in needed and time.time() - path.stat().st_mtime > LEFT_SECONDS:
            path.unlink(missing_ok=True)


def draw(running: Running, run: Run) -> None:
    """Draw the groups of a launch for many people, as part of its job; nothing of it counts before it is whole.

    Cut off at any point it begins anew: nobody has been written down yet, and the seed gives everybody the same cell.
    Ends without a word where the campaign was stopped. Raises BadInput, and stops the campaign, when nobody is left.
    """

    def tick(done: int, total: int) -> None:
        running.progress(done, total, rules.STATES[rules.DRAWING])
        if not Run.objects.filter(pk=run.pk, state=rules.DRAWING).exists():
            raise _Stopped

    try:
        made = split(run.content, tick)
    except _Stopped:
        return
    except BadInput as error:
        Run.objects.filter(pk=run.pk, state=rules.DRAWING).update(state=rules.STOPPED, note=error.template[:300])
        raise
    try:
        running.check()
        with transaction.atomic():
            drawing = Run.objects.filter(pk=run.pk, state=rules.DRAWING)
            mine = drawing.update(
                state=rules.LAUNCHING, aimed=made.aimed, split_file=made.path.name, split_sha256=made.sha256,
                snapshot=made.snapshot,
            )  # fmt: skip
            if mine:
                note_access(
                    by=run.by, verb="change", what="campaign.draw", count=made.aimed, detail={"run": run.pk}
                )  # fmt: skip
    except BaseException:
        made.discard()
        raise
    if not mine:
        made.discard()
