"""Customers described by features, from the newest snapshots of the warehouse and of lifetime value."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import BadInput, Damaged, NotFound
from dangol.engine import Engine, Snapshot, Store
from dangol.insight.score.groups import tables
from dangol.insight.score.groups.rules.features import FAMILIES, FAMILY_MEMBERS, LIFETIME, feature
from dangol.insight.score.groups.rules.scaling import Matrix
from dangol.insight.warehouse import reads as warehouse

LIFETIME_COLUMNS = {"p_alive": "p_alive", "expected_purchases": "expected_purchases", "lifetime_value": "value"}
NEEDED = {"customer_id", *LIFETIME_COLUMNS.values()}


def day_of(source: Snapshot) -> date:
    """The day customers are described on: the last one inside the data. Raises NotFound before there are purchases."""
    if not source.facts.get("first_day") or not source.facts.get("as_of"):
        raise NotFound("There are no purchases yet. Load purchases and run the cycle first.")
    return date.fromisoformat(source.facts["as_of"])


def lifetime_snapshot() -> Snapshot | None:
    """The newest snapshot of lifetime value, None where there is no model or it says nothing of money."""
    try:
        found, _newest = Store(settings.DANGOL.home / "lifetime").current()
        whole = set(pq.read_schema(found.paths("lifetime")[0]).names) >= NEEDED
    except (NotFound, Damaged):
        return None
    return found if whole else None


def _lifetime(engine: Engine) -> Table | None:
    snapshot = lifetime_snapshot()
    if snapshot is None:
        return None
    told = engine.table(snapshot.paths("lifetime"))
    return told.select("customer_id", **{name: told[column] for name, column in LIFETIME_COLUMNS.items()})


def members(engine: Engine, source: Snapshot, names: Sequence[str]) -> tuple[str, ...]:
    """Names with every family replaced by its largest members: `class` becomes `class:Grocery`, `class:Meat`, …"""
    found: list[str] = []
    lines = warehouse.table(engine, source, "sales_lines")
    for name in names:
        if name in FAMILIES:
            products = warehouse.table(engine, source, "products") if "products" in source.files else None
            if products is None and name == "class":
                continue
            rows = engine.arrow(tables.largest(lines, products, name, FAMILY_MEMBERS)).to_pylist()
            found += [f"{name}:{row['value']}" for row in rows]
        else:
            found.append(name)
    if not found:
        raise BadInput("The purchases do not say this about customers. Choose other features.", field="features")
    return tuple(found)


def described(engine: Engine, source: Snapshot, as_of: date, window_days: int | None, names: Sequence[str]) -> Table:
    """Every customer with a purchase up to a day, with these features (see `tables.features`), kept by the engine.

    Raises NotFound where lifetime value is asked for and not there.
    """
    lines = warehouse.table(engine, source, "sales_lines")
    products = warehouse.table(engine, source, "products") if "products" in source.files else None
    found = tables.features(lines, products, as_of, window_days, names)
    if set(names) & set(LIFETIME):
        lifetime = _lifetime(engine)
        if lifetime is None:
            raise NotFound("Lifetime value has not been worked out yet. Leave it out or run the cycle first.")
        found = tables.with_lifetime(found, lifetime, names)
    if any(tables.is_attribute(name) for name in names):
        found = tables.with_attributes(found, warehouse.table(engine, source, "customers"), names)
    return engine.keep(found)


def matrix(engine: Engine, found: Table, names: Sequence[str], size: int) -> Matrix:
    """The features of a sample of customers, a row each, NaN where unknown."""
    rows = engine.arrow(tables.sample(found, size))
    columns = [rows[feature(name).column].to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
    return np.column_stack(columns) if len(rows) else np.empty((0, len(names)))
