"""Collection programmes: start, ask single customers, handle a task, stop, and close what was filled meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from ibis.expr.types import Table

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.identify import actions as identify
from dangol.customers.identify import reads as customers
from dangol.customers.identify.reads import quality as identify_reads
from dangol.customers.quality.models import Check, Programme, Task
from dangol.customers.quality.rules.checks import ASKED, FIELDS
from dangol.engine import Engine
from dangol.staff import reads as staff
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require, scope_of, within
from dangol.staff.rules import Right

CHUNK = 500
TASKS_MOST = 100_000
REST_DAYS = 365  # who refused is left alone so long
RETRY_DAYS = 3
SINGLE_DAYS = 90


@dataclass(frozen=True)
class Plan:
    """A programme to start: what is asked of whom, what the customer gets, when. Costs: minor units."""

    name: str
    fields: Sequence[str]
    starts_on: date
    ends_on: date
    unit_id: int | None = None
    segments: Sequence[str] = ()
    benefit: str = ""
    script: str = ""
    benefit_cost: int = 0
    effort_cost: int = 0
    most_per_rep: int = 50


def start(*, by: Member, plan: Plan) -> int:
    """Start a programme and write its tasks; returns its id.

    Each customer of one's own tree who lacks one of the fields becomes a task of the rep in charge, at most so many a
    rep; who refused within a year is left out. Raises NotAllowed, BadInput naming the field.
    """
    require(by, Right.QUALITY_EDIT)
    unit = staff.unit(by, plan.unit_id) if plan.unit_id else None
    _check(plan)
    with transaction.atomic():
        made = Programme.objects.create(
            name=" ".join(plan.name.split()), fields=list(dict.fromkeys(plan.fields)),
            unit_id=unit.id if unit else None, segments=list(plan.segments), benefit=plan.benefit.strip(),
            script=plan.script.strip(), benefit_cost=plan.benefit_cost, effort_cost=plan.effort_cost,
            starts_on=plan.starts_on, ends_on=plan.ends_on, most_per_rep=plan.most_per_rep, by=by,
        )  # fmt: skip
        tasks = _targets(by, made, unit.path if unit else "")
        if not tasks:
            raise BadInput("No customer in your tree lacks these fields. There is nothing to collect.", field="fields")
        Task.objects.bulk_create(tasks, batch_size=CHUNK)
        note_access(by=by, verb="change", what="collection programme", count=len(tasks),
                    detail={"programme": made.pk})  # fmt: skip
    return made.pk


def _check(plan: Plan) -> None:
    if not plan.name.strip() or len(plan.name) > 100:
        raise BadInput("Give the programme a name of at most {most} characters.", field="name", most=100)
    if not plan.fields or any(name not in ASKED for name in plan.fields):
        raise BadInput("Choose at least one field a customer can be asked for.", field="fields")
    if plan.ends_on < plan.starts_on:
        raise BadInput("The last day lies before the first day. Correct one of the two.", field="ends_on")
    if plan.ends_on < _today():
        raise BadInput("The last day is over. Choose a later one.", field="ends_on")
    if not 1 <= plan.most_per_rep <= 1000:
        raise BadInput("Write a number from 1 to {most}.", field="most_per_rep", most=1000)
    if min(plan.benefit_cost, plan.effort_cost) < 0:
        raise BadInput("A cost is not negative.", field="benefit_cost")
    if len(plan.benefit) > 300 or len(plan.script) > 2000:
        raise BadInput("This is too long. Use at most {most} characters.", field="script", most=2000)


def _today() -> date:
    return timezone.now().astimezone(settings.DANGOL.zone).date()


def _targets(by: Member, made: Programme, unit_path: str) -> list[Task]:
    """Tasks for those who lack a field, at most so many a rep (and for those of no rep, a unit)."""
    refused = Task.objects.filter(state="refused", done_at__gte=timezone.now() - timedelta(days=REST_DAYS))
    resting = set(customers.root(refused.values_list("customer_id", flat=True)).values())
    tasks: list[Task] = []
    load: dict[tuple[int | None, int | None], int] = {}
    after = 0
    while len(tasks) < TASKS_MOST:
        rows = identify_reads.lacking(by, made.fields, unit_path=unit_path, segments=made.segments, after=after)
        for customer_id, rep_id, unit_id, missing in rows:
            whose = (rep_id, None if rep_id else unit_id)
            if customer_id in resting or load.get(whose, 0) >= made.most_per_rep:
                continue
            load[whose] = load.get(whose, 0) + 1
            tasks.append(Task(programme=made, customer_id=customer_id, rep_id=rep_id, unit_id=unit_id, fields=missing))
        if len(rows) < identify_reads.CHUNK:
            break
        after = rows[-1][0]
    return tasks


@transaction.atomic
def ask(*, by: Member, rule_id: int, customer_ids: Iterable[int]) -> int:
    """Make tasks for single customers who break a rule; returns how many are new.

    They lie in a programme named after the rule. Customers one may not see are left out. Raises NotAllowed, NotFound.
    """
    require(by, Right.CUSTOMERS_EDIT)
    rule = Check.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("There is no such rule.")
    name = rule.definition["field"]
    if name not in ASKED:
        raise BadInput("A customer cannot be asked for this field. Correct it on the customer’s page.", field="field")
    today = _today()
    programme, _made = Programme.objects.get_or_create(
        check_rule=rule, state="running", ends_on__gte=today,
        defaults={"name": rule.definition["name"], "fields": [name], "starts_on": today, "by": by,
                  "ends_on": today + timedelta(days=SINGLE_DAYS)},
    )  # fmt: skip
    wanted = list(dict.fromkeys(customers.root(customer_ids).values()))[:TASKS_MOST]
    made = 0
    for begin in range(0, len(wanted), CHUNK):
        part = wanted[begin : begin + CHUNK]
        seen = identify_reads.values_of(by, part)
        known = set(
            Task.objects.filter(programme=programme, customer_id__in=part).values_list("customer_id", flat=True)
        )
        rows = [
            Task(programme=programme, customer_id=pk, rep_id=seen[pk]["rep"], unit_id=seen[pk]["unit"], fields=[name])
            for pk in part if pk in seen and pk not in known
        ]  # fmt: skip
        Task.objects.bulk_create(rows, batch_size=CHUNK)
        made += len(rows)
    note_access(by=by, verb="change", what="collection programme", count=made, detail={"programme": programme.pk})
    return made


def forget(*, customer_ids: Iterable[int]) -> int:
    """Nobody is asked for anything any more who was erased; returns how many tasks were open. Tasks hold no values."""
    return Task.objects.filter(customer_id__in=list(customer_ids), state="open").update(
        state="closed", done_at=timezone.now()
    )


@transaction.atomic
def handle(
    *, by: Member, task_id: int, result: str, values: Mapping[str, str] | None = None,
    seen_at: datetime | None = None, address: str = "",
) -> str:  # fmt: skip
    """What became of a task: values typed in (`done`), `refused`, or `not_reached`. Returns the task's state.

    Values go to the customer by identify.actions.edit. A task with fields still open stays open. Raises NotFound for a
    task of others, Conflict for one that is over, BadInput naming the field.
    """
    require(by, Right.CUSTOMERS_EDIT)
    task = Task.objects.select_for_update(of=("self",)).filter(within(scope_of(by)), pk=task_id).first()
    if task is None:
        raise NotFound("There is no such task.")
    if task.state != "open" or task.programme.state != "running":
        raise Conflict("This task is over already.")
    now = timezone.now()
    if result == "not_reached":
        task.tries, task.tried_at = task.tries + 1, now
    elif result == "refused":
        task.state, task.done_at, task.done_by = "refused", now, by
    elif result == "done":
        _fill(by, task, values or {}, seen_at or now, address)
    else:
        raise BadInput("“{value}” is not known here. Use one of: {known}.", field="result", value=result[:40],
                       known="done, refused, not_reached")  # fmt: skip
    task.save()
    return task.state


def _fill(by: Member, task: Task, values: Mapping[str, str], seen_at: datetime, address: str) -> None:
    given = {name: text.strip() for name, text in values.items() if text.strip() and name in task.fields}
    if not given:
        raise BadInput("Type at least one value, or say that the customer refused or was not reached.",
                       field=task.fields[0] if task.fields else "")  # fmt: skip
    identify.edit(by=by, customer_id=task.customer_id, changes=given, seen_at=seen_at, address=address)
    task.filled = sorted({*task.filled, *given})
    if set(task.fields) <= set(task.filled):
        task.state, task.done_at, task.done_by = "done", timezone.now(), by


@transaction.atomic
def stop(*, by: Member, programme_id: int) -> int:
    """Stop a programme; its open tasks are closed. Returns how many. Raises NotAllowed, NotFound, Conflict."""
    require(by, Right.QUALITY_EDIT)
    found = Programme.objects.select_for_update(of=("self",)).filter(pk=programme_id).first()
    if found is None:
        raise NotFound("There is no such programme.")
    if found.state != "running":
        raise Conflict("This programme is over already.")
    return _end(found, "stopped")


def _end(programme: Programme, state: str) -> int:
    now = timezone.now()
    programme.state, programme.stopped_at = state, now
    programme.save(update_fields=["state", "stopped_at"])
    return Task.objects.filter(programme=programme, state="open").update(state="closed", done_at=now)


def recheck(engine: Engine, judged: Table, rule_ids: set[int]) -> int:
    """Close open tasks whose fields have been filled meanwhile, and end programmes whose time is over.

    judged: tables.judged. A task made from a rule closes when the customer breaks that rule no more. Returns how many
    were closed.
    """
    for programme in Programme.objects.filter(state="running", ends_on__lt=_today()):
        _end(programme, "ended")
    closed, after = 0, 0
    while rows := list(
        Task.objects.filter(state="open", pk__gt=after).select_related("programme").order_by("pk")[: 20 * CHUNK]
    ):
        after = rows[-1].pk
        closed += _close(engine, judged, rows, rule_ids)
    return closed


def _close(engine: Engine, judged: Table, rows: Sequence[Task], rule_ids: set[int]) -> int:
    asked = engine.memory(pa.table({"asked": pa.array(sorted({row.customer_id for row in rows}), pa.int64())}))
    rules = sorted({row.programme.check_rule_id for row in rows if row.programme.check_rule_id} & rule_ids)
    columns = ["customer_id", *(f"ok_{name}" for name in FIELDS), *(f"rule_{one}" for one in rules)]
    found = engine.arrow(judged.semi_join(asked, judged.customer_id == asked.asked).select(*columns)).to_pylist()
    known: dict[int, dict[str, Any]] = {row["customer_id"]: row for row in found}
    now, changed, closed = timezone.now(), [], 0
    for task in rows:
        filled = _filled_now(task, known.get(task.customer_id))
        if filled != task.filled:
            task.filled = filled
            changed.append(task)
            if set(task.fields) <= set(filled):
                task.state, task.done_at = "done", now
                closed += 1
    Task.objects.bulk_update(changed, ["filled", "state", "done_at"], batch_size=CHUNK)
    return closed


def _filled_now(task: Task, judged: Mapping[str, Any] | None) -> list[str]:
    """The fields of a task that hold a good value by now."""
    if judged is None:
        return list(task.filled)
    rule = judged.get(f"rule_{task.programme.check_rule_id}")
    good = {name for name in task.fields if (judged[f"ok_{name}"] if rule is None else not rule)}
    return sorted({*task.filled, *good})
