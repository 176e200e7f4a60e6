"""Looks at plans: list, one plan with its problems, whom it aims at, who can be reached."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from dangol import engine
from dangol.base.errors import BadInput, NotFound
from dangol.campaigns.knowledge.reads import usual_rate
from dangol.campaigns.plan import rules, tables
from dangol.campaigns.plan.models import Plan
from dangol.campaigns.plan.rules import Base, Problem
from dangol.channels import letters
from dangol.channels import reads as channels
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import BAD_ADDRESS, MARKETING, NO_ADDRESS, NO_PROFILING, SUPPRESSED, Permit
from dangol.customers.identify import reads as identify
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

MOST_VALUES = 20


@dataclass(frozen=True)
class DecisionView:
    """What an approver said."""

    verdict: str
    content_hash: str
    comment: str
    by: str
    at: datetime


@dataclass(frozen=True)
class PlanView:
    """A plan as pages show it. `hash` is that of its present content."""

    id: int
    name: str
    state: str
    version: int
    content: dict[str, Any]
    hash: str
    approved_hash: str
    simulation: dict[str, Any] | None
    by: str
    by_id: int
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    problems: list[Problem] = field(default_factory=list)
    decisions: list[DecisionView] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The campaign's key everywhere else: ledger, contacts, responses, lessons."""
        return campaign_key(self.id)

    @property
    def starts_on(self) -> date | None:
        return rules.day(self.content["starts_on"])

    @property
    def approved(self) -> DecisionView | None:
        """The decision that stands, if the present content is approved."""
        if self.state not in (rules.APPROVED, rules.LAUNCHED):
            return None
        return next((one for one in self.decisions if one.verdict == rules.APPROVED), None)


def campaign_key(plan_id: int) -> str:
    """The key of the campaign a plan becomes."""
    return f"dangol-{plan_id}"


def _view(row: Plan, *, whole: bool = False) -> PlanView:
    content = rules.canonical(row.content)
    decisions = (
        [DecisionView(one.verdict, one.content_hash, one.comment, one.by.name, one.at)
         for one in row.decisions.select_related("by").order_by("-pk")]
        if whole else []
    )  # fmt: skip
    return PlanView(
        id=row.pk, name=row.name, state=row.state, version=row.version, content=content,
        hash=rules.fingerprint(content), approved_hash=row.approved_hash, simulation=row.simulation, by=row.by.name,
        by_id=row.by_id, created_at=row.created_at, changed_at=row.changed_at, submitted_at=row.submitted_at,
        problems=problems(content) if whole else [], decisions=decisions,
    )  # fmt: skip


def problems(content: dict[str, Any]) -> list[Problem]:
    """Everything that blocks a plan: its fields, its channel, its templates, the label the law asks for."""
    found = rules.problems(content)
    plain = rules.canonical(content)
    if plain["channel"] and plain["channel"] not in channels.names():
        found.append(Problem("channel", rules.N_("The channel {name} is not switched on."), {"name": plain["channel"]}))
    if letters.labels_itself(plain["subject"]):
        found.append(
            Problem("subject", rules.N_("Leave the advertising label out: Dangol puts it before the subject itself."))
        )
    for name in ("subject", "body"):
        found += _template_problems(plain, name)
    return found


def _template_problems(plain: dict[str, Any], name: str) -> list[Problem]:
    alone = letters.Content(
        subject=plain["subject"] if name == "subject" else "",
        body=plain["body"] if name == "body" else "",
        link_label=plain["link_label"],
        offer=plain["offer"],
        language=plain["language"],
    )
    try:
        letters.check(alone)
    except BadInput as error:
        return [Problem(name, error.template, dict(error.params))]
    return []


def letter_content(content: dict[str, Any]) -> letters.Content:
    """The message a plan's content stands for."""
    plain = rules.canonical(content)
    return letters.Content(
        subject=plain["subject"], body=plain["body"], link_label=plain["link_label"] or plain["offer"][:60],
        offer=plain["offer"], language=plain["language"],
    )  # fmt: skip


def campaigns(by: Any, *, state: str = "", text: str = "") -> list[PlanView]:
    """Plans, the last changed first."""
    require(by, Right.CAMPAIGNS_VIEW)
    found = Plan.objects.select_related("by").order_by("-changed_at")
    if state:
        found = found.filter(state=state)
    for word in text.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(by__name__icontains=word))
    return [_view(row) for row in found[:500]]


def plan(by: Any, plan_id: int) -> PlanView:
    """One plan with problems and decisions. Raises NotFound."""
    require(by, Right.CAMPAIGNS_VIEW)
    row = Plan.objects.select_related("by").filter(pk=plan_id).first()
    if row is None:
        raise NotFound("There is no such campaign.")
    return _view(row, whole=True)


def waiting(by: Any) -> list[PlanView]:
    """Plans that wait for an approver other than their planner."""
    require(by, Right.CAMPAIGNS_APPROVE)
    found = Plan.objects.filter(state=rules.SUBMITTED).exclude(by=by).select_related("by").order_by("submitted_at")
    return [_view(row) for row in found]


@dataclass(frozen=True)
class Aim:
    """Whom a plan aims at. ids: customers in the segments that pass its conditions. segment_size: before them."""

    ids: list[int]
    segment_size: int
    starts_on: date
    snapshot: str


