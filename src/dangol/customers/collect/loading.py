"""One load: staged rows are checked and taken in batch by batch, each visible by one transaction.

Killed anywhere, it goes on after the last committed batch: the staged rows come in the same order again, and a batch
that was written but not committed is written again over itself.
"""

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import Count, F, Max

from dangol.base.errors import Cancelled, Conflict, DangolError, NotFound, TooMuch
from dangol.base.identifiers import file_hash
from dangol.customers.collect import keys, people, places
from dangol.customers.collect.cleaning import clean, corrected
from dangol.customers.collect.columns import LINE, TYPES
from dangol.customers.collect.habits import decide, habits_of
from dangol.customers.collect.models import Batch, Load, Person, Quarantined, Source
from dangol.customers.collect.rules import (
    N_,
    REASON_OF,
    RECORDS,
    Counts,
    Definition,
    parts,
)
from dangol.customers.collect.sorting import (
    Sorted,
    Sorter,
    definition_of,
    fingerprint,
    refuse_unfit,
    sorter_of,
    terms_of,
)
from dangol.customers.collect.staging import Refused, Staged, stage
from dangol.customers.collect.turning import alone, turn_rows
from dangol.customers.standard.rules import without_resident_numbers
from dangol.work.actions import Running

Doubts = dict[tuple[str, str], int]
BATCH_ROWS = 200_000
PEOPLE_ROWS = 10_000  # rows of people go into the operations database: short transactions, and a quick cancel
QUARANTINE_MOST = 100_000
CELL_SHOWN = 500
CHUNK = 500
FETCHING = N_("Fetching rows from the database")
DECIDING_ROWS = 200_000
READING = N_("Reading the file")
DECIDING = N_("Finding out how its values are written")
LOADING = N_("Checking and loading rows")
NOTES = {
    "no_line_break": N_("The last line has no line break. Check that the file was written to its end."),
    "rounded": N_(
        "Numbers of more than 15 digits were rounded by Excel before they came here. Format such columns as text."
    ),
    "above": N_("The first {rows} rows are titles above the header; they are no rows of data."),
    "hidden": N_("{rows} rows are hidden in the sheet. They are read as the others are."),
    "left_out": N_("{rows} hidden rows of the sheet are left out, as chosen."),
    "hidden_columns": N_("{columns} columns are hidden in the sheet. They are read as the others are."),
    "columns_left_out": N_("{columns} hidden columns of the sheet are left out, as chosen."),
    "mode_create": N_("{rows} rows are there already and were left as they are: only new ones are created."),
    "mode_update": N_("{rows} rows are of nobody known yet and were left out: only known ones are updated."),
    "no_header": N_("The file has no header. Its columns are numbered."),
    "empty_kept": N_("{field}: {rows} values are none and were left empty."),
    "kept": N_("{field}: {rows} values do not look right and were kept as they are written."),
    "same_file": N_("This very file is loaded already; nothing changed."),
    "unmapped": N_("These columns of the file are not used: {columns}."),
}


def run(running: Running, load_id: int) -> dict[str, Any]:
    """Take in a load from where it stands; returns its report. Raises DangolError with a sentence for the user."""
    load = Load.objects.select_related("source").filter(pk=load_id).first()
    if load is None:
        raise NotFound("There is no such load.")
    if load.state == "done":
        return report(load)
    if load.state not in ("waiting", "running", "failed", "cancelled"):
        raise Conflict("This load was undone, or only looked through. Load the file again.")
    with alone(load.source):
        with transaction.atomic():  # rows that are being pushed hold the source's row: wait until they are there
            Source.objects.select_for_update().get(pk=load.source_id)
        load.refresh_from_db()
        work = Loading(load, running)
        try:
            with places.disk():
                work.run()
        except DangolError as error:
            _withdraw(load, "cancelled" if isinstance(error, Cancelled) else "failed", error)
            raise
        finally:
            shutil.rmtree(work.folder, ignore_errors=True)
    return report(load)


def report(load: Load) -> dict[str, Any]:
    """What a load did; `read` is the sum of loaded, unchanged and quarantined."""
    load.refresh_from_db()
    return {
        "load_id": load.pk, "source": load.source.code, "file": load.name, "state": load.state, "read": load.read,
        "loaded": load.loaded, "created": load.loaded - load.updated, "updated": load.updated,
        "unchanged": load.unchanged, "skipped": load.skipped, "quarantined": load.quarantined,
        "batches": load.batches.count(), "seconds": round(load.seconds, 3),
        "rows_per_second": round(load.read / load.seconds) if load.seconds else 0,
        "reasons": reasons(load), "notes": load.notes,
    }  # fmt: skip


