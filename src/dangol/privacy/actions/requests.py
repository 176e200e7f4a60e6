"""A request's way: received, identity checked, assigned, done or refused; every step is written down."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from dangol.base.errors import BadInput, Conflict
from dangol.customers.consent import actions as consent
from dangol.customers.consent import reads as consents
from dangol.customers.consent.rules import ALL, CHANNELS, MARKETING, PROFILING
from dangol.customers.identify import reads as identify
from dangol.privacy import rules
from dangol.privacy.models import Request, Step
from dangol.privacy.reads.requests import policies
from dangol.privacy.reads.requests import request as seen
from dangol.staff import reads as staff
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

WISH_LONGEST, ANSWER_LONGEST = 2000, 4000


def receive(
    *,
    by: Member,
    customer_id: int,
    kind: str,
    wish: str = "",
    country: str = rules.HOME,
    received_at: datetime | None = None,
    origin: str = "staff",
    address: str = "",
) -> int:
    """Take in a request that a customer made by phone, letter or in person; returns its id.

    The deadline runs from received_at, by the policy of the country on that day. Raises BadInput, NotFound.
    Source: Personal Information Protection Act art. 35 to 38.
    """
    require(by, Right.PRIVACY_HANDLE)
    identify.customer(by, customer_id)
    at = received_at or datetime.now(UTC)
    if at > datetime.now(UTC):
        raise BadInput("A request cannot be received in the future.", field="received_at")
    return _write(by, customer_id, kind, wish, country, at, origin, address).pk


def receive_from_customer(*, customer_id: int, kind: str, wish: str = "", message: str = "") -> int:
    """Take in a request that came through a customer's own signed link: the link is the check of identity.

    While one of the kind waits, its id is given back. message: which link, for the log. Raises BadInput.
    """
    open_one = Request.objects.filter(customer_id=customer_id, kind=kind, state__in=rules.WAITING).first()
    if open_one is not None:
        return open_one.pk
    with transaction.atomic():
        row = _write(staff.system(), customer_id, kind, wish, rules.HOME, datetime.now(UTC), "customer", "")
        row.state, row.check_how, row.checked_at = rules.OPEN, "link", row.received_at
        row.save(update_fields=["state", "check_how", "checked_at"])
        _step(row, None, "checked", message)
    return row.pk


def _write(  # noqa: PLR0917
    by: Member, customer_id: int, kind: str, wish: str, country: str, at: datetime, origin: str, address: str
) -> Request:
    if kind not in rules.KINDS:
        raise BadInput("There is no kind of request {kind}.", field="kind", kind=kind)
    if len(wish) > WISH_LONGEST:
        raise BadInput("This is too long. Use at most {limit} characters.", field="wish", limit=WISH_LONGEST)
    consent.refuse_resident_numbers(wish, "wish")
    received_on = at.astimezone(settings.DANGOL.zone).date()
    term = rules.term(policies(country), kind, received_on)
    with transaction.atomic():
        row = Request.objects.create(
            kind=kind, customer_id=customer_id, origin=origin, wish=wish.strip(), country=country,
            article=f"{term.law}, {term.article}"[:100], received_at=at, due_on=term.due_on(received_on), by=by,
        )  # fmt: skip
        _step(row, by, "received", "")
        note_access(
            by=by, verb="change", what=f"privacy request {row.pk}", customer_id=customer_id, address=address,
            detail={"kind": kind, "origin": origin},
        )  # fmt: skip
    return row


def _step(row: Request, by: Any, what: str, note: str) -> None:
    Step.objects.create(request=row, what=what, note=note[:300], by=by)


def locked(by: Member, request_id: int) -> Request:
    """A request one may handle, held until the end of the transaction; for this room. Raises NotFound."""
    seen(by, request_id)
    return Request.objects.select_for_update().get(pk=request_id)


def _turn(row: Request, following: str) -> None:
    if not rules.may_become(row.state, following):
        raise Conflict("This request is no longer in a state that allows this. Load the page again.")
    row.state = following


def note(row: Request, by: Member, what: str, text: str = "", *, address: str = "", verb: str = "change") -> None:
    """Write a step of a request and the line in the access log; for this room, inside a transaction."""
    _step(row, by, what, text)
    note_access(
        by=by, verb=verb, what=f"privacy request {row.pk}", customer_id=row.customer_id, address=address,
        detail={"step": what},
    )  # fmt: skip


def check_identity(*, by: Member, request_id: int, how: str, remark: str = "", address: str = "") -> None:
    """Record how it was made sure that the request comes from the customer (rules.CHECKS). Raises Conflict.

    Source: Personal Information Protection Act Decree art. 46 (identity of the person who asks).
    """
    if how not in rules.CHECKS:
        raise BadInput("Choose how the identity was checked.", field="how")
    consent.refuse_resident_numbers(remark, "remark")
    with transaction.atomic():
        row = locked(by, request_id)
        _turn(row, rules.OPEN)
        row.check_how, row.checked_at = how, datetime.now(UTC)
        row.save(update_fields=["state", "check_how", "checked_at"])
        note(row, by, "checked", remark, address=address)


def assign(*, by: Member, request_id: int, member_id: int, address: str = "") -> None:
    """Put a request into a member's hands. Raises BadInput where that member may not handle requests."""
    with transaction.atomic():
        row = locked(by, request_id)
        colleague = staff.colleague(by, member_id)
        if not staff.may(colleague, Right.PRIVACY_HANDLE):
            raise BadInput("This member may not handle privacy requests. Choose another.", field="member")
        row.assigned = colleague
        row.save(update_fields=["assigned"])
        note(row, by, "assigned", colleague.name, address=address)


