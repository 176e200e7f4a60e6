"""A look at all rows of a file before any is loaded: what would be created, updated, unchanged and refused, and why.

The rows that would be refused (the first of them) are kept as drafts, so that their cells can be put right and the file
looked through again. Drafts go when the file is loaded, or after a week.
"""

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from dangol.base.errors import BadInput, Conflict, DangolError, NotFound
from dangol.customers.collect import places
from dangol.customers.collect.cleaning import corrected
from dangol.customers.collect.loading import (
    BATCH_ROWS,
    CELL_SHOWN,
    CHUNK,
    LOADING,
    PEOPLE_ROWS,
    Loading,
    notes_of,
)  # fmt: skip
from dangol.customers.collect.models import Load, Quarantined
from dangol.customers.collect.proposals import changed
from dangol.customers.collect.rules import REASON_OF, UNCUT, Counts
from dangol.customers.collect.sorting import Sorted
from dangol.customers.standard.rules import without_resident_numbers
from dangol.work.actions import Running

DRAFTS, EXAMPLES, CORRECTIONS_MOST = 2_000, 20, 5_000
STATES = ("checking", "checked", "unread")


def run(running: Running, load_id: int) -> dict[str, Any]:
    """Look a load's file through; returns its outlook. Raises DangolError with a sentence for the user."""
    load = Load.objects.select_related("source").filter(pk=load_id).first()
    if load is None:
        raise NotFound("There is no such load.")
    if load.state not in STATES:
        raise Conflict("This file is being loaded already.")
    work = Checking(load, running)
    try:
        with places.disk():
            return work.look()
    except DangolError as error:
        said = {"template": error.template, "params": {name: str(value) for name, value in error.params.items()}}
        Load.objects.filter(pk=load.pk, state__in=STATES).update(
            state="unread", error=said, outlook={"field": error.field or ""}
        )
        raise
    finally:
        shutil.rmtree(work.folder, ignore_errors=True)


