"""Walks the order of a long list of customers, a page at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from dangol.customers.identify.models import Customer
from dangol.customers.identify.rules import CustomerQuery

SORT_COLUMNS = {"name": "name", "amount": "standing__amount", "last_day": "standing__last_day"}
SORT_TIES = {"name": "id", "amount": "standing__customer_id", "last_day": "standing__customer_id"}
FIRST_STEP, LONGEST_STEP = 500, 8_000

# An entry of a page: (0 with a value to sort by or 1 without, the value, the customer's id).
Entry = tuple[int, Any, int]


@dataclass(frozen=True)
class Seen:
    """Where a page begins: behind this entry, or before it when going back."""

    entry: Entry
    back: bool


Walk = Callable[[QuerySet[Customer], CustomerQuery, Entry | None, bool, int], Iterable[Entry]]


def page_of_many(found: QuerySet[Customer], query: CustomerQuery, seen: Seen | None) -> list[Entry]:
    """Walks the index of the sort order, one entry further than the page; those without a value come last."""
    back, entry = (seen.back, seen.entry) if seen else (False, None)
    walks: tuple[Walk, Walk] = (_by_figure, _without_figure) if query.figure else (_with_value, _without_value)
    taken: list[Entry] = []
    for phase in (1, 0) if back else (0, 1):
        passed = entry is not None and (phase > entry[0] if back else phase < entry[0])
        if not passed and len(taken) <= query.size:
            start = entry if entry is not None and entry[0] == phase else None
            taken += _sieved(walks[phase], found, query, start, back, query.size + 1 - len(taken))
    return taken


def _sieved(  # noqa: PLR0917  a walk's own arguments, handed on
    walk: Walk, found: QuerySet[Customer], query: CustomerQuery, start: Entry | None, back: bool, wanted: int
) -> list[Entry]:
    """So many entries of a walk that are picked; where nothing is picked out, the walk itself."""
    among = query.among
    if among is None:
        return list(walk(found, query, start, back, wanted))
    taken: list[Entry] = []
    step = FIRST_STEP
    while len(taken) < wanted:
        met = list(walk(found, query, start, back, step))
        taken += [entry for entry in met if entry[2] in among]
        if len(met) < step:
            break
        start, step = met[-1], min(4 * step, LONGEST_STEP)
    return taken[:wanted]


def _with_value(
    found: QuerySet[Customer], query: CustomerQuery, start: Entry | None, back: bool, wanted: int
) -> Iterator[Entry]:
    column, tie = SORT_COLUMNS[query.sort], SORT_TIES[query.sort]
    way, sign = ("lt", "-") if query.descending != back else ("gt", "")
    walked = found.filter(**({"name__gt": ""} if column == "name" else {f"{column}__isnull": False}))
    if start is not None:
        walked = walked.filter(
            Q(**{f"{column}__{way}e": start[1]}),
            Q(**{f"{column}__{way}": start[1]}) | Q(**{f"{tie}__{way}": start[2]}),
        )
    rows = walked.order_by(sign + column, sign + tie).values_list(column, "pk")[:wanted]
    return ((0, value, pk) for value, pk in rows)


def _without_value(
    found: QuerySet[Customer], query: CustomerQuery, start: Entry | None, back: bool, wanted: int
) -> Iterator[Entry]:
    column = SORT_COLUMNS[query.sort]
    rest = found.filter(Q(name="") if column == "name" else Q(**{f"{column}__isnull": True}))
    if start is not None:
        rest = rest.filter(pk__lt=start[2]) if back else rest.filter(pk__gt=start[2])
    return ((1, None, pk) for pk in rest.order_by("-pk" if back else "pk").values_list("pk", flat=True)[:wanted])


def _by_figure(
    found: QuerySet[Customer], query: CustomerQuery, start: Entry | None, back: bool, wanted: int
) -> Iterator[Entry]:
    """Those with a figure in its order: some hundreds at a time are held against the question."""
    figure = query.figure
    assert figure is not None  # noqa: S101  chosen only where there is one
    down = query.descending != back
    if start is not None:
        ahead = figure.after(start[1], start[2], down=down)
    else:
        ahead = figure.order[::-1] if down else figure.order
    place, step, left = 0, FIRST_STEP, wanted
    while place < len(ahead) and left > 0:
        piece = ahead[place : place + step]
        asked = (query.among.of(piece) if query.among else piece).tolist()
        fits = set(found.filter(pk__in=asked).order_by().values_list("pk", flat=True)) if asked else set()
        for one in asked:
            if one in fits and left > 0:
                left -= 1
                yield 0, figure.of(one), one
        place, step = place + len(piece), min(4 * step, LONGEST_STEP)


def _without_figure(
    found: QuerySet[Customer], query: CustomerQuery, start: Entry | None, back: bool, wanted: int
) -> Iterator[Entry]:
    """Those without a figure, by id: everybody is walked past, but who has none is rare and comes last."""
    figure, last, left = query.figure, start[2] if start else None, wanted
    assert figure is not None  # noqa: S101  chosen only where there is one
    while left > 0:
        rest = found if last is None else found.filter(pk__lt=last) if back else found.filter(pk__gt=last)
        met = list(rest.order_by("-pk" if back else "pk").values_list("pk", flat=True)[:LONGEST_STEP])
        for one in met:
            if left > 0 and figure.of(one) is None:
                left -= 1
                yield 1, None, one
        if len(met) < LONGEST_STEP:
            return
        last = met[-1]
