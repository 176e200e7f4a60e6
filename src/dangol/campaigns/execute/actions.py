"""Launch, send, pause, resume, stop; write down what happened."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.base.errors import BadInput, Cancelled, Conflict, NotFound
from dangol.base.identifiers import token as new_token
from dangol.base.period import company_day
from dangol.campaigns.execute import reads, rules
from dangol.campaigns.execute.models import Click, Run, Target
from dangol.campaigns.plan import actions as planning
from dangol.campaigns.plan import reads as plan
from dangol.channels import actions as ledger
from dangol.channels import letters, links
from dangol.channels import reads as channels
from dangol.channels.rules import Outgoing
from dangol.customers.collect import actions as collect
from dangol.customers.consent.rules import MARKETING
from dangol.customers.identify import reads as identify
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

CHUNK = 2000
LOOK_SECONDS = 0.5  # how often the loop looks whether somebody paused or stopped it
RECORDED = 5000
SOURCE = "dangol"


def launch(
    *, by: Any, plan_id: int, content_hash: str = "", per_second: float = 0, start: bool = True
) -> reads.RunView:
    """Launch an approved plan: freeze targets, draw the control group, write the messages to the ledger.

    content_hash: what the launcher saw approved; empty takes the approved one. All in one transaction: targets,
    permits and messages stand together or not at all. Sending is queued as a job (unless `start` is false: the
    caller then runs run_send). Raises Conflict for any content but the approved, BadInput when nobody is left.
    """
    require(by, Right.CAMPAIGNS_LAUNCH)
    view = plan.plan(by, plan_id)
    found = reads.split(view.content) if view.approved else None
    with transaction.atomic():
        content = planning.mark_launched(by=by, plan_id=plan_id, content_hash=content_hash or view.approved_hash)
        if found is None or content != view.content:
            raise Conflict("The plan was changed meanwhile. Load the page again.")
        if not any(cell == rules.TARGET for cell, _reason in found.cells.values()):
            raise BadInput("Nobody this campaign aims at can be reached, so there is nothing to launch.")
        run = _run(by, view, found, per_second)
        _freeze(run, found)
        if start:
            run.job_id = _enqueue(run, by, None)
            run.save(update_fields=["job_id"])
        note_access(
            by=by, verb="change", what="campaign.launch", count=len(found.cells), detail={"run": run.pk}
        )  # fmt: skip
    return reads.run(by, run.pk)


def _run(by: Any, view: plan.PlanView, found: reads.Split, per_second: float) -> Run:
    return Run.objects.create(
        plan_id=view.id, campaign_key=view.key, name=view.name, content=view.content, content_hash=view.hash,
        snapshot=found.snapshot, approved_by=view.approved.by if view.approved else "", starts_on=found.starts_on,
        ends_on=found.starts_on + timedelta(days=view.content["window_days"] - 1), per_second=per_second, by=by,
    )  # fmt: skip


def _freeze(run: Run, found: reads.Split) -> None:
    Target.objects.bulk_create(
        (Target(run=run, customer_id=one, cell=cell, reason=reason) for one, (cell, reason) in found.cells.items()),
        batch_size=CHUNK,
    )
    with override(run.content["language"]):
        unnamed = _("customer")
    ledger.queue(
        campaign_key=run.campaign_key,
        step=rules.STEP,
        channel=channels.channel(run.content["channel"]),
        people=_people(found, unnamed),
    )


def _people(found: reads.Split, unnamed: str) -> Iterator[ledger.Person]:
    for one, (permit, name, address) in found.reach.people.items():
        if found.cells[one][0] == rules.TARGET:
            yield ledger.Person(address=address, values={"name": name or unnamed}, permit=permit)


def _enqueue(run: Run, by: Any, run_after: datetime | None) -> int:
    return enqueue(
        kind="execute.send", arguments={"run_id": run.pk}, by=by, unique_key=f"execute.send:{run.pk}",
        run_after=run_after,
    )  # fmt: skip


def run_send(running: Running, run_id: int) -> dict[str, Any]:
    """Send what is due of a run: the handler of the job `execute.send`, resumable after any crash.

    Returns the counts per state. Raises Cancelled when the job was cancelled or another sender took over.
    """
    run = Run.objects.filter(pk=run_id).select_related("by").first()
    if run is None:
        raise NotFound("This campaign has not been launched.")
    if run.state in (rules.STOPPED, rules.PAUSED):
        return channels.counts(run.campaign_key)
    sender = new_token()
    Run.objects.filter(pk=run_id).update(sender=sender, state=rules.SENDING, note="", resumes_at=None)
    ledger.take_over(campaign_key=run.campaign_key, sender=sender)
    _announce(run)
    loop = ledger.Loop(
        campaign_key=run.campaign_key, channel=channels.channel(run.content["channel"]), purpose=MARKETING,
        sender=sender, make=_maker(run), zone=settings.DANGOL.zone,
    )  # fmt: skip
    try:
        tally = loop.run(_tick(running, run, sender))
    except Cancelled:
        _become(run_id, rules.PAUSED, sender)
        raise
    finally:
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
    """Go on sending. Raises Conflict."""
    with transaction.atomic():
        run = _change(by, run_id, rules.SENDING, resumes_at=None)
        _wake(run, by)


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


def _announce(run: Run) -> None:
    """Tell collect of the campaign, once."""
    if run.announced:
        return
    collect.record(
        source=SOURCE,
        kind="campaigns",
        rows=[{"campaign_key": run.campaign_key, "campaign": run.name, "kind": run.content["aim"],
               "starts_on": run.starts_on, "ends_on": run.ends_on}],
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(announced=True)


def _business_day(run: Run, at: datetime) -> Any:
    """The company day of an event; while past data is replayed, the campaign's own first day."""
    return run.starts_on if settings.DANGOL.today else company_day(at, settings.DANGOL.zone)


