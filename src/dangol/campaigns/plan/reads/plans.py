"""Looks at plans: list, one plan with its problems and its message."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from dangol.base.errors import BadInput, NotFound
from dangol.campaigns.plan import rules
from dangol.campaigns.plan.models import Plan
from dangol.campaigns.plan.rules import Problem
from dangol.channels import letters
from dangol.channels import reads as channels
from dangol.customers.surveys import reads as surveys
from dangol.staff.reads import require
from dangol.staff.rules import Right


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
    found += _survey_problems(plain)
    for name in ("subject", "body"):
        found += _template_problems(plain, name)
    return found


def _survey_problems(plain: dict[str, Any]) -> list[Problem]:
    if plain["survey"] and plain["survey"] not in surveys.linkable():
        return [Problem("survey", rules.N_("This survey takes no answers. Choose one that is open."))]
    if letters.asks_survey(plain["body"]) and not plain["survey"]:
        return [Problem("survey", rules.N_("The message leads to a survey. Choose which."))]
    return []


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
        offer=plain["offer"], language=plain["language"], survey=_survey_title(plain),
    )  # fmt: skip


def _survey_title(plain: dict[str, Any]) -> str:
    """What the link to the survey reads like; its code where it has closed since."""
    known = surveys.linkable().get(plain["survey"]) if plain["survey"] else None
    return known.titles.get(plain["language"], known.name) if known else str(plain["survey"])


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
