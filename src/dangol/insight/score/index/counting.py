"""Working an index out: what its parts are of every customer, its bounds, its points and its spread."""

from collections import defaultdict
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import BadInput, NotFound
from dangol.engine import Engine, Snapshot, Store
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.groups.described import day_of, described, lifetime_snapshot
from dangol.insight.score.index import rules, tables


def _scores() -> Store:
    return Store(settings.DANGOL.home / "scores", keep=settings.DANGOL.keep_snapshots)


def _id_of(store: Store) -> str:
    try:
        return store.current()[0].id
    except NotFound:
        return ""


def made_of(source: Snapshot) -> dict[str, str]:
    """The snapshots an index is counted from, so that it is counted anew when one of them is."""
    lifetime = lifetime_snapshot()
    return {"warehouse": source.id, "scores": _id_of(_scores()), "groups": _id_of(groups.store()),
            "lifetime": lifetime.id if lifetime else ""}  # fmt: skip


def known(engine: Engine, source: Snapshot, definition: rules.Definition) -> Table:
    """Every customer with a purchase and the columns of all parts. Raises NotFound where one has not been counted."""
    found = described(engine, source, day_of(source), definition.window_days, definition.features)
    if any(one.source == rules.RFM for one in definition.parts):
        scores = engine.table([_scores().current()[0].paths("rfm")[-1]])
        side = scores.select("customer_id", scores.score.cast("float64").name(rules.RFM))
        found = found.left_join(side, "customer_id").drop("customer_id_right")
    columns = [tables.column_of(one) for one in definition.parts if one.is_group]
    if columns:
        told = groups.table(engine)
        if not set(columns) <= set(told.columns):
            raise BadInput("A grouping of this index is not counted any more. Choose another part.", field="parts")
        found = found.left_join(told.select("customer_id", *columns), "customer_id").drop("customer_id_right")
    return found


def with_edges(engine: Engine, found: Table, definition: rules.Definition) -> rules.Definition:
    """The definition with the bounds of its ranges where they are not given."""
    wanted = [part for part in definition.parts if part.scale == "range" and not part.is_group]
    if not wanted:
        return definition
    [row] = engine.arrow(tables.edges(found, definition.parts)).to_pylist()
    parts = [
        replace(part, low=row[f"low_{place}"], high=row[f"high_{place}"])
        if part in wanted and part.low is None
        else part
        for place, part in enumerate(definition.parts)
    ]
    return replace(definition, parts=tuple(parts))


def told(found: Table, definition: rules.Definition) -> Table:
    """customer_id, the points of each part, index and grade."""
    scored = tables.scored(found, definition)
    return scored.mutate(grade=tables.grade(scored.index, definition.grades))


def spread_of(engine: Engine, scored: Table, definition: rules.Definition) -> dict[str, Any]:
    """How the index is spread: rules.Spread as plain values."""
    rows = engine.arrow(tables.spread(scored)).to_pylist()
    bins = [0] * rules.BINS
    grades: dict[str, int] = defaultdict(int)
    for row in rows:
        bins[row["bin"]] += row["customers"]
        grades[row["grade"]] += row["customers"]
    customers = sum(bins)
    mean = sum(row["total"] for row in rows) / customers if customers else None
    return asdict(rules.Spread(customers, mean, tuple(bins), tuple((one.name, grades[one.name])
                                                                   for one in definition.grades)))  # fmt: skip
