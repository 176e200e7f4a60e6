"""Whom a plan aims at, who of them can be reached, and what they bought before.

Whoever asks about many people is served step by step, so that a job can tell how far it is and be stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils import timezone

from dangol import engine
from dangol.base.errors import BadInput, NotFound
from dangol.campaigns.plan import rules, tables
from dangol.campaigns.plan.reads.plans import PlanView
from dangol.campaigns.plan.rules import Base
from dangol.channels import reads as channels
from dangol.channels.rules import UNDELIVERABLE
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import BAD_ADDRESS, MARKETING, NO_ADDRESS, NO_PROFILING, SUPPRESSED, Permit
from dangol.customers.identify import reads as identify
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments
from dangol.insight.warehouse import reads as warehouse
from dangol.work import reads as work
from dangol.work.reads import JobView

DIRECT = 20_000  # up to so many people are counted or drawn while somebody waits; more are a job
STEP = 10_000  # people asked about at once
MOST_VALUES = 20

Tick = Callable[[int, int], None]  # how many people are done, of how many


def nobody_waits(done: int, total: int) -> None:
    """The tick of whoever needs none."""


@dataclass(frozen=True)
class Aim:
    """Whom a plan aims at. ids: customers in the segments that pass its conditions. segment_size: before them."""

    ids: list[int]
    segment_size: int
    starts_on: date
    snapshot: str


def aims_at_many(content: dict[str, Any]) -> bool:
    """Whether a plan may aim at more people than can be counted while somebody waits; nobody is counted for it.

    Raises as `aim`.
    """
    plain = rules.canonical(content)
    _days(plain)
    snapshot, _newest = warehouse.current()
    everybody = snapshot.rows.get("customers", 0)
    if everybody <= DIRECT or plain["built"]:
        return bool(everybody > DIRECT)
    try:
        sizes = {one.code: one.customers or 0 for one in score.segments(rules.day(plain["as_of"]))}
    except NotFound:
        return False  # not scored on that day: asking for the people says so at once
    return sum(sizes.get(code, 0) for code in plain["segments"]) > DIRECT


def _days(plain: dict[str, Any]) -> tuple[date, date]:
    """The campaign's first day and the segments' day."""
    starts_on, as_of = rules.day(plain["starts_on"]), rules.day(plain["as_of"])
    if not (plain["segments"] or plain["built"]) or starts_on is None or as_of is None:
        raise BadInput(
            "Choose segments, their day and the first day to see whom the campaign aims at.", field="segments"
        )
    return starts_on, as_of


def aim(content: dict[str, Any], most: int | None = None) -> Aim:
    """The people a plan aims at now; with `most` only the first so many of them.

    Raises NotFound before there is data, BadInput while the aim is not whole.
    """
    plain = rules.canonical(content)
    starts_on, as_of = _days(plain)
    members = _members(plain, as_of)
    days = plain["contacted_days"] if isinstance(plain["contacted_days"], int) else 0
    snapshot, _newest = warehouse.current()
    own = engine.current()
    aimed = tables.aimed(
        warehouse.table(own, snapshot, "customers"),
        own.memory(members),
        warehouse.table(own, snapshot, "contacts"),
        filters=plain["filters"],
        contacted_since=starts_on - timedelta(days=days) if days else None,
        starts_on=starts_on,
    )
    found = own.arrow(aimed if most is None else aimed.order_by("customer_id").limit(most))
    people = set(identify.root(found["customer_id"].to_pylist()).values())  # merged since the snapshot: one message
    return Aim(sorted(people), members.num_rows, starts_on, snapshot.id)


def _members(plain: dict[str, Any], as_of: date) -> pa.Table:
    """Everybody in the segments: by RFM on their day; in built ones as frozen when the plan was handed in, else now."""
    found = [score.segment_members(code, as_of) for code in plain["segments"]]
    frozen = rules.frozen(plain)
    for one in plain["built"]:
        ids = segments.frozen_members(*frozen[one]) if one in frozen else segments.members_now(one)
        found.append(pa.array(ids, pa.int64()))
    return pa.table({"customer_id": pc.unique(pa.chunked_array(found, pa.int64()))})


@dataclass(frozen=True)
class Reach:
    """Who can be sent a message now, with permit and address, and who cannot, by reason."""

    people: dict[int, tuple[Permit, str, str]]  # customer_id -> permit, name, address
    refused: dict[int, str]  # customer_id -> reason


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
    returned = channels.undeliverable(channel, {one: known[one][1] for one in ids if one in known})
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
        elif one in returned:
            refused[one] = UNDELIVERABLE
        else:
            people[one] = (verdict, name, address)
    return Reach(people, refused)


def _by_day(at: datetime) -> datetime:
    """Noon of the moment's company day: consent without the night rule."""
    return at.astimezone(settings.DANGOL.zone).replace(hour=12, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Drawn:
    """Some of the people of a plan with the cell each falls into; whoever cannot be reached is in none."""

    cells: dict[int, str]  # customer_id -> target or control
    reach: Reach


def draw(content: dict[str, Any], ids: list[int], tick: Tick = nobody_waits) -> Iterator[Drawn]:
    """Draw the cells of the people aimed at, step by step in their order.

    Who cannot be reached is left out before the draw, so both cells hold people alike.
    """
    seed, percent = int(content["seed"]), int(content["control_percent"])
    for start in range(0, len(ids), STEP):
        tick(start, len(ids))
        found = reach(ids[start : start + STEP], content["channel"])
        yield Drawn({one: rules.cell(seed, one, percent) for one in found.people}, found)


@dataclass(frozen=True)
class Counts:
    """Whom a plan aims at and reaches, counted person by person at a moment, and what they bought before.

    segment_size: before the conditions; target and control: as the draw decides. counted_by: the hash of what was
    counted; snapshot: the purchases it was counted on.
    """

    segment_size: int
    people: int
    target: int
    control: int
    reasons: dict[str, int]
    base: Base
    snapshot: str
    counted_by: str
    counted_at: datetime

    @property
    def reachable(self) -> int:
        return self.target + self.control

    @property
    def newest(self) -> bool:
        """Whether it was counted on the newest purchases."""
        return self.snapshot == warehouse.current()[0].id

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self) | {"counted_at": self.counted_at.isoformat()}


