"""Who is one person with whom at present, as the merges of customers say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from dangol.customers.consent import rules
from dangol.customers.consent.models import Joined

CHUNK = 2000


@dataclass(frozen=True)
class Family:
    """Customers that are one person. edges: (kept, gone) -> merge; they form a tree."""

    members: frozenset[int]
    edges: Mapping[tuple[int, int], str]

    def path(self, start: int, end: int) -> tuple[str, ...]:
        """The merges between two members."""
        return rules.path(self.edges, start, end)


def families(customer_ids: Iterable[int]) -> dict[int, Family]:
    """The family of each customer that is joined with another; the others are left out."""
    ids = list(customer_ids)
    edges = _edges(ids)
    near: dict[int, set[int]] = defaultdict(set)
    for kept, gone in edges:
        near[kept].add(gone)
        near[gone].add(kept)
    found: dict[int, Family] = {}
    for one in ids:
        if one in near and one not in found:
            members = _reach(near, one)
            inside = {edge: merge for edge, merge in edges.items() if edge[0] in members}
            found |= dict.fromkeys(members, Family(frozenset(members), inside))
    return {one: found[one] for one in ids if one in found}


def _edges(ids: list[int]) -> dict[tuple[int, int], str]:
    edges: dict[tuple[int, int], str] = {}
    seen, waiting = set(ids), list(ids)
    while waiting:
        part, waiting = waiting[:CHUNK], waiting[CHUNK:]
        rows = Joined.objects.filter(Q(kept__in=part) | Q(gone__in=part), parted_at=None)
        for kept, gone, merge in rows.values_list("kept", "gone", "merge"):
            edges[kept, gone] = merge
            fresh = {kept, gone} - seen
            seen |= fresh
            waiting += fresh
    return edges


def _reach(near: Mapping[int, set[int]], start: int) -> set[int]:
    members, waiting = {start}, [start]
    while waiting:
        fresh = near[waiting.pop()] - members
        members |= fresh
        waiting += fresh
    return members
