"""What a definition counts and whom it describes while it is edited, why somebody is in, how segments overlap."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from dangol.base.errors import BadInput, NotFound, TooMuch
from dangol.customers.consent.rules import NO_CONSENT
from dangol.customers.identify import reads as identify
from dangol.customers.identify.picked import Among
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import current
from dangol.insight.segments import counting, rules, tables
from dangol.insight.segments.counting import Bits, Check, Counter, size
from dangol.insight.segments.reads.listing import folded, visible
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right

SAMPLE = 8
OVERLAP = 4


@dataclass(frozen=True)
class ReachLine:
    """How many can be written to on a channel, and how many cannot, by reason."""

    channel: str
    can: int | None
    cannot: Sequence[tuple[str, int | None]]


@dataclass(frozen=True)
class Counts:
    """What a definition counts now. Every figure is exact; None stands for fewer than SMALL_GROUP.

    parts: the place of every group and condition -> how many meet it alone. everybody: whom the reader may see.
    asked: how many conditions had to be asked of the engine. ms: how long it took.
    """

    total: int | None
    everybody: int
    parts: Mapping[tuple[int, ...], int | None]
    reach: Sequence[ReachLine]
    as_of: date
    reach_at: datetime
    asked: int
    ms: float


def _seen(by: Member, counter: Counter) -> Bits:
    """The customers a member may see, as the operations database has them this moment."""
    if scope_of(by).everyone:
        return counter.now.everybody
    if not may(by, Right.CUSTOMERS_VIEW):
        return np.zeros_like(counter.now.everybody)
    return counter.now.bits(identify.customer_ids(by, CustomerQuery()))


def counts(by: Member, root: rules.Group, *, check: Check = lambda: None) -> Counts:
    """What a definition counts, part by part and in total, and who of them can be written to.

    check: called before each question to the engine; raises to give up. Raises NotFound before the first cycle,
    TooMuch where a question takes longer than it may.
    """
    require(by, Right.INSIGHT_VIEW)
    began = time.perf_counter()
    counter = Counter(current(), check)
    seen = _seen(by, counter)
    found: dict[tuple[int, ...], int | None] = {}

    def note(node: rules.Node, path: tuple[int, ...]) -> None:
        if rules.ready(node) is not None or not path:
            found[path] = folded(by, size(counter.node(node) & seen))
        for place, part in enumerate(node.parts if isinstance(node, rules.Group) else ()):
            note(part, (*path, place))

    note(root, ())
    inside = counter.node(root) & seen
    return Counts(
        total=folded(by, size(inside)), everybody=size(seen), parts=found, reach=_reach(by, counter, inside),
        as_of=counter.now.as_of, reach_at=datetime.fromisoformat(counter.now.laid.facts["reach_at"]),
        asked=counter.asked, ms=1000 * (time.perf_counter() - began),
    )  # fmt: skip


def _reach(by: Member, counter: Counter, inside: Bits) -> list[ReachLine]:
    """Channel by channel, so that all figures of a channel add up to the segment."""
    lines = []
    for channel in counter.now.laid.facts["channels"]:
        said = counter.reach(channel)
        reasons = {reason: size(bits & inside) for reason, bits in said.items()}
        can = reasons.pop("", 0)
        reasons[NO_CONSENT] = reasons.get(NO_CONSENT, 0) + size(inside) - can - sum(reasons.values())
        cannot = sorted(((reason, n) for reason, n in reasons.items() if n), key=lambda one: -one[1])
        lines.append(ReachLine(channel, folded(by, can), [(reason, folded(by, n)) for reason, n in cannot]))
    return lines


def meeting(root: rules.Group) -> Among:
    """Who meets a definition, for rooms above that narrow a list by it and bound it themselves. Raises NotFound."""
    counter = Counter(current())
    flags = np.unpackbits(counter.node(root), count=counter.now.length).astype(bool)
    return Among(f"{counter.now.key} {rules.node_to_dict(root)}", flags)


def sample(by: Member, root: rules.Group, most: int = SAMPLE) -> list[identify.Row]:
    """Some of the people a definition describes, masked, of those the reader may see. Raises NotAllowed."""
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    counter = Counter(current())
    ids = counter.now.ids(counter.node(root) & _seen(by, counter))
    chosen = tuple(counting.sample(ids, most))
    return list(identify.search(by, CustomerQuery(ids=chosen, size=most)).rows) if chosen else []


@dataclass(frozen=True)
class Why:
    """Why somebody is in or not: the place of every condition -> whether it is met, and the value seen."""

    inside: bool
    conditions: Mapping[tuple[int, ...], tuple[bool, str | None]]


def why(by: Member, root: rules.Group, customer_id: int) -> Why:
    """The definition asked of one customer the reader may see: the very same expression. Raises NotFound."""
    require(by, Right.INSIGHT_VIEW)
    identify.customer(by, customer_id)
    ready = rules.ready(root)
    if not isinstance(ready, rules.Group):
        return Why(True, {})
    engine = current()
    facts = counting.facts(engine, counting.served(engine)).of([customer_id])
    rows = engine.arrow(tables.judged(facts, ready)).to_pylist()
    if not rows:
        raise NotFound("This customer came after the figures were made. Run the cycle and look again.")
    places = [path for path, one in rules.conditions(root) if rules.is_ready(one)]
    return Why(
        bool(rows[0]["met"]),
        {path: (bool(rows[0][f"c{n}"]), rows[0][f"v{n}"]) for n, path in enumerate(places)},
    )  # fmt: skip


@dataclass(frozen=True)
class Overlap:
    """How some segments overlap. sizes: of each.

    parts: which of them (True and False in their order), and how many are in just those.
    """

    names: Sequence[tuple[int, str]]
    sizes: Sequence[int | None]
    parts: Sequence[tuple[tuple[bool, ...], int | None]]
    union: int | None


def overlap(by: Member, ids: Sequence[int]) -> Overlap:
    """Up to OVERLAP segments against each other: every combination with its exact number, the largest first."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) < 2:
        raise BadInput("Choose at least two segments.", field="segment")
    if len(wanted) > OVERLAP:
        raise TooMuch("At most {limit} segments can be held against each other.", limit=OVERLAP)
    rows = [visible(by, one) for one in wanted]
    counter = Counter(current())
    seen = _seen(by, counter)
    bits = [counter.segment(row.pk) & seen for row in rows]
    parts = []
    for mask in range(1, 2 ** len(bits)):
        inside = tuple(bool(mask >> place & 1) for place in range(len(bits)))
        found = seen
        for one, wants in zip(bits, inside, strict=True):
            found = found & (one if wants else ~one)
        if n := size(found):
            parts.append((inside, n))
    parts.sort(key=lambda one: -one[1])
    union = sum(n for _inside, n in parts)
    return Overlap(
        [(row.pk, row.name) for row in rows], [folded(by, size(one)) for one in bits],
        [(inside, folded(by, n)) for inside, n in parts], folded(by, union),
    )  # fmt: skip
