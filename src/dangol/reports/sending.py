"""Send a view by mail: each reader gets what his own rights show; a copy is sent once, whatever dies on the way."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from dangol.base.errors import DangolError, NotFound, Unavailable
from dangol.channels import Answering, Channel
from dangol.channels import reads as channels
from dangol.channels.rules import Attachment, Delivery, Outgoing
from dangol.reports import asked as steps
from dangol.reports import exporting, layout, show
from dangol.reports.forms import FORMS
from dangol.reports.models import Copy, Mailing, Round
from dangol.reports.reads import code_of, folder
from dangol.staff import reads as staff
from dangol.staff.reads import Member
from dangol.staff.rules import Right
from dangol.work.actions import Running
from dangol.work.schedules import reads as clocks

LATE = timedelta(minutes=5)
QUEUED, SENDING, SENT, FAILED, IN_DOUBT = "queued", "sending", "sent", "failed", "in_doubt"


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


STATES = {
    QUEUED: N_("Waiting"), SENDING: N_("Being sent"), SENT: N_("Sent"), FAILED: N_("Failed"), IN_DOUBT: N_("In doubt"),
}  # fmt: skip


def run_send(running: Running, *, mailing_id: int) -> dict[str, int]:
    """The job `reports.send`: one round of a mailing, or what a job that died left of one.

    Outbox first: all copies are written down, each is marked `sending` and committed before the network is touched. A
    copy found in that state was cut off and may have arrived: it becomes `in_doubt` and is never sent again. Returns
    {"sent", "failed", "in_doubt"}. Raises NotFound, Unavailable where the mail server does not answer (tried again).
    """
    mailing = Mailing.objects.select_related("view", "owner").filter(pk=mailing_id, view__removed_at=None).first()
    if mailing is None:
        raise NotFound("This mailing does not exist.")
    late = _late(mailing)
    found = _round(mailing)
    mailer = channels.channel("email")
    try:
        _settle(found, mailer)
        waiting = list(found.copies.filter(state=QUEUED).select_related("member__unit").order_by("pk"))
        for place, copy in enumerate(waiting):
            running.progress(place, len(waiting))
            running.check()
            _send(mailing, copy, mailer)
    finally:
        mailer.close()
    return _close(mailing, found, late)


@transaction.atomic
def _round(mailing: Mailing) -> Round:
    """The round that is open, or a new one with a copy for each recipient."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    found = locked.rounds.filter(ended_at=None).order_by("pk").first()
    if found is not None:
        return found
    found = Round.objects.create(mailing=locked)
    Copy.objects.bulk_create(Copy(round=found, member_id=pk, token=secrets.token_urlsafe(32))
                             for pk in locked.recipients)  # fmt: skip
    return found


def _settle(found: Round, mailer: Channel) -> None:
    """Copies that were cut off while they were sent: what the counterpart knows of them, else in doubt."""
    for copy in found.copies.filter(state=SENDING):
        receipt = mailer.ask(copy.token) if isinstance(mailer, Answering) else None
        _end(copy, SENT if receipt else IN_DOUBT, receipt.answer if receipt else "")


def _end(copy: Copy, state: str, said: str) -> None:
    Copy.objects.filter(pk=copy.pk).update(state=state, said=said[:300], at=timezone.now())


def _send(mailing: Mailing, copy: Copy, mailer: Channel) -> None:
    """Make the file as this reader may see it, keep it, and send it."""
    reader: Member = copy.member
    try:
        message = _message(mailing, copy, reader)
    except DangolError as error:
        _end(copy, FAILED, error.template)
        return
    if Copy.objects.filter(pk=copy.pk, state=QUEUED).update(state=SENDING, at=timezone.now()) != 1:
        return
    try:
        receipt = mailer.send(message)
    except Delivery as error:
        if error.counterpart:  # provably not taken: it waits for the next try
            Copy.objects.filter(pk=copy.pk).update(state=QUEUED, said=error.answer)
            raise Unavailable("The mail server does not answer. It is tried again.") from None
        _end(copy, IN_DOUBT if error.doubtful else FAILED, error.answer)
        return
    _end(copy, SENT, receipt.answer)


