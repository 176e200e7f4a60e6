"""Looks at segments: which there are, who is in them, why, how they overlap, and the counts while one is edited."""

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Conflict, Damaged, NotFound, TooMuch
from dangol.customers.consent.rules import NO_CONSENT
from dangol.customers.identify import reads as identify
from dangol.customers.identify.picked import Among
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import current
from dangol.insight.segments import counting, prepared, rules, tables
from dangol.insight.segments.counting import Bits, Check, Counter, size
from dangol.insight.segments.models import Draft, Segment, Size, Version
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right
from dangol.work import reads as work
from dangol.work.reads import JobView

SMALL_GROUP = 5  # below it, a figure could point to a person
SAMPLE = 8
LARGE = 20_000  # who is in a larger segment is written down by a job
BOUND = "bound"  # frozen for a campaign: shown with the campaign only
OVERLAP = 4
CHOICES = 100


@dataclass(frozen=True)
class SegmentView:
    """A segment as pages show it. size: of those the reader may see; None where folded or not counted yet.

    counted: whether it is known who is in it.
    """

    id: int
    name: str
    kind: str
    note: str
    origin: str
    owner: str
    owner_id: int
    shared: bool
    size: int | None
    as_of: date | None
    version: int
    definition: Mapping[str, Any] | None
    changed_at: datetime
    archived: bool
    editable: bool
    made_of: int | None = None
    members_sha256: str = ""
    counted: bool = True


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


# ---- who may see what --------------------------------------------------------------------------------------------


def sees_small_groups(by: Member) -> bool:
    """Whether figures of very small groups may be shown: to those who may see the customers themselves."""
    return may(by, Right.CUSTOMERS_VIEW)


def _folded(by: Member, n: int) -> int | None:
    return n if n == 0 or n >= SMALL_GROUP or sees_small_groups(by) else None


def _seen(by: Member, counter: Counter) -> Bits:
    """The customers a member may see, as the operations database has them this moment."""
    if scope_of(by).everyone:
        return counter.now.everybody
    if not may(by, Right.CUSTOMERS_VIEW):
        return np.zeros_like(counter.now.everybody)
    return counter.now.bits(identify.customer_ids(by, CustomerQuery()))


def visible(by: Member, segment_id: int) -> Segment:
    """A segment's row for a member who may see it. Raises NotFound for a missing and a foreign one alike."""
    require(by, Right.INSIGHT_VIEW)
    row = Segment.objects.select_related("owner").filter(Q(shared=True) | Q(owner=by), pk=segment_id).first()
    if row is None:
        raise NotFound("There is no such segment.")
    return row


# ---- lists -------------------------------------------------------------------------------------------------------


def segments(by: Member, *, text: str = "", kinds: Sequence[str] = (), archived: bool = False) -> list[SegmentView]:
    """The segments a member may see, the last changed first."""
    require(by, Right.INSIGHT_VIEW)
    found = Segment.objects.select_related("owner").filter(Q(shared=True) | Q(owner=by))
    found = found.filter(archived_at__isnull=not archived).exclude(kind=BOUND)
    if kinds:
        found = found.filter(kind__in=kinds)
    for word in text.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(owner__name__icontains=word) | Q(note__icontains=word))
    return [_view(by, row) for row in found.order_by("-changed_at", "-pk")[:1000]]


def segment(by: Member, segment_id: int) -> SegmentView:
    """One segment. Raises NotFound."""
    return _view(by, visible(by, segment_id))


def _view(by: Member, row: Segment) -> SegmentView:
    return SegmentView(
        id=row.pk, name=row.name, kind=row.kind, note=row.note, origin=row.origin, owner=row.owner.name,
        owner_id=row.owner_id, shared=row.shared, size=_size_for(by, row), as_of=row.as_of, version=row.version,
        definition=row.definition, changed_at=row.changed_at, archived=row.archived_at is not None,
        editable=editable(by, row), made_of=row.made_of_id, members_sha256=row.members_sha256,
        counted=row.size is not None,
    )  # fmt: skip


def editable(by: Member, row: Segment) -> bool:
    """Whether a member may change a segment: the owner, and who may change segments in general where it is shared."""
    return row.owner_id == by.pk or (row.shared and may(by, Right.INSIGHT_EDIT))


