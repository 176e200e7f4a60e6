"""How two customers become one and two again: nothing is moved, only whom each id leads to.

A merge is an edge from the customer that went to the one that stayed; edges make trees. `Customer.merged_into` is the
top of the tree, so that every look-up is one step. Keys, edits, messages and words of consent stay with the id they
came under. Parting cuts one edge, and each side has its own again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from dangol.base.errors import Conflict
from dangol.customers.consent import actions as consent
from dangol.customers.identify.golden.actions import recompute
from dangol.customers.identify.matching import rules
from dangol.customers.identify.models import Customer, Merge, Pair, Standing
from dangol.customers.identify.postings import actions as postings
from dangol.staff.reads import Member

SUMMED = ("orders", "amount")
KEPT_DAYS = ("first_day", "last_day", "as_of")


@dataclass(frozen=True)
class Edge:
    """One merge to be made between two customers who are part of nobody."""

    kept: int
    gone: int
    how: str
    note: str = ""


def join(edges: Sequence[Edge], *, by: Member) -> list[Merge]:
    """Make merges, in order, and work out what follows from them. Call inside a transaction with the rows held."""
    made = []
    for edge in edges:
        Customer.objects.filter(Q(pk=edge.gone) | Q(merged_into=edge.gone)).update(merged_into=edge.kept)
        made.append(
            Merge.objects.create(kept_id=edge.kept, gone_id=edge.gone, how=edge.how, by=by, note=edge.note,
                                 at=timezone.now(), standing_before=_sum_standings(edge))
        )  # fmt: skip
        consent.merged(kept=edge.kept, gone=edge.gone, merge=made[-1].pk)
    recompute([edge.kept for edge in edges], cause="merge", by=by)
    return made


def part(made: Merge, *, by: Member, note: str) -> int:
    """Cut one merge; returns the customer it was part of. Call inside a transaction."""
    root = Customer.objects.values_list("merged_into_id", flat=True).get(pk=made.gone_id)
    branch = rules.below(made.gone_id, edges_of(root))
    made.parted_by, made.parted_at, made.parted_note = by, timezone.now(), note
    made.save(update_fields=["parted_by", "parted_at", "parted_note"])
    Customer.objects.filter(pk=made.gone_id).update(merged_into=None)
    Customer.objects.filter(pk__in=branch).update(merged_into=made.gone_id)
    consent.parted(kept=made.kept_id, gone=made.gone_id, merge=made.pk)
    _restore_standing(made, root)
    postings.part(root, made.at)
    recompute([root, made.gone_id], cause="part", by=by)
    return int(root)


def edges_of(root: int) -> list[tuple[int, int]]:
    """The merges that stand below a customer: (kept, gone)."""
    inside = Customer.objects.filter(merged_into=root).values("pk")
    return list(Merge.objects.filter(parted_at=None, gone_id__in=inside).values_list("kept_id", "gone_id"))


def _standing(customer_id: int) -> dict[str, Any] | None:
    row = Standing.objects.filter(pk=customer_id).values().first()
    if row is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _sum_standings(edge: Edge) -> dict[str, Any] | None:
    """Give the one who stays the purchases of both until the next cycle counts them anew; what it had before."""
    kept, gone = _standing(edge.kept), _standing(edge.gone)
    if gone is None or not gone["orders"]:
        return kept
    both = gone | {name: value for name, value in (kept or {}).items() if value not in (None, "")}
    if kept is not None:
        both |= {name: kept[name] + gone[name] for name in SUMMED}
        both |= {
            "first_day": min(filter(None, (kept["first_day"], gone["first_day"])), default=None),
            "last_day": max(filter(None, (kept["last_day"], gone["last_day"])), default=None),
        }
        days = [one["recency_days"] for one in (kept, gone) if one["recency_days"] is not None]
        both["recency_days"] = min(days, default=None)
    _write_standing(edge.kept, both)
    return kept


def _write_standing(customer_id: int, values: dict[str, Any] | None) -> None:
    if values is None:
        Standing.objects.filter(pk=customer_id).delete()
        return
    columns = {name: value for name, value in values.items() if name != "customer_id"}
    columns |= {name: date.fromisoformat(columns[name]) for name in KEPT_DAYS if columns[name]}
    Standing.objects.update_or_create(customer_id=customer_id, defaults=columns)


def _restore_standing(made: Merge, root: int) -> None:
    """Put back what the kept one had, where nothing was counted or merged since; else the next cycle counts anew."""
    present, gone = _standing(root), _standing(made.gone_id)
    later = Merge.objects.filter(kept_id=root, parted_at=None, pk__gt=made.pk).exists()
    counted_since = present is None or gone is None or present["snapshot"] != gone["snapshot"]
    if root == made.kept_id and not later and not counted_since:
        _write_standing(root, made.standing_before)


def already(who: Member | None, at: datetime | None) -> Conflict:
    """The answer to whoever comes second."""
    said = rules.clock(at, settings.DANGOL.zone, timezone.now()) if at else "-"
    return Conflict("Already decided by {who}, {at}.", who=who.name if who else "Dangol", at=said)


def decided(made: Merge) -> Conflict:
    """The same, of a merge."""
    return already(made.by, made.at)


def between(left: Iterable[int], right: Iterable[int]) -> Q:
    """The pairs of somebody of one family with somebody of another."""
    one, other = list(left), list(right)
    return Q(left_id__in=one, right_id__in=other) | Q(left_id__in=other, right_id__in=one)


def family(root: int) -> list[int]:
    """A customer and everybody merged into it."""
    return [root, *Customer.objects.filter(merged_into=root).values_list("pk", flat=True)]


def close_pairs(root: int, *, by: Member | None) -> None:
    """Pairs whose two are one person now are decided."""
    mine = family(root)
    Pair.objects.filter(left_id__in=mine, right_id__in=mine).exclude(state=rules.JOINED).update(
        state=rules.JOINED, decided_by=by, decided_at=timezone.now(), snoozed_until=None
    )


def decide_between(left: int, right: int, state: str, *, by: Member, note: str = "") -> None:
    """Give every pair between two persons a state: whoever was merged into them was looked at with them."""
    found = Pair.objects.filter(between(family(left), family(right)))
    found.update(state=state, decided_by=by, decided_at=timezone.now(), note=note, snoozed_until=None)


def keep_apart(made: Merge, *, by: Member, note: str) -> None:
    """Remember that a person parted these two, so that no linkage joins them again."""
    low, high = sorted((made.kept_id, made.gone_id))
    Pair.objects.get_or_create(left_id=low, right_id=high, defaults={"probability": 0.0, "state": rules.APART})
    parted = family(made.gone_id)
    others = family(Customer.objects.values_list("merged_into_id", flat=True).get(pk=made.kept_id) or made.kept_id)
    Pair.objects.filter(between(parted, others), ~Q(state=rules.OPEN)).update(
        state=rules.APART, decided_by=by, decided_at=timezone.now(), note=note
    )


def apart(roots: Iterable[int]) -> set[frozenset[int]]:
    """Which two of these customers a person put apart, also through those merged into them."""
    wanted = list(roots)
    ends = {side: F(f"{side}__merged_into_id") for side in ("left", "right")}
    touching = Q(left_id__in=wanted) | Q(left__merged_into__in=wanted)
    touching |= Q(right_id__in=wanted) | Q(right__merged_into__in=wanted)
    rows = Pair.objects.filter(touching, state=rules.APART).values_list(
        "left_id", ends["left"], "right_id", ends["right"]
    )
    return {frozenset((left_in or left, right_in or right)) for left, left_in, right, right_in in rows}