def close(*, by: Member, request_id: int, answer: str, address: str = "") -> None:
    """Say what was done; the request is answered. Raises Conflict before the identity is checked, BadInput.

    An erasure closes itself when everything is gone.
    """
    with transaction.atomic():
        row = locked(by, request_id)
        if row.kind == rules.ERASURE:
            raise Conflict("A request to erase is closed by erasing. Refuse it where the law asks for that.")
        _turn(row, rules.DONE)
        _finish(row, by, "done", answer, address)


def refuse(*, by: Member, request_id: int, ground: str, answer: str, address: str = "") -> None:
    """Refuse a request, with the ground the law knows and the words for the customer. Raises BadInput, Conflict.

    Source: Personal Information Protection Act art. 35(4), 36(1), 37(2), 38(5) (how to object is part of the answer).
    """
    if ground not in rules.GROUNDS:
        raise BadInput("Choose the ground for refusing.", field="ground")
    with transaction.atomic():
        row = locked(by, request_id)
        _turn(row, rules.REFUSED)
        row.ground = ground
        _finish(row, by, "refused", answer, address)


def take_back(*, by: Member, request_id: int, answer: str, address: str = "") -> None:
    """The customer took the request back. Raises Conflict."""
    with transaction.atomic():
        row = locked(by, request_id)
        _turn(row, rules.WITHDRAWN)
        _finish(row, by, "withdrawn", answer, address)


def _finish(row: Request, by: Member, what: str, answer: str, address: str) -> None:
    if not answer.strip():
        raise BadInput("Write what the customer is told.", field="answer")
    if len(answer) > ANSWER_LONGEST:
        raise BadInput("This is too long. Use at most {limit} characters.", field="answer", limit=ANSWER_LONGEST)
    consent.refuse_resident_numbers(answer, "answer")
    row.answer, row.closed_at = answer.strip(), datetime.now(UTC)
    row.save()
    note(row, by, what, row.ground, address=address)


def stop_use(*, by: Member, request_id: int, address: str = "") -> int:
    """Stop what a request objects to: automatic decisions, or every use that rests on consent. Returns how many words.

    Source: Personal Information Protection Act art. 37 and 37-2(1).
    """
    with transaction.atomic():
        row = locked(by, request_id)
        if row.kind not in (rules.OBJECTION, rules.REFUSAL):
            raise Conflict("This request does not ask to stop anything.")
        must_be_open(row)
        stopped = sum(_withdraw(by, row, purpose, channel, address) for purpose, channel in _rested_on(row))
        note(row, by, "applied", str(stopped), address=address)
    return stopped


def _rested_on(row: Request) -> list[tuple[str, str]]:
    if row.kind == rules.REFUSAL:
        return [(PROFILING, ALL)]
    agreed = {
        (word.purpose, word.channel) for word in consents.of_customer(row.customer_id) if word.current and word.given
    }
    return sorted(agreed | {(MARKETING, channel) for channel in CHANNELS} | {(PROFILING, ALL)})


def _withdraw(by: Member, row: Request, purpose: str, channel: str, address: str) -> int:
    return consent.withdraw(
        by=by, customer_ids=[row.customer_id], purpose=purpose, channel=channel, at=datetime.now(UTC),
        proof=f"privacy request {row.pk}", origin="customer", address=address,
    )  # fmt: skip


def must_be_open(row: Request) -> None:
    """Raises where the identity behind a request was not checked, or it is closed."""
    if row.state == rules.RECEIVED:
        raise Conflict("Check the identity of the person who asks first.")
    if row.state != rules.OPEN:
        raise Conflict("This request is no longer in a state that allows this. Load the page again.")
