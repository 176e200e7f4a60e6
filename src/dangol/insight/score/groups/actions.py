"""Find groups, name them, keep them up to date, retire them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as N_  # noqa: N812
from ibis.expr.types import Table

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.engine import Engine, Snapshot, fresh
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score.groups import described, editing, fitting, growing
from dangol.insight.score.groups.models import Grouping, GroupName, Size, Version
from dangol.insight.score.groups.reads import EDITED, FITTED, all_in_force, column_of, in_force, store
from dangol.insight.score.groups.rules import clusters
from dangol.insight.score.groups.rules.features import LIFETIME
from dangol.insight.score.groups.rules.wishes import TREE, Wish, kind_of, read
from dangol.insight.score.uses import refuse_where_used
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Running, enqueue

LONGEST_NAME = 60
MOST_GROUPINGS = 50


def _name(text: str, *, field: str = "name") -> str:
    text = " ".join(text.split())
    if not text:
        raise BadInput("Give it a name.", field=field)
    if len(text) > LONGEST_NAME:
        raise BadInput("This may have at most {most} characters.", field=field, most=LONGEST_NAME)
    return text


def _open(grouping_id: int) -> Grouping:
    """A grouping that is kept up, locked. Raises NotFound, Conflict."""
    found = Grouping.objects.select_for_update().filter(pk=grouping_id).first()
    if found is None:
        raise NotFound("This grouping does not exist.")
    if found.retired_at is not None:
        raise Conflict("This grouping was retired. Make a new one.")
    return found


@transaction.atomic
def start(*, by: Member, name: str, wanted: Wish) -> tuple[int, int]:
    """Save a new grouping and queue the search for its groups; returns the grouping's id and the job's.

    Raises NotAllowed, BadInput, Conflict past MOST_GROUPINGS.
    """
    require(by, Right.INSIGHT_EDIT)
    name = _name(name)
    if Grouping.objects.filter(retired_at=None).count() >= MOST_GROUPINGS:
        raise Conflict("There are {most} groupings already. Retire one that is not used any more.", most=MOST_GROUPINGS)
    grouping = Grouping.objects.create(name=name, kind=kind_of(wanted), by=by)
    return grouping.pk, _queue(by, grouping, wanted)


@transaction.atomic
def again(*, by: Member, grouping_id: int, wanted: Wish) -> int:
    """Search for groups anew, as the grouping's next version; returns the job's id.

    The version in force stays until the new one is found. Raises NotAllowed, NotFound, Conflict.
    """
    require(by, Right.INSIGHT_EDIT)
    grouping = _open(grouping_id)
    if grouping.kind != kind_of(wanted):
        raise BadInput("This grouping is of another kind.", field="kind")
    return _queue(by, grouping, wanted)


def _queue(by: Member, grouping: Grouping, wanted: Wish) -> int:
    newest = grouping.versions.order_by("-number").values_list("number", flat=True).first() or 0
    try:
        with transaction.atomic():
            version = Version.objects.create(grouping=grouping, number=newest + 1, wanted=wanted.as_dict(), by=by)
    except IntegrityError:
        raise Conflict("Somebody else started a search a moment ago. Look at it before you start yours.") from None
    job_id = enqueue(kind="groups.fit", arguments={"version_id": version.pk}, by=by)
    Version.objects.filter(pk=version.pk).update(job_id=job_id)
    return job_id


@transaction.atomic
def rename(*, by: Member, grouping_id: int, code: int, name: str) -> None:
    """Call a group something; an empty name brings the described one back. Raises NotAllowed, NotFound, BadInput."""
    require(by, Right.INSIGHT_EDIT)
    grouping = _open(grouping_id)
    version = in_force(grouping_id)
    if version is None or str(code) not in version.profile.get("groups", {}):
        raise NotFound("This group does not exist.")
    GroupName.objects.create(grouping=grouping, code=code, name=_name(name) if name.strip() else "", by=by)


@transaction.atomic
def retire(*, by: Member, grouping_id: int) -> None:
    """Stop keeping a grouping up; it leaves lists at the next cycle.

    Raises NotAllowed, NotFound, Conflict with a list of what still uses it.
    """
    require(by, Right.INSIGHT_EDIT)
    grouping = _open(grouping_id)
    refuse_where_used(by, [f"groups.{column_of(grouping.pk)}"])
    Grouping.objects.filter(pk=grouping.pk).update(retired_at=timezone.now(), retired_by=by)


def run_fit(running: Running, version_id: int) -> dict[str, Any]:
    """The job `groups.fit`: find the groups of a version, or take over edited ones, and count everybody by them.

    Returns answer (fitted, too_few or no_rule), k and customers. Raises NotFound, BadInput, Cancelled.
    """
    version = Version.objects.select_related("grouping").filter(pk=version_id).first()
    if version is None or version.grouping.retired_at is not None:
        raise NotFound("This grouping does not exist.")
    if version.fitted.get("answer") == EDITED:
        fitted = {**version.fitted, "answer": FITTED}
        Version.objects.filter(pk=version.pk).update(fitted=fitted)
    else:
        fitted = _find(running, version)
    if fitted["answer"] == "fitted":
        running.progress(85, 100, N_("Counting all customers"))
        keep(running)
        enqueue(kind="index.count", arguments={}, by=running.by, unique_key=f"index.count:groups:{version.pk}")
    return {"answer": fitted["answer"], "k": len(fitted.get("codes", ())), "customers": fitted["customers"]}


def _find(running: Running, version: Version) -> dict[str, Any]:
    """Find the groups of a version and write down its rules, and for new groups their numbers."""
    source, _newest = warehouse.current()
    wish = read(version.grouping.kind, version.wanted)
    known: dict[str, Any] = {"next_code": version.grouping.next_code}
    with fresh() as engine:
        known["before"] = _before(engine, version.grouping_id)
        if isinstance(wish, clusters.Wanted):
            fitted, next_code = fitting.fit(engine, source, wish, running, **known)
        else:
            fitted, next_code, frame = growing.grow(engine, source, wish, running, **known)
            if frame is not None:
                editing.keep_frame(engine, source, frame, version.pk)
                fitted["frame"] = version.pk
    running.check()
    with transaction.atomic():
        Grouping.objects.filter(pk=version.grouping_id).update(next_code=next_code)
        Version.objects.filter(pk=version.pk).update(fitted=fitted)
    return fitted


def _before(engine: Engine, grouping_id: int) -> Table | None:
    """Who is in which group by the version in force; None before there is one."""
    try:
        snapshot, _newest = store().current()
        members = engine.table(snapshot.paths("members"))
    except NotFound:
        return None
    column = column_of(grouping_id)
    return members.select("customer_id", code=column) if column in members.columns else None


def keep(running: Running) -> dict[str, Any]:
    """A step of the cycle: count every customer anew by all groupings in force, and describe the groups of today.

    Writes one snapshot: table `members` with customer_id and a column a grouping (see reads.table). Returns groupings,
    customers, and `reused` where nothing had changed. Raises Cancelled.
    """
    versions = _countable()
    if not versions:
        return {"groupings": 0, "customers": 0, "reused": True}
    source, _newest = warehouse.current()
    day = described.day_of(source)
    made = {"warehouse": source.id, "versions": {str(one.grouping_id): one.number for one in versions}}
    if _is_made(made):
        return {"groupings": len(versions), "customers": store().current()[0].rows["members"], "reused": True}
    with fresh() as engine, store().draft(f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}") as draft:
        draft.facts = {**made, "as_of": day.isoformat()}
        parts = _counted(engine, source, day, versions, running)
        path = draft.place("members")
        wide = reduce(lambda one, other: one.inner_join(other, "customer_id"), parts)
        customers = engine.write(wide.order_by("customer_id"), path, group_rows=GROUP_ROWS)
        draft.add("members", path, customers)
    return {"groupings": len(versions), "customers": customers, "reused": False}


def _countable() -> list[Version]:
    """The versions in force; without those that ask for lifetime value while there is none."""
    lifetime = described.lifetime_snapshot() is not None
    return [one for one in all_in_force() if lifetime or not set(one.fitted["features"]) & set(LIFETIME)]


def _is_made(made: dict[str, Any]) -> bool:
    try:
        snapshot, newest = store().current()
    except NotFound:
        return False
    return newest and all(snapshot.facts.get(name) == value for name, value in made.items())


def _counted(engine: Engine, source: Snapshot, day: date, versions: Sequence[Version], running: Running) -> list[Table]:
    """Each grouping's customers with its column; its profile and sizes are written down on the way.

    Groupings with the same window share one reading of the purchases.
    """
    windows: dict[int | None, list[str]] = {}
    for one in versions:
        names = windows.setdefault(one.wanted["window_days"], [])
        names += [name for name in one.fitted["features"] if name not in names]
    shared = {window: described.described(engine, source, day, window, names) for window, names in windows.items()}
    parts = []
    for one in versions:
        running.check()
        counting = growing.members if one.grouping.kind == TREE else fitting.members
        found = engine.keep(counting(shared[one.wanted["window_days"]], one.fitted))
        _describe(one, fitting.profile(engine, found, one.fitted, _born(one)), day)
        parts.append(found.select("customer_id", found.code.name(column_of(one.grouping_id))))
    return parts


def _born(version: Version) -> dict[str, Any]:
    """The titles groups were born with, from the newest profile of each number in any version."""
    found: dict[str, Any] = {}
    for profile in version.grouping.versions.order_by("number").values_list("profile", flat=True):
        for code, group in profile.get("groups", {}).items():
            found.setdefault(code, group["title"])
    return found


@transaction.atomic
def _describe(version: Version, profile: dict[str, Any], day: date) -> None:
    Version.objects.filter(pk=version.pk).update(profile=profile, as_of=day)
    sizes = [Size(grouping_id=version.grouping_id, as_of=day, code=int(code), customers=group["customers"],
                  sales=group["sales"]) for code, group in profile["groups"].items()]  # fmt: skip
    Size.objects.filter(grouping_id=version.grouping_id, as_of=day).delete()
    Size.objects.bulk_create(sizes)
