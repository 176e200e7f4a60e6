"""Looks at pairs, merges and households, within one's own part of the organisation and masked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone

from dangol.base.errors import BadInput, NotFound
from dangol.customers.identify.golden import fields
from dangol.customers.identify.golden import reads as golden
from dangol.customers.identify.golden.rules import FIELDS, REASONS, choose
from dangol.customers.identify.matching import rules
from dangol.customers.identify.matching.rules import APART, COMPARED, OPEN, SNOOZED, STATES, Bar, agreement, waterfall
from dangol.customers.identify.models import Customer, Household, Merge, Pair
from dangol.customers.identify.reads.one import Person, family, person, root, visible
from dangol.customers.identify.rules import PAGE, mask
from dangol.staff import reads as staff
from dangol.staff.reads import Member, may, require, scope_of, within
from dangol.staff.rules import Right

MOST = 200
COUNTED = 10_000


@dataclass(frozen=True)
class Side:
    """One customer of a pair, masked. label: the name, or the code of an un-named one."""

    id: int
    kind: str
    code: str
    label: str
    unit: str
    rep: str


@dataclass(frozen=True)
class Compared:
    """One field of a pair: both values masked where they must be, and how the standardised ones agree."""

    field: str
    left: str
    right: str
    agree: str  # same, different, one_sided


@dataclass(frozen=True)
class PairView:
    """Two customers who may be one. decided_by is empty where the linkage decided alone."""

    id: int
    left: Side
    right: Side
    probability: float
    state: str
    fields: Sequence[Compared]
    decided_by: str
    decided_at: datetime | None
    snoozed_until: date | None
    note: str
    proposed_at: datetime


@dataclass(frozen=True)
class PairQuery:
    """Which pairs. unit_id takes its whole subtree (either side); probability from 0 to 1; most probable first."""

    state: str = OPEN
    unit_id: int | None = None
    least: float = 0.0
    most: float = 1.0
    offset: int = 0
    size: int = PAGE
    ids: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.state and self.state not in STATES:
            raise BadInput("“{state}” is no state of a pair. Use one of: {known}.", field="state", state=self.state,
                           known=", ".join(STATES))  # fmt: skip
        if not 0 <= self.least <= self.most <= 1:
            raise BadInput("A probability lies between 0 and 1.", field="probability")
        if not 1 <= self.size <= MOST or not 0 <= self.offset <= COUNTED:
            raise BadInput("A page holds 1 to {most} pairs.", field="size", most=MOST)


@dataclass(frozen=True)
class PairPage:
    """A page of pairs and how many there are in all."""

    rows: Sequence[PairView]
    count: int


def _seen(by: Member) -> QuerySet[Pair]:
    """The pairs both of whose customers a member may see; a merged one counts as the whole it is part of."""
    require(by, Right.CUSTOMERS_VIEW)
    scope = scope_of(by)
    condition = Q()
    for side in ("left", "right"):
        own = within(scope, unit=f"{side}__unit", rep=f"{side}__rep")
        whole = within(scope, unit=f"{side}__merged_into__unit", rep=f"{side}__merged_into__rep")
        merged = f"{side}__merged_into__isnull"
        condition &= (Q(**{merged: True}) & own) | (Q(**{merged: False}) & whole)
    return Pair.objects.filter(condition)


def _asked(by: Member, query: PairQuery) -> QuerySet[Pair]:
    found = _seen(by).filter(probability__gte=query.least, probability__lte=query.most)
    if query.state == OPEN:
        found = found.filter(Q(state=OPEN) | Q(state=SNOOZED, snoozed_until__lte=timezone.localdate()))
    elif query.state == SNOOZED:
        found = found.filter(state=SNOOZED, snoozed_until__gt=timezone.localdate())
    elif query.state:
        found = found.filter(state=query.state)
    if query.unit_id is not None:
        found = found.filter(_in_unit(query.unit_id))
    return found.filter(pk__in=query.ids) if query.ids else found


def _in_unit(unit_id: int) -> Q:
    path = next((unit.path for unit in staff.units() if unit.id == unit_id), None)
    if path is None:
        return Q(pk__in=())
    roads = ("left__unit", "right__unit", "left__merged_into__unit", "right__merged_into__unit")
    condition = Q(pk__in=())
    for road in roads:
        condition |= Q(**{f"{road}__path__startswith": path})
    return condition


def pairs(by: Member, query: PairQuery = PairQuery()) -> PairPage:
    """Pairs to review, most probable first. Raises NotAllowed, BadInput."""
    found = _asked(by, query)
    rows = found.select_related("decided_by").order_by("-probability", "pk")[query.offset : query.offset + query.size]
    return PairPage(list(_views(by, list(rows))), found.count())


def pair_ids(by: Member, query: PairQuery, limit: int = rules.MOST_AT_ONCE) -> list[int]:
    """The ids of all pairs that fit, most probable first, for bulk work."""
    return list(_asked(by, query).order_by("-probability", "pk").values_list("pk", flat=True)[:limit])


def counts(by: Member) -> list[tuple[int | None, str, int]]:
    """Open pairs per branch (the left side's): unit id, name, how many; most first."""
    unit = Case(When(left__merged_into=None, then=F("left__unit_id")), default=F("left__merged_into__unit_id"))
    found: dict[int | None, int] = {}
    for unit_id in _asked(by, PairQuery()).values_list(unit, flat=True):
        found[unit_id] = found.get(unit_id, 0) + 1
    names = {one.id: one.name for one in staff.units()} if found else {}
    listed = [(unit_id, names.get(unit_id or 0, ""), n) for unit_id, n in found.items()]
    return sorted(listed, key=lambda one: (-one[2], one[1]))


def pair(by: Member, pair_id: int) -> PairView:
    """One pair. Raises NotFound for a missing one and a foreign one alike."""
    row = _seen(by).select_related("decided_by").filter(pk=pair_id).first() if 0 < pair_id < 2**63 else None
    if row is None:
        raise NotFound("There is no such pair.")
    return next(_views(by, [row]))


def evidence(by: Member, pair_id: int) -> list[Bar]:
    """The waterfall from the prior to the probability. Raises NotFound."""
    pair(by, pair_id)
    return waterfall(Pair.objects.values_list("evidence", flat=True).get(pk=pair_id))


def following(by: Member, pair_id: int) -> int | None:
    """The next open pair after one, in the order of the queue; nothing at its end."""
    here = Pair.objects.filter(pk=pair_id).values_list("probability", flat=True).first()
    if here is None:
        return None
    rest = _asked(by, PairQuery()).exclude(pk=pair_id)
    after = rest.filter(Q(probability__lt=here) | Q(probability=here, pk__gt=pair_id)).order_by("-probability", "pk")
    return (
        after.values_list("pk", flat=True).first()
        or rest.order_by("-probability", "pk").values_list("pk", flat=True).first()
    )


def _views(by: Member, rows: Sequence[Pair]) -> Iterator[PairView]:
    roots = root({one for row in rows for one in (row.left_id, row.right_id)})
    people = Customer.objects.select_related("unit", "rep").in_bulk(set(roots.values()) | set(roots))
    for row in rows:
        left, right = people[roots[row.left_id]], people[roots[row.right_id]]
        if left.pk == right.pk:  # joined since: shown as they were
            left, right = people[row.left_id], people[row.right_id]
        yield PairView(
            id=row.pk, left=_side(left), right=_side(right), probability=row.probability, state=_state(row),
            fields=compared(by, left, right), decided_by=row.decided_by.name if row.decided_by else "",
            decided_at=row.decided_at, snoozed_until=row.snoozed_until, note=row.note, proposed_at=row.proposed_at,
        )  # fmt: skip


def _state(row: Pair) -> str:
    back = row.state == SNOOZED and row.snoozed_until is not None and row.snoozed_until <= timezone.localdate()
    return OPEN if back else row.state


def _side(row: Customer) -> Side:
    return Side(
        row.pk, row.kind, row.code, row.name or row.code, row.unit.name if row.unit else "",
        row.rep.name if row.rep else "",
    )  # fmt: skip


def compared(by: Member, left: Customer, right: Customer, *, unmasked: bool = False) -> list[Compared]:
    """Two customers field by field. Whether values agree is said also where they are masked."""
    found = []
    for name in COMPARED:
        agree = agreement(_standard(left, name), _standard(right, name))
        if agree:
            found.append(Compared(name, _shown(left, name, unmasked), _shown(right, name, unmasked), agree))
    return found


def _standard(row: Customer, name: str) -> str:
    return "".join(fields.compared(name, fields.present(row, name)).lower().split())


def _shown(row: Customer, name: str, unmasked: bool) -> str:
    if name in ("unit", "rep"):
        linked = getattr(row, name)
        return linked.name if linked else ""
    value = getattr(row, name)
    text = "" if value is None else str(value)
    return text if unmasked else mask(name, text)


@dataclass(frozen=True)
class Outcome:
    """One field of a merge to be: both values, the golden one that would follow, and why."""

    field: str
    kept: str
    gone: str
    result: str
    reason: str
    agree: str


@dataclass(frozen=True)
class Preview:
    """What a merge would make. put_apart: who put these two apart before, and when."""

    kept: Side
    gone: Side
    fields: Sequence[Outcome]
    keys: int
    orders: int
    amount: int
    put_apart: tuple[str, datetime] | None
    may_merge: bool


def preview(by: Member, kept_id: int, gone_id: int) -> Preview:
    """The golden record two customers would make, without changing anything. Raises NotFound, BadInput."""
    kept, gone = visible(by, kept_id), visible(by, gone_id)
    if kept.pk == gone.pk:
        raise BadInput("Choose two different customers.", field="gone")
    rows = {kept.pk: kept, gone.pk: gone}
    found = golden.evidence(rows, fields.Places(), kept=kept.pk)
    people = [person(by, row, unmasked=False) for row in (kept, gone)]
    standings = [one.standing for one in people if one.standing]
    return Preview(
        kept=_side(kept), gone=_side(gone), fields=list(_outcomes(kept, gone, found)),
        keys=sum(len(one.keys) for one in people), orders=sum(one.orders for one in standings),
        amount=sum(one.amount for one in standings), put_apart=_put_apart(kept.pk, gone.pk),
        may_merge=may(by, Right.CUSTOMERS_MERGE),
    )  # fmt: skip


def _outcomes(kept: Customer, gone: Customer, found: Mapping[int, golden.Evidence]) -> Iterator[Outcome]:
    policy = golden.policy()
    members, units = {}, {}
    for row in (kept, gone):
        members[row.rep_id or 0], units[row.unit_id or 0] = _shown(row, "rep", True), _shown(row, "unit", True)
    for name in FIELDS:
        choice = choose([*found[kept.pk].said[name], *found[gone.pk].said[name]], policy[name])
        columns = choice.chosen.columns if choice.chosen else fields.nothing(name)
        if name in ("unit", "rep"):
            result = (members if name == "rep" else units).get(columns[f"{name}_id"] or 0, "")
        else:
            result = mask(name, "" if columns[name] is None else str(columns[name]))
        sides = _shown(kept, name, False), _shown(gone, name, False)
        if result or any(sides):
            agree = agreement(_standard(kept, name), _standard(gone, name))
            yield Outcome(name, *sides, result, REASONS[choice.reason], agree)


def _put_apart(one: int, other: int) -> tuple[str, datetime] | None:
    mine, theirs = family(one), family(other)
    between = Q(left_id__in=mine, right_id__in=theirs) | Q(left_id__in=theirs, right_id__in=mine)
    row = Pair.objects.filter(between, state=APART).exclude(decided_at=None).select_related("decided_by").first()
    return (row.decided_by.name if row.decided_by else "", row.decided_at) if row and row.decided_at else None


@dataclass(frozen=True)
class MergeView:
    """One merge of a customer. part: who went; standing: it was not taken back; may_part: by the reader."""

    id: int
    part: Side
    kept_id: int
    how: str
    how_name: str
    by: str
    at: datetime
    note: str
    standing: bool
    parted_by: str
    parted_at: datetime | None
    parted_note: str
    may_part: bool


def merges(by: Member, customer_id: int) -> list[MergeView]:
    """Who was merged into a customer, and what was taken back, newest first. Raises NotFound."""
    whole = visible(by, customer_id)
    mine = family(whole.pk)
    found = Merge.objects.filter(Q(kept_id__in=mine) | Q(gone_id__in=mine))
    found = found.select_related("gone__unit", "gone__rep", "by", "parted_by").order_by("-pk")[:MOST]
    seen = set(
        Customer.objects.filter(within(scope_of(by)), pk__in=[row.gone_id for row in found]).values_list(
            "pk", flat=True
        )
    )
    allowed = may(by, Right.CUSTOMERS_MERGE)
    return [
        MergeView(
            id=row.pk, part=_side(row.gone), kept_id=row.kept_id, how=row.how,
            how_name=rules.HOW_NAMES.get(row.how, ""), by=row.by.name, at=row.at, note=row.note,
            standing=row.parted_at is None,
            parted_by=row.parted_by.name if row.parted_by else "", parted_at=row.parted_at, parted_note=row.parted_note,
            may_part=allowed and row.parted_at is None and row.gone_id in seen,
        )
        for row in found if row.gone_id in mine or row.gone_id in seen
    ]  # fmt: skip


@dataclass(frozen=True)
class HouseholdView:
    """Who else lives in a customer's household: those the reader may see, and how many there are in all."""

    id: int
    others: Sequence[Side]
    size: int


def household(by: Member, whole: Person) -> HouseholdView | None:
    """The household of a customer the reader may see (reads.customer), or nothing."""
    number = (
        Household.objects.filter(customer_id__in=whole.ids)
        .order_by("customer_id")
        .values_list("household_id", flat=True)
        .first()
    )
    if number is None:
        return None
    everybody = set(root(Household.objects.filter(household_id=number).values_list("customer_id", flat=True)).values())
    others = Customer.objects.filter(within(scope_of(by)), pk__in=everybody - {whole.id}).select_related("unit", "rep")
    rows = others.order_by("name", "pk")[:PAGE]
    return HouseholdView(number, [_side(row) for row in rows], len(others) + 1) if rows else None
