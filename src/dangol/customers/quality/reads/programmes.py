"""Collection programmes: progress by branch and rep, results, and the tasks of one member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.customers.quality.models import Programme, Task
from dangol.customers.quality.reads.ruling import today
from dangol.staff.reads import Member, may, require, scope_of, within
from dangol.staff.rules import Right

PAGE = 20
REST_DAYS = 3


@dataclass(frozen=True)
class Progress:
    """A programme and how far it is among the customers one may see. handled: done or refused. Costs: minor units."""

    id: int
    name: str
    fields: Sequence[str]
    benefit: str
    script: str
    unit: str
    segments: Sequence[str]
    starts_on: date
    ends_on: date
    state: str
    by: str
    single: bool
    tasks: int
    open: int
    done: int
    refused: int
    closed: int
    values: int
    asked: int
    cost: int
    parts: Sequence["Part"] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """Tasks that are over, 0..1; None without tasks."""
        return (self.tasks - self.open) / self.tasks if self.tasks else None

    @property
    def answer_rate(self) -> float | None:
        """Done among those asked, 0..1; None where nobody was asked yet."""
        return self.done / (self.done + self.refused) if self.done + self.refused else None

    @property
    def cost_a_value(self) -> int | None:
        """Cost of one gathered value; None where none was gathered."""
        return round(self.cost / self.values) if self.values else None


@dataclass(frozen=True)
class Part:
    """Progress of one rep or branch in a programme."""

    label: str
    tasks: int
    done: int
    refused: int
    open: int

    @property
    def share(self) -> float | None:
        """Tasks that are over, 0..1."""
        return (self.tasks - self.open) / self.tasks if self.tasks else None


@dataclass(frozen=True)
class TaskView:
    """A task as the rep sees it. customer: identify's masked row. missing: fields still to be asked."""

    id: int
    customer: Any
    missing: Sequence[str]
    programme: str
    programme_id: int
    benefit: str
    script: str
    tries: int
    tried_at: datetime | None
    ends_on: date


def may_have_tasks(by: Member) -> bool:
    """Whether a member may work on tasks at all."""
    return may(by, Right.CUSTOMERS_EDIT) and may(by, Right.CUSTOMERS_VIEW)


def _mine(by: Member) -> QuerySet[Task]:
    """Tasks on customers one may see, by the unit and rep of the task."""
    return Task.objects.filter(within(scope_of(by)))


def programmes(by: Member) -> list[Progress]:
    """All programmes that have tasks one may see, running ones first, newest first."""
    require(by, Right.CUSTOMERS_VIEW)
    found = Programme.objects.filter(tasks__in=_mine(by)).distinct() if not scope_of(by).everyone else Programme.objects
    rows = list(found.select_related("unit", "by").order_by("-pk"))
    counted = _counted(_mine(by).filter(programme__in=rows))
    views = [_progress(row, counted.get(row.pk, {})) for row in rows]
    return sorted(views, key=lambda one: one.state != "running")


def _counted(tasks: QuerySet[Task]) -> dict[int, dict[str, Any]]:
    states = {name: Count("pk", filter=Q(state=name)) for name in ("open", "done", "refused", "closed")}
    tried = Count("pk", filter=Q(tries__gt=0) | Q(state__in=("done", "refused")))
    rows = tasks.values("programme_id").annotate(tasks=Count("pk"), tried=tried, **states).order_by()
    return {row["programme_id"]: dict(row) for row in rows}


def _values(programme: Programme, tasks: QuerySet[Task]) -> int:
    """Values gathered: fields of tasks that have been filled since."""
    rows = tasks.filter(programme=programme).exclude(filled=[]).values_list("filled", flat=True)
    return sum(len(one) for one in rows.iterator(chunk_size=5000))


