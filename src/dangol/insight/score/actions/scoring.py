"""Score all customers at every month end, by the company's scheme and by those of channels."""

import tempfile
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from dangol.base.errors import BadInput, Damaged, NotFound
from dangol.base.period import month_ends
from dangol.customers.identify import actions as identify
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score import rules, tables
from dangol.insight.score.actions.classes import publish_classes
from dangol.insight.score.actions.days import MONTH_COLUMNS, forget_days, scratch
from dangol.insight.score.actions.schemes import in_force
from dangol.insight.score.models import Scheme
from dangol.insight.score.reads import store
from dangol.insight.score.reads.channels import with_scheme
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Quiet, Running, enqueue

HISTORY_MONTHS = 13  # a year and the same month of the year before


def run_job(running: Running, channel: str | None = None) -> dict[str, Any]:
    """The job `score.run`: score by a scheme that changed, then have counted anew what rests on scores. As `run`."""
    said = run(running, channel)
    enqueue(kind="index.count", arguments={}, by=running.by, unique_key="index.count:scores")
    return said


def run(running: Running, channel: str | None = None) -> dict[str, Any]:
    """Score every customer on the newest warehouse snapshot: today and at the ends of the last months.

    All months are scored with the same cut points, those of the scheme's version, so that a customer who moves between
    segments has really changed, and was not pushed by others. Writes a snapshot of scores for the company's scheme and
    for each channel that has one, and publishes each customer's standing by the company's. channel: a scheme of which
    alone is new ("" for the company's). Returns snapshot, customers, months, version, `reused` where nothing had
    changed, and channels: how many were scored by. Raises NotFound without a warehouse, Cancelled.
    """
    source, _newest = warehouse.current()
    if not source.facts.get("first_day") or not source.facts.get("as_of"):
        return {"snapshot": None, "customers": 0, "months": 0, "version": 0, "reused": False, "channels": 0}
    own = [] if channel == "" else [one.name for one in with_scheme() if channel in (None, one.name)]
    share = _Share(running, 1 + len(own) - bool(channel))
    said = {} if channel else _company(source, share)
    scored = [_by_channel(source, share, one) for one in own]
    publish_classes(source)
    for one in ("", *own):
        forget_days(one)
    return {**said, "channels": sum(scored)}


class _Share(Quiet):
    """Progress of the schemes one after another."""

    def __init__(self, whole: Running, parts: int) -> None:
        super().__init__(by=whole.by)
        self.whole, self.parts, self.done = whole, max(parts, 1), 0

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        of = total or 1
        self.whole.progress(self.done * of + done, self.parts * of, note)


def _company(source: Snapshot, share: _Share) -> dict[str, Any]:
    """Score by the company's scheme and publish the standings."""
    stored = in_force()
    with fresh() as engine, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        work = _Scoring(engine, source, rules.from_dict(stored.definition), Path(folder), share)
        if not work.scheme.is_ready:
            work.scheme = _keep_cut_points(stored, work.compute_cut_points(), work.as_of)
        reused = work.write()
        customers = work.publish()
    share.done += 1
    return {"snapshot": work.snapshot_id, "customers": customers, "months": len(work.ends),
            "version": stored.version, "reused": reused}  # fmt: skip


def _by_channel(source: Snapshot, share: _Share, channel: str) -> bool:
    """Score by a channel's scheme; False where nobody buys there any more."""
    stored = in_force(channel)
    with fresh() as engine, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        work = _Scoring(engine, source, rules.from_dict(stored.definition), Path(folder), share, channel=channel)
        try:
            if not work.is_written and not work.scheme.is_ready:
                work.scheme = _keep_cut_points(stored, work.compute_cut_points(), work.as_of)
        except BadInput:
            return False
        work.write()
    share.done += 1
    return True


def scoring_days(first_day: date, as_of: date) -> list[date]:
    """The days customers are scored on: the latest month ends since the first purchase, and as_of."""
    ends = [end for end in month_ends(first_day, as_of) if end != as_of]
    return [*ends, as_of][-HISTORY_MONTHS:]


