"""Erase a person for good: everything personal goes, purchases stay under a number, nobody comes back by a file.

The steps stand in an order in which each can be run again: what an earlier run destroyed, a later one finds gone. A
process that is killed in the middle is therefore simply started again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol.base.errors import BadInput, Conflict
from dangol.channels import actions as channels
from dangol.channels.email import mailbox
from dangol.customers.collect import actions as collect
from dangol.customers.collect.feeds import actions as feeds
from dangol.customers.consent import actions as consent
from dangol.customers.identify import actions as identify
from dangol.customers.identify import reads as identified
from dangol.customers.quality import actions as quality
from dangol.customers.surveys import actions as surveys
from dangol.privacy import rules
from dangol.privacy.actions.requests import locked, must_be_open, note
from dangol.privacy.models import Request
from dangol.privacy.reads.erasure import suppressible
from dangol.staff import actions as staff
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

DONE_WORDS = N_("Your personal data was erased. Purchases are kept without your name for as long as the law asks.")


@dataclass(frozen=True)
class Person:
    """Who is erased: all customer rows of the person, their source keys, their addresses."""

    ids: Sequence[int]
    keys: Sequence[tuple[str, str]]
    addresses: Sequence[tuple[str, str]]
    texts: Sequence[str]


def erase(*, by: Member, request_id: int, confirm: str, address: str = "") -> int:
    """Start erasing what a request asks for; returns the id of the job. It cannot be undone.

    confirm: the customer's code, typed. Doors ask for the password besides. Raises BadInput where it is not that code,
    Conflict before the identity was checked or for another kind of request.
    Source: Personal Information Protection Act art. 36(2): so that it cannot be restored.
    """
    require(by, Right.PRIVACY_HANDLE)
    with transaction.atomic():
        row = locked(by, request_id)
        if row.kind != rules.ERASURE:
            raise Conflict("This request does not ask to erase anything.")
        must_be_open(row)
        ids = identified.family(row.customer_id)
        code = identified.reach(by, ids[:1])[ids[0]].code
        if confirm.strip() != code:
            raise BadInput("Type the customer’s code {code} to erase this person.", field="confirm", code=code)
        row.erasing = {"ids": ids}
        row.job_id = enqueue(
            kind="privacy.erase", arguments={"request_id": row.pk}, by=by, unique_key=f"privacy.erase:{row.pk}"
        )
        row.save(update_fields=["erasing", "job_id"])
        note(row, by, "confirmed", address=address, verb="erase")
    return row.job_id


def run_erase(running: Running, request_id: int) -> dict[str, Any]:
    """The job `privacy.erase`: run every step, from the first; what is gone already changes nothing."""
    row = Request.objects.get(pk=request_id)
    if row.state == rules.DONE:
        return dict(row.erasing)
    if row.kind != rules.ERASURE or "ids" not in row.erasing:
        raise Conflict("This erasure was not confirmed.")
    by = running.by or system()
    found = _person(by, row.erasing["ids"])
    steps = _steps(by, found)
    counts: dict[str, Any] = {}
    for number, (name, step) in enumerate(steps):
        running.progress(number, len(steps), "")
        counts[name] = step()
    _finish(request_id, by, counts)
    return counts


def _person(by: Member, ids: Sequence[int]) -> Person:
    reached = list(identified.reach(by, ids).values())
    keys = sorted({key for one in reached for key in one.keys})
    addresses = suppressible(reached, keys)
    texts = {one.phone for one in reached} | {address for channel, address in addresses if channel == "email"}
    return Person(ids, keys, addresses, sorted(text for text in texts if text))


def _steps(by: Member, found: Person) -> list[tuple[str, Callable[[], Any]]]:
    """Silence first, the customer's own row last: as long as it says who it was, the other steps can be repeated."""
    return [
        ("consent", lambda: consent.erased(by=by, customer_ids=found.ids, addresses=found.addresses)),
        ("sources", lambda: collect.forget(keys=found.keys, texts=found.texts)),
        ("web", lambda: feeds.forget(keys=found.keys)),
        ("messages", lambda: channels.forget(customer_ids=found.ids)),
        ("mailbox", lambda: mailbox.forget(settings.DANGOL.home / "mailbox", found.texts)),
        ("surveys", lambda: sum(surveys.forget(customer_id=one) for one in found.ids)),
        ("tasks", lambda: quality.forget(customer_ids=found.ids)),
        ("log", lambda: staff.forget_details(customer_ids=found.ids)),
        ("requests", lambda: _requests(found.ids)),
        ("customer", lambda: identify.forget(customer_ids=found.ids)),
    ]


def _requests(ids: Sequence[int]) -> int:
    """The words of requests go; that there was one, when, and how it ended is kept as the record of its handling."""
    own = Request.objects.filter(customer_id__in=ids)
    with transaction.atomic():
        emptied = own.exclude(wish="", answer="").update(wish="", answer="")
        for row in own:
            row.steps.exclude(note="").update(note="")
    return emptied


def _finish(request_id: int, by: Member, counts: dict[str, Any]) -> None:
    with transaction.atomic():
        row = Request.objects.select_for_update().get(pk=request_id)
        if row.state == rules.DONE:
            return
        row.erasing |= {"counts": counts}
        row.state, row.closed_at, row.answer = rules.DONE, datetime.now(UTC), DONE_WORDS
        row.save()
        note(row, by, "erased", verb="erase")