def _record(kind: str, rows: dict[int, dict[str, Any]]) -> None:
    """Tell collect of events of customers, each under a key a source knows the customer by.

    A customer merged with another keeps a key of its own, so that the event stays with whom it was sent to.
    """
    key_of = identify.own_keys(rows)
    made = {"generated": 1} if settings.DANGOL.demo else {}  # a demonstration knows generated addresses only
    spaces: dict[str, list[dict[str, Any]]] = {}
    for customer_id, row in rows.items():
        source, key = key_of.get(customer_id, (SOURCE, str(customer_id)))
        spaces.setdefault(source, []).append(row | {"customer_key": key} | made)
    for source, told in spaces.items():
        collect.record(source=source, kind=kind, rows=told)


def record_contacts(*, run_id: int) -> int:
    """Carry delivered messages to collect as contacts; a crash between the two repeats a row, which changes nothing."""
    run = Run.objects.get(pk=run_id)
    told = 0
    while rows := channels.delivered(run.campaign_key, unrecorded_only=True, limit=RECORDED):
        _record(
            "contacts",
            {customer_id: {"campaign_key": run.campaign_key, "channel": run.content["channel"],
                           "contacted_on": _business_day(run, at)} for _message, customer_id, at in rows},
        )  # fmt: skip
        ledger.mark_recorded(message_ids=[message for message, _customer, _at in rows])
        told += len(rows)
    return told


def click(*, signed: str, at: datetime) -> tuple[str, str]:
    """Note a click on a message's link; returns the path to go to (empty for the offer page) and the ledger token.

    A click is evidence, not an order: it changes nothing for the customer. One per message and sort is kept.
    Raises NotFound for any link that is not valid.
    """
    token = links.token(links.CLICK, signed)
    message = channels.of_token(token)
    path, _offer = reads.landing(token)
    run = Run.objects.get(campaign_key=message.campaign_key)
    Click.objects.get_or_create(
        message_id=message.id, machine=rules.by_machine(at, message.sending_at),
        defaults={"run": run, "customer_id": message.customer_id, "at": at},
    )  # fmt: skip
    return path, token


def record_clicks(running: Running) -> dict[str, Any]:
    """Carry clicks to collect as responses, marked as machine or person; the cycle calls it before it refreshes."""
    told = 0
    while rows := list(Click.objects.filter(recorded=False).select_related("run").order_by("run_id")[:RECORDED]):
        for sort in (False, True):
            _record("responses", {row.customer_id: _clicked(row) for row in rows if row.machine is sort})
        Click.objects.filter(pk__in=[row.pk for row in rows]).update(recorded=True)
        told += len(rows)
        running.progress(told)
    return {"clicks": told}


def _clicked(row: Click) -> dict[str, Any]:
    return {
        "campaign_key": row.run.campaign_key, "responded_on": _business_day(row.run, row.at), "kind": "click",
        "detail": "machine" if row.machine else "person",
    }  # fmt: skip
