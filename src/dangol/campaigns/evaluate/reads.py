"""Results of campaigns, as they were last judged."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dangol.campaigns.evaluate import rules
from dangol.campaigns.evaluate.models import Result
from dangol.campaigns.execute import reads as execute
from dangol.campaigns.knowledge.rules import Rate
from dangol.staff.reads import require
from dangol.staff.rules import Right
from dangol.work import reads as work
from dangol.work.reads import JobView

DIRECT = 20_000  # a campaign for up to so many is judged while somebody waits; one for more is judged by a job


@dataclass(frozen=True)
class ResultView:
    """A launched campaign with its judgement (None before the first).

    redrawn: whether drawing again with the stored seed gives everybody the same cell; None where not tried yet.
    """

    run: execute.RunView
    judgement: rules.Judgement | None
    verdict: str
    as_of: date | None
    snapshot: str
    judged_by: str
    judged_at: datetime | None
    clicked: int
    redrawn: bool | None
    replayed: bool


def result(by: Any, run_id: int) -> ResultView:
    """The result of one launched campaign. Raises NotFound."""
    require(by, Right.CAMPAIGNS_VIEW)
    run = execute.run(by, run_id)
    row = Result.objects.filter(run_id=run_id).select_related("by").first()
    return ResultView(
        run=run,
        judgement=_judgement(row.judgement) if row else None,
        verdict=row.verdict if row else "",
        as_of=row.as_of if row else None,
        snapshot=row.snapshot if row else "",
        judged_by=row.by.name if row else "",
        judged_at=row.at if row else None,
        clicked=execute.clicked(run_id),
        redrawn=row.redrawn if row else None,
        replayed=execute.replayed(),
    )


def is_large(run: execute.RunView) -> bool:
    """Whether a campaign went to so many that judging it takes longer than somebody waits."""
    return run.frozen > DIRECT


def judge_key(run_id: int) -> str:
    """The key under which one judgement of a run waits or runs at a time."""
    return f"evaluate.judge:{run_id}"


def judging(by: Any, run_id: int) -> JobView | None:
    """The job that judges a campaign now, if one waits or runs."""
    job_id = work.under(judge_key(run_id))
    return None if job_id is None else work.job(by, job_id)


def verdicts(by: Any) -> dict[int, str]:
    """The verdict of every judged run."""
    require(by, Right.CAMPAIGNS_VIEW)
    return dict(Result.objects.values_list("run_id", "verdict"))


def _judgement(data: dict[str, Any]) -> rules.Judgement:
    money = data["money"]
    return rules.Judgement(
        verdict=data["verdict"],
        target=rules.Cell(**data["target"]),
        control=rules.Cell(**data["control"]),
        share_target=Rate(**data["share_target"]) if data["share_target"] else None,
        share_control=Rate(**data["share_control"]) if data["share_control"] else None,
        shares=_difference(data["shares"]),
        sales=_difference(data["sales"]),
        money=_money(money) if money else None,
        needs=tuple(rules.Need(**need) for need in data["needs"]),
        ratio=data["ratio"],
        suspicious=data["suspicious"],
    )


def _difference(data: dict[str, Any] | None) -> rules.Difference | None:
    return rules.Difference(**data) if data else None


def _money(data: dict[str, Any]) -> rules.Money:
    sales, profit = rules.Difference(**data["sales"]), rules.Difference(**data["profit"])
    return rules.Money(sales, data["cost"], profit, _difference(data["roi"]))