def _size_for(by: Member, row: Segment) -> int | None:
    """How many of its members the reader may see, as of the last time it was worked out."""
    if row.size is None or scope_of(by).everyone:
        return None if row.size is None else _folded(by, row.size)
    if not may(by, Right.CUSTOMERS_VIEW):
        return None
    mine = identify.customer_ids(by, CustomerQuery(segment_ids=(row.pk,)))
    return len(mine)


def figures_day() -> date:
    """The last day of the figures segments are counted on. Raises NotFound before the first cycle."""
    return date.fromisoformat(prepared.current().facts["as_of"])


def everybody() -> int:
    """How many customers the figures know."""
    return int(warehouse.store().open(prepared.current().facts["warehouse"]).rows["customers"])


def is_large(ids: Collection[int]) -> bool:
    """Whether writing down who is in these segments takes longer than somebody waits; nobody is counted for it."""
    sizes = Segment.objects.filter(pk__in=list(ids)).values_list("size", flat=True)
    return sum(everybody() if size is None else size for size in sizes) > LARGE


def freeze_key(segment_id: int) -> str:
    """The key under which the job that freezes a segment waits or runs."""
    return f"segments.freeze:{segment_id}"


def freezing(by: Member, segment_id: int) -> JobView | None:
    """The job that writes down who is in a frozen segment, if one waits or runs."""
    job_id = work.under(freeze_key(segment_id))
    return None if job_id is None else work.job(by, job_id)


def choices(by: Member) -> list[tuple[str, str]]:
    """Segments to choose from, id (as text) and name, by name: those in use that the member may see."""
    require(by, Right.INSIGHT_VIEW)
    found = Segment.objects.filter(Q(shared=True) | Q(owner=by), archived_at=None).exclude(kind=BOUND)
    found = found.exclude(kind="frozen", size=None).order_by("name", "pk")
    return [(str(pk), name) for pk, name in found.values_list("pk", "name")[:1000]]