def aim(content: dict[str, Any]) -> Aim:
    """The people a plan aims at now. Raises NotFound before there is data, BadInput while the aim is not whole."""
    plain = rules.canonical(content)
    starts_on, as_of = rules.day(plain["starts_on"]), rules.day(plain["as_of"])
    if not (plain["segments"] or plain["built"]) or starts_on is None or as_of is None:
        raise BadInput(
            "Choose segments, their day and the first day to see whom the campaign aims at.", field="segments"
        )
    members = _members(plain, as_of)
    days = plain["contacted_days"] if isinstance(plain["contacted_days"], int) else 0
    snapshot, _newest = warehouse.current()
    own = engine.current()
    found = own.arrow(
        tables.aimed(
            warehouse.table(own, snapshot, "customers"),
            own.memory(members),
            warehouse.table(own, snapshot, "contacts"),
            filters=plain["filters"],
            contacted_since=starts_on - timedelta(days=days) if days else None,
            starts_on=starts_on,
        )
    )
    people = set(identify.root(found["customer_id"].to_pylist()).values())  # merged since the snapshot: one message
    return Aim(sorted(people), members.num_rows, starts_on, snapshot.id)


def _members(plain: dict[str, Any], as_of: date) -> pa.Table:
    """Everybody in the segments: by RFM on their day; in built ones as frozen when the plan was handed in, else now."""
    ids: set[int] = set()
    for code in plain["segments"]:
        ids.update(score.segment_members(code, as_of).to_pylist())
    frozen = rules.frozen(plain)
    for one in plain["built"]:
        ids.update(segments.frozen_members(*frozen[one]) if one in frozen else segments.members_now(one))
    return pa.table({"customer_id": pa.array(sorted(ids), pa.int64())})


@dataclass(frozen=True)
class Reach:
    """Who can be sent a message now, with permit and address, and how many cannot, by reason."""

    people: dict[int, tuple[Permit, str, str]]  # customer_id -> permit, name, address
    refused: dict[int, str]  # customer_id -> reason

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(self.refused.values()).most_common())


def reach(ids: list[int], channel: str, at: datetime | None = None) -> Reach:
    """Split people into those a channel can reach now and those it cannot, each with the reason.

    Who refuses to be graded by a machine is not written to because of a segment (PIPA art. 37-2(1)): every plan aims
    at segments. Quiet hours are no reason here: such a message is held at sending, not left out.
    """
    adapter = channels.channel(channel)
    noon = _by_day(at or timezone.now())
    verdicts = consent.permits(ids, MARKETING, channel, noon, settings.DANGOL.zone)
    known = identify.addressees(ids)
    gone = consent.suppressed(channel, {known[one][1] for one in ids if one in known and known[one][1]})
    ungraded = consent.refused_profiling(ids)
    people: dict[int, tuple[Permit, str, str]] = {}
    refused: dict[int, str] = {}
    for one in ids:
        name, address = known.get(one, ("", ""))
        verdict = verdicts[one]
        if not address:
            refused[one] = NO_ADDRESS
        elif not isinstance(verdict, Permit):
            refused[one] = verdict.reason
        elif one in ungraded:
            refused[one] = NO_PROFILING
        elif adapter.unfit(address):
            refused[one] = BAD_ADDRESS
        elif address in gone:
            refused[one] = SUPPRESSED
        else:
            people[one] = (verdict, name, address)
    return Reach(people, refused)


def _by_day(at: datetime) -> datetime:
    """Noon of the moment's company day: consent without the night rule."""
    return at.astimezone(settings.DANGOL.zone).replace(hour=12, minute=0, second=0, microsecond=0)


def base(ids: list[int], *, starts_on: date, window_days: int) -> Base:
    """What these people bought in the window of the same length just before the first day."""
    snapshot, _newest = warehouse.current()
    own = engine.current()
    people = own.memory(pa.table({"customer_id": pa.array(ids, pa.int64())}))
    first = starts_on - timedelta(days=window_days)
    sales = tables.bought(warehouse.table(own, snapshot, "sales_lines"), people, first=first, until=starts_on)
    row = own.arrow(tables.summed(sales)).to_pylist()[0]
    return Base(
        people=int(row["people"]), buyers=int(row["buyers"]), orders=int(row["orders"]), total=int(row["total"]),
        squares=float(row["squares"]),
    )  # fmt: skip


def usual_response(by: Any) -> float | None:
    """The response rate a new campaign may count on: that of all past campaigns together."""
    rate = usual_rate(by)
    return rate.share if rate else None


@dataclass(frozen=True)
class PreviewView:
    """The message as one person would get it; place counts the people who can be reached."""

    place: int
    people: int
    customer_id: int
    name: str
    subject: str
    text: str


def preview(by: Any, plan_id: int, place: int) -> PreviewView:
    """The message for the person at a place among those who can be reached. Raises NotFound, BadInput, NotAllowed.

    Showing a name is a look at personal data: it asks for the right and is logged.
    """
    require(by, Right.CUSTOMERS_VIEW)
    view = plan(by, plan_id)
    people = reach(aim(view.content).ids, view.content["channel"]).people
    if not people:
        raise NotFound("Nobody can be reached, so there is no message to show.")
    customer_id = list(people)[place % len(people)]
    _permit, name, _address = people[customer_id]
    letter = letters.Letter(letter_content(view.content))
    made = letter.fill(token="preview", values={"name": name}, to="preview@example.com")  # noqa: S106
    note_access(by=by, verb="view", what="campaign.preview", customer_id=customer_id)
    return PreviewView(place % len(people), len(people), customer_id, name, made.subject, made.text)


def attribute_values() -> dict[str, list[str]]:
    """What the conditions of a plan can be set to: attribute -> its values, those with at most 20."""
    snapshot, _newest = warehouse.current()
    own = engine.current()
    customers = warehouse.table(own, snapshot, "customers")
    found: dict[str, list[str]] = {}
    for name in rules.ATTRIBUTES:
        if name in customers.columns:
            values = own.arrow(customers.select(name).distinct())[name].to_pylist()
            known = sorted(str(value) for value in values if value)
            if 1 < len(known) <= MOST_VALUES:
                found[name] = known
    return found
