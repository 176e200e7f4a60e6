"""Take a load back, or bring it back: a job in short steps that goes on where it stood.

The first step turns the load's batches and refused rows in one transaction, which is all there is to do for facts: from
then on none of its rows count. What sources say of people is told by their batches too; only which version of a person
is the newest is written beside it, and follows in small steps, so that nobody waits for a million of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from dangol.base.errors import Conflict, NotFound
from dangol.customers.collect import people, places
from dangol.customers.collect.models import Load, Person, Source
from dangol.customers.collect.rules import N_, RECORDS
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work import actions as work
from dangol.work import reads as jobs
from dangol.work.actions import Running

JOB = "collect.turn"
PEOPLE_ROWS = 2_000
UNDOING, REDOING = "undoing", "redoing"
ENDS = {UNDOING: "undone", REDOING: "done"}  # where each leads to
BACK, AGAIN = N_("Taking rows back"), N_("Bringing rows back")


def undo_load(*, by: Member, load_id: int, queue: bool = False) -> int:
    """Have everything a load brought taken back; rows it had replaced stand again. Returns its id, for `run_turn`.

    queue: let a worker do it. Also goes on with one that was stopped half-way, or turns one round that was being
    brought back. Raises Conflict unless the load is done.
    """
    return _begin(by, load_id, UNDOING, queue, "This load is not done, so that there is nothing to take back.")


def redo_load(*, by: Member, load_id: int, queue: bool = False) -> int:
    """Have what an undone load brought brought back; as `undo_load`. Raises Conflict unless it is undone."""
    return _begin(by, load_id, REDOING, queue, "This load was not taken back, so that there is nothing to bring back.")


def _begin(by: Member, load_id: int, wanted: str, queue: bool, refusal: str) -> int:
    """Mark the load; nothing of it is turned here. A mark that stands already keeps how far it came."""
    require(by, Right.SOURCES_LOAD)
    with transaction.atomic():
        load = Load.objects.select_for_update(of=("self",)).select_related("source").filter(pk=load_id).first()
        if load is None:
            raise NotFound("There is no such load.")
        if load.state != wanted:
            if load.state not in (ENDS[_other(wanted)], _other(wanted)):
                raise Conflict(refusal)
            if load.state in ENDS and load.job_id and jobs.is_open(load.job_id):
                raise Conflict("This load is being taken back or brought back just now. Stop that first, or wait.")
            with places.only_one(load.source.code):
                refuse_half_turned(load.source, but=load.pk)
            Load.objects.filter(pk=load.pk).update(state=wanted, turned=None, error=None)
        if queue:
            job = work.enqueue(kind=JOB, arguments={"load_id": load.pk}, by=by, unique_key=f"{JOB}:{load.pk}")
            Load.objects.filter(pk=load.pk).update(job_id=job)
    return load.pk


def _other(wanted: str) -> str:
    return REDOING if wanted == UNDOING else UNDOING


@contextmanager
def alone(source: Source, *, but: int = 0) -> Iterator[None]:
    """Holds a source for this process, as `places.only_one`; not while people of it are half taken back. but: the load
    that may be. Raises Conflict."""
    with places.only_one(source.code):
        refuse_half_turned(source, but=but)
        yield


def refuse_half_turned(source: Source, *, but: int = 0) -> None:
    """New rows of people build on the newest version of each, which is not settled meanwhile. Raises Conflict."""
    if not RECORDS[source.kind].personal:
        return
    half = source.loads.filter(state__in=ENDS).exclude(pk=but).first()
    if half is not None:
        raise Conflict("A load of this source is being taken back or brought back: {name}. Wait until that has ended.",
                       name=half.name)  # fmt: skip


def run(running: Running, load_id: int) -> dict[str, Any]:
    """Turn a load that is marked, from where it stands; returns {load_id, state, people}."""
    load = Load.objects.select_related("source").filter(pk=load_id).first()
    if load is None:
        raise NotFound("There is no such load.")
    if load.state not in ENDS:
        return {"load_id": load.pk, "state": load.state, "people": 0}  # it ended before the worker died
    with alone(load.source, but=load.pk):
        load.refresh_from_db()
        return _turn(load, running) if load.state in ENDS else {"load_id": load.pk, "state": load.state, "people": 0}


def _turn(load: Load, running: Running) -> dict[str, Any]:
    live, note = load.state == REDOING, AGAIN if load.state == REDOING else BACK
    if load.turned is None:
        with transaction.atomic():
            turn_rows(load, live=live)
            load.turned = 0
            load.save(update_fields=["turned"])
    mine = Person.objects.filter(batch__load=load)
    total = mine.count() if RECORDS[load.source.kind].personal else 0
    done = total and mine.filter(pk__lte=load.turned).count()
    running.progress(done, total or None, note)
    while total and (ids := _after(mine, load.turned or 0)):
        running.check()
        with transaction.atomic():
            people.turn(mine.filter(pk__gte=ids[0], pk__lte=ids[-1]), load.source, live=live)
            load.turned = ids[-1]
            load.save(update_fields=["turned"])
        done += len(ids)
        running.progress(done, total, note)
    _end(load)
    return {"load_id": load.pk, "state": load.state, "people": done}


def _after(mine: Any, last: int) -> list[int]:
    return list(mine.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PEOPLE_ROWS])


def _end(load: Load) -> None:
    load.state = ENDS[load.state]
    with transaction.atomic():
        load.save(update_fields=["state"])
        Source.objects.filter(pk=load.source_id).update(watermark="")  # a query asks for all rows once more


def turn_rows(load: Load, *, live: bool) -> None:
    """Show or hide the batches and refused rows of a load. Call inside a transaction."""
    load.batches.update(live=live)
    before, after = ("closed", "open") if live else ("open", "closed")
    load.refused.filter(state=before).update(state=after)
