"""Score all customers at every month end, publish a scheme, rewrite a strategy."""

import tempfile
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from ibis.expr.types import Table

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.period import month_ends
from dangol.customers.identify import actions as identify
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score import rules, tables
from dangol.insight.score.models import Scheme, StrategyText
from dangol.insight.score.reads import store
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

HISTORY_MONTHS = 13  # a year and the same month of the year before
MONTH_COLUMNS = ("customer_id", "as_of", "recency_days", "frequency", "monetary", "r", "f", "m", "score", "segment")


def run(running: Running) -> dict[str, Any]:
    """Score every customer on the newest warehouse snapshot: today and at the ends of the last months.

    All months are scored with the same cut points, those of the scheme's version, so that a customer who moves between
    segments has really changed, and was not pushed by others. Writes a snapshot of scores and publishes each
    customer's standing. Returns snapshot, customers, months, version, and `reused` where nothing had changed.
    Raises NotFound without a warehouse, Cancelled.
    """
    source, _newest = warehouse.current()
    if not source.facts.get("first_day") or not source.facts.get("as_of"):
        return {"snapshot": None, "customers": 0, "months": 0, "version": 0, "reused": False}
    stored = _scheme_in_force()
    with fresh() as engine, tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
        work = _Scoring(engine, source, rules.from_dict(stored.definition), Path(scratch), running)
        if not work.scheme.is_ready:
            work.scheme = _keep_cut_points(stored, work.compute_cut_points(), work.as_of)
        reused = work.write()
        customers = work.publish()
    return {"snapshot": work.snapshot_id, "customers": customers, "months": len(work.ends),
            "version": stored.version, "reused": reused}  # fmt: skip


def scoring_days(first_day: date, as_of: date) -> list[date]:
    """The days customers are scored on: the latest month ends since the first purchase, and as_of."""
    ends = [end for end in month_ends(first_day, as_of) if end != as_of]
    return [*ends, as_of][-HISTORY_MONTHS:]


def _scratch() -> Path:
    folder: Path = settings.DANGOL.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Scoring:
    """One run: the lines are read once, into purchases per customer between the days that matter."""

    def __init__(
        self, engine: Engine, source: Snapshot, scheme: rules.RfmScheme, scratch: Path, running: Running
    ) -> None:
        self.engine, self.source, self.scheme, self.scratch, self.running = engine, source, scheme, scratch, running
        self.as_of = date.fromisoformat(source.facts["as_of"])
        self.ends = scoring_days(date.fromisoformat(source.facts["first_day"]), self.as_of)
        self.cuts = tables.breaks(self.ends, scheme.window_days)
        self.snapshot_id = ""
        self._parts: Table | None = None

    @property
    def parts(self) -> Table:
        """Purchases per customer and piece of time, written once and read for every month."""
        if self._parts is None:
            self.running.progress(0, len(self.ends) + 2)
            path = self.scratch / "pieces.parquet"
            lines = warehouse.table(self.engine, self.source, "sales_lines")
            self.engine.write(tables.pieces(lines, self.cuts), path)
            self._parts = self.engine.table([path])
        return self._parts

    def compute_cut_points(self) -> rules.RfmScheme:
        """The scheme with cut points from today's customers."""
        spent = tables.spend_at(self.parts, self.cuts, self.as_of, self.scheme.window_days)
        return tables.with_computed(self.engine, spent, self.as_of, self.scheme)

    def write(self) -> bool:
        """Write the snapshot of scores unless the same one is there and whole; returns whether it was."""
        self.snapshot_id = f"{self.source.id}-rfm{self.scheme.version:04d}"
        place = store()
        if place.pointer() == self.snapshot_id and place.current()[0].id == self.snapshot_id:
            return True
        with place.draft(self.snapshot_id) as draft:
            draft.facts = self._facts()
            months = self._write_months(draft)
            everything = self.engine.table(months)
            path = draft.place("history")
            in_order = everything.order_by("customer_id")
            draft.add("history", path, self.engine.write(in_order, path, group_rows=GROUP_ROWS))
            path = draft.place("segment_sizes")
            draft.add("segment_sizes", path, self.engine.write(tables.segment_sizes(everything), path))
            for earlier, later in pairwise(months):
                path = draft.place("migration")
                moved = tables.migration(self.engine.table([earlier]), self.engine.table([later]))
                draft.add("migration", path, self.engine.write(moved, path))
        return False

    def _facts(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "first_day": self.source.facts["first_day"],
            "months": [end.isoformat() for end in self.ends],
            "scheme": self.scheme.as_dict(),
            "warehouse": self.source.id,
        }

    def _write_months(self, draft: Any) -> list[Path]:
        """One file a month end, in the order of `months`."""
        written = []
        scores = tables.history(self.parts, self.cuts, self.ends, self.scheme)
        for done, (_end, table) in enumerate(scores.items(), start=1):
            self.running.progress(done, len(self.ends) + 2)
            path = draft.place("rfm")
            draft.add("rfm", path, self.engine.write(table.select(*MONTH_COLUMNS), path))
            written.append(path)
        return written

    def publish(self) -> int:
        """Publish each customer's standing; returns how many customers there are."""
        self.running.progress(len(self.ends) + 1, len(self.ends) + 2)
        last = list(tables.history(self.parts, self.cuts, self.ends[-2:], self.scheme).values())
        rows = self.engine.arrow(tables.standings(last[-1], last[0] if len(last) > 1 else None))
        identify.publish_standings(rows, snapshot=self.snapshot_id, as_of=self.as_of, running=self.running)
        return int(rows.num_rows)


