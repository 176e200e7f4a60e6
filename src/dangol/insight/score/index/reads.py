"""Looks at customer indexes. For other rooms: `table` gives customer_id, index and grade, `columns` what they mean."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.customers.identify import reads as customers
from dangol.customers.identify.picked import Figure
from dangol.customers.identify.rules import CustomerQuery
from dangol.engine import Engine, Store, fresh, rows_of
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.groups.described import day_of, lifetime_snapshot
from dangol.insight.score.groups.rules.features import LIFETIME, feature
from dangol.insight.score.groups.wording import label as feature_label
from dangol.insight.score.index import counting, rules
from dangol.insight.score.index.models import Day, Index, Version
from dangol.insight.score.reads import SMALL_GROUP, figures, sees_small_groups
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right

FOLDER = "index"


def store() -> Store:
    """Where the indexes of customers are kept."""
    return Store(settings.DANGOL.home / FOLDER, keep=settings.DANGOL.keep_snapshots)


def column_of(index_id: int) -> str:
    """The column of an index in `table`."""
    return f"index_{index_id}"


def grade_of(index_id: int) -> str:
    """The column of an index's grade in `table`."""
    return f"grade_{index_id}"


def in_force(index_id: int) -> Version:
    """The version in force."""
    return Version.objects.filter(index_id=index_id).select_related("by").order_by("-number")[0]


@dataclass(frozen=True)
class GradeView:
    """A grade: customers are None where too few for the reader."""

    name: str
    least: float
    customers: int | None
    share: float | None


@dataclass(frozen=True)
class DayView:
    """How an index was spread on a day. bins: customers in each of 20 equal steps of 5; None where too few."""

    as_of: date | None
    version: int
    customers: int
    mean: float | None
    bins: Sequence[int | None]
    grades: Sequence[GradeView]


@dataclass(frozen=True)
class VersionView:
    """One version of an index and who made it."""

    number: int
    definition: rules.Definition
    formula: str
    by: str
    at: Any


@dataclass(frozen=True)
class IndexView:
    """An index as its version in force has it; today is None before it was counted."""

    id: int
    name: str
    version: VersionView
    today: DayView | None
    retired_at: Any


def source_label(source: str) -> str:
    """What a part is called in the reader's language."""
    if source == rules.RFM:
        return gettext("RFM score")
    if source.startswith(f"{rules.GROUP}:"):
        number = int(source.partition(":")[2])
        return next((one.label for one in groups.columns() if one.grouping_id == number), gettext("a retired grouping"))
    return feature_label(source)


def kind_of(source: str) -> str:
    """How the values of a part are shown: number, days, money or share."""
    return "number" if source == rules.RFM or source.startswith(f"{rules.GROUP}:") else feature(source).kind


def formula(definition: rules.Definition) -> str:
    """What an index is made of, in one line: "60% RFM score + 40% Discount share (less is better)"."""
    said = []
    for part, share in zip(definition.parts, definition.shares, strict=True):
        text = f"{share * 100:.3g}% {source_label(part.source)}"
        said.append(gettext("{part} (less is better)").format(part=text) if part.reverse else text)
    return " + ".join(said)


def _version(row: Version) -> VersionView:
    definition = rules.from_dict(row.definition)
    return VersionView(row.number, definition, formula(definition), row.by.name, row.at)


def _day(
    as_of: date | None, version: int, spread: dict[str, Any], definition: rules.Definition, *, folds: bool
) -> DayView:
    """A day for a reader; steps and grades that are too small are not counted out."""

    def shown(count: int) -> int | None:
        return None if folds and 0 < count < SMALL_GROUP else count

    least = {one.name: one.least for one in definition.grades}
    whole = spread["customers"]
    grades = [
        GradeView(name, least.get(name, 0.0), shown(n), n / whole if whole and shown(n) is not None else None)
        for name, n in spread["grades"]
    ]
    return DayView(as_of, version, whole, spread["mean"], [shown(n) for n in spread["bins"]], grades)


def _view(row: Index, by: Member) -> IndexView:
    version = _version(in_force(row.pk))
    newest = Day.objects.filter(index=row, version=version.number).order_by("-as_of").first()
    folds = not sees_small_groups(by)
    today = _day(newest.as_of, newest.version, newest.spread, version.definition, folds=folds) if newest else None
    return IndexView(row.pk, row.name, version, today, row.retired_at)


def indexes(by: Member) -> list[IndexView]:
    """All indexes that are counted, newest first. Raises NotAllowed."""
    require(by, Right.INSIGHT_VIEW)
    return [_view(one, by) for one in Index.objects.filter(retired_at=None).order_by("-pk")]


def _found(index_id: int) -> Index:
    found = Index.objects.filter(pk=index_id).first()
    if found is None:
        raise NotFound("This index does not exist.")
    return found