def reasons(load: Load) -> dict[str, int]:
    """Quarantined rows of a load by reason."""
    found = load.refused.values_list("reason").annotate(rows=Count("pk")).order_by("-rows", "reason")
    return dict(found)


def _withdraw(load: Load, state: str, error: DangolError) -> None:
    """Take a load that did not end out of sight; a new start goes on with it."""
    with transaction.atomic():
        Load.objects.filter(pk=load.pk, state="running").update(
            state=state,
            finished_at=datetime.now(UTC),
            error={"template": error.template, "params": {k: str(v) for k, v in error.params.items()}},
        )
        set_live(load, live=False)


def set_live(load: Load, *, live: bool) -> None:
    """Show or hide what a load brought. Call inside a transaction."""
    turn_rows(load, live=live)
    if RECORDS[load.source.kind].personal:
        people.turn(Person.objects.filter(batch__load=load), load.source, live=live)


@dataclass
class Outcome:
    """One batch, ready to be committed."""

    read: int
    counts: Counts
    refused: list[Quarantined]
    sorted: Sorted | None = None


class Loading:
    """The run of one load."""

    def __init__(self, load: Load, running: Running) -> None:
        self.load = load
        self.source: Source = load.source
        self.running = running
        self.definition: Definition = definition_of(self.source)
        self.record = RECORDS[self.source.kind]
        self.folder = places.scratch(f"load-{load.pk}")
        self.upload: Path | None = places.uploads() / load.upload if load.upload else None
        self.started = time.monotonic()
        self.doubts: Doubts = {}

    def run(self) -> None:
        """Stage, check, take in; from the last committed batch on."""
        self._begin()
        if self.source.reader == "sql" and self.upload is None:
            self._fetch()
        if self._same_file():
            return
        staged, sorter = self.prepare()
        done = self._done_before(staged, sorter)
        number = self.load.batches.aggregate(last=Max("number"))["last"]
        number = -1 if number is None else number
        if number < 0:
            number = 0
            self._commit(0, self._uncut(staged))
        for rows in staged.batches(self._size, done):
            number += 1
            self.running.progress(done, staged.rows, LOADING)
            self._commit(number, self._outcome(rows, sorter))
            done += rows.num_rows
        self.running.progress(staged.rows, staged.rows, LOADING)
        self._end(staged)

    def prepare(self) -> tuple[Staged, Sorter]:
        """The rows as text, and what tells them apart: everything before the first row is judged."""
        if self.source.reader == "sql" and self.upload is None:
            self._fetch()
        size = self.load.bytes
        staged = stage(self.definition, self.upload, self.folder,
                       tick=lambda done: self.running.progress(min(done, size), size or None, READING))  # fmt: skip
        refuse_unfit(self.definition, staged.columns)
        if not self.load.decided:
            self.load.decided = decide(self._watched(staged), self.definition).as_json()
            Load.objects.filter(pk=self.load.pk).update(decided=self.load.decided)
        terms = terms_of(self.definition, habits_of(self.load.decided))
        return staged, sorter_of(self.source, self.definition, terms, without=self.load.pk)

    def _watched(self, staged: Staged) -> Iterator[pa.Table]:
        done = 0
        for rows in staged.batches(DECIDING_ROWS):
            self.running.progress(done, staged.rows, DECIDING)
            yield clean(rows, self.definition.cleaning)
            done += rows.num_rows

    @property
    def _size(self) -> int:
        return PEOPLE_ROWS if self.record.personal else BATCH_ROWS

    def _begin(self) -> None:
        mark = fingerprint(self.definition)
        if self.load.batches.exists() and self.load.definition != mark:
            raise Conflict("The source's description changed while this load stood still. Load the file again.")
        if self.upload is not None and not self.load.sha256 and self.upload.exists():
            self.load.sha256 = file_hash(self.upload)
        with transaction.atomic():
            if self.load.state in ("failed", "cancelled"):
                set_live(self.load, live=True)
            self.load.refused.filter(state="draft").delete()
            self.load.state, self.load.definition, self.load.error = "running", mark, None
            self.load.outlook = {}
            self.load.started_at = self.load.started_at or datetime.now(UTC)
            self.load.job_id = self.running.job_id or self.load.job_id
            self.load.save()

    def _fetch(self) -> None:
        """Have the rows of the source's query in a file of our own before the first of them is taken in."""
        from dangol.customers.collect.feeds import querying

        name = querying.fetch(self.definition, self.folder,
                              tick=lambda rows: self.running.progress(rows, None, FETCHING))  # fmt: skip
        self.upload = places.uploads() / name
        self.load.upload, self.load.sha256 = name, file_hash(self.upload)
        self.load.bytes = self.upload.stat().st_size
        self.load.save(update_fields=["upload", "sha256", "bytes"])

    def take(self, rows: pa.Table, sorter: Sorter) -> Outcome:
        """Take rows in that came without a file, as this load's next batch; `outcome.refused` are those new in
        quarantine. Call inside a transaction."""
        number = self.load.batches.aggregate(last=Max("number"))["last"]
        outcome = self._outcome(rows, sorter)
        self._commit(0 if number is None else number + 1, outcome)
        return outcome

    def _same_file(self) -> bool:
        """Whether the source's latest rows are those of this very file, read in the same way: then nothing is to do."""
        if not self.load.sha256 or self.load.corrections or self.load.batches.exists():
            return False
        last = Batch.objects.filter(source=self.source, live=True, rows__gt=0).order_by("-pk").first()
        same = last.load if last else None
        if same is None or same.state != "done" or same.unchanged or same.pk == self.load.pk:
            return False
        if (same.sha256, same.definition) != (self.load.sha256, self.load.definition):
            return False
        if same.refused.filter(state="closed").exists():
            return False
        self.load.read = self.load.unchanged = same.read
        self.load.notes = [{"template": NOTES["same_file"], "params": {}}]
        self._close()
        return True

    def _done_before(self, staged: Staged, sorter: Sorter) -> int:
        """Rows answered for by batches committed earlier; the sorter gets to know them."""
        done = sum(self.load.batches.filter(number__gt=0).values_list("read", flat=True))
        if done:
            left = done
            for rows in staged.batches(self._size):
                sorter.sort(rows.slice(0, left))
                left -= min(rows.num_rows, left)
                self.running.progress(done - left, staged.rows, LOADING)
                if not left:
                    break
        return done

    def _uncut(self, staged: Staged) -> Outcome:
        refused = [self._refused_line(line) for line in staged.refused()]
        return self._known_dropped(Outcome(len(refused), Counts(quarantined=len(refused)), refused))

    def _refused_line(self, line: Refused) -> Quarantined:
        raw = {"": line.text}
        return Quarantined(load=self.load, source=self.source, line=line.line, raw=raw, reason=line.reason,
                           params=line.params, raw_hash=keys.text_hash(raw, self.source.code))  # fmt: skip

    def _outcome(self, rows: pa.Table, sorter: Sorter) -> Outcome:
        rows = corrected(rows, self.load.corrections)
        found = sorter.sort(rows)
        bad = np.flatnonzero(found.checked.reason)
        if self.load.quarantined + len(bad) > QUARANTINE_MOST:
            raise TooMuch(
                "More than {limit} rows do not fit the source's description. Check its mapping and formats.",
                limit=QUARANTINE_MOST,
            )
        for key, count in found.checked.doubts.items():
            self.doubts[key] = self.doubts.get(key, 0) + count
        refused = self.refused_rows(rows, found, bad) if len(bad) else []
        return self._known_dropped(Outcome(rows.num_rows, found.counts, refused, found))

    def refused_rows(self, rows: pa.Table, found: Sorted, bad: Any, *, state: str = "open") -> list[Quarantined]:
        """The rows at these places with their reasons, as they were written."""
        fields = self.definition.fields()
        refused = []
        for place, raw in zip(bad, rows.take(pa.array(bad)).to_pylist(), strict=True):
            line = raw.pop(LINE)
            shown = {name: without_resident_numbers(text or "")[:CELL_SHOWN] for name, text in raw.items()}
            reason = REASON_OF[int(found.checked.reason[place])]
            name = "" if reason == "total_row" else fields[int(found.checked.place[place])].name
            refused.append(
                Quarantined(load=self.load, source=self.source, line=line, raw=shown, reason=reason, field=name,
                            raw_hash=keys.text_hash(shown, self.source.code), state=state)
            )  # fmt: skip
        return refused

    def _known_dropped(self, outcome: Outcome) -> Outcome:
        """Rows that stand in quarantine already, from an earlier load of the source, are unchanged."""
        if not outcome.refused:
            return outcome
        known: set[int] = set()
        others = Quarantined.objects.filter(source=self.source).exclude(load=self.load).exclude(state="closed")
        hashes = [row.raw_hash for row in outcome.refused]
        for start in range(0, len(hashes), CHUNK):
            chunk = hashes[start : start + CHUNK]
            known.update(others.filter(raw_hash__in=chunk).values_list("raw_hash", flat=True))
        fresh = [row for row in outcome.refused if row.raw_hash not in known]
        same = len(outcome.refused) - len(fresh)
        outcome.counts += Counts(unchanged=same, quarantined=-same)
        outcome.refused = fresh
        return outcome

    def _commit(self, number: int, outcome: Outcome) -> None:
        """Write a batch's file, then make it visible with its counts and refused rows in one transaction."""
        path, sha256 = "", ""
        if outcome.counts.loaded and not self.record.personal and outcome.sorted is not None:
            path, sha256 = self._write(number, outcome.sorted)
        counts = outcome.counts
        with transaction.atomic():
            batch = Batch.objects.create(
                load=self.load, source=self.source, kind=self.source.kind, number=number, path=path, sha256=sha256,
                read=outcome.read, rows=counts.loaded, replaces=counts.updated,
            )  # fmt: skip
            Quarantined.objects.bulk_create(outcome.refused, batch_size=CHUNK)
            if self.record.personal and counts.loaded and outcome.sorted is not None:
                people.write(batch, outcome.sorted.versions)
            Load.objects.filter(pk=self.load.pk).update(
                read=F("read") + outcome.read, loaded=F("loaded") + counts.loaded,
                unchanged=F("unchanged") + counts.unchanged, quarantined=F("quarantined") + counts.quarantined,
                updated=F("updated") + counts.updated, skipped=F("skipped") + counts.skipped,
            )  # fmt: skip
        self.load.quarantined += counts.quarantined

    def _write(self, number: int, found: Sorted) -> tuple[str, str]:
        chosen = pa.array(found.load)
        columns = {name: values.filter(chosen) for name, values in found.checked.columns.items()}
        return write_batch(self.source, f"{self.load.pk:08d}-{number:05d}", columns, found.line_keys[found.load],
                           found.contents[found.load])  # fmt: skip

    def _end(self, staged: Staged) -> None:
        decided = self.load.decided
        self.load.refresh_from_db()
        skipped = {self.definition.mode: self.load.skipped}
        self.load.notes = notes_of(self.definition, staged, decided, self.doubts, skipped)
        changes: dict[str, Any] = {"columns": staged.columns}
        if staged.found.get("watermark"):
            changes["watermark"] = staged.found["watermark"]
        Source.objects.filter(pk=self.source.pk).update(**changes)
        self._close()

    def _close(self) -> None:
        self.load.state = "done"
        self.load.seconds += time.monotonic() - self.started
        self.load.finished_at = datetime.now(UTC)
        with transaction.atomic():
            self.load.save()
        if self.upload is not None:
            self.upload.unlink(missing_ok=True)