def _message(mailing: Mailing, copy: Copy, reader: Member) -> Outgoing:
    """The mail of a copy. Raises DangolError where the reader may not see figures (any more)."""
    if not reader.is_active:
        raise NotFound("This account is switched off.")
    staff.require(reader, Right.INSIGHT_VIEW)
    with translation.override(reader.language):
        grid = layout.lay(reader, exporting.whole(steps.from_query(mailing.view.query), mailing.form))
        made = FORMS[mailing.form](grid)
        name = f"{mailing.view_id}-{grid.as_of}.{mailing.form}"
        _keep(copy, reader, f"{copy.round_id}-{copy.pk}.{mailing.form}", made.content)
        lines = [
            mailing.view.name, "", gettext("As of %(day)s") % {"day": show.period("day", grid.as_of)},
            *show.filters(grid), "",
            gettext("The file holds what your own rights show. In the explorer: %(address)s")
            % {"address": f"{settings.DANGOL.base_url}/explorer/?{mailing.view.query}"},
        ]  # fmt: skip
        return Outgoing(
            token=copy.token, to=reader.email, subject=f"{settings.DANGOL.company}: {mailing.view.name}",
            text="\n".join(lines), html="", attachments=(Attachment(f"report-{name}", made.kind, made.content),),
        )  # fmt: skip


def _keep(copy: Copy, reader: Member, name: str, content: bytes) -> None:
    """The file and the rights it was made under, before anything is sent."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    who = staff.scope_of(reader)
    rights = {"role": reader.role, "everyone": who.everyone, "unit_path": who.unit_path, "member_id": who.member_id}
    Copy.objects.filter(pk=copy.pk).update(file=name, sha256=hashlib.sha256(content).hexdigest(), rights=rights)


def _late(mailing: Mailing) -> datetime | None:
    """When this round was due, where that is longer ago than it may be."""
    clock = clocks.by_code(staff.system(), code_of(mailing.pk))
    due = clock.last.slot if clock is not None and clock.last is not None and clock.last.state == "open" else None
    return due if due is not None and timezone.now() - due > LATE else None


def _close(mailing: Mailing, found: Round, late: datetime | None) -> dict[str, int]:
    """End the round; who owns the mailing and the administrators are told what went wrong."""
    counted = {state: found.copies.filter(state=state).count() for state in (SENT, FAILED, IN_DOUBT)}
    Round.objects.filter(pk=found.pk).update(ended_at=timezone.now())
    if counted[FAILED] or counted[IN_DOUBT] or late:
        _tell(mailing, counted, late)
    return counted


def _tell(mailing: Mailing, counted: dict[str, int], late: datetime | None) -> None:
    system = staff.system()
    administrators = staff.members(system, staff.MemberQuery(roles=("administrator",), active=True))
    people = {mailing.owner_id: mailing.owner} | {one.id: staff.account(one.email) for one in administrators}
    mailer = channels.channel("email")
    try:
        for member in people.values():
            with translation.override(member.language):
                text = gettext("Report “%(name)s”: sent %(sent)s, failed %(failed)s, in doubt %(doubt)s.") % {
                    "name": mailing.view.name, "sent": counted[SENT], "failed": counted[FAILED],
                    "doubt": counted[IN_DOUBT]}  # fmt: skip
                if late is not None:
                    text += "\n" + gettext("It was due at %(moment)s and is more than 5 minutes late.") % {
                        "moment": late.astimezone(settings.DANGOL.zone).strftime("%Y-%m-%d %H:%M")}  # fmt: skip
                subject = gettext("A report needs a look: %(name)s") % {"name": mailing.view.name}
                mailer.send(
                    Outgoing(token=secrets.token_urlsafe(32), to=member.email, subject=subject, text=text, html="")
                )
    except Delivery:
        pass  # the schedule shows the same, and its alarm stays
    finally:
        mailer.close()
