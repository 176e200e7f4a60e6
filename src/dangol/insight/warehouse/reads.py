"""Looks at the star."""

import ibis
from django.conf import settings
from ibis.expr.types import Table

from dangol.engine import Engine, Snapshot, Store
from dangol.insight.warehouse import rules

# What layout 4 has and earlier ones have not: until the next refresh, questions ask who is in charge today (see
# olap.rules.dimensions_of, which sees that customers have no unit_id).
NEWER = {"units": (), "web_events": (), "sales_lines": ("cost", "paid", "unit_id", "rep_id")}


def store() -> Store:
    """Where the snapshots of the star are kept."""
    options = settings.DANGOL
    return Store(options.home / "warehouse", keep=options.keep_snapshots)


def current() -> tuple[Snapshot, bool]:
    """The served snapshot, and whether it is the newest (False: the newest was refused as damaged).

    Raises NotFound before the first refresh, Damaged when no whole snapshot is left.
    """
    return store().current()


def table(engine: Engine, snapshot: Snapshot, name: str) -> Table:
    """A table of the star, as `rules.STAR` names them: sales_lines, customers, products, contacts, web_events …

    A snapshot of an earlier version, served until the next refresh, gives nothing for what it did not know yet. Raises
    NotFound.
    """
    if name in NEWER and name not in snapshot.files:
        return engine.memory(ibis.schema(rules.STAR[name]).to_pyarrow().empty_table())
    found = engine.table(snapshot.paths(name), told=True)
    unknown = {column: ibis.null(rules.STAR[name][column]) for column in NEWER.get(name, ())
               if column not in found.columns}  # fmt: skip
    return found.mutate(**unknown) if unknown else found


def visits(engine: Engine, snapshot: Snapshot) -> Table | None:
    """The days customers bought on; None where the snapshot is of layout 4 or earlier: then lines must be counted."""
    return engine.table(snapshot.paths("visits")) if "visits" in snapshot.files else None


def tickets(engine: Engine, snapshot: Snapshot) -> Table | None:
    """What was bought at once; None where the snapshot is of layout 5 or earlier: then lines must be counted."""
    return engine.table(snapshot.paths("tickets"), told=True) if "tickets" in snapshot.files else None
