"""Take over what the linkage found: sure pairs are merged, doubtful ones wait for a person."""

import json
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from dangol.customers.identify.matching import joining, rules
from dangol.customers.identify.matching.joining import Edge
from dangol.customers.identify.models import Customer, Pair
from dangol.staff.actions import note_access
from dangol.staff.reads import system

CHUNK = 500


def propose(pairs: pa.Table) -> dict[str, int]:
    """Pairs of the linkage: sure ones become one customer, doubtful ones are queued; {merged, queued}.

    pairs: left, right (int64 customer_id), probability (float64), evidence (string JSON), verdict ("sure" or
    "doubtful"; doubtful where the column is missing). In chunks, each a transaction, so that others write between.
    A pair a person has put apart, or whose two were parted by hand, is passed over for ever. Repeating it changes
    nothing. Merges can be taken back one by one. Raises BadInput for evidence of another shape.
    """
    counted = {"merged": 0, "queued": 0}
    ordered = pairs.sort_by([("probability", "descending"), ("left", "ascending"), ("right", "ascending")])
    for batch in ordered.to_batches(max_chunksize=CHUNK):
        with transaction.atomic():
            for name, number in _propose(batch.to_pylist()).items():
                counted[name] += number
    return counted


def _propose(rows: list[dict[str, Any]]) -> dict[str, int]:
    ids = {one for row in rows for one in (row["left"], row["right"])}
    people = {row.pk: row for row in Customer.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    root = {pk: row.merged_into_id or pk for pk, row in people.items()}
    kinds = dict(Customer.objects.filter(pk__in=set(root.values())).values_list("pk", "kind"))
    barred = joining.apart(set(root.values()))
    known = {(row.left_id, row.right_id): row for row in Pair.objects.filter(left_id__in=ids, right_id__in=ids)}
    edges: list[Edge] = []
    kept_rows: list[tuple[Pair, bool]] = []
    for row in rows:
        low, high = sorted((row["left"], row["right"]))
        if low == high or low not in root or high not in root:
            continue
        one, other = _top(root, low), _top(root, high)
        pair = known.get((low, high)) or Pair(left_id=low, right_id=high)
        if one == other or frozenset((one, other)) in barred or pair.state in (rules.JOINED, rules.APART):
            continue
        fresh = (low, high) not in known
        pair.probability, pair.evidence = row["probability"], rules.checked(json.loads(row["evidence"] or "{}"))
        if row.get("verdict") == rules.SURE:
            kept, gone = (one, other) if rules.kept_first((kinds[one], one), (kinds[other], other)) else (other, one)
            edges.append(Edge(kept, gone, rules.SURE))
            root[gone] = kept
            barred = {frozenset(kept if end == gone else end for end in ends) for ends in barred}
            pair.state, pair.decided_at = rules.JOINED, timezone.now()
        kept_rows.append((pair, fresh))
        known[low, high] = pair
    _write(kept_rows, edges)
    return {"merged": len(edges), "queued": sum(1 for pair, fresh in kept_rows if fresh and pair.state == rules.OPEN)}


def _top(root: dict[int, int], one: int) -> int:
    """The top of a customer's tree, merges of this very chunk included."""
    while root.get(one, one) != one:
        one = root[one]
    return one


def _write(pairs: list[tuple[Pair, bool]], edges: list[Edge]) -> None:
    Pair.objects.bulk_create([pair for pair, fresh in pairs if fresh], batch_size=90)
    old = [pair for pair, fresh in pairs if not fresh]
    Pair.objects.bulk_update(old, ["probability", "evidence", "state", "decided_at"], batch_size=90)
    if not edges:
        return
    by = system()
    joining.join(edges, by=by)
    for kept in {edge.kept for edge in edges}:
        joining.close_pairs(kept, by=None)
    for edge in edges:
        note_access(by=by, verb="merge", what="customer", customer_id=edge.kept, count=2,
                    detail={"gone": edge.gone, "how": edge.how})  # fmt: skip