def names(ids: Sequence[int]) -> dict[int, str]:
    """The names of segments, for sentences that speak of them."""
    return dict(Segment.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def saved(by: Member, segment_id: int) -> rules.Group:
    """What a segment is defined as; a list is defined as being in it. Raises NotFound."""
    row = visible(by, segment_id)
    live = row.kind == "live" and row.definition is not None
    return rules.from_dict(row.definition) if live else rules.Group(parts=(rules.InSegment(row.pk),))


def versions(by: Member, segment_id: int) -> list[tuple[int, str, str, datetime, Mapping[str, Any] | None]]:
    """What a segment was: number, name, who, when, definition; the newest first."""
    row = visible(by, segment_id)
    found = Version.objects.filter(segment=row).select_related("by").order_by("-number")
    return [(one.number, one.name, one.by.name, one.at, one.definition) for one in found]


def sizes(by: Member, segment_id: int) -> list[tuple[date, int | None]]:
    """How many were in it on each day it was worked out; nothing for those who see a part of the customers only."""
    row = visible(by, segment_id)
    if not scope_of(by).everyone:
        return []
    found = Size.objects.filter(segment=row).order_by("day").values_list("day", "customers")
    return [(day, _folded(by, n)) for day, n in found]


def users(by: Member, segment_id: int) -> list[SegmentView]:
    """The other segments that are made from this one."""
    visible(by, segment_id)
    found = Segment.objects.select_related("owner").filter(Q(shared=True) | Q(owner=by), kind="live")
    return [
        _view(by, row) for row in found
        if row.pk != segment_id and segment_id in rules.segments_in(rules.from_dict(row.definition))
    ]  # fmt: skip


def uses(by: Member, columns: Collection[str]) -> list[str]:
    """The segments in use that ask for one of these scores, in words: for `score.uses`.

    columns: "<table>.<field>". Others' own segments are not named.
    """
    found = []
    for row in Segment.objects.filter(archived_at=None, kind="live").select_related("owner").order_by("name"):
        asked = (one for _path, one in rules.conditions(rules.from_dict(row.definition)))
        if any(isinstance(one, rules.Score) and f"{one.table}.{one.field}" in columns for one in asked):
            seen = row.shared or row.owner_id == by.pk
            found.append(gettext("segment {name}").format(name=row.name) if seen else
                         gettext("a segment of {name}").format(name=row.owner.name))  # fmt: skip
    return found


def of_customer(by: Member, ids: Sequence[int]) -> list[tuple[int, str]]:
    """The segments a person is in, as id and name, of those the reader may see.

    ids: under which the person is known.
    """
    if not may(by, Right.INSIGHT_VIEW):
        return []
    found = Segment.objects.filter(Q(shared=True) | Q(owner=by), archived_at=None, pk__in=identify.segments_of(ids))
    found = found.exclude(kind=BOUND)
    return list(found.order_by("name").values_list("pk", "name"))


def visible_id(by: Member, given: str) -> int:
    """The number of a segment the member may see. Raises NotFound."""
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise NotFound("There is no such segment.")
    return int(visible(by, int(given)).pk)


def members_now(given: str) -> list[int]:
    """Everybody in a segment as it was last worked out; of a live one that never was, as it is now. Raises NotFound."""
    row = Segment.objects.filter(pk=int(given)).first()
    if row is None:
        raise NotFound("There is no such segment.")
    if row.size is None and row.kind == "frozen":
        raise Conflict("This segment is still being frozen. Wait until that is done.")
    if row.size is None:
        counter = Counter(current())
        return [int(one) for one in counter.now.ids(counter.segment(row.pk))]
    return identify.members_of_segment(row.pk)


def frozen_members(list_id: int, digest: str) -> list[int]:
    """Everybody in a list that was frozen for a campaign. Raises Damaged unless it has this hash still."""
    ids = identify.members_of_segment(list_id)
    if members_hash(ids) != digest:
        raise Damaged("The list of people this campaign was approved for is not what it was. Hand the plan in again.")
    return ids


def members_hash(ids: Sequence[int]) -> str:
    """SHA-256 (hex) of who is in a segment, in order of id."""
    return hashlib.sha256(np.array(sorted(ids), dtype="<i8").tobytes()).hexdigest()


def member_ids(segment_id: int) -> list[int]:
    """Everybody in a segment as it was last worked out, ascending: for campaigns, which bound it themselves."""
    return identify.members_of_segment(segment_id)


def members_of(by: Member, segment_id: int, *, after: int = 0, limit: int = 50) -> list[int]:
    """Ids of a segment's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.CUSTOMERS_VIEW)
    visible(by, segment_id)
    found = identify.customer_ids(by, CustomerQuery(segment_ids=(segment_id,)))
    return found[int(np.searchsorted(np.array(found, dtype=np.int64), after, side="right")) :][:limit]


# ---- counts ------------------------------------------------------------------------------------------------------


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
            found[path] = _folded(by, size(counter.node(node) & seen))
        for place, part in enumerate(node.parts if isinstance(node, rules.Group) else ()):
            note(part, (*path, place))

    note(root, ())
    inside = counter.node(root) & seen
    return Counts(
        total=_folded(by, size(inside)), everybody=size(seen), parts=found, reach=_reach(by, counter, inside),
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
        lines.append(ReachLine(channel, _folded(by, can), [(reason, _folded(by, n)) for reason, n in cannot]))
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
        [(row.pk, row.name) for row in rows], [_folded(by, size(one)) for one in bits],
        [(inside, _folded(by, n)) for inside, n in parts], _folded(by, union),
    )  # fmt: skip


# ---- what can be chosen ------------------------------------------------------------------------------------------


def fields() -> dict[str, str]:
    """The attributes of customers that can be asked for: name -> kind (text or number)."""
    engine = current()
    now = counting.served(engine)
    hidden = {"customer_id", "code", "unit_path", "unit_id", "rep_id", "first_day", "birth_year"}
    columns = counting.facts(engine, now).customers.schema().items()
    found = {str(name): "number" if kind.is_numeric() else "text" for name, kind in columns if name not in hidden}
    return found | {"age": "number", "first_day": "number"}


def values(kind: str, name: str, text: str = "", *, what: str = "") -> list[str]:
    """Values a field has in the data, those with `text` in them, in order; at most CHOICES."""
    engine = current()
    facts = counting.facts(engine, counting.served(engine))
    table, column = _column_of(facts, kind, name, what)
    if table is None:
        return []
    found = table.select(value=table[column].cast("string"))
    found = found.filter(found.value.notnull(), found.value != "").distinct()
    if text:
        found = found.filter(found.value.lower().contains(text.lower()))
    rows = engine.arrow(found.order_by("value").limit(CHOICES))
    return [str(one) for one in rows["value"].to_pylist()]


def _column_of(facts: tables.Facts, kind: str, name: str, what: str) -> tuple[Any, str]:
    if kind == "profile":
        return (facts.customers, name) if name in facts.customers.columns else (None, "")
    if kind == "event" and name in rules.FIELDS_OF.get(what, {}):
        return facts.events.filter(facts.events.what == what), name
    if kind == "purchase" and name in tables.OF_PRODUCT:
        return facts.products, name
    if kind == "purchase" and name in tables.OF_STORE:
        return facts.stores, tables.OF_STORE[name]
    if kind == "purchase" and name == "channel":
        return facts.channels, "name"
    return None, ""


def scores() -> dict[str, dict[str, str]]:
    """The scores that can be asked for: table -> field -> kind (text or number).

    The number of a group is a name, not an amount: text.
    """
    engine = current()
    facts = counting.facts(engine, counting.served(engine))
    found: dict[str, dict[str, str]] = {}
    for name in ("rfm", *counting.OTHERS):
        table = facts.scores(name, 0)
        if table is not None:
            hidden = {"customer_id", "as_of"}
            found[name] = {
                str(column): "number" if kind.is_numeric() and name != "groups" else "text"
                for column, kind in table.schema().items() if column not in hidden and not kind.is_temporal()
            }  # fmt: skip
    return found


def score_values(table: str, name: str) -> list[str]:
    """The values a score of text has, at most CHOICES."""
    engine = current()
    found = counting.facts(engine, counting.served(engine)).scores(table, 0)
    if found is None or name not in found.columns:
        return []
    rows = engine.arrow(found.select(value=found[name].cast("string")).distinct().order_by("value").limit(CHOICES))
    return [str(one) for one in rows["value"].to_pylist() if one]


def channels() -> list[str]:
    """The channels anybody said a word about."""
    return list(prepared.current().facts["channels"])


# ---- drafts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DraftView:
    """What a member is building. changed: whether it differs from what is saved."""

    segment_id: int
    root: rules.Group
    turn: int
    undo: bool
    redo: bool
    changed: bool
    at: datetime | None
    path: tuple[int, ...] = field(default=())


def draft(by: Member, segment_id: int = 0) -> DraftView:
    """What a member is building of a segment (0: a new one): the draft, or what is saved where there is none."""
    require(by, Right.INSIGHT_VIEW)
    saved = rules.Group()
    if segment_id:
        row = visible(by, segment_id)
        if row.definition is None:
            raise BadInput("A list of customers has no conditions. Build a new segment instead.", field="segment")
        saved = rules.from_dict(row.definition)
    kept = Draft.objects.filter(by=by, segment_id=segment_id).first()
    if kept is None or not kept.steps:
        return DraftView(segment_id, saved, 0, undo=False, redo=False, changed=False, at=None)
    root = rules.from_dict(kept.steps[kept.place])
    return DraftView(
        segment_id, root, kept.turn, undo=kept.place > 0, redo=kept.place < len(kept.steps) - 1,
        changed=root != saved, at=kept.changed_at,
    )  # fmt: skip


def draft_turn(by: Member, segment_id: int) -> int:
    """Which change a draft is at: a count of an older one gives up."""
    return Draft.objects.filter(by=by, segment_id=segment_id).values_list("turn", flat=True).first() or 0


def campaign_names() -> dict[str, str]:
    """The names of campaigns by their keys, also of those before the figures begin."""
    engine = current()
    now = counting.served(engine)
    rows = engine.arrow(warehouse.table(engine, now.star, "campaigns").select("campaign_key", "campaign"))
    return {row["campaign_key"]: row["campaign"] or row["campaign_key"] for row in rows.to_pylist()}