def _scheme_in_force() -> Scheme:
    newest = Scheme.objects.filter(channel=None).order_by("-version").first()
    return newest or Scheme.objects.create(version=1, definition=_versioned(rules.DEFAULT, 1).as_dict(), by=system())


def _versioned(scheme: rules.RfmScheme, version: int) -> rules.RfmScheme:
    return rules.from_dict({**scheme.as_dict(), "version": version})


def _keep_cut_points(stored: Scheme, ready: rules.RfmScheme, as_of: date) -> rules.RfmScheme:
    """Write down the cut points of a version, once: a run that comes second takes over those of the first."""
    Scheme.objects.filter(pk=stored.pk, cut_on=None).update(definition=ready.as_dict(), cut_on=as_of)
    stored.refresh_from_db()
    return rules.from_dict(stored.definition)


def save_scheme(*, by: Member, scheme: rules.RfmScheme) -> tuple[int, int]:
    """Publish a scheme as the next version and queue the scoring; quantile cut points are computed anew for it.

    Returns the version and the id of the job. Raises NotAllowed, Conflict when somebody published at the same time.
    """
    require(by, Right.INSIGHT_EDIT)
    version = _scheme_in_force().version + 1
    return _publish(by, version, _versioned(scheme.without_computed(), version).as_dict(), None)


def use_scheme_again(*, by: Member, version: int) -> tuple[int, int]:
    """Publish an earlier version once more, with the cut points it had, and queue the scoring.

    Returns the new version and the id of the job. Raises NotAllowed, NotFound, Conflict (it is in force, or somebody
    published at the same time).
    """
    require(by, Right.INSIGHT_EDIT)
    newest, old = _scheme_in_force(), Scheme.objects.filter(channel=None, version=version).first()
    if old is None:
        raise NotFound("There is no version {version} of the scheme.", version=version)
    if old.version == newest.version:
        raise Conflict("This version is in force already.")
    definition = _versioned(rules.from_dict(old.definition), newest.version + 1).as_dict()
    return _publish(by, newest.version + 1, definition, old.cut_on)


def _publish(by: Member, version: int, definition: dict[str, Any], cut_on: date | None) -> tuple[int, int]:
    """Write down a version and queue its scoring. Raises Conflict."""
    try:
        with transaction.atomic():
            Scheme.objects.create(version=version, definition=definition, cut_on=cut_on, by=by)
    except IntegrityError:
        raise Conflict("Somebody else published a scheme a moment ago. Look at it before you publish yours.") from None
    return version, enqueue(kind="score.run", arguments={}, by=by, unique_key=f"score.run:{version}")


def set_strategy(*, by: Member, code: str, language: str, name: str, aim: str, text: str) -> None:
    """Rewrite a segment's name and strategy in one language; with all three empty the default comes back.

    Raises NotAllowed, BadInput.
    """
    require(by, Right.INSIGHT_EDIT)
    if code not in rules.STRATEGIES:
        raise BadInput("There is no segment {code}. The segments are {known}.", field="code", code=code,
                       known=", ".join(rules.SEGMENTS))  # fmt: skip
    given = _strategy_texts(name=name, aim=aim, text=text)
    StrategyText.objects.create(code=code, language=language[:2], by=by, **given)


def _strategy_texts(**given: str) -> Mapping[str, str]:
    given = {field: " ".join(value.split()) for field, value in given.items()}
    longest = {"name": 40, "aim": 80, "text": 600}
    for field, most in longest.items():
        if len(given[field]) > most:
            raise BadInput("This may have at most {most} characters.", field=field, most=most)
    if any(given.values()) and not all(given.values()):
        empty = next(field for field in longest if not given[field])
        raise BadInput("Fill in all three: name, aim and text.", field=empty)
    return given