class Checking(Loading):
    """The look through one load's file."""

    def look(self) -> dict[str, Any]:
        """Stage and judge all rows, count them, keep the first refused ones."""
        load = self.load
        Load.objects.filter(pk=load.pk).update(state="checking", error=None, job_id=self.running.job_id or load.job_id)
        load.decided = {}
        staged, sorter = self.prepare()
        self.counts, self.reasons = Counts(), Counter[tuple[str, str]]()
        self.drafts: list[Quarantined] = []
        self.examples: dict[str, list[dict[str, Any]]] = {"created": [], "updated": []}
        for line in staged.refused():
            self._count(Counts(quarantined=1), Counter({(line.reason, ""): 1}), [self._refused_line(line)])
        done = 0
        for rows in staged.batches(PEOPLE_ROWS if self.record.personal else BATCH_ROWS):
            self.running.progress(done, staged.rows, LOADING)
            rows = corrected(rows, load.corrections)  # noqa: PLW2901
            found = sorter.sort(rows)
            bad = np.flatnonzero(found.checked.reason)
            shown = self.refused_rows(rows, found, bad[: DRAFTS - len(self.drafts)]) if len(bad) else []
            self._count(found.counts, self._why(found, bad), shown)
            self._show(found)
            done += rows.num_rows
        self.running.progress(staged.rows, staged.rows, LOADING)
        outlook = self._outlook(staged)
        with transaction.atomic():
            load.refused.filter(state="draft").delete()
            Quarantined.objects.bulk_create(self.drafts, batch_size=CHUNK)
            Load.objects.filter(pk=load.pk, state="checking").update(state="checked", outlook=outlook, error=None)
        return outlook

    def _why(self, found: Sorted, bad: Any) -> Counter[tuple[str, str]]:
        fields = self.definition.fields()
        pairs = zip(found.checked.reason[bad], found.checked.place[bad], strict=True)
        counted = Counter((int(reason), int(place)) for reason, place in pairs)
        why: Counter[tuple[str, str]] = Counter()
        for (reason, place), rows in counted.items():
            code = REASON_OF[reason]
            why[code, "" if code == "total_row" else fields[place].name] += rows
        for key, rows in found.checked.doubts.items():
            self.doubts[key] = self.doubts.get(key, 0) + rows
        return why

    def _count(self, counts: Counts, why: Counter[tuple[str, str]], drafts: list[Quarantined]) -> None:
        self.counts += counts
        self.reasons += why
        for row in drafts[: DRAFTS - len(self.drafts)]:
            row.state = "draft"
            self.drafts.append(row)

    def _show(self, found: Sorted) -> None:
        """A few of the rows that would be created and updated; for people with what would change."""
        lines = found.checked.lines[found.load]
        if self.record.personal:
            for line, one in zip(lines, found.versions, strict=True):
                kind = "created" if one.before is None else "updated"
                before = one.before or {}
                changes = {name: [before.get(name), one.fields.get(name)] for name in {**before, **one.fields}
                           if before.get(name) != one.fields.get(name)}  # fmt: skip
                self._example(kind, int(line), one.key, changes)
            return
        if len(self.examples["created"]) >= EXAMPLES:
            return
        places_of = np.flatnonzero(found.load)[:EXAMPLES]
        for place in places_of:
            row = {name: values[int(place)].as_py() for name, values in found.checked.columns.items()}
            changes = {name: [None, str(value)] for name, value in row.items() if value is not None}
            self._example("created", int(found.checked.lines[place]), "", changes)

    def _example(self, kind: str, line: int, key: str, changes: dict[str, list[Any]]) -> None:
        if len(self.examples[kind]) < EXAMPLES:
            said = {name: [_shown(before), _shown(after)] for name, (before, after) in changes.items()}
            self.examples[kind].append({"line": line, "key": key, "changes": said})

    def _outlook(self, staged: Any) -> dict[str, Any]:
        counts = self.counts
        reasons = [[reason, name, rows] for (reason, name), rows in self.reasons.most_common()]
        skipped = {self.definition.mode: counts.skipped}
        return {
            "read": counts.read, "created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged,
            "skipped": counts.skipped, "quarantined": counts.quarantined, "reasons": reasons,
            "notes": notes_of(self.definition, staged, self.load.decided, self.doubts, skipped),
            "header": changed(self.source.columns, staged.columns), "columns": staged.columns,
            "drafts": len(self.drafts), "examples": self.examples,
        }  # fmt: skip


def _shown(value: Any) -> str | None:
    return None if value is None else without_resident_numbers(str(value))[:CELL_SHOWN]


def correct(load: Load, values: dict[int, dict[str, str]]) -> int:
    """Note corrections of draft rows of a file that was looked through; returns how many rows.

    values: {row id: {column: text}}.
    Raises BadInput for a line that has no cells.
    """
    if load.state != "checked":
        raise Conflict("This file is not looked through, or it is loaded already.")
    rows = {row.pk: row for row in load.refused.filter(state="draft", pk__in=list(values))}
    corrections = dict(load.corrections)
    count = 0
    for pk, cells in values.items():
        row = rows.get(pk)
        if row is None or row.reason in UNCUT:
            continue
        changes = {c: without_resident_numbers(t)[:CELL_SHOWN] for c, t in cells.items() if row.raw.get(c, t) != t}
        if changes:
            corrections[str(row.line)] = {**corrections.get(str(row.line), {}), **changes}
            count += 1
    if len(corrections) > CORRECTIONS_MOST:
        raise BadInput("At most {limit} rows can be corrected here. Correct the file itself.", limit=CORRECTIONS_MOST)
    Load.objects.filter(pk=load.pk).update(corrections=corrections)
    return count


def sweep() -> None:
    """Forget files that were looked through and never loaded, after a week."""
    old = Load.objects.filter(state__in=STATES, created_at__lt=datetime.now(UTC) - timedelta(days=places.UPLOAD_DAYS))
    for load in old:
        with transaction.atomic():
            forget(load)


def forget(load: Load) -> None:
    """Remove a load that was only looked through, with its drafts and its file."""
    load.refused.filter(state="draft").delete()
    if load.upload:
        (places.uploads() / load.upload).unlink(missing_ok=True)
    load.delete()
