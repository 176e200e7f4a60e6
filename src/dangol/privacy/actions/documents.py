"""Hand over what is kept about a person: the report to read, the export to take along. Each is logged."""

import hashlib
from datetime import UTC, datetime

from django.db import transaction

from dangol.base.errors import BadInput, Conflict
from dangol.channels import links
from dangol.customers.identify import reads as identify
from dangol.privacy import rules
from dangol.privacy.actions.requests import locked, must_be_open, note
from dangol.privacy.models import Handover
from dangol.privacy.reads import documents
from dangol.privacy.reads.breach import Affected, affected
from dangol.privacy.reads.documents import Report
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

REASON_LENGTH = 5


def report(*, by: Member, request_id: int, address: str = "") -> Report:
    """The report for a request to see one's data, in full. Raises Conflict before the identity was checked.

    Source: Personal Information Protection Act art. 35, Decree art. 41.
    """
    require(by, Right.CUSTOMERS_UNMASK)
    with transaction.atomic():
        row = locked(by, request_id)
        if row.kind != rules.ACCESS:
            raise Conflict("This request does not ask to see data.")
        must_be_open(row)
        found = documents.report(by, row.customer_id)
        _hand_over(by, row.customer_id, row.pk, "report", documents.as_json(found), address)
        note(row, by, "report", address=address, verb="export")
    return found


def export(*, by: Member, request_id: int, form: str, address: str = "") -> str:
    """The data of a request to see it (whole) or to take it along (without what was worked out), as json or csv.

    Source: Personal Information Protection Act art. 35-2 (portability); the log of it is kept for three years.
    """
    require(by, Right.CUSTOMERS_UNMASK)
    if form not in ("json", "csv"):
        raise BadInput("Use one of: {allowed}.", field="form", allowed="json, csv")
    with transaction.atomic():
        row = locked(by, request_id)
        if row.kind not in (rules.ACCESS, rules.PORTABILITY):
            raise Conflict("This request does not ask for data.")
        must_be_open(row)
        found = documents.report(by, row.customer_id, derived=row.kind == rules.ACCESS)
        text = documents.as_json(found) if form == "json" else documents.as_csv(found)
        _hand_over(by, row.customer_id, row.pk, form, text, address)
        note(row, by, "export", form, address=address, verb="export")
    return text


def _hand_over(  # noqa: PLR0917
    by: Member, customer_id: int, request_id: int, form: str, text: str, address: str
) -> None:
    data = text.encode()
    Handover.objects.create(
        customer_id=customer_id, request_id=request_id, form=form, sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data), by=by,
    )  # fmt: skip
    note_access(
        by=by, verb="export", what="personal data", customer_id=customer_id, address=address,
        reason=f"privacy request {request_id}",
    )  # fmt: skip


def affected_list(*, by: Member, which: Affected, reason: str, address: str = "") -> list[identify.Reach]:
    """Name, phone and e-mail of everybody a breach touched, to be told; the reason goes to the access log.

    Raises BadInput without a reason. Source: Personal Information Protection Act art. 34, Decree art. 39.
    """
    require(by, Right.PRIVACY_HANDLE)
    require(by, Right.CUSTOMERS_EXPORT)
    if len(reason.strip()) < REASON_LENGTH:
        raise BadInput("Say in a few words what the export is for.", field="reason")
    ids = affected(by, which)
    found = list(identify.reach(by, ids).values())
    note_access(
        by=by, verb="export", what="breach list", count=max(1, len(found)), address=address, reason=reason.strip()
    )  # fmt: skip
    return found


def preference_link(*, by: Member, customer_id: int, address: str = "") -> str:
    """The address of a customer's own preference page, to be given to that customer; logged.

    Whoever holds it is believed, so it is given to nobody else. Raises Conflict for a customer not known by name: the
    address would open nothing.
    """
    require(by, Right.PRIVACY_HANDLE)
    identify.customer(by, customer_id)
    if not identify.named(customer_id):
        raise Conflict("This customer is not known by name, so there is no page of their own to open.")
    note_access(
        by=by, verb="change", what="consent", customer_id=customer_id, address=address,
        detail={"link": datetime.now(UTC).date().isoformat()},
    )  # fmt: skip
    return links.url(links.PREFERENCE, links.of_customer(customer_id))