class _Scoring:
    """One run: the lines are read once, into purchases per customer between the days that matter.

    Month ends whose purchases are those of the run before are taken over from it.
    """

    def __init__(
        self, engine: Engine, source: Snapshot, scheme: rules.RfmScheme, scratch: Path, running: Running,
        *, channel: str = "",
    ) -> None:  # fmt: skip
        self.engine, self.source, self.scheme, self.scratch, self.running = engine, source, scheme, scratch, running
        self.channel = channel
        self.as_of = date.fromisoformat(source.facts["as_of"])
        self.ends = scoring_days(date.fromisoformat(source.facts["first_day"]), self.as_of)
        self.snapshot_id = f"{source.id}-rfm{scheme.version:04d}"

    @cached_property
    def is_written(self) -> bool:
        """Whether this very snapshot of scores was there and whole when the run began."""
        place = store(self.channel)
        return place.pointer() == self.snapshot_id and place.current()[0].id == self.snapshot_id

    @cached_property
    def taken(self) -> dict[date, tuple[Path, int, str]]:
        """Month ends the run before scored by the same scheme and purchases: file, rows and SHA-256 of each."""
        try:
            before = store(self.channel).current()[0]
        except (NotFound, Damaged):
            return {}
        if rules.from_dict(before.facts["scheme"]) != self.scheme:
            return {}
        until = self._first_new_day(before.facts.get("lines", []))
        return {end: (path, before.file_rows[path.name], before.sha256[path.name])
                for end, path in zip(map(date.fromisoformat, before.facts["months"]), before.paths("rfm"), strict=True)
                if end < until and end in self.ends}  # fmt: skip

    def _first_new_day(self, known: list[str]) -> date:
        """From which day on purchases came that are not in these files; the first of all where one of them is gone."""
        here = self._line_files()
        new = [path for path in self.source.paths("sales_lines") if self.source.sha256[path.name] not in set(known)]
        if not known or len(here) != len(known) + len(new):
            return date.min
        [found] = self.engine.arrow(tables.first_day(self.engine.table(new))).to_pylist() if new else [{"day": None}]
        return min(found["day"] or self.as_of, self.as_of)

    def _line_files(self) -> list[str]:
        return sorted(self.source.sha256[path.name] for path in self.source.paths("sales_lines"))

    @cached_property
    def anew(self) -> list[date]:
        """The days to score, the newest among them: its standings are published."""
        return [end for end in self.ends if end == self.as_of or not (self.is_written or end in self.taken)]

    @cached_property
    def cuts(self) -> list[date]:
        """Between which days purchases are summed up."""
        return tables.breaks(self.anew, self.scheme.window_days)

    @cached_property
    def parts(self) -> Table:
        """Purchases per customer and piece of time, written once and read for every month."""
        self.running.progress(0, len(self.ends) + 2)
        path = self.scratch / "pieces.parquet"
        lines = warehouse.table(self.engine, self.source, "sales_lines")
        self.engine.write(tables.pieces(tables.of_channel(lines, self.channel), self.cuts), path)
        return self.engine.table([path])

    def compute_cut_points(self) -> rules.RfmScheme:
        """The scheme with cut points from today's customers."""
        spent = tables.spend_at(self.parts, self.cuts, self.as_of, self.scheme.window_days)
        return tables.with_computed(self.engine, spent, self.as_of, self.scheme)

    def write(self) -> bool:
        """Write the snapshot of scores unless the same one is there and whole; returns whether it was."""
        if self.is_written:
            return True
        with store(self.channel).draft(self.snapshot_id) as draft:
            draft.facts = self._facts()
            months = self._write_months(draft)
            path = draft.place("segment_sizes")
            sizes = tables.segment_sizes(self.engine.table(months))
            draft.add("segment_sizes", path, self.engine.write(sizes, path))
        return False

    def _facts(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "first_day": self.source.facts["first_day"],
            "months": [end.isoformat() for end in self.ends],
            "scheme": self.scheme.as_dict(),
            "channel": self.channel,
            "warehouse": self.source.id,
            "lines": self._line_files(),
        }

    def _write_months(self, draft: Any) -> list[Path]:
        """One file a month end, in the order of `months`, each in the order of customers, to look one up in."""
        scores = tables.history(self.parts, self.cuts, self.anew, self.scheme)
        written = []
        for done, end in enumerate(self.ends, start=1):
            self.running.progress(done, len(self.ends) + 2)
            path = draft.place("rfm")
            if end in scores:
                in_order = scores[end].select(*MONTH_COLUMNS).order_by("customer_id")
                draft.add("rfm", path, self.engine.write(in_order, path, group_rows=GROUP_ROWS))
            else:
                draft.copy("rfm", *self.taken[end])
            written.append(path)
        return written

    def publish(self) -> int:
        """Publish each customer's standing; returns how many customers there are."""
        self.running.progress(len(self.ends) + 1, len(self.ends) + 2)
        newest = tables.history(self.parts, self.cuts, [self.as_of], self.scheme)[self.as_of]
        earlier = store(self.channel).open(self.snapshot_id).paths("rfm")[:-1]
        before = self.engine.table(earlier[-1:]) if earlier else None
        rows = self.engine.arrow(tables.standings(newest, before))
        identify.publish_standings(rows, snapshot=self.snapshot_id, as_of=self.as_of, running=self.running)
        return int(rows.num_rows)


def _keep_cut_points(stored: Scheme, ready: rules.RfmScheme, as_of: date) -> rules.RfmScheme:
    """Write down the cut points of a version, once: a run that comes second takes over those of the first."""
    Scheme.objects.filter(pk=stored.pk, cut_on=None).update(definition=ready.as_dict(), cut_on=as_of)
    stored.refresh_from_db()
    return rules.from_dict(stored.definition)
