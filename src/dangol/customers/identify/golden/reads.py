"""Looks at evidence: everything said about customers, and why each value is what it is."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q

from dangol.base.errors import NotFound
from dangol.base.identifiers import content_hash
from dangol.customers.collect import reads as collect_reads
from dangol.customers.identify.golden import fields
from dangol.customers.identify.golden.rules import (
    DEFAULT,
    FIELDS,
    REASONS,
    Choice,
    Policy,
    Statement,
    choose,
    policy_of,
)
from dangol.customers.identify.models import Change, Customer, SourceKey, Survivorship
from dangol.customers.identify.reads.one import visible
from dangol.customers.identify.rules import mask
from dangol.staff import reads as staff
from dangol.staff.reads import Member, may, require
from dangol.staff.rules import Right

VERSIONS_SHOWN = 50
# When something was said whose time nobody recorded: before all else, of one merged into another a little earlier yet.
UNKNOWN_BEFORE = datetime.min.replace(tzinfo=UTC)
UNKNOWN = UNKNOWN_BEFORE + timedelta(days=1)


@dataclass
class Evidence:
    """Everything said about one customer and those merged into it. attributes: oldest first, the later ones win."""

    said: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    attributes: list[tuple[datetime, int, dict[str, Any]]] = field(default_factory=list)
    refused: int = 0

    def own_attributes(self) -> dict[str, Any]:
        """The newest word on every attribute, whatever the order it was read in."""
        found: dict[str, Any] = {}
        for _at, _batch, values in sorted(self.attributes, key=lambda one: (one[0], one[1], sorted(one[2].items()))):
            found |= values
        return found


def policy() -> Policy:
    """The rules in force."""
    last = Survivorship.objects.order_by("-pk").values_list("rules", flat=True).first()
    return DEFAULT if last is None else policy_of(last)


def families(roots: Collection[int]) -> dict[int, int]:
    """Everybody who is one of these customers, or part of one: {customer: root}."""
    found = {pk: pk for pk in roots}
    found.update(Customer.objects.filter(merged_into__in=list(roots)).values_list("pk", "merged_into_id"))
    return found


def evidence(rows: Mapping[int, Customer], places: fields.Places, *, kept: int | None = None) -> dict[int, Evidence]:
    """What is said about customers, for each root. rows: {id: row} of the roots.

    kept: where they are to become one, the one that stays.
    """
    member_of = families(list(rows))
    others = Customer.objects.in_bulk([pk for pk in member_of if pk not in rows])
    found = {root: Evidence() for root in rows}
    _from_sources(found, member_of, places)
    _by_hand(found, member_of)
    for pk, root in member_of.items():
        _recorded(found[root], rows.get(pk) or others[pk], UNKNOWN if pk == (kept or root) else UNKNOWN_BEFORE)
    return found


def _from_sources(found: dict[int, Evidence], member_of: Mapping[int, int], places: fields.Places) -> None:
    keys = SourceKey.objects.filter(customer_id__in=list(member_of)).values_list("source", "key", "customer_id")
    owners = {(source, key): owner for source, key, owner in keys}
    rows = list(collect_reads.versions(set(owners)))
    for row, (said, refused) in zip(rows, fields.read(rows, places), strict=True):
        owner = owners[row["source"], row["source_key"]]
        into = found[member_of[owner]]
        into.refused += refused
        for statement in _statements(row, said, owner):
            into.said[statement.field].append(statement)
        if own := fields.attributes_of(row):
            into.attributes.append((row["at"], row["batch"], own))


def _statements(row: Mapping[str, Any], said: fields.Said, owner: int) -> Iterator[Statement]:
    made = row.get("generated")
    since = date.fromisoformat(row["assigned_on"]) if row.get("assigned_on") else None
    for name, columns in said.items():
        yield Statement(
            name, fields.compared(name, columns), columns, row.get("source_code") or row["source"], row["at"],
            key=row["source_key"], batch=row["batch"], load=row.get("load", 0),
            generated=made is True or (isinstance(made, (list, tuple, set)) and name in made), owner=owner,
            since=since if name in ("unit", "rep") else None,
        )  # fmt: skip


def _by_hand(found: dict[int, Evidence], member_of: Mapping[int, int]) -> None:
    """What members wrote, and first values whose source was never recorded."""
    wanted = Q(cause="hand", undone_at=None, released_at=None) | ~Q(before="")
    for row in Change.objects.filter(wanted, customer_id__in=list(member_of)).order_by("pk"):
        into = found[member_of[row.customer_id]]
        if row.cause == "hand" and row.undone_at is None and row.released_at is None:
            columns = fields.by_hand(row.field, row.after)
            into.said[row.field].append(
                Statement(row.field, fields.compared(row.field, columns), columns, "", row.at,
                          member=row.member_id or 0, owner=row.customer_id)
            )  # fmt: skip
        if row.before and _of_no_batch(row.origin_before, row.customer_id):
            columns = fields.by_hand(row.field, row.before)
            _unrecorded(into, row.field, columns, row.origin_before or {}, generated=row.generated_before,
                        owner=row.customer_id)  # fmt: skip


def _recorded(into: Evidence, row: Customer, at: datetime) -> None:
    """Values a row has that no batch brought, like those of a set-up: they are evidence of their own."""
    for name in FIELDS:
        origin = row.origins.get(name)
        if getattr(row, fields.COLUMNS[name][0]) in (None, "") or not _of_no_batch(origin, row.pk):
            continue
        columns = fields.present(row, name)
        if fields.compared(name, columns):
            _unrecorded(into, name, columns, origin or {}, generated=name in row.generated, owner=row.pk, unknown=at)


def _of_no_batch(origin: Mapping[str, Any] | None, owner: int) -> bool:
    if not origin:
        return True
    by_hand = str(origin.get("source", "")).startswith("staff:")
    return not origin.get("batch") and not by_hand and origin.get("customer", owner) == owner


def _unrecorded(
    into: Evidence, name: str, columns: dict[str, Any], origin: Mapping[str, Any], *, generated: bool, owner: int,
    unknown: datetime = UNKNOWN_BEFORE,
) -> None:  # fmt: skip
    said = origin.get("at")
    at = datetime.fromisoformat(said) if said else unknown
    value, source = fields.compared(name, columns), origin.get("source", "")
    if all((one.value, one.source, one.at) != (value, source, at) for one in into.said[name]):
        into.said[name].append(
            Statement(name, value, columns, source, at, generated=generated, owner=owner)
        )  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """One value somebody said of a field, masked where it must be.

    mark: names it, to lock it. same: equal to the golden one. present: False for an earlier word of the same source.
    """

    value: str
    source: str
    key: str
    at: datetime | None
    load: int
    by_hand: str
    generated: bool
    chosen: bool
    same: bool
    present: bool
    mark: str
    customer_id: int


@dataclass(frozen=True)
class Why:
    """Why a field has its value: the rule, the sentence, and every candidate, the chosen one first."""

    field: str
    value: str
    rule: str
    sources: Sequence[str]
    reason: str
    sentence: str
    locked: bool
    candidates: Sequence[Candidate]


def why(by: Member, customer_id: int, name: str, *, unmasked: bool = False) -> Why:
    """Why a field of a customer has its value. unmasked only by an action that logs it.

    Raises NotFound for a foreign and a missing customer alike, and for a field that has no rule.
    """
    return whole(by, customer_id, (name,), unmasked=unmasked)[0]


def whole(by: Member, customer_id: int, names: Sequence[str] = FIELDS, *, unmasked: bool = False) -> list[Why]:
    """The same for several fields at once."""
    if not set(names) <= set(FIELDS):
        raise NotFound("There is no such field.")
    if unmasked:
        require(by, Right.CUSTOMERS_UNMASK)
    row = visible(by, customer_id)
    said = evidence({row.pk: row}, fields.Places())[row.pk].said
    rules = policy()
    choices = {name: choose(said[name], rules[name]) for name in names}
    speak = _Names(by, [one for choice in choices.values() for one in choice.said], unmasked)
    return [_why(name, choice, rules, speak) for name, choice in choices.items()]


class _Names:
    """How values, members and units are written for a reader."""

    def __init__(self, by: Member, said: Sequence[Statement], unmasked: bool) -> None:
        self.unmasked = unmasked and may(by, Right.CUSTOMERS_UNMASK)
        ids = {one.member for one in said if one.member}
        ids |= {one.columns["rep_id"] for one in said if one.field == "rep" and one.columns.get("rep_id")}
        self.members = staff.names(sorted(ids)) if ids else {}
        units = any(one.field == "unit" for one in said)
        self.units = {unit.id: unit.name for unit in staff.units()} if units else {}

    def value(self, one: Statement) -> str:
        if one.field == "rep":
            return self.members.get(one.columns.get("rep_id") or 0, "")
        if one.field == "unit":
            return self.units.get(one.columns.get("unit_id") or 0, "")
        said = one.columns.get(one.field)
        text = "" if said is None else str(said)
        return text if self.unmasked else mask(one.field, text)


def _why(name: str, choice: Choice, rules: Policy, speak: _Names) -> Why:
    chosen = choice.chosen
    seen: set[tuple[str, str, int]] = set()
    latest = {}
    for one in sorted(choice.said, key=lambda one: one.order, reverse=True):
        latest[mark(one)] = one.speaker not in seen
        seen.add(one.speaker)
    found = [_candidate(one, chosen, latest[mark(one)], speak) for one in choice.said[:VERSIONS_SHOWN]]
    return Why(
        name, speak.value(chosen) if chosen else "", rules[name].rule, rules[name].sources, choice.reason,
        REASONS[choice.reason], bool(chosen and chosen.member), found,
    )  # fmt: skip


def _candidate(one: Statement, chosen: Statement | None, present: bool, speak: _Names) -> Candidate:
    return Candidate(
        value=speak.value(one), source=one.source, key=one.key, at=None if one.at.year == 1 else one.at, load=one.load,
        by_hand=speak.members.get(one.member, "") if one.member else "", generated=one.generated,
        chosen=one is chosen, same=chosen is not None and one.value == chosen.value, present=present, mark=mark(one),
        customer_id=one.owner,
    )  # fmt: skip


def mark(one: Statement) -> str:
    """A short name of a statement that says nothing about it."""
    return content_hash({"said": [one.field, one.source, one.key, one.batch, one.member, one.at, one.owner]})[:16]


@dataclass(frozen=True)
class RulesView:
    """The rules in force: version 0 are the ones the product comes with. editable: by this member."""

    version: int
    rules: Policy
    by: str
    at: datetime | None
    note: str
    editable: bool


def rules_in_force(by: Member) -> RulesView:
    """The company's rules for golden values, for whoever may see customers."""
    require(by, Right.CUSTOMERS_VIEW)
    last = Survivorship.objects.select_related("by").order_by("-pk").first()
    editable = may(by, Right.QUALITY_EDIT)
    if last is None:
        return RulesView(0, DEFAULT, "", None, "", editable)
    return RulesView(last.pk, policy_of(last.rules), last.by.name, last.at, last.note, editable)


def rules_before(by: Member, limit: int = 20) -> list[RulesView]:
    """Earlier and present versions of the rules, newest first."""
    require(by, Right.CUSTOMERS_VIEW)
    rows = Survivorship.objects.select_related("by").order_by("-pk")[:limit]
    return [RulesView(row.pk, policy_of(row.rules), row.by.name, row.at, row.note, False) for row in rows]
