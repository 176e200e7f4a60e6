"""The whole loop as a list of named steps: read this first.

collect -> identify -> privacy -> quality -> warehouse -> score -> lifetime -> (plan, approve, launch: people) ->
evaluate -> knowledge -> collect ...

Loading a source and launching a campaign are started by people or schedules; everything between is this list, in this
order. Each step is idempotent, so a cycle that was cut off is simply run again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol import profile
from dangol.campaigns.evaluate import actions as evaluate
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as launches
from dangol.campaigns.knowledge import actions as knowledge
from dangol.campaigns.plan import actions as plan
from dangol.customers.collect.feeds import events
from dangol.customers.identify import actions as identify
from dangol.customers.quality import actions as quality
from dangol.insight.analysis import actions as analysis
from dangol.insight.score import actions as score
from dangol.insight.score.groups import actions as groups
from dangol.insight.score.index import actions as customer_index
from dangol.insight.score.lifetime import actions as lifetime
from dangol.insight.segments import actions as segments
from dangol.insight.warehouse import actions as warehouse
from dangol.privacy import actions as privacy
from dangol.work import actions as work
from dangol.work.actions import Quiet, Running, enqueue
from dangol.work.schedules import actions as schedules

Report = dict[str, Any]
KEEP_JOBS_DAYS = 90


@dataclass(frozen=True)
class Step:
    """One step: its name, what it does in the user's words, and the verb that does it."""

    name: str
    label: str
    run: Callable[[Running], Report | None]


def _segments(running: Running) -> Report:
    """Segments know who was kept in a control group from the room that drew them, which lies above theirs."""
    return segments.run(running, launches.controls())


STEPS = (
    Step("clicks", N_("Carry clicks to the sources"), execute.record_clicks),
    Step("events", N_("Gather web events"), events.gather),
    Step("identify", N_("Give every record its customer"), identify.link),
    Step("privacy", N_("Take over consents, watch over guardians and retention"), privacy.keep),
    Step("linkage", N_("Find customers who are one person"), identify.find),
    Step("quality", N_("Measure the quality of the customer base"), quality.measure),
    Step("warehouse", N_("Write a new snapshot of the warehouse"), warehouse.refresh),
    Step("score", N_("Score customers and publish their standing"), score.run),
    Step("lifetime", N_("Work out what customers are worth from here on"), lifetime.run),
    Step("groups", N_("Count customers by their groups"), groups.keep),
    Step("index", N_("Count the customer index"), customer_index.keep),
    Step("segments", N_("Work out the segments people built"), _segments),
    Step("profile", N_("Lay purchases down by customer"), profile.publish),
    Step("boards", N_("Work out what the home page tells"), analysis.publish),
    Step("knowledge", N_("Keep what past campaigns show"), knowledge.keep_past),
    Step("evaluate", N_("Judge campaigns whose window is over"), evaluate.judge_due),
)


class _Part(Quiet):
    """A step's share of the cycle's progress."""

    def __init__(self, whole: Running, index: int, label: str) -> None:
        super().__init__(by=whole.by)
        self.whole, self.index, self.label = whole, index, label

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        share = min(done / total, 1) if total else 0
        self.whole.progress(int(100 * (self.index + share)), 100 * len(STEPS), note or self.label)


def run(running: Running) -> Report:
    """Run every step. Returns {step: {seconds, ...what the step reported}}. Raises what a step raises."""
    report: Report = {}
    for index, step in enumerate(STEPS):
        running.progress(100 * index, 100 * len(STEPS), step.label)
        began = time.perf_counter()
        said = step.run(_Part(running, index, step.label)) or {}
        report[step.name] = {"seconds": round(time.perf_counter() - began, 2)} | said
    running.progress(100 * len(STEPS), 100 * len(STEPS), "")
    return report


def run_job(running: Running) -> Report:
    """The job `cycle.run`."""
    return run(running)


def keep_house(running: Running) -> Report:
    """The job `cycle.housekeeping`: forget traces of work. What laws ask for, `privacy` keeps and destroys.

    Returns what was removed.
    """
    now = datetime.now(UTC)
    before = now - timedelta(days=KEEP_JOBS_DAYS)
    running.progress(0, None, N_("Removing what is no longer needed"))
    return {
        "jobs": work.prune(before=before),
        "runs": schedules.prune(before=before),
        "web_events": events.prune(now=now),
        "lists": segments.prune(now=now),
        "frozen": plan.sweep(before=now - timedelta(days=1)),
    }


def start(*, by: Any) -> int:
    """Queue a cycle; while one is queued or running, its id is returned instead."""
    return enqueue(kind="cycle.run", arguments={}, by=by, unique_key="cycle.run")
