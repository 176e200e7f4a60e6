"""Looks at groupings, their groups and who is in them.

For other rooms: `table` gives customer_id and a column per grouping, `columns` says what these columns mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.customers.identify import reads as customers
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, Store, rows_of
from dangol.insight.score.groups.described import lifetime_snapshot
from dangol.insight.score.groups.models import Grouping, GroupName, Size, Version
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.features import CHOICES, LIFETIME, feature
from dangol.insight.score.groups.rules.wishes import TREE, Wish, read
from dangol.insight.score.groups.wording import label, rule, title, word
from dangol.insight.score.reads import SMALL_GROUP, sees_small_groups
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

FOLDER = "groups"
FITTED, EDITED = "fitted", "edited"


def store() -> Store:
    """Where it is kept who is in which group."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def column_of(grouping_id: int) -> str:
    """The column of a grouping in `table`."""
    return f"group_{grouping_id}"


def in_force(grouping_id: int) -> Version | None:
    """The newest version that was found."""
    found = Version.objects.filter(grouping_id=grouping_id, fitted__answer=FITTED).select_related("grouping")
    return found.order_by("-number").first()


def all_in_force() -> list[Version]:
    """The version in force of every grouping that is kept up, in order of grouping; two questions in all."""
    rows = Version.objects.filter(grouping__retired_at=None, fitted__answer=FITTED)
    newest = dict(rows.order_by("number").values_list("grouping_id", "pk"))
    return list(rows.filter(pk__in=newest.values()).select_related("grouping").order_by("grouping_id"))


@dataclass(frozen=True)
class TraitView:
    """What distinguishes a group, for sentences. value, whole: means of the group and of all customers; kind: how they
    are shown. difference: standard deviations. word: what such a group is called.
    """

    feature: str
    label: str
    kind: str
    difference: float
    value: float | None
    whole: float | None
    word: str


@dataclass(frozen=True)
class GroupView:
    """One group today. Figures are None where it is too small for the reader (`folded`). sales: minor units.

    name: as somebody called it, else as its traits describe it; described: always the latter. profile: every feature.
    """

    code: int
    name: str
    described: str
    customers: int | None
    share: float | None
    sales: int | None
    sales_share: float | None
    sales_each: int | None
    traits: Sequence[TraitView]
    profile: Sequence[TraitView]
    folded: bool = False
    named_by: str = ""


@dataclass(frozen=True)
class VersionView:
    """One version. answer: "" while it is not found yet, edited until it is counted, fitted, too_few or no_rule."""

    number: int
    wanted: Wish
    answer: str
    k: int | None
    job_id: int | None
    by: str
    at: Any


@dataclass(frozen=True)
class GroupingView:
    """A saved grouping as the version in force has it. fitted: its plain values (see fitting.fit), {} before."""

    id: int
    name: str
    kind: str
    column: str
    as_of: date | None
    customers: int
    sales: int
    groups: Sequence[GroupView]
    version: VersionView | None
    newest: VersionView
    fitted: dict[str, Any]
    by: str
    at: Any
    retired_at: Any


def _trait(name: str, difference: float, group: dict[str, Any], whole: dict[str, Any]) -> TraitView:
    return TraitView(name, label(name), feature(name).kind, difference, group["means"].get(name), whole.get(name),
                     word(name, difference))  # fmt: skip


def _groups(version: Version, by: Member | None) -> list[GroupView]:
    given: dict[int, GroupName] = {
        row.code: row
        for row in GroupName.objects.filter(grouping_id=version.grouping_id).order_by("id").select_related("by")
    }
    folds = not sees_small_groups(by)
    found = {int(code): group for code, group in version.profile.get("groups", {}).items()}
    texts = _described(version)
    return [_group(code, found[code], version.profile, texts[code], given.get(code), folds) for code in sorted(found)]


def _described(version: Version) -> dict[int, str]:
    """What every group is called unless somebody named it: its rule in a tree, else the traits it was born with."""
    if version.grouping.kind == TREE:
        return {code: rule(bounds) for code, bounds in trees.rules(version.fitted["tree"]).items()}
    return {int(code): title(group["title"]) for code, group in version.profile.get("groups", {}).items()}


def _group(  # noqa: PLR0917
    code: int, group: dict[str, Any], profile: dict[str, Any], described: str, given: GroupName | None, folds: bool
) -> GroupView:
    name, by = (given.name, given.by.name) if given and given.name else (described, "")
    if folds and group["customers"] < SMALL_GROUP:
        return GroupView(code, name, described, None, None, None, None, None, (), (), folded=True, named_by=by)
    n, sales = group["customers"], group["sales"]
    strong = [one["feature"] for one in group["traits"]]
    views = {one: _trait(one, value, group, profile["means"]) for one, value in group["differences"].items()}
    return GroupView(
        code, name, described, n, n / profile["customers"] if profile["customers"] else None, sales,
        sales / profile["sales"] if profile["sales"] > 0 else None, round(sales / n) if n else None,
        [views[one] for one in strong], list(views.values()), named_by=by,
    )  # fmt: skip


def _version(row: Version) -> VersionView:
    return VersionView(row.number, read(row.grouping.kind, row.wanted), row.fitted.get("answer", ""),
                       len(set(row.fitted["codes"])) if "codes" in row.fitted else None, row.job_id, row.by.name,
                       row.at)  # fmt: skip