def notes_of(
    definition: Definition, staged: Staged, decided: dict[str, Any], doubts: Doubts, skipped: dict[str, int]
) -> list[dict[str, Any]]:
    """What is to be said about a file and how it was read, as {template, params}."""
    found = staged.found
    notes: list[dict[str, Any]] = [{"template": NOTES[note], "params": {}} for note in staged.notes]
    notes += decided.get("facts", [])

    def note(name: str, **params: Any) -> None:
        notes.append({"template": NOTES[name], "params": params})

    if found.get("above"):
        note("above", rows=found["above"])
    if found.get("header_rows") == 0:
        note("no_header")
    if found.get("hidden"):
        note("left_out" if definition.options.get("hidden") == "skip" else "hidden", rows=found["hidden"])
    if found.get("hidden_columns"):
        skip = definition.options.get("hidden") == "skip"
        note("columns_left_out" if skip else "hidden_columns", columns=found["hidden_columns"])
    for mode, rows in skipped.items():
        if rows:
            note(f"mode_{mode}", rows=rows)
    for (_reason, name), rows in doubts.items():
        if rows:
            note("empty_kept" if definition.unfit == "empty" else "kept", field=name, rows=rows)
    used = {part for column in definition.mapping.values() for part in parts(column, staged.columns)}
    unused = [name for name in staged.columns if name not in used and not re.fullmatch(r"column \d+", name)]
    if unused:
        note("unmapped", columns=", ".join(unused[:20]))
    return notes


def write_batch(
    source: Source, name: str, columns: dict[str, pa.Array], line_keys: keys.Hashes, contents: keys.Hashes
) -> tuple[str, str]:
    """Write typed rows as a batch file; returns its path under raw/ and its SHA-256. All of a kind have one shape."""
    rows = len(line_keys)
    record = RECORDS[source.kind]
    arrays = {
        field.name: columns.get(field.name, pa.nulls(rows, TYPES[field.type])).cast(TYPES[field.type])
        for field in record.fields
    }
    arrays["line_key"] = pa.array(line_keys.view(np.int64))
    arrays["content_hash"] = pa.array(contents.view(np.int64))
    arrays["source"] = pa.array([source.system], pa.string()).take(pa.array(np.zeros(rows, np.int32)))
    target = places.raw() / source.code / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".new")
    with places.disk():
        pq.write_table(pa.table(arrays), draft, compression="zstd", compression_level=1)
        sha256 = file_hash(draft)
        places.publish(draft, target)
    return f"{source.code}/{target.name}", sha256