def index(by: Member, index_id: int) -> IndexView:
    """One index, a retired one too. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    return _view(_found(index_id), by)


def versions(by: Member, index_id: int) -> list[VersionView]:
    """All versions, newest first. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    return [_version(row) for row in _found(index_id).versions.select_related("by").order_by("-number")]


def history(by: Member, index_id: int) -> list[DayView]:
    """How the index was spread at the end of every month (the last day counted in it), oldest first.

    Raises NotAllowed, NotFound.
    """
    require(by, Right.INSIGHT_VIEW)
    folds = not sees_small_groups(by)
    known = {row.number: rules.from_dict(row.definition) for row in _found(index_id).versions.all()}
    months = {(row.as_of.year, row.as_of.month): row for row in Day.objects.filter(index_id=index_id).order_by("as_of")}
    return [_day(row.as_of, row.version, row.spread, known[row.version], folds=folds) for row in months.values()]


def sources() -> list[tuple[str, str]]:
    """What an index can be made of now: (source, label); lifetime value and groups where they have been counted."""
    lifetime = lifetime_snapshot() is not None
    found = [(one, source_label(one)) for one in rules.SOURCES if lifetime or one not in LIFETIME]
    return found + [(f"{rules.GROUP}:{one.grouping_id}", one.label) for one in groups.columns()]


def preview(by: Member, definition: rules.Definition) -> DayView:
    """How an index would be spread over today's customers; saves nothing. Raises NotAllowed, BadInput, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    source, _newest = warehouse.current()
    with fresh() as engine:
        found = counting.known(engine, source, definition)
        told = counting.told(found, counting.with_edges(engine, found, definition))
        spread = counting.spread_of(engine, engine.keep(told), definition)
    return _day(day_of(source), 0, spread, definition, folds=not sees_small_groups(by))


def members_of(by: Member, index_id: int, grade: str, *, after: int = 0, limit: int = 50) -> list[int]:
    """Ids of a grade's customers whom a member may see, ascending, those after an id. Raises NotAllowed, NotFound."""
    require(by, Right.INSIGHT_VIEW)
    require(by, Right.CUSTOMERS_VIEW)
    _found(index_id)
    try:
        paths = store().current()[0].paths("index")
        told = pq.read_table(paths[0], columns=["customer_id"], filters=[(grade_of(index_id), "=", grade)])
    except (NotFound, KeyError, ValueError):
        raise NotFound("This index has not been counted yet.") from None
    ids = np.sort(told["customer_id"].to_numpy())
    if not scope_of(by).everyone:
        ids = np.intersect1d(ids, np.array(customers.customer_ids(by, CustomerQuery()), dtype=np.int64))
    return [int(one) for one in ids[np.searchsorted(ids, after, side="right") :][:limit]]


@dataclass(frozen=True)
class ColumnView:
    """The two columns of an index in `table`: its value 0..100 and its grade (of `grades`, best first)."""

    name: str
    grade: str
    index_id: int
    label: str
    grades: Sequence[str]


def columns() -> list[ColumnView]:
    """What the columns of `table` mean: two an index in force that has been counted."""
    try:
        snapshot, _newest = store().current()
    except (NotFound, Damaged):
        return []
    counted, names = set(snapshot.facts["versions"]), pq.read_schema(snapshot.paths("index")[0]).names
    rows = Version.objects.filter(index__retired_at=None).select_related("index").order_by("number")
    newest = {row.index_id: row for row in rows}
    return [
        ColumnView(column_of(pk), grade_of(pk), pk, row.index.name, [one["name"] for one in row.definition["grades"]])
        for pk, row in sorted(newest.items())
        if str(pk) in counted and column_of(pk) in names
    ]


def table(opened: Engine) -> Table:
    """The indexes of every customer as of the newest counting: customer_id int64, and for each index in force
    `index_<id>` float64 (0..100) and `grade_<id>` string.

    What the columns are called is told by `columns`. Raises NotFound before anything was counted.
    """
    return opened.table(store().current()[0].paths("index"))


def uses(_by: Member, columns: Collection[str]) -> list[str]:
    """The indexes in force that are made of a grouping, in words: for `score.uses`."""
    found = []
    for one in Index.objects.filter(retired_at=None).order_by("pk"):
        parts = rules.from_dict(in_force(one.pk).definition).parts
        if any(part.is_group and f"groups.{groups.column_of(part.grouping_id)}" in columns for part in parts):
            found.append(gettext("index {name}").format(name=one.name))
    return found


def figure(column: str) -> Figure:
    """Every customer's value of an index (ColumnView.name) to sort by. Raises NotFound before it was counted."""
    return figures.figure(store().current()[0].paths("index")[0], column)


def of_customer(customer_id: int) -> list[tuple[str, float, str]]:
    """A customer's indexes as (name, value, grade); empty for an unknown one."""
    named = columns()
    if not named:
        return []
    rows = rows_of(store().current()[0].paths("index"), "customer_id", customer_id)
    return [
        (one.label, row[one.name], row[one.grade]) for row in rows for one in named if row.get(one.name) is not None
    ]
