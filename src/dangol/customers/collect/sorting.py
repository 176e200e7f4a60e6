"""Tells new, changed, unchanged and refused rows of a source apart."""

from dataclasses import dataclass, field
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
from dangol.customers.collect.cleaning import clean
from dangol.customers.collect.columns import Checked, Terms, check
from dangol.customers.collect.habits import Habits
from dangol.customers.collect.matching import Matcher
from dangol.customers.collect.models import Batch, Person, Source
from dangol.customers.collect.rules import CODES, Counts, Definition, parts

Mask = npt.NDArray[np.bool_]


def definition_of(source: Source) -> Definition:
    """What decides how the source's rows are read."""
    options = {str(name): str(value) for name, value in source.options.items()}
    if source.watermark:
        options["since"] = source.watermark
    return Definition(
        source.code, source.system, source.kind, source.reader, source.mapping, source.constants, tuple(source.key),
        options, tuple(source.cleaning),
    )  # fmt: skip


def fingerprint(definition: Definition) -> str:
    """A hash of what decides how rows are read; equal files under equal fingerprints give equal rows."""
    options = {name: value for name, value in definition.options.items() if name not in ("since", "connection")}
    return content_hash({
        "kind": definition.kind, "reader": definition.reader, "mapping": definition.mapping, "options": options,
        "constants": definition.constants, "key": list(definition.key), "system": definition.system,
        "cleaning": list(definition.cleaning),
    })  # fmt: skip


def terms_of(definition: Definition, habits: Habits | None = None, *, own: bool = False) -> Terms:
    """How values are read today. habits: what was decided from the values of the file. own: the loop's own events carry
    the technical clock even where `today` is fixed.
    """
    options = settings.DANGOL
    clock = company_day(datetime.now(UTC), options.zone)
    today = options.today or clock
    return Terms(
        zone=ZoneInfo(definition.options.get("zone") or options.time_zone),
        company=options.zone,
        today=max(today, clock) if own else today,
        digits=currency(options.currency).digits,
        decimal=definition.options.get("decimal") or (habits.decimal if habits else "."),
        order=definition.options.get("date_order") or "ymd",
        orders=habits.orders if habits else {},
        unfit=definition.unfit,
    )


