"""Which segments there are: who may see and change them, what they were, what uses them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.insight.segments import rules
from dangol.insight.segments.models import Segment, Size, Version
from dangol.staff.reads import Member, may, require, scope_of
from dangol.staff.rules import Right

SMALL_GROUP = 5  # below it, a figure could point to a person
HOW = ("counted", "afterwards", "earlier")  # on the day, worked out later, on the day by an earlier definition
BOUND = "bound"  # frozen for a campaign: shown with the campaign only


@dataclass(frozen=True)
class SegmentView:
    """A segment as pages show it. size: of those the reader may see; None where folded or not counted yet.

    counted: whether it is known who is in it. tally: of a list of codes, its lines, its customers, and what was left
    out by reason (rules.LEFT_OUT).
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
    tally: Mapping[str, int] | None = None


def sees_small_groups(by: Member) -> bool:
    """Whether figures of very small groups may be shown: to those who may see the customers themselves."""
    return may(by, Right.CUSTOMERS_VIEW)


def folded(by: Member, n: int) -> int | None:
    """A figure, or None where it is too small for the reader."""
    return n if n == 0 or n >= SMALL_GROUP or sees_small_groups(by) else None


def visible(by: Member, segment_id: int) -> Segment:
    """A segment's row for a member who may see it. Raises NotFound for a missing and a foreign one alike."""
    require(by, Right.INSIGHT_VIEW)
    row = Segment.objects.select_related("owner").filter(Q(shared=True) | Q(owner=by), pk=segment_id).first()
    if row is None:
        raise NotFound("There is no such segment.")
    return row


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
        counted=row.size is not None, tally=row.tally,
    )  # fmt: skip


def editable(by: Member, row: Segment) -> bool:
    """Whether a member may change a segment: the owner, and who may change segments in general where it is shared."""
    return row.owner_id == by.pk or (row.shared and may(by, Right.INSIGHT_EDIT))


def _size_for(by: Member, row: Segment) -> int | None:
    """How many of its members the reader may see, as of the last time it was worked out."""
    if row.size is None or scope_of(by).everyone:
        return None if row.size is None else folded(by, row.size)
    if not may(by, Right.CUSTOMERS_VIEW):
        return None
    mine = identify.customer_ids(by, CustomerQuery(segment_ids=(row.pk,)))
    return len(mine)


def choices(by: Member) -> list[tuple[str, str]]:
    """Segments to choose from, id (as text) and name, by name: those in use that the member may see."""
    require(by, Right.INSIGHT_VIEW)
    found = Segment.objects.filter(Q(shared=True) | Q(owner=by), archived_at=None).exclude(kind=BOUND)
    found = found.exclude(kind__in=("frozen", "static"), size=None).order_by("name", "pk")
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


@dataclass(frozen=True)
class SizeView:
    """How many were in a segment on a day. how: one of HOW; None stands for fewer than SMALL_GROUP."""

    day: date
    customers: int | None
    how: str


def sizes(by: Member, segment_id: int) -> list[SizeView]:
    """How many were in it, by day; nothing for those who see a part of the customers only."""
    row = visible(by, segment_id)
    if not scope_of(by).everyone:
        return []
    defined = dict(Version.objects.filter(segment=row).values_list("number", "definition"))

    def how(one: Size) -> str:
        if defined.get(one.version) != row.definition:
            return "earlier"
        return "afterwards" if one.afterwards else "counted"

    found = Size.objects.filter(segment=row).order_by("day")
    return [SizeView(one.day, folded(by, one.customers), how(one)) for one in found]


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
    return _asking(by, lambda one: isinstance(one, rules.Score) and f"{one.table}.{one.field}" in columns)


def measuring(by: Member, star: str, measure: str) -> list[str]:
    """The segments in use that ask for a measure, in words: for `own.uses`. Others' own segments are not named."""
    return [] if star else _asking(by, lambda one: isinstance(one, rules.Measured) and one.measure == measure)


def _asking(by: Member, asks: Callable[[rules.Condition], bool]) -> list[str]:
    found = []
    for row in Segment.objects.filter(archived_at=None, kind="live").select_related("owner").order_by("name"):
        if any(asks(one) for _path, one in rules.conditions(rules.from_dict(row.definition))):
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
