"""Rules of a tree changed by hand: what it would do, and keeping it as a version."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from ibis.expr.types import Table

from dangol.base.errors import Conflict, NotFound
from dangol.engine import Engine, Snapshot, Store, current
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.score.groups import growing
from dangol.insight.score.groups.models import Grouping, Version
from dangol.insight.score.groups.reads import EDITED, in_force
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.wishes import TREE
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import enqueue

FRAMES = "group_frames"


def _store(version_id: int) -> Store:
    return Store(settings.DANGOL.home / FRAMES / str(version_id), keep=1)


def keep_frame(engine: Engine, source: Snapshot, frame: Table, version_id: int) -> None:
    """Keep what a tree was grown with, so that the effect of a change can be counted at once."""
    with _store(version_id).draft(source.id) as draft:
        path = draft.place("frame")
        draft.add("frame", path, engine.write(frame.order_by("customer_id"), path, group_rows=GROUP_ROWS))


def _tree(grouping_id: int) -> Version:
    version = in_force(grouping_id)
    if version is None or version.grouping.kind != TREE:
        raise NotFound("This grouping does not exist.")
    return version


def changed(version: Version, thresholds: Mapping[str, float], merges: Sequence[str]) -> dict[str, Any]:
    """The tree of a version with other thresholds and with merged leaves, and how its leaves then do.

    thresholds: path -> value; merges: paths of splits that become leaves. Raises BadInput, NotFound.
    """
    fitted = version.fitted
    tree = fitted["tree"]
    for path, value in thresholds.items():
        tree = trees.with_threshold(tree, path, value)
    sizes = {one["code"]: one["customers"] for one in fitted["leaves"]}
    for path in sorted(merges, key=len, reverse=True):
        tree = trees.merged(tree, path, sizes)
    engine = current()
    snapshot, _newest = _store(fitted["frame"]).current()
    leaves = growing.leaves(engine, engine.table(snapshot.paths("frame")), tree, fitted["fills"])
    return {**fitted, "tree": tree, "codes": trees.codes(tree), "leaves": leaves, "edited": True}


def tried(by: Member, grouping_id: int, thresholds: Mapping[str, float], merges: Sequence[str]) -> dict[str, Any]:
    """What a change would do, saving nothing: the plain values of Version.fitted. Raises NotAllowed, BadInput."""
    require(by, Right.INSIGHT_VIEW)
    return changed(_tree(grouping_id), thresholds, merges)


@transaction.atomic
def edit(*, by: Member, grouping_id: int, thresholds: Mapping[str, float], merges: Sequence[str]) -> int:
    """Keep changed rules as the next version and queue the counting; returns the job's id.

    Raises NotAllowed, NotFound, BadInput, Conflict.
    """
    require(by, Right.INSIGHT_EDIT)
    grouping = Grouping.objects.select_for_update().filter(pk=grouping_id, retired_at=None).first()
    if grouping is None:
        raise NotFound("This grouping does not exist.")
    before = _tree(grouping_id)
    fitted = changed(before, thresholds, merges)
    if fitted["tree"] == before.fitted["tree"]:
        raise Conflict("Nothing was changed.")
    newest = grouping.versions.order_by("-number").values_list("number", flat=True)[0]
    version = Version.objects.create(grouping=grouping, number=newest + 1, wanted=before.wanted,
                                     fitted={**fitted, "answer": EDITED}, by=by)  # fmt: skip
    job_id = enqueue(kind="groups.fit", arguments={"version_id": version.pk}, by=by)
    Version.objects.filter(pk=version.pk).update(job_id=job_id)
    return job_id
