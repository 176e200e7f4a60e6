"""Send, pause, resume, stop, decide on what is in doubt."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from dangol.base.errors import Cancelled, Conflict, NotFound
from dangol.base.identifiers import token as new_token
from dangol.campaigns.execute import rules
from dangol.campaigns.execute.actions.drawing import draw
from dangol.campaigns.execute.actions.launching import enqueue_send, freeze
from dangol.campaigns.execute.actions.telling import announce, record_contacts
from dangol.campaigns.execute.models import Run
from dangol.campaigns.plan import reads as plan
from dangol.channels import actions as ledger
from dangol.channels import letters
from dangol.channels import reads as channels
from dangol.channels.rules import Outgoing
from dangol.customers.consent.rules import MARKETING
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

LOOK_SECONDS = 0.5  # how often the loop looks whether somebody paused or stopped it


def run_send(running: Running, run_id: int) -> dict[str, Any]:
    """Finish a run's draw and launch and send what is due: the handler of the job `execute.send`.

    It can be resumed after any crash. Returns the counts per state.
    Raises Cancelled when the job was cancelled or another sender took over.
    """
    run = Run.objects.filter(pk=run_id).select_related("by").first()
    if run is None:
        raise NotFound("This campaign has not been launched.")
    if run.state == rules.DRAWING:
        draw(running, run)
        run.refresh_from_db()
    if run.state == rules.LAUNCHING:
        freeze(running, run)
        run.refresh_from_db()
    sender = new_token()
    going = Run.objects.filter(pk=run_id).exclude(state__in=(rules.STOPPED, rules.PAUSED))
    if not going.update(sender=sender, state=rules.SENDING, note="", resumes_at=None):
        return channels.counts(run.campaign_key)
    channel = channels.channel(run.content["channel"])
    ledger.take_over(campaign_key=run.campaign_key, sender=sender)
    announce(run)
    loop = ledger.Loop(
        campaign_key=run.campaign_key, channel=channel, purpose=MARKETING, sender=sender, make=_maker(run),
        zone=settings.DANGOL.zone,
    )  # fmt: skip
    try:
        tally = loop.run(_tick(running, run, sender))
    except Cancelled:
        _become(run_id, rules.PAUSED, sender)
        raise
    finally:
        ledger.ask(campaign_key=run.campaign_key, channel=channel)
        record_contacts(run_id=run_id)
    _settle(run, sender, tally.broken)
    return channels.counts(run.campaign_key)


def _maker(run: Run) -> Callable[[str, dict[str, Any], str], Outgoing]:
    letter = letters.Letter(plan.letter_content(run.content))
    return lambda token, values, address: letter.fill(token=token, values=values, to=address)


def _tick(running: Running, run: Run, sender: str) -> Callable[[], bool]:
    """Asked before each message: keeps the pace, tells the progress, and says whether to go on."""
    speed = run.per_second or channels.channel(run.content["channel"]).limits.per_second
    total = sum(channels.counts(run.campaign_key).values())
    begun = looked = time.monotonic()
    turn = 0

    def tick() -> bool:
        nonlocal looked, turn
        turn += 1
        pause = begun + turn / speed - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        if turn > 1 and time.monotonic() - looked < LOOK_SECONDS:
            return True
        looked = time.monotonic()
        now = channels.counts(run.campaign_key)
        running.progress(total - now["queued"] - now["held"], total)
        return Run.objects.filter(pk=run.pk, state=rules.SENDING, sender=sender).exists()

    return tick


def _become(run_id: int, state: str, sender: str, **more: Any) -> bool:
    """Change the state of a run this sender still holds and that is still sending."""
    mine = Run.objects.filter(pk=run_id, sender=sender, state=rules.SENDING)
    return bool(mine.update(state=state, **more))


def _settle(run: Run, sender: str, broken: str) -> None:
    """After a turn of the loop: finished, or waiting for a time with a job that wakes it."""
    now = channels.counts(run.campaign_key)
    if not now["queued"] + now["held"]:
        _become(run.pk, rules.DONE, sender, ended_at=datetime.now(UTC))
        return
    due = channels.next_due(run.campaign_key) or datetime.now(UTC) + timedelta(minutes=1)
    with transaction.atomic():
        if _become(run.pk, rules.WAITING, sender, resumes_at=due, note=broken[:300]):
            enqueue(
                kind="execute.send", arguments={"run_id": run.pk}, by=run.by, run_after=due,
                unique_key=f"execute.send:{run.pk}:{due:%Y%m%dT%H%M%S}",
            )  # fmt: skip


def _change(by: Any, run_id: int, following: str, **more: Any) -> Run:
    require(by, Right.CAMPAIGNS_LAUNCH)
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound("This campaign has not been launched.")
    if not rules.may_become(run.state, following):
        raise Conflict("This campaign is no longer in a state that allows this. Load the page again.")
    run.state = following
    for name, value in more.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *more])
    note_access(by=by, verb="change", what="campaign.run", detail={"run": run_id, "state": following})
    return run


def pause(*, by: Any, run_id: int) -> None:
    """Stop sending for now; the message that is on its way is finished. Raises Conflict."""
    with transaction.atomic():
        _change(by, run_id, rules.PAUSED)


def resume(*, by: Any, run_id: int) -> None:
    """Go on sending, or launching where its job was cut off. Raises Conflict."""
    require(by, Right.CAMPAIGNS_LAUNCH)
    with transaction.atomic():
        begun = (rules.DRAWING, rules.LAUNCHING)
        launching = Run.objects.select_for_update().filter(pk=run_id, state__in=begun).first()
        if launching is not None:
            launching.job_id = enqueue_send(launching, by)
            launching.save(update_fields=["job_id"])
            return
        _wake(_change(by, run_id, rules.SENDING, resumes_at=None), by)


def _wake(run: Run, by: Any) -> None:
    run.job_id = enqueue(
        kind="execute.send", arguments={"run_id": run.pk}, by=by,
        unique_key=f"execute.send:{run.pk}:{datetime.now(UTC):%Y%m%dT%H%M%S%f}",
    )  # fmt: skip
    run.save(update_fields=["job_id"])


def stop(*, by: Any, run_id: int) -> int:
    """End a campaign for good: what has not left is cancelled; returns how many messages that is. Raises Conflict."""
    with transaction.atomic():
        run = _change(by, run_id, rules.STOPPED, ended_at=datetime.now(UTC))
        return ledger.cancel_waiting(campaign_key=run.campaign_key, reason=rules.STOPPED_BY_PERSON)


def resolve(*, by: Any, run_id: int, message_id: int, delivered: bool) -> None:
    """A person's word on a message in doubt: it was delivered, or send it again. Raises Conflict, NotFound."""
    require(by, Right.CAMPAIGNS_LAUNCH)
    run = Run.objects.filter(pk=run_id).first()
    if run is None or channels.one(message_id).campaign_key != run.campaign_key:
        raise NotFound("There is no such message.")
    if run.state == rules.STOPPED and not delivered:
        raise Conflict("This campaign was stopped; nothing of it can be sent again.")
    with transaction.atomic():
        ledger.resolve(by=by, message_id=message_id, delivered=delivered)
        if not delivered and run.state == rules.DONE:
            _wake(_change(by, run_id, rules.SENDING, ended_at=None), by)
    if delivered:
        record_contacts(run_id=run_id)
