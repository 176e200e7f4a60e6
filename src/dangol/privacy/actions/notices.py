"""Tell customers the result of their word, and ask in time to confirm an old one: by mail where an address is known."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from dangol.base.identifiers import token as new_token
from dangol.channels import actions as ledger
from dangol.channels import links
from dangol.channels import reads as channels
from dangol.channels.rules import BOUNCED, IN_DOUBT, SENT, Outgoing
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSE_NAMES, SERVICE, Permit
from dangol.customers.identify import reads as identify
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

RESULT, AGAIN = "consent.result", "consent.again"  # under which the ledger keeps these messages
EMAIL = "email"
FAR, NEAR = 30, 7  # days before an agreement lapses on which its customer is asked


def start(*, by: Member) -> int:
    """Queue the job that tells results and asks for confirmation; while one waits, its id is given back."""
    require(by, Right.PRIVACY_HANDLE)
    return enqueue(kind="privacy.notices", arguments={}, by=by, unique_key="privacy.notices")


def run_notices(running: Running) -> dict[str, Any]:
    """The job `privacy.notices`. Each word is told once, each confirmation asked for twice: 30 and 7 days before.

    Messages go through the ledger, so a crash sends nothing twice. Returns {told, asked, unreachable}.
    Source: Network Act art. 50(7), Decree 62-2 (result within 14 days); art. 50(8), Decree 62-3 (confirmation).
    """
    now = datetime.now(UTC)
    if EMAIL not in channels.names():
        return {
            "told": 0,
            "asked": 0,
            "unreachable": len(consents.waiting_notices(now, settings.DANGOL.zone, limit=None)),
        }
    unreachable = _queue(RESULT, _results(now)) + _queue(AGAIN, _confirmations(now))
    told = _send(RESULT, running)
    consent.noticed(by=running.by or system(), consent_ids=told, at=now, how="e-mail")
    return {"told": len(told), "asked": len(_send(AGAIN, running)), "unreachable": unreachable}


def _results(now: datetime) -> Iterator[tuple[str, Any]]:
    for due in consents.waiting_notices(now, settings.DANGOL.zone, limit=None):
        yield str(due.consent_id), due


def _confirmations(now: datetime) -> Iterator[tuple[str, Any]]:
    zone = settings.DANGOL.zone
    near = {due.consent_id for due in consents.due_again(now, zone, days=NEAR, generated=False, limit=None)}
    for due in consents.due_again(now, zone, days=FAR, generated=False, limit=None):
        yield f"{due.consent_id}-{NEAR if due.consent_id in near else FAR}", due


def _queue(key: str, wanted: Iterable[tuple[str, Any]]) -> int:
    """Write a message for each step that has none yet; returns how many have no usable address."""
    known = channels.known_steps(key)
    fresh = [(step, due) for step, due in wanted if step not in known]
    people = identify.addressees({due.customer_id for _step, due in fresh})
    adapter = channels.channel(EMAIL)
    unreachable = 0
    for step, due in fresh:
        _name, address = people.get(due.customer_id, ("", ""))
        if not address or adapter.unfit(address) or consents.suppressed(EMAIL, [address]):
            unreachable += 1
            continue
        values = {
            "purpose": due.purpose, "channel": due.channel, "given": due.given, "at": due.at.isoformat(),
            "by_day": due.by_day.isoformat(),
        }  # fmt: skip
        person = ledger.Person(address, values, Permit(due.customer_id, due.consent_id, None, ""))
        ledger.queue(campaign_key=key, step=step, channel=adapter, people=[person])
    return unreachable


def _send(key: str, running: Running) -> list[int]:
    """Send what waits under a key; returns the consents whose message left."""
    sender = new_token()
    ledger.take_over(campaign_key=key, sender=sender)
    loop = ledger.Loop(
        campaign_key=key, channel=channels.channel(EMAIL), purpose=SERVICE, sender=sender, make=MAKERS[key],
        zone=settings.DANGOL.zone,
    )  # fmt: skip

    def tick() -> bool:
        running.progress(loop.tally.sent, None, "")
        return True

    loop.run(tick)
    left = channels.outcomes(key, (SENT, BOUNCED, IN_DOUBT))
    ledger.mark_recorded(message_ids=[one.id for one in left])
    return [int(one.step.partition("-")[0]) for one in left if one.state == SENT]


def _about(values: Mapping[str, Any]) -> tuple[str, str, str]:
    day = datetime.fromisoformat(values["at"]).astimezone(settings.DANGOL.zone).date().isoformat()
    return _(PURPOSE_NAMES[values["purpose"]]), _(CHANNEL_NAMES[values["channel"]]), day


def _result(token: str, values: dict[str, Any], address: str) -> Outgoing:
    """Sender, act, date and result, and how to change it."""
    with override(settings.DANGOL.language):
        purpose, channel, day = _about(values)
        subject = _("We have recorded your consent") if values["given"] else _("We have recorded your refusal")
        act = _("You agreed") if values["given"] else _("You refused")
        lines = [
            _("Sender: %(name)s") % {"name": settings.DANGOL.sender_name},
            _("What you said: %(act)s") % {"act": act},
            _("About: %(purpose)s, %(channel)s") % {"purpose": purpose, "channel": channel},
            _("Day: %(day)s") % {"day": day},
            _("Result: recorded. It holds at once."),
        ]
        return _letter(token, address, subject, lines)


def _again(token: str, values: dict[str, Any], address: str) -> Outgoing:
    with override(settings.DANGOL.language):
        purpose, channel, day = _about(values)
        lines = [
            _("Sender: %(name)s") % {"name": settings.DANGOL.sender_name},
            _("You agreed on: %(day)s") % {"day": day},
            _("About: %(purpose)s, %(channel)s") % {"purpose": purpose, "channel": channel},
            _("Your consent ends on %(day)s unless you confirm it. If you do nothing, we stop writing to you.")
            % {"day": values["by_day"]},
        ]
        return _letter(token, address, _("Do you still agree?"), lines)


def _letter(token: str, address: str, subject: str, lines: list[str]) -> Outgoing:
    choose = links.url(links.PREFERENCE, token)
    text = "\n".join([*lines, "", _("Change or confirm it here, free of charge:"), choose, ""])
    return Outgoing(token=token, to=address, subject=subject, text=text, html="", headers={})


MAKERS = {RESULT: _result, AGAIN: _again}
