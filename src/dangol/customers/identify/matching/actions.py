"""Propose pairs, decide them, merge and part customers, claim un-named ones, note households."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from dangol.base.errors import BadInput, Conflict, DangolError, NotFound
from dangol.customers.identify.matching import joining
from dangol.customers.identify.matching.joining import Edge
from dangol.customers.identify.matching.proposing import propose
from dangol.customers.identify.matching.rules import (
    APART,
    CLAIM,
    HAND,
    JOIN,
    JOINED,
    LATER,
    MOST_AT_ONCE,
    PAIR,
    PART,
    SNOOZE_DAYS,
    SNOOZED,
    kept_first,
)  # fmt: skip
from dangol.customers.identify.models import Customer, Household, Merge, Pair, SourceKey
from dangol.customers.identify.reads.one import visible
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 2_000

__all__ = ["claim", "decide", "decide_many", "households", "merge", "part", "propose"]


@transaction.atomic
def merge(*, by: Member, kept_id: int, gone_id: int, note: str = "", address: str = "", how: str = HAND) -> int:
    """Make two customers one: `gone` becomes part of `kept`; returns the merge's id.

    Keys, purchases, consents, messages and changes of both are the one customer's from now on; nothing is moved, so
    that `part` gives each their own back. Raises Conflict where one of them was merged meanwhile (with who and when),
    NotFound for a foreign and a missing customer alike.
    """
    require(by, Right.CUSTOMERS_MERGE)
    kept, gone = _two(by, kept_id, gone_id)
    [made] = joining.join([Edge(kept.pk, gone.pk, how, note.strip()[:300])], by=by)
    joining.close_pairs(kept.pk, by=by)
    note_access(by=by, verb="merge", what="customer", customer_id=kept.pk, count=2, address=address, reason=note,
                detail={"gone": gone.pk, "merge": made.pk, "how": how})  # fmt: skip
    return made.pk


def _two(by: Member, kept_id: int, gone_id: int) -> tuple[Customer, Customer]:
    """Both rows, held in order of id so that no two merges wait for each other. Raises NotFound, Conflict, BadInput."""
    if kept_id == gone_id:
        raise BadInput("Choose two different customers.", field="gone")
    for one in (kept_id, gone_id):
        visible(by, one)
    found = Customer.objects.select_for_update(of=("self",)).filter(pk__in=(kept_id, gone_id)).order_by("pk")
    rows = {row.pk: row for row in found}
    for one in (gone_id, kept_id):
        if rows[one].merged_into_id is not None:
            raise joining.decided(Merge.objects.select_related("by").get(gone_id=one, parted_at=None))
    return rows[kept_id], rows[gone_id]


@transaction.atomic
def part(*, by: Member, customer_id: int, note: str = "", address: str = "") -> int:
    """Take a merge back: this customer is a person of its own again; returns its id.

    Keys, purchases, consents and edits go to whom they belong, also what came later by a key of theirs; messages stay
    with whom they were sent to. Those who were merged into this customer come along. The two are never merged again
    without a person. Raises Conflict where it was parted already (with who and when).
    """
    require(by, Right.CUSTOMERS_MERGE)
    visible(by, customer_id)
    held = Customer.objects.select_for_update(of=("self",)).filter(within(scope_of(by)), pk=customer_id)
    if not held.values_list("pk", flat=True):
        raise NotFound("There is no such customer.")
    made = Merge.objects.select_for_update(of=("self",)).filter(gone_id=customer_id, parted_at=None).first()
    if made is None:
        raise _parted_before(customer_id)
    root = joining.part(made, by=by, note=note.strip()[:300])
    joining.keep_apart(made, by=by, note=note.strip()[:300])
    note_access(by=by, verb="part", what="customer", customer_id=root, count=2, address=address, reason=note,
                detail={"parted": customer_id, "merge": made.pk})  # fmt: skip
    return customer_id


def _parted_before(customer_id: int) -> DangolError:
    last = Merge.objects.filter(gone_id=customer_id).select_related("parted_by").order_by("-parted_at").first()
    if last is None:
        return NotFound("This customer is not part of another one.")
    return joining.already(last.parted_by, last.parted_at)


@transaction.atomic
def decide(
    *, by: Member, pair_id: int, verdict: str, kept_id: int | None = None, note: str = "", address: str = ""
) -> str:
    """Decide a pair: join, apart or later; returns its new state.

    kept_id: which of the two stays; by default the named, then the older one. Raises Conflict where it was decided
    already (with who and when), NotFound where one of the two is not in the member's part of the organisation.
    """
    require(by, Right.CUSTOMERS_MERGE)
    row = _pair(by, pair_id)
    if row.state in (JOINED, APART):
        raise joining.already(row.decided_by, row.decided_at)
    if verdict == LATER:
        row.state, row.snoozed_until = SNOOZED, timezone.localdate() + timedelta(days=SNOOZE_DAYS)
        row.note = note.strip()[:300]
        row.save(update_fields=["state", "snoozed_until", "note"])
        return SNOOZED
    left, right = visible(by, row.left_id), visible(by, row.right_id)
    if verdict == JOIN:
        kept, gone = (left, right) if _stays(left, right, kept_id) else (right, left)
        merge(by=by, kept_id=kept.pk, gone_id=gone.pk, note=note, address=address, how=PAIR)
    elif verdict == PART:
        joining.decide_between(left.pk, right.pk, APART, by=by, note=note.strip()[:300])
        note_access(by=by, verb="part", what="customer pair", customer_id=left.pk, count=2, address=address,
                    reason=note, detail={"apart": [left.pk, right.pk]})  # fmt: skip
    else:
        raise BadInput("Decide join, apart or later.", field="verdict")
    row.refresh_from_db()
    return row.state


def _pair(by: Member, pair_id: int) -> Pair:
    row = Pair.objects.select_for_update(of=("self",)).filter(pk=pair_id).first() if 0 < pair_id < 2**63 else None
    if row is not None:
        try:
            visible(by, row.left_id)
            visible(by, row.right_id)
        except NotFound:
            row = None
    if row is None:
        raise NotFound("There is no such pair.")
    return row


def _stays(left: Customer, right: Customer, kept_id: int | None) -> bool:
    if kept_id is not None:
        if kept_id not in (left.pk, right.pk):
            raise BadInput("Choose which of the two stays.", field="kept")
        return kept_id == left.pk
    return kept_first((left.kind, left.pk), (right.kind, right.pk))


def decide_many(*, by: Member, pair_ids: Iterable[int], verdict: str, address: str = "") -> dict[str, int]:
    """Decide several pairs alike, each in a transaction of its own; {done, passed_over} (decided meanwhile)."""
    require(by, Right.CUSTOMERS_MERGE)
    wanted = list(dict.fromkeys(pair_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise BadInput("Decide at most {most} pairs at once.", field="id", most=MOST_AT_ONCE)
    counted = {"done": 0, "passed_over": 0}
    for pair_id in wanted:
        try:
            decide(by=by, pair_id=pair_id, verdict=verdict, address=address)
            counted["done"] += 1
        except (Conflict, NotFound):
            counted["passed_over"] += 1
    return counted


def claim(*, by: Member, customer_id: int, code: str, note: str = "", address: str = "") -> int:
    """An un-named customer turns out to be this person: by its code or by a key of a source; returns the merge's id.

    Its purchases follow, and what comes later by that key; `part` takes it back. Raises NotFound where nobody has the
    code, Conflict where a named customer has it.
    """
    require(by, Right.CUSTOMERS_MERGE)
    person = visible(by, customer_id)
    found = unnamed(by, code)
    if found.pk == person.pk:
        raise Conflict("This code belongs to this customer already.")
    if found.kind == "named":
        raise Conflict("This code belongs to a named customer. Merge the two instead, if they are one person.")
    return merge(by=by, kept_id=person.pk, gone_id=found.pk, note=note, address=address, how=CLAIM)


def unnamed(by: Member, code: str) -> Customer:
    """The customer with a code, or with a source key where only one has it, within the member's own tree.

    Raises NotFound, Conflict where several have it.
    """
    text = code.strip()
    if not text or len(text) > 120:
        raise BadInput("Write the customer's code or key.", field="code")
    seen = Customer.objects.filter(within(scope_of(by)), merged_into=None)
    row = seen.filter(code=text).first()
    if row is not None:
        return row
    owners = SourceKey.objects.filter(key=text).values_list("customer_id", "customer__merged_into_id")[:CHUNK]
    roots = {into or owner for owner, into in owners}
    rows = list(seen.filter(pk__in=roots)[:2])
    if not rows:
        raise NotFound("Nobody has this code.")
    if len(rows) > 1:
        raise Conflict("Several sources know this key, for different customers. Use the customer's code.")
    return rows[0]


def households(table: pa.Table) -> dict[str, int]:
    """Note who lives in which household, as the linkage found it; {noted, removed}.

    table: customer_id int64, household_id int64 (null: lives alone). Customers who are not in it keep theirs.
    """
    counted = {"noted": 0, "removed": 0}
    for batch in table.select(["customer_id", "household_id"]).to_batches(max_chunksize=CHUNK):
        _note_households(batch.to_pylist(), counted)
    return counted


@transaction.atomic
def _note_households(rows: Sequence[dict[str, Any]], counted: dict[str, int]) -> None:
    known = set(Customer.objects.filter(pk__in=[row["customer_id"] for row in rows]).values_list("pk", flat=True))
    alone = [row["customer_id"] for row in rows if row["household_id"] is None]
    counted["removed"] += Household.objects.filter(pk__in=alone).delete()[0]
    shared = [row for row in rows if row["household_id"] is not None and row["customer_id"] in known]
    Household.objects.bulk_create(
        [Household(customer_id=row["customer_id"], household_id=row["household_id"]) for row in shared],
        update_conflicts=True, unique_fields=["customer"], update_fields=["household_id"], batch_size=400,
    )  # fmt: skip
    counted["noted"] += len(shared)
