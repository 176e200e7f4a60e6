"""Launch an approved plan: who is in which group is decided once, then written down in small steps."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.base.errors import BadInput, Cancelled, Conflict, Damaged
from dangol.base.identifiers import file_hash
from dangol.base.identifiers import token as new_token
from dangol.campaigns.execute import reads, rules
from dangol.campaigns.execute.models import Run, Target
from dangol.campaigns.plan import actions as planning
from dangol.campaigns.plan import reads as plan
from dangol.channels import actions as ledger
from dangol.channels import reads as channels
from dangol.customers.consent.rules import Permit
from dangol.customers.identify import reads as identify
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

CHUNK = 1000  # people written in one transaction: others wait for some hundredths of a second, whatever the size
FOLDER = "launches"
LEFT_SECONDS = 3600
SPLIT = pa.schema([
    ("customer_id", pa.int64()), ("cell", pa.string()), ("reason", pa.string()), ("consent_id", pa.int64()),
    ("given_at", pa.timestamp("us", "UTC")), ("text_version", pa.string()),
])  # fmt: skip


def launch(
    *, by: Any, plan_id: int, content_hash: str = "", per_second: float = 0, start: bool = True
) -> reads.RunView:
    """Launch an approved plan: draw the control group, freeze the targets, write the messages to the ledger.

    content_hash: what the launcher saw approved; empty takes the approved one. Who is in which cell, and by which
    permit, is decided here, once, and kept under its hash; the first people are written in this very transaction, the
    others by the job that sends, in small steps that go on after any crash (state `launching`). Sending is queued as a
    job (unless `start` is false: the caller then runs run_send). Raises Conflict for any content but the approved,
    BadInput when nobody is left.
    """
    require(by, Right.CAMPAIGNS_LAUNCH)
    view = plan.plan(by, plan_id)
    found = reads.split(view.content) if view.approved else None
    if found is not None and not any(cell == rules.TARGET for cell, _reason in found.cells.values()):
        raise BadInput("Nobody this campaign aims at can be reached, so there is nothing to launch.")
    kept = _keep(found) if found is not None else None
    try:
        with transaction.atomic():
            content = planning.mark_launched(by=by, plan_id=plan_id, content_hash=content_hash or view.approved_hash)
            if found is None or kept is None or content != view.content:
                raise Conflict("The plan was changed meanwhile. Load the page again.")
            run = _run(by, view, found, per_second, kept)
            _Freezing(run).step()
            if start:
                run.job_id = enqueue_send(run, by)
                run.save(update_fields=["job_id"])
            note_access(
                by=by, verb="change", what="campaign.launch", count=len(found.cells), detail={"run": run.pk}
            )  # fmt: skip
    except BaseException:
        if kept is not None:
            kept.unlink(missing_ok=True)
        raise
    launched = reads.run(by, run.pk)
    if launched.state != rules.LAUNCHING:
        kept.unlink(missing_ok=True)
    return launched


def enqueue_send(run: Run, by: Any) -> int:
    """Queue the job that freezes what is not frozen yet and sends; its id, or that of the one already queued."""
    return enqueue(kind="execute.send", arguments={"run_id": run.pk}, by=by, unique_key=f"execute.send:{run.pk}")


def _run(by: Any, view: plan.PlanView, found: reads.Split, per_second: float, kept: Path) -> Run:
    return Run.objects.create(
        plan_id=view.id, campaign_key=view.key, name=view.name, content=view.content, content_hash=view.hash,
        snapshot=found.snapshot, approved_by=view.approved.by if view.approved else "", starts_on=found.starts_on,
        ends_on=found.starts_on + timedelta(days=view.content["window_days"] - 1), per_second=per_second, by=by,
        state=rules.LAUNCHING, aimed=len(found.cells), split_file=kept.name, split_sha256=file_hash(kept),
    )  # fmt: skip


def _folder() -> Path:
    """Where the split of a launch lies until all of it is in the database: ids and permits, no names or addresses."""
    folder: Path = settings.DANGOL.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(found: reads.Split) -> Path:
    """Write down who is in which cell by which permit, in order of customer."""
    _remove_left()
    ids = sorted(found.cells)
    permits = [found.reach.people[one][0] if one in found.reach.people else None for one in ids]
    table = pa.table(
        [
            ids,
            [found.cells[one][0] for one in ids],
            [found.cells[one][1] for one in ids],
            [permit.consent_id if permit else None for permit in permits],
            [permit.given_at if permit else None for permit in permits],
            [permit.text_version if permit else None for permit in permits],
        ],
        schema=SPLIT,
    )
    path = _folder() / f"{new_token()}.parquet"
    pq.write_table(table, path, compression="zstd")
    return path


def _remove_left() -> None:
    """Remove splits that no launch needs any more: of launches that failed, or were killed before they began."""
    needed = set(Run.objects.filter(state=rules.LAUNCHING).values_list("split_file", flat=True))
    for path in _folder().glob("*.parquet"):
        if path.name not in needed and time.time() - path.stat().st_mtime > LEFT_SECONDS:
            path.unlink(missing_ok=True)


def freeze(running: Running, run: Run) -> None:
    """Write all the people of a launch that are not written yet, in small transactions.

    Each step is whole: people and their messages stand together or not at all, so that a launch that was cut off goes
    on behind the last person written, with the same people in the same cells. Ends without a word where the campaign
    was stopped. Raises Cancelled where another process is at it, Damaged where the split is not what was decided.
    """
    work = _Freezing(run)
    while work.step():
        running.progress(work.done, run.aimed)
    work.path.unlink(missing_ok=True)


class _Freezing:
    """The split of one launch on its way into the database."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.path = _folder() / run.split_file
        if not self.path.is_file() or file_hash(self.path) != run.split_sha256:
            raise Damaged("The list of people of this launch is damaged. Stop it, copy the plan and launch the copy.")
        self.split = pq.read_table(self.path)
        self.ids = self.split["customer_id"].to_numpy()
        self.channel = channels.channel(run.content["channel"])
        with override(run.content["language"]):
            self.unnamed = _("customer")
        self.done = 0

    def step(self) -> bool:
        """Write the next people; False when there is nothing left to write, or the campaign was stopped."""
        last = self._last()
        self.done = 0 if last is None else int(np.searchsorted(self.ids, last, side="right"))
        rows = self.split.slice(self.done, CHUNK).to_pylist()
        people = self._people(rows)
        with transaction.atomic():
            if Run.objects.select_for_update().filter(pk=self.run.pk, state=rules.LAUNCHING).first() is None:
                return False
            if self._last() != last:
                raise Cancelled("Another process is launching this campaign.")
            Target.objects.bulk_create(
                Target(run=self.run, customer_id=row["customer_id"], cell=row["cell"], reason=row["reason"])
                for row in rows
            )
            ledger.queue(campaign_key=self.run.campaign_key, step=rules.STEP, channel=self.channel, people=people)
            self.done += len(rows)
            if self.done < len(self.ids):
                return True
            Run.objects.filter(pk=self.run.pk).update(state=rules.SENDING)
        return False

    def _last(self) -> int | None:
        found: int | None = Target.objects.filter(run=self.run).aggregate(last=Max("customer_id"))["last"]
        return found

    def _people(self, rows: list[dict[str, Any]]) -> list[ledger.Person]:
        """The messages of these people. Whose address is gone since the draw stays in the cell and gets none."""
        targets = [row for row in rows if row["cell"] == rules.TARGET]
        known = identify.addressees([row["customer_id"] for row in targets])
        found = []
        for row in targets:
            name, address = known.get(row["customer_id"], ("", ""))
            if address and not self.channel.unfit(address):
                permit = Permit(row["customer_id"], row["consent_id"], row["given_at"], row["text_version"])
                found.append(ledger.Person(address=address, values={"name": name or self.unnamed}, permit=permit))
        return found
