"""Looks at launched campaigns: numbers while they run, targets, what a launch would do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from dangol.base.errors import NotFound
from dangol.campaigns.execute import rules
from dangol.campaigns.execute.models import Click, Run, Target
from dangol.campaigns.plan import reads as plan
from dangol.campaigns.plan.rules import cell as cell_of
from dangol.channels import reads as channels
from dangol.channels import rules as ledger
from dangol.channels.reads import MessageView
from dangol.customers.surveys import reads as surveys
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work import reads as work
from dangol.work.reads import JobView


@dataclass(frozen=True)
class RunView:
    """A launched campaign as pages show it. messages: count per ledger state; cells and reasons of the targets."""

    id: int
    plan_id: int
    campaign_key: str
    name: str
    content: dict[str, Any]
    content_hash: str
    approved_by: str
    by: str
    starts_on: date
    ends_on: date
    state: str
    note: str
    per_second: float
    job_id: int | None
    aimed: int
    launched_at: datetime
    resumes_at: datetime | None
    ended_at: datetime | None
    messages: dict[str, int]
    cells: dict[str, int]
    reasons: dict[str, int]
    clicks: int
    machine_clicks: int
    survey_answers: int = 0

    @property
    def total(self) -> int:
        return sum(self.messages.values())

    @property
    def done(self) -> int:
        return sum(self.messages[state] for state in ledger.FINAL) + self.messages[ledger.IN_DOUBT]

    @property
    def frozen(self) -> int:
        """How many customers are written down already."""
        return sum(self.cells.values())

    @property
    def may_pause(self) -> bool:
        return rules.may_become(self.state, rules.PAUSED)

    @property
    def may_resume(self) -> bool:
        return self.state in (rules.DRAWING, rules.LAUNCHING, rules.PAUSED, rules.WAITING)

    @property
    def may_stop(self) -> bool:
        return rules.may_become(self.state, rules.STOPPED)


def _view(row: Run) -> RunView:
    cells = dict(row.targets.values_list("cell").annotate(n=Count("pk")))
    reasons = row.targets.filter(cell=rules.OUT).values_list("reason").annotate(n=Count("pk")).order_by("-n")
    clicks = dict(row.clicks.values_list("machine").annotate(n=Count("pk")))
    return RunView(
        id=row.pk, plan_id=row.plan_id, campaign_key=row.campaign_key, name=row.name, content=row.content,
        content_hash=row.content_hash, approved_by=row.approved_by, by=row.by.name, starts_on=row.starts_on,
        ends_on=row.ends_on, state=row.state, note=row.note, per_second=row.per_second, job_id=row.job_id,
        aimed=row.aimed,
        launched_at=row.launched_at, resumes_at=row.resumes_at, ended_at=row.ended_at,
        messages=channels.counts(row.campaign_key), cells=dict.fromkeys(rules.CELLS, 0) | cells, reasons=dict(reasons),
        clicks=clicks.get(False, 0), machine_clicks=clicks.get(True, 0),
        survey_answers=surveys.of_campaign(row.campaign_key) if row.content.get("survey") else 0,
    )  # fmt: skip


def _one(**where: Any) -> Run:
    row = Run.objects.select_related("by").filter(**where).first()
    if row is None:
        raise NotFound("This campaign has not been launched.")
    return row


def run(by: Any, run_id: int) -> RunView:
    """One launched campaign. Raises NotFound."""
    require(by, Right.CAMPAIGNS_VIEW)
    return _view(_one(pk=run_id))


def send_key(run_id: int) -> str:
    """The key under which the job that launches and first sends a run waits or runs."""
    return f"execute.send:{run_id}"


def drawing(by: Any, view: RunView) -> JobView | None:
    """The job that draws the groups of a run now, if one waits or runs."""
    job_id = work.under(send_key(view.id)) if view.state == rules.DRAWING else None
    return None if job_id is None else work.job(by, job_id)


def run_of_plan(by: Any, plan_id: int) -> RunView:
    """The launched campaign of a plan. Raises NotFound."""
    require(by, Right.CAMPAIGNS_VIEW)
    return _view(_one(plan_id=plan_id))


def states(by: Any) -> dict[int, tuple[int, str]]:
    """For each launched plan its run's id and state."""
    require(by, Right.CAMPAIGNS_VIEW)
    return {plan_id: (pk, state) for plan_id, pk, state in Run.objects.values_list("plan_id", "pk", "state")}