def kept(view: PlanView) -> Counts | None:
    """The counts kept with a plan, if they are of the people it aims at still."""
    said = view.simulation or {}
    if said.get("counted_by") != rules.counted_by(view.content):
        return None
    at = datetime.fromisoformat(said["counted_at"])
    return Counts(**said | {"base": Base(**said["base"]), "counted_at": at})


def counting(by: Any, plan_id: int) -> JobView | None:
    """The job that counts a plan's people now, if one waits or runs."""
    job_id = work.under(count_key(plan_id))
    return None if job_id is None else work.job(by, job_id)


def submitting(by: Any, plan_id: int) -> JobView | None:
    """The job that hands a plan in now, if one waits or runs."""
    job_id = work.under(submit_key(plan_id))
    return None if job_id is None else work.job(by, job_id)


def submit_key(plan_id: int) -> str:
    """The key under which a plan is handed in by one job at a time."""
    return f"plan.submit:{plan_id}"


def count_key(plan_id: int) -> str:
    """The key under which one count of a plan waits or runs at a time."""
    return f"plan.count:{plan_id}"


def count(content: dict[str, Any], tick: Tick = nobody_waits) -> Counts:
    """Count a plan's people as a launch would draw them now. Raises as `aim`."""
    plain = rules.canonical(content)
    number = {name: plain[name] if isinstance(plain[name], int) else rules.FIELDS[name].default or 0
              for name in ("window_days", "control_percent", "seed")}  # fmt: skip
    aimed = aim(plain)
    cells: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for step in draw(plain | number | {"channel": plain["channel"] or "email"}, aimed.ids, tick):
        cells.update(step.cells.values())
        reasons.update(step.reach.refused.values())
    return Counts(
        segment_size=aimed.segment_size, people=len(aimed.ids), target=cells[rules.TARGET],
        control=cells[rules.CONTROL], reasons=dict(reasons.most_common()),
        base=base(aimed.ids, starts_on=aimed.starts_on, window_days=number["window_days"]), snapshot=aimed.snapshot,
        counted_by=rules.counted_by(plain), counted_at=timezone.now(),
    )  # fmt: skip


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
