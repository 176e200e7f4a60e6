"""Write down what happened: campaigns, contacts and clicks go down to collect, and the next cycle carries them up."""

from datetime import datetime
from typing import Any

from django.conf import settings

from dangol.base.period import company_day
from dangol.campaigns.execute import reads, rules
from dangol.campaigns.execute.models import Click, Run
from dangol.channels import actions as ledger
from dangol.channels import links
from dangol.channels import reads as channels
from dangol.customers.collect import actions as collect
from dangol.customers.identify import reads as identify
from dangol.customers.surveys import actions as answering
from dangol.customers.surveys import reads as surveys
from dangol.customers.surveys.links import personal_url
from dangol.work.actions import Running

RECORDED = 5000
SOURCE = "dangol"


def announce(run: Run) -> None:
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
    """Carry clicks to collect as responses, marked as machine or person, and answers to the surveys of campaigns.

    The cycle calls it before it refreshes.
    """
    told = _record_answers()
    while rows := list(Click.objects.filter(recorded=False).select_related("run").order_by("run_id")[:RECORDED]):
        for sort in (False, True):
            _record("responses", {row.customer_id: _clicked(row) for row in rows if row.machine is sort})
        Click.objects.filter(pk__in=[row.pk for row in rows]).update(recorded=True)
        told += len(rows)
        running.progress(told)
    return {"clicks": told}


def _record_answers() -> int:
    told = 0
    while rows := surveys.for_campaigns(limit=RECORDED):
        known = {run.campaign_key: run for run in Run.objects.filter(campaign_key__in={row[1] for row in rows})}
        for key, run in known.items():
            _record(
                "responses",
                {customer_id: {"campaign_key": key, "responded_on": _business_day(run, at), "kind": "survey",
                               "detail": survey} for _pk, campaign, customer_id, survey, at in rows if campaign == key},
            )  # fmt: skip
        answering.mark_told(response_ids=[row[0] for row in rows])
        told += len(rows)
    return told


def survey_address(*, signed: str) -> str:
    """Where the survey of a message lies for the customer it was sent to. Raises NotFound for a link not valid."""
    message = channels.of_token(links.token(links.SURVEY, signed))
    run = Run.objects.filter(campaign_key=message.campaign_key).first()
    code = run.content.get("survey", "") if run else ""
    customer_id = identify.root([message.customer_id])[message.customer_id]
    return personal_url(surveys.token_of(code), customer_id, message.campaign_key)


def _clicked(row: Click) -> dict[str, Any]:
    return {
        "campaign_key": row.run.campaign_key, "responded_on": _business_day(row.run, row.at), "kind": "click",
        "detail": "machine" if row.machine else "person",
    }  # fmt: skip