@dataclass
class Sorted:
    """What becomes of a batch's rows. load, unchanged, skipped: masks; skipped rows are among the unchanged.

    replaces: how many stand in for earlier ones. versions: those of people, in the order of the rows loaded.
    """

    checked: Checked
    contents: keys.Hashes
    line_keys: keys.Hashes
    load: Mask
    unchanged: Mask
    replaces: int
    skipped: int = 0
    versions: list[people.Version] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The rows counted."""
        refused = int((self.checked.reason != 0).sum())
        return Counts(int(self.load.sum()), int(self.unchanged.sum()), refused, self.replaces, self.skipped)


class Sorter:
    """Tells new, changed, unchanged and refused rows apart, batch after batch of one file."""

    def __init__(self, definition: Definition, terms: Terms, live: keys.Seen) -> None:
        self.definition = definition
        self.terms = terms
        self.live = live
        self.here = keys.Seen()
        self.space = definition.code
        self.names = [one.name for one in definition.fields()]

    def sort(self, rows: pa.Table) -> Sorted:
        """Check rows and compare them with what is there already."""
        checked = check(clean(rows, self.definition.cleaning), self.definition, self.terms)
        contents = keys.row_hashes(checked.columns, self.names, self.space)
        if self.definition.key:
            return self._by_key(checked, contents)
        good = checked.reason == 0
        line_keys = np.zeros(len(contents), np.uint64)
        line_keys[good] = keys.with_ordinals(contents[good], self.here)
        known, _values = self.live.find(line_keys)
        return Sorted(checked, contents, line_keys, good & ~known, good & known, 0)

    def _by_key(self, checked: Checked, contents: keys.Hashes) -> Sorted:
        line_keys, good, again, same = self._repeated(checked, contents)
        known, live_contents = self.live.find(line_keys[good])
        equal = known & (live_contents == contents[good])
        left_out = ~again & ~equal & self._left_out(known)
        load, unchanged = np.zeros(len(contents), bool), np.zeros(len(contents), bool)
        load[good] = ~again & ~equal & ~left_out
        unchanged[good] = (again & same) | (~again & equal) | left_out
        replaces = int((~again & known & ~equal & ~left_out).sum())
        return Sorted(checked, contents, line_keys, load, unchanged, replaces, int(left_out.sum()))

    def _left_out(self, known: Mask) -> Mask:
        """Rows that the mode leaves out."""
        mode = self.definition.mode
        return known if mode == "create" else ~known if mode == "update" else np.zeros(len(known), bool)

    def _repeated(
        self, checked: Checked, contents: keys.Hashes
    ) -> tuple[keys.Hashes, npt.NDArray[np.int64], Mask, Mask]:
        """Line keys; places of the good rows; which of them repeat a key of this file, and with the same content."""
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
        return line_keys, good, again, same


class PeopleSorter(Sorter):
    """The same for people: compared and merged with the versions kept. Its memory does not grow with them."""

    def __init__(self, source: Source, definition: Definition, terms: Terms) -> None:
        super().__init__(definition, terms, keys.Seen())
        self.source = source
        self.matcher = Matcher(definition) if definition.match_by else None
        self.overwrite = [name for name in definition.options.get("overwrite", "").split(",") if name]
        self.erase = definition.options.get("empty") == "erase"
        self.nobody = not Person.objects.filter(source__system=source.system, newest=True).exists()

    def _by_key(self, checked: Checked, contents: keys.Hashes) -> Sorted:
        if self.matcher is not None:
            self._match(self.matcher, checked)
        line_keys, good, again, same = self._repeated(checked, contents)
        chosen = good[~again]
        named = checked.columns[people.KEY].take(pa.array(chosen)).to_pylist()
        known = {} if self.nobody else people.former(self.source, named)
        rows = pa.table(checked.columns).take(pa.array(chosen)).to_pylist()
        load, unchanged = np.zeros(len(contents), bool), np.zeros(len(contents), bool)
        unchanged[good[again & same]] = True
        versions: list[people.Version] = []
        replaces = skipped = 0
        for place, name, row in zip(chosen, named, rows, strict=True):
            before = known.get(name)
            one = people.version(name, row, before.fields if before else None, self.overwrite, erase=self.erase)
            out = self.definition.mode == ("create" if before else "update")
            if out or one.before == one.fields:
                unchanged[place] = True
                skipped += out
                continue
            load[place] = True
            replaces += before is not None
            versions.append(one)
        return Sorted(checked, contents, line_keys, load, unchanged, replaces, skipped, versions)

    def _match(self, matcher: Matcher, checked: Checked) -> None:
        """Give rows without a key that of the person they mean."""
        names = checked.columns[people.KEY].to_pylist()
        wanted = np.flatnonzero((checked.reason == 0) & np.array([name is None for name in names], bool))
        if not len(wanted):
            return
        place = self.names.index(matcher.names[0]) if matcher.names[0] in self.names else 0
        for row, key, why in zip(wanted, *matcher.find(checked.columns, wanted), strict=True):
            names[row] = key
            if why:
                checked.reason[row], checked.place[row] = CODES[why], place
        checked.columns[people.KEY] = pa.array(names, pa.string())


def sorter_of(source: Source, definition: Definition, terms: Terms, *, without: int | None = None) -> Sorter:
    """What tells a source's rows apart. without: a load whose rows do not count as being there."""
    if definition.record.personal:
        return PeopleSorter(source, definition, terms)
    return Sorter(definition, terms, live_index(source, without=without))


def live_index(source: Source, *, without: int | None = None) -> keys.Seen:
    """Content hashes by line key of the source's live rows; the newest of a key counts."""
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