def _view(grouping: Grouping, by: Member | None) -> GroupingView:
    newest = grouping.versions.select_related("by").order_by("-number").first()
    assert newest is not None  # noqa: S101  a grouping is made with its first version
    force = in_force(grouping.pk)
    return GroupingView(
        grouping.pk, grouping.name, grouping.kind, column_of(grouping.pk), force.as_of if force else None,
        force.profile.get("customers", 0) if force else 0, force.profile.get("sales", 0) if force else 0,
        _groups(force, by) if force else [], _version(force) if force else None, _version(newest),
        force.fitted if force else newest.fitted, grouping.by.name, grouping.at, grouping.retired_at,
    )  # fmt: skip


def groupings(by: Member) -> list[GroupingView]:
    """All groupings that are kept up, newest first. Raises NotAllowed."""
    require(by, Right.INSIGHT_VIEW)
    rows = Grouping.objects.filter(retired_at=None).select_related("by").order_by("-pk")
    return [_view(one, by) for one in rows]


def grouping(by: Member, grouping_id: int) -> GroupingView:
    """One grouping, a retired one too. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    return _view(_found(grouping_id), by)


def _found(grouping_id: int) -> Grouping:
    found = Grouping.objects.select_related("by").filter(pk=grouping_id).first()
    if found is None:
        raise NotFound("This grouping does not exist.")
    return found


def versions(by: Member, grouping_id: int) -> list[VersionView]:
    """All versions of a grouping, newest first. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    rows = _found(grouping_id).versions.select_related("by").order_by("-number")
    return [_version(row) for row in rows]


@dataclass(frozen=True)
class SizeView:
    """A group's size on one day; None where too small for the reader."""

    as_of: date
    code: int
    customers: int | None


def sizes(by: Member, grouping_id: int) -> list[SizeView]:
    """How large the groups were on every day of counting, oldest first. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    folds = not sees_small_groups(by)
    rows = Size.objects.filter(grouping=_found(grouping_id)).order_by("as_of", "code")
    return [SizeView(row.as_of, row.code, None if folds and row.customers < SMALL_GROUP else row.customers)
            for row in rows]  # fmt: skip


def choices() -> list[str]:
    """The features and families that can be chosen now; those of lifetime value only once it has been worked out."""
    known = lifetime_snapshot() is not None
    return [name for name in CHOICES if known or name not in LIFETIME]


def group_members(grouping_id: int, code: int) -> np.ndarray:
    """The customers of a group: int64[n], ascending. Raises NotFound."""
    column = column_of(grouping_id)
    try:
        snapshot, _newest = store().current()
        found = pq.read_table(snapshot.paths("members")[0], columns=["customer_id"], filters=[(column, "=", code)])
    except (NotFound, KeyError, ValueError):
        raise NotFound("This group does not exist.") from None
    ids: np.ndarray = found["customer_id"].to_numpy()
    return np.sort(ids)


def members_of(by: Member, grouping_id: int, code: int, *, after: int = 0, limit: int = 50) -> list[int]:
    """Ids of a group's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    _found(grouping_id)
    ids = group_members(grouping_id, code)
    if not scope_of(by).everyone:
        ids = np.intersect1d(ids, np.array(customers.customer_ids(by, CustomerQuery()), dtype=np.int64))
    return [int(one) for one in ids[np.searchsorted(ids, after, side="right") :][:limit]]


@dataclass(frozen=True)
class ColumnView:
    """A column of `table`. groups: code -> name, in the reader's language."""

    name: str
    grouping_id: int
    label: str
    kind: str
    groups: dict[int, str]


def columns() -> list[ColumnView]:
    """What the columns of `table` mean: one a grouping in force that has been counted."""
    try:
        counted = set(store().current()[0].facts["versions"])
    except (NotFound, Damaged):
        return []
    found = []
    versions = [one for one in all_in_force() if str(one.grouping_id) in counted]
    given = {(row.grouping_id, row.code): row.name for row in GroupName.objects.filter(
        grouping__in=[one.grouping_id for one in versions]).order_by("id")}  # fmt: skip
    for one in versions:
        said = _described(one)
        names = {code: given.get((one.grouping_id, code)) or said[code]
                 for code in sorted(map(int, one.profile.get("groups", {})))}  # fmt: skip
        found.append(
            ColumnView(column_of(one.grouping_id), one.grouping_id, one.grouping.name, one.grouping.kind, names)
        )
    return found


def table(opened: Engine) -> Table:
    """Who is in which group, as of the newest counting: customer_id int64, and for each grouping in force a column
    `group_<id>` int16 with the number of the customer's group.

    Numbers stay the same from counting to counting and, for groups that stay the same, from version to version. What a
    column and its numbers are called is told by `columns`. Raises NotFound before anything was counted.
    """
    return opened.table(store().current()[0].paths("members"))


def of_customer(customer_id: int) -> list[tuple[str, str]]:
    """A customer's groups as (grouping, group), in the reader's language; empty for an unknown one."""
    named = columns()
    if not named:
        return []
    rows = rows_of(store().current()[0].paths("members"), "customer_id", customer_id)
    return [(one.label, one.groups[row[one.name]]) for row in rows for one in named
            if row.get(one.name) in one.groups]  # fmt: skip