def in_doubt(by: Any, run_id: int) -> list[MessageView]:
    """The messages of a run that may or may not have been delivered, for a person to decide."""
    require(by, Right.CAMPAIGNS_VIEW)
    return channels.listed(_one(pk=run_id).campaign_key, ledger.IN_DOUBT)


def failures(by: Any, run_id: int) -> list[tuple[str, int]]:
    """What failed messages were answered with, and how often."""
    require(by, Right.CAMPAIGNS_VIEW)
    return channels.by_answer(_one(pk=run_id).campaign_key, ledger.FAILED)


def cells(run_id: int) -> dict[str, list[int]]:
    """The frozen targets: cell -> customer ids."""
    found: dict[str, list[int]] = {name: [] for name in rules.CELLS}
    for customer_id, cell in (
        Target.objects.filter(run_id=run_id).order_by("customer_id").values_list("customer_id", "cell")
    ):
        found[cell].append(customer_id)
    return found


def controls() -> pa.Table:
    """Everybody who was ever kept in a control group: campaign_key, customer_id, day (the campaign's first)."""
    rows = Target.objects.filter(cell=rules.CONTROL).order_by("pk")
    found = list(rows.values_list("run__campaign_key", "customer_id", "run__starts_on"))
    columns = zip(*found, strict=True) if found else ([], [], [])
    kinds = (("campaign_key", pa.string()), ("customer_id", pa.int64()), ("day", pa.date32()))
    return pa.table({name: pa.array(values, kind) for (name, kind), values in zip(kinds, columns, strict=True)})


def redrawn(by: Any, run_id: int) -> bool:
    """Whether drawing again with the stored seed gives every target the same cell."""
    require(by, Right.CAMPAIGNS_VIEW)
    row = _one(pk=run_id)
    seed, percent = int(row.content["seed"]), int(row.content["control_percent"])
    stored = Target.objects.filter(run=row).exclude(cell=rules.OUT).values_list("customer_id", "cell")
    return all(cell_of(seed, customer_id, percent) == cell for customer_id, cell in stored.iterator())


@dataclass(frozen=True)
class Preview:
    """What a launch would do, counted exactly at a moment. cost in minor units, without discounts."""

    people: int
    target: int
    control: int
    reasons: dict[str, int]
    cost: int
    content_hash: str
    approved_by: str
    counted_at: datetime


def preview(by: Any, plan_id: int) -> Preview | None:
    """The numbers of the confirmation before a launch; None where they have to be counted first (`plan.start_count`).

    A plan for few people is counted now; one for many has counts of the newest purchases, of the last minutes.
    """
    require(by, Right.CAMPAIGNS_LAUNCH)
    view = plan.plan(by, plan_id)
    counts = plan.kept(view) if plan.aims_at_many(view.content) else plan.count(view.content)
    if counts is None or not counts.newest or timezone.now() - counts.counted_at > rules.COUNTED_WITHIN:
        return None
    content = view.content
    return Preview(
        people=counts.people, target=counts.target, control=counts.control, reasons=counts.reasons,
        cost=content["fixed_cost"] + content["cost_per_message"] * counts.target, content_hash=view.hash,
        approved_by=view.approved.by if view.approved else "", counted_at=counts.counted_at,
    )  # fmt: skip


def landing(token: str) -> tuple[str, str]:
    """Where the link of a message leads (a path of this site, empty for the offer page) and the offer's text.

    Raises NotFound.
    """
    row = _one(campaign_key=channels.of_token(token).campaign_key)
    return str(row.content["landing"]), str(row.content["offer"])


def clicked(run_id: int) -> int:
    """How many different people clicked, machines left out."""
    return Click.objects.filter(run_id=run_id, machine=False).values("customer_id").distinct().count()


def replayed() -> bool:
    """Whether this installation replays past purchases: its mails reached nobody, so no effect is to be expected."""
    return bool(settings.DANGOL.demo)
