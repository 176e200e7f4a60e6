"""One load: staged rows are checked and taken in batch by batch, each visible by one transaction.

Killed anywhere, it goes on after the last committed batch: the staged rows come in the same order again, and a batch
that was written but not committed is written again over itself.
"""

import shutil
import time
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
from dangol.customers.collect.columns import LINE, TYPES
from dangol.customers.collect.models import Batch, Load, Quarantined, Source
from dangol.customers.collect.rules import (
    N_,
    REASON_OF,
    RECORDS,
    Counts,
    Definition,
)
from dangol.customers.collect.sorting import (
    Sorted,
    Sorter,
    definition_of,
    fingerprint,
    live_index,
    refuse_unfit,
    terms_of,
)
from dangol.customers.collect.staging import Refused, Staged, stage
from dangol.customers.standard.rules import without_resident_numbers
from dangol.work.actions import Running

BATCH_ROWS = 200_000
PEOPLE_ROWS = 20_000  # rows of people go into the operations database: short transactions for other writers
QUARANTINE_MOST = 100_000
CELL_SHOWN = 500
CHUNK = 500
READING = N_("Reading the file")
LOADING = N_("Checking and loading rows")
NOTES = {
    "no_line_break": N_("The last line has no line break. Check that the file was written to its end."),
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
    if load.state == "undone":
        raise Conflict("This load was undone. Load the file again.")
    with places.only_one(load.source.code):
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
        "loaded": load.loaded, "unchanged": load.unchanged, "quarantined": load.quarantined,
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
    load.batches.update(live=live)
    before, after = ("closed", "open") if live else ("open", "closed")
    load.refused.filter(state=before).update(state=after)
    if RECORDS[load.source.kind].personal:
        names = load.source.people.filter(batch__load=load).values_list("source_key", flat=True)
        people.choose_newest(load.source, names)


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

    def run(self) -> None:
        """Stage, check, take in; from the last committed batch on."""
        self._begin()
        if self._same_file():
            return
        size = self.load.bytes
        staged = stage(self.definition, self.upload, self.folder,
                       tick=lambda done: self.running.progress(min(done, size), size or None, READING))  # fmt: skip
        refuse_unfit(self.definition, staged.columns)
        sorter = Sorter(self.definition, terms_of(self.definition), live_index(self.source, without=self.load.pk))
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
            self.load.state, self.load.definition, self.load.error = "running", mark, None
            self.load.started_at = self.load.started_at or datetime.now(UTC)
            self.load.job_id = self.running.job_id or self.load.job_id
            self.load.save()

    def _same_file(self) -> bool:
        """Whether the source's latest rows are those of this very file, read in the same way: then nothing is to do."""
        if not self.load.sha256 or self.load.batches.exists():
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
        found = sorter.sort(rows)
        bad = np.flatnonzero(found.checked.reason)
        if self.load.quarantined + len(bad) > QUARANTINE_MOST:
            raise TooMuch(
                "More than {limit} rows do not fit the source's description. Check its mapping and formats.",
                limit=QUARANTINE_MOST,
            )
        refused = self._refused_rows(rows, found, bad) if len(bad) else []
        counts = Counts(int(found.load.sum()), int(found.unchanged.sum()), len(bad))
        return self._known_dropped(Outcome(rows.num_rows, counts, refused, found))

    def _refused_rows(self, rows: pa.Table, found: Sorted, bad: Any) -> list[Quarantined]:
        fields = self.definition.fields()
        refused = []
        for place, raw in zip(bad, rows.take(pa.array(bad)).to_pylist(), strict=True):
            line = raw.pop(LINE)
            shown = {name: without_resident_numbers(text or "")[:CELL_SHOWN] for name, text in raw.items()}
            refused.append(
                Quarantined(load=self.load, source=self.source, line=line, raw=shown,
                            raw_hash=keys.text_hash(shown, self.source.code),
                            reason=REASON_OF[int(found.checked.reason[place])],
                            field=fields[int(found.checked.place[place])].name)
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
                read=outcome.read, rows=counts.loaded, replaces=outcome.sorted.replaces if outcome.sorted else 0,
            )  # fmt: skip
            Quarantined.objects.bulk_create(outcome.refused, batch_size=CHUNK)
            if self.record.personal and counts.loaded and outcome.sorted is not None:
                chosen = pa.array(outcome.sorted.load)
                columns = {name: values.filter(chosen) for name, values in outcome.sorted.checked.columns.items()}
                people.write(batch, columns, outcome.sorted.contents[outcome.sorted.load])
            Load.objects.filter(pk=self.load.pk).update(
                read=F("read") + outcome.read, loaded=F("loaded") + counts.loaded,
                unchanged=F("unchanged") + counts.unchanged, quarantined=F("quarantined") + counts.quarantined,
            )  # fmt: skip
        self.load.quarantined += counts.quarantined

    def _write(self, number: int, found: Sorted) -> tuple[str, str]:
        chosen = pa.array(found.load)
        columns = {name: values.filter(chosen) for name, values in found.checked.columns.items()}
        return write_batch(self.source, f"{self.load.pk:08d}-{number:05d}", columns, found.line_keys[found.load],
                           found.contents[found.load])  # fmt: skip

    def _end(self, staged: Staged) -> None:
        used = " ".join(self.definition.mapping.values())
        unused = [name for name in staged.columns if name not in used]
        notes = [{"template": NOTES[note], "params": {}} for note in staged.notes]
        if unused:
            notes.append({"template": NOTES["unmapped"], "params": {"columns": ", ".join(unused[:20])}})
        self.load.refresh_from_db()
        self.load.notes = notes
        if staged.found.get("watermark"):
            Source.objects.filter(pk=self.source.pk).update(watermark=staged.found["watermark"])
        self._close()

    def _close(self) -> None:
        self.load.state = "done"
        self.load.seconds += time.monotonic() - self.started
        self.load.finished_at = datetime.now(UTC)
        with transaction.atomic():
            self.load.save()
        if self.upload is not None:
            self.upload.unlink(missing_ok=True)


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
