"""Looks at the star."""

from django.conf import settings
from ibis.expr.types import Table

from dangol.engine import Engine, Snapshot, Store


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

    Raises NotFound.
    """
    return engine.table(snapshot.paths(name))
