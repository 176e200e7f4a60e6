"""Publish an index, count it for every customer, retire it."""

from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as N_  # noqa: N812

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score.groups.described import day_of
from dangol.insight.score.index import counting, rules
from dangol.insight.score.index.models import Day, Index, Version
from dangol.insight.score.index.reads import column_of, grade_of, in_force, store
from dangol.insight.score.uses import refuse_where_used
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

LONGEST_NAME = 60
MOST_INDEXES = 20


def _ready(definition: rules.Definition) -> rules.Definition:
    """The definition with the bounds of its ranges, of today's customers. Raises NotFound, BadInput."""
    source, _newest = warehouse.current()
    with fresh() as engine:
        return counting.with_edges(engine, counting.known(engine, source, definition), definition)


def publish(*, by: Member, name: str, definition: rules.Definition) -> tuple[int, int]:
    """Publish a new index and queue its counting; returns its id and the job's.

    Raises NotAllowed, BadInput, NotFound where a part is not there, Conflict past MOST_INDEXES.
    """
    require(by, Right.INSIGHT_EDIT)
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput("Give it a name of at most {most} characters.", field="name", most=LONGEST_NAME)
    ready = _ready(definition)
    with transaction.atomic():
        if Index.objects.filter(retired_at=None).count() >= MOST_INDEXES:
            raise Conflict("There are {most} indexes already. Retire one that is not used any more.", most=MOST_INDEXES)
        index = Index.objects.create(name=name, by=by)
        Version.objects.create(index=index, number=1, definition=ready.as_dict(), by=by)
        return index.pk, _queue(by, index, 1)


def change(*, by: Member, index_id: int, definition: rules.Definition) -> int:
    """Publish the next version of an index and queue its counting; returns the job's id.

    Raises NotAllowed, BadInput, NotFound, Conflict when somebody published at the same time.
    """
    require(by, Right.INSIGHT_EDIT)
    _open(index_id)
    ready = _ready(definition)
    try:
        with transaction.atomic():
            index = _open(index_id)
            number = in_force(index_id).number + 1
            Version.objects.create(index=index, number=number, definition=ready.as_dict(), by=by)
            return _queue(by, index, number)
    except IntegrityError:
        raise Conflict("Somebody else published a version a moment ago. Look at it before you publish yours.") from None


def _open(index_id: int) -> Index:
    found = Index.objects.filter(pk=index_id, retired_at=None).first()
    if found is None:
        raise NotFound("This index does not exist.")
    return found


def _queue(by: Member, index: Index, number: int) -> int:
    return enqueue(kind="index.count", arguments={}, by=by, unique_key=f"index.count:{index.pk}:{number}")


def retire(*, by: Member, index_id: int) -> None:
    """Stop counting an index. Raises NotAllowed, NotFound, Conflict with a list of what still uses it."""
    require(by, Right.INSIGHT_EDIT)
    refuse_where_used(by, [f"index.{column_of(index_id)}", f"index.{grade_of(index_id)}"])
    Index.objects.filter(pk=_open(index_id).pk).update(retired_at=timezone.now(), retired_by=by)


def run_count(running: Running) -> dict[str, Any]:
    """The job `index.count`: count anew what rests on scores that changed between two cycles.

    The indexes here, and, in a job of their own, the segments that ask for groups, indexes or RFM. Returns as `keep`.
    """
    said = keep(running)
    enqueue(kind="segments.follow", arguments={}, by=running.by, unique_key="segments.follow")
    return said


def keep(running: Running) -> dict[str, Any]:
    """A step of the cycle: give every customer every index in force, on the newest data.

    Writes one snapshot: table `index` with customer_id, index_<id>, grade_<id> (see reads.table). Returns indexes,
    customers, and `reused` where nothing had changed. Raises Cancelled.
    """
    versions = [in_force(one.pk) for one in Index.objects.filter(retired_at=None).order_by("pk")]
    if not versions:
        return {"indexes": 0, "customers": 0, "reused": True}
    source, _newest = warehouse.current()
    day = day_of(source)
    made = {"versions": {str(one.index_id): one.number for one in versions}, "made_of": counting.made_of(source)}
    if _is_made(made):
        return {"indexes": len(versions), "customers": store().current()[0].rows["index"], "reused": True}
    with fresh() as engine:
        parts, skipped = [], []
        for place, version in enumerate(versions):
            running.progress(place, len(versions) + 1, N_("Counting the customer index"))
            try:
                parts.append(_counted(engine, source, version, day))
            except (BadInput, NotFound):  # a part is gone: the other indexes and the cycle go on
                skipped.append(version.index_id)
        customers = _write(engine, parts, {**made, "as_of": day.isoformat()}) if parts else 0
    return {"indexes": len(parts), "customers": customers, "reused": False, "skipped": skipped}


def _write(engine: Engine, parts: list[Any], facts: dict[str, Any]) -> int:
    with store().draft(f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}") as draft:
        draft.facts = facts
        path = draft.place("index")
        wide = reduce(lambda one, other: one.inner_join(other, "customer_id"), parts)
        customers = engine.write(wide.order_by("customer_id"), path, group_rows=GROUP_ROWS)
        draft.add("index", path, customers)
    return customers


def _is_made(made: dict[str, Any]) -> bool:
    try:
        snapshot, newest = store().current()
    except NotFound:
        return False
    return newest and all(snapshot.facts.get(name) == value for name, value in made.items())


def _counted(engine: Engine, source: Snapshot, version: Version, day: date) -> Any:
    definition = rules.from_dict(version.definition)
    told = engine.keep(counting.told(counting.known(engine, source, definition), definition))
    Day.objects.update_or_create(
        index_id=version.index_id, as_of=day,
        defaults={"version": version.number, "spread": counting.spread_of(engine, told, definition)},
    )  # fmt: skip
    index_id = version.index_id
    return told.select("customer_id", told.index.name(column_of(index_id)), told.grade.name(grade_of(index_id)))
