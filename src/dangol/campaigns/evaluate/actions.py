"""Judge a campaign from the warehouse, and hand its lesson to the knowledge base."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa

from dangol import engine
from dangol.base.errors import Conflict
from dangol.campaigns.evaluate import reads, rules, tables
from dangol.campaigns.evaluate.models import Result
from dangol.campaigns.execute import reads as execute
from dangol.campaigns.execute.rules import CONTROL, TARGET
from dangol.campaigns.knowledge import actions as knowledge
from dangol.campaigns.knowledge.rules import EXPERIMENT
from dangol.customers.identify import reads as identify
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import require, system
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

NOBODY = {"people": 0, "buyers": 0, "orders": 0, "total": 0, "squares": 0.0}


def judge(*, by: Any, run_id: int) -> reads.ResultView:
    """Count both cells over the campaign's days and judge; asked again it judges again, on newer data.

    Everyone drawn is counted, delivered or not; the draw is done once more and compared. Of a campaign for many a call
    of many seconds: doors leave it to the job `evaluate.judge`, see `start_judge`. Raises NotFound.
    """
    require(by, Right.CAMPAIGNS_VIEW)
    run = execute.run(by, run_id)
    snapshot, _newest = warehouse.current()
    as_of = date.fromisoformat(snapshot.facts["as_of"])
    counts = _counted(run, snapshot)
    judgement = rules.judge(
        _cell(counts, TARGET), _cell(counts, CONTROL), metric=run.content["metric"],
        control_percent=run.content["control_percent"], costs=_costs(run), over=as_of >= run.ends_on,
    )  # fmt: skip
    Result.objects.update_or_create(
        run_id=run_id,
        defaults={"snapshot": snapshot.id, "as_of": as_of, "judgement": asdict(judgement),
                  "verdict": judgement.verdict, "redrawn": execute.redrawn(by, run_id), "by": by},
    )  # fmt: skip
    return reads.result(by, run_id)


def start_judge(*, by: Any, run_id: int) -> int | None:
    """Judge a campaign at once and return None, or queue the job that judges one for many people; returns its id.

    While one waits or runs its id is returned. Raises NotFound.
    """
    require(by, Right.CAMPAIGNS_VIEW)
    if not reads.is_large(execute.run(by, run_id)):
        judge(by=by, run_id=run_id)
        return None
    return enqueue(kind="evaluate.judge", arguments={"run_id": run_id}, by=by, unique_key=reads.judge_key(run_id))


def run_judge(running: Running, run_id: int) -> dict[str, Any]:
    """The job `evaluate.judge`: judge a campaign for many people. Returns {verdict}. Raises NotFound."""
    running.progress(0, 1, rules.N_("Counting what both groups bought"))
    return {"verdict": judge(by=running.by, run_id=run_id).verdict}


def judge_due(running: Running) -> dict[str, Any]:
    """Judge every launched campaign on the newest snapshot and keep the lesson of those whose days are over.

    A campaign judged on this snapshot already is passed over. Returns {judged, learnt}.
    """
    by = running.by or system()
    snapshot, _newest = warehouse.current()
    judged_on = dict(Result.objects.values_list("run_id", "snapshot"))
    due = [run_id for run_id, _state in execute.states(by).values() if judged_on.get(run_id) != snapshot.id]
    learnt = 0
    for done, run_id in enumerate(due):
        running.progress(done, len(due))
        if judge(by=by, run_id=run_id).verdict != rules.NOT_OVER:
            learn(by=by, run_id=run_id)
            learnt += 1
    return {"judged": len(due), "learnt": learnt}


def _counted(run: execute.RunView, snapshot: engine.Snapshot) -> dict[str, dict[str, Any]]:
    drawn = _drawn(execute.cells(run.id))
    people = pa.table(
        {
            "customer_id": pa.array([one for one, _cell in drawn], pa.int64()),
            "cell": pa.array([cell for _one, cell in drawn], pa.string()),
        }
    )
    own = engine.current()
    rows = own.arrow(
        tables.counted(
            warehouse.table(own, snapshot, "sales_lines"), own.memory(people), first=run.starts_on, last=run.ends_on
        )
    )
    return {row.pop("cell"): row for row in rows.to_pylist()}


def _drawn(cells: Mapping[str, Sequence[int]]) -> list[tuple[int, str]]:
    """Who counts in which cell: of customers found to be one person since the draw the person, once.

    A person drawn into both cells counts in neither: getting the message and not getting it cannot be told apart.
    """
    ids = [one for cell in (TARGET, CONTROL) for one in cells[cell]]
    whole = identify.root(ids)
    of = {cell: {whole[one] for one in cells[cell]} for cell in (TARGET, CONTROL)}
    both = of[TARGET] & of[CONTROL]
    return [(one, cell) for cell in (TARGET, CONTROL) for one in sorted(of[cell] - both)]


def _cell(counts: dict[str, dict[str, Any]], name: str) -> rules.Cell:
    row = counts.get(name, NOBODY)
    return rules.Cell(
        people=int(row["people"]), buyers=int(row["buyers"]), orders=int(row["orders"]), total=int(row["total"]),
        squares=float(row["squares"]),
    )  # fmt: skip


def _costs(run: execute.RunView) -> rules.Costs:
    content = run.content
    return rules.Costs(
        fixed=content["fixed_cost"], per_message=content["cost_per_message"],
        messages=run.messages["sent"] + run.messages["bounced"] + run.messages["in_doubt"],
        discount=content["discount"], margin_percent=content["margin_percent"],
    )  # fmt: skip


def learn(*, by: Any, run_id: int, reasons: str = "", improvements: str = "") -> int:
    """Keep the judged campaign as a lesson. Raises Conflict while its days are not over."""
    found = reads.result(by, run_id)
    if found.judgement is None or found.verdict == rules.NOT_OVER:
        raise Conflict("Judge the campaign first, once the days that count are over.")
    run, judged = found.run, found.judgement
    return knowledge.keep(
        by=by, campaign_key=run.campaign_key, name=run.name, basis=EXPERIMENT, aim=run.content["aim"],
        channel=run.content["channel"], segments=run.content["segments"], offer=run.content["offer"],
        starts_on=run.starts_on, ends_on=run.ends_on, contacted=judged.target.people,
        responded=judged.target.buyers,
        measured={"verdict": judged.verdict, "shares": asdict(judged.shares) if judged.shares else None,
                  "sales": asdict(judged.sales) if judged.sales else None},
        reasons=reasons, improvements=improvements,
    )  # fmt: skip
