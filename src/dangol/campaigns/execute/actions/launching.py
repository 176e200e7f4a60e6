"""Launch an approved plan: who is in which group is decided once, then written down in small steps."""

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.base.errors import Cancelled, Conflict, Damaged
from dangol.base.identifiers import file_hash
from dangol.campaigns.execute import reads, rules
from dangol.campaigns.execute.actions.drawing import Split, folder, split
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


def launch(
    *, by: Any, plan_id: int, content_hash: str = "", per_second: float = 0, start: bool = True
) -> reads.RunView:
    """Launch an approved plan: draw the control group, freeze the targets, write the messages to the ledger.

    content_hash: what the launcher saw approved; empty takes the approved one. Who is in which cell, and by which
    permit, is decided once and kept under its hash: here, where the plan aims at few, and their first are written in
    this very transaction; for many by the job that sends (state `drawing`). That job writes the others in small steps
    that go on after any crash (state `launching`). Sending is queued as a job (unless `start` is false: the caller
    then runs run_send). Raises Conflict for any content but the approved, BadInput when nobody is left.
    """
    require(by, Right.CAMPAIGNS_LAUNCH)
    view = plan.plan(by, plan_id)
    made = split(view.content) if view.approved and not plan.aims_at_many(view.content) else None
    try:
        with transaction.atomic():
            content = planning.mark_launched(by=by, plan_id=plan_id, content_hash=content_hash or view.approved_hash)
            if content != view.content:
                raise Conflict("The plan was changed meanwhile. Load the page again.")
            run = _run(by, view, per_second, made)
            if made is not None:
                _Freezing(run).step()
            if start:
                run.job_id = enqueue_send(run, by)
                run.save(update_fields=["job_id"])
            note_access(
                by=by, verb="change", what="campaign.launch", count=made.aimed if made else 1, detail={"run": run.pk}
            )  # fmt: skip
    except BaseException:
        if made is not None:
            made.discard()
        raise
    launched = reads.run(by, run.pk)
    if made is not None and launched.state != rules.LAUNCHING:
        made.discard()
    return launched


def enqueue_send(run: Run, by: Any) -> int:
    """Queue the job that freezes what is not frozen yet and sends; its id, or that of the one already queued."""
    return enqueue(kind="execute.send", arguments={"run_id": run.pk}, by=by, unique_key=reads.send_key(run.pk))


def _run(by: Any, view: plan.PlanView, per_second: float, made: Split | None) -> Run:
    first = view.starts_on
    if first is None:
        raise Conflict("This plan is not approved as it stands. Submit it for approval again.")
    drawn = {"state": rules.DRAWING} if made is None else {
        "state": rules.LAUNCHING, "snapshot": made.snapshot, "aimed": made.aimed, "split_file": made.path.name,
        "split_sha256": made.sha256,
    }  # fmt: skip
    return Run.objects.create(
        plan_id=view.id, campaign_key=view.key, name=view.name, content=view.content, content_hash=view.hash,
        approved_by=view.approved.by if view.approved else "", starts_on=first,
        ends_on=first + timedelta(days=view.content["window_days"] - 1), per_second=per_second, by=by, **drawn,
    )  # fmt: skip


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
        self.path = folder() / run.split_file
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