def _progress(
    row: Programme, counted: Mapping[str, Any], values: int = 0, parts: Sequence[Part] = ()
) -> Progress:  # fmt: skip
    done, asked = counted.get("done", 0), counted.get("tried", 0)
    return Progress(
        id=row.pk, name=row.name, fields=row.fields, benefit=row.benefit, script=row.script,
        unit=row.unit.name if row.unit else "", segments=row.segments, starts_on=row.starts_on, ends_on=row.ends_on,
        state=row.state, by=row.by.name, single=row.check_rule_id is not None, tasks=counted.get("tasks", 0),
        open=counted.get("open", 0), done=done, refused=counted.get("refused", 0), closed=counted.get("closed", 0),
        values=values, asked=asked, cost=done * row.benefit_cost + asked * row.effort_cost, parts=parts,
    )  # fmt: skip


def programme(by: Member, programme_id: int, *, part: str = "rep") -> Progress:
    """One programme with its progress by rep or branch. Raises NotFound, also where it has no task one may see."""
    require(by, Right.CUSTOMERS_VIEW)
    row = Programme.objects.select_related("unit", "by").filter(pk=programme_id).first()
    mine = _mine(by).filter(programme_id=programme_id)
    if row is None or not (scope_of(by).everyone or mine.exists()):
        raise NotFound("There is no such programme.")
    counted = _counted(mine).get(row.pk, {})
    return _progress(row, counted, _values(row, mine), _parts(mine, part))


def _parts(tasks: QuerySet[Task], part: str) -> list[Part]:
    name = "unit__name" if part == "unit" else "rep__name"
    rows = tasks.values(part, name).annotate(
        tasks=Count("pk"), done=Count("pk", filter=Q(state="done")), refused=Count("pk", filter=Q(state="refused")),
        open=Count("pk", filter=Q(state="open")),
    ).order_by("-tasks", name)  # fmt: skip
    return [Part(row[name] or "", row["tasks"], row["done"], row["refused"], row["open"]) for row in rows[:500]]


def running_programmes(by: Member) -> list[tuple[int, str]]:
    """Running programmes: (id, name)."""
    require(by, Right.CUSTOMERS_VIEW)
    return list(Programme.objects.filter(state="running").order_by("-pk").values_list("pk", "name"))


def _due(by: Member) -> QuerySet[Task]:
    """Tasks to work on now: a rep's own; of leaders those of their tree. Who was not reached rests for some days."""
    rested = Q(tried_at=None) | Q(tried_at__lt=timezone.now() - timedelta(days=REST_DAYS))
    day = today()
    return _mine(by).filter(rested, state="open", programme__state="running", programme__starts_on__lte=day,
                            programme__ends_on__gte=day)  # fmt: skip


def open_tasks(by: Member) -> int:
    """How many tasks wait for a member: those of a rep in person, else of the own unit without a rep."""
    if not may_have_tasks(by):
        return 0
    return _personal(by).count()


def _personal(by: Member) -> QuerySet[Task]:
    return _due(by) if scope_of(by).member_id is not None else _due(by).filter(Q(rep=by) | Q(rep=None))


def tasks(by: Member, *, everyone: bool = False, after: int = 0, limit: int = PAGE) -> list[TaskView]:
    """Tasks of a member, or (for leaders, everyone=True) of the whole tree, in the order they were made."""
    require(by, Right.CUSTOMERS_EDIT)
    rows = _due(by) if everyone else _personal(by)
    chosen = list(rows.filter(pk__gt=after).select_related("programme").order_by("pk")[:limit])
    if not chosen:
        return []
    wholes = identify.root(task.customer_id for task in chosen)  # of those merged since, the one they are part of
    ids = tuple(dict.fromkeys(wholes.values()))
    people = {row.id: row for row in identify.search(by, CustomerQuery(ids=ids, size=len(ids))).rows}
    return [
        TaskView(task.pk, people[wholes[task.customer_id]], [name for name in task.fields if name not in task.filled],
                 task.programme.name, task.programme_id, task.programme.benefit, task.programme.script, task.tries,
                 task.tried_at, task.programme.ends_on)
        for task in chosen if wholes[task.customer_id] in people
    ]  # fmt: skip


def task(by: Member, task_id: int) -> TaskView:
    """One task that waits. Raises NotFound."""
    found = next(iter(tasks(by, everyone=True, after=task_id - 1, limit=1)), None)
    if found is None or found.id != task_id:
        raise NotFound("There is no such task.")
    return found
