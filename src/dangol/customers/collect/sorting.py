"""Tells new, changed, unchanged and refused rows of a source apart."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from dangol.base.errors import BadInput
from dangol.base.identifiers import content_hash
from dangol.base.money import currency
from dangol.base.period import company_day
from dangol.customers.collect import keys, people, places
from dangol.customers.collect.columns import Checked, Terms, check
from dangol.customers.collect.models import Batch, Source
from dangol.customers.collect.rules import CODES, RECORDS, Definition, parts


def definition_of(source: Source) -> Definition:
    """What decides how the source's rows are read."""
    options = {str(name): str(value) for name, value in source.options.items()}
    if source.watermark:
        options["since"] = source.watermark
    return Definition(
        source.code, source.system, source.kind, source.reader, source.mapping, source.constants, tuple(source.key),
        options,
    )  # fmt: skip


def fingerprint(definition: Definition) -> str:
    """A hash of what decides how rows are read; equal files under equal fingerprints give equal rows."""
    options = {name: value for name, value in definition.options.items() if name not in ("since", "connection")}
    return content_hash({
        "kind": definition.kind, "reader": definition.reader, "mapping": definition.mapping, "options": options,
        "constants": definition.constants, "key": list(definition.key), "system": definition.system,
    })  # fmt: skip


def terms_of(definition: Definition, *, own: bool = False) -> Terms:
    """How values are read today. own: the loop's own events carry the technical clock even where `today` is fixed."""
    options = settings.DANGOL
    clock = company_day(datetime.now(UTC), options.zone)
    today = options.today or clock
    return Terms(
        zone=ZoneInfo(definition.options.get("zone") or options.time_zone),
        company=options.zone,
        today=max(today, clock) if own else today,
        digits=currency(options.currency).digits,
        decimal=definition.options.get("decimal", "."),
        order=definition.options.get("date_order", "ymd"),
    )


@dataclass
class Sorted:
    """What becomes of a batch's rows. load, unchanged: masks. replaces: how many stand in for earlier ones."""

    checked: Checked
    contents: keys.Hashes
    line_keys: keys.Hashes
    load: npt.NDArray[np.bool_]
    unchanged: npt.NDArray[np.bool_]
    replaces: int


class Sorter:
    """Tells new, changed, unchanged and refused rows apart, batch after batch of one file."""

    def __init__(self, definition: Definition, terms: Terms, live: keys.Seen) -> None:
        self.definition = definition
        self.terms = terms
        self.live = live
        self.here = keys.Seen()
        self.space = definition.code
        self.names = [field.name for field in definition.fields()]

    def sort(self, rows: pa.Table) -> Sorted:
        """Check rows and compare them with what is there already."""
        checked = check(rows, self.definition, self.terms)
        contents = keys.row_hashes(checked.columns, self.names, self.space)
        if self.definition.key:
            return self._by_key(checked, contents)
        good = checked.reason == 0
        line_keys = np.zeros(len(contents), np.uint64)
        line_keys[good] = keys.with_ordinals(contents[good], self.here)
        known, _values = self.live.find(line_keys)
        return Sorted(checked, contents, line_keys, good & ~known, good & known, 0)

    def _by_key(self, checked: Checked, contents: keys.Hashes) -> Sorted:
        line_keys = keys.row_hashes(checked.columns, self.definition.key, self.space)
        good = np.flatnonzero(checked.reason == 0)
        distinct, firsts, which = np.unique(line_keys[good], return_index=True, return_inverse=True)
        before, said = self.here.find(distinct)
        first_contents = np.where(before, said, contents[good][firsts])
        again = before[which] | (firsts[which] != np.arange(len(good)))
        same = first_contents[which] == contents[good]
        checked.reason[good[again & ~same]] = CODES["duplicate_key"]
        checked.place[good[again & ~same]] = self.names.index(self.definition.key[0])
        self.here.put(distinct, first_contents)
        known, live_contents = self.live.find(line_keys[good])
        equal = known & (live_contents == contents[good])
        load, unchanged = np.zeros(len(contents), bool), np.zeros(len(contents), bool)
        load[good] = ~again & ~equal
        unchanged[good] = (again & same) | (~again & equal)
        return Sorted(checked, contents, line_keys, load, unchanged, int((~again & known & ~equal).sum()))


def live_index(source: Source, *, without: int | None = None) -> keys.Seen:
    """Content hashes by line key of the source's live rows; the newest of a key counts."""
    if RECORDS[source.kind].personal:
        return people.index(source)
    seen = keys.Seen()
    batches = Batch.objects.filter(source=source, live=True, rows__gt=0).order_by("pk")
    batches = batches.exclude(load_id=without) if without is not None else batches
    found = [
        pq.read_table(places.raw() / path, columns=["line_key", "content_hash"], use_threads=False)
        for path in batches.values_list("path", flat=True)
    ]
    if found:
        table = pa.concat_tables(found)
        seen.put(table["line_key"].to_numpy().view(np.uint64), table["content_hash"].to_numpy().view(np.uint64))
    return seen


def refuse_unfit(definition: Definition, columns: list[str]) -> None:
    """Raises BadInput where the file lacks a column the source's description names."""
    for column in definition.mapping.values():
        for part in parts(column, columns):
            if part not in columns:
                raise BadInput(
                    "The file has no column “{column}”. It has: {columns}. Choose the right file, or change the "
                    "source's mapping.",
                    field="mapping",
                    column=part,
                    columns=", ".join(columns[:30]),
                )
